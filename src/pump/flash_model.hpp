#pragma once
/// The lasting memory on a host: pages that wear, words that tear, bits that rot, pages that stick. What it
/// holds outlives the pump that writes to it.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "pump/nvm.hpp"

namespace theca {

class FlashModel final : public Nvm {
 public:
  /// What a power cut leaves of the word that was being programmed (or of the page being erased).
  enum class Torn : std::uint8_t { kNothing, kHalf, kRandom };

  FlashModel();
  FlashModel(const FlashModel&) = delete;

  [[nodiscard]] Word read(std::uint32_t address) const override {
    const Page* page = pages_[address / kPageWords].get();
    return page == nullptr ? kErased : (*page)[address % kPageWords];
  }
  bool program(std::uint32_t address, Word value) override;
  bool erase(std::uint32_t page) override;

  /// Power goes while the `writes`-th write from now is made: 1 is the next. Nothing after it reaches the
  /// memory.
  void cut_after(std::int64_t writes, Torn torn, std::uint64_t seed = 1);
  /// Power is back.
  void power_on() { writes_left_ = kUncut; }
  [[nodiscard]] bool cut() const { return writes_left_ <= 0; }

  /// Told of every word that has changed, with what it is now: for a copy that outlives the process.
  void mirror(std::function<void(std::uint32_t address, Word value)> mirror) { mirror_ = std::move(mirror); }
  /// Puts back what a mirror was told. Not a write.
  void put_back(std::uint32_t address, Word value) {
    if (value != kErased) page(address / kPageWords)[address % kPageWords] = value;
  }

  void flip(std::uint32_t address, int bit);
  /// From now on the page takes neither program nor erase.
  void stick(std::uint32_t page) { stuck_[page] = 1; }

  /// A copy that shares nothing.
  [[nodiscard]] std::unique_ptr<FlashModel> clone() const;
  [[nodiscard]] std::int64_t writes() const { return writes_; }
  [[nodiscard]] std::uint32_t erases(std::uint32_t page) const { return erases_[page]; }
  /// Words that were programmed without an erase before: never, if the pump keeps the rules of flash.
  [[nodiscard]] std::int64_t broken_rules() const { return broken_rules_; }

 private:
  using Page = std::array<Word, kPageWords>;
  [[nodiscard]] Page& page(std::uint32_t number);
  enum class Power : std::uint8_t { kOn, kGoes, kGone };  // during a write
  /// Counts a write and tells what becomes of it.
  Power take() {
    if (writes_left_ <= 0) return Power::kGone;
    ++writes_;
    return --writes_left_ == 0 ? Power::kGoes : Power::kOn;
  }
  [[nodiscard]] Word scramble(Word from, Word to);

  std::vector<std::unique_ptr<Page>> pages_;  // none: erased
  std::vector<std::uint32_t> erases_;
  std::vector<std::uint8_t> stuck_;  // 0 or 1, by page
  static constexpr std::int64_t kUncut = INT64_MAX;
  std::int64_t writes_left_ = kUncut;
  Torn torn_ = Torn::kNothing;
  std::uint64_t random_ = 1;
  std::int64_t writes_ = 0;
  std::int64_t broken_rules_ = 0;
  std::function<void(std::uint32_t, Word)> mirror_;
};

}  // namespace theca
