#include "quantity/text_unit.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <optional>
#include <utility>

#include "quantity/quantity.hpp"
#include "quantity/text_error.hpp"
#include "quantity/text_number.hpp"

namespace theca::typed {
namespace {

struct DimensionText {
  std::string_view name;
  std::string_view units;
};

constexpr std::array<DimensionText, 9> kDimensions = {{
    {"a volume", "mL, µL, nL"},
    {"a mass", "mg, mcg, ng"},
    {"a duration", "s, min, h, d, weeks"},
    {"a length", "mm, cm, m"},
    {"a percentage", "%"},
    {"a flow rate", "mL/day, µL/day, nL/day, mL/h, µL/h, nL/h"},
    {"a dose rate", "mg/day, mcg/day, ng/day, mg/h, mcg/h, ng/h"},
    {"a concentration", "mg/mL, mcg/mL, ng/mL"},
    {"a volume per length", "mL/cm, µL/cm, nL/cm, mL/m, µL/m"},
}};

struct SimpleUnit {
  std::string_view spelling;
  Dimension dimension;
  std::int64_t raw;
  std::string_view name;
};

constexpr std::int64_t kNanogram = femtograms(1'000'000).raw();
constexpr std::int64_t kPpmPerPercent = 10'000;

constexpr std::array kSimple = {
    SimpleUnit{"nL", Dimension::kVolume, nanolitres(1).raw(), "nL"},
    SimpleUnit{"uL", Dimension::kVolume, microlitres(1).raw(), "µL"},
    SimpleUnit{"mcL", Dimension::kVolume, microlitres(1).raw(), "µL"},
    SimpleUnit{"mL", Dimension::kVolume, millilitres(1).raw(), "mL"},
    SimpleUnit{"ng", Dimension::kMass, kNanogram, "ng"},
    SimpleUnit{"mcg", Dimension::kMass, micrograms(1).raw(), "mcg"},
    SimpleUnit{"ug", Dimension::kMass, micrograms(1).raw(), "mcg"},
    SimpleUnit{"mg", Dimension::kMass, milligrams(1).raw(), "mg"},
    SimpleUnit{"mm", Dimension::kLength, micrometres(1'000).raw(), "mm"},
    SimpleUnit{"cm", Dimension::kLength, centimetres(1).raw(), "cm"},
    SimpleUnit{"m", Dimension::kLength, centimetres(100).raw(), "m"},
    SimpleUnit{"%", Dimension::kPercent, kPpmPerPercent, "%"},
    SimpleUnit{"ms", Dimension::kTime, milliseconds(1).raw(), "ms"},
    SimpleUnit{"s", Dimension::kTime, seconds(1).raw(), "s"},
    SimpleUnit{"sec", Dimension::kTime, seconds(1).raw(), "s"},
    SimpleUnit{"second", Dimension::kTime, seconds(1).raw(), "s"},
    SimpleUnit{"seconds", Dimension::kTime, seconds(1).raw(), "s"},
    SimpleUnit{"min", Dimension::kTime, minutes(1).raw(), "min"},
    SimpleUnit{"minute", Dimension::kTime, minutes(1).raw(), "min"},
    SimpleUnit{"minutes", Dimension::kTime, minutes(1).raw(), "min"},
    SimpleUnit{"h", Dimension::kTime, hours(1).raw(), "h"},
    SimpleUnit{"hr", Dimension::kTime, hours(1).raw(), "h"},
    SimpleUnit{"hrs", Dimension::kTime, hours(1).raw(), "h"},
    SimpleUnit{"hour", Dimension::kTime, hours(1).raw(), "h"},
    SimpleUnit{"hours", Dimension::kTime, hours(1).raw(), "h"},
    SimpleUnit{"d", Dimension::kTime, days(1).raw(), "d"},
    SimpleUnit{"day", Dimension::kTime, days(1).raw(), "d"},
    SimpleUnit{"days", Dimension::kTime, days(1).raw(), "d"},
    SimpleUnit{"week", Dimension::kTime, days(7).raw(), "weeks"},
    SimpleUnit{"weeks", Dimension::kTime, days(7).raw(), "weeks"},
};

/// What stands below the line of a unit.
struct Denominator {
  std::string_view spelling;
  Dimension over_volume;  // the dimension of a volume per this; kVolume: there is none
  Dimension over_mass;    // the same of a mass; kMass: there is none
  std::int64_t times;     // raw units per raw unit of the numerator
  std::int64_t divided_by;
  std::string_view name;
};

constexpr std::int64_t kHoursPerDay = 24;
constexpr std::int64_t kMinutesPerDay = 1'440;
constexpr auto per_time(std::string_view spelling, std::int64_t per_day, std::string_view name) {
  return Denominator{spelling, Dimension::kFlowRate, Dimension::kDoseRate, per_day, 1, name};
}
constexpr auto per_length(std::string_view spelling, std::int64_t times, std::int64_t divided_by) {
  return Denominator{spelling, Dimension::kVolumePerLength, Dimension::kMass, times, divided_by, spelling};
}

constexpr std::array kDenominators = {
    per_time("day", 1, "day"),
    per_time("d", 1, "day"),
    per_time("24h", 1, "day"),
    per_time("24 h", 1, "day"),
    per_time("h", kHoursPerDay, "h"),
    per_time("hr", kHoursPerDay, "h"),
    per_time("hour", kHoursPerDay, "h"),
    per_time("min", kMinutesPerDay, "min"),
    Denominator{"mL", Dimension::kVolume, Dimension::kConcentration, 1, kNanogram, "mL"},
    per_length("cm", 1, 1),
    per_length("mm", 10, 1),
    per_length("m", 1, 100),
};

struct Accident {
  std::string_view spelling;
  std::string_view reason;
};

constexpr std::array kAccidents = {
    Accident{"cc", "cc can be read as 00 or as U; write mL"},
    Accident{"U", "U can be read as 0, 4 or cc, and a unit of activity is no mass here; write mg or mcg"},
    Accident{"u", "u can be read as 0, 4 or cc, and a unit of activity is no mass here; write mg or mcg"},
    Accident{"IU", "IU can be read as IV or as 10, and a unit of activity is no mass here; write mg or mcg"},
    Accident{"g", "a gram is a thousand milligrams, more than any dose here; write mg"},
    Accident{"kg", "a kilogram is a million milligrams, more than any dose here; write mg"},
    Accident{"L", "a litre is more than any pump holds; write mL"},
    Accident{"dL", "a decilitre is easily taken for a litre; write mL"},
    Accident{"M", "M could be mega, metre, minute or month; write the unit in full"},
    Accident{"month", "a month has no fixed length; write days, for example 30 d"},
    Accident{"months", "a month has no fixed length; write days, for example 30 d"},
    Accident{"mo", "a month has no fixed length; write days, for example 30 d"},
    Accident{"year", "a year has no fixed length; write days, for example 365 d"},
    Accident{"years", "a year has no fixed length; write days, for example 365 d"},
    Accident{"yr", "a year has no fixed length; write days, for example 365 d"},
    Accident{"y", "a year has no fixed length; write days, for example 365 d"},
};

/// The litre may be l or L: "mL" for "ml".
std::string with_litre(std::string_view part) {
  std::string out{part};
  if (out == "l" || out == "ml" || out == "ul" || out == "nl" || out == "mcl" || out == "dl")
    out.back() = 'L';
  return out;
}

template <class Table>
auto find_spelling(const Table& table, std::string_view spelling) {
  using Row = typename Table::value_type;
  const auto* const row = std::ranges::find(table, spelling, &Row::spelling);
  return row == table.end() ? std::optional<Row>{} : std::optional<Row>{*row};
}

std::string lower(std::string_view s) {
  std::string out{s};
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

/// Why a part of a unit (above or below the line) is not taken.
std::string unknown_part(std::string_view part) {
  if (const auto accident = find_spelling(kAccidents, with_litre(part))) return std::string{accident->reason};
  if (find_spelling(kSimple, with_litre(part)))
    return in_quotes(part) + " does not stand below the line of a unit here";
  for (const SimpleUnit& unit : kSimple) {
    if (lower(part) != lower(unit.spelling)) continue;
    std::string reason =
        in_quotes(part) + " is not " + std::string{unit.spelling} + ": capitals matter in units";
    if (part.starts_with('M') && unit.spelling.starts_with('m')) {
      reason += ", and a capital M could be read as mega";
    }
    return reason + "; write " + std::string{unit.spelling};
  }
  return in_quotes(part) + " is no unit known here";
}

}  // namespace

std::string_view name_of(Dimension dimension) {
  return kDimensions[static_cast<std::size_t>(dimension)].name;
}
std::string_view units_of(Dimension dimension) {
  return kDimensions[static_cast<std::size_t>(dimension)].units;
}

std::expected<Unit, std::string> read_unit(std::string_view plain) {
  plain = trimmed(plain);
  if (plain == "% w/v" || plain == "%w/v") {
    return std::unexpected{"a percentage can be taken for another strength; write mg/mL (1 % is 10 mg/mL)"};
  }
  const std::size_t slash = plain.find('/');
  const std::string_view above = trimmed(plain.substr(0, slash));
  const auto numerator = find_spelling(kSimple, with_litre(above));
  if (slash == std::string_view::npos) {
    if (!numerator) return std::unexpected{unknown_part(above)};
    return Unit{numerator->dimension, numerator->raw, std::string{numerator->name}};
  }

  const std::string_view below = trimmed(plain.substr(slash + 1));
  if (!numerator) return std::unexpected{unknown_part(above)};
  const auto denominator = find_spelling(kDenominators, with_litre(below));
  if (!denominator) return std::unexpected{unknown_part(below)};
  const Dimension dimension = numerator->dimension == Dimension::kVolume ? denominator->over_volume
                              : numerator->dimension == Dimension::kMass ? denominator->over_mass
                                                                         : numerator->dimension;
  const std::int64_t raw = numerator->raw * denominator->times;
  if (dimension == numerator->dimension || raw % denominator->divided_by != 0) {
    return std::unexpected{in_quotes(plain) + " is no unit known here"};
  }
  return Unit{dimension, raw / denominator->divided_by,
              std::string{numerator->name} + '/' + std::string{denominator->name}};
}

}  // namespace theca::typed
