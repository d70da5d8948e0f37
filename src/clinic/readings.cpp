#include "clinic/readings.hpp"

#include <fmt/format.h>

#include <string_view>

#include "clinic/encoding.hpp"
#include "clinic/patients.hpp"
#include "clinic/pump_record.hpp"
#include "clinic/sealed.hpp"

namespace theca::records {
namespace {

constexpr const char* kTable = "readings";

std::string_view text_of(const std::vector<std::uint8_t>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

SealedPlace place(ClinicId clinic, PatientId patient, ReadingId id) {
  return {clinic, patient, kTable, "said", id.value};
}

/// The newest one that fits.
Recorded<std::optional<Reading>> reading_where(Work& work, const std::string& condition, std::int64_t value) {
  Reading one;
  std::string sealed;
  work.sql << "SELECT id, patient, pump, person, at_ms, said, digest FROM readings WHERE " + condition +
                  " AND clinic = :clinic ORDER BY at_ms DESC, id DESC LIMIT 1",
      soci::into(one.id.value), soci::into(one.patient.value), soci::into(one.pump.value),
      soci::into(one.by.value), soci::into(one.at_ms), soci::into(sealed), soci::into(one.digest),
      soci::use(value), soci::use(work.actor.clinic.value);
  if (!work.sql.got_data()) return std::optional<Reading>{};
  const auto key = data_key(work, one.patient);
  if (!key) return std::unexpected(key.error());
  const auto said = open_sealed(*key, place(work.actor.clinic, one.patient, one.id), sealed);
  if (!said) return std::unexpected(said.error());
  if (sha256_hex(*said) != one.digest)
    return failed(
        RecordFault::kSpoilt,
        fmt::format("reading {}: its digest is not that of its bytes; verify the audit trail, which "
                    "holds the right one",
                    one.id.value));
  one.said.assign(said->begin(), said->end());
  return std::optional{std::move(one)};
}

}  // namespace

Recorded<ReadingId> keep_reading(Database& database, const Actor& actor, const RequestId& request,
                                 PumpId pump, std::int64_t at_ms, const std::vector<std::uint8_t>& said) {
  const std::string digest = sha256_hex(text_of(said));
  const auto id = database.change(
      actor, request, {"keep reading", kTable},
      joined({std::to_string(pump.value), std::to_string(at_ms), digest}),
      [&](Work& work) -> Recorded<std::int64_t> {
        if (const auto fit = check_time("a reading", at_ms); !fit) return std::unexpected(fit.error());
        if (said.empty() || said.size() > kLongestReading)
          return failed(RecordFault::kInvalid, fmt::format("a reading has 1 to {} bytes; this one {}",
                                                           kLongestReading, said.size()));
        const auto patient = patient_of_pump(work, pump);
        if (!patient) return std::unexpected(patient.error());
        const auto key = data_key(work, *patient);
        if (!key) return std::unexpected(key.error());
        const ReadingId reading{new_id()};
        const std::string sealed = seal(*key, place(actor.clinic, *patient, reading), text_of(said));
        work.sql << "INSERT INTO readings (id, clinic, patient, pump, person, at_ms, said, digest) "
                    "VALUES (:id, :clinic, :patient, :pump, :person, :at_ms, :said, :digest)",
            soci::use(reading.value), soci::use(actor.clinic.value), soci::use(patient->value),
            soci::use(pump.value), soci::use(actor.person.value), soci::use(at_ms), soci::use(sealed),
            soci::use(digest);
        work.deed.detail = "sha256 " + digest;
        return reading.value;
      });
  if (!id) return std::unexpected(id.error());
  return ReadingId{*id};
}

Recorded<Reading> reading(Database& database, const Actor& actor, ReadingId id) {
  return database.act<Reading>(
      actor, {"read reading", kTable, id.value}, [&](Work& work) -> Recorded<Reading> {
        auto found = reading_where(work, "id = :id", id.value);
        if (!found) return std::unexpected(found.error());
        if (!*found)
          return failed(RecordFault::kMissing, fmt::format("no reading {} in this clinic", id.value));
        work.deed.patient = (*found)->patient.value;
        return std::move(**found);
      });
}

Recorded<std::optional<Reading>> newest_reading(Work& work, PumpId pump) {
  return reading_where(work, "pump = :pump", pump.value);
}

Recorded<std::vector<Reading>> readings_of(Database& database, const Actor& actor, PumpId pump) {
  return database.act<std::vector<Reading>>(
      actor, {"list readings", kTable, pump.value}, [&](Work& work) -> Recorded<std::vector<Reading>> {
        const auto patient = patient_of_pump(work, pump);
        if (!patient) return std::unexpected(patient.error());
        std::vector<Reading> all;
        Reading one;
        one.patient = *patient;
        one.pump = pump;
        soci::statement query =
            (work.sql.prepare << "SELECT id, person, at_ms, digest FROM readings "
                                 "WHERE pump = :pump AND clinic = :clinic ORDER BY at_ms DESC, id",
             soci::into(one.id.value), soci::into(one.by.value), soci::into(one.at_ms),
             soci::into(one.digest), soci::use(pump.value), soci::use(actor.clinic.value));
        for (query.execute(); query.fetch();) all.push_back(one);
        return all;
      });
}

}  // namespace theca::records
