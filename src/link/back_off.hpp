#pragma once
/// How often the wake gate looks. After a frame that did not open it the receiver is deaf for a second, then
/// two, doubling to half a minute; a field that comes, and a gate that opens, begin anew. The longest
/// deafness is what a physician in the near field may have to wait for once junk stops, and so is below a
/// minute (INV-13). A fresh field has a few looks at once, so that one piece of junk in the air costs
/// nothing.

#include <algorithm>
#include <cstdint>

#include "quantity/quantity.hpp"

namespace theca::link {

inline constexpr Duration kShortestDeafness = seconds(1), kLongestDeafness = seconds(32);
inline constexpr int kFreeLooks = 4;

class BackOff {
 public:
  [[nodiscard]] bool listens(Instant now) const { return now >= deaf_until_; }
  void field_comes() { begin_anew(); }
  void opened() { begin_anew(); }
  void failed(Instant now) {
    if (free_ > 0) {
      --free_;
      return;
    }
    deaf_until_ = now + next_;
    next_ = std::min(next_ * 2, kLongestDeafness);
  }

 private:
  void begin_anew() {
    free_ = kFreeLooks;
    next_ = kShortestDeafness;
    deaf_until_ = Instant{INT64_MIN};
  }
  int free_ = kFreeLooks;
  Duration next_ = kShortestDeafness;
  Instant deaf_until_{INT64_MIN};
};

}  // namespace theca::link
