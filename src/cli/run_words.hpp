#pragma once
/// Words and times that every file of a run shares.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "world/run_result.hpp"

namespace theca {

/// What the patient's wall clock shows, in milliseconds since it showed 1970-01-01 00:00.
std::int64_t local_ms(const RunResult& run, Instant at);
/// "2026-03-02 08:00"
std::string local_text(const RunResult& run, Instant at);
/// "day 2 14:05 (2026-03-03)": days of the calendar, the one of the start is day 1.
std::string day_text(const RunResult& run, Instant at);

/// "critical", "non-critical"
std::string_view class_name(Alarm alarm);

/// The scenario's own name of a fluid; "none" for number 0 when the scenario names none.
std::string fluid_name(const RunResult& run, std::uint32_t number);
/// Zero for a drug that the fluid does not hold, and for a fluid that nobody knows.
Concentration concentration_in(const RunResult& run, std::uint32_t fluid, DrugCode drug);

/// The catalogue's name of an event's detail ("lockout", "motor stall"); empty when it has none.
std::string_view detail_name(const Event& event);
/// One sentence for each of `run.events`: the mark made of it, or else the catalogue's names.
std::vector<std::string> event_texts(const RunResult& run);

/// Boluses of `run` that were refused: how often for each reason that occurs, in the catalogue's order.
struct RefusalCount {
  Refusal refusal;
  std::int64_t count;
};
std::vector<RefusalCount> refusals(const RunResult& run);

/// What the patient asked for.
struct Requests {
  std::int64_t made = 0;
  std::int64_t granted = 0;
};
Requests requests_of(const RunResult& run);

/// A number that is not a whole one, to three decimals: "0.98".
std::string thousandths_text(double value);

}  // namespace theca
