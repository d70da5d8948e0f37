#pragma once
/// Bytes of a request in, bytes of an answer out; the time is passed in. docs/signer.md

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "clinic/signing.hpp"
#include "files/private_folder.hpp"
#include "plan/library.hpp"
#include "signer/keys.hpp"
#include "signer/people.hpp"

namespace theca::signer {

/// Makes a signer in an empty folder, with a clinic's key of its own or the one that there is.
std::expected<void, std::string> make(Files& files, const PasskeySite& site,
                                      const std::optional<link::Key>& clinic_seed);

class Signer {
 public:
  /// Both outlive it. Refused where the folder holds no signer.
  static std::expected<Signer, std::string> open(Files& files, const Library& library);

  /// To a line without its end.
  [[nodiscard]] SigningAnswer answer_to(std::string_view request, std::int64_t now_utc_s);
  [[nodiscard]] SigningAnswer sign(const SigningRequest& request, std::int64_t now_utc_s);
  /// Nothing is signed: that somebody has confirmed the syringe is kept.
  [[nodiscard]] SigningAnswer confirm(const CheckRequest& request, std::int64_t now_utc_s);
  /// A pass for whoever filled, where another person has confirmed the syringe.
  [[nodiscard]] SigningAnswer let_fill(const FillRequest& request, std::int64_t now_utc_s);
  /// What makes an implant the clinic's in the session that the statement names, for the gateway's eyes
  /// alone.
  [[nodiscard]] SigningAnswer pair(const PairRequest& request, std::int64_t now_utc_s);

  [[nodiscard]] link::Key clinic_key() const { return keys_.clinic_key(); }

 private:
  Signer(Files& files, const Library& library, Keys keys)
      : files_(&files), library_(&library), keys_(std::move(keys)) {}

  Files* files_;
  const Library* library_;
  Keys keys_;
};

}  // namespace theca::signer
