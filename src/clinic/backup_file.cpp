#include "clinic/backup_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "clinic/encoding.hpp"

namespace theca::records {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20U;  // bytes written or read at once

std::unexpected<RecordError> said(const std::filesystem::path& file) {
  return failed(RecordFault::kInvalid, fmt::format("{}: {}", file.string(), std::strerror(errno)));
}

std::unexpected<RecordError> there_already(const std::filesystem::path& file) {
  return failed(RecordFault::kConflict,
                fmt::format("{}: there is such a file, and a backup is never written over another; give "
                            "another name",
                            file.string()));
}

}  // namespace

void BackupHash::add(std::string_view line) {
  const Bytes bytes = bytes_of(line);
  crypto_hash_sha256_update(&state_, bytes.data(), bytes.size());
  const std::uint8_t end = '\n';
  crypto_hash_sha256_update(&state_, &end, 1);
}

std::string BackupHash::digits() const {
  crypto_hash_sha256_state copy = state_;
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256_final(&copy, hash.data());
  return hex(hash);
}

Recorded<std::unique_ptr<BackupWriter>> BackupWriter::make(std::filesystem::path file) {
  std::error_code unseen;
  if (std::filesystem::exists(std::filesystem::symlink_status(file, unseen))) return there_already(file);
  const std::filesystem::path unfinished = file.string() + ".part";
  const auto busy = [&] {
    return failed(RecordFault::kConflict,
                  unfinished.string() + ": another backup is being written to this file");
  };
  {  // What one that was killed left; it may be another name of a file that is finished, so nothing is cut.
    const OpenFile left{::open(unfinished.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW)};
    if (left.is_open() && ::flock(left.fd(), LOCK_EX | LOCK_NB) != 0) return busy();
    if (left.is_open() && ::unlink(unfinished.c_str()) != 0) return said(unfinished);
  }
  const int fd = ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0 && errno == EEXIST) return busy();
  if (fd < 0) return said(unfinished);
  std::unique_ptr<BackupWriter> writer{new BackupWriter(std::move(file), unfinished, fd)};
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) return busy();
  return writer;
}

BackupWriter::~BackupWriter() {
  if (!unfinished_.empty()) ::unlink(unfinished_.c_str());
}

Recorded<void> BackupWriter::put(std::string_view text) {
  waiting_ += text;
  waiting_ += '\n';
  return waiting_.size() < kBlock ? Recorded<void>{} : flush();
}

Recorded<void> BackupWriter::flush() {
  const auto written = write_all(open_.fd(), unfinished_, waiting_);
  if (!written) return failed(RecordFault::kInvalid, written.error());
  waiting_.clear();
  return {};
}

Recorded<void> BackupWriter::line(std::string_view text) {
  if (text.size() > kLongestBackupLine)
    return failed(RecordFault::kInvalid, fmt::format("a row is {} bytes long, and a backup's are at most {}",
                                                     text.size(), kLongestBackupLine));
  hash_.add(text);
  return put(text);
}

Recorded<void> BackupWriter::finish(std::string_view last) {
  if (const auto done = put(last); !done) return done;
  if (const auto done = flush(); !done) return done;
  if (::fsync(open_.fd()) != 0) return said(unfinished_);
  if (::link(unfinished_.c_str(), file_.c_str()) != 0)  // unlike rename, replaces nothing
    return errno == EEXIST ? there_already(file_) : said(file_);
  ::unlink(unfinished_.c_str());
  unfinished_.clear();
  if (const auto synced = sync_folder_of(file_); !synced)
    return failed(RecordFault::kInvalid, synced.error());
  return {};
}

Recorded<std::unique_ptr<BackupReader>> BackupReader::open(std::filesystem::path file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return said(file);
  return std::unique_ptr<BackupReader>{new BackupReader(std::move(file), fd)};
}

std::unexpected<RecordError> BackupReader::wrong(const std::string& why) const {
  return failed(RecordFault::kInvalid, fmt::format("{}: line {}: {}", file_.string(), number_, why));
}

Recorded<std::optional<std::string>> BackupReader::next() {
  if (last_) hash_.add(*last_);
  last_.reset();
  ++number_;
  std::size_t end = read_.find('\n', at_);
  while (end == std::string::npos) {
    if (read_.size() - at_ > kLongestBackupLine)
      return wrong(
          fmt::format("is longer than {} bytes; this is no backup, or it was damaged", kLongestBackupLine));
    read_.erase(0, at_);
    at_ = 0;
    const std::size_t before = read_.size();
    read_.resize(before + kBlock);
    const ssize_t some = ::read(open_.fd(), read_.data() + before, kBlock);
    read_.resize(before + static_cast<std::size_t>(some > 0 ? some : 0));
    if (some < 0 && errno == EINTR) continue;
    if (some < 0) return said(file_);
    if (some == 0) {
      if (before == 0) return std::nullopt;
      return wrong("does not end: the file was cut");
    }
    end = read_.find('\n', before);
  }
  last_ = read_.substr(at_, end - at_);
  at_ = end + 1;
  return last_;
}

}  // namespace theca::records
