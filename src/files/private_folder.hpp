#pragma once
/// A folder of small files that are their owner's alone, and outlast the power: what was written is there
/// when `write` comes back, whole, or the old is.

#include <cstddef>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace theca {

/// Small files by name. Errors are sentences that begin with the file's name.
class Files {
 public:
  Files() = default;
  Files(const Files&) = default;
  Files& operator=(const Files&) = default;
  virtual ~Files() = default;
  /// Nothing when there is none.
  virtual std::expected<std::optional<std::string>, std::string> read(const std::string& name) const = 0;
  virtual std::expected<void, std::string> write(const std::string& name, const std::string& text) = 0;
};

/// Held until it goes; a process that dies lets it go.
class FileLock {
 public:
  explicit FileLock(int fd) : fd_(fd) {}
  FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileLock& operator=(FileLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileLock();

 private:
  int fd_;
};

class PrivateFolder final : public Files {
 public:
  static constexpr std::size_t kMostBytes = std::size_t{16} << 20;

  /// Made when it is missing; refused when it is somebody else's or open to others.
  static std::expected<PrivateFolder, std::string> open(const std::filesystem::path& path);

  /// Refuses a file that is no file, that is somebody else's, that anybody else may read or write, or that is
  /// larger than kMostBytes.
  std::expected<std::optional<std::string>, std::string> read(const std::string& name) const override;
  std::expected<void, std::string> write(const std::string& name, const std::string& text) override;

  /// For one process at a time; `what` tells what the other is doing: "signs already".
  [[nodiscard]] std::expected<FileLock, std::string> lock(const std::string& name, const char* what) const;

 private:
  explicit PrivateFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace theca
