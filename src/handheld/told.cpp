#include "handheld/told.hpp"

#include <algorithm>
#include <array>

#include "quantity/exact.hpp"
#include "quantity/text.hpp"
#include "therapy/schedule.hpp"

namespace theca::handheld {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array<const char*, kDrugClassCount> kClassNames{"unknown", "neither", "opioid",
                                                               "withdrawal-prone", "both"};

/// So many milliseconds until this volume has left at so much a day, rounded up.
std::int64_t time_for(Volume volume, Volume a_day) {
  return divide_up(volume.raw() * kMillisecondsPerDay,
                   a_day.raw());  // a reservoir's: far from the range's end
}

Json drugs_of(const Seen& seen, const EmergencyCard& card) {
  Json drugs = Json::array();
  for (const Component& part : seen.therapy.fluid.parts()) {
    const Mass mass = mass_in(seen.therapy.usual_day, part.concentration);
    drugs.push_back(Json{{"name", card.name_of(part.drug)},
                         {"per_day", to_text(mass, Rounding::significant(3)) + "/day"},
                         {"class", kClassNames[static_cast<std::size_t>(part.drug_class)]}});
  }
  return drugs;
}

Json alarms_of(std::uint32_t bits) {
  Json list = Json::array();
  const AlarmSet set = AlarmSet::of_bits(bits);
  for (const AlarmRow& row : kAlarms) {
    if (!set.has(row.alarm)) continue;
    list.push_back(Json{{"name", row.name}, {"critical", row.alarm_class == AlarmClass::kCritical}});
  }
  return list;
}

Json dose_of(const Seen& seen, const EmergencyCard& card) {
  const link::OwnTherapyReply& therapy = seen.therapy;
  if (therapy.dose.volume.raw() <= 0 || therapy.dose.rate.raw() <= 0) return nullptr;
  const bool now = seen.own.boluses_left > 0 && seen.own.next_bolus <= seen.own.now;
  const auto ms = [](std::uint32_t seconds_long) { return std::int64_t{seconds_long} * 1'000; };
  return Json{{"words", dose_words(therapy.dose.volume, therapy.fluid, card)},
              {"lasts_ms", bolus_duration(therapy.dose).raw()},
              {"left", seen.own.boluses_left},
              {"allotted", therapy.allotted},
              {"window_ms", ms(therapy.window_s)},
              {"lockout_ms", ms(therapy.lockout_s)},
              {"next_ms", now ? 0 : utc_of(std::max(seen.own.next_bolus, seen.own.now), seen)},
              {"from_minute", therapy.from_minute},
              {"to_minute", therapy.to_minute}};
}

Json giving_of(const Seen& seen) {
  if (seen.own.bolus_ends <= seen.own.now) return nullptr;
  const bool patients = seen.own.mode == Mode::kPatientBolus;
  Json giving{{"patients", patients}, {"ends_ms", utc_of(seen.own.bolus_ends, seen)}};
  if (patients) {
    giving["given_nl"] = seen.own.patients_bolus_given.raw();
    giving["of_nl"] = seen.own.patients_bolus.raw();
  }
  return giving;
}

}  // namespace

std::int64_t utc_of(Instant at, const Seen& seen) { return seen.at_utc_ms + (at - seen.own.now).raw(); }

std::optional<Arrival> arrival_of(const Seen& seen) {
  const Volume left = seen.own.until_at_tip;
  if (left.raw() <= 0 || seen.own.in_reservoir == seen.own.at_tip) return std::nullopt;
  const Volume bridge{seen.own.flow.raw()};  // a day's
  const bool bridging = seen.own.mode == Mode::kBridge;
  const Volume usual = bridging ? bridge : seen.therapy.usual_day;
  const Volume most = std::max(usual, bridging ? bridge : seen.therapy.worst_day);
  if (usual.raw() <= 0 || most.raw() <= 0) return std::nullopt;
  return Arrival{seen.at_utc_ms + time_for(left, most), seen.at_utc_ms + time_for(left, usual)};
}

std::optional<std::int64_t> refill_before(const Seen& seen) {
  if (seen.therapy.worst_day.raw() <= 0) return std::nullopt;
  const Volume left = seen.own.reservoir_earliest - seen.therapy.low_alarm;
  if (left.raw() <= 0) return seen.at_utc_ms;
  return seen.at_utc_ms + time_for(left, seen.therapy.worst_day) - 1;
}

std::string dose_words(Volume volume, const Formulation& fluid, const EmergencyCard& card) {
  if (fluid.count == 0) return to_text(volume);
  const Component& first = fluid.components[0];
  return to_text(mass_in(volume, first.concentration), Rounding::significant(3)) + " " +
         card.name_of(first.drug);
}

Json json_of(const Seen& seen, std::int64_t age_ms, const EmergencyCard& card) {
  const link::OwnReply& own = seen.own;
  const auto arrival = arrival_of(seen);
  const auto refill = refill_before(seen);
  const bool any = own.patients_bolus.raw() > 0;
  return Json{{"at_ms", seen.at_utc_ms},
              {"age_ms", age_ms},
              {"state", kDeviceStateNames[static_cast<std::size_t>(own.state)]},
              {"mode", kModes[static_cast<std::size_t>(own.mode)].name},
              {"alarms", alarms_of(own.alarms)},
              {"drugs", drugs_of(seen, card)},
              {"dose", dose_of(seen, card)},
              {"giving", giving_of(seen)},
              {"last_request", own.last_request},
              {"last_dose",
               any ? Json{{"given_nl", own.patients_bolus_given.raw()}, {"of_nl", own.patients_bolus.raw()}}
                   : Json(nullptr)},
              {"tip", arrival ? Json{{"from_ms", arrival->from_utc_ms}, {"to_ms", arrival->to_utc_ms}}
                              : Json(nullptr)},
              {"refill", refill ? Json{{"before_ms", *refill}} : Json(nullptr)},
              {"may_pause", seen.therapy.may_pause},
              {"own_pause", own.own_pause},
              {"transfer", own.promised.number != 0
                               ? Json{{"number", own.promised.number}, {"waits_ms", own.promised.waits.raw()}}
                               : Json(nullptr)}};
}

Json json_of(const Ask& ask) {
  return Json{{"intent", ask.intent},
              {"state", kAskStateNames[static_cast<std::size_t>(ask.state)]},
              {"at_ms", ask.at_utc_ms},
              {"request", ask.request},
              {"refusal", ask.refusal == Refusal::kNone ? "" : row_of(ask.refusal).name},
              {"next_ms", ask.next_utc_ms}};
}

Json json_of(const DiaryEntry& entry) {
  return Json{{"id", entry.id},           {"at_ms", entry.at_utc_ms},
              {"request", entry.request}, {"pain", entry.pain ? Json(*entry.pain) : Json(nullptr)},
              {"effects", entry.effects}, {"note", entry.note}};
}

}  // namespace theca::handheld
