#include "clinic/local_service.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>

#include "clinic/local_line.hpp"

namespace theca {
namespace {

constexpr int kLookForStopMs = 100;

/// Whose process is at the other end, as the kernel says.
std::optional<uid_t> user_of(const LocalSocket& client) {
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(client.fd(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return std::nullopt;
  return who.uid;
}

std::string attend(const LocalService& service, const AnswerLine& answer, const LocalSocket& client) {
  const auto user = user_of(client);
  if (!user || (*user != ::geteuid() && user != service.client))
    return fmt::format("user {} may not ask and got no answer", user ? std::to_string(*user) : "unknown");
  const auto until = [&] {
    return std::chrono::steady_clock::now() + std::chrono::milliseconds{service.patience.raw()};
  };
  const LineAnswer said = answer(read_line(client, service.most_bytes, until()));
  if (const auto sent = write_line(client, said.line, until()); !sent)
    return fmt::format("{}; the answer was lost: {}", said.told, sent.error());
  return said.told;
}

}  // namespace

std::expected<void, std::string> serve_lines(const LocalService& service, const AnswerLine& answer,
                                             const std::stop_token& stop) {
  const auto listener = listen_at(service.socket, service.client.has_value());
  if (!listener) return std::unexpected(listener.error());
  service.listening();
  while (!stop.stop_requested()) {
    pollfd one{listener->fd(), POLLIN, 0};
    if (::poll(&one, 1, kLookForStopMs) <= 0) continue;
    const LocalSocket client{::accept4(listener->fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (client.open()) service.told(attend(service, answer, client));
  }
  std::error_code none;
  std::filesystem::remove(service.socket, none);
  return {};
}

}  // namespace theca
