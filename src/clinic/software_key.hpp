#pragma once
/// An authenticator without hardware, for demonstrations and tests: it makes what a browser hands over from a
/// real one. Whoever has its secret is the person; no patient's therapy may hang on one.

#include <cstdint>
#include <string>

#include "clinic/passkey.hpp"

namespace theca {

class SoftwareKey {
 public:
  /// `counts` false: its counter stays zero, as with passkeys that a phone carries to other phones.
  SoftwareKey(PasskeyAlgorithm algorithm, const link::Key& secret, bool counts = true);

  [[nodiscard]] const ByteString& id() const { return id_; }
  /// How often it was used; to go on where another left off.
  [[nodiscard]] std::uint32_t counter() const { return counter_; }
  void set_counter(std::uint32_t counter) { counter_ = counter; }

  PasskeyRegistration registration(const PasskeySite& site, link::Bytes challenge);
  PasskeyAssertion assertion(const PasskeySite& site, link::Bytes challenge);

  /// What the browser and the authenticator say before it is signed.
  struct Said {
    std::string client_data;
    std::string site;
    std::uint8_t flags = kUserPresent | kUserVerified;
    std::uint32_t counter = 0;
  };
  [[nodiscard]] Said said(const char* type, const PasskeySite& site, link::Bytes challenge) const;
  [[nodiscard]] PasskeyRegistration registration(const Said& said) const;
  [[nodiscard]] PasskeyAssertion assertion(const Said& said) const;

 private:
  PasskeyAlgorithm algorithm_;
  link::Key secret_;
  bool counts_;
  ByteString id_;
  std::uint32_t counter_ = 0;

  void count() { counter_ += counts_ ? 1 : 0; }
};

}  // namespace theca
