#include "clinic/pump_record.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "clinic/encoding.hpp"
#include "clinic/patients.hpp"
#include "clinic/sealed.hpp"

namespace theca::records {
namespace {

constexpr const char* kTable = "pumps";
constexpr std::size_t kLongestModel = 100, kLongestSerial = 64;
constexpr std::int64_t kYear2000Ms = 946'684'800'000, kYear9999EndMs = 253'402'300'799'999;

SealedPlace place(ClinicId clinic, PatientId patient, PumpId id) {
  return {clinic, patient, kTable, "serial", id.value};
}

Recorded<void> check(const PumpDetails& details) {
  const auto text = [](const char* what, const std::string& value, std::size_t most) -> Recorded<void> {
    if (!value.empty() && value.size() <= most && plain_text(value, false)) return {};
    return failed(RecordFault::kInvalid, fmt::format("{} is 1 to {} bytes of plain text; this one has {}",
                                                     what, most, value.size()));
  };
  const auto volume = [](const char* what, Volume value) -> Recorded<void> {
    if (value >= Volume{} && value <= kLargestPathPart) return {};
    return failed(RecordFault::kInvalid, fmt::format("{} holds 0 to {} nL; this one {} nL", what,
                                                     kLargestPathPart.raw(), value.raw()));
  };
  if (const auto fit = text("a pump's model", details.model, kLongestModel); !fit) return fit;
  if (const auto fit = text("a serial number", details.serial, kLongestSerial); !fit) return fit;
  if (const auto fit = volume("a pump's tubing", details.tubing); !fit) return fit;
  if (details.catheter) {
    if (const auto fit = text("a catheter's model", details.catheter->model, kLongestModel); !fit) return fit;
    if (const auto fit = volume("a catheter", details.catheter->volume); !fit) return fit;
  }
  return check_time("implantation", details.implanted_ms);
}

/// The pumps that `condition` names, a column and its value.
Recorded<std::vector<PumpRecord>> pumps_where(Work& work, const char* column, std::int64_t value) {
  PumpRecord one;
  std::string implant, serial, catheter_model;
  std::int64_t tubing_nl = 0, catheter_nl = 0, explanted_ms = 0;
  soci::indicator has_model = soci::i_null, has_volume = soci::i_null, has_explanted = soci::i_null;
  soci::statement query =
      (work.sql.prepare
           << "SELECT id, patient, implant, model, serial, tubing_nl, catheter_model, catheter_nl, "
              "implanted_ms, explanted_ms FROM pumps WHERE "
           << column << " = :value AND clinic = :clinic ORDER BY implanted_ms, id",
       soci::into(one.id.value), soci::into(one.patient.value), soci::into(implant),
       soci::into(one.details.model), soci::into(serial), soci::into(tubing_nl),
       soci::into(catheter_model, has_model), soci::into(catheter_nl, has_volume),
       soci::into(one.details.implanted_ms), soci::into(explanted_ms, has_explanted), soci::use(value),
       soci::use(work.actor.clinic.value));
  std::vector<std::pair<PumpRecord, std::string>> rows;
  for (query.execute(); query.fetch();) {
    const auto id = from_hex(implant);
    if (!id || id->size() != one.details.implant.size())
      return failed(RecordFault::kSpoilt,
                    fmt::format("pumps.implant of row {}: is no implant's id", one.id.value));
    std::ranges::copy(*id, one.details.implant.begin());
    one.details.tubing = nanolitres(tubing_nl);
    one.details.catheter.reset();
    if (has_model == soci::i_ok && has_volume == soci::i_ok)
      one.details.catheter = ImplantedCatheter{catheter_model, nanolitres(catheter_nl)};
    one.explanted_ms = has_explanted == soci::i_ok ? std::optional{explanted_ms} : std::nullopt;
    rows.emplace_back(one, serial);
  }
  std::vector<PumpRecord> pumps;
  for (auto& [row, sealed] : rows) {
    const auto key = data_key(work, row.patient);
    if (!key) return std::unexpected(key.error());
    auto opened = open_sealed(*key, place(work.actor.clinic, row.patient, row.id), sealed);
    if (!opened) return std::unexpected(opened.error());
    row.details.serial = std::move(*opened);
    pumps.push_back(std::move(row));
  }
  return pumps;
}

}  // namespace

Recorded<void> check_time(const char* what, std::int64_t at_ms) {
  if (at_ms >= kYear2000Ms && at_ms <= kYear9999EndMs) return {};
  return failed(RecordFault::kInvalid, fmt::format("the time of {} is {} ms UTC; it is {} to {}", what, at_ms,
                                                   kYear2000Ms, kYear9999EndMs));
}

Recorded<PatientId> patient_of_pump(Work& work, PumpId id) {
  PatientId patient;
  work.sql << "SELECT patient FROM pumps WHERE id = :id AND clinic = :clinic", soci::into(patient.value),
      soci::use(id.value), soci::use(work.actor.clinic.value);
  if (!work.sql.got_data())
    return failed(RecordFault::kMissing, fmt::format("no pump {} in this clinic", id.value));
  work.deed.patient = patient.value;
  return patient;
}

Recorded<PumpId> add_pump(Database& database, const Actor& actor, const RequestId& request, PatientId patient,
                          const PumpDetails& details) {
  const std::string implant = hex(details.implant);
  const std::string catheter =
      details.catheter ? joined({details.catheter->model, std::to_string(details.catheter->volume.raw())})
                       : "";
  const std::string content =
      joined({std::to_string(patient.value), implant, details.model, details.serial,
              std::to_string(details.tubing.raw()), catheter, std::to_string(details.implanted_ms)});
  const auto id = database.change(
      actor, request, {"add pump", kTable, std::nullopt, patient.value}, content,
      [&](Work& work) -> Recorded<std::int64_t> {
        if (const auto fit = check(details); !fit) return std::unexpected(fit.error());
        const auto key = data_key(work, patient);
        if (!key) return std::unexpected(key.error());
        std::int64_t others = 0;
        work.sql << "SELECT COUNT(*) FROM pumps WHERE implant = :implant AND clinic = :clinic",
            soci::into(others), soci::use(implant), soci::use(actor.clinic.value);
        if (others != 0)
          return failed(
              RecordFault::kConflict,
              fmt::format("implant {} is in this clinic's records already; look whose it is", implant));
        const PumpId pump{new_id()};
        const std::string serial = seal(*key, place(actor.clinic, patient, pump), details.serial);
        const std::int64_t tubing_nl = details.tubing.raw();
        const ImplantedCatheter fitted = details.catheter.value_or(ImplantedCatheter{});
        const std::int64_t catheter_nl = fitted.volume.raw();
        soci::indicator has_model = details.catheter ? soci::i_ok : soci::i_null, has_volume = has_model;
        work.sql
            << "INSERT INTO pumps (id, clinic, patient, implant, model, serial, tubing_nl, catheter_model, "
               "catheter_nl, implanted_ms) VALUES (:id, :clinic, :patient, :implant, :model, :serial, "
               ":tubing_nl, :catheter_model, :catheter_nl, :implanted_ms)",
            soci::use(pump.value), soci::use(actor.clinic.value), soci::use(patient.value),
            soci::use(implant), soci::use(details.model), soci::use(serial), soci::use(tubing_nl),
            soci::use(fitted.model, has_model), soci::use(catheter_nl, has_volume),
            soci::use(details.implanted_ms);
        return pump.value;
      });
  if (!id) return std::unexpected(id.error());
  return PumpId{*id};
}

Recorded<void> note_implant(Database& database, const Actor& actor, PatientId patient,
                            const std::array<std::uint8_t, 8>& implant, const std::string& word) {
  const auto noted =
      database.act<bool>(actor, {word, "pumps", std::nullopt, patient.value, "implant " + hex(implant)},
                         [&](Work& work) -> Recorded<bool> {
                           if (const auto key = data_key(work, patient); !key)
                             return std::unexpected(key.error());
                           return true;
                         });
  if (!noted) return std::unexpected(noted.error());
  return {};
}

Recorded<PumpRecord> pump(Database& database, const Actor& actor, PumpId id) {
  return database.act<PumpRecord>(
      actor, {"read pump", kTable, id.value}, [&](Work& work) -> Recorded<PumpRecord> {
        if (const auto patient = patient_of_pump(work, id); !patient) return std::unexpected(patient.error());
        auto pumps = pumps_where(work, "id", id.value);
        if (!pumps) return std::unexpected(pumps.error());
        if (pumps->empty())
          return failed(RecordFault::kMissing, fmt::format("no pump {} in this clinic", id.value));
        return std::move(pumps->front());
      });
}

Recorded<std::vector<PumpRecord>> pumps_of(Database& database, const Actor& actor, PatientId patient) {
  return database.act<std::vector<PumpRecord>>(actor, {"list pumps", kTable, std::nullopt, patient.value},
                                               [&](Work& work) -> Recorded<std::vector<PumpRecord>> {
                                                 if (const auto key = data_key(work, patient); !key)
                                                   return std::unexpected(key.error());
                                                 return pumps_where(work, "patient", patient.value);
                                               });
}

Recorded<void> explant_pump(Database& database, const Actor& actor, const RequestId& request, PumpId id,
                            std::int64_t explanted_ms) {
  const auto done = database.change(
      actor, request, {"explant pump", kTable, id.value},
      joined({std::to_string(id.value), std::to_string(explanted_ms)}),
      [&](Work& work) -> Recorded<std::int64_t> {
        if (const auto fit = check_time("explantation", explanted_ms); !fit)
          return std::unexpected(fit.error());
        if (const auto patient = patient_of_pump(work, id); !patient) return std::unexpected(patient.error());
        soci::statement update =
            (work.sql.prepare << "UPDATE pumps SET explanted_ms = :explanted_ms "
                                 "WHERE id = :id AND clinic = :clinic AND explanted_ms IS NULL",
             soci::use(explanted_ms), soci::use(id.value), soci::use(actor.clinic.value));
        update.execute(true);
        if (update.get_affected_rows() != 1)
          return failed(RecordFault::kConflict, fmt::format("pump {} was explanted already", id.value));
        return id.value;
      });
  if (!done) return std::unexpected(done.error());
  return {};
}

}  // namespace theca::records
