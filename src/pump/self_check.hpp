#pragma once
/// What the pump asks of itself at boot: known answers of the parts that a dose depends on.

#include <cstdint>
#include <span>

#include "catalogue/detail.hpp"

namespace theca {

struct SelfCheck {
  SelfTestPart part;
  bool (*holds)();
};

/// One bit for each part that does not hold.
std::uint8_t failed_parts(std::span<const SelfCheck> checks);
/// The pump's own checks.
std::span<const SelfCheck> self_checks();

}  // namespace theca
