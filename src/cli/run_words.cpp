#include "cli/run_words.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <map>
#include <utility>

#include "quantity/text_calendar.hpp"
#include "quantity/text_write.hpp"
#include "therapy/wall_clock.hpp"
#include "world/words.hpp"

namespace theca {

std::int64_t local_ms(const RunResult& run, Instant at) {
  std::int64_t local = run.local_ms_at_start + at.raw();
  for (const LocalClock& clock : run.local_clock) {
    if (clock.at > at) break;
    local = clock.local_ms + (at - clock.at).raw();
  }
  return local;
}

std::string local_text(const RunResult& run, Instant at) { return local_datetime_text(local_ms(run, at)); }

std::string day_text(const RunResult& run, Instant at) {
  const std::int64_t local = local_ms(run, at);
  const std::string date = local_datetime_text(day_of(local) * kMillisecondsPerDay).substr(0, 10);
  return "day " + std::to_string(day_of(local) - day_of(run.local_ms_at_start) + 1) + ' ' +
         clock_time_text(minute_of_day(local)) + " (" + date + ')';
}

std::string_view class_name(Alarm alarm) {
  return row_of(alarm).alarm_class == AlarmClass::kCritical ? "critical" : "non-critical";
}

namespace {

const FluidName* find_fluid(const RunResult& run, std::uint32_t number) {
  const auto found = std::ranges::find(run.fluids, number, &FluidName::number);
  return found == run.fluids.end() ? nullptr : &*found;
}

std::string_view fallback_name(std::uint8_t detail) {
  constexpr std::array<std::string_view, 3> kNames = {"minimum rate", "stop", "safe state"};
  return detail < kNames.size() ? kNames[detail] : std::string_view{};
}

}  // namespace

std::string fluid_name(const RunResult& run, std::uint32_t number) {
  if (const FluidName* fluid = find_fluid(run, number)) return fluid->name;
  return number == 0 ? "none" : "fluid " + std::to_string(number);
}

Concentration concentration_in(const RunResult& run, std::uint32_t fluid, DrugCode drug) {
  const FluidName* found = find_fluid(run, fluid);
  return found == nullptr ? Concentration{} : concentration_of(found->formulation, drug);
}

std::string_view detail_name(const Event& event) {
  const std::string_view meaning = row_of(event.code).detail;
  if (meaning == "mode") {
    return event.detail < kModeCount ? row_of(static_cast<Mode>(event.detail)).name : std::string_view{};
  }
  if (meaning == "refusal") {
    return event.detail < kRefusalCount ? row_of(static_cast<Refusal>(event.detail)).name
                                        : std::string_view{};
  }
  if (meaning == "alarm") {
    return event.detail < kAlarmCount ? row_of(static_cast<Alarm>(event.detail)).name : std::string_view{};
  }
  if (meaning == "bolus_kind") return name_of(static_cast<BolusKind>(event.detail));
  if (meaning == "fallback") return fallback_name(event.detail);
  return {};
}

std::vector<std::string> event_texts(const RunResult& run) {
  // Marks follow their events in order, but not every mark is one: the k-th of an instant and code is the
  // k-th.
  std::map<std::pair<Instant, EventCode>, std::vector<const Mark*>> marks;
  for (const Mark& mark : run.marks) {
    if (mark.by_pump) marks[{mark.at, mark.code}].push_back(&mark);
  }
  std::map<std::pair<Instant, EventCode>, std::size_t> used;
  std::vector<std::string> texts;
  texts.reserve(run.events.size());
  for (const Event& event : run.events) {
    const std::pair key{event.at, event.code};
    const auto found = marks.find(key);
    const std::size_t k = used[key]++;
    if (found != marks.end() && k < found->second.size()) {
      texts.push_back(found->second[k]->text);
      continue;
    }
    const std::string_view detail = detail_name(event);
    texts.push_back(std::string{row_of(event.code).name} +
                    (detail.empty() ? "" : ": " + std::string{detail}));
  }
  return texts;
}

std::vector<RefusalCount> refusals(const RunResult& run) {
  std::vector<RefusalCount> counts;
  for (const RefusalRow& row : kRefusals) {
    const auto n = std::ranges::count(run.boluses, row.refusal, &BolusRecord::refusal);
    if (row.refusal != Refusal::kNone && n > 0) counts.push_back({row.refusal, n});
  }
  return counts;
}

Requests requests_of(const RunResult& run) {
  Requests requests;
  for (const BolusRecord& bolus : run.boluses) {
    const bool asked = bolus.kind == BolusKind::kPatient || bolus.kind == BolusKind::kDuringBridge;
    if (asked) ++requests.made;
    if (asked && bolus.refusal == Refusal::kNone) ++requests.granted;
  }
  return requests;
}

std::string thousandths_text(double value) {
  constexpr std::int64_t kPerUnit = 1'000;
  std::array<char, kPrintBytes> buffer;
  return std::string{print_decimal(std::llround(value * static_cast<double>(kPerUnit)), kPerUnit, buffer)};
}

}  // namespace theca
