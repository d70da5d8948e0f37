#pragma once
/// What every server of ours asks of a request before its interface sees it, and the pages in front of that.
/// Knows no socket, so that every rule is tried without one.

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

#include "http/asset.hpp"
#include "http/origin.hpp"

namespace theca::http {

class Front {
 public:
  Front(OwnOrigins own, Assets assets) : own_(std::move(own)), assets_(std::move(assets)) {}

  /// The response, or nothing: the request is for the interface below /api, and has passed the guards.
  std::optional<Response> answer(const Request& request);
  /// The host is ours, and whatever changes something comes from an own page; else the refusal.
  [[nodiscard]] std::optional<Response> guard(const Request& request) const;
  [[nodiscard]] const OwnOrigins& own() const { return own_; }
  /// How often a browser has told that a page broke the content policy. Of the reports nothing else is kept:
  /// they hold addresses.
  [[nodiscard]] std::uint64_t policy_reports() const { return reports_; }

 private:
  Response count_report(const Request& request);

  OwnOrigins own_;
  Assets assets_;
  std::atomic<std::uint64_t> reports_ = 0;
};

Response refusal(int status, std::string happened, std::string to_do);
/// 405, with what is possible.
Response not_allowed(std::string_view allowed);

}  // namespace theca::http
