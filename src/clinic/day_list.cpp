#include "clinic/day_list.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "clinic/refills.hpp"

namespace theca::records {
namespace {

struct Place {
  PatientId patient;
  PumpId pump;
  std::string model;
};

std::vector<Place> pumps_in_care(Work& work) {
  Place one;
  soci::statement query =
      (work.sql.prepare << "SELECT p.patient, p.id, p.model FROM care_teams c JOIN pumps p "
                           "ON p.patient = c.patient AND p.clinic = c.clinic WHERE c.person = :person AND "
                           "c.clinic = :clinic AND p.explanted_ms IS NULL ORDER BY p.patient, p.id",
       soci::into(one.patient.value), soci::into(one.pump.value), soci::into(one.model),
       soci::use(work.actor.person.value), soci::use(work.actor.clinic.value));
  std::vector<Place> all;
  for (query.execute(); query.fetch();) all.push_back(one);
  return all;
}

void add_unsent(Work& work, DayEntry& entry) {
  DayEntry::Draft draft;
  work.sql
      << "SELECT d.id, d.changed_ms FROM drafts d WHERE d.patient = :patient AND d.pump = :pump AND d.clinic "
         "= :clinic AND NOT EXISTS (SELECT 1 FROM sends s WHERE s.draft = d.id AND s.state IN "
         "('confirmed', 'unknown', 'pending')) AND NOT EXISTS (SELECT 1 FROM sends s WHERE s.pump = d.pump "
         "AND s.state = 'confirmed' AND s.begun_ms >= d.changed_ms) ORDER BY d.changed_ms DESC, d.id LIMIT 1",
      soci::into(draft.id.value), soci::into(draft.changed_ms), soci::use(entry.patient.id.value),
      soci::use(entry.pump.value), soci::use(work.actor.clinic.value);
  if (work.sql.got_data()) entry.unsent = draft;
}

Recorded<void> add_send(Work& work, DayEntry& entry) {
  DayEntry::NewestSend newest;
  std::string state;
  std::int64_t confirmed_ms = 0;
  soci::indicator there = soci::i_null;
  work.sql
      << "SELECT MAX(settled_ms) FROM sends WHERE pump = :pump AND clinic = :clinic AND state = 'confirmed'",
      soci::into(confirmed_ms, there), soci::use(entry.pump.value), soci::use(work.actor.clinic.value);
  if (there == soci::i_ok) entry.confirmed_ms = confirmed_ms;
  // What is signed for a fill waits for it, and was handed to nobody. Whatever the pump has confirmed behind
  // a send settles that one as well.
  work.sql
      << "SELECT s.id, s.state, s.begun_ms FROM sends s WHERE s.pump = :pump AND s.clinic = :clinic AND "
         "(s.state = 'unknown' OR (s.state = 'pending' AND s.intent <> 'sign for refill')) AND NOT EXISTS "
         "(SELECT 1 FROM sends c WHERE c.pump = s.pump AND c.state = 'confirmed' AND c.begun_ms > "
         "s.begun_ms) "
         "ORDER BY s.begun_ms DESC, s.id DESC LIMIT 1",
      soci::into(newest.id.value), soci::into(state), soci::into(newest.begun_ms),
      soci::use(entry.pump.value), soci::use(work.actor.clinic.value);
  if (!work.sql.got_data()) return {};
  const auto read = send_state_of(state);
  if (!read) return std::unexpected(read.error());
  newest.state = *read;
  entry.unsettled = newest;
  return {};
}

void add_refill(Work& work, DayEntry& entry) {
  DayEntry::NewestRefill newest;
  std::string stage;
  work.sql << "SELECT id, stage, changed_ms FROM refills WHERE pump = :pump AND clinic = :clinic ORDER BY "
              "begun_ms DESC, id DESC LIMIT 1",
      soci::into(newest.id.value), soci::into(stage), soci::into(newest.changed_ms),
      soci::use(entry.pump.value), soci::use(work.actor.clinic.value);
  if (!work.sql.got_data()) return;
  newest.over = stage == kRefillOver;
  entry.refill = newest;
}

Recorded<DayEntry> entry_of(Work& work, const Place& place) {
  auto patient = who_is(work, place.patient);
  if (!patient) return std::unexpected(patient.error());
  auto reading = newest_reading(work, place.pump);
  if (!reading) return std::unexpected(reading.error());
  DayEntry entry{.patient = std::move(*patient),
                 .pump = place.pump,
                 .model = place.model,
                 .reading = std::move(*reading),
                 .unsent = {},
                 .unsettled = {},
                 .confirmed_ms = {},
                 .refill = {}};
  add_unsent(work, entry);
  if (const auto added = add_send(work, entry); !added) return std::unexpected(added.error());
  add_refill(work, entry);
  return entry;
}

}  // namespace

Recorded<DayList> day_list(Database& database, const Actor& actor) {
  return database.act<DayList>(
      actor, {"look at the day's list", "pumps"}, [&](Work& work) -> Recorded<DayList> {
        DayList list;
        std::vector<std::int64_t> shown;
        for (const Place& place : pumps_in_care(work)) {
          if (list.entries.size() + list.unopened.size() == kMostOnDayList) {
            list.more = true;
            break;
          }
          auto entry = entry_of(work, place);
          // One patient's spoilt row hides nobody else's pump.
          if (!entry && entry.error().fault == RecordFault::kErased) continue;
          if (!entry && entry.error().fault == RecordFault::kSpoilt) {
            list.unopened.push_back(fmt::format("pump {}: {}", place.pump.value, entry.error().message));
            continue;
          }
          if (!entry) return std::unexpected(entry.error());
          shown.push_back(place.patient.value);
          list.entries.push_back(std::move(*entry));
        }
        work.deed.detail = fmt::format("shown {}", fmt::join(shown, " "));
        return list;
      });
}

}  // namespace theca::records
