#pragma once
/// A refill in the words of the interface.

#include <string_view>

#include "clinic/refilling.hpp"
#include "server/desk_words.hpp"

namespace theca::server {

/// What it is about and what was measured, without people and times.
Json json_of(const RefillAim& aim, const RefillState& state, const Found& found, const Library& library);

/// What the pump counts now, and what it is to count.
std::vector<ComparedRow> rows_of_fill(const RefillAim& aim, const RefillState& state, const Running& now,
                                      const PumpModel& model, const Library& library);

/// Names a change at the pump; never 0, and the same for the same wish.
std::uint32_t named_by(std::string_view wish);

}  // namespace theca::server
