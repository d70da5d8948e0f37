#pragma once
/// The folder in which `theca link` keeps keys: those of a clinic and its people, and what each pairing left.
/// docs/link.md. Files are readable by their owner alone; nothing secret is ever on a command line.

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "air/card.hpp"
#include "catalogue/role.hpp"
#include "link/caller.hpp"
#include "link/message.hpp"
#include "link/order.hpp"
#include "link/transfer.hpp"

namespace theca {

/// Secrets shared with an implant, the newest first: all since the last one that was used, for which of them
/// the implant has heard of is not sure.
struct RenewedSecret {
  std::vector<link::Key> known;
  void renew(const link::Key& key) { known.insert(known.begin(), key); }
  /// That one has opened the implant: what is older opens nothing any more.
  void used(std::size_t which) { known.resize(which + 1); }
};

/// What a pairing left.
struct Pairing {
  link::ShortId implant{};
  link::Key public_key{};
  RenewedSecret clinic;   // of the clinic's programmers
  RenewedSecret patient;  // of the patient's
  std::uint32_t epoch = 0;
};

/// Somebody who signs orders.
struct OrderSigner {
  link::Key seed{};
  link::Key key{};
  std::array<std::uint8_t, link::kCertificateBytes> certificate{};
};

class LinkKeys {
 public:
  /// Makes the folder, and in it a clinic with its people, when there is none.
  static std::expected<LinkKeys, std::string> open(const std::filesystem::path& folder);
  /// Makes nothing: a pairing that stands in the folder, and the clinic's seed, for a signer that takes it
  /// over.
  static std::expected<Pairing, std::string> pairing_in(const std::filesystem::path& folder,
                                                        const std::string& id);
  static std::expected<link::Key, std::string> clinic_seed_in(const std::filesystem::path& folder);

  [[nodiscard]] link::Key clinic_key() const;
  /// With a card there is no certificate.
  [[nodiscard]] link::CallerKeys of_card(const air::Card& card) const;
  /// A certificate of this role for this implant, from now on for a day (a patient's: for a year).
  /// They speak with the newest secret.
  [[nodiscard]] std::expected<link::CallerKeys, std::string> of(Role role, const Pairing& pairing) const;
  [[nodiscard]] std::expected<OrderSigner, std::string> signer(bool second, const Pairing& pairing) const;
  [[nodiscard]] link::Signature sign_epoch(const link::EpochStatement& statement) const;
  /// What the clinic says to make an implant its own, and to make another secret with it, in the session that
  /// this number of the coil has opened.
  [[nodiscard]] link::Pair pair(const link::ShortId& implant, const link::NearFieldNonce& number) const;
  [[nodiscard]] link::Renew renew(const link::ShortId& implant, const link::NearFieldNonce& number) const;
  [[nodiscard]] link::Signature sign_transfer(const link::TransferToken& token) const;

  [[nodiscard]] std::expected<void, std::string> keep(const Pairing& pairing) const;
  /// The one with this id, or the only one when `id` is empty.
  [[nodiscard]] std::expected<Pairing, std::string> pairing(const std::string& id) const;
  [[nodiscard]] std::vector<std::string> paired() const;

 private:
  std::filesystem::path folder_;
  link::Key clinic_seed_{};

  [[nodiscard]] std::expected<link::Key, std::string> secret(const std::string& name) const;
};

/// What opens the implant for this role.
RenewedSecret& secret_for(Role role, Pairing& pairing);
const RenewedSecret& secret_for(Role role, const Pairing& pairing);

/// Serial of the clinic's own people, as it stands in their certificates and in the journal.
std::uint32_t serial_of(Role role);

}  // namespace theca
