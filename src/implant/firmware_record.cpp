#include "implant/firmware_record.hpp"

#include <array>
#include <optional>
#include <span>

namespace theca {

FirmwareStore::Found FirmwareStore::load(FirmwareRecord& out) {
  std::array<std::uint8_t, TwinPages::kMostBytes> bytes{};
  bool good = false, spoilt = false;
  for (std::uint32_t place = 0; place < TwinPages::kPlaces; ++place) {
    const TwinPages::Found found = pages_.read(place, bytes);
    const auto record = found.whole ? link::read<FirmwareRecord>(std::span{bytes}.first(found.size))
                                    : std::optional<FirmwareRecord>{};
    spoilt = spoilt || found.spoilt || (found.whole && !record);
    if (!record || (good && found.generation < generation_)) continue;
    good = true;
    generation_ = found.generation;
    out = *record;
  }
  if (!spoilt) return good ? Found::kGood : Found::kBlank;
  out.stage = FirmwareStage::kNone;
  return Found::kLost;
}

bool FirmwareStore::keep(const FirmwareRecord& record) {
  const auto bytes = link::written(record);
  const std::uint32_t next = generation_ + 1;
  if (pages_.write(next % TwinPages::kPlaces, next, bytes) == 0) return false;
  generation_ = next;
  return true;
}

}  // namespace theca
