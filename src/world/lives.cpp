#include "world/lives.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "world/play.hpp"

namespace theca {
namespace {

enum class Outcome { kPlayed, kRefused };

struct Life {
  Outcome outcome = Outcome::kPlayed;
  std::optional<std::string> violation;
  Duration until;
  Tally tally;
};

Life play_one(const RandomScenario& drawn, const Library& library, const LivesRequest& request) {
  Life life;
  const auto scenario = read_scenario(drawn.text(), "life.toml", library);
  if (!scenario) {
    life.violation = "the scenario cannot be read: " + to_string(scenario.error().front());
    return life;
  }
  PromiseWatch watch{*scenario};
  watch.lie(request.lie);
  const auto run = play_watched(*scenario, library, watch, request.attack ? &*request.attack : nullptr);
  if (!run) {
    life.outcome = Outcome::kRefused;
    return life;
  }
  life.violation = run->violation;
  life.until = run->until;
  life.tally = watch.tally();
  return life;
}

}  // namespace

std::uint64_t seed_of_life(std::uint64_t campaign, std::int64_t n) {
  std::uint64_t mixed = campaign * 0x9E37'79B9'7F4A'7C15U + static_cast<std::uint64_t>(n);  // splitmix64
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58'476D'1CE4'E5B9U;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D0'49BB'1331'11EBU;
  return (mixed ^ (mixed >> 31)) >> 1;  // a scenario's seed is a whole number of 63 bits
}

RandomScenario shortest(RandomScenario scenario,
                        const std::function<std::optional<std::string>(const RandomScenario&)>& breaks) {
  for (std::size_t chunk = std::max<std::size_t>(1, scenario.items.size() / 2); chunk > 0;) {
    bool left_out = false;
    for (std::size_t at = 0; at < scenario.items.size();) {
      RandomScenario without = scenario;
      const auto first = without.items.begin() + static_cast<std::ptrdiff_t>(at);
      const auto last =
          without.items.begin() + static_cast<std::ptrdiff_t>(std::min(at + chunk, without.items.size()));
      without.items.erase(first, last);
      if (breaks(without)) {
        scenario = std::move(without);
        left_out = true;
      } else {
        at += chunk;
      }
    }
    if (!left_out || chunk > 1) chunk /= 2;
  }
  // Days behind the last thing that happens count only if they are needed.
  const std::int64_t last = scenario.items.empty() ? 0 : scenario.items.back().minute;
  for (std::int64_t days = last / 1'440 + 1; days < scenario.days;
       days += std::max<std::int64_t>(1, days / 4)) {
    RandomScenario shorter = scenario;
    shorter.days = days;
    if (breaks(shorter)) return shorter;
  }
  return scenario;
}

LivesResult play_lives(const LivesRequest& request, const Library& library,
                       const std::function<void(std::int64_t)>& done) {
  LivesResult result;
  std::mutex guard;
  std::atomic<std::int64_t> next{request.first};
  std::atomic<std::int64_t> first_broken{request.lives};
  std::int64_t over = 0;
  const auto work = [&] {
    for (;;) {
      const std::int64_t n = next++;
      if (n >= request.lives || n > first_broken) return;
      const Life life =
          play_one(random_scenario(seed_of_life(request.seed, n), request.days), library, request);
      const std::lock_guard<std::mutex> lock{guard};
      (life.outcome == Outcome::kPlayed ? result.played : result.refused) += 1;
      result.tally.add(life.tally);
      if (life.violation) first_broken = std::min(first_broken.load(), n);
      if (++over % 16 == 0 && done) done(over);
    }
  };
  std::vector<std::thread> others;
  for (unsigned i = 1; i < request.threads; ++i) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
  if (first_broken == request.lives) return result;

  LivesViolation violation;
  violation.number = first_broken;
  violation.seed = seed_of_life(request.seed, first_broken);
  const auto breaks = [&](const RandomScenario& drawn) {
    return play_one(drawn, library, request).violation;
  };
  const RandomScenario least = shortest(random_scenario(violation.seed, request.days), breaks);
  violation.promise = breaks(least).value_or("it was not seen again");
  violation.scenario = least.text();
  violation.items = least.items.size();
  result.violation = std::move(violation);
  return result;
}

}  // namespace theca
