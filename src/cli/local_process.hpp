#pragma once
/// A command that serves at a socket file until it is told to stop.

#include <expected>
#include <functional>
#include <stop_token>
#include <string>

#include "clinic/local_service.hpp"

namespace theca {

/// At `socket`, for `client` as well when it names a user of this machine, by name or number. What is told
/// goes to standard output, `listening` first.
std::expected<LocalService, std::string> local_service(const std::string& socket, const std::string& client,
                                                       const std::string& listening);

/// Until Ctrl-C or a SIGTERM. From here on a crash of this process leaves no picture of its memory.
std::expected<void, std::string> until_stopped(
    const std::function<std::expected<void, std::string>(const std::stop_token&)>& serve);

}  // namespace theca
