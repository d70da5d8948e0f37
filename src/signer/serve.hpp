#pragma once
/// The signer at its socket: one client at a time, one line, one answer.

#include <cstdint>
#include <expected>
#include <functional>
#include <stop_token>
#include <string>

#include "clinic/local_service.hpp"
#include "files/private_folder.hpp"
#include "signer/signer.hpp"

namespace theca::signer {

/// Held while a folder is signed from: two that keep the same books would each take an assertion once.
inline constexpr const char* kSigningLock = "signing.lock";

/// Until it is stopped; the socket file is gone then. `alone` is kSigningLock of the signer's folder, `utc_s`
/// the clock. The error: why it cannot listen.
std::expected<void, std::string> serve(Signer& signer, const FileLock& alone, LocalService service,
                                       const std::function<std::int64_t()>& utc_s,
                                       const std::stop_token& stop);

}  // namespace theca::signer
