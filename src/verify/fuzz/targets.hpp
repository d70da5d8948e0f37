#pragma once
/// The targets: each is fed any bytes, and throws Broken when what it holds is not so.

#include "link/crypto.hpp"

namespace theca::fuzz {
#define THECA_FUZZ_TARGET(name) void name(link::Bytes data);
#include "verify/fuzz_targets.inc"
#undef THECA_FUZZ_TARGET
}  // namespace theca::fuzz
