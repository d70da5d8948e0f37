#pragma once
/// A memory that is whole but for one word.

#include "pump/flash_model.hpp"

namespace theca::example {

/// A memory of which one word takes nothing.
class BadWord final : public Nvm {
 public:
  BadWord(FlashModel& flash, std::uint32_t address) : flash_(flash), address_(address) {}
  [[nodiscard]] Word read(std::uint32_t address) const override { return flash_.read(address); }
  bool program(std::uint32_t address, Word value) override {
    return address == address_ ? value == kErased : flash_.program(address, value);
  }
  bool erase(std::uint32_t page) override { return flash_.erase(page); }

 private:
  FlashModel& flash_;
  std::uint32_t address_;
};

}  // namespace theca::example
