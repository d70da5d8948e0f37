#pragma once
/// Lines of a backup's file: written and read in their order, with one SHA-256 over all but the last.

#include <sodium.h>

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "clinic/record_error.hpp"
#include "files/whole_file.hpp"

namespace theca::records {

inline constexpr std::size_t kLongestBackupLine = std::size_t{4} << 20U;

class BackupHash {
 public:
  BackupHash() { crypto_hash_sha256_init(&state_); }
  void add(std::string_view line);
  /// Of the lines so far, 64 hexadecimal digits.
  [[nodiscard]] std::string digits() const;

 private:
  crypto_hash_sha256_state state_{};
};

/// Under another name until it is finished; what is not finished goes with it.
class BackupWriter {
 public:
  /// kConflict when there is such a file.
  static Recorded<std::unique_ptr<BackupWriter>> make(std::filesystem::path file);
  BackupWriter(const BackupWriter&) = delete;
  BackupWriter& operator=(const BackupWriter&) = delete;
  ~BackupWriter();

  Recorded<void> line(std::string_view text);
  [[nodiscard]] std::string hash() const { return hash_.digits(); }
  /// The last line, which the hash does not cover, and the file in its place.
  Recorded<void> finish(std::string_view last);

 private:
  BackupWriter(std::filesystem::path file, std::filesystem::path unfinished, int fd)
      : file_(std::move(file)), unfinished_(std::move(unfinished)), open_(fd) {}
  Recorded<void> put(std::string_view text);
  Recorded<void> flush();

  std::filesystem::path file_, unfinished_;
  OpenFile open_;
  std::string waiting_;
  BackupHash hash_;
};

class BackupReader {
 public:
  static Recorded<std::unique_ptr<BackupReader>> open(std::filesystem::path file);

  /// Nothing behind the last line. kInvalid when it does not end, or is longer than kLongestBackupLine.
  Recorded<std::optional<std::string>> next();
  /// Of every line before the one that came last.
  [[nodiscard]] std::string hash() const { return hash_.digits(); }
  [[nodiscard]] std::size_t number() const { return number_; }
  /// kInvalid, with the file and the line.
  [[nodiscard]] std::unexpected<RecordError> wrong(const std::string& why) const;

 private:
  BackupReader(std::filesystem::path file, int fd) : file_(std::move(file)), open_(fd) {}

  std::filesystem::path file_;
  OpenFile open_;
  std::string read_;  // what was read and not given yet, from `at_`
  std::size_t at_ = 0, number_ = 0;
  std::optional<std::string> last_;
  BackupHash hash_;
};

}  // namespace theca::records
