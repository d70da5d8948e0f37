#pragma once
/// What of a drug leaves the tip of the catheter, as the samples of a run say it, and a solver that is taken
/// along it.

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "body/minutes.hpp"
#include "quantity/quantity.hpp"
#include "world/run_result.hpp"

namespace theca {

/// Where drug comes that leaves the catheter.
enum class Destination : std::uint8_t { kFluid, kEpidural, kUnderSkin };
inline constexpr std::size_t kDestinations = 3;
constexpr std::size_t to_index(Destination d) { return static_cast<std::size_t>(d); }

/// So much from `begin` on, evenly over `lasts`, or at once when that is 0.
struct TipPiece {
  Instant begin;
  Duration lasts;
  double ug = 0;
  double nl = 0;                                       // of fluid
  std::array<double, kDestinations> ways = {1, 0, 0};  // shares, whose sum is 1
};
/// In order, without overlap; between them nothing leaves. Fluid without the drug is among them. Fronts are
/// spread as they arrive (FrontArrival::sigma_nl): some of a fluid comes before its front by volume and as
/// much less after it.
std::vector<TipPiece> tip_flow(const RunResult& run, std::size_t drug);

/// Takes a solver along the pieces. `Solver` has give(ug, ways), set_rate(ug/min, ways) and advance(minutes,
/// each), where each(minutes over) is told every step; `each_` is told every moment that is known.
template <class Solver, class Each>
class TipFollower {
 public:
  TipFollower(std::vector<TipPiece> pieces, Solver solver, Each each)
      : pieces_(std::move(pieces)), solver_(std::move(solver)), each_(std::move(each)) {}

  void to(Instant t) {
    for (;;) {
      take_what_is_at_once();
      if (now_ >= t) return;
      const bool more = next_ < pieces_.size();
      const bool flowing = more && pieces_[next_].begin <= now_;
      const Instant end = flowing ? pieces_[next_].begin + pieces_[next_].lasts
                          : more  ? pieces_[next_].begin
                                  : t;
      const double rate = flowing ? pieces_[next_].ug / in_minutes(pieces_[next_].lasts) : 0;
      const auto ways = flowing ? pieces_[next_].ways : ways_;
      if (rate != rate_ || ways != ways_) {
        rate_ = rate;
        ways_ = ways;
        solver_.set_rate(rate, ways);
      }
      const Instant until = std::min(t, end);
      solver_.advance(in_minutes(until - now_), [&](double over) {
        each_(std::min(until, now_ + Duration{std::llround(over * 60'000)}));
      });
      now_ = until;
      if (flowing && now_ == end) ++next_;
    }
  }
  [[nodiscard]] const Solver& solver() const { return solver_; }

 private:
  void take_what_is_at_once() {
    while (next_ < pieces_.size() && pieces_[next_].begin <= now_ && pieces_[next_].lasts == Duration{}) {
      solver_.give(pieces_[next_].ug, pieces_[next_].ways);
      each_(now_);
      ++next_;
    }
  }

  std::vector<TipPiece> pieces_;
  Solver solver_;
  Each each_;
  Instant now_;
  std::size_t next_ = 0;
  double rate_ = -1;
  std::array<double, kDestinations> ways_ = {1, 0, 0};
};

}  // namespace theca
