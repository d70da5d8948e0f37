#pragma once
/// Files that are on the disk when a function returns.

#include <sys/types.h>

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

namespace theca {

/// A file descriptor that closes itself.
class OpenFile {
 public:
  explicit OpenFile(int fd) : fd_(fd) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile();
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }

 private:
  int fd_;
};

/// Errors are sentences that begin with the path.
std::expected<void, std::string> write_all(int fd, const std::filesystem::path& path, std::string_view text);
/// Written beside, synced, put in its place; refuses to replace a file.
std::expected<void, std::string> write_whole(const std::filesystem::path& path, std::string_view text,
                                             mode_t mode);
/// The same in the place of one that may be there: until it is done the old one stands.
std::expected<void, std::string> replace_whole(const std::filesystem::path& path, std::string_view text,
                                               mode_t mode);
/// The folder's own entry of a file that was just made.
std::expected<void, std::string> sync_folder_of(const std::filesystem::path& path);

}  // namespace theca
