#include "air/address.hpp"

#include <charconv>

namespace theca::air {

std::string to_text(const Endpoint& endpoint) {
  return endpoint.path.empty() ? endpoint.host + ":" + std::to_string(endpoint.port) : endpoint.path;
}

std::expected<Address, std::string> parse_address(const std::string& text) {
  const auto wrong = [&](const std::string& why) {
    return std::unexpected("\"" + text + "\": " + why + "; write HOST:PORT, as " + kUsualAddress +
                           ", or FOLDER/NAME for socket files");
  };
  if (text.find('/') != std::string::npos) {
    constexpr std::size_t kLongest = 100;  // of a socket's name in Linux, less the endings
    if (text.ends_with('/')) return wrong("a folder without a name");
    if (text.size() > kLongest)
      return wrong(std::to_string(text.size()) + " characters, and a socket file may have " +
                   std::to_string(kLongest));
    return Address{{"", 0, text + ".radio"}, {"", 0, text + ".coil"}};
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return wrong("no port");
  unsigned port = 0;
  const char* const first = text.data() + colon + 1;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(first, last, port);
  if (error != std::errc{} || end != last) return wrong("the port is no number");
  constexpr unsigned kLastPort = 65'534;  // the coil's is the next
  if (port < 1 || port > kLastPort) return wrong("ports are 1 to " + std::to_string(kLastPort));
  const std::string host = text.substr(0, colon);
  return Address{{host, static_cast<std::uint16_t>(port), ""},
                 {host, static_cast<std::uint16_t>(port + 1), ""}};
}

}  // namespace theca::air
