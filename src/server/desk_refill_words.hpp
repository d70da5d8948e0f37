#pragma once
/// A refill in the words of the interface.

#include <string_view>

#include "clinic/refilling.hpp"
#include "server/desk_words.hpp"

namespace theca::server {

/// The drugs of the library, and the unit in which a concentration of each is written.
Json drugs_json(const Library& library);

/// What it is about and what was measured, without people and times.
Json json_of(const RefillAim& aim, const RefillState& state, const Prescription& prescription,
             const Running& running, const PumpModel& model, const Library& library);

/// What the pump counts now, and what it is to count.
std::vector<ComparedRow> rows_of_fill(const RefillState& state, const link::Bedside& told, const Running& now,
                                      const Prescription& then, const PumpModel& model,
                                      const Library& library);

/// Of a refill that the pump was never told of: what went in or came out, and why it was ended.
std::string words_of_untold(const RefillState& state, const RefillAim& aim, const Library& library);

/// Names a change at the pump; never 0, and the same for the same wish.
std::uint32_t named_by(std::string_view wish);

}  // namespace theca::server
