#include "clinic/refills.hpp"

#include <fmt/format.h>

#include "clinic/encoding.hpp"
#include "clinic/patients.hpp"
#include "clinic/pump_record.hpp"
#include "clinic/sealed.hpp"

namespace theca::records {
namespace {

constexpr const char* kTable = "refills";
constexpr const char* kSteps = "refill_steps";

/// A step is sealed to its own row.
SealedPlace place_of(ClinicId clinic, PatientId patient, std::int64_t row) {
  return {clinic, patient, kSteps, "content", row};
}

Recorded<void> check_step(const std::string& content, const std::string& stage) {
  constexpr std::size_t kLongestStage = 20;
  if (content.empty() || content.size() > kLongestStep)
    return failed(RecordFault::kInvalid,
                  fmt::format("a step has 1 to {} bytes; this one {}", kLongestStep, content.size()));
  if (stage.empty() || stage.size() > kLongestStage ||
      stage.find_first_not_of("abcdefghijklmnopqrstuvwxyz") != std::string::npos)
    return failed(RecordFault::kInvalid, "a stage is a word of the catalogue");
  return {};
}

std::unexpected<RecordError> no_refill(RefillId id) {
  return failed(RecordFault::kMissing, fmt::format("no refill {} in this clinic", id.value));
}

/// What stands in `refills` where `column` has this value, the newest first.
template <class Value>
std::vector<Refill> refills_where(Work& work, const char* column, const Value& value) {
  Refill one;
  soci::statement query =
      (work.sql.prepare << "SELECT id, patient, pump, reading, person, stage, begun_ms, changed_ms "
                           "FROM refills WHERE "
                        << column << " = :value AND clinic = :clinic ORDER BY begun_ms DESC, id",
       soci::into(one.id.value), soci::into(one.patient.value), soci::into(one.pump.value),
       soci::into(one.reading.value), soci::into(one.by.value), soci::into(one.stage),
       soci::into(one.begun_ms), soci::into(one.changed_ms), soci::use(value),
       soci::use(work.actor.clinic.value));
  std::vector<Refill> all;
  for (query.execute(); query.fetch();) all.push_back(one);
  return all;
}

Recorded<void> keep_step(Work& work, const Refill& refill, std::size_t place, std::int64_t at_ms,
                         const std::string& content) {
  const auto key = data_key(work, refill.patient);
  if (!key) return std::unexpected(key.error());
  const std::int64_t row = new_id();
  const std::string sealed = seal(*key, place_of(work.actor.clinic, refill.patient, row), content);
  const auto number = static_cast<std::int64_t>(place);
  work.sql << "INSERT INTO refill_steps (id, clinic, patient, refill, place, person, at_ms, content) "
              "VALUES (:id, :clinic, :patient, :refill, :place, :person, :at_ms, :content)",
      soci::use(row), soci::use(work.actor.clinic.value), soci::use(refill.patient.value),
      soci::use(refill.id.value), soci::use(number), soci::use(work.actor.person.value), soci::use(at_ms),
      soci::use(sealed);
  return {};
}

}  // namespace

Recorded<RefillId> begin_refill(Database& database, const Actor& actor, const RequestId& request,
                                ReadingId reading, const std::string& stage, const std::string& first) {
  const auto id = database.change(
      actor, request, {"begin refill", kTable}, joined({std::to_string(reading.value), stage, first}),
      [&](Work& work) -> Recorded<std::int64_t> {
        if (const auto fit = check_step(first, stage); !fit) return std::unexpected(fit.error());
        Refill one;
        work.sql << "SELECT patient, pump FROM readings WHERE id = :id AND clinic = :clinic",
            soci::into(one.patient.value), soci::into(one.pump.value), soci::use(reading.value),
            soci::use(actor.clinic.value);
        if (!work.sql.got_data())
          return failed(RecordFault::kMissing, fmt::format("no reading {} in this clinic", reading.value));
        work.deed.patient = one.patient.value;
        std::int64_t open = 0;
        const std::string over = kRefillOver;
        work.sql << "SELECT COUNT(*) FROM refills WHERE pump = :pump AND clinic = :clinic AND stage <> :over",
            soci::into(open), soci::use(one.pump.value), soci::use(actor.clinic.value), soci::use(over);
        if (open > 0)
          return failed(RecordFault::kConflict,
                        "a refill of this pump is open; go on with it, or break it off");
        one.id = RefillId{new_id()};
        work.sql
            << "INSERT INTO refills (id, clinic, patient, pump, reading, person, stage, begun_ms, "
               "changed_ms) "
               "VALUES (:id, :clinic, :patient, :pump, :reading, :person, :stage, :begun_ms, :changed_ms)",
            soci::use(one.id.value), soci::use(actor.clinic.value), soci::use(one.patient.value),
            soci::use(one.pump.value), soci::use(reading.value), soci::use(actor.person.value),
            soci::use(stage), soci::use(work.now_ms), soci::use(work.now_ms);
        if (const auto kept = keep_step(work, one, 0, work.now_ms, first); !kept)
          return std::unexpected(kept.error());
        return one.id.value;
      });
  if (!id) return std::unexpected(id.error());
  return RefillId{*id};
}

Recorded<std::int64_t> add_refill_step(Database& database, const Actor& actor, const RequestId& request,
                                       RefillId id, std::size_t place, std::int64_t at_ms,
                                       const std::string& content, const std::string& stage) {
  return database.change(
      actor, request, {"add refill step", kTable, id.value},
      joined({std::to_string(id.value), std::to_string(place), content, stage}),
      [&](Work& work) -> Recorded<std::int64_t> {
        if (const auto fit = check_step(content, stage); !fit) return std::unexpected(fit.error());
        if (const auto fit = check_time("a step", at_ms); !fit) return std::unexpected(fit.error());
        const auto found = refills_where(work, "id", id.value);
        if (found.empty()) return no_refill(id);
        const Refill& one = found.front();
        work.deed.patient = one.patient.value;
        if (one.stage == kRefillOver) return failed(RecordFault::kConflict, "this refill is over");
        std::int64_t kept = 0;
        work.sql << "SELECT COUNT(*) FROM refill_steps WHERE refill = :refill AND clinic = :clinic",
            soci::into(kept), soci::use(id.value), soci::use(actor.clinic.value);
        if (kept != static_cast<std::int64_t>(place))
          return failed(
              RecordFault::kConflict,
              fmt::format("this refill has {} steps, and this one would be number {}", kept, place));
        if (place >= kMostSteps)
          return failed(RecordFault::kInvalid, fmt::format("a refill has {} steps at the most", kMostSteps));
        if (const auto done = keep_step(work, one, place, at_ms, content); !done)
          return std::unexpected(done.error());
        work.sql << "UPDATE refills SET stage = :stage, changed_ms = :changed_ms WHERE id = :id AND clinic = "
                    ":clinic",
            soci::use(stage), soci::use(work.now_ms), soci::use(id.value), soci::use(actor.clinic.value);
        work.deed.detail = fmt::format("step {}, then {}", place, stage);
        return static_cast<std::int64_t>(place);
      });
}

Recorded<Refill> refill(Database& database, const Actor& actor, RefillId id) {
  return database.act<Refill>(actor, {"read refill", kTable, id.value}, [&](Work& work) -> Recorded<Refill> {
    auto found = refills_where(work, "id", id.value);
    if (found.empty()) return no_refill(id);
    Refill one = std::move(found.front());
    work.deed.patient = one.patient.value;
    const auto key = data_key(work, one.patient);
    if (!key) return std::unexpected(key.error());
    KeptStep step;
    std::int64_t row = 0;
    std::string sealed;
    soci::statement query = (work.sql.prepare << "SELECT id, person, at_ms, content FROM refill_steps "
                                                 "WHERE refill = :refill AND clinic = :clinic ORDER BY place",
                             soci::into(row), soci::into(step.by.value), soci::into(step.at_ms),
                             soci::into(sealed), soci::use(id.value), soci::use(actor.clinic.value));
    for (query.execute(); query.fetch();) {
      const auto content = open_sealed(*key, place_of(actor.clinic, one.patient, row), sealed);
      if (!content) return std::unexpected(content.error());
      step.content = *content;
      one.steps.push_back(step);
    }
    return one;
  });
}

Recorded<std::vector<Refill>> refills_of(Database& database, const Actor& actor, PumpId pump) {
  return database.act<std::vector<Refill>>(actor, {"list refills", kTable, pump.value},
                                           [&](Work& work) -> Recorded<std::vector<Refill>> {
                                             if (const auto patient = patient_of_pump(work, pump); !patient)
                                               return std::unexpected(patient.error());
                                             return refills_where(work, "pump", pump.value);
                                           });
}

Recorded<std::vector<Refill>> refills_at(Database& database, const Actor& actor, const std::string& stage) {
  return database.act<std::vector<Refill>>(
      actor, {"list refills of the clinic", kTable},
      [&](Work& work) -> Recorded<std::vector<Refill>> { return refills_where(work, "stage", stage); });
}

}  // namespace theca::records
