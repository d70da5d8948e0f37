#pragma once
/// A request as a handler sees it and the response it gives, without the library that carries them.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace theca::http {

enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kPatch, kDelete, kOptions };
inline constexpr std::array<std::string_view, 7> kMethodNames{"GET",   "HEAD",   "POST",   "PUT",
                                                              "PATCH", "DELETE", "OPTIONS"};
constexpr std::string_view name_of(Method method) { return kMethodNames[static_cast<std::size_t>(method)]; }
/// Reads and changes nothing (RFC 9110 section 9.2.1).
constexpr bool is_safe(Method method) {
  return method == Method::kGet || method == Method::kHead || method == Method::kOptions;
}

struct Header {
  std::string name;  // of a request: in lower case
  std::string value;
};

struct Peer {
  std::string address;  // "127.0.0.1", without port
  bool tls = false;
  std::string certificate;  // SHA-256 of the client's verified certificate in hexadecimal digits; empty: none
};

/// Where a request goes: decoded, printable ASCII, no empty and no dot segment.
struct Target {
  std::string path;  // begins with '/', or is "*" (OPTIONS alone)
  std::vector<std::pair<std::string, std::string>> query;
};

struct Request {
  Method method = Method::kGet;
  Target target;
  std::vector<Header> headers;
  std::string body;
  Peer peer;

  /// Empty when it was not sent. Headers that may stand once only were refused before (kSingleHeaders).
  [[nodiscard]] std::string_view header(std::string_view lower_case_name) const {
    const auto found = std::ranges::find(headers, lower_case_name, &Header::name);
    return found == headers.end() ? std::string_view{} : std::string_view{found->value};
  }
};

/// Sent twice they would let two readers of one request see two requests.
inline constexpr std::array<std::string_view, 12> kSingleHeaders{
    "authorization", "content-length", "content-type", "cookie", "expect",         "host",
    "if-match",      "if-none-match",  "origin",       "range",  "sec-fetch-site", "idempotency-key"};

struct Response {
  int status = 200;
  std::string content_type;  // empty: no body
  std::string body;
  std::vector<Header> headers;  // besides those that every response carries
};

/// What one peer, and all of them together, may cost.
struct Limits {
  std::size_t header_bytes = 16 * 1024;
  std::size_t body_bytes = 256 * 1024;
  std::size_t connections = 1024;
  std::size_t connections_per_address = 256;
  std::size_t requests_per_connection = 1000;
  std::chrono::milliseconds handshake{10'000};
  std::chrono::milliseconds idle{30'000};     // between requests
  std::chrono::milliseconds header{10'000};   // a whole header, from its first byte
  std::chrono::milliseconds body{30'000};     // a whole body
  std::chrono::milliseconds write{30'000};    // a whole response
  std::size_t workers = 4;                    // threads on which handlers run
  std::size_t waiting = 256;                  // requests that wait for a worker; the next one gets 503
  std::size_t message_bytes = 64 * 1024;      // one message of a WebSocket
  std::size_t unsent_bytes = 1024 * 1024;     // of a WebSocket whose reader does not read
  std::chrono::milliseconds silence{30'000};  // of a WebSocket; a ping goes out after half of it
  std::chrono::milliseconds recheck{10'000};  // how often a WebSocket is asked whether it may stay
};

}  // namespace theca::http
