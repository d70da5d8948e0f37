#pragma once
/// The memory behind the patient's button: when boluses were granted, on powered time, in fixed space. The
/// last kMaxAllotted grants are kept as they are, so lockout and window are exact to the millisecond; nothing
/// here knows the wall clock, so setting it changes nothing (INV-7).

#include <array>
#include <cstddef>
#include <cstdint>

#include "quantity/quantity.hpp"
#include "therapy/prescription.hpp"

namespace theca {

class PatientGrants {
 public:
  void add(Instant at) {
    grants_[next_] = at;
    next_ = (next_ + 1) % kMaxAllotted;
    if (count_ < kMaxAllotted) ++count_;
  }

  /// First instant at which lockout lets another grant pass. `policy` may change between grants.
  [[nodiscard]] Instant lockout_over(const PatientBolusPolicy& policy) const {
    return count_ == 0 ? Instant{0} : nth_last(1) + seconds(policy.lockout_s);
  }
  /// First instant at which fewer than `allotted` grants lie in the window that ends there.
  [[nodiscard]] Instant window_open(const PatientBolusPolicy& policy) const {
    if (policy.allotted == 0) return kNever;
    if (count_ < policy.allotted) return Instant{0};
    return nth_last(policy.allotted) + seconds(policy.window_s);
  }
  /// Grants in the window that ends at `now`.
  [[nodiscard]] std::size_t in_window(const PatientBolusPolicy& policy, Instant now) const {
    std::size_t inside = 0;
    while (inside < count_ && nth_last(inside + 1) + seconds(policy.window_s) > now) ++inside;
    return inside;
  }

 private:
  friend struct Image;
  [[nodiscard]] Instant nth_last(std::size_t n) const {
    return grants_[(next_ + kMaxAllotted - n) % kMaxAllotted];
  }

  std::array<Instant, kMaxAllotted> grants_{};
  std::size_t next_ = 0;
  std::size_t count_ = 0;
};

/// Is a request allowed at this minute of the local day? [from, to), over midnight when to < from.
constexpr bool within_hours(const PatientBolusPolicy& policy, int minute) {
  if (policy.from_minute == policy.to_minute) return true;
  if (policy.from_minute < policy.to_minute) return minute >= policy.from_minute && minute < policy.to_minute;
  return minute >= policy.from_minute || minute < policy.to_minute;
}

}  // namespace theca
