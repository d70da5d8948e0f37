#include "implant/keyring.hpp"

#include <array>

namespace theca {

KeyringStore::Found KeyringStore::load(Keyring& out) {
  std::array<std::uint8_t, TwinPages::kMostBytes> bytes{};
  bool good = false, spoilt = false;
  for (std::uint32_t place = 0; place < TwinPages::kPlaces; ++place) {
    const TwinPages::Found found = pages_.read(place, bytes);
    const auto keyring =
        found.whole ? link::read<Keyring>(std::span{bytes}.first(found.size)) : std::optional<Keyring>{};
    spoilt = spoilt || found.spoilt || (found.whole && !keyring);
    if (!keyring || (good && found.generation < generation_)) continue;
    good = true;
    generation_ = found.generation;
    out = *keyring;
  }
  return spoilt ? Found::kLost : good ? Found::kGood : Found::kBlank;
}

int KeyringStore::write(const Keyring& keyring, std::uint32_t generation, std::uint32_t place) {
  const int stand = pages_.write(place, generation, link::written(keyring));
  if (stand > 0) generation_ = generation;
  return stand;
}

bool KeyringStore::keep(const Keyring& keyring) {
  const std::uint32_t first = generation_ + 1;
  const std::uint32_t place = first % TwinPages::kPlaces;
  const int stand = write(keyring, first, place);
  // A place with a page that takes nothing: what stands in the other page alone, or in none, would be
  // replaced by something older when that one rots.
  const std::uint32_t other = (place + 1) % TwinPages::kPlaces;
  if (stand < static_cast<int>(TwinPages::kPagesOfPlace)) return write(keyring, first + 1, other) + stand > 0;
  return true;
}

}  // namespace theca
