#include "clinic/number_entry.hpp"

#include <fmt/args.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "clinic/entry_texts.hpp"

namespace theca::clinic {
namespace {

__extension__ using Wide = __int128;

struct FaultName {
  EntryFault fault;
  std::string_view name;
};
constexpr std::array<FaultName, kEntryFaults> kFaults{{
    {EntryFault::kEmpty, "empty"},
    {EntryFault::kTooLong, "too_long"},
    {EntryFault::kSpace, "space"},
    {EntryFault::kSign, "sign"},
    {EntryFault::kExponent, "exponent"},
    {EntryFault::kOtherDigits, "other_digits"},
    {EntryFault::kUnseen, "unseen"},
    {EntryFault::kCharacter, "character"},
    {EntryFault::kMarks, "marks"},
    {EntryFault::kNoDigits, "no_digits"},
    {EntryFault::kNoLeadingZero, "no_leading_zero"},
    {EntryFault::kNoDecimals, "no_decimals"},
    {EntryFault::kLeadingZeros, "leading_zeros"},
    {EntryFault::kTrailingZeros, "trailing_zeros"},
    {EntryFault::kBelowLeast, "below_least"},
    {EntryFault::kAboveMost, "above_most"},
    {EntryFault::kBetweenSteps, "between_steps"},
}};
static_assert(std::ranges::all_of(kFaults, [](const FaultName& row) {
  return &row - kFaults.data() == static_cast<std::ptrdiff_t>(row.fault);
}));

using Words = std::initializer_list<std::pair<const char*, std::string>>;

/// `key` is the fault's own, unless it has two sentences.
std::unexpected<EntryError> refusal(EntryFault fault, const Words& words, std::string_view key = {}) {
  fmt::dynamic_format_arg_store<fmt::format_context> filled;
  for (const auto& [name, text] : words) filled.push_back(fmt::arg(name, text));
  const std::string sentence =
      texts_of_entry().at("faults").at(std::string{key.empty() ? name_of(fault) : key});
  return std::unexpected{EntryError{fault, fmt::vformat(sentence, filled)}};
}

// --- characters

struct Range {
  char32_t first, last;
};
constexpr bool in(std::initializer_list<Range> ranges, char32_t c) {
  return std::ranges::any_of(ranges, [c](Range range) { return range.first <= c && c <= range.last; });
}
constexpr bool is_space(char32_t c) {
  return in({{0x09, 0x0D},
             {0x20, 0x20},
             {0xA0, 0xA0},
             {0x1680, 0x1680},
             {0x2000, 0x200A},
             {0x2028, 0x2029},
             {0x202F, 0x202F},
             {0x205F, 0x205F},
             {0x3000, 0x3000}},
            c);
}
/// Plus, minus, every hyphen and dash that stands for one.
constexpr bool is_sign(char32_t c) {
  return in({{'+', '+'},
             {'-', '-'},
             {0xB1, 0xB1},
             {0x2010, 0x2014},
             {0x2212, 0x2212},
             {0xFF0B, 0xFF0B},
             {0xFF0D, 0xFF0D}},
            c);
}
/// Controls, direction marks, joiners, variation selectors: what a pasted text carries along.
constexpr bool is_unseen(char32_t c) {
  return in({{0x00, 0x08},
             {0x0E, 0x1F},
             {0x7F, 0x9F},
             {0xAD, 0xAD},
             {0x61C, 0x61C},
             {0x180E, 0x180E},
             {0x200B, 0x200F},
             {0x202A, 0x202E},
             {0x2060, 0x206F},
             {0xFE00, 0xFE0F},
             {0xFEFF, 0xFEFF}},
            c);
}
/// The zeros of Unicode 14's decimal digits (general category Nd), but for 0.
constexpr auto kOtherZeros = std::to_array<char32_t>(
    {0x660,   0x6F0,   0x7C0,   0x966,   0x9E6,   0xA66,   0xAE6,   0xB66,   0xBE6,   0xC66,   0xCE6,
     0xD66,   0xDE6,   0xE50,   0xED0,   0xF20,   0x1040,  0x1090,  0x17E0,  0x1810,  0x1946,  0x19D0,
     0x1A80,  0x1A90,  0x1B50,  0x1BB0,  0x1C40,  0x1C50,  0xA620,  0xA8D0,  0xA900,  0xA9D0,  0xA9F0,
     0xAA50,  0xABF0,  0xFF10,  0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450,
     0x114D0, 0x11650, 0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16AC0,
     0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950, 0x1FBF0});
constexpr bool is_other_digit(char32_t c) {
  return std::ranges::any_of(kOtherZeros, [c](char32_t zero) { return zero <= c && c < zero + 10; });
}

constexpr bool is_digit(char32_t c) { return c >= '0' && c <= '9'; }
constexpr bool is_mark(char32_t c) { return c == '.' || c == ','; }

constexpr char32_t kReplacement = 0xFFFD;

/// The code points of UTF-8; a byte that is none is kReplacement.
std::u32string code_points(std::string_view text) {
  std::u32string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned first = byte(at);
    const std::size_t more = first < 0x80 ? 0 : first < 0xC2 ? 4 : first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    char32_t point = more == 0 ? first : first & (0x3FU >> more);
    bool good = more < 4 && first < 0xF5 && at + more < text.size();
    for (std::size_t i = 1; good && i <= more; ++i) {
      good = (byte(at + i) & 0xC0U) == 0x80;
      point = point << 6U | (byte(at + i) & 0x3FU);
    }
    constexpr std::array<char32_t, 4> kLeast{0, 0x80, 0x800, 0x10000};
    good = good && point >= kLeast[more] && point <= 0x10FFFF && (point < 0xD800 || point > 0xDFFF);
    out += good ? point : kReplacement;
    at += good ? more + 1 : 1;
  }
  return out;
}

std::string utf8(char32_t point) {
  std::string out;
  const auto add = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) {
    add(point);
  } else if (point < 0x800) {
    add(0xC0U | point >> 6U);
    add(0x80U | (point & 0x3FU));
  } else if (point < 0x10000) {
    add(0xE0U | point >> 12U);
    add(0x80U | (point >> 6U & 0x3FU));
    add(0x80U | (point & 0x3FU));
  } else {
    add(0xF0U | point >> 18U);
    add(0x80U | (point >> 12U & 0x3FU));
    add(0x80U | (point >> 6U & 0x3FU));
    add(0x80U | (point & 0x3FU));
  }
  return out;
}

/// For a sentence: what cannot be seen is shown by its replacement, so that it changes nothing around it.
std::string shown(const std::u32string& points) {
  std::string out;
  for (const char32_t point : points) out += utf8(is_unseen(point) ? kReplacement : point);
  return out;
}

std::optional<EntryError> strange_character(const std::u32string& points) {
  const auto strange = std::ranges::find_if(points, [](char32_t c) { return !is_digit(c) && !is_mark(c); });
  if (strange == points.end()) return std::nullopt;
  const char32_t c = *strange;
  const std::string typed = shown(points);
  if (is_unseen(c)) {
    return refusal(EntryFault::kUnseen,
                   {{"typed", typed}, {"character", fmt::format("U+{:04X}", static_cast<std::uint32_t>(c))}})
        .error();
  }
  if (is_space(c)) return refusal(EntryFault::kSpace, {{"typed", typed}}).error();
  if (is_sign(c)) return refusal(EntryFault::kSign, {{"typed", typed}}).error();
  if ((c == 'e' || c == 'E') && std::any_of(points.begin(), strange, is_digit))
    return refusal(EntryFault::kExponent, {{"typed", typed}}).error();
  const EntryFault fault = is_other_digit(c) ? EntryFault::kOtherDigits : EntryFault::kCharacter;
  return refusal(fault, {{"typed", typed}, {"character", utf8(c)}}).error();
}

// --- digits and marks

/// The one way to write what these digits may mean.
std::string tidy(std::string_view whole, std::string_view mark, std::string_view fraction,
                 TrailingZeros zeros) {
  while (whole.size() > 1 && whole.front() == '0') whole.remove_prefix(1);
  while (zeros == TrailingZeros::kRefused && !fraction.empty() && fraction.back() == '0')
    fraction.remove_suffix(1);
  std::string out{whole.empty() ? "0" : whole};
  if (!fraction.empty()) (out += mark) += fraction;
  return out;
}

Wide power_of_ten(int exponent) {
  Wide out = 1;
  while (exponent-- > 0) out *= 10;
  return out;
}

Wide scaled(const DecimalNumber& number, int decimals) {
  return Wide{number.mantissa} * power_of_ten(decimals - number.decimals);
}

/// value / 10^decimals without zeros at its end.
DecimalNumber decimal_of(Wide value, int decimals) {
  while (decimals > 0 && value % 10 == 0) {
    value /= 10;
    --decimals;
  }
  const auto mantissa = static_cast<std::int64_t>(value);
  std::string text = std::to_string(mantissa);
  const auto places = static_cast<std::size_t>(decimals);
  if (text.size() <= places) text.insert(0, places + 1 - text.size(), '0');
  if (places > 0) text.insert(text.size() - places, 1, '.');
  return {mantissa, decimals, text};
}

/// As the person writes: with a comma where a comma was typed.
std::string with_mark_of(std::string_view typed, std::string number) {
  if (typed.find(',') != std::string_view::npos) std::ranges::replace(number, '.', ',');
  return number;
}

int times_divisible(std::int64_t& number, std::int64_t by) {
  int times = 0;
  for (; number % by == 0; number /= by) ++times;
  return times;
}

}  // namespace

std::string_view name_of(EntryFault fault) { return kFaults[static_cast<std::size_t>(fault)].name; }

std::expected<DecimalNumber, EntryError> read_number(std::string_view text, TrailingZeros zeros) {
  if (text.empty()) return refusal(EntryFault::kEmpty, {});
  const std::u32string points = code_points(text);
  if (points.size() > kLongestNumber) {
    return refusal(EntryFault::kTooLong,
                   {{"count", std::to_string(points.size())}, {"most", std::to_string(kLongestNumber)}});
  }
  if (auto strange = strange_character(points)) return std::unexpected{std::move(*strange)};

  const std::string typed{text};
  const auto marks = std::ranges::count_if(text, is_mark);
  if (marks > 1) return refusal(EntryFault::kMarks, {{"typed", typed}, {"count", std::to_string(marks)}});
  const std::size_t at = std::min(text.find_first_of(".,"), text.size());
  const std::string_view whole = text.substr(0, at);
  const std::string_view mark = text.substr(at, 1);
  const std::string_view fraction = text.substr(at + mark.size());
  const std::string write = tidy(whole, mark, fraction, zeros);

  if (whole.empty() && fraction.empty()) return refusal(EntryFault::kNoDigits, {{"typed", typed}});
  if (whole.empty()) return refusal(EntryFault::kNoLeadingZero, {{"typed", typed}, {"write", write}});
  if (whole.size() > 1 && whole.front() == '0') {
    if (!mark.empty() || write == "0")
      return refusal(EntryFault::kLeadingZeros, {{"typed", typed}, {"write", write}});
    return refusal(EntryFault::kLeadingZeros,
                   {{"typed", typed}, {"write", write}, {"other", tidy("0", ".", whole.substr(1), zeros)}},
                   "leading_zeros_or_mark");
  }
  if (!mark.empty() && fraction.empty())
    return refusal(EntryFault::kNoDecimals, {{"typed", typed}, {"write", write}});
  if (zeros == TrailingZeros::kRefused && fraction.ends_with('0'))
    return refusal(EntryFault::kTrailingZeros, {{"typed", typed}, {"write", write}});

  DecimalNumber number{0, static_cast<int>(fraction.size()), typed};
  for (const char c : text)
    if (is_digit(static_cast<unsigned char>(c))) number.mantissa = number.mantissa * 10 + (c - '0');
  std::ranges::replace(number.text, ',', '.');
  return number;
}

std::expected<EntryField, std::string> EntryField::make(std::string unit, Step step, std::string_view least,
                                                        std::string_view most, TrailingZeros zeros) {
  if (!texts_of_entry().at("units").contains(unit))
    return std::unexpected{"no unit '" + unit + "' is in data/entry/texts.json; add it, with its words"};
  if (std::min(step.numerator, step.denominator) < 1 ||
      std::max(step.numerator, step.denominator) > kMostOfStep) {
    return std::unexpected{fmt::format("a step of {}/{} {}; both have to be 1 to {}", step.numerator,
                                       step.denominator, unit, kMostOfStep)};
  }
  EntryField field;
  for (const auto& [text, into] : {std::pair{least, &field.least_}, {most, &field.most_}}) {
    auto number = read_number(text, zeros);
    if (!number) return std::unexpected{"a limit of the field. " + number.error().message};
    *into = std::move(*number);
  }

  // A multiple of step is a decimal when what is left of the denominator without 2 and 5 divides it.
  const std::int64_t common = std::gcd(step.numerator, step.denominator);
  std::int64_t rest = step.denominator / common;
  const int decimals = std::max(times_divisible(rest, 2), times_divisible(rest, 5));
  if (decimals > kMostStepDecimals)
    return std::unexpected{fmt::format("a step of {}/{} {} needs {} decimals; a field has at most {}",
                                       step.numerator, step.denominator, unit, decimals, kMostStepDecimals)};
  field.per_writable_ = rest;
  const Wide writable =
      Wide{step.numerator / common} * power_of_ten(decimals) / (step.denominator / common / rest);

  const int fine = std::max({decimals, field.least_.decimals, field.most_.decimals});
  const Wide one = writable * power_of_ten(fine - decimals);
  const Wide from = scaled(field.least_, fine), to = scaled(field.most_, fine);
  if (from > to)
    return std::unexpected{fmt::format("the least, {0} {2}, is above the most, {1} {2}", least, most, unit)};
  if (from % one != 0 || to % one != 0)
    return std::unexpected{fmt::format("{0} and {1} {4} are not both whole steps of {2}/{3} {4}", least, most,
                                       step.numerator, step.denominator, unit)};
  if (to == 0)
    return std::unexpected{fmt::format("the most of a field is 0 {}; nothing could be written", unit)};
  if (to / one * rest > kMostSteps)
    return std::unexpected{fmt::format("{} {} are more than {} steps", most, unit, kMostSteps)};
  const std::size_t whole_digits = std::min(field.most_.text.find('.'), field.most_.text.size());
  if (whole_digits + (decimals > 0 ? 1 : 0) + static_cast<std::size_t>(decimals) > kLongestNumber)
    return std::unexpected{fmt::format("numbers up to {} {} with {} decimals are longer than {} characters",
                                       most, unit, decimals, kLongestNumber)};
  field.writable_ = decimal_of(writable, decimals);
  field.unit_ = std::move(unit);
  field.zeros_ = zeros;
  return field;
}

std::expected<Entered, EntryError> read_entry(std::string_view text, const EntryField& field) {
  auto number = read_number(text, field.zeros());
  if (!number) return std::unexpected{std::move(number.error())};
  const std::string typed{text};
  const DecimalNumber& step = field.writable_step();
  const int decimals =
      std::max({number->decimals, step.decimals, field.least().decimals, field.most().decimals});
  const Wide value = scaled(*number, decimals), one = scaled(step, decimals);
  if (value < scaled(field.least(), decimals))
    return refusal(
        EntryFault::kBelowLeast,
        {{"typed", typed}, {"unit", field.unit()}, {"least", with_mark_of(text, field.least().text)}});
  if (value > scaled(field.most(), decimals))
    return refusal(
        EntryFault::kAboveMost,
        {{"typed", typed}, {"unit", field.unit()}, {"most", with_mark_of(text, field.most().text)}});
  if (value % one != 0) {
    const auto multiple = [&](Wide times) {
      return with_mark_of(text, decimal_of(times * Wide{step.mantissa}, step.decimals).text);
    };
    return refusal(EntryFault::kBetweenSteps, {{"typed", typed},
                                               {"unit", field.unit()},
                                               {"step", with_mark_of(text, step.text)},
                                               {"below", multiple(value / one)},
                                               {"above", multiple(value / one + 1)}});
  }
  const auto steps = static_cast<std::int64_t>(value / one) * field.steps_per_writable();
  std::string words = in_words(*number, field.unit());
  return Entered{std::move(*number), steps, std::move(words)};
}

std::optional<std::size_t> bounced(std::span<const Keystroke> keys) {
  for (std::size_t i = 1; i < keys.size(); ++i) {
    const bool same_digit = keys[i].key == keys[i - 1].key && keys[i].key >= '0' && keys[i].key <= '9';
    if (same_digit && keys[i].ms - keys[i - 1].ms <= kBounceMs) return i;
  }
  return std::nullopt;
}

}  // namespace theca::clinic
