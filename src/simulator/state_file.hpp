#pragma once
/// The implant's lasting memory as a file. It holds keys: it is readable by its owner alone, and one that
/// others can read is refused. Each word stands there as soon as the pump has written it.

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <string>

#include "pump/flash_model.hpp"

namespace theca {

class StateFile {
 public:
  /// Opens it, or makes it, for a pump of this model; nobody else has it then. The error is a sentence.
  static std::expected<StateFile, std::string> open(const std::filesystem::path& path, std::uint16_t model);
  StateFile(StateFile&& other) noexcept;
  StateFile& operator=(StateFile&&) = delete;
  ~StateFile();

  /// A memory that holds what the file holds, and whose every change goes to the file. The file outlives it.
  std::unique_ptr<FlashModel> memory();
  /// It was made by open().
  [[nodiscard]] bool fresh() const { return fresh_; }

 private:
  StateFile() = default;
  int fd_ = -1;
  std::uint64_t* words_ = nullptr;  // of the whole file
  bool fresh_ = false;
};

}  // namespace theca
