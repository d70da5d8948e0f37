#include "implant/keyring.hpp"

#include "pump/checksum.hpp"
#include "pump/flash_model.hpp"
#include "verify/fuzz/round_trip.hpp"
#include "verify/fuzz/targets.hpp"

namespace theca::fuzz {
namespace {

constexpr std::uint32_t kPagesInReach = 2 * TwinPages::kPlaces * TwinPages::kPagesOfPlace;

/// A head with any length, and behind it the sum that goes with what stands there.
void seal_page(FlashModel& flash, std::uint32_t page, std::uint32_t size, std::uint32_t generation) {
  constexpr std::uint32_t kMark = 0x4B45'5953;  // of twin_pages.cpp
  flash.put_back(word_of_page(page), Word{kMark} | Word{size} << 32);
  Crc32c sum;
  const std::uint32_t words = std::min<std::uint32_t>((size + 7) / 8, kPageWords - 2);
  for (std::uint32_t i = 0; i <= words; ++i) sum.add(flash.read(word_of_page(page) + i));
  sum.add(generation);
  flash.put_back(word_of_page(page) + kPageWords - 1, Word{generation} | Word{sum.value()} << 32);
}

void deed(FlashModel& flash, Script& script) {
  const std::uint8_t what = script.byte();
  const std::uint32_t page = kKeyringPage + script.byte() % kPagesInReach;
  TwinPages keys{flash, kKeyringPage}, orders{flash, kOrderPage};
  TwinPages& pages = (what & 0x80) != 0 ? orders : keys;
  switch (what % 8) {
    case 0: {  // a word
      const auto place = static_cast<std::uint32_t>(script.number(2)) % kPageWords;
      flash.put_back(word_of_page(page) + place, script.number(8));
      break;
    }
    case 1: {
      const auto generation = static_cast<std::uint32_t>(script.number(4));
      pages.write(script.byte() % TwinPages::kPlaces, generation, script.long_chunk());
      break;
    }
    case 2: {
      KeyringStore store{flash};
      Keyring before, after;
      store.load(before);
      const auto keyring = link::read<Keyring>(exactly<link::kWireBytes<Keyring>>(script.chunk()));
      if (!keyring || !store.keep(*keyring)) break;
      const auto found = KeyringStore{flash}.load(after);
      hold(found != KeyringStore::Found::kBlank, "what was kept is there");
      break;
    }
    case 3:
      flash.flip(word_of_page(page) + static_cast<std::uint32_t>(script.number(2)) % kPageWords,
                 script.byte() % 64);
      break;
    case 4:
      flash.cut_after(1 + script.byte(), static_cast<FlashModel::Torn>(script.byte() % 3), script.byte());
      break;
    case 5:
      flash.power_on();
      break;
    case 6: {
      const auto size = static_cast<std::uint32_t>(script.number(script.byte() % 5));
      seal_page(flash, page, size, static_cast<std::uint32_t>(script.number(4)));
      break;
    }
    default:
      if ((script.byte() & 1) != 0) {
        pages.erase(page % TwinPages::kPlaces);
      } else {
        flash.stick(page);
      }
      break;
  }
}

void place_holds(const TwinPages& pages, std::uint32_t place) {
  std::array<std::uint8_t, TwinPages::kMostBytes> bytes{};
  bytes.fill(0xA5);
  const auto found = pages.read(place, bytes);
  hold(found.size <= TwinPages::kMostBytes, "no longer than a page");
  hold(!(found.whole && found.spoilt) && (found.whole || !found.both), "it is one thing or the other");
  for (std::size_t i = found.whole ? found.size : 0; i < bytes.size(); ++i)
    hold(bytes[i] == 0xA5, "nothing is told of what is not whole");
}

}  // namespace

void keyring(Bytes data) {
  constexpr int kMostDeeds = 24;
  FlashModel flash;
  Script script{data};
  for (int i = 0; i < kMostDeeds && script.any(); ++i) deed(flash, script);
  flash.power_on();
  for (std::uint32_t place = 0; place < TwinPages::kPlaces; ++place) {
    place_holds(TwinPages{flash, kKeyringPage}, place);
    place_holds(TwinPages{flash, kOrderPage}, place);
  }
  Keyring first, second;
  KeyringStore store{flash};
  const auto found = store.load(first);
  hold(KeyringStore{flash}.load(second) == found && link::written(first) == link::written(second),
       "the same twice");
  if (found != KeyringStore::Found::kGood) return;
  reads_back<Keyring>(link::written(first));
  // A life goes on from here: what is kept next is what is found, unless no page takes it.
  first.boots ^= 1;
  if (store.keep(first) && KeyringStore{flash}.load(second) == KeyringStore::Found::kGood)
    hold(second.boots == first.boots || second.boots == (first.boots ^ 1), "old or new");
}

}  // namespace theca::fuzz
