#pragma once
/// Asks the signer over its socket.

#include <expected>
#include <filesystem>
#include <string>

#include "clinic/signing.hpp"
#include "quantity/quantity.hpp"

namespace theca {

/// Waits no longer than `patience` in all. The error is a sentence: nobody there, no answer in time, none
/// that can be read. What became of the request is not known then; asked again with a fresh assertion, the
/// signer signs the same order again.
std::expected<SigningAnswer, std::string> ask_signer(const std::filesystem::path& socket,
                                                     const SigningRequest& request,
                                                     Duration patience = seconds(10));

}  // namespace theca
