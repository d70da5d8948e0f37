#pragma once
/// Firmware as its vendor hands it out: a header that tells all about the image, and two vendor keys'
/// signatures of it. One hash names a header: physicians authorise it, vendors sign it.

#include <array>
#include <cstdint>

#include "link/certificate.hpp"
#include "link/wire.hpp"

namespace theca::link {

/// 32 of them in a page of the memory.
inline constexpr std::size_t kFirmwareBlockBytes = 128;
/// What a slot takes beside the page of its header: an assumption of this design.
inline constexpr std::uint32_t kMostFirmwareBytes = 63 * 4'096;
inline constexpr std::uint16_t kMostFirmwareBlocks = kMostFirmwareBytes / kFirmwareBlockBytes;
/// Major, minor, patch: a byte each.
inline constexpr std::uint32_t kMostFirmwareVersion = 0xFF'FFFF;

/// A program that an implant may run.
enum class Program : std::uint8_t {
  kMade = 0,  // stands beside the boot stage since manufacture, and nothing writes it
  kSlotA,
  kSlotB,
};

struct FirmwareHeader {
  std::uint16_t device_class = 0;
  std::uint32_t version = 0;
  std::uint16_t counter = 1;  // rises when what came before must not run again
  std::uint32_t size = 1;
  Hash image{};

  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.number("device_class", "of the board that it runs on", m.device_class);
    io.upto("version", "major, minor, patch: a byte each", m.version, kMostFirmwareVersion);
    io.number("counter", "security counter, at least 1: never goes down", m.counter);
    io.upto("size", "of the image in bytes, at least 1", m.size, kMostFirmwareBytes);
    io.bytes("image", "SHA-256 of the image", m.image);
  }
  /// Counter 0 is that of the program that the implant was made with.
  [[nodiscard]] constexpr bool consistent() const { return counter > 0 && size > 0; }
  [[nodiscard]] constexpr std::uint16_t blocks() const {
    return static_cast<std::uint16_t>((size + kFirmwareBlockBytes - 1) / kFirmwareBlockBytes);
  }
  friend bool operator==(const FirmwareHeader&, const FirmwareHeader&) = default;
};

inline constexpr std::uint8_t kVendorKeys = 3;
struct VendorSignature {
  std::uint8_t key = 0;  // which of the three
  Signature signature{};

  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.upto("key", "which of the vendor's three", m.key, std::uint8_t{kVendorKeys - 1});
    io.bytes("signature", "Ed25519 by that key", m.signature);
  }
};

struct SignedFirmware {
  FirmwareHeader header;
  std::array<VendorSignature, 2> signatures{};

  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    FirmwareHeader::fields(io, m.header);
    for (auto& one : m.signatures) VendorSignature::fields(io, one);
  }
  [[nodiscard]] constexpr bool consistent() const { return header.consistent(); }
};

/// What names a header, and what is signed for it: the hash of a purpose and its bytes.
template <Crypto C>
Hash digest_of(const FirmwareHeader& header) {
  static constexpr auto kPurpose = purpose("theca firmware 1");
  const auto bytes = written(header);
  const std::array<Bytes, 2> parts{Bytes{kPurpose}, Bytes{bytes}};
  return C::sha256(parts);
}

/// Whose firmware an implant takes, and who may promise it to another clinic where its own is gone. It knows
/// this from manufacture, and nothing changes it.
struct Vendor {
  std::array<Key, kVendorKeys> keys{};  // Ed25519; zeros: none
  std::uint16_t device_class = 0;
};

/// By two different ones of the three.
template <Crypto C>
bool two_have_signed(const Vendor& vendor, const Hash& message, const std::array<VendorSignature, 2>& both) {
  if (vendor.keys[both[0].key] == vendor.keys[both[1].key]) return false;
  for (const VendorSignature& one : both) {
    const Key& key = vendor.keys[one.key];
    if (key == Key{} || !C::verify(key, message, one.signature)) return false;
  }
  return true;
}

}  // namespace theca::link
