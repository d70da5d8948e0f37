#pragma once
/// Many random lives with faults, each held against the promises after every call of the pump; a life that
/// breaks one is cut down to the shortest scenario that still does.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "plan/library.hpp"
#include "world/attacker.hpp"
#include "world/promise_watch.hpp"
#include "world/random_scenario.hpp"

namespace theca {

struct LivesRequest {
  std::uint64_t seed = 1;
  std::int64_t lives = 1'000;  // numbers 0 to lives - 1
  std::int64_t first = 0;      // those before it are left out
  std::int64_t days = 30;      // of each
  unsigned threads = 1;
  std::optional<AttackKinds> attack = AttackKinds{};  // by whoever else is on the air
  PromiseWatch::Lie lie = {};                         // a broken twin, to see the watch see
};

struct LivesViolation {
  std::int64_t number = 0;  // of the life
  std::uint64_t seed = 0;   // of the life
  std::string promise;      // with its id
  std::string scenario;     // the shortest that still breaks one
  std::size_t items = 0;    // visits, faults and presses in it
};

struct LivesResult {
  std::int64_t played = 0;
  std::int64_t refused = 0;  // its first prescription was, by the library or the pump
  Tally tally;
  std::optional<LivesViolation> violation;  // of the life with the smallest number
};

/// Seed of the n-th life of a campaign.
std::uint64_t seed_of_life(std::uint64_t campaign, std::int64_t n);

/// `done` is told now and then how many lives are over; it may be called from any thread.
LivesResult play_lives(const LivesRequest& request, const Library& library,
                       const std::function<void(std::int64_t)>& done = {});

/// Leaves out whatever can be left out while `breaks` still says what is broken.
RandomScenario shortest(RandomScenario scenario,
                        const std::function<std::optional<std::string>(const RandomScenario&)>& breaks);

}  // namespace theca
