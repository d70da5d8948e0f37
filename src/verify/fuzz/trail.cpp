#include "simulator/trail.hpp"

#include "verify/fuzz/memory_file.hpp"
#include "verify/fuzz/targets.hpp"

namespace theca::fuzz {
namespace {

bool same_act(const DeviceAct& a, const DeviceAct& b) {
  const bool fluid =
      a.kind == DeviceAct::Kind::kMoved || a.fluid == b.fluid;  // what moves is told by its steps
  return a.kind == b.kind && a.at == b.at && a.steps == b.steps && a.volume == b.volume && fluid;
}

}  // namespace

void trail(Bytes data) {
  const MemoryFile file{data};
  const auto read = Trail::read(file.path());
  const auto lines = static_cast<std::size_t>(std::ranges::count(data, std::uint8_t{'\n'}));
  if (!read) return hold(!read.error().empty(), "what cannot be read is told where");
  hold(read->acts.size() <= lines, "a line is one act");
  const MemoryFile copy;
  {
    auto written = Trail::append_to(copy.path());
    hold(written.has_value(), "a file can be written");
    for (const DeviceAct& act : read->acts) {
      hold(act.at <= read->now, "nothing is later than now");
      written->add(act);
    }
    written->beat(read->now);
  }
  const auto again = Trail::read(copy.path());
  hold(again && again->now == read->now && std::ranges::equal(again->acts, read->acts, same_act),
       "what was read and is written again reads the same");
  // A line that was cut short is taken out, and the file goes on.
  {
    auto on = Trail::append_to(file.path());
    hold(on.has_value(), "a trail goes on");
    on->beat(read->now);
  }
  const auto on = Trail::read(file.path());
  hold(on && on->acts.size() == read->acts.size() && on->now == read->now, "behind what was read");
}

}  // namespace theca::fuzz
