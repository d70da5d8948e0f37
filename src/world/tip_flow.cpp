#include "world/tip_flow.hpp"

#include <numbers>

namespace theca {
namespace {

constexpr double kFemtogramsPerMicrogram = 1e9;
constexpr double kWorthGiving = 0.5;  // fg: less is rounding
/// A front is cut in pieces of half a sigma, so far out to both sides.
constexpr int kHalfSigmas = 8;

/// A front of one drug at the tip.
struct SpreadFront {
  double volume;  // nL, truly out of the tip when it arrives
  double sigma;   // nL
  double step;    // fg/nL: the new concentration less the old one
};

double concentration(const RunResult& run, std::uint32_t fluid, DrugCode drug) {
  for (const FluidName& named : run.fluids) {
    if (named.number == fluid) return static_cast<double>(concentration_of(named.formulation, drug).raw());
  }
  return 0;
}

double volume_of(const Sample& sample) { return static_cast<double>(sample.truly_delivered.raw()); }

double volume_at(const RunResult& run, Instant t) {
  const auto after = std::ranges::find_if(run.samples, [&](const Sample& sample) { return sample.at >= t; });
  if (after == run.samples.begin() || after == run.samples.end()) return 0;
  const Sample &a = *(after - 1), &b = *after;
  const double share =
      static_cast<double>((t - a.at).raw()) / std::max(1.0, static_cast<double>((b.at - a.at).raw()));
  return volume_of(a) + (volume_of(b) - volume_of(a)) * share;
}

std::vector<SpreadFront> fronts_of(const RunResult& run, std::size_t drug) {
  std::vector<SpreadFront> fronts;
  for (const FrontArrival& front : run.fronts) {
    if (!front.truly || front.sigma_nl <= 0) continue;
    const DrugCode code = run.drugs[drug].code;
    const double step = concentration(run, front.fluid, code) - concentration(run, front.fluid_before, code);
    if (step != 0) fronts.push_back({volume_at(run, *front.truly), front.sigma_nl, step});
  }
  return fronts;
}

/// What more than with a sharp front has come by `volume`, fg: the integral of normal distribution less step.
double more_by(const SpreadFront& front, double volume) {
  const double x = (volume - front.volume) / front.sigma;
  const double below = std::erfc(-x / std::numbers::sqrt2) / 2;
  const double density = std::exp(-x * x / 2) * std::numbers::inv_sqrtpi / std::numbers::sqrt2;
  return front.step * front.sigma * (x * below + density - std::max(x, 0.0));
}

}  // namespace

std::vector<TipPiece> tip_flow(const RunResult& run, std::size_t drug) {
  const std::vector<SpreadFront> fronts = fronts_of(run, drug);
  std::vector<double> cuts;  // volumes at which a piece ends
  for (const SpreadFront& front : fronts) {
    for (int k = -kHalfSigmas; k <= kHalfSigmas; ++k) cuts.push_back(front.volume + k * front.sigma / 2);
  }
  std::ranges::sort(cuts);
  /// Mass by volume, with sharp fronts on a line between two samples, and what the spread adds.
  const auto spread_by = [&](double volume) {
    double more = 0;
    for (const SpreadFront& front : fronts) more += more_by(front, volume);
    return more;
  };
  std::vector<TipPiece> pieces;
  const auto add = [&](Instant begin, Instant end, double femtograms, double nl) {
    const double ug = femtograms >= kWorthGiving ? femtograms / kFemtogramsPerMicrogram : 0;
    if (ug > 0 || nl > 0) pieces.push_back({begin, end - begin, ug, nl});
  };
  Instant before;
  double given = 0, volume = 0;
  for (const Sample& sample : run.samples) {
    const double mass = drug < sample.tip_mass.size() ? static_cast<double>(sample.tip_mass[drug].raw()) : 0;
    const double to = volume_of(sample);
    auto cut = std::ranges::upper_bound(cuts, volume);
    if (cut == cuts.end() || *cut >= to || to <= volume) {
      add(before, sample.at, mass - given + spread_by(to) - spread_by(volume), std::max(0.0, to - volume));
    } else {
      // Within the interval a sharp front may lie: its mass falls by volume on both sides of it.
      const auto sharp_by = [&](double v) {
        double fronted = 0, all = 0;
        for (const SpreadFront& front : fronts) {
          fronted += front.step * (std::max(v - front.volume, 0.0) - std::max(volume - front.volume, 0.0));
          all += front.step * (std::max(to - front.volume, 0.0) - std::max(volume - front.volume, 0.0));
        }
        return fronted + (mass - given - all) * (v - volume) / (to - volume);
      };
      double from = volume, done = 0, spread = spread_by(volume);
      Instant begin = before;
      const auto piece = [&](double v, Instant end) {
        const double sharp = sharp_by(v), more = spread_by(v);
        add(begin, end, sharp - done + more - spread, v - from);
        done = sharp;
        spread = more;
        from = v;
        begin = end;
      };
      const double lasts = static_cast<double>((sample.at - before).raw());
      for (; cut != cuts.end() && *cut < to; ++cut)
        piece(*cut, before + Duration{std::llround(lasts * (*cut - volume) / (to - volume))});
      piece(to, sample.at);
    }
    given = std::max(given, mass);
    volume = std::max(volume, to);
    before = std::max(before, sample.at);
  }
  return pieces;
}

}  // namespace theca
