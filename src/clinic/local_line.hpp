#pragma once
/// A line of text each way over a socket file, with a limit of size and of time.

#include <chrono>
#include <cstddef>
#include <expected>
#include <filesystem>
#include <string>
#include <utility>

namespace theca {

using Deadline = std::chrono::steady_clock::time_point;

class LocalSocket {
 public:
  LocalSocket() = default;
  explicit LocalSocket(int fd) : fd_(fd) {}
  LocalSocket(LocalSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  LocalSocket& operator=(LocalSocket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~LocalSocket();
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool open() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// Errors are sentences that begin with the path.
std::expected<LocalSocket, std::string> connect_to(const std::filesystem::path& path);
/// A socket file that nobody listens at any more is in the way and goes; anything else stays. With `anyone`
/// every user of the machine may connect, and who it is has to be asked then.
std::expected<LocalSocket, std::string> listen_at(const std::filesystem::path& path, bool anyone);

/// Without its end. Errors: nothing came in time, or too much.
std::expected<std::string, std::string> read_line(const LocalSocket& socket, std::size_t most,
                                                  Deadline until);
std::expected<void, std::string> write_line(const LocalSocket& socket, std::string line, Deadline until);

/// Why there is no answer.
struct NoLine {
  std::string why;
  bool asked = false;  // somebody may have heard the question
};
/// One line, one answer, in so much time in all.
std::expected<std::string, NoLine> ask_line(const std::filesystem::path& path, std::string line,
                                            std::size_t most, std::chrono::milliseconds patience);

}  // namespace theca
