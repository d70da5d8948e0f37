#include "clinic/today.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "catalogue/alarm.hpp"
#include "clinic/refilling.hpp"
#include "plan/stability.hpp"

namespace theca {
namespace {

void add_alarms(std::vector<Matter>& all, const Running& running, std::int64_t read_ms) {
  const AlarmSet set = AlarmSet::of_bits(running.status.alarms);
  for (const AlarmRow& row : kAlarms) {
    if (!set.has(row.alarm)) continue;
    const bool replace = row.alarm == Alarm::kReplaceSoon || row.alarm == Alarm::kEndOfService;
    all.push_back({replace ? MatterKind::kReplace : MatterKind::kAlarm,
                   row.alarm_class == AlarmClass::kCritical ? Urgency::kNow : Urgency::kSoon, row.text,
                   read_ms});
  }
}

void add_refill(std::vector<Matter>& all, const Running& running, std::int64_t read_ms,
                std::optional<std::int64_t> filled_ms, const Library& library, std::int64_t now_ms) {
  const auto by = refill_by(running, read_ms, filled_ms, library);
  if (!by) return;
  const Urgency urgency = *by <= now_ms                       ? Urgency::kNow
                          : *by - now_ms <= kRefillSoon.raw() ? Urgency::kSoon
                                                              : Urgency::kLater;
  all.push_back({MatterKind::kRefill, urgency, "", *by});
}

}  // namespace

std::optional<std::int64_t> refill_by(const Running& running, std::int64_t read_ms,
                                      std::optional<std::int64_t> filled_ms, const Library& library) {
  if (!running.prescription) return std::nullopt;
  const PumpEntry* entry = library.find_pump(running.status.model);
  const auto model = entry != nullptr ? pump_model(*entry) : std::unexpected(std::string{});
  if (!model) return std::nullopt;
  if (running.status.reservoir_earliest <= running.status.low_alarm) return read_ms;
  const auto planned = next_refill(*running.prescription, *model, running.status.reservoir_earliest,
                                   running.status.low_alarm, library);
  if (!planned) return std::nullopt;
  std::int64_t by = read_ms + planned->earliest.raw();
  const Formulation& fluid = running.prescription->formulation;
  if (filled_ms && fluid.count == 1) {
    if (const DrugEntry* drug = library.find_drug(fluid.components[0].drug)) {
      if (const auto* keeps =
              shortest_stability(*drug, fluid.components[0].concentration, /*naive_pump=*/false, {}))
        by = std::min(by, *filled_ms + keeps->value.period.raw());
    }
  }
  return by;
}

std::vector<Matter> matters_of(const records::DayEntry& entry, const std::optional<Running>& running,
                               const RefillLeft& left, const Library& library, std::int64_t now_ms) {
  using enum MatterKind;
  std::vector<Matter> all;
  if (entry.unsettled) all.push_back({kNotKnown, Urgency::kNow, "", entry.unsettled->begun_ms});
  if (entry.refill && !entry.refill->over)
    all.push_back({kOpenRefill, Urgency::kNow, "", entry.refill->changed_ms});
  if (!left.never_told.empty()) all.push_back({kNeverTold, Urgency::kNow, left.never_told, {}});
  if (running) {
    const std::int64_t read_ms = entry.reading->at_ms;
    add_alarms(all, *running, read_ms);
    const std::int64_t watched_until =
        read_ms + (running->status.supervised_until - running->status.now).raw();
    if (entry.confirmed_ms && *entry.confirmed_ms > read_ms) {
      // What it runs and holds since is not what it said.
      const bool of_the_day = now_ms - *entry.confirmed_ms <= kWatchedAfterChange.raw();
      all.push_back({kChanged, of_the_day ? Urgency::kNow : Urgency::kSoon, "", *entry.confirmed_ms});
    } else {
      if (running->order && watched_until > now_ms)
        all.push_back({kSupervised, Urgency::kNow, "", watched_until});
      add_refill(all, *running, read_ms, left.filled_ms, library, now_ms);
    }
  } else {
    all.push_back({kNotRead, Urgency::kLater, "", {}});
  }
  if (!left.residual.empty() && now_ms - left.residual_ms <= kResidualStands.raw())
    all.push_back({kResidual, Urgency::kSoon, left.residual, left.residual_ms});
  if (entry.unsent && now_ms - entry.unsent->changed_ms <= kDraftStands.raw())
    all.push_back({kDraft, Urgency::kSoon, "", entry.unsent->changed_ms});
  std::ranges::stable_sort(all, {}, &Matter::urgency);
  return all;
}

}  // namespace theca
