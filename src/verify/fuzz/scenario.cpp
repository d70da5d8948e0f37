#include "world/scenario.hpp"

#include "verify/fuzz/fuzz.hpp"
#include "verify/fuzz/targets.hpp"
#include "world/scenario_testing.hpp"

namespace theca::fuzz {

void scenario(Bytes data) {
  const std::string text = text_of(data);
  const auto read = read_scenario(text, "fuzz", example::library());
  if (!read) {
    const auto lines = static_cast<std::uint32_t>(std::ranges::count(text, '\n')) + 2;
    hold(!read.error().empty(), "what is refused is refused for a reason");
    for (const DataError& error : read.error()) {
      hold(!error.message.empty() && !to_string(error).empty(), "in words");
      hold(error.line <= lines, "and at a place in the file");
    }
    return;
  }
  hold(!read->title.empty() && read->time.lasts.raw() > 0, "a scenario has a title and lasts");
  for (const Visit& one : read->visits) hold(one.at >= Instant{0}, "nothing comes before the beginning");
  for (const Press& one : read->presses) hold(one.at >= Instant{0}, "nothing comes before the beginning");
}

}  // namespace theca::fuzz
