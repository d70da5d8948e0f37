#include "clinic/local_line.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

namespace theca {
namespace {

using Wrong = std::unexpected<std::string>;

std::optional<sockaddr_un> address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& text = path.native();
  if (text.empty() || text.size() >= sizeof address.sun_path) return std::nullopt;
  std::ranges::copy(text, address.sun_path);
  return address;
}
Wrong too_long(const std::filesystem::path& path) {
  return Wrong(
      fmt::format("{}: a socket's path has 1 to {} bytes", path.string(), sizeof(sockaddr_un::sun_path) - 1));
}
Wrong said(const std::filesystem::path& path) { return Wrong(path.string() + ": " + std::strerror(errno)); }

/// Until the socket is ready; false: the time is over.
bool wait_for(const LocalSocket& socket, short what, Deadline until) {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    if (left <= 0) return false;
    pollfd one{socket.fd(), what, 0};
    const int ready = ::poll(&one, 1, static_cast<int>(std::min<long long>(left, 60'000)));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

}  // namespace

LocalSocket::~LocalSocket() {
  if (fd_ >= 0) ::close(fd_);
}

std::expected<LocalSocket, std::string> connect_to(const std::filesystem::path& path) {
  const auto address = address_of(path);
  if (!address) return too_long(path);
  LocalSocket made{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!made.open() ||
      ::connect(made.fd(), reinterpret_cast<const sockaddr*>(&*address), socklen_t{sizeof *address}) != 0)
    return said(path);
  return made;
}

std::expected<LocalSocket, std::string> listen_at(const std::filesystem::path& path, bool anyone) {
  const auto address = address_of(path);
  if (!address) return too_long(path);
  struct stat there {};
  const bool stale = ::lstat(path.c_str(), &there) == 0 && S_ISSOCK(there.st_mode) && !connect_to(path);
  if (stale) ::unlink(path.c_str());
  LocalSocket made{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!made.open()) return said(path);
  const mode_t before = ::umask(anyone ? 0 : 0077);
  const int bound =
      ::bind(made.fd(), reinterpret_cast<const sockaddr*>(&*address), socklen_t{sizeof *address});
  const int error = errno;
  ::umask(before);
  errno = error;
  constexpr int kWaiting = 16;
  if (bound != 0 || ::listen(made.fd(), kWaiting) != 0) return said(path);
  return made;
}

std::expected<std::string, std::string> read_line(const LocalSocket& socket, std::size_t most,
                                                  Deadline until) {
  std::string line;
  std::array<char, 4'096> part{};
  for (;;) {
    if (!wait_for(socket, POLLIN, until)) return Wrong("no whole line came in time");
    const ssize_t got = ::recv(socket.fd(), part.data(), part.size(), 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return Wrong(std::strerror(errno));
    if (got == 0) return Wrong("the line ended before its end");
    const std::string_view piece{part.data(), static_cast<std::size_t>(got)};
    const auto end = piece.find('\n');
    line += piece.substr(0, end);
    if (line.size() > most) return Wrong(fmt::format("the line has more than {} bytes", most));
    if (end != std::string_view::npos) return line;
  }
}

std::expected<void, std::string> write_line(const LocalSocket& socket, std::string line, Deadline until) {
  line += '\n';
  std::size_t sent = 0;
  while (sent < line.size()) {
    if (!wait_for(socket, POLLOUT, until)) return Wrong("the line was not taken in time");
    const ssize_t some = ::send(socket.fd(), line.data() + sent, line.size() - sent, MSG_NOSIGNAL);
    if (some < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (some < 0) return Wrong(std::strerror(errno));
    sent += static_cast<std::size_t>(some);
  }
  return {};
}

std::expected<std::string, NoLine> ask_line(const std::filesystem::path& path, std::string line,
                                            std::size_t most, std::chrono::milliseconds patience) {
  const Deadline until = std::chrono::steady_clock::now() + patience;
  const auto socket = connect_to(path);
  if (!socket) return std::unexpected(NoLine{socket.error()});
  const auto unanswered = [](const std::string& why) { return std::unexpected(NoLine{why, /*asked=*/true}); };
  if (const auto sent = write_line(*socket, std::move(line), until); !sent) return unanswered(sent.error());
  auto answer = read_line(*socket, most, until);
  if (!answer) return unanswered(answer.error());
  return *std::move(answer);
}

}  // namespace theca
