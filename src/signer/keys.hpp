#pragma once
/// The keys that nobody else has: the clinic's, which says who may sign, and one for each person.

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "clinic/signing.hpp"
#include "files/private_folder.hpp"
#include "link/message.hpp"
#include "link/order_talk.hpp"
#include "signer/people.hpp"

namespace theca::signer {

/// How long a certificate holds: as long as a signed order may wait for the implant.
inline constexpr std::uint32_t kCertificateLastsS = 24 * 3'600;
/// How long the gateway may speak to the implant of a signed order, as who asserted it.
inline constexpr std::uint32_t kPassLastsS = 3'600;
/// How long the gateway may read any implant before it needs another pass.
inline constexpr std::uint32_t kReadPassLastsS = 24 * 3'600;
/// How long a patient's programmer may speak with its one implant before the clinic has to say so again.
inline constexpr std::uint32_t kHandheldLastsS = 365 * 24 * 3'600;

class Keys {
 public:
  Keys(const Keys&) = delete;
  Keys& operator=(const Keys&) = delete;
  Keys(Keys&& other) noexcept;
  Keys& operator=(Keys&&) = delete;
  ~Keys();

  /// Makes them; the clinic's own where it has one already. Refused where there are some.
  static std::expected<void, std::string> make(Files& files, const std::optional<link::Key>& clinic_seed);
  static std::expected<Keys, std::string> read(const Files& files);

  [[nodiscard]] link::Key clinic_key() const;
  /// By this person's own key, with a certificate for this implant from now on.
  [[nodiscard]] link::SignedBy sign(const Enrolled& person, const link::Order& order,
                                    const link::Hash& digest, std::uint32_t epoch,
                                    std::int64_t now_utc_s) const;
  /// For sessions of whoever has this key with this implant, as this person.
  [[nodiscard]] CertificateBytes pass(const Enrolled& person, const link::ShortId& implant,
                                      const link::Key& gateway, std::uint32_t epoch,
                                      std::int64_t now_utc_s) const;
  /// For sessions with any implant of the clinic: to read only.
  [[nodiscard]] CertificateBytes read_pass(const link::Key& gateway, std::uint32_t epoch,
                                           std::int64_t now_utc_s) const;
  /// With a fresh share: makes this implant the clinic's in the session that this number of the coil opened.
  [[nodiscard]] link::Pair pair(const link::ShortId& implant, const link::NearFieldNonce& number) const;
  /// For sessions of whoever has this key with this implant, as its patient.
  [[nodiscard]] CertificateBytes patients(const link::Key& handheld, const link::ShortId& implant,
                                          std::uint32_t epoch, std::int64_t now_utc_s) const;

 private:
  Keys() = default;
  link::Key clinic_seed_{};
  link::Key secret_{};  // of which each person's seed is made
};

/// The key that passes are about, of X25519: the signer's own word, for whoever asks it to sign would name
/// another.
std::expected<void, std::string> name_gateway(Files& files, const link::Key& key);
/// Nothing: none was named, and no pass is given.
std::expected<std::optional<link::Key>, std::string> named_gateway(const Files& files);

}  // namespace theca::signer
