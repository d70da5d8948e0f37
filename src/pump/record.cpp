#include "pump/record.hpp"

namespace theca {

RecordPlaces find_records(const Nvm& nvm, std::uint32_t first, std::uint32_t words) {
  RecordPlaces places;
  const std::uint32_t end = first + words;
  for (std::uint32_t head = first; head < end;) {
    const Word word = nvm.read(head);
    const auto id = static_cast<std::uint8_t>(word);
    const auto version = static_cast<std::uint8_t>(word >> 8);
    const auto length = static_cast<std::uint16_t>(word >> 16);
    if (id >= kRecordCount || version != RecordHead::kVersion || length >= end - head) break;
    Crc32c sum;
    for (std::uint32_t i = 1; i <= length; ++i) sum.add(nvm.read(head + i));
    if (word == RecordHead::make(static_cast<RecordId>(id), length, sum)) {
      places[id] = RecordPlace{head + 1, length};
    }
    head += length + 1;
  }
  return places;
}

}  // namespace theca
