#pragma once
/// What every response carries, whoever made it.

#include <array>
#include <string_view>

namespace theca::http {

/// Nothing from another origin, no inline script or style, no frame. Measured in Chromium: without
/// manifest-src and worker-src a page that can be installed is blocked; the one policy of trusted types lets
/// the service worker's own address through and nothing else.
inline constexpr std::string_view kContentPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'self'; require-trusted-types-for 'script'; trusted-types theca-sw";
inline constexpr std::string_view kReportPath = "/csp-report";
inline constexpr std::string_view kReportDirective = "; report-uri /csp-report";
static_assert(kReportDirective.ends_with(kReportPath));

struct FixedHeader {
  std::string_view name, value;
};
/// Besides Content-Security-Policy, which is kContentPolicy and kReportDirective.
inline constexpr std::array<FixedHeader, 5> kSecurityHeaders{{
    {"X-Content-Type-Options", "nosniff"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Embedder-Policy", "require-corp"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Referrer-Policy", "no-referrer"},
}};
/// Over TLS only: a browser ignores it elsewhere (RFC 6797 section 7.2). Two years, as preload lists ask.
inline constexpr FixedHeader kTransportSecurity{"Strict-Transport-Security", "max-age=63072000"};
/// Unless the response says otherwise: what holds patients is kept by no cache.
inline constexpr FixedHeader kCacheDefault{"Cache-Control", "no-store"};

}  // namespace theca::http
