#include "quantity/print.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

namespace theca {
namespace {

__extension__ using Wide = __int128;
using Buffer = std::array<char, kPrintBytes>;
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

constexpr std::array kRoundings = {
    Rounding::exact(),        Rounding::decimals(0),    Rounding::decimals(1),
    Rounding::decimals(3),    Rounding::decimals(-1),   Rounding::decimals(99),
    Rounding::significant(1), Rounding::significant(3), Rounding::significant(0)};

/// Any int64 of any size and sign.
rc::Gen<std::int64_t> any_raw() {
  return rc::gen::map(rc::gen::pair(rc::gen::arbitrary<std::int64_t>(), rc::gen::inRange(0, 64)),
                      [](std::pair<std::int64_t, int> p) { return p.first >> p.second; });
}

std::string decimal(std::int64_t raw, std::int64_t unit, Rounding rounding = Rounding::exact()) {
  Buffer buffer;
  return std::string{print_decimal(raw, unit, buffer, rounding)};
}

/// What everything that is printed keeps to.
bool is_safe(std::string_view text) {
  if (text.empty()) return false;
  std::size_t i = text.front() == '-' ? 1 : 0;
  if (i < text.size() && text[i] == '.') return false;
  while (i < text.size()) {  // every number inside
    if (text[i] < '0' || text[i] > '9') {
      ++i;
      continue;
    }
    const std::size_t first = i;
    std::size_t point = std::string_view::npos;
    for (; i < text.size() && ((text[i] >= '0' && text[i] <= '9') || text[i] == '.'); ++i) {
      if (text[i] == '.') {
        if (point != std::string_view::npos) return false;
        point = i;
      }
    }
    if (point != std::string_view::npos && (text[i - 1] == '0' || point + 1 == i)) return false;
    const std::size_t whole = (point == std::string_view::npos ? i : point) - first;
    if (whole == 0 || (whole > 1 && text[first] == '0')) return false;
  }
  return true;
}

/// Every way to print `raw`, read as any kind.
std::vector<std::string> all_prints(std::int64_t raw, Rounding r) {
  Buffer b;
  std::vector<std::string> out;
  for (const auto unit : {VolumeUnit::kMillilitre, VolumeUnit::kMicrolitre, VolumeUnit::kNanolitre}) {
    out.emplace_back(print_volume(Volume{raw}, b, unit, r));
    out.emplace_back(print_flow(FlowRate{raw}, b, unit, Per::kDay, r));
    out.emplace_back(print_flow(FlowRate{raw}, b, unit, Per::kHour, r));
  }
  for (const auto unit :
       {MassUnit::kAutomatic, MassUnit::kMilligram, MassUnit::kMicrogram, MassUnit::kNanogram}) {
    out.emplace_back(print_concentration(Concentration{raw}, b, unit, r));
    out.emplace_back(print_mass(Mass{raw}, b, unit, r));
    out.emplace_back(print_dose_rate(DoseRate{raw}, b, unit, Per::kDay, r));
    out.emplace_back(print_dose_rate(DoseRate{raw}, b, unit, Per::kHour, r));
  }
  for (const auto finest :
       {milliseconds(0), milliseconds(1), seconds(1), minutes(1), hours(1), Duration{kMax}}) {
    out.emplace_back(print_duration(Duration{raw}, b, finest));
  }
  out.emplace_back(print_length(Length{raw}, b, r));
  out.emplace_back(print_volume_per_length(Volume{raw}, b, r));
  out.emplace_back(print_percent(raw, b, r));
  return out;
}

RC_GTEST_PROP(Print, never_a_trailing_zero_nor_a_naked_point, ()) {
  const auto raw = *any_raw();
  for (const Rounding rounding : kRoundings) {
    for (const std::string& text : all_prints(raw, rounding)) {
      RC_ASSERT(is_safe(text));
      RC_ASSERT((text.front() == '-') == (raw < 0));
      const bool says_zero = text.find_first_of("123456789") == std::string::npos;
      RC_ASSERT(says_zero == (raw == 0));
    }
  }
}

TEST(Print, extremes_fit_the_buffer) {
  for (const std::int64_t raw : {kMin, kMin + 1, kMax, std::int64_t{0}, std::int64_t{-1}, std::int64_t{1}}) {
    for (const Rounding rounding : kRoundings) {
      for (const std::string& text : all_prints(raw, rounding)) EXPECT_TRUE(is_safe(text)) << text;
    }
  }
  EXPECT_EQ(decimal(kMin, 1), "-9223372036854775808");
  EXPECT_EQ(decimal(kMin, 1'000'000'000'000'000'000), "-9.223372036854775808");
  EXPECT_EQ(decimal(kMax, 1'000, Rounding::decimals(0)), "9223372036854776");
}

TEST(Print, the_check_itself_sees_unsafe_text) {
  for (const char* const text :
       {"5.0 mg", "0.50", ".5 mg", "-.5", "5. mg", "05 mg", "1 d 6.0 h", "", "1.2.3"}) {
    EXPECT_FALSE(is_safe(text)) << text;
  }
}

TEST(Print, a_small_buffer_gets_nothing_rather_than_part_of_a_number) {
  const std::string whole = "12.345 mL";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::vector<char> small(size);
    EXPECT_EQ(print_volume(microlitres(12'345), small), "") << size;
  }
  std::vector<char> enough(whole.size());
  EXPECT_EQ(print_volume(microlitres(12'345), enough), whole);
}

TEST(Print, refuses_a_unit_out_of_range) {
  EXPECT_EQ(decimal(1, 0), "");
  EXPECT_EQ(decimal(1, -1), "");
  EXPECT_EQ(decimal(1, 1'000'000'000'000'000'001), "");
}

RC_GTEST_PROP(Print, exact_digits_are_the_value, ()) {
  const auto raw = *any_raw();
  const int decimals = *rc::gen::inRange(0, 19);
  std::int64_t unit = 1;
  for (int i = 0; i < decimals; ++i) unit *= 10;
  std::string text = decimal(raw, unit);
  const bool negative = text.front() == '-';
  if (negative) text.erase(0, 1);
  const std::size_t point = text.find('.');
  const std::size_t shown = point == std::string::npos ? 0 : text.size() - point - 1;
  if (point != std::string::npos) text.erase(point, 1);
  Wide value = 0;
  for (const char c : text) value = value * 10 + (c - '0');
  for (std::size_t i = shown; i < static_cast<std::size_t>(decimals); ++i) value *= 10;
  RC_ASSERT((negative ? -value : value) == static_cast<Wide>(raw));
}

RC_GTEST_PROP(Print, rounding_is_to_the_nearest_halves_away_from_zero, ()) {
  const auto raw = *rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000'000);
  const auto unit = *rc::gen::inRange<std::int64_t>(1, 24'000'000'000'001);
  const int decimals = *rc::gen::inRange(0, 4);
  Wide power = 1;
  for (int i = 0; i < decimals; ++i) power *= 10;
  const Wide nearest = (2 * raw * power + unit) / (2 * static_cast<Wide>(unit));
  if (nearest == 0) return;
  const std::string text = decimal(raw, unit, Rounding::decimals(decimals));
  const std::size_t point = text.find('.');
  Wide shown = 0;
  int shown_decimals = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == point) continue;
    shown = shown * 10 + (text[i] - '0');
    if (point != std::string::npos && i > point) ++shown_decimals;
  }
  for (; shown_decimals < decimals; ++shown_decimals) shown *= 10;
  RC_ASSERT(shown == nearest);
}

struct RoundingCase {
  std::int64_t raw;
  std::int64_t unit;
  Rounding rounding;
  const char* text;
};

TEST(Print, rounding_table) {
  const RoundingCase cases[] = {
      {1'500, 1'000, Rounding::exact(), "1.5"},
      {1'500, 1'000, Rounding::decimals(0), "2"},
      {1'499, 1'000, Rounding::decimals(0), "1"},
      {-1'500, 1'000, Rounding::decimals(0), "-2"},
      {9'999, 1'000, Rounding::decimals(2), "10"},
      {999'950, 1'000, Rounding::decimals(1), "1000"},
      {1'005, 1'000, Rounding::decimals(2), "1.01"},
      {4, 10'000, Rounding::decimals(2), "0.0004"},  // would print 0: keeps its first digit
      {46, 100'000, Rounding::decimals(2), "0.0005"},
      {96, 100'000, Rounding::decimals(2), "0.001"},
      {5, 1'000, Rounding::decimals(2), "0.01"},
      {1, 3, Rounding::decimals(0), "0.3"},
      {2, 3, Rounding::decimals(0), "1"},
      {1, 3, Rounding::significant(3), "0.333"},
      {1, 300, Rounding::significant(3), "0.00333"},
      {12'345'678, 1'000, Rounding::significant(3), "12346"},  // digits before the point all stay
      {12'345, 1'000, Rounding::significant(3), "12.3"},
      {1, 3, Rounding::exact(), "0.333333333333333333"},
      {2, 3, Rounding::exact(), "0.666666666666666667"},
      {0, 7, Rounding::significant(3), "0"},
  };
  for (const auto& c : cases) EXPECT_EQ(decimal(c.raw, c.unit, c.rounding), c.text);
}

TEST(Print, units_that_people_speak) {
  Buffer b;
  EXPECT_EQ(print_volume(microlitres(375), b), "0.375 mL");
  EXPECT_EQ(print_volume(microlitres(375), b, VolumeUnit::kMicrolitre), "375 µL");
  EXPECT_EQ(print_volume(nanolitres(12), b, VolumeUnit::kNanolitre), "12 nL");
  EXPECT_EQ(print_flow(microlitres_per_day(300), b), "0.3 mL/day");
  EXPECT_EQ(print_flow(microlitres_per_day(300), b, VolumeUnit::kMicrolitre, Per::kHour), "12.5 µL/h");
  EXPECT_EQ(print_concentration(milligrams_per_millilitre(20), b), "20 mg/mL");
  EXPECT_EQ(print_concentration(micrograms_per_millilitre(500), b), "500 mcg/mL");
  EXPECT_EQ(print_concentration(micrograms_per_millilitre(500), b, MassUnit::kMilligram), "0.5 mg/mL");
  EXPECT_EQ(print_concentration(nanograms_per_millilitre(1), b), "1 ng/mL");
  EXPECT_EQ(print_mass(micrograms(1'500), b), "1.5 mg");
  EXPECT_EQ(print_mass(micrograms(1'000), b), "1 mg");
  EXPECT_EQ(print_mass(micrograms(999), b), "999 mcg");
  EXPECT_EQ(print_mass(femtograms(1), b), "0.000001 ng");
  EXPECT_EQ(print_mass(femtograms(0), b), "0 mg");
  EXPECT_EQ(print_mass(micrograms(-60), b), "-60 mcg");
  EXPECT_EQ(print_dose_rate(milligrams_per_day(3), b), "3 mg/day");
  EXPECT_EQ(print_dose_rate(milligrams_per_day(3), b, MassUnit::kAutomatic, Per::kHour), "125 mcg/h");
  EXPECT_EQ(print_length(centimetres(80), b), "80 cm");
  EXPECT_EQ(print_volume_per_length(nanolitres(2'200), b), "0.0022 mL/cm");
  EXPECT_EQ(print_percent(145'000, b), "14.5 %");
}

TEST(Print, a_mass_that_rounds_up_to_the_next_unit_takes_it) {
  Buffer b;
  const Mass nearly = femtograms(999'999'600'000);  // 999.9996 mcg
  EXPECT_EQ(print_mass(nearly, b, MassUnit::kAutomatic, Rounding::decimals(3)), "1 mg");
  EXPECT_EQ(print_mass(nearly, b), "999.9996 mcg");
  EXPECT_EQ(print_mass(nearly, b, MassUnit::kMicrogram, Rounding::decimals(3)), "1000 mcg");
}

TEST(Print, durations) {
  Buffer b;
  EXPECT_EQ(print_duration(hours(30), b), "1 d 6 h");
  EXPECT_EQ(print_duration(minutes(5), b), "5 min");
  EXPECT_EQ(print_duration(seconds(30), b), "30 s");
  EXPECT_EQ(print_duration(milliseconds(250), b), "0.25 s");
  EXPECT_EQ(print_duration(Duration{}, b), "0 s");
  EXPECT_EQ(print_duration(days(1) + milliseconds(1), b), "1 d 0.001 s");
  EXPECT_EQ(print_duration(hours(2) + minutes(29) + seconds(30), b, minutes(1)), "2 h 30 min");
  EXPECT_EQ(print_duration(hours(24) - seconds(1), b, minutes(1)), "1 d");
  EXPECT_EQ(print_duration(seconds(29), b, minutes(1)), "29 s");  // would print 0
  EXPECT_EQ(print_duration(minutes(-5), b), "-5 min");
  EXPECT_EQ(print_duration(Duration{kMin}, b), "-106751991167 d 7 h 12 min 55.808 s");
}

}  // namespace
}  // namespace theca
