#include "world/tip_flow.hpp"

namespace theca {
namespace {

constexpr double kFemtogramsPerMicrogram = 1e9;

}  // namespace

std::vector<TipPiece> tip_flow(const RunResult& run, std::size_t drug) {
  std::vector<TipPiece> pieces;
  Instant before;
  std::int64_t given = 0;
  for (const Sample& sample : run.samples) {
    const std::int64_t mass = drug < sample.tip_mass.size() ? sample.tip_mass[drug].raw() : 0;
    if (mass > given)
      pieces.push_back(
          {before, sample.at - before, static_cast<double>(mass - given) / kFemtogramsPerMicrogram});
    given = std::max(given, mass);
    before = std::max(before, sample.at);
  }
  return pieces;
}

}  // namespace theca
