#include "files/whole_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace theca {
namespace {

std::unexpected<std::string> said(const std::filesystem::path& path) {
  return std::unexpected(path.string() + ": " + std::strerror(errno));
}

}  // namespace

OpenFile::~OpenFile() {
  if (fd_ >= 0) ::close(fd_);
}

std::expected<void, std::string> write_all(int fd, const std::filesystem::path& path, std::string_view text) {
  while (!text.empty()) {
    const ssize_t some = ::write(fd, text.data(), text.size());
    if (some < 0 && errno == EINTR) continue;
    if (some <= 0) return said(path);
    text.remove_prefix(static_cast<std::size_t>(some));
  }
  return {};
}

namespace {

/// Where it stands now.
std::expected<std::filesystem::path, std::string> written_beside(const std::filesystem::path& path,
                                                                 std::string_view text, mode_t mode) {
  const std::filesystem::path unfinished = path.string() + ".new";
  ::unlink(unfinished.c_str());
  const OpenFile file{::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)};
  if (!file.is_open()) return said(unfinished);
  if (const auto written = write_all(file.fd(), unfinished, text); !written)
    return std::unexpected(written.error());
  if (::fsync(file.fd()) != 0) return said(unfinished);
  return unfinished;
}

}  // namespace

std::expected<void, std::string> sync_folder_of(const std::filesystem::path& path) {
  const auto folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path{"."};
  const OpenFile entry{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!entry.is_open() || ::fsync(entry.fd()) != 0) return said(folder);
  return {};
}

std::expected<void, std::string> write_whole(const std::filesystem::path& path, std::string_view text,
                                             mode_t mode) {
  const auto unfinished = written_beside(path, text, mode);
  if (!unfinished) return std::unexpected(unfinished.error());
  if (::link(unfinished->c_str(), path.c_str()) != 0) return said(path);  // unlike rename, replaces nothing
  ::unlink(unfinished->c_str());
  return sync_folder_of(path);
}

std::expected<void, std::string> replace_whole(const std::filesystem::path& path, std::string_view text,
                                               mode_t mode) {
  const auto unfinished = written_beside(path, text, mode);
  if (!unfinished) return std::unexpected(unfinished.error());
  if (::rename(unfinished->c_str(), path.c_str()) != 0) return said(path);
  return sync_folder_of(path);
}

}  // namespace theca
