#pragma once
/// A file that is on no disk, readable by its owner alone.

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <string>

#include "verify/fuzz/fuzz.hpp"

namespace theca::fuzz {

class MemoryFile {
 public:
  explicit MemoryFile(Bytes bytes = {}) : fd_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    const bool made = fd_ >= 0 && ::fchmod(fd_, S_IRUSR | S_IWUSR) == 0 &&
                      ::write(fd_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
    if (!made) throw std::runtime_error("no file in memory");
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(fd_); }
  [[nodiscard]] std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

}  // namespace theca::fuzz
