#pragma once
/// A record that is written as a whole, generation after generation, and outlives power: all old or all new
/// (INV-6). Once the newest is lost in both copies it is lost; an older one is not taken for it (INV-8).

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "implant/twin_pages.hpp"
#include "link/wire.hpp"

namespace theca {

template <class Record, std::uint32_t kFirstPage>
class TwinRecord {
 public:
  explicit TwinRecord(Nvm& nvm) : pages_(nvm, kFirstPage) {}

  enum class Found : std::uint8_t { kBlank, kGood, kLost };
  /// kLost: `out` is the newest that can be read, if any can.
  Found load(Record& out) {
    std::array<std::uint8_t, TwinPages::kMostBytes> bytes{};
    bool good = false, spoilt = false;
    for (std::uint32_t place = 0; place < TwinPages::kPlaces; ++place) {
      const TwinPages::Found found = pages_.read(place, bytes);
      const auto record =
          found.whole ? link::read<Record>(std::span{bytes}.first(found.size)) : std::optional<Record>{};
      spoilt = spoilt || found.spoilt || (found.whole && !record);
      if (!record || (good && found.generation < generation_)) continue;
      good = true;
      generation_ = found.generation;
      out = *record;
    }
    return spoilt ? Found::kLost : good ? Found::kGood : Found::kBlank;
  }

  /// The next generation; false when not one page takes it, and the old one counts on. It always stands in
  /// two pages, in one place or in both, as long as two take it.
  bool keep(const Record& record) {
    const std::uint32_t first = generation_ + 1;
    const std::uint32_t place = first % TwinPages::kPlaces;
    const int stand = write(record, first, place);
    if (stand == static_cast<int>(TwinPages::kPagesOfPlace)) return true;
    // A page of this place takes nothing: what stands in the other page alone, or in none, would be replaced
    // by something older when that one rots.
    return write(record, first + 1, (place + 1) % TwinPages::kPlaces) + stand > 0;
  }
  /// In every page of both places: where this is true, nothing stays of what was kept before.
  bool keep_alone(const Record& record) {
    const std::uint32_t first = generation_ + 1;
    int stand = 0;
    for (std::uint32_t next = first; next < first + TwinPages::kPlaces; ++next)
      stand += write(record, next, next % TwinPages::kPlaces);
    return stand == static_cast<int>(TwinPages::kPlaces * TwinPages::kPagesOfPlace);
  }
  /// Nothing was ever kept.
  [[nodiscard]] bool blank() const { return generation_ == 0; }

 private:
  int write(const Record& record, std::uint32_t generation, std::uint32_t place) {
    const int stand = pages_.write(place, generation, link::written(record));
    if (stand > 0) generation_ = generation;
    return stand;
  }

  TwinPages pages_;
  std::uint32_t generation_ = 0;
};

}  // namespace theca
