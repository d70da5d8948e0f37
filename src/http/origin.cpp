#include "http/origin.hpp"

#include <algorithm>

namespace theca::http {
namespace {

std::string_view host_of(std::string_view origin) {
  const std::size_t slashes = origin.find("://");
  return slashes == std::string_view::npos ? std::string_view{} : origin.substr(slashes + 3);
}

bool same_text(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

bool OwnOrigins::has(std::string_view origin) const {
  return std::ranges::any_of(origins, [&](const std::string& own) { return own == origin; });
}

bool OwnOrigins::has_host(std::string_view host) const {
  return std::ranges::any_of(origins, [&](const std::string& own) { return same_text(host_of(own), host); });
}

OwnOrigins own_origins(bool tls, const std::vector<std::string>& names, std::uint16_t port) {
  OwnOrigins own;
  const std::uint16_t usual = tls ? 443 : 80;
  for (const std::string& name : names) {
    const bool six = name.contains(':') && !name.starts_with('[');
    own.origins.push_back((tls ? "https://" : "http://") + (six ? "[" + name + "]" : name) +
                          (port == usual ? "" : ":" + std::to_string(port)));
  }
  return own;
}

Provenance provenance(const Request& request, const OwnOrigins& own) {
  const std::string_view origin = request.header("origin"), site = request.header("sec-fetch-site");
  if (origin.empty() && site.empty()) return Provenance::kUnknown;
  if (!origin.empty() && !own.has(origin)) return Provenance::kElsewhere;
  if (!site.empty() && site != "same-origin") return Provenance::kElsewhere;
  return Provenance::kOwnPage;
}

bool may_change(const Request& request, const OwnOrigins& own) {
  return is_safe(request.method) || provenance(request, own) == Provenance::kOwnPage;
}

bool may_open_socket(const Request& request, const OwnOrigins& own) {
  return !request.header("origin").empty() && provenance(request, own) == Provenance::kOwnPage;
}

}  // namespace theca::http
