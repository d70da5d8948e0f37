#include "air/private_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "files/whole_file.hpp"

namespace theca::air {
namespace {

constexpr mode_t kOthers = S_IRWXG | S_IRWXO;

std::unexpected<std::string> wrong(const std::filesystem::path& path, const std::string& why) {
  return std::unexpected(path.string() + ": " + why);
}
std::unexpected<std::string> said(const std::filesystem::path& path) {
  return wrong(path, std::strerror(errno));
}

}  // namespace

std::expected<void, std::string> write_private(const std::filesystem::path& path, const std::string& text) {
  return replace_whole(path, text, S_IRUSR | S_IWUSR);
}

std::expected<std::string, std::string> read_private(const std::filesystem::path& path) {
  const OpenFile file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file.is_open()) return said(path);
  struct stat there {};
  if (::fstat(file.fd(), &there) != 0) return said(path);
  if (!S_ISREG(there.st_mode)) return wrong(path, "is no file");
  if (there.st_uid != ::geteuid()) return wrong(path, "holds keys and belongs to somebody else");
  if ((there.st_mode & kOthers) != 0)
    return wrong(path, "holds keys and is open to others; chmod 600 it if you trust it still");
  std::string text;
  std::array<char, 4'096> part{};
  for (;;) {
    const ssize_t some = ::read(file.fd(), part.data(), part.size());
    if (some < 0 && errno == EINTR) continue;
    if (some < 0) return said(path);
    if (some == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(some));
  }
}

std::expected<void, std::string> private_folder(const std::filesystem::path& path) {
  if (::mkdir(path.c_str(), S_IRWXU) == 0) return {};
  if (errno != EEXIST) return said(path);
  struct stat there {};
  if (::stat(path.c_str(), &there) != 0) return said(path);
  if (!S_ISDIR(there.st_mode)) return wrong(path, "is no folder");
  if ((there.st_mode & kOthers) != 0) return wrong(path, "is for keys and is open to others; chmod 700 it");
  return {};
}

std::string to_hex(link::Bytes bytes) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 0xF];
  }
  return text;
}

bool from_hex(const std::string& text, link::Room out) {
  if (text.size() != out.size() * 2) return false;
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

}  // namespace theca::air
