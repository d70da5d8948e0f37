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

/// Calls f(key, number) for every number that is there, in the file's words.
template <class F>
void for_each_number(const Substance& substance, F&& f) {
  const auto maybe = [&](const char* key, const std::optional<Number>& number) {
    if (number) f(key, *number);
  };
  f("dural_loss", substance.dural_loss);
  f("cord_exchange", substance.cord_exchange);
  f("cord_partition", substance.cord_partition);
  f("cord_to_plasma", substance.cord_to_plasma);
  f("brain_exchange", substance.brain_exchange);
  f("brain_partition", substance.brain_partition);
  f("plasma_v1", substance.plasma_v1);
  f("plasma_clearance", substance.plasma_clearance);
  maybe("plasma_v2", substance.plasma_v2);
  maybe("plasma_v3", substance.plasma_v3);
  maybe("plasma_q2", substance.plasma_q2);
  maybe("plasma_q3", substance.plasma_q3);
  maybe("effective_csf", substance.effective_csf);
}

/// Reads `directory`/substances/*.toml, by name. All errors at once.
std::expected<std::vector<Substance>, std::vector<DataError>> load_substances(
    const std::filesystem::path& directory, const Sources& sources);

/// By its name; null when there is none.
const Substance* find_substance(const std::vector<Substance>& all, std::string_view name);

}  // namespace theca
