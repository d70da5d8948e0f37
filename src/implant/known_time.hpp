#pragma once
/// What time it is at least, by what the clinic has signed: a certificate cannot have been signed later than
/// now, and powered time goes on from there. So certificates that are over stay over, whatever a programmer
/// says of the time.
///
/// One computer whose clock is years ahead must not shut everybody out. A certificate moves the bound by half
/// a day at most; a larger leap is a claim, and counts when another certificate, signed at least half a day
/// behind it, agrees with it and with the powered time between the two. The very first counts at once. What
/// the clinic has signed with a new epoch counts whatever was known before: so a wrong clock that was
/// believed is mended, and certificates from before it are refused by their epoch.

#include <algorithm>
#include <cstdint>

#include "quantity/quantity.hpp"

namespace theca {

struct KnownTime {
  static constexpr std::int64_t kUsualLeapS = 12 * 3'600;
  static constexpr std::int64_t kClaimsApartS = 12 * 3'600;
  /// The life of a clinician's certificate: so much earlier than its use it may have been signed.
  static constexpr std::int64_t kAgreesWithinS = 24 * 3'600;
  static constexpr std::int64_t kWorthKeepingS = 3'600;

  std::int64_t least_utc_s = 0;  // it was at least this late then
  Instant least_at;
  std::int64_t claim_utc_s = 0;  // 0: none
  Instant claim_at;

  [[nodiscard]] std::int64_t least(Instant now) const { return least_utc_s + seconds_since(least_at, now); }

  void set(std::int64_t utc_s, Instant now) { *this = {utc_s, now, 0, {}}; }

  /// A certificate signed at `told` was shown. True: there is something to keep.
  bool learn(std::int64_t told, Instant now) {
    std::int64_t bound = least(now);
    bool claimed = false;
    if (least_utc_s == 0) {
      bound = told;
    } else if (told > bound + kUsualLeapS) {
      const std::int64_t expected = claim_utc_s + seconds_since(claim_at, now);
      const bool agrees =
          claim_utc_s != 0 && told <= expected + kAgreesWithinS && told >= expected - kAgreesWithinS;
      if (!agrees) {
        claim_utc_s = told;
        claim_at = now;
        claimed = true;
      } else if (told >= claim_utc_s + kClaimsApartS) {
        bound = std::min(told, expected);
      }
    } else {
      bound = std::max(bound, told);
    }
    if (bound < least_utc_s + kWorthKeepingS) return claimed;
    least_utc_s = bound;
    least_at = now;
    if (claim_utc_s <= bound) claim_utc_s = 0;
    return true;
  }

  /// A pump that has lost how long it had power goes on from `now`: what was over stays so.
  void goes_on_from(Instant now) {
    least_at = std::min(least_at, now);
    claim_at = std::min(claim_at, now);
  }

  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.number("least_utc_s", "", m.least_utc_s);
    io.number("least_at", "", m.least_at);
    io.number("claim_utc_s", "", m.claim_utc_s);
    io.number("claim_at", "", m.claim_at);
  }

 private:
  static constexpr std::int64_t seconds_since(Instant then, Instant now) {
    return (now - then).raw() / 1'000;
  }
};

}  // namespace theca
