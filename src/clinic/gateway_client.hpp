#pragma once
/// Asks the gateway over its socket.

#include <expected>
#include <filesystem>
#include <string>

#include "clinic/visiting.hpp"
#include "quantity/quantity.hpp"

namespace theca {

/// Waits no longer than `patience` in all: a visit by radio takes seconds. The error is a sentence: nobody
/// there, no answer in time, none that can be read. Whether an order was handed over is not known then:
/// settle it.
std::expected<VisitAnswer, std::string> ask_gateway(const std::filesystem::path& socket,
                                                    const VisitRequest& request,
                                                    Duration patience = seconds(120));

}  // namespace theca
