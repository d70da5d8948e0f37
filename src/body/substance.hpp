#pragma once
/// What the body does to a substance: data/substances/*.toml. A drug of the library has the file of its name.

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

/// Reads `directory`/substances/*.toml, by name. All errors at once.
std::expected<std::vector<Substance>, std::vector<DataError>> load_substances(
    const std::filesystem::path& directory, const Sources& sources);

/// By its name; null when there is none.
const Substance* find_substance(const std::vector<Substance>& all, std::string_view name);

}  // namespace theca
