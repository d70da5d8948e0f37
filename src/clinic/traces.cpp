#include "clinic/traces.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "clinic/encoding.hpp"
#include "clinic/patients.hpp"
#include "clinic/pump_record.hpp"
#include "clinic/sealed.hpp"

namespace theca::records {
namespace {

constexpr const char* kTable = "traces";
constexpr std::array<const char*, 2> kKindNames{"journal", "diary"};

std::string name_of(TraceKind kind) { return kKindNames.at(static_cast<std::size_t>(kind)); }

SealedPlace place(ClinicId clinic, PatientId patient, std::int64_t id) {
  return {clinic, patient, kTable, "said", id};
}

}  // namespace

Recorded<std::int64_t> keep_trace(Database& database, const Actor& actor, const RequestId& request,
                                  PumpId pump, TraceKind kind, std::int64_t at_ms, const std::string& said) {
  const std::string name = name_of(kind), digest = sha256_hex(said);
  return database.change(
      actor, request, {"keep " + name, kTable}, joined({std::to_string(pump.value), name, digest}),
      [&](Work& work) -> Recorded<std::int64_t> {
        if (const auto fit = check_time("a trace", at_ms); !fit) return std::unexpected(fit.error());
        if (said.empty() || said.size() > kLongestTrace)
          return failed(RecordFault::kInvalid,
                        fmt::format("a trace has 1 to {} bytes; this one {}", kLongestTrace, said.size()));
        const auto patient = patient_of_pump(work, pump);
        if (!patient) return std::unexpected(patient.error());
        const auto key = data_key(work, *patient);
        if (!key) return std::unexpected(key.error());
        const std::int64_t id = new_id();
        const std::string sealed = seal(*key, place(actor.clinic, *patient, id), said);
        work.sql << "INSERT INTO traces (id, clinic, patient, pump, person, kind, at_ms, said) VALUES (:id, "
                    ":clinic, :patient, :pump, :person, :kind, :at_ms, :said)",
            soci::use(id), soci::use(actor.clinic.value), soci::use(patient->value), soci::use(pump.value),
            soci::use(actor.person.value), soci::use(name), soci::use(at_ms), soci::use(sealed);
        work.deed.detail = "sha256 " + digest;
        return id;
      });
}

Recorded<std::vector<Trace>> traces_of(Database& database, const Actor& actor, PumpId pump, TraceKind kind) {
  const std::string name = name_of(kind);
  return database.act<std::vector<Trace>>(
      actor, {"read " + name, kTable, pump.value}, [&](Work& work) -> Recorded<std::vector<Trace>> {
        const auto patient = patient_of_pump(work, pump);
        if (!patient) return std::unexpected(patient.error());
        work.deed.patient = patient->value;
        const auto key = data_key(work, *patient);
        if (!key) return std::unexpected(key.error());
        std::vector<Trace> all;
        Trace one;
        std::int64_t id = 0;
        std::string sealed;
        const auto most = static_cast<std::int64_t>(kMostTraces);
        soci::statement query =
            (work.sql.prepare << "SELECT id, person, at_ms, said FROM traces WHERE pump = :pump AND clinic = "
                                 ":clinic AND kind = :kind ORDER BY at_ms DESC, id DESC LIMIT :most",
             soci::into(id), soci::into(one.by.value), soci::into(one.at_ms), soci::into(sealed),
             soci::use(pump.value), soci::use(actor.clinic.value), soci::use(name), soci::use(most));
        for (query.execute(); query.fetch();) {
          auto opened = open_sealed(*key, place(actor.clinic, *patient, id), sealed);
          if (!opened) return std::unexpected(opened.error());
          one.said = std::move(*opened);
          all.push_back(one);
        }
        std::ranges::reverse(all);
        return all;
      });
}

}  // namespace theca::records
