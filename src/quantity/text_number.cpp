#include "quantity/text_number.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace theca::typed {
namespace {

struct Plainer {
  std::string_view from;
  std::string_view to;
};

constexpr std::array kPlainer = {
    Plainer{"\u00B5", "u"}, Plainer{"\u03BC", "u"},                          // micro sign, Greek mu
    Plainer{"\u00A0", " "}, Plainer{"\u202F", " "}, Plainer{"\u2009", " "},  // no-break and thin spaces
    Plainer{"\u2212", "-"}, Plainer{"\u2013", "-"},                          // minus, en dash
    Plainer{"\u2019", "'"}, Plainer{"\u00D7", "x"},                          // apostrophe, times
};

constexpr std::size_t kLongestText = 120;

bool all_digits(std::string_view s) { return !s.empty() && std::ranges::all_of(s, is_digit); }

std::string without(std::string_view s, std::string_view marks) {
  std::string out;
  for (const char c : s) {
    if (marks.find(c) == std::string_view::npos) out += c;
  }
  return out;
}

Decimal decimal(std::string_view whole, std::string_view fraction) {
  while (whole.size() > 1 && whole.front() == '0') whole.remove_prefix(1);
  while (!fraction.empty() && fraction.back() == '0') fraction.remove_suffix(1);
  return {whole.empty() ? "0" : std::string{whole}, std::string{fraction}};
}

std::string reading(std::string_view whole, std::string_view fraction = {}) {
  return decimal(whole, fraction).text();
}

/// A run of digits and marks that is not one plain number.
struct Misreading {
  std::string reason;
  std::vector<std::string> write;
};

Misreading two_readings(std::string_view run, const std::string& one, const std::string& other) {
  return {std::string{run} + " could be read as " + one + " or as " + other, {one, other}};
}

Misreading grouped(std::string_view run) {
  const std::string joined = without(run, " ',_");
  Misreading found{std::string{run} + " has separators inside the number", {}};
  if (all_digits(joined) && joined.front() != '0') {  // "0 5" may have been 0.5
    found.reason += " and could be read as " + reading(joined) + " or as several numbers";
    found.write = {reading(joined)};
  }
  return found;
}

Misreading with_comma(std::string_view run) {
  const auto commas = std::ranges::count(run, ',');
  const auto points = std::ranges::count(run, '.');
  const std::size_t first = run.find_first_of(".,");
  const std::string_view left = run.substr(0, first);
  const std::string_view right = run.substr(first + 1);
  if (commas == 1 && points == 0) {
    if (right.empty()) return {std::string{run} + " ends in a comma", {reading(left)}};
    return two_readings(run, reading(without(run, ",")), reading(left, right));
  }
  if (points == 0) return grouped(run);
  if (commas == 1 && points == 1) {
    const std::size_t last = run.find_last_of(".,");
    return two_readings(run, reading(without(run.substr(0, last), ".,"), run.substr(last + 1)),
                        reading(left, without(right, ".,")));
  }
  return {std::string{run} + " has several decimal marks", {}};
}

std::expected<Decimal, Misreading> read_run(std::string_view run, TrailingZeros zeros) {
  const auto misread = [](Misreading m) { return std::unexpected{std::move(m)}; };
  if (std::ranges::none_of(run, is_digit)) return misread({"begins with a mark and no digit", {}});
  if (run.find_first_of("'_") != std::string_view::npos) return misread(grouped(run));
  if (run.find(',') != std::string_view::npos) return misread(with_comma(run));
  if (std::ranges::count(run, '.') > 1)
    return misread({std::string{run} + " has several decimal points", {}});

  const std::size_t point = run.find('.');
  const std::string_view whole = run.substr(0, point);
  const bool has_point = point != std::string_view::npos;
  const std::string_view fraction = has_point ? run.substr(point + 1) : std::string_view{};
  const std::string plain = reading(whole, fraction);
  const std::string without_point = reading(std::string{whole} + std::string{fraction});
  if (has_point && whole.empty()) {
    return misread(
        {std::string{run} + " could be read as " + without_point + " when the point is missed", {plain}});
  }
  if (has_point && fraction.empty()) {
    return misread(
        {std::string{run} + " could be read as " + plain + " or as a number cut off after the point",
         {plain}});
  }
  if (whole.size() > 1 && whole.front() == '0') {
    if (plain == "0") return misread({std::string{run} + " has more zeros than a zero needs", {plain}});
    return misread(
        two_readings(run, plain, reading("0", std::string{whole.substr(1)} + std::string{fraction})));
  }
  if (zeros == TrailingZeros::kRefused && has_point && fraction.back() == '0') {
    if (plain == "0") return misread({std::string{run} + " ends in a zero after the point", {plain}});
    return misread({std::string{run} + " ends in a zero after the point and could be read as " +
                        without_point + " when the point is missed",
                    {plain}});
  }
  return decimal(whole, fraction);
}

bool begins_exponent(std::string_view rest) {
  if (rest.empty()) return false;
  if (rest.front() == 'e' || rest.front() == 'E') {
    rest.remove_prefix(1);
    if (!rest.empty() && (rest.front() == '+' || rest.front() == '-')) rest.remove_prefix(1);
    return !rest.empty() && is_digit(rest.front());
  }
  rest = trimmed(rest);
  if (rest.empty() || (rest.front() != 'x' && rest.front() != '*' && rest.front() != '^')) return false;
  rest = trimmed(rest.substr(1));
  return !rest.empty() && is_digit(rest.front());
}

bool in_number(char c) { return is_digit(c) || c == '.' || c == ',' || c == '\'' || c == '_'; }

std::size_t run_end(std::string_view s, std::size_t from) {
  while (from < s.size() && in_number(s[from])) ++from;
  return from;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string plain_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto* const plainer =
        std::ranges::find_if(kPlainer, [&](Plainer p) { return text.starts_with(p.from); });
    if (plainer != kPlainer.end()) {
      out += plainer->to;
      text.remove_prefix(plainer->from.size());
    } else {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return std::string{trimmed(out)};
}

std::expected<TakenNumber, NumberRefusal> take_number(std::string_view plain, TrailingZeros zeros) {
  const auto refusal = [](std::string reason, std::vector<std::string> write, std::string_view rest) {
    return std::unexpected{NumberRefusal{std::move(reason), std::move(write), rest}};
  };
  plain = trimmed(plain);
  if (plain.empty()) return refusal("nothing was written", {}, plain);

  if (plain.size() > kLongestText) return refusal("longer than any quantity needs", {}, {});

  if (plain.front() == '-' || plain.front() == '+') {
    const std::string sign = plain.front() == '-' ? "minus" : "plus";
    const std::string_view unsigned_text = trimmed(plain.substr(1));
    const std::size_t end = run_end(unsigned_text, 0);
    if (end == 0) return refusal("begins with a " + sign + " sign and no number", {}, {});
    const std::string run{unsigned_text.substr(0, end)};
    const auto number = read_run(run, zeros);
    return refusal("read as " + sign + ' ' + run + ", but a quantity has no sign here",
                   number ? std::vector{number->text()} : std::vector<std::string>{},
                   unsigned_text.substr(end));
  }

  std::size_t end = run_end(plain, 0);
  if (end == 0) return refusal("does not begin with a number", {}, plain);

  // "1 500" and "1 .5": the number goes on after a space.
  std::size_t spaced_end = end;
  for (std::size_t next = end;;) {
    while (next < plain.size() && is_space(plain[next])) ++next;
    if (next == spaced_end || next == plain.size() || !in_number(plain[next])) break;
    next = spaced_end = run_end(plain, next);
  }
  if (spaced_end != end) {
    Misreading found = grouped(plain.substr(0, spaced_end));
    return refusal(std::move(found.reason), std::move(found.write), plain.substr(spaced_end));
  }

  const std::string_view run = plain.substr(0, end);
  const std::string_view rest = plain.substr(end);
  if (begins_exponent(rest)) {
    return refusal("written with an exponent, which one lost letter or sign makes another number", {}, {});
  }
  auto number = read_run(run, zeros);
  if (!number) return refusal(std::move(number.error().reason), std::move(number.error().write), rest);
  return TakenNumber{std::move(*number), rest};
}

std::optional<Scaled> scaled(const Decimal& number, std::int64_t raw_per_unit, std::int64_t limit) {
  __extension__ using Wide = unsigned __int128;
  // So many digits before the point are above every limit, and so many after it below every unit.
  constexpr std::size_t kMostWhole = 18, kMostFraction = 18;
  if (number.whole.size() > kMostWhole) return std::nullopt;
  const bool cut = number.fraction.size() > kMostFraction;

  const auto digits = [](std::string_view s) {
    Wide value = 0;
    for (const char c : s) value = value * 10 + static_cast<unsigned>(c - '0');
    return value;
  };
  const std::string_view fraction = std::string_view{number.fraction}.substr(0, kMostFraction);
  Wide power = 1;
  for (std::size_t i = 0; i < fraction.size(); ++i) power *= 10;

  const auto unit = static_cast<Wide>(raw_per_unit);
  const Wide part = digits(fraction) * unit;
  const Wide down = digits(number.whole) * unit + part / power;
  const bool exact = part % power == 0 && !cut;
  const auto most = static_cast<Wide>(limit);
  if (down > most || (down == most && !exact)) return std::nullopt;
  return Scaled{static_cast<std::int64_t>(down), exact};
}

}  // namespace theca::typed
