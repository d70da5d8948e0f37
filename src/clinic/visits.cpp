#include "clinic/visits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "clinic/encoding.hpp"
#include "clinic/patients.hpp"
#include "clinic/pump_record.hpp"
#include "clinic/sealed.hpp"

namespace theca::records {
namespace {

constexpr const char* kTable = "visits";
constexpr std::size_t kLongestNotes = 65'536;
constexpr std::array<const char*, 6> kReasonWords{"other",  "implantation", "titration",
                                                  "refill", "problem",      "explantation"};

SealedPlace place(ClinicId clinic, PatientId patient, VisitId id) {
  return {clinic, patient, kTable, "notes", id.value};
}

}  // namespace

Recorded<VisitId> add_visit(Database& database, const Actor& actor, const RequestId& request,
                            PatientId patient, const VisitDetails& details) {
  const std::string reason = kReasonWords.at(static_cast<std::size_t>(details.reason));
  const auto id = database.change(
      actor, request, {"add visit", kTable, std::nullopt, patient.value},
      joined({std::to_string(patient.value), std::to_string(details.at_ms), reason, details.notes}),
      [&](Work& work) -> Recorded<std::int64_t> {
        if (const auto fit = check_time("a visit", details.at_ms); !fit) return std::unexpected(fit.error());
        if (details.notes.size() > kLongestNotes || !plain_text(details.notes, true))
          return failed(RecordFault::kInvalid,
                        fmt::format("a note is 0 to {} bytes of plain text; this one has {}", kLongestNotes,
                                    details.notes.size()));
        const auto key = data_key(work, patient);
        if (!key) return std::unexpected(key.error());
        const VisitId visit{new_id()};
        const std::string notes = seal(*key, place(actor.clinic, patient, visit), details.notes);
        work.sql << "INSERT INTO visits (id, clinic, patient, person, at_ms, reason, notes) "
                    "VALUES (:id, :clinic, :patient, :person, :at_ms, :reason, :notes)",
            soci::use(visit.value), soci::use(actor.clinic.value), soci::use(patient.value),
            soci::use(actor.person.value), soci::use(details.at_ms), soci::use(reason), soci::use(notes);
        return visit.value;
      });
  if (!id) return std::unexpected(id.error());
  return VisitId{*id};
}

Recorded<std::vector<Visit>> visits_of(Database& database, const Actor& actor, PatientId patient) {
  return database.act<std::vector<Visit>>(
      actor, {"list visits", kTable, std::nullopt, patient.value},
      [&](Work& work) -> Recorded<std::vector<Visit>> {
        const auto key = data_key(work, patient);
        if (!key) return std::unexpected(key.error());
        std::vector<Visit> all;
        Visit one;
        one.patient = patient;
        std::string reason, sealed;
        soci::statement query =
            (work.sql.prepare << "SELECT id, person, at_ms, reason, notes FROM visits "
                                 "WHERE patient = :patient AND clinic = :clinic ORDER BY at_ms DESC, id",
             soci::into(one.id.value), soci::into(one.by.value), soci::into(one.details.at_ms),
             soci::into(reason), soci::into(sealed), soci::use(patient.value), soci::use(actor.clinic.value));
        for (query.execute(); query.fetch();) {
          const auto notes = open_sealed(*key, place(actor.clinic, patient, one.id), sealed);
          if (!notes) return std::unexpected(notes.error());
          const auto word = std::ranges::find(kReasonWords, reason);
          one.details.reason = word == kReasonWords.end()
                                   ? VisitReason::kOther
                                   : static_cast<VisitReason>(word - kReasonWords.begin());
          one.details.notes = *notes;
          all.push_back(one);
        }
        return all;
      });
}

}  // namespace theca::records
