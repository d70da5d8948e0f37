#pragma once
/// The gateway at its socket: one client at a time, one line, one answer.

#include <expected>
#include <stop_token>
#include <string>

#include "clinic/local_service.hpp"
#include "gateway/gateway.hpp"

namespace theca::gateway {

/// Held while a folder is served: two at one implant would take each other's place.
inline constexpr const char* kReachingLock = "reaching.lock";

/// Until it is stopped; the socket file is gone then. `alone` is kReachingLock of the gateway's folder. The
/// error: why it cannot listen.
std::expected<void, std::string> serve(Gateway& gateway, const FileLock& alone, LocalService service,
                                       const std::stop_token& stop);

}  // namespace theca::gateway
