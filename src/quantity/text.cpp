#include "quantity/text.hpp"

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "quantity/text_number.hpp"
#include "quantity/text_unit.hpp"

namespace theca {
namespace {

using namespace typed;  // the grammar of numbers and units

/// What is asked for: its dimension, its limit, how a value of it is shown.
struct Wanted {
  Dimension dimension;
  TrailingZeros zeros;
  std::int64_t limit;
  std::string (*show)(std::int64_t raw);
  std::string_view example;
};

template <class Kind>
std::string show(std::int64_t raw) {
  return to_text(Kind{raw});
}

constexpr Wanted kVolume{Dimension::kVolume, TrailingZeros::kAllowed, kMaxVolume.raw(), show<Volume>,
                         "0.3 mL"};
constexpr Wanted kFlowRate{Dimension::kFlowRate, TrailingZeros::kAllowed, kMaxFlowRate.raw(), show<FlowRate>,
                           "0.3 mL/day"};
constexpr Wanted kConcentration{Dimension::kConcentration, TrailingZeros::kRefused, kMaxConcentration.raw(),
                                show<Concentration>, "20 mg/mL"};
constexpr Wanted kMass{Dimension::kMass, TrailingZeros::kRefused, kMaxTypedMass.raw(), show<Mass>, "0.5 mg"};
constexpr Wanted kDoseRate{Dimension::kDoseRate, TrailingZeros::kRefused, kMaxTypedDoseRate.raw(),
                           show<DoseRate>, "3 mg/day"};
constexpr Wanted kDuration{Dimension::kTime, TrailingZeros::kAllowed, kMaxTypedDuration.raw(), show<Duration>,
                           "5 min"};
constexpr Wanted kLength{Dimension::kLength, TrailingZeros::kAllowed, kMaxTypedLength.raw(), show<Length>,
                         "80 cm"};
constexpr Wanted kVolumePerLength{Dimension::kVolumePerLength, TrailingZeros::kAllowed, kMaxVolume.raw(),
                                  [](std::int64_t raw) { return volume_per_length_text(Volume{raw}); },
                                  "0.0022 mL/cm"};
constexpr Wanted kPercent{Dimension::kPercent, TrailingZeros::kAllowed, kMaxTypedPpm,
                          [](std::int64_t ppm) { return percent_text(ppm); }, "14.5 %"};

constexpr std::string_view kOver = "over";

using Reason = std::string;  // what is wrong, and what to write

std::string joined(const std::vector<std::string>& choices, const std::string& unit) {
  std::string out;
  for (const std::string& choice : choices) out += (out.empty() ? "" : " or ") + choice + unit;
  return out;
}

Reason with_choices(const NumberRefusal& refusal, const Wanted& wanted, std::string_view unit_text) {
  if (refusal.write.empty()) return refusal.reason + "; write for example " + std::string{wanted.example};
  const auto unit = read_unit(unit_text);
  return refusal.reason + "; write " + joined(refusal.write, unit ? ' ' + unit->name : "");
}

/// "3 mg/day" for a 3 mg typed where a dose rate belongs; nothing when no unit of the same matter exists.
std::string same_matter(const Decimal& number, const Unit& unit, const Wanted& wanted) {
  static constexpr std::string_view kMassFamily = "g", kVolumeFamily = "L";
  const auto family = [](Dimension d) -> std::string_view {
    switch (d) {
      case Dimension::kMass:
      case Dimension::kDoseRate:
      case Dimension::kConcentration:
        return kMassFamily;
      case Dimension::kVolume:
      case Dimension::kFlowRate:
      case Dimension::kVolumePerLength:
        return kVolumeFamily;
      default:
        return {};
    }
  };
  const auto tail = [](Dimension d) -> std::string_view {
    switch (d) {
      case Dimension::kDoseRate:
      case Dimension::kFlowRate:
        return "/day";
      case Dimension::kConcentration:
        return "/mL";
      case Dimension::kVolumePerLength:
        return "/cm";
      default:
        return {};
    }
  };
  if (family(unit.dimension).empty() || family(unit.dimension) != family(wanted.dimension)) return {};
  return number.text() + ' ' + unit.name.substr(0, unit.name.find('/')) + std::string{tail(wanted.dimension)};
}

Reason another_kind(const Decimal& number, const Unit& unit, const Wanted& wanted) {
  const std::string same = same_matter(number, unit, wanted);
  return "read as " + std::string{name_of(unit.dimension)} + " of " + number.text() + ' ' + unit.name +
         ", but " + std::string{name_of(wanted.dimension)} + " is needed; write for example " +
         (same.empty() ? std::string{wanted.example} : same + " if that is meant");
}

Reason no_unit(const Decimal& number, const Wanted& wanted) {
  return "read the number " + number.text() + " without a unit; " + std::string{name_of(wanted.dimension)} +
         " needs one of " + std::string{units_of(wanted.dimension)};
}

Reason bad_unit(const Decimal& number, std::string_view unit_text, const std::string& reason,
                const Wanted& wanted) {
  if (const std::size_t over = unit_text.find(" over "); over != std::string_view::npos) {
    return "has a time after 'over', but " + std::string{name_of(wanted.dimension)} +
           " is needed; write for example " + std::string{wanted.example};
  }
  return "read the number " + number.text() + ", but " + reason + "; " +
         std::string{name_of(wanted.dimension)} + " is written in " + std::string{units_of(wanted.dimension)};
}

std::expected<std::int64_t, Reason> value_of(const Decimal& number, const Unit& unit, const Wanted& wanted) {
  const auto value = scaled(number, unit.raw_per_unit, wanted.limit);
  if (!value) {
    return std::unexpected{"read as " + number.text() + ' ' + unit.name + ", above the largest " +
                           std::string{name_of(wanted.dimension).substr(2)} + " accepted, " +
                           wanted.show(wanted.limit) + "; check the number and the unit"};
  }
  if (!value->exact) {
    return std::unexpected{"read as " + number.text() + ' ' + unit.name +
                           ", finer than can be told apart; write " + wanted.show(value->down) + " or " +
                           wanted.show(value->down + 1)};
  }
  return value->down;
}

Parsed<std::int64_t> parse_raw(std::string_view text, const Wanted& wanted) {
  const std::string plain = plain_text(text);
  auto taken = take_number(plain, wanted.zeros);
  if (!taken) return refused(text, with_choices(taken.error(), wanted, taken.error().rest));
  const std::string_view unit_text = trimmed(taken->rest);
  if (unit_text.empty()) return refused(text, no_unit(taken->number, wanted));
  auto unit = read_unit(unit_text);
  if (!unit) return refused(text, bad_unit(taken->number, unit_text, unit.error(), wanted));
  if (unit->dimension != wanted.dimension) return refused(text, another_kind(taken->number, *unit, wanted));
  auto value = value_of(taken->number, *unit, wanted);
  if (!value) return refused(text, value.error());
  return *value;
}

template <class Kind>
Parsed<Kind> parse_as(std::string_view text, const Wanted& wanted) {
  auto raw = parse_raw(text, wanted);
  if (!raw) return std::unexpected{std::move(raw.error())};
  return Kind{*raw};
}

/// One part of a duration, "6 h".
struct DurationPart {
  Decimal number;
  std::int64_t unit_ms;
  std::int64_t ms;
};

std::expected<DurationPart, Reason> take_duration_part(std::string_view& rest) {
  auto taken = take_number(rest, TrailingZeros::kAllowed);
  if (!taken) {
    const std::string_view after = taken.error().rest;
    return std::unexpected{with_choices(taken.error(), kDuration, after)};
  }
  if (taken->rest.starts_with(':')) {
    return std::unexpected{
        std::string{"a time with a colon could be hours and minutes or minutes and seconds; "
                    "write for example 2 h 30 min"}};
  }
  std::size_t end = 0;
  while (end < taken->rest.size() && !is_digit(taken->rest[end]) && taken->rest[end] != '.') ++end;
  const std::string_view unit_text = trimmed(taken->rest.substr(0, end));
  rest = taken->rest.substr(end);
  if (unit_text.empty()) return std::unexpected{no_unit(taken->number, kDuration)};
  if (unit_text == "m") {
    return std::unexpected{"read the number " + taken->number.text() +
                           ", but m could be metres, minutes or months; write " + taken->number.text() +
                           " min if that is meant"};
  }
  auto unit = read_unit(unit_text);
  if (!unit) return std::unexpected{bad_unit(taken->number, unit_text, unit.error(), kDuration)};
  if (unit->dimension != Dimension::kTime)
    return std::unexpected{another_kind(taken->number, *unit, kDuration)};
  const auto ms = value_of(taken->number, *unit, kDuration);
  if (!ms) return std::unexpected{ms.error()};
  return DurationPart{std::move(taken->number), unit->raw_per_unit, *ms};
}

struct Halves {
  std::string_view before;
  std::string_view after;
};

/// The texts on either side of `word` standing alone; nothing unless it stands there exactly once.
std::optional<Halves> split_at_word(std::string_view text, std::string_view word) {
  const std::size_t at = text.find(word);
  if (at == std::string_view::npos || text.rfind(word) != at) return std::nullopt;
  const std::string plain = plain_text(text);
  if (plain.find(' ' + std::string{word} + ' ') == std::string::npos) return std::nullopt;
  return Halves{trimmed(text.substr(0, at)), trimmed(text.substr(at + word.size()))};
}

/// The error of a part, told with the whole text.
std::unexpected<TextError> in_part(std::string_view whole, const TextError& part) {
  return std::unexpected{TextError{"in " + in_quotes(whole) + ": " + part.message}};
}

template <class Result, class Kind>
Parsed<Result> parse_over_time(std::string_view text, Parsed<Kind> (*parse_amount)(std::string_view),
                               std::string_view example) {
  const auto halves = split_at_word(text, kOver);
  if (!halves) {
    const auto amount = parse_amount(text);
    return refused(text, (amount ? "read as " + to_text(*amount) + " without the time it takes"
                                 : std::string{"does not read as an amount 'over' a time"}) +
                             "; write for example " +
                             (amount ? to_text(*amount) + " over 5 min" : std::string{example}));
  }
  const auto amount = parse_amount(halves->before);
  if (!amount) return in_part(text, amount.error());
  const auto time = parse_duration(halves->after);
  if (!time) return in_part(text, time.error());
  return Result{*amount, *time};
}

}  // namespace

Parsed<Volume> parse_volume(std::string_view text) { return parse_as<Volume>(text, kVolume); }
Parsed<FlowRate> parse_flow_rate(std::string_view text) { return parse_as<FlowRate>(text, kFlowRate); }
Parsed<Concentration> parse_concentration(std::string_view text) {
  return parse_as<Concentration>(text, kConcentration);
}
Parsed<Mass> parse_mass(std::string_view text) { return parse_as<Mass>(text, kMass); }
Parsed<DoseRate> parse_dose_rate(std::string_view text) { return parse_as<DoseRate>(text, kDoseRate); }
Parsed<Length> parse_length(std::string_view text) { return parse_as<Length>(text, kLength); }
Parsed<Volume> parse_volume_per_length(std::string_view text) {
  return parse_as<Volume>(text, kVolumePerLength);
}
Parsed<std::int64_t> parse_percent(std::string_view text) { return parse_raw(text, kPercent); }

Parsed<Duration> parse_duration(std::string_view text) {
  const std::string plain = plain_text(text);
  std::string_view rest = plain;
  std::int64_t total = 0;
  std::int64_t unit_before = std::numeric_limits<std::int64_t>::max();
  bool in_order = true;
  do {
    const auto part = take_duration_part(rest);
    if (!part) return refused(text, part.error());
    in_order = in_order && part->unit_ms < unit_before && part->ms < unit_before &&
               (part->number.fraction.empty() || rest.empty());
    unit_before = part->unit_ms;
    total += part->ms;
    if (total > kMaxTypedDuration.raw()) {
      return refused(text, "longer than the longest duration accepted, " + to_text(kMaxTypedDuration) +
                               "; check the numbers and the units");
    }
  } while (!rest.empty());
  if (!in_order) {
    return refused(
        text,
        "the parts of a duration go from the larger unit to the smaller, each less than one of the unit "
        "before, a decimal point only in the last; write " +
            to_text(Duration{total}) + " if that is meant");
  }
  return Duration{total};
}

Parsed<DoseOverTime> parse_dose_over_time(std::string_view text) {
  return parse_over_time<DoseOverTime>(text, parse_mass, "60 mcg over 5 min");
}

Parsed<VolumeOverTime> parse_volume_over_time(std::string_view text) {
  return parse_over_time<VolumeOverTime>(text, parse_volume, "0.1 mL over 10 min");
}

Parsed<CountPerWindow> parse_count_per_window(std::string_view text) {
  const auto halves = split_at_word(text, "per");
  if (!halves) return refused(text, "does not read as a number 'per' a time; write for example 4 per 24 h");

  const std::string count_text = plain_text(halves->before);
  const auto count = take_number(count_text, TrailingZeros::kRefused);
  if (!count) {
    NumberRefusal refusal = count.error();
    if (refusal.write.empty()) return refused(text, refusal.reason + "; write for example 4 per 24 h");
    return refused(text, refusal.reason + "; write " + joined(refusal.write, ""));
  }
  if (!trimmed(count->rest).empty()) {
    return refused(text, "read the number " + count->number.text() + ", then " +
                             in_quotes(trimmed(count->rest)) +
                             "; only the number stands before 'per', for example 4 per 24 h");
  }
  const auto whole = scaled(count->number, 1, kMaxTypedCount);
  if (!whole) {
    return refused(text, "read the number " + count->number.text() + ", above the largest accepted, " +
                             std::to_string(kMaxTypedCount) + "; check it");
  }
  if (!whole->exact) {
    return refused(text, "read the number " + count->number.text() +
                             ", but only whole ones can be given; write " + std::to_string(whole->down) +
                             " or " + std::to_string(whole->down + 1));
  }

  const std::string window_text = plain_text(halves->after);
  if (const auto unit = read_unit(window_text); unit && unit->dimension == Dimension::kTime) {
    return CountPerWindow{whole->down, Duration{unit->raw_per_unit}};
  }
  const auto window = parse_duration(halves->after);
  if (!window) return in_part(text, window.error());
  return CountPerWindow{whole->down, *window};
}

}  // namespace theca
