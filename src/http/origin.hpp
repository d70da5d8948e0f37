#pragma once
/// Whether a request comes from this server's own pages. The session's cookie is SameSite=Strict; this is the
/// second lock on the same door, and the only one on a WebSocket.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/http.hpp"

namespace theca::http {

/// By what a browser reaches this server: "https://clinic.example", "https://clinic.example:8443". The port
/// is left out when it is the scheme's own, as browsers do.
struct OwnOrigins {
  std::vector<std::string> origins;

  [[nodiscard]] bool has(std::string_view origin) const;
  /// The header Host names one of them: a name that an attacker made point here does not.
  [[nodiscard]] bool has_host(std::string_view host) const;
};
OwnOrigins own_origins(bool tls, const std::vector<std::string>& names, std::uint16_t port);

enum class Provenance : std::uint8_t { kOwnPage, kElsewhere, kUnknown };

/// Origin and Sec-Fetch-Site as the browser set them; a page can change neither. Both must speak for it when
/// both are there. kUnknown: neither is there.
Provenance provenance(const Request& request, const OwnOrigins& own);

/// A method that changes something, from anywhere but an own page, is refused.
bool may_change(const Request& request, const OwnOrigins& own);
/// Any page may open a WebSocket to anywhere, cookies or not: here the header Origin itself must be there.
bool may_open_socket(const Request& request, const OwnOrigins& own);

}  // namespace theca::http
