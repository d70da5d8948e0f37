#pragma once
/// What the body does to a substance, and the substance to the body: data/substances/*.toml. A drug of the
/// library has the file of its name; tracers and comparators have one as well.

#include <array>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "body/number.hpp"

namespace theca {

/// What a substance acts on. Drugs that act on the same add up as one; others are independent of each other.
enum class Target : std::uint8_t {
  kNothing,
  kOpioidReceptor,
  kGabaBReceptor,
  kAlpha2Receptor,
  kSodiumChannel,
  kCalciumChannel,
};
inline constexpr std::size_t kTargetCount = 6;
std::string_view name_of(Target target);  // "opioid receptor"

enum class Relieves : std::uint8_t { kNothing, kPain, kSpasticity };

/// Where an effect begins: fluid and cord of the painful segment, cistern, the brain beside it, blood.
enum class Site : std::uint8_t { kFluid, kCord, kCistern, kBrain, kPlasma };

struct SideEffect {
  std::string name;  // "pruritus"
  Site site = Site::kCord;
  bool grave = false;  // may injure
  Number ec50;         // ug/mL: the level that half of the highest share feel
  Number emax;         // share of patients, at most
  Number hill;
  Number ke0_half_life;  // min
};

struct Substance {
  std::string file;
  std::string name;
  Target acts_on = Target::kNothing;
  Relieves relieves = Relieves::kNothing;
  Number dural_loss;                           // 1/min, from fluid through dura and vessels to plasma
  Number cord_exchange;                        // 1/min, from fluid into the cord
  Number cord_partition;                       // cord : fluid at rest
  Number cord_to_plasma;                       // 1/min
  Number brain_exchange;                       // 1/min, from the cistern into the brain
  Number brain_partition;                      // brain : cistern at rest
  Number plasma_v1, plasma_clearance;          // L, L/min
  std::optional<Number> plasma_v2, plasma_v3;  // L; absent: fewer compartments were published
  std::optional<Number> plasma_q2, plasma_q3;  // L/min

  // Other ways in.
  std::optional<Number> oral_bioavailability, oral_ka;  // share, 1/min
  std::optional<Number> epidural_csf_availability;      // share that comes to the fluid; the rest to plasma
  std::optional<Number> epidural_csf_ka, epidural_plasma_ka;  // 1/min

  // Relief, at the cord of the painful segment: Emax, Hill, delayed by ke0. Levels in ug/mL of the fluid that
  // would be in balance with the tissue.
  std::optional<Number> relief_ec50, relief_emax, relief_hill, relief_ke0_half_life;
  // The same from the blood.
  std::optional<Number> plasma_ec50, plasma_ke0_half_life;
  // Ventilation at a fixed CO2 tension: half of it at c50 in plasma; so much of the brainstem's level counts
  // as plasma's.
  std::optional<Number> ventilation_c50, ventilation_hill, ventilation_csf_weight;
  std::optional<Number> adaptation_time;  // days: of receptors, for withdrawal
  // 1/day: ln T rises by gain at the receptors that are occupied and fades by k_off at those that are not; so
  // much of it holds for breathing and side effects.
  std::optional<Number> tolerance_gain, tolerance_k_off, tolerance_side_effects;
  std::vector<SideEffect> side_effects;
};

inline constexpr std::array<NumberRow<Substance>, 8> kSubstanceNumbers{{
    {"dural_loss", "1/min", &Substance::dural_loss, Zero::kAllowed},
    {"cord_exchange", "1/min", &Substance::cord_exchange, Zero::kAllowed},
    {"cord_partition", "1", &Substance::cord_partition},
    {"cord_to_plasma", "1/min", &Substance::cord_to_plasma, Zero::kAllowed},
    {"brain_exchange", "1/min", &Substance::brain_exchange, Zero::kAllowed},
    {"brain_partition", "1", &Substance::brain_partition},
    {"plasma_v1", "L", &Substance::plasma_v1},
    {"plasma_clearance", "L/min", &Substance::plasma_clearance},
}};
/// Those that a file may leave out; those of one group together.
struct OptionalNumberRow {
  const char* group;
  const char* key;
  const char* unit;
  std::optional<Number> Substance::*number;
  Zero zero = Zero::kRefused;
};
inline constexpr std::array<OptionalNumberRow, 22> kOptionalSubstanceNumbers{{
    {"the second compartment", "plasma_v2", "L", &Substance::plasma_v2},
    {"the second compartment", "plasma_q2", "L/min", &Substance::plasma_q2},
    {"the third compartment", "plasma_v3", "L", &Substance::plasma_v3},
    {"the third compartment", "plasma_q3", "L/min", &Substance::plasma_q3},
    {"by mouth", "oral_bioavailability", "1", &Substance::oral_bioavailability},
    {"by mouth", "oral_ka", "1/min", &Substance::oral_ka},
    {"epidural", "epidural_csf_availability", "1", &Substance::epidural_csf_availability},
    {"epidural", "epidural_csf_ka", "1/min", &Substance::epidural_csf_ka},
    {"epidural", "epidural_plasma_ka", "1/min", &Substance::epidural_plasma_ka},
    {"relief", "relief_ec50", "ug/mL", &Substance::relief_ec50},
    {"relief", "relief_emax", "1", &Substance::relief_emax},
    {"relief", "relief_hill", "1", &Substance::relief_hill},
    {"relief", "relief_ke0_half_life", "min", &Substance::relief_ke0_half_life},
    {"relief from the blood", "plasma_ec50", "ug/mL", &Substance::plasma_ec50},
    {"relief from the blood", "plasma_ke0_half_life", "min", &Substance::plasma_ke0_half_life},
    {"ventilation", "ventilation_c50", "ug/mL", &Substance::ventilation_c50},
    {"ventilation", "ventilation_hill", "1", &Substance::ventilation_hill},
    {"ventilation", "ventilation_csf_weight", "1", &Substance::ventilation_csf_weight, Zero::kAllowed},
    {"adaptation", "adaptation_time", "day", &Substance::adaptation_time},
    {"tolerance", "tolerance_gain", "1/day", &Substance::tolerance_gain, Zero::kAllowed},
    {"tolerance", "tolerance_k_off", "1/day", &Substance::tolerance_k_off},
    {"tolerance", "tolerance_side_effects", "1", &Substance::tolerance_side_effects, Zero::kAllowed},
}};

/// Calls f(key, number) for every number that is there, in the file's words.
template <class F>
void for_each_number(const Substance& substance, F&& f) {
  for (const auto& row : kSubstanceNumbers) f(std::string_view{row.key}, substance.*row.number);
  for (const auto& row : kOptionalSubstanceNumbers) {
    if (substance.*row.number) f(std::string_view{row.key}, *(substance.*row.number));
  }
  for (const SideEffect& side : substance.side_effects) {
    f(std::string_view{side.name + " ec50"}, side.ec50);
    f(std::string_view{side.name + " emax"}, side.emax);
    f(std::string_view{side.name + " hill"}, side.hill);
    f(std::string_view{side.name + " ke0_half_life"}, side.ke0_half_life);
  }
}

/// Reads `directory`/substances/*.toml, by name. All errors at once.
std::expected<std::vector<Substance>, std::vector<DataError>> load_substances(
    const std::filesystem::path& directory, const Sources& sources, Outside outside = Outside::kRefused);

const Substance* find_substance(const std::vector<Substance>& all, std::string_view name);

}  // namespace theca
