#include "clinic/patients.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sodium.h>

#include <algorithm>
#include <array>

#include "clinic/encoding.hpp"
#include "clinic/sealed.hpp"
#include "clinic/search_token.hpp"
#include "quantity/quantity.hpp"

namespace theca::records {
namespace {

constexpr std::size_t kLongestName = 200, kLongestNumber = 64, kLongestNotes = 65'536, kMostTokens = 16;
constexpr std::chrono::year kEarliestBirth{1850};
constexpr std::array<const char*, 4> kSexWords{"unknown", "female", "male", "other"};
constexpr const char* kTable = "patients";
constexpr const char* kKeyTable = "patient_keys";

std::unexpected<RecordError> no_patient(PatientId id) {
  return failed(RecordFault::kMissing, fmt::format("no patient {} in this clinic", id.value));
}

SealedPlace place(ClinicId clinic, PatientId id, const char* column) {
  return {clinic, id, kTable, column, id.value};
}

Recorded<void> check(const PatientDetails& details, std::int64_t now_ms) {
  const auto text = [](const char* what, const std::string& value, std::size_t least, std::size_t most,
                       bool lines) -> Recorded<void> {
    if (value.size() >= least && value.size() <= most && plain_text(value, lines)) return {};
    return failed(RecordFault::kInvalid, fmt::format("{} is {} to {} bytes of plain text; this one has {}",
                                                     what, least, most, value.size()));
  };
  if (const auto fit = text("a patient's name", details.name, 1, kLongestName, false); !fit) return fit;
  if (const auto fit = text("a record number", details.record_number, 1, kLongestNumber, false); !fit)
    return fit;
  if (const auto fit = text("a note", details.notes, 0, kLongestNotes, true); !fit) return fit;
  if (folded_words(details.name).empty())
    return failed(RecordFault::kInvalid, "a patient's name has a letter or a digit in it");
  if (folded_words(details.record_number).empty())
    return failed(RecordFault::kInvalid, "a record number has a letter or a digit in it");
  const auto today =
      std::chrono::sys_days{std::chrono::days{now_ms / kMillisecondsPerDay + 1}};  // somewhere it is tomorrow
  if (!details.birth_date.ok() || details.birth_date.year() < kEarliestBirth ||
      std::chrono::sys_days{details.birth_date} > today)
    return failed(RecordFault::kInvalid,
                  fmt::format("a birth date is a day from {} to today", static_cast<int>(kEarliestBirth)));
  return {};
}

struct SealedDetails {
  std::string name, birth_date, record_number, sex, notes;
};

SealedDetails sealed(const SecretKey& key, ClinicId clinic, PatientId id, const PatientDetails& details) {
  return {seal(key, place(clinic, id, "name"), details.name),
          seal(key, place(clinic, id, "birth_date"), text_of(details.birth_date)),
          seal(key, place(clinic, id, "record_number"), details.record_number),
          seal(key, place(clinic, id, "sex"), kSexWords.at(static_cast<std::size_t>(details.sex))),
          seal(key, place(clinic, id, "notes"), details.notes)};
}

void insert_tokens(Work& work, PatientId id, const PatientDetails& details) {
  auto tokens = name_tokens(work.keys.tokens, details.name);
  tokens.push_back(birth_date_token(work.keys.tokens, details.birth_date));
  tokens.push_back(record_number_token(work.keys.tokens, details.record_number));
  for (const std::string& token : tokens)
    work.sql << "INSERT INTO search_tokens (clinic, token, patient) VALUES (:clinic, :token, :patient)",
        soci::use(work.actor.clinic.value), soci::use(token), soci::use(id.value);
}

void delete_tokens(Work& work, PatientId id) {
  work.sql << "DELETE FROM search_tokens WHERE patient = :patient AND clinic = :clinic", soci::use(id.value),
      soci::use(work.actor.clinic.value);
}

/// Two patients under one record number are how a pump is programmed for the wrong one.
Recorded<void> check_number_is_free(Work& work, PatientId id, const PatientDetails& details) {
  const std::string token = record_number_token(work.keys.tokens, details.record_number);
  std::int64_t others = 0;
  work.sql << "SELECT COUNT(*) FROM search_tokens WHERE clinic = :clinic AND token = :token AND patient <> "
              ":patient",
      soci::into(others), soci::use(work.actor.clinic.value), soci::use(token), soci::use(id.value);
  if (others == 0) return {};
  return failed(RecordFault::kConflict,
                "another patient of this clinic has this record number; look for them first");
}

Recorded<FoundPatient> opened(const Work& work, const SecretKey& key, PatientId id,
                              const SealedDetails& row) {
  const ClinicId clinic = work.actor.clinic;
  const auto name = open_sealed(key, place(clinic, id, "name"), row.name);
  if (!name) return std::unexpected(name.error());
  const auto birth = open_sealed(key, place(clinic, id, "birth_date"), row.birth_date);
  if (!birth) return std::unexpected(birth.error());
  const auto number = open_sealed(key, place(clinic, id, "record_number"), row.record_number);
  if (!number) return std::unexpected(number.error());
  return FoundPatient{id, *name, date_of(*birth).value_or(std::chrono::year_month_day{}), *number};
}

}  // namespace

Recorded<FoundPatient> who_is(Work& work, PatientId id) {
  SealedDetails row;
  work.sql << "SELECT name, birth_date, record_number FROM patients WHERE id = :id AND clinic = :clinic",
      soci::into(row.name), soci::into(row.birth_date), soci::into(row.record_number), soci::use(id.value),
      soci::use(work.actor.clinic.value);
  if (!work.sql.got_data()) return no_patient(id);
  const auto key = data_key(work, id);
  if (!key) return std::unexpected(key.error());
  return opened(work, *key, id, row);
}

namespace {

/// All of `query`'s patients that `fits`, opened and by name.
template <class Fits>
Recorded<FoundPatients> found(Work& work, const std::vector<PatientId>& ids, const Fits& fits) {
  FoundPatients all;
  for (const PatientId id : ids) {
    auto one = who_is(work, id);
    if (!one && one.error().fault == RecordFault::kErased) continue;
    if (!one) return std::unexpected(one.error());
    if (!fits(*one)) continue;
    if (all.patients.size() == kMostFound) {
      all.more = true;
      break;
    }
    all.patients.push_back(std::move(*one));
  }
  std::ranges::sort(all.patients, {}, [](const FoundPatient& one) { return std::pair{one.name, one.id}; });
  std::vector<std::int64_t> shown;
  for (const FoundPatient& one : all.patients) shown.push_back(one.id.value);
  work.deed.detail = fmt::format("shown {}", fmt::join(shown, " "));
  return all;
}

}  // namespace

Recorded<SecretKey> data_key(Work& work, PatientId id) {
  std::string wrapped;
  work.sql << "SELECT wrapped FROM patient_keys WHERE patient = :patient AND clinic = :clinic",
      soci::into(wrapped), soci::use(id.value), soci::use(work.actor.clinic.value);
  if (!work.sql.got_data()) {
    std::int64_t there = 0;
    work.sql << "SELECT COUNT(*) FROM patients WHERE id = :id AND clinic = :clinic", soci::into(there),
        soci::use(id.value), soci::use(work.actor.clinic.value);
    if (there == 0) return no_patient(id);
    return failed(RecordFault::kErased, fmt::format("patient {} was erased", id.value));
  }
  auto text = open_sealed(work.keys.wrap, {work.actor.clinic, id, kKeyTable, "wrapped", id.value}, wrapped);
  if (!text) return std::unexpected(text.error());
  SecretKey key;
  if (text->size() != key.bytes.size())
    return failed(RecordFault::kSpoilt, fmt::format("the data key of patient {} has {} bytes, not {}",
                                                    id.value, text->size(), key.bytes.size()));
  std::ranges::copy(bytes_of(*text), key.bytes.begin());
  sodium_memzero(text->data(), text->size());
  return key;
}

Recorded<PatientId> add_patient(Database& database, const Actor& actor, const RequestId& request,
                                const PatientDetails& details) {
  const std::string content = joined({details.name, text_of(details.birth_date), details.record_number,
                                      kSexWords.at(static_cast<std::size_t>(details.sex)), details.notes});
  const auto id = database.change(
      actor, request, {"add patient", kTable}, content, [&](Work& work) -> Recorded<std::int64_t> {
        if (const auto fit = check(details, work.now_ms); !fit) return std::unexpected(fit.error());
        const PatientId patient{new_id()};
        if (const auto free = check_number_is_free(work, patient, details); !free)
          return std::unexpected(free.error());
        const SecretKey key = SecretKey::random();
        const SealedDetails row = sealed(key, actor.clinic, patient, details);
        const std::string wrapped =
            seal(work.keys.wrap, {actor.clinic, patient, kKeyTable, "wrapped", patient.value},
                 {reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size()});
        work.sql << "INSERT INTO patients (id, clinic, name, birth_date, record_number, sex, notes, version, "
                    "created_ms) VALUES (:id, :clinic, :name, :birth_date, :record_number, :sex, :notes, 1, "
                    ":created_ms)",
            soci::use(patient.value), soci::use(actor.clinic.value), soci::use(row.name),
            soci::use(row.birth_date), soci::use(row.record_number), soci::use(row.sex), soci::use(row.notes),
            soci::use(work.now_ms);
        work.sql
            << "INSERT INTO patient_keys (patient, clinic, wrapped) VALUES (:patient, :clinic, :wrapped)",
            soci::use(patient.value), soci::use(actor.clinic.value), soci::use(wrapped);
        insert_tokens(work, patient, details);
        work.deed.patient = patient.value;
        return patient.value;
      });
  if (!id) return std::unexpected(id.error());
  return PatientId{*id};
}

Recorded<Patient> patient(Database& database, const Actor& actor, PatientId id) {
  return database.act<Patient>(
      actor, {"read patient", kTable, id.value, id.value}, [&](Work& work) -> Recorded<Patient> {
        const auto key = data_key(work, id);
        if (!key) return std::unexpected(key.error());
        Patient patient{id, 0, 0, {}};
        SealedDetails row;
        work.sql << "SELECT name, birth_date, record_number, sex, notes, version, created_ms FROM patients "
                    "WHERE id = :id AND clinic = :clinic",
            soci::into(row.name), soci::into(row.birth_date), soci::into(row.record_number),
            soci::into(row.sex), soci::into(row.notes), soci::into(patient.version),
            soci::into(patient.created_ms), soci::use(id.value), soci::use(actor.clinic.value);
        if (!work.sql.got_data()) return no_patient(id);
        const auto who = opened(work, *key, id, row);
        if (!who) return std::unexpected(who.error());
        const auto sex = open_sealed(*key, place(actor.clinic, id, "sex"), row.sex);
        if (!sex) return std::unexpected(sex.error());
        const auto notes = open_sealed(*key, place(actor.clinic, id, "notes"), row.notes);
        if (!notes) return std::unexpected(notes.error());
        const auto word = std::ranges::find(kSexWords, *sex);
        patient.details = {
            who->name, who->birth_date, who->record_number,
            word == kSexWords.end() ? Sex::kUnknown : static_cast<Sex>(word - kSexWords.begin()), *notes};
        return patient;
      });
}

Recorded<std::int64_t> change_patient(Database& database, const Actor& actor, const RequestId& request,
                                      PatientId id, std::int64_t version, const PatientDetails& details) {
  const std::string content =
      joined({std::to_string(id.value), std::to_string(version), details.name, text_of(details.birth_date),
              details.record_number, kSexWords.at(static_cast<std::size_t>(details.sex)), details.notes});
  return database.change(
      actor, request, {"change patient", kTable, id.value, id.value}, content,
      [&](Work& work) -> Recorded<std::int64_t> {
        if (const auto fit = check(details, work.now_ms); !fit) return std::unexpected(fit.error());
        const auto key = data_key(work, id);
        if (!key) return std::unexpected(key.error());
        if (const auto free = check_number_is_free(work, id, details); !free)
          return std::unexpected(free.error());
        const SealedDetails row = sealed(*key, actor.clinic, id, details);
        const std::int64_t next = version + 1;
        soci::statement update =
            (work.sql.prepare
                 << "UPDATE patients SET name = :name, birth_date = :birth_date, "
                    "record_number = :record_number, sex = :sex, notes = :notes, version = :next "
                    "WHERE id = :id AND clinic = :clinic AND version = :version",
             soci::use(row.name), soci::use(row.birth_date), soci::use(row.record_number), soci::use(row.sex),
             soci::use(row.notes), soci::use(next), soci::use(id.value), soci::use(actor.clinic.value),
             soci::use(version));
        update.execute(true);
        if (update.get_affected_rows() != 1)
          return failed(
              RecordFault::kConflict,
              fmt::format("patient {} was changed since version {} was read; read it again and change that",
                          id.value, version));
        delete_tokens(work, id);
        insert_tokens(work, id, details);
        work.deed.detail = fmt::format("version {}", next);
        return next;
      });
}

std::string search_query(std::size_t tokens) {
  std::string query = "SELECT t0.patient FROM search_tokens t0";
  for (std::size_t i = 1; i < tokens; ++i)
    query +=
        fmt::format(" JOIN search_tokens t{0} ON t{0}.patient = t0.patient AND t{0}.clinic = t0.clinic", i);
  query += " WHERE t0.clinic = :clinic";
  for (std::size_t i = 0; i < tokens; ++i) query += fmt::format(" AND t{0}.token = :token{0}", i);
  return query + " ORDER BY t0.patient";
}

Recorded<FoundPatients> find_patients(Database& database, const Actor& actor, const PatientSearch& search) {
  return database.act<FoundPatients>(
      actor, {"search patients", kTable}, [&](Work& work) -> Recorded<FoundPatients> {
        auto tokens = asked_name_tokens(work.keys.tokens, search.words);
        if (search.birth_date) tokens.push_back(birth_date_token(work.keys.tokens, *search.birth_date));
        if (!search.record_number.empty())
          tokens.push_back(record_number_token(work.keys.tokens, search.record_number));
        if (tokens.empty() || tokens.size() > kMostTokens)
          return failed(
              RecordFault::kInvalid,
              fmt::format("a search has 1 to {} words, a birth date or a record number; this one has {}",
                          kMostTokens, tokens.size()));
        std::vector<PatientId> ids;
        PatientId id;
        soci::statement query{work.sql};
        query.exchange(soci::into(id.value));
        query.exchange(soci::use(actor.clinic.value));
        for (const std::string& token : tokens) query.exchange(soci::use(token));
        query.alloc();
        query.prepare(search_query(tokens.size()));
        query.define_and_bind();
        for (query.execute(); query.fetch();) ids.push_back(id);
        return found(work, ids,
                     [&](const FoundPatient& one) { return begins_words_of(search.words, one.name); });
      });
}

Recorded<Erased> erase_patient(Database& database, const Actor& actor, const RequestId& request,
                               PatientId id) {
  const auto done = database.change(
      actor, request, {"erase patient", kTable, id.value, id.value}, std::to_string(id.value),
      [&](Work& work) -> Recorded<std::int64_t> {
        const auto key = data_key(work, id);
        if (!key) return std::unexpected(key.error());
        work.sql << "DELETE FROM patient_keys WHERE patient = :patient AND clinic = :clinic",
            soci::use(id.value), soci::use(actor.clinic.value);
        delete_tokens(work, id);
        work.sql << "UPDATE patients SET erased_ms = :erased_ms WHERE id = :id AND clinic = :clinic",
            soci::use(work.now_ms), soci::use(id.value), soci::use(actor.clinic.value);
        return id.value;
      });
  if (!done) return std::unexpected(done.error());
  return Erased{database.scrub().has_value()};
}

namespace {

Recorded<void> change_team(Database& database, const Actor& actor, const RequestId& request, PatientId id,
                           PersonId person, const char* action,
                           const std::function<Recorded<void>(Work&)>& change) {
  const auto done = database.change(actor, request, {action, "care_teams", person.value, id.value},
                                    joined({std::to_string(id.value), std::to_string(person.value)}),
                                    [&](Work& work) -> Recorded<std::int64_t> {
                                      if (const auto key = data_key(work, id); !key)
                                        return std::unexpected(key.error());
                                      if (const auto changed = change(work); !changed)
                                        return std::unexpected(changed.error());
                                      return person.value;
                                    });
  if (!done) return std::unexpected(done.error());
  return {};
}

}  // namespace

Recorded<void> join_care_team(Database& database, const Actor& actor, const RequestId& request, PatientId id,
                              PersonId person) {
  return change_team(
      database, actor, request, id, person, "join care team", [&](Work& work) -> Recorded<void> {
        std::int64_t works_here = 0, is_in = 0;
        work.sql << "SELECT COUNT(*) FROM people WHERE id = :id AND clinic = :clinic AND left_ms IS NULL",
            soci::into(works_here), soci::use(person.value), soci::use(actor.clinic.value);
        if (works_here != 1)
          return failed(RecordFault::kMissing, fmt::format("person {} does not work here", person.value));
        work.sql << "SELECT COUNT(*) FROM care_teams WHERE patient = :patient AND person = :person AND "
                    "clinic = :clinic",
            soci::into(is_in), soci::use(id.value), soci::use(person.value), soci::use(actor.clinic.value);
        if (is_in == 0)
          work.sql << "INSERT INTO care_teams (clinic, patient, person, since_ms) "
                      "VALUES (:clinic, :patient, :person, :since_ms)",
              soci::use(actor.clinic.value), soci::use(id.value), soci::use(person.value),
              soci::use(work.now_ms);
        return {};
      });
}

Recorded<void> leave_care_team(Database& database, const Actor& actor, const RequestId& request, PatientId id,
                               PersonId person) {
  return change_team(
      database, actor, request, id, person, "leave care team", [&](Work& work) -> Recorded<void> {
        work.sql
            << "DELETE FROM care_teams WHERE patient = :patient AND person = :person AND clinic = :clinic",
            soci::use(id.value), soci::use(person.value), soci::use(actor.clinic.value);
        return {};
      });
}

Recorded<std::vector<PersonId>> care_team(Database& database, const Actor& actor, PatientId id) {
  return database.act<std::vector<PersonId>>(
      actor, {"read care team", "care_teams", std::nullopt, id.value},
      [&](Work& work) -> Recorded<std::vector<PersonId>> {
        if (const auto key = data_key(work, id); !key) return std::unexpected(key.error());
        std::vector<PersonId> team;
        PersonId person;
        soci::statement query =
            (work.sql.prepare << "SELECT person FROM care_teams "
                                 "WHERE patient = :patient AND clinic = :clinic ORDER BY person",
             soci::into(person.value), soci::use(id.value), soci::use(actor.clinic.value));
        for (query.execute(); query.fetch();) team.push_back(person);
        return team;
      });
}

Recorded<FoundPatients> patients_in_care(Database& database, const Actor& actor) {
  return database.act<FoundPatients>(
      actor, {"list patients in care", kTable}, [&](Work& work) -> Recorded<FoundPatients> {
        std::vector<PatientId> ids;
        PatientId id;
        soci::statement query =
            (work.sql.prepare << "SELECT patient FROM care_teams "
                                 "WHERE person = :person AND clinic = :clinic ORDER BY patient",
             soci::into(id.value), soci::use(actor.person.value), soci::use(actor.clinic.value));
        for (query.execute(); query.fetch();) ids.push_back(id);
        return found(work, ids, [](const FoundPatient&) { return true; });
      });
}

}  // namespace theca::records
