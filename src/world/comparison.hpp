#pragma once
/// One relief by several ways, over many patients: plain data for words and pictures.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "body/route.hpp"
#include "quantity/quantity.hpp"
#include "world/quantiles.hpp"

namespace theca {

/// One way of giving the drug so that every patient has the same relief all the time. Levels are ug/mL,
/// effects shares.
struct WayCompared {
  DoseRoute route = DoseRoute::kIntrathecal;
  std::string why_not = {};         // it cannot be reckoned; all below is 0 then
  Quantiles dose = {};              // ug/day
  Quantiles over_intrathecal = {};  // dose over that into the fluid, patient by patient
  Quantiles plasma = {}, at_pain = {}, cistern = {};
  Quantiles ventilation = {};         // lowest
  std::vector<Quantiles> sides = {};  // share of those who have it, by Comparison::sides
};

/// What a number's name ends with that --allow let in.
inline constexpr std::string_view kOutside = " (outside of its published range)";

struct Comparison {
  std::string drug;
  double relief = 0;
  bool on_spasticity = false;  // what is relieved: pain, or that
  bool on_ventilation = false;
  bool is_opioid = false;
  std::string tip, pain;  // "T10", "T12"
  double tolerance = 1;   // EC50 over that of one who never had the drug
  Duration swallowed_every;
  std::int64_t patients = 0;
  std::uint64_t seed = 0;
  std::vector<std::string> sides;       // "nausea"
  std::vector<WayCompared> ways;        // by mouth, by vein, epidurally, into the fluid
  std::vector<std::string> unverified;  // numbers that no source says, of drug, body and population
};

}  // namespace theca
