#pragma once
/// Sockets that close themselves, and frames cut out of a stream of bytes.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "air/address.hpp"
#include "link/frame.hpp"

namespace theca::air {

class Socket {
 public:
  Socket() = default;
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Socket();
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool open() const { return fd_ >= 0; }

  /// Sends all of it or closes: a reader who does not read is not waited for.
  void send(link::Bytes bytes);
  /// What has come, up to `most` bytes; closes at the end of the stream. Does not wait.
  std::vector<std::uint8_t> receive(std::size_t most = 4'096);

 private:
  int fd_ = -1;
};

std::expected<Socket, std::string> listen_at(const Endpoint& endpoint);
/// The next that wants to come in; not open when there is none.
Socket accept_from(const Socket& listener);
std::expected<Socket, std::string> connect_to(const Endpoint& endpoint);

/// Cuts frames out of a stream by their lengths. A length that no frame has is skipped.
class FrameStream {
 public:
  void add(const std::vector<std::uint8_t>& bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  std::optional<std::vector<std::uint8_t>> next();

 private:
  std::vector<std::uint8_t> bytes_;
};

}  // namespace theca::air
