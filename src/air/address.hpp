#pragma once
/// Where an implant is to be found: two sockets, radio and coil.

#include <cstdint>
#include <expected>
#include <string>

namespace theca::air {

struct Endpoint {
  std::string host;  // of TCP
  std::uint16_t port = 0;
  std::string path;  // of a socket file; empty: TCP
};
std::string to_text(const Endpoint& endpoint);

struct Address {
  Endpoint radio, coil;
};

inline constexpr const char* kUsualAddress = "127.0.0.1:7400";

/// "127.0.0.1:7400": TCP, the coil at the port after it. "run/pump" (with a slash): files run/pump.radio and
/// run/pump.coil. The error is a sentence.
std::expected<Address, std::string> parse_address(const std::string& text);

}  // namespace theca::air
