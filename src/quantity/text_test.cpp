#include "quantity/text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <optional>
#include <regex>
#include <string>
#include <vector>

namespace theca {
namespace {

template <class T>
std::string message(const Parsed<T>& parsed) {
  return parsed ? std::string{"accepted"} : parsed.error().message;
}

// What is accepted

TEST(Text, accepts_the_spellings_of_every_kind) {
  EXPECT_EQ(parse_volume("0.375 mL"), microlitres(375));
  EXPECT_EQ(parse_volume("25 uL"), microlitres(25));
  EXPECT_EQ(parse_volume("25 \u00B5L"), microlitres(25));
  EXPECT_EQ(parse_volume("25 \u03BCl"), microlitres(25));
  EXPECT_EQ(parse_volume("300 nL"), nanolitres(300));
  EXPECT_EQ(parse_volume("0.30 mL"), microlitres(300));
  EXPECT_EQ(parse_volume("20ml"), millilitres(20));
  EXPECT_EQ(parse_volume("0 mL"), nanolitres(0));
  EXPECT_EQ(parse_volume("1000 mL"), kMaxVolume);

  for (const char* const text :
       {"0.3 mL/day", "0.30 mL/d", "0.300 ml/day", "300 uL/day", "300000 nL/day", "12.5 uL/h",
        "12.5 \u00B5L/hr", "0.0125 mL/hour", "0.3 mL/24 h", "0.3 mL/24h"}) {
    EXPECT_EQ(parse_flow_rate(text), microlitres_per_day(300)) << text;
  }
  EXPECT_EQ(parse_flow_rate("1 uL/min"), microlitres_per_day(1'440));

  EXPECT_EQ(parse_concentration("20 mg/mL"), milligrams_per_millilitre(20));
  for (const char* const text :
       {"500 mcg/mL", "500 ug/ml", "500 \u00B5g/mL", "500 \u03BCg/ml", "0.5 mg/mL", "500000 ng/mL"}) {
    EXPECT_EQ(parse_concentration(text), micrograms_per_millilitre(500)) << text;
  }

  EXPECT_EQ(parse_mass("0.5 mg"), micrograms(500));
  EXPECT_EQ(parse_mass("60mcg"), micrograms(60));
  EXPECT_EQ(parse_mass("60\u00A0ug"), micrograms(60));
  EXPECT_EQ(parse_mass("  10 ng "), femtograms(10'000'000));

  EXPECT_EQ(parse_dose_rate("3mg/day"), milligrams_per_day(3));
  EXPECT_EQ(parse_dose_rate("125 mcg/h"), milligrams_per_day(3));
  EXPECT_EQ(parse_dose_rate("3 mg/24 h"), milligrams_per_day(3));
  EXPECT_EQ(parse_dose_rate("3 mg / day"), milligrams_per_day(3));
  EXPECT_EQ(parse_dose_rate("72 mcg/d"), micrograms_per_day(72));

  EXPECT_EQ(parse_length("80 cm"), centimetres(80));
  EXPECT_EQ(parse_length("110 mm"), centimetres(11));
  EXPECT_EQ(parse_length("0.8 m"), centimetres(80));

  EXPECT_EQ(parse_volume_per_length("0.0022 mL/cm"), nanolitres(2'200));
  EXPECT_EQ(parse_volume_per_length("2.2 uL/cm"), nanolitres(2'200));
  EXPECT_EQ(parse_volume_per_length("0.22 mL/m"), nanolitres(2'200));
  EXPECT_EQ(parse_volume_per_length("0.22 uL/mm"), nanolitres(2'200));

  EXPECT_EQ(parse_percent("14.5 %"), 145'000);
  EXPECT_EQ(parse_percent("100%"), 1'000'000);

  EXPECT_EQ(parse_dose_over_time("60 mcg over 5 min"), (DoseOverTime{micrograms(60), minutes(5)}));
  EXPECT_EQ(parse_dose_over_time("60 \u00B5g over 1 h 30 min"), (DoseOverTime{micrograms(60), minutes(90)}));
  EXPECT_EQ(parse_volume_over_time("0.10 mL over 10 min"), (VolumeOverTime{microlitres(100), minutes(10)}));
  EXPECT_EQ(parse_count_per_window("4 per 24 h"), (CountPerWindow{4, hours(24)}));
  EXPECT_EQ(parse_count_per_window("4 per day"), (CountPerWindow{4, days(1)}));
  EXPECT_EQ(parse_count_per_window("1 per h"), (CountPerWindow{1, hours(1)}));
  EXPECT_EQ(parse_count_per_window("0 per 1 d 12 h"), (CountPerWindow{0, hours(36)}));
}

TEST(Text, durations) {
  EXPECT_EQ(parse_duration("5 min"), minutes(5));
  EXPECT_EQ(parse_duration("2 h"), hours(2));
  EXPECT_EQ(parse_duration("30 s"), seconds(30));
  EXPECT_EQ(parse_duration("3 days"), days(3));
  EXPECT_EQ(parse_duration("1 day 6 h"), hours(30));
  EXPECT_EQ(parse_duration("2 h 30 min"), minutes(150));
  EXPECT_EQ(parse_duration("2h30min"), minutes(150));
  EXPECT_EQ(parse_duration("90 d"), days(90));
  EXPECT_EQ(parse_duration("2 weeks"), days(14));
  EXPECT_EQ(parse_duration("1.5 h"), minutes(90));
  EXPECT_EQ(parse_duration("1 h 0.5 s"), hours(1) + milliseconds(500));
  EXPECT_EQ(parse_duration("250 ms"), milliseconds(250));
  EXPECT_EQ(parse_duration("0 s"), Duration{});
}

// What is refused, and the fear that its message names

struct Refusal {
  const char* text;
  std::vector<const char*> message_has;
};

template <class T>
void expect_refusals(Parsed<T> (*parse)(std::string_view), const std::vector<Refusal>& refusals) {
  for (const Refusal& refusal : refusals) {
    const Parsed<T> parsed = parse(refusal.text);
    EXPECT_FALSE(parsed) << refusal.text;
    for (const char* const part : refusal.message_has) {
      EXPECT_NE(message(parsed).find(part), std::string::npos)
          << refusal.text << " -> " << message(parsed) << "\n  lacks: " << part;
    }
  }
}

TEST(TextRefuses, doses_that_could_be_read_as_another_number) {
  expect_refusals(parse_mass, {
                                  {"5.0 mg", {"\"5.0 mg\"", "could be read as 50", "write 5 mg"}},
                                  {"0.50 mg", {"could be read as 50", "write 0.5 mg"}},
                                  {"1.500 ug", {"could be read as 1500", "write 1.5 mcg"}},
                                  {"0.0 mg", {"zero after the point", "write 0 mg"}},
                                  {".5 mg", {".5 could be read as 5 ", "write 0.5 mg"}},
                                  {".50 mg", {"could be read as 50", "write 0.5 mg"}},
                                  {"5. mg", {"5.", "cut off", "write 5 mg"}},
                                  {"05 mg", {"read as 5 or as 0.5", "write 5 mg or 0.5 mg"}},
                                  {"00.5 mg", {"00.5"}},
                                  {"1,5 mg", {"read as 15 or as 1.5", "write 15 mg or 1.5 mg"}},
                                  {"0,5 mg", {"read as 5 or as 0.5"}},
                                  {"1,500 mg", {"read as 1500 or as 1.5", "write 1500 mg or 1.5 mg"}},
                                  {"1,234,567 mg", {"1234567", "write 1234567 mg"}},
                                  {"1,234.5 mg", {"read as 1234.5 or as 1.2345"}},
                                  {"1.234,5 mg", {"read as 1234.5 or as 1.2345"}},
                                  {"1.234.567 mg", {"several decimal points"}},
                                  {",5 mg", {"read as 5 or as 0.5"}},
                                  {"5, mg", {"ends in a comma", "write 5 mg"}},
                                  {"1 500 mg", {"read as 1500", "write 1500 mg"}},
                                  {"1\u202F500 mg", {"read as 1500"}},
                                  {"1 .5 mg", {"separators inside the number"}},
                                  {"0 5 mg", {"separators inside the number; write for example"}},
                                  {"1'500 mg", {"write 1500 mg"}},
                                  {"1\u2019500 mg", {"write 1500 mg"}},
                                  {"1_500 mg", {"write 1500 mg"}},
                                  {"1e3 mg", {"exponent"}},
                                  {"1E-3 mg", {"exponent"}},
                                  {"1x10^3 mg", {"exponent"}},
                                  {"1 \u00D7 10 mg", {"exponent"}},
                                  {"-3 mg", {"minus 3", "write 3 mg"}},
                                  {"\u22123 mg", {"minus 3", "write 3 mg"}},
                                  {"+3 mg", {"plus 3", "write 3 mg"}},
                                  {"- mg", {"minus sign and no number"}},
                                  {", mg", {"no digit"}},
                                  {"", {"nothing was written", "0.5 mg"}},
                                  {"mg", {"does not begin with a number"}},
                                  {"NaN mg", {"does not begin with a number"}},
                                  {"\uFF15 mg", {"does not begin with a number"}},  // full-width five
                              });
}

TEST(TextRefuses, units_known_for_accidents) {
  expect_refusals(
      parse_mass,
      {
          {"3", {"the number 3 without a unit", "mg, mcg, ng"}},
          {"1 g", {"thousand milligrams", "write mg"}},
          {"5 Mg", {"mega", "write mg"}},
          {"5 MG", {"capitals matter", "mega"}},
          {"5 MCG", {"capitals matter"}},
          {"10U", {"U can be read as 0"}},
          {"10 IU", {"read as IV or as 10"}},
          {"5 mg/day", {"a dose rate of 5 mg/day", "a mass is needed", "write for example 5 mg "}},
          {"5 mL", {"a volume of 5 mL", "a mass is needed"}},
          {"5 mg extra", {"\"mg extra\" is no unit"}},
          {"5 mg; drop", {"\"mg; drop\""}},
          {"3O mg", {"\"O mg\" is no unit"}},
          {"60 mcg over 5 min", {"over", "a mass is needed"}},
      });
  expect_refusals(parse_volume, {{"5 cc", {"cc can be read as 00", "write mL"}},
                                 {"1 L", {"litre", "write mL"}},
                                 {"1 l", {"litre"}},
                                 {"5 ML", {"mega"}},
                                 {"5 Ml", {"mega"}},
                                 {"-0 mL", {"minus 0"}},
                                 {"5\nmL", {"\\x0A"}},
                                 {"5 mL/day", {"a flow rate of 5 mL/day", "a volume is needed"}}});
  expect_refusals(parse_flow_rate,
                  {{"0.3", {"the number 0.3 without a unit", "mL/day"}},
                   {"0.3 mL", {"a volume of 0.3 mL", "write for example 0.3 mL/day if that is meant"}},
                   {"0.3 mL/week", {"does not stand below the line"}},
                   {"0.3 mL/Day", {"capitals matter"}},
                   {"0.3 cc/h", {"cc can be read as 00"}},
                   {".3 mL/day", {"could be read as 3 ", "write 0.3 mL/day"}},
                   {"0,3 mL/day", {"read as 3 or as 0.3"}}});
  expect_refusals(parse_dose_rate,
                  {{"3", {"read the number 3 without a unit; a dose rate needs one of mg/day, mcg/day"}},
                   {"3 mg", {"a mass of 3 mg", "a dose rate is needed", "3 mg/day if that is meant"}},
                   {"3.0 mg/day", {"could be read as 30", "write 3 mg/day"}},
                   {"3 mL/day", {"a flow rate of 3 mL/day", "write for example 3 mg/day"}},
                   {"3 mg/kg/h", {"\"kg/h\" is no unit"}},
                   {"3 g/day", {"thousand milligrams"}}});
  expect_refusals(parse_concentration, {{"20.0 mg/mL", {"could be read as 200", "write 20 mg/mL"}},
                                        {"20 mg", {"a mass of 20 mg", "20 mg/mL if that is meant"}},
                                        {"2 %", {"a percentage of 2 %"}},
                                        {"2 % w/v", {"1 % is 10 mg/mL"}},
                                        {"20 mg/L", {"litre"}},
                                        {"20 mg/mg", {"does not stand below the line"}},
                                        {"1001 mg/mL", {"largest concentration accepted, 1000 mg/mL"}}});
  expect_refusals(parse_length, {{"80", {"mm, cm, m"}}, {"20 m", {"largest length", "1000 cm"}}});
  expect_refusals(parse_volume_per_length,
                  {{"5 nL/m", {"no unit"}}, {"5 mL", {"write for example 5 mL/cm if"}}});
  expect_refusals(parse_percent, {{"14.5", {"without a unit"}}, {"1001 %", {"1000 %"}}});
}

TEST(TextRefuses, values_finer_than_can_be_told_and_names_the_nearest) {
  expect_refusals(parse_volume, {{"0.0000015 mL", {"finer", "write 0.000001 mL or 0.000002 mL"}},
                                 {"0.5 nL", {"write 0 mL or 0.000001 mL"}},
                                 {"0.00000000000000000000000001 mL", {"finer"}},
                                 {"1000.0000001 mL", {"above the largest volume"}},
                                 {"1001 mL", {"above the largest volume accepted, 1000 mL"}},
                                 {"99999999999999999999999999 mL", {"above the largest volume"}}});
  expect_refusals(parse_flow_rate, {{"0.00000001 mL/h", {"write 0 mL/day or 0.000001 mL/day"}}});
  expect_refusals(parse_mass, {{"0.0000000000015 mg", {"write 0.000001 ng or 0.000002 ng"}},
                               {"1000001 mg", {"above the largest mass accepted, 1000000 mg"}}});
  expect_refusals(parse_percent, {{"0.00005 %", {"write 0 % or 0.0001 %"}}});
  EXPECT_EQ(parse_percent("0.0001 %"), 1);
  EXPECT_FALSE(parse_volume(std::string(100'000, '9') + " mL"));
  EXPECT_LT(message(parse_volume(std::string(100'000, '9') + " mL")).size(), 300U);
}

TEST(TextRefuses, durations) {
  expect_refusals(parse_duration, {{"5", {"without a unit", "s, min, h"}},
                                   {"5 m", {"metres, minutes or months", "write 5 min"}},
                                   {"6 months", {"a month has no fixed length", "30 d"}},
                                   {"1 year", {"a year has no fixed length"}},
                                   {"2:30", {"colon", "2 h 30 min"}},
                                   {"2 h 30", {"the number 30 without a unit"}},
                                   {"30 min 2 h", {"larger unit", "write 2 h 30 min"}},
                                   {"1 h 90 min", {"write 2 h 30 min"}},
                                   {"1 h 1 h", {"write 2 h"}},
                                   {"1.5 d 6 h", {"decimal point only in the last", "write 1 d 18 h"}},
                                   {"5 mL", {"a volume of 5 mL"}},
                                   {"1 d -6 h", {"no unit"}},
                                   {"1,5 h", {"15 or as 1.5", "write 15 h or 1.5 h"}},
                                   {"0.0001 s", {"finer"}},
                                   {"36526 d", {"largest duration accepted, 36525 d"}},
                                   {"36525 d 1 h", {"longest duration accepted"}},
                                   {"", {"nothing was written"}}});
}

TEST(TextRefuses, pairs) {
  expect_refusals(parse_dose_over_time,
                  {{"60 mcg", {"without the time it takes", "write for example 60 mcg over 5 min"}},
                   {"60 mcg in 5 min", {"'over'", "60 mcg over 5 min"}},
                   {"60.0 mcg over 5 min", {"in \"60.0 mcg over 5 min\"", "could be read as 600"}},
                   {"60 mcg over 5", {"the number 5 without a unit"}},
                   {"5 min over 60 mcg", {"a duration of 5 min", "a mass is needed"}},
                   {"60 mcg over 5 min over 6 min", {"'over'"}},
                   {"60 mcg over", {"'over'"}}});
  expect_refusals(parse_volume_over_time,
                  {{"0.1 mL", {"0.1 mL over 5 min"}}, {"60 mcg over 5 min", {"a mass of 60 mcg"}}});
  expect_refusals(parse_count_per_window, {{"4", {"4 per 24 h"}},
                                           {"4/day", {"4 per 24 h"}},
                                           {"4.5 per day", {"write 4 or 5"}},
                                           {"4.0 per day", {"could be read as 40", "write 4"}},
                                           {"1001 per day", {"1000"}},
                                           {"four per day", {"does not begin with a number"}},
                                           {"4 doses per day", {"\"doses\""}},
                                           {"4 per month", {"month", "does not begin with a number"}},
                                           {"4 per 6 months", {"a month has no fixed length"}},
                                           {"4 per 24", {"without a unit"}}});
}

// Properties

template <class Kind>
Kind any(std::int64_t most) {
  const int shift = *rc::gen::inRange(0, 62);
  return Kind{*rc::gen::inRange<std::int64_t>(0, (most >> shift) + 1)};
}

/// Never a zero at the end of a fraction nor a point without digits.
bool is_safe(const std::string& text) {
  static const std::regex unsafe(R"((^|[^0-9])\.|\.[^0-9]|\.$|\.[0-9]*0([^0-9]|$))");
  return !std::regex_search(text, unsafe);
}

template <class Kind>
void expect_round_trip(Kind value, Parsed<Kind> (*parse)(std::string_view)) {
  const std::string text = to_text(value);
  RC_ASSERT(is_safe(text));
  RC_ASSERT((parse(text) == value));
}

RC_GTEST_PROP(TextRoundTrip, every_kind_reads_back_what_it_prints, ()) {
  expect_round_trip(any<Volume>(kMaxVolume.raw()), parse_volume);
  expect_round_trip(any<FlowRate>(kMaxFlowRate.raw()), parse_flow_rate);
  expect_round_trip(any<Concentration>(kMaxConcentration.raw()), parse_concentration);
  expect_round_trip(any<Mass>(kMaxTypedMass.raw()), parse_mass);
  expect_round_trip(any<DoseRate>(kMaxTypedDoseRate.raw()), parse_dose_rate);
  expect_round_trip(any<Length>(kMaxTypedLength.raw()), parse_length);
  const auto duration = any<Duration>(kMaxTypedDuration.raw());
  RC_ASSERT((parse_duration(to_text(duration)) == duration));
  const auto per_cm = any<Volume>(kMaxVolume.raw());
  RC_ASSERT((parse_volume_per_length(volume_per_length_text(per_cm)) == per_cm));
  const auto ppm = any<Volume>(kMaxTypedPpm).raw();
  RC_ASSERT((parse_percent(percent_text(ppm)) == ppm));
}

RC_GTEST_PROP(TextRoundTrip, in_every_unit_that_print_offers, ()) {
  std::array<char, kPrintBytes> b;
  const auto volume = any<Volume>(kMaxVolume.raw());
  const auto flow = any<FlowRate>(kMaxFlowRate.raw());
  for (const auto unit : {VolumeUnit::kMillilitre, VolumeUnit::kMicrolitre, VolumeUnit::kNanolitre}) {
    RC_ASSERT((parse_volume(print_volume(volume, b, unit)) == volume));
    RC_ASSERT((parse_flow_rate(print_flow(flow, b, unit)) == flow));
  }
  const auto mass = any<Mass>(kMaxTypedMass.raw());
  const auto dose = any<DoseRate>(kMaxTypedDoseRate.raw());
  const DoseRate daily_of_hours{dose.raw() / 24 * 24};
  const auto concentration = any<Concentration>(kMaxConcentration.raw());
  for (const auto unit : {MassUnit::kMilligram, MassUnit::kMicrogram, MassUnit::kNanogram}) {
    RC_ASSERT((parse_mass(print_mass(mass, b, unit)) == mass));
    RC_ASSERT((parse_dose_rate(print_dose_rate(dose, b, unit)) == dose));
    RC_ASSERT((parse_dose_rate(print_dose_rate(daily_of_hours, b, unit, Per::kHour)) == daily_of_hours));
    RC_ASSERT((parse_concentration(print_concentration(concentration, b, unit)) == concentration));
  }
}

TEST(TextRoundTrip, limits) {
  EXPECT_EQ(parse_volume(to_text(kMaxVolume)), kMaxVolume);
  EXPECT_EQ(parse_flow_rate(to_text(kMaxFlowRate)), kMaxFlowRate);
  EXPECT_EQ(parse_concentration(to_text(kMaxConcentration)), kMaxConcentration);
  EXPECT_EQ(parse_mass(to_text(kMaxTypedMass)), kMaxTypedMass);
  EXPECT_EQ(parse_dose_rate(to_text(kMaxTypedDoseRate)), kMaxTypedDoseRate);
  EXPECT_EQ(parse_duration(to_text(kMaxTypedDuration)), kMaxTypedDuration);
  EXPECT_EQ(parse_length(to_text(kMaxTypedLength)), kMaxTypedLength);
}

/// A second reader of doses, written from the rule and not from the code: one regular expression.
std::optional<Mass> mass_by_the_rule(const std::string& text) {
  static const std::regex rule(R"( *(0|[1-9][0-9]*)(?:\.([0-9]*[1-9]))? *(mg|mcg|ug|ng) *)");
  std::smatch m;
  if (!std::regex_match(text, m, rule)) return std::nullopt;
  const std::string unit = m[3];
  std::size_t decimals = unit == "mg" ? 12 : unit == "ng" ? 6 : 9;
  std::string digits = m[1].str() + m[2].str();
  if (m[2].length() > static_cast<std::ptrdiff_t>(decimals)) return std::nullopt;
  digits.append(decimals - static_cast<std::size_t>(m[2].length()), '0');
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  if (digits.size() > 19) return std::nullopt;
  const std::uint64_t raw = std::stoull(digits);
  if (raw > static_cast<std::uint64_t>(kMaxTypedMass.raw())) return std::nullopt;
  return Mass{static_cast<std::int64_t>(raw)};
}

RC_GTEST_PROP(TextDose, is_accepted_exactly_when_it_has_one_reading, ()) {
  // A good dose, then a few characters added, changed or lost.
  std::string text = to_text(any<Mass>(kMaxTypedMass.raw()));
  const int edits = *rc::gen::inRange(0, 4);
  for (int i = 0; i < edits && !text.empty(); ++i) {
    const char c = *rc::gen::elementOf(std::string{"0015.., +-eE_'mcgunMUk/x%"});
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    switch (*rc::gen::inRange(0, 3)) {
      case 0:
        text.insert(at, 1, c);
        break;
      case 1:
        text[at] = c;
        break;
      default:
        text.erase(at, 1);
    }
  }
  const auto expected = mass_by_the_rule(text);
  const auto parsed = parse_mass(text);
  RC_CLASSIFY(expected.has_value(), "accepted");
  RC_ASSERT((parsed.has_value() == expected.has_value()));
  if (parsed) RC_ASSERT((*parsed == *expected));
  if (!parsed) RC_ASSERT(parsed.error().message.starts_with('"'));
}

RC_GTEST_PROP(TextDose, a_value_has_one_spelling_in_a_unit, ()) {
  const std::string number =
      *rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::elementOf(std::string{"0012.,"})));
  const auto parsed = parse_mass(number + " mg");
  if (parsed) RC_ASSERT(decimal_mg(*parsed) == number);
}

RC_GTEST_PROP(Text, no_bytes_break_a_reader, (const std::string& text)) {
  (void)parse_volume(text);
  (void)parse_duration(text);
  (void)parse_dose_over_time(text);
  (void)parse_count_per_window(text);
  (void)parse_dose_rate("3 " + text);
  RC_ASSERT(!message(parse_mass(text + "\x01")).empty());
}

TEST(TextError, quotes_are_fit_for_a_terminal) {
  EXPECT_EQ(in_quotes("3\x1B[31m mg"), "\"3\\x1B[31m mg\"");
  EXPECT_EQ(in_quotes(std::string_view("a\0b", 3)), "\"a\\x00b\"");
  EXPECT_EQ(in_quotes(std::string(200, 'x')), '"' + std::string(80, 'x') + "...\"");
}

// Writing

TEST(TextWrite, decimals_for_machines) {
  EXPECT_EQ(decimal_ml(microlitres(375)), "0.375");
  EXPECT_EQ(decimal_ml(millilitres(20)), "20");
  EXPECT_EQ(decimal_ml_per_day(nanolitres_per_day(1)), "0.000001");
  EXPECT_EQ(decimal_mg(femtograms(1)), "0.000000000001");
  EXPECT_EQ(decimal_mg(micrograms(-60)), "-0.06");
  EXPECT_EQ(decimal_mg_per_day(milligrams_per_day(3)), "3");
  EXPECT_EQ(decimal_mg_per_ml(micrograms_per_millilitre(500)), "0.5");
  EXPECT_EQ(decimal_percent(145'000), "14.5");
  EXPECT_EQ(decimal_hours(minutes(90)), "1.5");
  EXPECT_EQ(decimal_hours(minutes(20)), "0.333333");
  EXPECT_EQ(decimal_hours(minutes(40)), "0.666667");
  EXPECT_EQ(decimal_hours(milliseconds(1)), "0.0000003");
  EXPECT_EQ(decimal_hours(Duration{}), "0");
}

TEST(TextWrite, rounding_is_the_printers) {
  EXPECT_EQ(to_text(nanolitres(123'456), Rounding::decimals(2)), "0.12 mL");
  EXPECT_EQ(to_text(nanolitres_per_day(208'333), Rounding::significant(3)), "0.208 mL/day");
  EXPECT_EQ(to_text(minutes(90), hours(1)), "2 h");
}

}  // namespace
}  // namespace theca
