#include "clinic/kept_drafts.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "clinic/encoding.hpp"
#include "clinic/patients.hpp"
#include "clinic/sealed.hpp"

namespace theca::records {
namespace {

constexpr const char* kTable = "drafts";

SealedPlace place(ClinicId clinic, PatientId patient, DraftId id) {
  return {clinic, patient, kTable, "content", id.value};
}

Recorded<void> check(const std::string& content) {
  if (content.size() > kLongestDraft)
    return failed(RecordFault::kInvalid,
                  fmt::format("a draft has at most {} bytes; this one {}", kLongestDraft, content.size()));
  if (!nlohmann::json::accept(content))
    return failed(RecordFault::kInvalid, "a draft is JSON; this one does not read");
  return {};
}

std::string detail_of(std::int64_t version, const std::string& sealed) {
  return fmt::format("version {}, sealed sha256 {}", version, sha256_hex(sealed));
}

}  // namespace

Recorded<DraftId> add_draft(Database& database, const Actor& actor, const RequestId& request,
                            ReadingId reading, const std::string& content) {
  const auto id = database.change(
      actor, request, {"add draft", kTable}, joined({std::to_string(reading.value), content}),
      [&](Work& work) -> Recorded<std::int64_t> {
        if (const auto fit = check(content); !fit) return std::unexpected(fit.error());
        PatientId patient;
        PumpId pump;
        work.sql << "SELECT patient, pump FROM readings WHERE id = :id AND clinic = :clinic",
            soci::into(patient.value), soci::into(pump.value), soci::use(reading.value),
            soci::use(actor.clinic.value);
        if (!work.sql.got_data())
          return failed(RecordFault::kMissing, fmt::format("no reading {} in this clinic", reading.value));
        work.deed.patient = patient.value;
        const auto key = data_key(work, patient);
        if (!key) return std::unexpected(key.error());
        const DraftId draft{new_id()};
        const std::string sealed = seal(*key, place(actor.clinic, patient, draft), content);
        work.sql << "INSERT INTO drafts (id, clinic, patient, pump, reading, person, version, changed_ms, "
                    "content) "
                    "VALUES (:id, :clinic, :patient, :pump, :reading, :person, 1, :changed_ms, :content)",
            soci::use(draft.value), soci::use(actor.clinic.value), soci::use(patient.value),
            soci::use(pump.value), soci::use(reading.value), soci::use(actor.person.value),
            soci::use(work.now_ms), soci::use(sealed);
        work.deed.detail = detail_of(1, sealed);
        return draft.value;
      });
  if (!id) return std::unexpected(id.error());
  return DraftId{*id};
}

Recorded<std::int64_t> save_draft(Database& database, const Actor& actor, const RequestId& request,
                                  DraftId id, std::int64_t version, const std::string& content) {
  return database.change(
      actor, request, {"save draft", kTable, id.value},
      joined({std::to_string(id.value), std::to_string(version), content}),
      [&](Work& work) -> Recorded<std::int64_t> {
        if (const auto fit = check(content); !fit) return std::unexpected(fit.error());
        PatientId patient;
        std::int64_t kept = 0;
        work.sql << "SELECT patient, version FROM drafts WHERE id = :id AND clinic = :clinic",
            soci::into(patient.value), soci::into(kept), soci::use(id.value), soci::use(actor.clinic.value);
        if (!work.sql.got_data())
          return failed(RecordFault::kMissing, fmt::format("no draft {} in this clinic", id.value));
        work.deed.patient = patient.value;
        if (kept != version)
          return failed(
              RecordFault::kConflict,
              fmt::format("draft {} is at version {}, and version {} was read; read it again and change that",
                          id.value, kept, version));
        const auto key = data_key(work, patient);
        if (!key) return std::unexpected(key.error());
        const std::string sealed = seal(*key, place(actor.clinic, patient, id), content);
        const std::int64_t next = version + 1;
        work.sql << "UPDATE drafts SET content = :content, version = :next, person = :person, "
                    "changed_ms = :changed_ms WHERE id = :id AND clinic = :clinic",
            soci::use(sealed), soci::use(next), soci::use(actor.person.value), soci::use(work.now_ms),
            soci::use(id.value), soci::use(actor.clinic.value);
        work.deed.detail = detail_of(next, sealed);
        return next;
      });
}

Recorded<KeptDraft> draft(Database& database, const Actor& actor, DraftId id) {
  return database.act<KeptDraft>(
      actor, {"read draft", kTable, id.value}, [&](Work& work) -> Recorded<KeptDraft> {
        KeptDraft one;
        one.id = id;
        std::string sealed;
        work.sql << "SELECT patient, pump, reading, person, version, changed_ms, content FROM drafts "
                    "WHERE id = :id AND clinic = :clinic",
            soci::into(one.patient.value), soci::into(one.pump.value), soci::into(one.reading.value),
            soci::into(one.by.value), soci::into(one.version), soci::into(one.changed_ms), soci::into(sealed),
            soci::use(id.value), soci::use(actor.clinic.value);
        if (!work.sql.got_data())
          return failed(RecordFault::kMissing, fmt::format("no draft {} in this clinic", id.value));
        work.deed.patient = one.patient.value;
        const auto key = data_key(work, one.patient);
        if (!key) return std::unexpected(key.error());
        auto content = open_sealed(*key, place(actor.clinic, one.patient, id), sealed);
        if (!content) return std::unexpected(content.error());
        one.content = std::move(*content);
        return one;
      });
}

Recorded<std::vector<KeptDraft>> drafts_of(Database& database, const Actor& actor, PatientId patient) {
  return database.act<std::vector<KeptDraft>>(
      actor, {"list drafts", kTable, std::nullopt, patient.value},
      [&](Work& work) -> Recorded<std::vector<KeptDraft>> {
        if (const auto key = data_key(work, patient); !key) return std::unexpected(key.error());
        std::vector<KeptDraft> all;
        KeptDraft one;
        one.patient = patient;
        soci::statement query =
            (work.sql.prepare << "SELECT id, pump, reading, person, version, changed_ms FROM drafts "
                                 "WHERE patient = :patient AND clinic = :clinic ORDER BY changed_ms DESC, id",
             soci::into(one.id.value), soci::into(one.pump.value), soci::into(one.reading.value),
             soci::into(one.by.value), soci::into(one.version), soci::into(one.changed_ms),
             soci::use(patient.value), soci::use(actor.clinic.value));
        for (query.execute(); query.fetch();) all.push_back(one);
        return all;
      });
}

}  // namespace theca::records
