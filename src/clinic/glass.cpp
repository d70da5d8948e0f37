#include "clinic/glass.hpp"

#include <fmt/format.h>

#include "clinic/encoding.hpp"
#include "clinic/patients.hpp"
#include "clinic/sealed.hpp"

namespace theca::records {
namespace {

constexpr const char* kTable = "glass";

SealedPlace place(ClinicId clinic, PatientId patient, GlassId id) {
  return {clinic, patient, kTable, "reason", id.value};
}

}  // namespace

Recorded<std::int64_t> break_glass(Database& database, const Actor& actor, const RequestId& request,
                                   PatientId patient, const std::string& reason) {
  return database.change(
      actor, request, {"break glass", kTable, std::nullopt, patient.value},
      joined({std::to_string(patient.value), reason}), [&](Work& work) -> Recorded<std::int64_t> {
        if (reason.size() < kShortestReason || reason.size() > kMostReasonBytes || !plain_text(reason, true))
          return failed(RecordFault::kInvalid,
                        fmt::format("a reason is {} to {} bytes of plain text; this one has {}",
                                    kShortestReason, kMostReasonBytes, reason.size()));
        const auto key = data_key(work, patient);
        if (!key) return std::unexpected(key.error());
        std::int64_t member = 0;
        work.sql
            << "SELECT COUNT(*) FROM care_teams WHERE patient = :patient AND person = :person AND clinic = "
               ":clinic",
            soci::into(member), soci::use(patient.value), soci::use(actor.person.value),
            soci::use(actor.clinic.value);
        if (member != 0)
          return failed(RecordFault::kConflict, "this chart is open to the care team as it is");
        const GlassId id{new_id()};
        const std::string sealed = seal(*key, place(actor.clinic, patient, id), reason);
        const std::int64_t until_ms = work.now_ms + kGlassLasts.raw();
        work.sql << "INSERT INTO glass (id, clinic, patient, person, at_ms, until_ms, reason) VALUES (:id, "
                    ":clinic, "
                    ":patient, :person, :at_ms, :until_ms, :reason)",
            soci::use(id.value), soci::use(actor.clinic.value), soci::use(patient.value),
            soci::use(actor.person.value), soci::use(work.now_ms), soci::use(until_ms), soci::use(sealed);
        return until_ms;
      });
}

Recorded<std::vector<BrokenGlass>> glass_to_review(Database& database, const Actor& actor) {
  return database.act<std::vector<BrokenGlass>>(
      actor, {"list broken glass", kTable}, [&](Work& work) -> Recorded<std::vector<BrokenGlass>> {
        std::vector<BrokenGlass> all;
        BrokenGlass one;
        std::string sealed;
        const auto most = static_cast<std::int64_t>(kMostGlass);
        soci::statement query =
            (work.sql.prepare
                 << "SELECT id, patient, person, at_ms, until_ms, reason FROM glass WHERE clinic = :clinic "
                    "AND reviewed_ms IS NULL ORDER BY at_ms, id LIMIT :most",
             soci::into(one.id.value), soci::into(one.patient.value), soci::into(one.by.value),
             soci::into(one.at_ms), soci::into(one.until_ms), soci::into(sealed),
             soci::use(actor.clinic.value), soci::use(most));
        std::vector<std::string> reasons;
        for (query.execute(); query.fetch();) {
          all.push_back(one);
          reasons.push_back(sealed);
        }
        for (std::size_t i = 0; i < all.size(); ++i) {
          const auto key = data_key(work, all[i].patient);
          if (!key && key.error().fault == RecordFault::kErased) continue;
          if (!key) return std::unexpected(key.error());
          auto opened = open_sealed(*key, place(actor.clinic, all[i].patient, all[i].id), reasons[i]);
          // One reason that was spoilt hides no other chart that was opened.
          all[i].reason = opened ? std::move(*opened) : std::string{kSpoiltReason};
        }
        return all;
      });
}

Recorded<void> review_glass(Database& database, const Actor& actor, const RequestId& request, GlassId id) {
  const auto done = database.change(
      actor, request, {"review broken glass", kTable, id.value}, std::to_string(id.value),
      [&](Work& work) -> Recorded<std::int64_t> {
        std::int64_t patient = 0, person = 0, reviewed_ms = 0;
        soci::indicator reviewed = soci::i_null;
        work.sql << "SELECT patient, person, reviewed_ms FROM glass WHERE id = :id AND clinic = :clinic",
            soci::into(patient), soci::into(person), soci::into(reviewed_ms, reviewed), soci::use(id.value),
            soci::use(actor.clinic.value);
        if (!work.sql.got_data())
          return failed(RecordFault::kMissing, fmt::format("no opened chart {} in this clinic", id.value));
        work.deed.patient = patient;
        if (reviewed == soci::i_ok) return failed(RecordFault::kConflict, "somebody has reviewed it already");
        if (person == actor.person.value)
          return failed(RecordFault::kConflict,
                        "whoever opened a chart does not review it; another person does");
        work.sql << "UPDATE glass SET reviewer = :reviewer, reviewed_ms = :reviewed_ms WHERE id = :id AND "
                    "clinic = "
                    ":clinic",
            soci::use(actor.person.value), soci::use(work.now_ms), soci::use(id.value),
            soci::use(actor.clinic.value);
        return id.value;
      });
  if (!done) return std::unexpected(done.error());
  return {};
}

}  // namespace theca::records
