#pragma once
/// A few bytes that outlive power, in two places of two pages each: both pages of a place hold the same, and
/// what is in one place stays whole while the other is written. Which place counts is the caller's matter.

#include <cstddef>
#include <cstdint>
#include <span>

#include "pump/nvm.hpp"

namespace theca {

class TwinPages {
 public:
  static constexpr std::uint32_t kPlaces = 2, kPagesOfPlace = 2;
  /// First word: mark and length; last word: makes the page count.
  static constexpr std::size_t kMostBytes = (kPageWords - 2) * 8;

  TwinPages(Nvm& nvm, std::uint32_t first_page) : nvm_(nvm), first_page_(first_page) {}

  struct Found {
    bool spoilt = false;  // both pages were written to their ends, and neither is whole: no power cut
    bool whole = false;   // `out` holds it
    bool both = false;    // in both pages
    std::uint32_t generation = 0;  // of what is whole
    std::size_t size = 0;
  };
  /// Reads a place into `out`, which holds kMostBytes. Of two pages that differ the newer counts.
  [[nodiscard]] Found read(std::uint32_t place, std::span<std::uint8_t> out) const;
  /// Writes `bytes`, at most kMostBytes, over a place; how many of its pages hold them then.
  int write(std::uint32_t place, std::uint32_t generation, std::span<const std::uint8_t> bytes);
  /// Erases a place; true when nothing of it is left.
  bool erase(std::uint32_t place);

 private:
  struct Page {
    bool written = false, whole = false;
    std::uint32_t generation = 0;
    std::size_t size = 0;
  };
  [[nodiscard]] std::uint32_t page_of(std::uint32_t place, std::uint32_t which) const {
    return first_page_ + place * kPagesOfPlace + which;
  }
  [[nodiscard]] Page look(std::uint32_t page) const;
  void copy(std::uint32_t page, std::size_t size, std::span<std::uint8_t> out) const;

  Nvm& nvm_;
  std::uint32_t first_page_;
};

}  // namespace theca
