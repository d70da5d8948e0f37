#pragma once
/// What the body does to a substance: data/substances/*.toml. A drug of the library has the file of its name.

#include <array>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "body/number.hpp"

namespace theca {

struct Substance {
  std::string file;
  std::string name;
  Number dural_loss;                           // 1/min, through dura, epidural and radicular vessels
  Number cord_exchange;                        // 1/min, fluid to cord
  Number cord_partition;                       // cord : fluid
  Number cord_to_plasma;                       // 1/min
  Number brain_exchange;                       // 1/min, cistern to brain
  Number brain_partition;                      // brain : fluid
  Number plasma_v1;                            // L
  Number plasma_clearance;                     // L/min
  std::optional<Number> plasma_v2, plasma_v3;  // L
  std::optional<Number> plasma_q2, plasma_q3;  // L/min
  std::optional<Number> effective_csf;         // ug/mL in the fluid at the painful segments
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
/// Those that a file may leave out.
struct OptionalNumberRow {
  const char* key;
  const char* unit;
  std::optional<Number> Substance::*number;
};
inline constexpr std::array<OptionalNumberRow, 5> kOptionalSubstanceNumbers{{
    {"plasma_v2", "L", &Substance::plasma_v2},
    {"plasma_v3", "L", &Substance::plasma_v3},
    {"plasma_q2", "L/min", &Substance::plasma_q2},
    {"plasma_q3", "L/min", &Substance::plasma_q3},
    {"effective_csf", "ug/mL", &Substance::effective_csf},
}};

/// Calls f(key, number) for every number that is there, in the file's words.
template <class F>
void for_each_number(const Substance& substance, F&& f) {
  for (const auto& row : kSubstanceNumbers) f(std::string_view{row.key}, substance.*row.number);
  for (const auto& row : kOptionalSubstanceNumbers) {
    if (substance.*row.number) f(std::string_view{row.key}, *(substance.*row.number));
  }
}

/// Reads `directory`/substances/*.toml, by name. All errors at once.
std::expected<std::vector<Substance>, std::vector<DataError>> load_substances(
    const std::filesystem::path& directory, const Sources& sources);

/// By its name; null when there is none.
const Substance* find_substance(const std::vector<Substance>& all, std::string_view name);

}  // namespace theca
