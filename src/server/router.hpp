#pragma once
/// From a request below /api to the handler of its row, by way of everything that must hold before: session,
/// authorisation, idempotency key, content. A handler sees only what passed.

#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "server/reply_store.hpp"
#include "server/route.hpp"
#include "server/session.hpp"

namespace theca::server {

struct RouterParts {
  Sessions& sessions;
  ReplyStore& replies;
  std::function<Moment()> now = BootClock::now;
  /// A response that is not as its row says, by the row's name; the client gets a 500.
  std::function<void(const std::string& route, const std::string& why)> fault;
};

class Router {
 public:
  /// The error is a sentence about the first row that breaks a rule: two rows for one request, a POST without
  /// idempotency key, an action on patients without anything that finds the patient.
  static std::expected<Router, std::string> make(std::vector<Route> routes, RouterParts parts);

  Response answer(const Request& request) const;
  /// All rows, with that of the description itself.
  [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

 private:
  Router(std::vector<Route> routes, RouterParts parts)
      : routes_(std::move(routes)), parts_(std::move(parts)) {}
  std::expected<Response, Problem> answer_row(const Route& route, Call call) const;
  std::expected<Response, Problem> run(const Route& route, const Call& call) const;

  std::vector<Route> routes_;
  RouterParts parts_;
};

/// Why it is not permitted, for whoever asked.
Problem problem_of(Verdict verdict);

}  // namespace theca::server
