#pragma once
/// Doses that hang on what they do. A policy is stated once: at each visit the dose is raised where relief is
/// less than wanted, and lowered where it harms. docs/studies.md

#include <cstddef>
#include <string>
#include <vector>

#include "quantity/quantity.hpp"

namespace theca {

/// So much of the dose, or so much a day; the other is 0.
struct DoseStep {
  double share = 0;
  double ug_per_day = 0;
};

struct Titration {
  std::string level;  // vertebra of the catheter's tip
  double start = 0;   // ug/day, from the implantation on
  Duration visit_every;
  double wanted_relief = 0;  // share
  DoseStep step;
  double highest = 0;                            // ug/day: the dose is never raised beyond it
  double least_ventilation = 0;                  // share; 0: nobody looks at breathing
  std::vector<std::size_t> held_by, lowered_by;  // side effects, numbers in the substance's list
};

/// What a visit finds.
struct Found {
  double relief = 0, ventilation = 1;
  bool held = false, lowered = false;  // has a side effect by which the dose is held, or lowered
};

/// The dose in ug/day from this visit on. Harm comes before relief.
double next_dose(const Titration& policy, double dose, const Found& found);

/// Whether a patient has a side effect that so large a share of patients have. `proneness` in standard
/// deviations: over patients, that share of them has it.
bool has_side_effect(double share, double proneness);

}  // namespace theca
