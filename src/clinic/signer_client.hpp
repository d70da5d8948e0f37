#pragma once
/// Asks the signer over its socket.

#include <expected>
#include <filesystem>
#include <string>

#include "clinic/signing.hpp"
#include "quantity/quantity.hpp"

namespace theca {

/// No answer of the signer, or none that can be read.
struct NoSigner {
  std::string why;     // a sentence's part
  bool asked = false;  // it may have signed: asked again with a fresh assertion it signs the same order again
};
/// Waits no longer than `patience` in all.
std::expected<SigningAnswer, NoSigner> ask_signer(const std::filesystem::path& socket,
                                                  const SignerRequest& request,
                                                  Duration patience = seconds(10));

}  // namespace theca
