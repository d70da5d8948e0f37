#include "air/socket.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace theca::air {
namespace {

std::string said(const Endpoint& endpoint, const char* doing, int error) {
  return std::string{"cannot "} + doing + " " + to_text(endpoint) + ": " + std::strerror(error);
}

void make_impatient(int fd) {
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // fails on a socket file, and may
}

sockaddr_un file_address(const Endpoint& endpoint) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy_n(endpoint.path.begin(), std::min(endpoint.path.size(), sizeof address.sun_path - 1),
              address.sun_path);
  return address;
}

struct Resolved {
  addrinfo* list = nullptr;
  ~Resolved() {
    if (list != nullptr) ::freeaddrinfo(list);
  }
};

/// Makes a socket for each address of the endpoint until `use` takes one.
template <class Use>
std::expected<Socket, std::string> make(const Endpoint& endpoint, const char* doing, Use&& use) {
  if (!endpoint.path.empty()) {
    Socket made{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const sockaddr_un address = file_address(endpoint);
    if (!made.open() ||
        !use(made.fd(), reinterpret_cast<const sockaddr*>(&address), socklen_t{sizeof address}))
      return std::unexpected(said(endpoint, doing, errno));
    make_impatient(made.fd());
    return made;
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  Resolved resolved;
  const int error =
      ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &resolved.list);
  if (error != 0) return std::unexpected("cannot find " + to_text(endpoint) + ": " + ::gai_strerror(error));
  int last = EADDRNOTAVAIL;
  for (const addrinfo* one = resolved.list; one != nullptr; one = one->ai_next) {
    Socket made{::socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, one->ai_protocol)};
    if (made.open() && use(made.fd(), one->ai_addr, one->ai_addrlen)) {
      make_impatient(made.fd());
      return made;
    }
    last = errno;
  }
  return std::unexpected(said(endpoint, doing, last));
}

}  // namespace

Socket::~Socket() {
  if (fd_ >= 0) ::close(fd_);
}

void Socket::send(link::Bytes bytes) {
  while (!bytes.empty() && open()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
    } else if (sent < 0 && errno != EINTR) {
      *this = Socket{};
    }
  }
}

std::vector<std::uint8_t> Socket::receive(std::size_t most) {
  std::vector<std::uint8_t> bytes(most);
  const ssize_t got = open() ? ::recv(fd_, bytes.data(), bytes.size(), 0) : 0;
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  const bool waits = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  if (got <= 0 && !waits) *this = Socket{};
  return bytes;
}

std::expected<Socket, std::string> listen_at(const Endpoint& endpoint) {
  return make(endpoint, "listen at", [&](int fd, const sockaddr* address, socklen_t length) {
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (!endpoint.path.empty()) {
      // A socket file that nobody listens at any more is in the way; anything else stays.
      struct stat there {};
      const bool stale = ::stat(endpoint.path.c_str(), &there) == 0 && S_ISSOCK(there.st_mode) &&
                         !connect_to(endpoint).has_value();
      if (stale) ::unlink(endpoint.path.c_str());
      const mode_t before = ::umask(0077);
      const int bound = ::bind(fd, address, length);
      const int error = errno;
      ::umask(before);
      errno = error;
      if (bound != 0) return false;
    } else if (::bind(fd, address, length) != 0) {
      return false;
    }
    constexpr int kWaiting = 64;
    return ::listen(fd, kWaiting) == 0;
  });
}

Socket accept_from(const Socket& listener) {
  Socket made{::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC)};
  if (made.open()) make_impatient(made.fd());
  return made;
}

std::expected<Socket, std::string> connect_to(const Endpoint& endpoint) {
  return make(endpoint, "reach", [](int fd, const sockaddr* address, socklen_t length) {
    return ::connect(fd, address, length) == 0;
  });
}

std::optional<std::vector<std::uint8_t>> FrameStream::next() {
  std::size_t skipped = 0;
  while (skipped < bytes_.size() && (bytes_[skipped] == 0 || bytes_[skipped] >= link::kMostFrame)) ++skipped;
  bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(skipped));
  if (bytes_.empty() || bytes_.size() < std::size_t{bytes_[0]} + 1) return std::nullopt;
  const auto end = bytes_.begin() + bytes_[0] + 1;
  std::vector<std::uint8_t> frame(bytes_.begin(), end);
  bytes_.erase(bytes_.begin(), end);
  return frame;
}

}  // namespace theca::air
