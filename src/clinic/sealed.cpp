#include "clinic/sealed.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <array>
#include <vector>

#include "clinic/encoding.hpp"

namespace theca::records {
namespace {

constexpr std::size_t kBlock = 32;
constexpr std::size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;

std::string associated_with(const SealedPlace& place) {
  return joined({"theca sealed value 1", place.table, place.column, std::to_string(place.row),
                 std::to_string(place.patient.value), std::to_string(place.clinic.value)});
}

}  // namespace

std::string seal(const SecretKey& key, const SealedPlace& place, std::string_view plain) {
  std::vector<std::uint8_t> padded(bytes_of(plain).begin(), bytes_of(plain).end());
  std::size_t length = 0;
  padded.resize(plain.size() + kBlock);
  sodium_pad(&length, padded.data(), plain.size(), kBlock, padded.size());
  const std::string associated = associated_with(place);
  std::vector<std::uint8_t> sealed(kNonce + length + kTag);
  randombytes_buf(sealed.data(), kNonce);
  crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data() + kNonce, nullptr, padded.data(), length,
                                             bytes_of(associated).data(), associated.size(), nullptr,
                                             sealed.data(), key.bytes.data());
  sodium_memzero(padded.data(), padded.size());
  return base64(sealed);
}

Recorded<std::string> open_sealed(const SecretKey& key, const SealedPlace& place, std::string_view sealed) {
  const auto spoilt = [&] {
    return failed(
        RecordFault::kSpoilt,
        fmt::format("{}.{} of row {}: the sealed value was changed, moved here from elsewhere, or sealed "
                    "with another key; verify the audit trail and restore from a backup",
                    place.table, place.column, place.row));
  };
  const auto bytes = from_base64(sealed);
  if (!bytes || bytes->size() < kNonce + kTag) return spoilt();
  const std::string associated = associated_with(place);
  std::vector<std::uint8_t> padded(bytes->size() - kNonce - kTag);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(padded.data(), nullptr, nullptr, bytes->data() + kNonce,
                                                 bytes->size() - kNonce, bytes_of(associated).data(),
                                                 associated.size(), bytes->data(), key.bytes.data()) != 0)
    return spoilt();
  std::size_t length = 0;
  if (sodium_unpad(&length, padded.data(), padded.size(), kBlock) != 0) return spoilt();
  std::string plain(padded.begin(), padded.begin() + static_cast<std::ptrdiff_t>(length));
  sodium_memzero(padded.data(), padded.size());
  return plain;
}

}  // namespace theca::records
