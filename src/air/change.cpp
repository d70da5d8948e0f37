#include "air/change.hpp"

#include <array>

namespace theca {

std::uint32_t new_intent() {
  std::array<std::uint8_t, 4> bytes{};
  std::uint32_t intent = 0;
  while (intent == 0) {
    link::Sodium::random(bytes);
    for (const std::uint8_t byte : bytes) intent = intent << 8 | byte;
  }
  return intent;
}

}  // namespace theca
