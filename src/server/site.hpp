#pragma once
/// All that this server answers: pages, interface and WebSockets, behind the guards of every server. Knows no
/// socket, so that every rule is tried without one.

#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "http/front.hpp"
#include "http/serve.hpp"
#include "server/router.hpp"
#include "server/uses_http.hpp"

namespace theca::server {

struct SocketRoute {
  std::string path;  // "/api/live"
  Action action = Action::kOwnAccount;
  /// Ears::may_stay may be left unset: the session and the table of rights are asked in any case.
  std::function<Ears(const Actor&)> open;
};

struct SiteParts {
  Front& front;
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

 private:
  SiteParts parts_;
};

}  // namespace theca::server
