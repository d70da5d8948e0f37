#pragma once
/// The time by which sessions end and attempts are forgotten. It never goes back, and it goes on while the
/// machine sleeps: a laptop that is shut for the night ends its sessions.

#include <chrono>
#include <ctime>

namespace theca::http {

struct BootClock {
  using duration = std::chrono::milliseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;

  static time_point now() {
    timespec t{};
    clock_gettime(CLOCK_BOOTTIME, &t);
    return time_point{std::chrono::seconds{t.tv_sec} +
                      std::chrono::duration_cast<duration>(std::chrono::nanoseconds{t.tv_nsec})};
  }
};
using Moment = BootClock::time_point;

}  // namespace theca::http
