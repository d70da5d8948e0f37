#pragma once
/// All that this server answers: pages, interface, WebSockets, and the guards before them. Knows no socket,
/// so that every rule is tried without one.

#include <atomic>
#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "server/asset.hpp"
#include "server/origin.hpp"
#include "server/router.hpp"
#include "server/serve.hpp"

namespace theca::server {

struct SocketRoute {
  std::string path;  // "/api/live"
  Action action = Action::kOwnAccount;
  /// Ears::may_stay may be left unset: the session and the table of rights are asked in any case.
  std::function<Ears(const Actor&)> open;
};

struct SiteParts {
  OwnOrigins own;
  Assets assets;
  Router router;
  std::vector<SocketRoute> sockets;
  Sessions& sessions;
  std::function<Moment()> now = BootClock::now;
};

/// Outlives the server that asks it: open WebSockets do.
class Site {
 public:
  explicit Site(SiteParts parts) : parts_(std::move(parts)) {}

  Response answer(const Request& request);
  std::expected<Ears, Response> open(const Request& request);
  /// How often a browser has told that a page broke the content policy. Of the reports nothing else is kept:
  /// they hold addresses.
  [[nodiscard]] std::uint64_t policy_reports() const { return reports_; }

 private:
  [[nodiscard]] std::optional<Response> guard(const Request& request) const;
  Response count_report(const Request& request);

  SiteParts parts_;
  std::atomic<std::uint64_t> reports_ = 0;
};

}  // namespace theca::server
