#include "clinic/bedside.hpp"

#include "link/sodium.hpp"

namespace theca {
namespace {

template <class Bytes>
link::Hash digest_under(const auto& purpose, const Bytes& bytes) {
  const std::array<link::Bytes, 2> parts{link::Bytes{purpose}, link::Bytes{bytes}};
  return link::Sodium::sha256(parts);
}

}  // namespace

link::Hash digest_of(const CheckBytes& check) {
  static constexpr auto kPurpose = link::purpose("theca syringe check 1");
  return digest_under(kPurpose, check);
}
link::Hash digest_of(const StatementBytes& statement) {
  static constexpr auto kPurpose = link::purpose("theca fill statement 1");
  return digest_under(kPurpose, statement);
}

std::optional<std::array<std::uint8_t, kLotBytes>> lot_bytes(const std::string& lot) {
  std::array<std::uint8_t, kLotBytes> bytes{};
  if (lot.empty() || lot.size() > bytes.size()) return std::nullopt;
  std::ranges::copy(lot, bytes.begin());
  return bytes;
}
std::string lot_text(const std::array<std::uint8_t, kLotBytes>& lot) {
  return {lot.begin(), std::ranges::find(lot, std::uint8_t{0})};
}

}  // namespace theca
