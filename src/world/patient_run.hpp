#pragma once
/// What the drug did in the patient during a run: plain data, enough for every file and picture made of it.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "quantity/quantity.hpp"
#include "world/comparison.hpp"
#include "world/quantiles.hpp"

namespace theca {

/// A course over PatientRun::times: ug/mL, or a share.
using Course = std::vector<double>;

/// The highest (or lowest) of a course, looked for at every step and not at PatientRun::times alone.
struct Peak {
  double value = 0;
  Instant at;
};

/// A level in the spinal fluid, ug/mL, and what it means.
struct FluidLevel {
  double value = 0;
  std::string means;  // "half of the highest relief"
  bool verified = false;
};

/// One drug in the patient. `fluid[i][k]` is the spinal fluid at times[i] in the k-th centimetre from the
/// caudal end.
struct DrugInPatient {
  std::size_t drug = 0;  // of RunResult::drugs
  std::vector<std::vector<float>> fluid;
  Course at_tip, at_pain;     // spinal fluid at the catheter's tip, mean over the painful segment
  Course cord_at_pain;        // the tissue there
  double cord_partition = 1;  // tissue over the fluid in balance with it
  Course cistern, plasma;
  Peak highest_at_tip, highest_at_pain, highest_in_cord, highest_in_cistern, highest_in_plasma;
  std::optional<Instant> effective_from;  // when the fluid at the pain first held `effective`
  std::optional<FluidLevel> effective;    // at the painful segment
  std::optional<FluidLevel> risky_at_pain, risky_in_cistern;
  double dosed_ug = 0, in_fluid_ug = 0, in_tissue_ug = 0, in_plasma_ug = 0, eliminated_ug = 0, beside_ug = 0,
         held_ug = 0;  // at the end
};

struct SideEffectCourse {
  std::size_t drug = 0;  // of RunResult::drugs
  std::string name;      // "pruritus"
  bool grave = false;
  Course share;  // of patients
  Peak highest;
};

/// What the drugs together do to the patient; shares of 1.
struct EffectsInPatient {
  bool on_pain = false, on_spasticity = false, on_ventilation = false, on_withdrawal = false;  // any drug
  Course pain, spasticity;                                                                     // taken away
  Course ventilation;                                                                          // left
  Course withdrawal;
  Peak most_relief_of_pain, most_relief_of_spasticity, least_ventilation, most_withdrawal;
  std::optional<Instant> pain_halved, spasticity_halved;  // first
  Duration pain_halved_for, spasticity_halved_for;        // in all
  std::vector<SideEffectCourse> sides;
  std::vector<Course> tolerance;  // by PatientRun::drugs: EC50 over that of one who never had any
  std::vector<std::string> breathing_unknown;  // drugs that depress breathing by ways that are not reckoned
};

/// Over PatientBands::times.
struct Band {
  std::vector<float> p5, p25, median, p75, p95;
};

struct DrugBands {
  std::size_t drug = 0;  // of RunResult::drugs
  Band at_pain, cistern, plasma;
};

/// When something happened, to those patients whom it happened to.
struct WhenOverPatients {
  double share = 0;  // of patients
  Quantiles ms;      // of them, since the start
};

/// Many patients like this one, each with a pump of its own.
struct PatientBands {
  std::int64_t patients = 0;
  std::uint64_t seed = 0;
  std::vector<Instant> times;
  std::vector<DrugBands> drugs;
  Band pain, spasticity, ventilation, withdrawal;
  Quantiles most_relief_of_pain, most_relief_of_spasticity, least_ventilation, most_withdrawal;
  WhenOverPatients pain_halved, spasticity_halved;
  double ventilation_halved = 0;         // share of patients
  std::vector<WhenOverPatients> fronts;  // by RunResult::fronts
  std::vector<std::string> unverified;   // keys of data/population
};

/// What befell the way to the patient, that no pump feels.
struct PatientEvent {
  Instant at;
  std::string text;  // "the catheter leaks: 40 % goes under the skin"
};

struct LevelMark {
  std::string name;  // "T10", a vertebra
  double z = 0;      // cm
};

struct PatientRun {
  std::string tip, pain;  // "T10", "T12"
  double tip_cm = 0, pain_cm = 0, length_cm = 0;
  std::string posture = "flat";
  double opioid_tolerance = 1;
  std::vector<LevelMark> vertebrae;  // caudal to rostral
  std::vector<Instant> times;
  std::vector<DrugInPatient> drugs;  // those that the library of substances knows
  EffectsInPatient effects;
  std::vector<PatientEvent> events;       // in order
  std::optional<PatientBands> bands;      // when many patients were asked for
  std::optional<Comparison> same_relief;  // of its first drug that relieves, at the end: by other ways
  std::vector<std::string> unknown;       // drugs that it does not know
  std::vector<std::string> unverified;    // "length", "morphine dural_loss", ...: what the picture stands on
};

}  // namespace theca
