#pragma once
/// Where a server of ours listens, as somebody typed it.

#include <fmt/format.h>

#include <charconv>
#include <expected>
#include <string>
#include <system_error>

#include "http/serve.hpp"

namespace theca {

/// "127.0.0.1:8080". The error says what was read.
inline std::expected<http::Listen, std::string> listen_at(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  unsigned port = 0;
  const auto wrong = [&] {
    return std::unexpected(fmt::format("--listen: read \"{}\"; it is HOST:PORT, 127.0.0.1:8080", text));
  };
  if (colon == std::string::npos || colon == 0) return wrong();
  const char* const end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data() + colon + 1, end, port);
  if (error != std::errc{} || last != end || port == 0 || port > 65'535) return wrong();
  return http::Listen{text.substr(0, colon), static_cast<std::uint16_t>(port)};
}

inline bool is_loopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1";
}

}  // namespace theca
