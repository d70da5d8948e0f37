#include "quantity/exact.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <limits>

namespace theca {
namespace {

__extension__ using Wide = __int128;
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

/// Numbers of every size, not only the small ones that RapidCheck likes.
rc::Gen<std::int64_t> any_size() {
  return rc::gen::apply([](std::int64_t bits, int shift) { return (bits & kMax) >> shift; },
                        rc::gen::arbitrary<std::int64_t>(), rc::gen::inRange(0, 63));
}
rc::Gen<std::int64_t> within(std::int64_t low, std::int64_t high) { return rc::gen::inRange(low, high + 1); }

std::optional<std::int64_t> expected_quotient(std::int64_t a, std::int64_t b, std::int64_t c, Round round) {
  const Wide product = static_cast<Wide>(a) * b;
  const Wide down = product / c, rest = product % c;
  const bool up = (round == Round::kUp && rest != 0) || (round == Round::kNearest && 2 * rest >= c);
  const Wide result = down + (up ? 1 : 0);
  return result > kMax ? std::nullopt : std::optional{static_cast<std::int64_t>(result)};
}

RC_GTEST_PROP(MultiplyDivide, is_the_128_bit_quotient, ()) {
  const auto a = *any_size(), b = *any_size();
  const auto c = std::max<std::int64_t>(*any_size(), 1);
  for (const Round round : {Round::kDown, Round::kNearest, Round::kUp}) {
    RC_ASSERT(multiply_divide(a, b, c, round) == expected_quotient(a, b, c, round));
  }
}

TEST(MultiplyDivide, edges) {
  EXPECT_EQ(multiply_divide(kMax, kMax, kMax, Round::kNearest), kMax);
  EXPECT_EQ(multiply_divide(kMax, kMax, kMax - 1, Round::kDown), std::nullopt);
  EXPECT_EQ(multiply_divide(kMax, 2, 2, Round::kUp), kMax);
  EXPECT_EQ(multiply_divide(kMax, 1, 1, Round::kUp), kMax);
  EXPECT_EQ(multiply_divide(0, kMax, 1, Round::kUp), 0);
  // 2^63 - 1/2, whose half does not fit once it is rounded up
  EXPECT_EQ(multiply_divide(kMax, 4, 4, Round::kNearest), kMax);
  EXPECT_EQ(multiply_divide(6'148'914'691'236'517'205, 3, 2, Round::kDown), kMax);
  EXPECT_EQ(multiply_divide(6'148'914'691'236'517'205, 3, 2, Round::kNearest), std::nullopt);
  EXPECT_EQ(multiply_divide(1, 1, 2, Round::kNearest), 1);
  EXPECT_EQ(multiply_divide(1, 1, 3, Round::kNearest), 0);
}

TEST(MultiplyDivide, refuses_what_it_is_not_made_for) {
  EXPECT_EQ(multiply_divide(-1, 1, 1, Round::kDown), std::nullopt);
  EXPECT_EQ(multiply_divide(1, -1, 1, Round::kDown), std::nullopt);
  EXPECT_EQ(multiply_divide(1, 1, 0, Round::kDown), std::nullopt);
  EXPECT_EQ(multiply_divide(1, 1, -1, Round::kDown), std::nullopt);
}

RC_GTEST_PROP(Divide, up_and_floor_agree_with_wide_arithmetic, ()) {
  const auto b = std::max<std::int64_t>(*any_size(), 1);
  const auto a = std::min(*any_size(), kMax - b);  // floor x b of -a still fits
  RC_ASSERT(divide_up(a, b) == static_cast<std::int64_t>((static_cast<Wide>(a) + b - 1) / b));
  for (const std::int64_t n : {a, -a}) {
    const std::int64_t quotient = floor_divide(n, b), rest = floor_modulo(n, b);
    RC_ASSERT(rest >= 0 && rest < b);
    RC_ASSERT(static_cast<Wide>(quotient) * b + rest == static_cast<Wide>(n));
  }
}

Wide units(Amount amount) {
  return static_cast<Wide>(amount.floor().raw()) * Amount::kUnitsPerNanolitre + amount.rest_units();
}

constexpr Duration kLongLife = days(36'525);

rc::Gen<FlowRate> any_rate() {
  return rc::gen::map(within(0, kMaxFlowRate.raw()), [](std::int64_t n) { return FlowRate{n}; });
}
rc::Gen<Duration> any_time() {
  return rc::gen::map(within(0, kLongLife.raw()), [](std::int64_t n) { return Duration{n}; });
}

RC_GTEST_PROP(Amount, is_exactly_rate_times_time, ()) {
  const auto rate = *any_rate();
  const auto time = *any_time();
  RC_ASSERT(units(Amount::over(rate, time)) == static_cast<Wide>(rate.raw()) * time.raw());
}

RC_GTEST_PROP(Amount, any_cut_of_time_gives_the_same_amount, ()) {
  const auto rate = *any_rate();
  const auto time = *any_time();
  const Duration first{*within(0, time.raw())};
  RC_ASSERT(Amount::over(rate, first) + Amount::over(rate, time - first) == Amount::over(rate, time));
  RC_ASSERT(Amount::over(rate, time) - Amount::over(rate, first) == Amount::over(rate, time - first));
}

RC_GTEST_PROP(Amount, arithmetic_and_order_are_those_of_the_exact_number, ()) {
  const Amount a = Amount::over(*any_rate(), *any_time());
  const Amount b = Amount::over(*any_rate(), *any_time());
  const auto n = *within(0, 1'000);
  RC_ASSERT(units(a + b) == units(a) + units(b));
  RC_ASSERT(units(a - b) == units(a) - units(b));
  RC_ASSERT(units(a.times(n)) == units(a) * n);
  RC_ASSERT((a < b) == (units(a) < units(b)));
  for (const Amount result : {a + b, a - b, a.times(n)}) {
    RC_ASSERT(result.rest_units() >= 0 && result.rest_units() < Amount::kUnitsPerNanolitre);
  }
}

TEST(Amount, ten_years_at_28_8_ml_a_day_stay_exact) {
  const Amount amount = Amount::over(nanolitres_per_day(28'800'000), days(3'653));
  EXPECT_EQ(amount.floor(), nanolitres(28'800'000LL * 3'653));
  EXPECT_EQ(amount.rest_units(), 0);
  EXPECT_EQ(Amount::of(nanolitres(7)).floor(), nanolitres(7));
}

RC_GTEST_PROP(Dose, mass_and_dose_rate_are_products_that_fit, ()) {
  const auto nl = *within(0, kMaxVolume.raw());
  const auto c = *within(0, kMaxConcentration.raw());
  const Wide product = static_cast<Wide>(nl) * c;
  RC_ASSERT(mass_in(Volume{nl}, Concentration{c}).raw() == product);
  RC_ASSERT(dose_rate(FlowRate{nl}, Concentration{c}).raw() == product);
}

RC_GTEST_PROP(Dose, flow_is_the_nearest_and_volume_the_one_below, ()) {
  const Concentration c{*within(1, kMaxConcentration.raw())};
  const DoseRate dose{*within(0, kMaxFlowRate.raw() * kMaxConcentration.raw())};
  const Wide flow = flow_for(dose, c).raw();
  const Wide doubled_error = 2 * (flow * c.raw() - dose.raw());
  RC_ASSERT(doubled_error <= c.raw() && doubled_error > -static_cast<Wide>(c.raw()));
  const Mass mass{dose.raw()};
  const Wide volume = volume_for(mass, c).raw();
  RC_ASSERT(volume * c.raw() <= mass.raw() && (volume + 1) * c.raw() > mass.raw());
}

RC_GTEST_PROP(Dose, flow_made_of_a_rate_gives_the_rate_back, ()) {
  const FlowRate rate = *any_rate();
  const Concentration c{*within(1, kMaxConcentration.raw())};
  RC_ASSERT(flow_for(dose_rate(rate, c), c) == rate);
}

TEST(Lumen, volume_is_length_times_volume_per_centimetre) {
  EXPECT_EQ(lumen_volume(centimetres(80), nanolitres(2'200)), nanolitres(176'000));
  EXPECT_EQ(lumen_volume(micrometres(5'000), nanolitres(1)), nanolitres(1));  // half a nanolitre rounds up
  EXPECT_EQ(lumen_volume(micrometres(4'999), nanolitres(1)), nanolitres(0));
}

RC_GTEST_PROP(TimeFor, is_the_first_millisecond_by_which_the_volume_has_passed, ()) {
  const Volume volume{*within(1, kMaxVolume.raw())};
  const FlowRate rate{*within(1, kMaxFlowRate.raw())};
  const auto time = time_for(volume, rate);
  RC_ASSERT(time.has_value());
  const Wide needed = static_cast<Wide>(volume.raw()) * kMillisecondsPerDay;
  RC_ASSERT(static_cast<Wide>(rate.raw()) * time->raw() >= needed);
  RC_ASSERT(static_cast<Wide>(rate.raw()) * (time->raw() - 1) < needed);
}

TEST(TimeFor, edges) {
  EXPECT_EQ(time_for(nanolitres(0), nanolitres_per_day(1)), Duration{});
  EXPECT_EQ(time_for(millilitres(1), nanolitres_per_day(0)), std::nullopt);
  EXPECT_EQ(time_for(Volume{kMax}, nanolitres_per_day(1)), std::nullopt);
}

}  // namespace
}  // namespace theca
