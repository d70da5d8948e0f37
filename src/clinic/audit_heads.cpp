#include "clinic/audit_heads.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>

#include "files/whole_file.hpp"

namespace theca::records {
namespace {

constexpr std::string_view kBegins = "theca audit head 1 ";
constexpr std::size_t kHashDigits = 64;

std::optional<std::int64_t> number_of(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (wrong != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

bool is_hash(const std::string& text) {
  return text.size() == kHashDigits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::unexpected<RecordError> said(const std::filesystem::path& file) {
  return failed(RecordFault::kAudit, fmt::format("{}: {}", file.string(), std::strerror(errno)));
}

/// Bytes of the file that are finished lines.
Recorded<off_t> finished_length(int fd, const std::filesystem::path& file) {
  off_t length = ::lseek(fd, 0, SEEK_END);
  if (length < 0) return said(file);
  for (char last = 0; length > 0; --length) {
    if (::pread(fd, &last, 1, length - 1) != 1) return said(file);
    if (last == '\n') break;
  }
  return length;
}

}  // namespace

std::string line_of(const AuditHead& head) {
  return fmt::format("{}{} {} {} {} {}", kBegins, head.database, head.sequence, head.at_ms, head.hash,
                     head.reason);
}

std::optional<AuditHead> head_of(const std::string& line) {
  if (!line.starts_with(kBegins)) return std::nullopt;
  std::istringstream words{line.substr(kBegins.size())};
  AuditHead head;
  std::string sequence, at_ms;
  words >> head.database >> sequence >> at_ms >> head.hash >> head.reason;
  const auto sequence_number = number_of(sequence), at = number_of(at_ms);
  if (!sequence_number || !at || !is_hash(head.database) || !is_hash(head.hash)) return std::nullopt;
  head.sequence = *sequence_number;
  head.at_ms = *at;
  if (line_of(head) != line) return std::nullopt;
  return head;
}

Recorded<void> append_head(const std::filesystem::path& file, const AuditHead& head) {
  const bool fresh = !std::filesystem::exists(file);
  const OpenFile open{::open(file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR)};
  if (!open.is_open() || ::flock(open.fd(), LOCK_EX) != 0) return said(file);
  const auto finished = finished_length(open.fd(), file);
  if (!finished) return std::unexpected(finished.error());
  if (*finished != ::lseek(open.fd(), 0, SEEK_END) && ::ftruncate(open.fd(), *finished) != 0)
    return said(file);
  if (const auto written = write_all(open.fd(), file, line_of(head) + "\n"); !written)
    return failed(RecordFault::kAudit, written.error());
  if (::fsync(open.fd()) != 0) return said(file);
  if (fresh) {
    if (const auto synced = sync_folder_of(file); !synced) return failed(RecordFault::kAudit, synced.error());
  }
  return {};
}

Recorded<std::vector<HeadLine>> read_heads(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  if (!in.is_open()) return said(file);
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  std::vector<HeadLine> lines;
  for (std::size_t begin = 0, end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
    lines.push_back(
        {lines.size() + 1, head_of(text.substr(begin, end - begin)), text.substr(begin, end - begin)});
  return lines;
}

}  // namespace theca::records
