#include "simulator/state_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace theca {
namespace {

constexpr std::uint64_t kMark = 0x3120'6163'6568'74ULL;  // "theca 1"
constexpr std::size_t kHead = 8;                         // words: mark, pages, model, and room
constexpr std::size_t kWords = kHead + std::size_t{kNvmPages} * kPageWords;
constexpr std::size_t kBytes = kWords * sizeof(std::uint64_t);

}  // namespace

StateFile::StateFile(StateFile&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), words_(std::exchange(other.words_, nullptr)), fresh_(other.fresh_) {}

StateFile::~StateFile() {
  if (words_ != nullptr) ::munmap(words_, kBytes);
  if (fd_ >= 0) ::close(fd_);
}

std::expected<StateFile, std::string> StateFile::open(const std::filesystem::path& path,
                                                      std::uint16_t model) {
  const auto wrong = [&](const std::string& why) { return std::unexpected(path.string() + ": " + why); };
  StateFile file;
  file.fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
  if (file.fd_ < 0) return wrong(std::strerror(errno));
  struct stat there {};
  if (::fstat(file.fd_, &there) != 0) return wrong(std::strerror(errno));
  if (!S_ISREG(there.st_mode)) return wrong("is no file");
  if ((there.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return wrong("holds keys and is open to others; chmod 600 it if you trust it still");
  if (::flock(file.fd_, LOCK_EX | LOCK_NB) != 0) return wrong("another process runs this pump");
  file.fresh_ = there.st_size == 0;
  if (!file.fresh_ && static_cast<std::size_t>(there.st_size) != kBytes)
    return wrong("is no pump's memory: " + std::to_string(there.st_size) + " bytes, and one has " +
                 std::to_string(kBytes));
  if (file.fresh_ && ::ftruncate(file.fd_, static_cast<off_t>(kBytes)) != 0)
    return wrong(std::strerror(errno));
  void* const mapped = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd_, 0);
  if (mapped == MAP_FAILED) return wrong(std::strerror(errno));
  file.words_ = static_cast<std::uint64_t*>(mapped);
  if (file.fresh_) {
    file.words_[1] = kNvmPages;
    file.words_[2] = model;
    file.words_[0] = kMark;
  }
  if (file.words_[0] != kMark || file.words_[1] != kNvmPages) return wrong("is no pump's memory");
  if (file.words_[2] != model)
    return wrong("is the memory of a pump of model " + std::to_string(file.words_[2]) + ", not " +
                 std::to_string(model));
  return file;
}

/// Words stand in the file turned over, so that what was never written costs no room.
std::unique_ptr<FlashModel> StateFile::memory() {
  auto memory = std::make_unique<FlashModel>();
  std::uint64_t* const words = words_ + kHead;
  for (std::uint32_t i = 0; i < kNvmPages * kPageWords; ++i) memory->put_back(i, ~words[i]);
  memory->mirror([words](std::uint32_t address, Word value) { words[address] = ~value; });
  return memory;
}

}  // namespace theca
