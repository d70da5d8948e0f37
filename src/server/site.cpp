#include "server/site.hpp"

#include "server/problem.hpp"
#include "server/security_headers.hpp"

namespace theca::server {
namespace {

constexpr std::string_view kEverything = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

Response refusal(int status, std::string happened, std::string to_do) {
  return to_response(problem(status, std::move(happened), std::move(to_do)));
}

Response not_allowed(std::string_view allowed) {
  Problem no = problem(405, "This cannot be done here.", "Possible here: " + std::string{allowed} + ".");
  no.headers.push_back({"Allow", std::string{allowed}});
  return to_response(no);
}

}  // namespace

std::optional<Response> Site::guard(const Request& request) const {
  if (!parts_.own.has_host(request.header("host")))
    return refusal(421, "This server is not known by the name in the header Host.",
                   "Use the address that the clinic gave out.");
  // The browser itself sends reports; they change a count.
  if (request.target.path != kReportPath && !may_change(request, parts_.own))
    return refusal(403, "The request does not come from a page of this server.",
                   "Open this server's own page and do it there.");
  return std::nullopt;
}

Response Site::count_report(const Request& request) {
  if (request.method == Method::kOptions) return {204, {}, {}, {{"Allow", "POST, OPTIONS"}}};
  if (request.method != Method::kPost) return not_allowed("POST, OPTIONS");
  const std::string_view type = request.header("content-type");
  if (!type.starts_with("application/csp-report") && !type.starts_with("application/reports+json"))
    return refusal(415, "The content is no report of a browser.", "Nothing is to be done.");
  ++reports_;
  return {204, {}, {}, {}};
}

Response Site::answer(const Request& request) {
  if (auto no = guard(request)) return *std::move(no);
  const std::string& path = request.target.path;
  if (path == "*") return {204, {}, {}, {{"Allow", std::string{kEverything}}}};
  if (path == kReportPath) return count_report(request);
  if (path.starts_with("/api/")) {
    const auto is_socket = [&](const SocketRoute& socket) { return socket.path == path; };
    if (std::ranges::any_of(parts_.sockets, is_socket)) {
      Problem no = problem(426, "Here is a WebSocket.", "Open it as one.");
      no.headers.push_back({"Upgrade", "websocket"});
      return to_response(no);
    }
    return parts_.router.answer(request);
  }
  if (auto asset = parts_.assets.answer(request)) return *std::move(asset);
  if (!parts_.assets.has(path))
    return refusal(404, "There is no page under this address.", "Begin at the first page.");
  if (request.method == Method::kOptions) return {204, {}, {}, {{"Allow", "GET, HEAD, OPTIONS"}}};
  return not_allowed("GET, HEAD, OPTIONS");
}

std::expected<Ears, Response> Site::open(const Request& request) {
  if (auto no = guard(request)) return std::unexpected(*std::move(no));
  if (!may_open_socket(request, parts_.own))
    return std::unexpected(refusal(403, "The WebSocket is not opened by a page of this server.",
                                   "Open this server's own page."));
  const auto socket = std::ranges::find(parts_.sockets, request.target.path, &SocketRoute::path);
  if (socket == parts_.sockets.end())
    return std::unexpected(refusal(404, "There is no WebSocket here.", "Ask for it elsewhere."));

  const std::string cookie{session_cookie(request)};
  const auto session = parts_.sessions.use(cookie, parts_.now());
  const Actor actor = session ? session->actor : Actor{};
  const auto verdict = permit(actor, socket->action, {.clinic = actor.clinic});
  if (verdict != Verdict::kYes) return std::unexpected(to_response(problem_of(verdict)));
  Ears ears = socket->open(actor);
  ears.may_stay = [this, cookie, action = socket->action, own = std::move(ears.may_stay)] {
    const auto now_session = parts_.sessions.look(cookie, parts_.now());
    const Actor now_actor = now_session ? now_session->actor : Actor{};
    return permit(now_actor, action, {.clinic = now_actor.clinic}) == Verdict::kYes && (!own || own());
  };
  return ears;
}

}  // namespace theca::server
