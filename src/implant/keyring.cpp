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

bool KeyringStore::keep(const Keyring& keyring) {
  const auto bytes = link::written(keyring);
  const std::uint32_t next = generation_ + 1;
  if (pages_.write(next % TwinPages::kPlaces, next, bytes) == 0) return false;
  generation_ = next;
  return true;
}

}  // namespace theca
