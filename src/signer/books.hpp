#pragma once
/// What the signer must never forget: where each authenticator's counter stands, and what was signed for each
/// implant. Kept before a signature goes out.

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "clinic/passkey.hpp"
#include "files/private_folder.hpp"
#include "link/order.hpp"

namespace theca::signer {

struct SignedOrder {
  std::uint32_t number = 0;
  link::Hash digest{};
  std::int64_t at_utc_s = 0;          // the newest time
  std::vector<ByteString> uncounted;  // passkeys without a counter that have asserted it
};

/// A syringe that somebody has confirmed.
struct CheckedSyringe {
  link::Hash digest{};  // of the check
  std::uint32_t by = 0;
  ByteString passkey;
  std::int64_t at_utc_s = 0;
};

struct ImplantBook {
  std::uint16_t model = 0;             // 0: nothing was signed for it
  std::vector<SignedOrder> orders;     // by number
  std::vector<CheckedSyringe> checks;  // the newest kMostBedside, the oldest first
  std::vector<link::Hash> statements;  // digests of those of fills and pairings that were asserted, likewise

  [[nodiscard]] const SignedOrder* find(const link::Hash& digest) const;
  [[nodiscard]] const CheckedSyringe* find_check(const link::Hash& digest) const;
  [[nodiscard]] std::uint32_t newest() const { return orders.empty() ? 0 : orders.back().number; }
};

/// More than what may still be asserted.
inline constexpr std::size_t kMostBedside = 100;

/// Errors are sentences that begin with the file's name.
std::expected<ImplantBook, std::string> read_book(const Files& files, const link::ShortId& implant);
std::expected<void, std::string> keep_book(Files& files, const link::ShortId& implant,
                                           const ImplantBook& book);

/// Counters by credential.
class Counters {
 public:
  static std::expected<Counters, std::string> read(const Files& files);
  [[nodiscard]] std::uint32_t of(const Passkey& passkey) const;  // no less than at enrolment
  void set(const ByteString& credential, std::uint32_t counter);
  [[nodiscard]] std::expected<void, std::string> keep(Files& files) const;

 private:
  std::vector<std::pair<std::string, std::uint32_t>> list_;
};

}  // namespace theca::signer
