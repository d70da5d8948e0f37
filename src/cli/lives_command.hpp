#pragma once
/// `theca run --lives N`: random lives with faults, every promise checked after every event.

#include <cstdint>
#include <string>

namespace theca {

struct LivesOptions {
  std::uint64_t seed = 1;
  std::int64_t lives = 0;
  std::int64_t days = 30;
  std::string out;  // folder for the scenario of a violation
  bool quiet = false;
  bool json = false;
};

/// The command's exit code: 1 when a promise was broken.
int run_lives(const LivesOptions& options);

}  // namespace theca
