#pragma once
/// Who the n-th patient of a population is. Counter-based (Philox4x32-10 of Random123: Salmon et al. 2011),
/// so the n-th patient of a seed is the same on any machine and any number of threads, and each quantity has
/// numbers of its own.

#include <cstdint>

#include "body/variability.hpp"

namespace theca {

/// The n-th patient of a seed, in standard deviations.
Deviation draw(std::uint64_t seed, std::uint64_t n);

}  // namespace theca
