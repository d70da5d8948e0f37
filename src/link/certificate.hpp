#pragma once
/// Who somebody is, signed by the clinic: 102 bytes. The key that it is about is not among them: a session's
/// first message carries it already, and so does a signature of an order; it is signed with them.

#include <algorithm>
#include <array>
#include <cstdint>

#include "catalogue/role.hpp"
#include "link/wake_gate.hpp"
#include "link/wire.hpp"

namespace theca::link {

using Signature = std::array<std::uint8_t, 64>;
/// The first bytes of a SHA-256 that names an implant, or a clinic's key.
using ShortId = std::array<std::uint8_t, 8>;

enum : std::uint32_t {
  kMaySpeak = 1U << 0,  // the key is one of X25519, for sessions
  kMaySign = 1U << 1,   // the key is one of Ed25519, for orders
};
inline constexpr std::uint32_t kCapabilities = kMaySpeak | kMaySign;
inline constexpr std::uint8_t kCertificateVersion = 1;

struct RoleCertificate {
  std::uint8_t version = kCertificateVersion;
  ShortId issuer{};  // of the clinic's key
  Role role = Role::kPatient;
  std::uint32_t capabilities = 0;
  ShortId implant{};  // zeros: any of this clinic's, to read only
  std::uint32_t epoch = 0;
  std::uint32_t not_before = 0, not_after = 0;  // UTC seconds
  std::uint32_t serial = 0;                     // who it is, in the clinic's own books
  Signature signature{};

  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.upto("version", "1", m.version, kCertificateVersion);
    io.bytes("issuer", "first bytes of the SHA-256 of the clinic's key", m.issuer);
    io.upto("role", "table of roles", m.role, Role{kRoleCount - 1});
    io.upto("capabilities", "1: sessions; 2: signs orders", m.capabilities, kCapabilities);
    io.bytes("implant", "the implant's id; zeros: any of this clinic's, to read only", m.implant);
    io.number("epoch", "of the clinic's keys", m.epoch);
    io.number("not_before", "UTC seconds", m.not_before);
    io.number("not_after", "UTC seconds", m.not_after);
    io.number("serial", "who it is, in the clinic's books", m.serial);
    io.bytes("signature", "Ed25519 by the clinic's key", m.signature);
  }
  [[nodiscard]] constexpr bool consistent() const {
    return version == kCertificateVersion && capabilities != 0 && not_before <= not_after;
  }
  friend bool operator==(const RoleCertificate&, const RoleCertificate&) = default;
};
inline constexpr std::size_t kCertificateBytes = kWireBytes<RoleCertificate>;
static_assert(kCertificateBytes == 102);

/// What is signed for it: the hash of a purpose, the certificate without its signature, and the key.
template <Crypto C>
Hash signed_of(const RoleCertificate& certificate, const Key& subject) {
  static constexpr auto kPurpose = purpose("theca role certificate 1");
  const auto bytes = written(certificate);
  const std::array<Bytes, 3> parts{Bytes{kPurpose}, Bytes{bytes}.first(kCertificateBytes - sizeof(Signature)),
                                   Bytes{subject}};
  return C::sha256(parts);
}

/// The clinic's word to one implant that certificates below an epoch are refused from now on, and what time
/// it was then. Signed for a session, by the number that the coil gave for it, it may set the time back; else
/// it may have lain somewhere, and moves it forward alone.
struct EpochStatement {
  std::uint32_t epoch = 0;
  std::uint32_t issued_utc_s = 0;
  ShortId implant{};
  NearFieldNonce number{};  // zeros: for no session

  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.number("epoch", "certificates below it are refused", m.epoch);
    io.number("issued_utc_s", "when this was signed", m.issued_utc_s);
    io.bytes("implant", "the implant's id", m.implant);
    io.bytes("number", "the coil's, with which the session was opened; zeros: for no session", m.number);
  }
};

template <Crypto C>
Hash signed_of(const EpochStatement& statement) {
  static constexpr auto kPurpose = purpose("theca epoch 1");
  const auto bytes = written(statement);
  const std::array<Bytes, 2> parts{Bytes{kPurpose}, Bytes{bytes}};
  return C::sha256(parts);
}

template <Crypto C>
ShortId short_id(Bytes of) {
  const std::array<Bytes, 1> parts{of};
  const Hash hash = C::sha256(parts);
  ShortId id{};
  std::copy_n(hash.begin(), id.size(), id.begin());
  return id;
}

/// What an implant holds a certificate against.
struct CertificateNow {
  Key clinic{};
  ShortId implant{};
  std::uint32_t epoch = 0;
  std::int64_t earliest_utc_s = 0;  // it is at least this late
};

enum class CertificateFault : std::uint8_t {
  kNone,
  kIssuer,
  kSignature,
  kEpoch,
  kOver,
  kImplant,
  kCapability
};

/// The cheap questions first, the curve last.
template <Crypto C>
CertificateFault check(const RoleCertificate& certificate, const Key& subject, std::uint32_t needs,
                       const CertificateNow& now) {
  if (certificate.issuer != short_id<C>(now.clinic)) return CertificateFault::kIssuer;
  if ((certificate.capabilities & needs) != needs) return CertificateFault::kCapability;
  if (certificate.epoch < now.epoch) return CertificateFault::kEpoch;
  if (std::int64_t{certificate.not_after} < now.earliest_utc_s) return CertificateFault::kOver;
  if (certificate.implant != now.implant && certificate.implant != ShortId{})
    return CertificateFault::kImplant;
  if (!C::verify(now.clinic, signed_of<C>(certificate, subject), certificate.signature))
    return CertificateFault::kSignature;
  return CertificateFault::kNone;
}

}  // namespace theca::link
