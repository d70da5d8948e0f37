#include "pump/reservoir.hpp"

#include <algorithm>

#include "quantity/exact.hpp"

namespace theca {
namespace {
constexpr std::int64_t kMillion = 1'000'000;
}

Volume Reservoir::earliest(std::int64_t steps) const {
  const Volume nominal_used = step_ * (steps - steps_at_fill_);
  const std::int64_t used = divide_up(nominal_used.raw() * (kMillion + accuracy_ppm_), kMillion);
  return Volume{std::max<std::int64_t>(0, filled_.raw() - used)};
}

std::int64_t Reservoir::steps_until_earliest(Volume level) const {
  if (filled_ <= level) return steps_at_fill_;
  // smallest n with ceil(n * step * (1 + a)) >= filled - level
  const std::int64_t need = (filled_ - level).raw() - 1;  // ceil(x) >= m  <=>  x > m - 1
  const std::int64_t per_step = step_.raw() * (kMillion + accuracy_ppm_);
  return steps_at_fill_ + need * kMillion / per_step + 1;
}

}  // namespace theca
