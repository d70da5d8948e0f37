#include "http/target.hpp"

#include <charconv>
#include <optional>

namespace theca::http {
namespace {

std::optional<char> from_hex(std::string_view two) {
  unsigned value = 0;
  if (two.size() != 2) return std::nullopt;
  const auto [end, error] = std::from_chars(two.data(), two.data() + 2, value, 16);
  if (error != std::errc{} || end != two.data() + 2) return std::nullopt;
  return static_cast<char>(value);
}

constexpr bool printable(char c) { return c > ' ' && c <= '~'; }

std::expected<std::string, std::string> decode(std::string_view text, bool in_query) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (!printable(c) || c == '#')
      return std::unexpected("the address holds a character that must be percent-encoded");
    if (c == '%') {
      const auto decoded = from_hex(text.substr(i + 1, 2));
      if (!decoded) return std::unexpected("a percent sign in the address is not followed by two digits");
      c = *decoded;
      i += 2;
      if (!printable(c) && !(in_query && c == ' '))
        return std::unexpected("the address encodes something other than printable ASCII");
      if (!in_query && c == '/') return std::unexpected("the address encodes a slash");
    } else if (in_query && c == '+') {
      c = ' ';
    }
    if (!in_query && c == '\\') return std::unexpected("the address holds a backslash");
    out.push_back(c);
  }
  return out;
}

std::expected<void, std::string> check_segments(std::string_view path) {
  std::size_t start = 1;
  while (true) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    const std::string_view segment = path.substr(start, end - start);
    if (segment == "." || segment == "..") return std::unexpected("the address holds a segment '.' or '..'");
    if (end == path.size()) return {};
    if (segment.empty()) return std::unexpected("the address holds two slashes in a row");
    start = end + 1;
  }
}

}  // namespace

std::expected<Target, std::string> parse_target(std::string_view raw) {
  if (raw.size() > kLongestTarget)
    return std::unexpected("the address has " + std::to_string(raw.size()) + " characters; at most " +
                           std::to_string(kLongestTarget) + " are taken");
  if (raw == "*") return Target{"*", {}};
  if (!raw.starts_with('/')) return std::unexpected("the address does not begin with a slash");

  const std::size_t mark = raw.find('?');
  Target target;
  const auto path = decode(raw.substr(0, mark), false);
  if (!path) return std::unexpected(path.error());
  if (const auto good = check_segments(*path); !good) return std::unexpected(good.error());
  target.path = *path;
  if (mark == std::string_view::npos) return target;

  std::string_view rest = raw.substr(mark + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    if (pair.empty()) continue;
    if (target.query.size() == kMostQueryValues)
      return std::unexpected("the address holds more than " + std::to_string(kMostQueryValues) + " values");
    const std::size_t equals = pair.find('=');
    const auto name = decode(pair.substr(0, equals), true);
    if (!name) return std::unexpected(name.error());
    const auto value =
        decode(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1), true);
    if (!value) return std::unexpected(value.error());
    target.query.emplace_back(*name, *value);
  }
  return target;
}

}  // namespace theca::http
