#pragma once
/// The signer at its socket: one client at a time, one line, one answer.

#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "quantity/quantity.hpp"
#include "signer/signer.hpp"

namespace theca::signer {

struct Serving {
  std::filesystem::path socket;
  std::optional<uid_t> client;              // may ask besides the signer's own user
  Duration patience = seconds(2);           // for a client to say all and to take the answer
  std::function<std::int64_t()> utc_s;      // the clock
  std::function<void()> listening = [] {};  // from now on a client may come
  std::function<void(const std::string&)> told = [](const std::string&) {
  };  // a sentence for each client: no secret
};

/// Held while a folder is signed from: two that keep the same books would each take an assertion once.
inline constexpr const char* kSigningLock = "signing.lock";

/// Until it is stopped; the socket file is gone then. `alone` is kSigningLock of the signer's folder. The
/// error: why it cannot listen.
std::expected<void, std::string> serve(Signer& signer, const FileLock& alone, const Serving& serving,
                                       const std::stop_token& stop);

}  // namespace theca::signer
