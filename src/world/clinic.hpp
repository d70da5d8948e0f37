#pragma once
/// A clinic and its people as keys: who may speak to the implant that it is paired with, and who signs
/// orders. All of it comes from one seed, so that a run can be played again; nobody on the air knows the
/// seed.

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "catalogue/role.hpp"
#include "link/caller.hpp"
#include "link/order_talk.hpp"
#include "link/sodium_issue.hpp"
#include "world/device.hpp"

namespace theca {

/// Whoever comes to the pump, each with a programmer of his own.
enum class Person : std::uint8_t { kPhysician = 0, kSecondPhysician, kNurse, kPatient };
inline constexpr std::size_t kPersonCount = 4;
constexpr Role role_of(Person person) {
  switch (person) {
    case Person::kNurse:
      return Role::kNurse;
    case Person::kPatient:
      return Role::kPatient;
    default:
      return Role::kPhysician;
  }
}

class Clinic {
 public:
  explicit Clinic(std::uint64_t seed);

  /// The implant that it cares for.
  void meet(const link::Key& implant, const link::ShortId& id) { implant_ = implant, id_ = id; }
  [[nodiscard]] const link::ShortId& implant() const { return id_; }
  /// What a pairing has left: the secret of the clinic's programmers, and of the patient's.
  void keep(const link::Key& clinics) { pairing_ = clinics; }
  void keep_patients(const link::Key& patients) { patients_pairing_ = patients; }

  [[nodiscard]] const link::Key& public_key() const { return public_key_; }
  /// For whoever holds the card of the pack.
  [[nodiscard]] link::CallerKeys card_keys(const link::Key& card);
  /// What makes the implant this clinic's, in the session that this number of the coil has opened.
  link::Pair pairing(const link::NearFieldNonce& number);
  /// With a certificate for this moment.
  [[nodiscard]] link::CallerKeys keys_of(Person person, std::int64_t utc_s);
  /// Both physicians sign.
  [[nodiscard]] std::array<link::SignedBy, 2> signed_by_both(const link::Hash& digest, std::int64_t utc_s);

  link::Key random();
  /// Tells one change from every other.
  std::uint32_t intent();
  /// What must never be seen on the air.
  [[nodiscard]] std::vector<link::Key> secrets() const;

 private:
  struct Certified {
    link::Key secret{};
    link::Key subject{};
    std::uint32_t serial = 0;
    std::array<std::uint8_t, link::kCertificateBytes> certificate{};
    std::int64_t good_from = 0;
    bool issued = false;
  };
  const Certified& certified(Certified& who, Role role, std::uint32_t capability, std::int64_t utc_s);

  SeededRandom random_;
  link::Key root_{}, public_key_{};
  link::Key implant_{};
  link::ShortId id_{};
  link::Key pairing_{}, patients_pairing_{};
  std::array<Certified, kPersonCount> speakers_;
  std::array<Certified, 2> signers_;
};

}  // namespace theca
