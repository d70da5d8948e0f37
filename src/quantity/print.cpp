#include "quantity/print.hpp"

#include <array>

namespace theca {
namespace {

/// Text that is either all in the buffer or not there at all.
class Writer {
 public:
  explicit Writer(std::span<char> out) : out_(out) {}
  void put(char c) {
    if (used_ == out_.size()) {
      full_ = true;
      return;
    }
    out_[used_++] = c;
  }
  void put(std::string_view text) {
    for (const char c : text) put(c);
  }
  [[nodiscard]] std::string_view text() const {
    return full_ ? std::string_view{} : std::string_view{out_.data(), used_};
  }

 private:
  std::span<char> out_;
  std::size_t used_ = 0;
  bool full_ = false;
};

constexpr std::int64_t kLargestUnit = 1'000'000'000'000'000'000;  // ten remainders still fit a uint64
constexpr int kMostWholeDigits = 19;                              // of 2^63

/// Digits of a number, with one cell in front for the carry of rounding.
struct Digits {
  std::array<char, 1 + kMostWholeDigits + Rounding::kMostDecimals> cell{};
  int first = 1;
  int point = 1;  // decimals begin here
  int end = 1;

  void push(std::uint64_t digit) { cell[static_cast<std::size_t>(end++)] = static_cast<char>(digit); }
  [[nodiscard]] char at(int i) const { return cell[static_cast<std::size_t>(i)]; }
  void round_up() {
    int i = end - 1;
    for (; i >= first && at(i) == 9; --i) cell[static_cast<std::size_t>(i)] = 0;
    if (i < first) first = i;
    ++cell[static_cast<std::size_t>(i)];
  }
  void drop_trailing_zeros() {
    while (end > point && at(end - 1) == 0) --end;
  }
};

void push_whole(Digits& digits, std::uint64_t whole) {
  std::uint64_t power = 1;
  while (whole / power >= 10) power *= 10;
  for (; power > 0; power /= 10) digits.push(whole / power % 10);
  digits.point = digits.end;
}

constexpr std::uint64_t magnitude(std::int64_t n) {
  return n < 0 ? 0U - static_cast<std::uint64_t>(n) : static_cast<std::uint64_t>(n);
}

Digits digits_of(std::uint64_t value, std::uint64_t unit, Rounding rounding) {
  const std::uint64_t whole = value / unit;
  std::uint64_t rest = value % unit;
  Digits digits;
  push_whole(digits, whole);

  int zeros = 0;
  if (whole == 0 && rest != 0) {
    for (std::uint64_t r = rest * 10; r < unit; r *= 10) ++zeros;
  }
  int wanted = rounding.decimals_for(whole == 0 ? 0 : digits.end - digits.first, zeros);
  const auto push_to = [&](int decimals) {
    while (digits.end - digits.point < decimals && rest != 0) {
      rest *= 10;
      digits.push(rest / unit);
      rest %= unit;
    }
  };
  push_to(wanted);
  // Nothing but zeros so far, and rounding would leave it so.
  if (whole == 0 && zeros >= wanted && rest != 0 && rest < unit - rest) {
    wanted = zeros + 1;
    push_to(wanted);
  }
  if (rest != 0 && rest >= unit - rest) digits.round_up();
  digits.drop_trailing_zeros();
  return digits;
}

void put_number(Writer& writer, std::int64_t raw, std::int64_t unit, Rounding rounding) {
  const Digits digits = digits_of(magnitude(raw), static_cast<std::uint64_t>(unit), rounding);
  if (raw < 0) writer.put('-');
  for (int i = digits.first; i < digits.end; ++i) {
    if (i == digits.point) writer.put('.');
    writer.put(static_cast<char>('0' + digits.at(i)));
  }
}

/// A unit and its name: `head` (mg), then `tail` (/day).
struct Unit {
  std::int64_t raw;
  std::string_view head;
  std::string_view tail = {};
};

std::string_view print_in(std::int64_t raw, Unit unit, std::span<char> out, Rounding rounding) {
  Writer writer{out};
  put_number(writer, raw, unit.raw, rounding);
  writer.put(' ');
  writer.put(unit.head);
  writer.put(unit.tail);
  return writer.text();
}

constexpr std::int64_t kHoursPerDay = 24;
constexpr std::int64_t kPrefixStep = 1'000;  // mg to mcg to ng
constexpr std::array<std::string_view, 3> kMassNames = {"mg", "mcg", "ng"};

/// `raw_per_nanogram`: how many of the kind's own unit make one nanogram (per mL, per day).
std::string_view print_mass_like(std::int64_t raw, std::int64_t raw_per_nanogram, std::string_view tail,
                                 MassUnit unit, std::span<char> out, Rounding rounding) {
  const std::array<Unit, 3> units = {
      Unit{raw_per_nanogram * kPrefixStep * kPrefixStep, kMassNames[0], tail},
      Unit{raw_per_nanogram * kPrefixStep, kMassNames[1], tail},
      Unit{raw_per_nanogram, kMassNames[2], tail},
  };
  if (unit != MassUnit::kAutomatic) {
    return print_in(raw, units[static_cast<std::size_t>(unit) - 1], out, rounding);
  }
  std::size_t i = 0;
  while (raw != 0 && i + 1 < units.size() && magnitude(raw) < magnitude(units[i].raw)) ++i;
  if (i > 0) {  // 999.9996 mcg, rounded, is 1 mg and not 1000 mcg
    const Digits digits = digits_of(magnitude(raw), magnitude(units[i].raw), rounding);
    if (digits.point - digits.first > 3) --i;
  }
  return print_in(raw, units[i], out, rounding);
}

constexpr Unit volume_unit(VolumeUnit unit, std::string_view tail) {
  switch (unit) {
    case VolumeUnit::kMicrolitre:
      return {1'000, "µL", tail};
    case VolumeUnit::kNanolitre:
      return {1, "nL", tail};
    case VolumeUnit::kMillilitre:
      break;
  }
  return {1'000'000, "mL", tail};
}

}  // namespace

std::string_view print_decimal(std::int64_t raw, std::int64_t raw_per_unit, std::span<char> out,
                               Rounding rounding) {
  if (raw_per_unit < 1 || raw_per_unit > kLargestUnit) return {};
  Writer writer{out};
  put_number(writer, raw, raw_per_unit, rounding);
  return writer.text();
}

std::string_view print_volume(Volume volume, std::span<char> out, VolumeUnit unit, Rounding rounding) {
  return print_in(volume.raw(), volume_unit(unit, {}), out, rounding);
}

std::string_view print_flow(FlowRate rate, std::span<char> out, VolumeUnit unit, Per per, Rounding rounding) {
  if (per == Per::kDay) return print_in(rate.raw(), volume_unit(unit, "/day"), out, rounding);
  Unit hourly = volume_unit(unit, "/h");
  hourly.raw *= kHoursPerDay;
  return print_in(rate.raw(), hourly, out, rounding);
}

std::string_view print_concentration(Concentration concentration, std::span<char> out, MassUnit unit,
                                     Rounding rounding) {
  return print_mass_like(concentration.raw(), 1, "/mL", unit, out, rounding);
}

std::string_view print_mass(Mass mass, std::span<char> out, MassUnit unit, Rounding rounding) {
  return print_mass_like(mass.raw(), micrograms(1).raw() / kPrefixStep, {}, unit, out, rounding);
}

std::string_view print_dose_rate(DoseRate rate, std::span<char> out, MassUnit unit, Per per,
                                 Rounding rounding) {
  const std::int64_t daily_nanogram = micrograms_per_day(1).raw() / kPrefixStep;
  return per == Per::kDay
             ? print_mass_like(rate.raw(), daily_nanogram, "/day", unit, out, rounding)
             : print_mass_like(rate.raw(), daily_nanogram * kHoursPerDay, "/h", unit, out, rounding);
}

std::string_view print_duration(Duration duration, std::span<char> out, Duration finest) {
  std::uint64_t rest = magnitude(duration.raw());
  if (finest > milliseconds(1)) {
    const auto step = magnitude(finest.raw());
    const std::uint64_t rounded = (rest + step / 2) / step * step;
    if (rounded != 0) rest = rounded;
  }

  constexpr std::array kParts = {Unit{days(1).raw(), "d"}, Unit{hours(1).raw(), "h"},
                                 Unit{minutes(1).raw(), "min"}};
  Writer writer{out};
  if (duration.raw() < 0) writer.put('-');
  bool first = true;
  const auto put_part = [&](std::uint64_t raw, Unit unit) {
    if (!first) writer.put(' ');
    first = false;
    put_number(writer, static_cast<std::int64_t>(raw), unit.raw, Rounding::exact());
    writer.put(' ');
    writer.put(unit.head);
  };
  for (const Unit part : kParts) {
    const std::uint64_t unit = magnitude(part.raw);
    if (rest >= unit) put_part(rest / unit, {1, part.head});
    rest %= unit;
  }
  if (rest != 0 || first) put_part(rest, {seconds(1).raw(), "s"});
  return writer.text();
}

std::string_view print_length(Length length, std::span<char> out, Rounding rounding) {
  return print_in(length.raw(), {centimetres(1).raw(), "cm"}, out, rounding);
}

std::string_view print_volume_per_length(Volume per_cm, std::span<char> out, Rounding rounding) {
  return print_in(per_cm.raw(), volume_unit(VolumeUnit::kMillilitre, "/cm"), out, rounding);
}

std::string_view print_percent(std::int64_t ppm, std::span<char> out, Rounding rounding) {
  constexpr std::int64_t kPpmPerPercent = 10'000;
  return print_in(ppm, {kPpmPerPercent, "%"}, out, rounding);
}

}  // namespace theca
