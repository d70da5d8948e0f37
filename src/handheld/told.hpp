#pragma once
/// What the pump has said, as its patient is told it (docs/handheld.md): times of this machine's clock
/// instead of the pump's, doses instead of volumes, dates instead of rates.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "handheld/books.hpp"

namespace theca::handheld {

/// UTC milliseconds of a moment of the pump's powered time.
std::int64_t utc_of(Instant at, const Seen& seen);

/// From when until when the medicine in the reservoir may reach the spine: at the pump's fastest and at its
/// usual flow. Nothing: it is there, or nothing flows.
struct Arrival {
  std::int64_t from_utc_ms = 0, to_utc_ms = 0;
};
std::optional<Arrival> arrival_of(const Seen& seen);

/// When the low alarm may come, with every allotted dose taken. Nothing: nothing flows.
std::optional<std::int64_t> refill_before(const Seen& seen);

/// "0.1 mg morphine": of the first drug of the fluid; the others in the same volume are given with it.
std::string dose_words(Volume volume, const Formulation& fluid, const EmergencyCard& card);

/// `seen` of GET /api/pump. `age_ms` by a clock that does not go back.
nlohmann::ordered_json json_of(const Seen& seen, std::int64_t age_ms, const EmergencyCard& card);
nlohmann::ordered_json json_of(const Ask& ask);
nlohmann::ordered_json json_of(const DiaryEntry& entry);

}  // namespace theca::handheld
