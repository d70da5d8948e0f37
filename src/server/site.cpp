#include "server/site.hpp"

#include <algorithm>

#include "http/problem.hpp"

namespace theca::server {

Response Site::answer(const Request& request) {
  if (auto response = parts_.front.answer(request)) return *std::move(response);
  const auto is_socket = [&](const SocketRoute& socket) { return socket.path == request.target.path; };
  if (std::ranges::any_of(parts_.sockets, is_socket)) {
    Problem no = problem(426, "Here is a WebSocket.", "Open it as one.");
    no.headers.push_back({"Upgrade", "websocket"});
    return to_response(no);
  }
  return parts_.router.answer(request);
}

std::expected<Ears, Response> Site::open(const Request& request) {
  if (auto no = parts_.front.guard(request)) return std::unexpected(*std::move(no));
  if (!may_open_socket(request, parts_.front.own()))
    return std::unexpected(http::refusal(403, "The WebSocket is not opened by a page of this server.",
                                         "Open this server's own page."));
  const auto socket = std::ranges::find(parts_.sockets, request.target.path, &SocketRoute::path);
  if (socket == parts_.sockets.end())
    return std::unexpected(http::refusal(404, "There is no WebSocket here.", "Ask for it elsewhere."));

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
