#include "signer/serve.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>

#include "clinic/local_line.hpp"

namespace theca::signer {
namespace {

constexpr int kLookForStopMs = 100;

/// Whose process is at the other end, as the kernel says.
std::optional<uid_t> user_of(const LocalSocket& client) {
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(client.fd(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return std::nullopt;
  return who.uid;
}

std::string attend(Signer& signer, const Serving& serving, const LocalSocket& client) {
  const auto user = user_of(client);
  if (!user || (*user != ::geteuid() && user != serving.client))
    return fmt::format("user {} may not ask and got no answer", user ? std::to_string(*user) : "unknown");
  const Deadline until = std::chrono::steady_clock::now() + std::chrono::milliseconds{serving.patience.raw()};
  const auto line = read_line(client, kMostSigningBytes, until);
  const std::string answer =
      line ? signer.answer(*line, serving.utc_s())
           : text_of(SigningAnswer{std::unexpected(SigningRefused{SigningRefusal::kRequest, line.error()})});
  const Deadline later = std::chrono::steady_clock::now() + std::chrono::milliseconds{serving.patience.raw()};
  if (const auto sent = write_line(client, answer, later); !sent)
    return "the answer was lost: " + sent.error();
  const auto read = parse_signing_answer(answer);
  if (read && *read) return fmt::format("signed by {}", (*read)->size());
  return read ? fmt::format("refused: {}", row_of(read->error().why).name) : read.error();
}

}  // namespace

std::expected<void, std::string> serve(Signer& signer, const FileLock&, const Serving& serving,
                                       const std::stop_token& stop) {
  const auto listener = listen_at(serving.socket, serving.client.has_value());
  if (!listener) return std::unexpected(listener.error());
  serving.listening();
  while (!stop.stop_requested()) {
    pollfd one{listener->fd(), POLLIN, 0};
    if (::poll(&one, 1, kLookForStopMs) <= 0) continue;
    const LocalSocket client{::accept4(listener->fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (client.open()) serving.told(attend(signer, serving, client));
  }
  std::error_code none;
  std::filesystem::remove(serving.socket, none);
  return {};
}

}  // namespace theca::signer
