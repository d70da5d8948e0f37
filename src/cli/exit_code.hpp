#pragma once
/// What the `theca` command returns to its caller.

namespace theca {

inline constexpr int kExitOk = 0;
inline constexpr int kExitRefused = 1;  // refused by a check
inline constexpr int kExitUsage = 2;    // usage or input data
inline constexpr int kExitBug = 70;     // a bug in theca

}  // namespace theca
