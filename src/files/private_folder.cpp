#include "files/private_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "files/whole_file.hpp"

namespace theca {
namespace {

constexpr mode_t kOthers = S_IRWXG | S_IRWXO;
constexpr mode_t kOwner = S_IRUSR | S_IWUSR;

std::unexpected<std::string> wrong(const std::filesystem::path& path, const std::string& why) {
  return std::unexpected(path.string() + ": " + why);
}
std::unexpected<std::string> said(const std::filesystem::path& path) {
  return wrong(path, std::strerror(errno));
}

}  // namespace

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

std::expected<PrivateFolder, std::string> PrivateFolder::open(const std::filesystem::path& path) {
  if (::mkdir(path.c_str(), S_IRWXU) != 0 && errno != EEXIST) return said(path);
  struct stat there {};
  if (::lstat(path.c_str(), &there) != 0) return said(path);
  if (!S_ISDIR(there.st_mode)) return wrong(path, "is no folder");
  if (there.st_uid != ::geteuid()) return wrong(path, "is for keys and belongs to somebody else");
  if ((there.st_mode & kOthers) != 0)
    return wrong(path, fmt::format("is for keys and is open to others (mode {:03o}); chmod 700 it",
                                   there.st_mode & 0777));
  return PrivateFolder{path};
}

std::expected<std::optional<std::string>, std::string> PrivateFolder::read(const std::string& name) const {
  const auto path = path_ / name;
  const OpenFile file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  if (!file.is_open() && errno == ENOENT) return std::nullopt;
  if (!file.is_open()) return said(path);
  struct stat there {};
  if (::fstat(file.fd(), &there) != 0) return said(path);
  if (!S_ISREG(there.st_mode)) return wrong(path, "is no file");
  if (there.st_uid != ::geteuid()) return wrong(path, "belongs to somebody else");
  if ((there.st_mode & kOthers) != 0)
    return wrong(path, fmt::format("is open to others (mode {:03o}); chmod 600 it if you trust it still",
                                   there.st_mode & 0777));
  std::string text;
  std::array<char, 4'096> part{};
  for (;;) {
    const ssize_t some = ::read(file.fd(), part.data(), part.size());
    if (some < 0 && errno == EINTR) continue;
    if (some < 0) return said(path);
    if (some == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(some));
    if (text.size() > kMostBytes) return wrong(path, fmt::format("has more than {} bytes", kMostBytes));
  }
}

std::expected<void, std::string> PrivateFolder::write(const std::string& name, const std::string& text) {
  return replace_whole(path_ / name, text, kOwner);
}

std::expected<FileLock, std::string> PrivateFolder::lock(const std::string& name, const char* what) const {
  const auto path = path_ / name;
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kOwner);
  if (fd < 0) return said(path);
  FileLock lock{fd};
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) return wrong(path, fmt::format("another process {}", what));
  return lock;
}

}  // namespace theca
