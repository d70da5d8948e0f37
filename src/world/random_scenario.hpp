#pragma once
/// Scenarios drawn from a seed: a patient, a therapy, people who visit and press, and things that break. Each
/// is a text that anybody can read, change and play again.

#include <cstdint>
#include <string>
#include <vector>

namespace theca {

struct RandomScenario {
  std::string head;       // title, pump, fluids, first fill, first prescription
  std::int64_t days = 0;  // how long it lasts
  struct Item {
    std::int64_t minute = 0;  // since the start
    std::string block;        // with its own time in it: a visit, a fault
    std::string press;        // or a moment at which the patient presses
  };
  std::vector<Item> items;  // in the order of their times

  /// The scenario file.
  [[nodiscard]] std::string text() const;
};

/// The same seed and length give the same scenario everywhere.
RandomScenario random_scenario(std::uint64_t seed, std::int64_t days);

}  // namespace theca
