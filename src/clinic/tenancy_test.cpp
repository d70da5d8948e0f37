/// Nobody reads another clinic's patient: every function that takes an id, with an actor of another clinic.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "clinic/glass.hpp"
#include "clinic/records_testing.hpp"
#include "clinic/refills.hpp"
#include "clinic/traces.hpp"

namespace theca::records {
namespace {

/// One of everything, in one clinic.
struct Tenant {
  Actor actor;
  PersonId nurse;
  PatientId patient;
  PumpId pump;
  ReadingId reading;
  DraftId draft;
  SendId send;
  RefillId refill;  // open, of another pump
  GlassId glass;    // broken by the nurse
};

Tenant new_tenant(Database& database, const std::string& name) {
  Tenant one;
  one.actor = must(found_clinic(database, name, "Admin of " + name));
  one.nurse = must(add_person(database, one.actor, new_request(), StaffRole::kNurse, "Nurse"));
  one.patient = must(add_patient(database, one.actor, new_request(), some_patient()));
  one.pump = must(add_pump(database, one.actor, new_request(), one.patient, some_pump()));
  one.reading = must(keep_reading(database, one.actor, new_request(), one.pump, kNoon, {1, 2, 3}));
  one.draft = must(add_draft(database, one.actor, new_request(), one.reading, "{}"));
  one.send = must(begin_send(database, one.actor, new_request(), {one.pump, one.draft, "prescription", {}}));
  const PumpId second = must(add_pump(database, one.actor, new_request(), one.patient, some_pump(7)));
  const ReadingId read = must(keep_reading(database, one.actor, new_request(), second, kNoon, {4, 5, 6}));
  const Actor nurse{one.actor.clinic, one.nurse};
  must(break_glass(database, nurse, new_request(), one.patient, "Brought in, cannot be woken."));
  one.glass = must(glass_to_review(database, one.actor)).front().id;
  one.refill = must(begin_refill(database, one.actor, new_request(), read, "label", "{}"));
  return one;
}

/// What a call answered: "" when it gave something, else the word of its fault.
template <class T>
std::string answer(const Recorded<T>& result) {
  return result ? std::string{} : word_of(result.error().fault);
}

using Call = std::function<std::string(Database&, const Actor&, const Tenant&)>;

/// Every function of the records that is given an id.
const std::map<std::string, Call>& calls() {
  static const std::map<std::string, Call> kCalls{
      {"let_go", [](Database& d, const Actor& a,
                    const Tenant& t) { return answer(let_go(d, a, new_request(), t.nurse)); }},
      {"add_passkey",
       [](Database& d, const Actor& a, const Tenant& t) {
         return answer(
             add_passkey(d, a, new_request(), {"AQID", {a.clinic, t.nurse}, StaffRole::kNurse, "AQID", 0}));
       }},
      {"break_glass",
       [](Database& d, const Actor& a, const Tenant& t) {
         return answer(break_glass(d, a, new_request(), t.patient, "Brought in, cannot be woken."));
       }},
      {"review_glass", [](Database& d, const Actor& a,
                          const Tenant& t) { return answer(review_glass(d, a, new_request(), t.glass)); }},
      {"keep_trace",
       [](Database& d, const Actor& a, const Tenant& t) {
         return answer(keep_trace(d, a, new_request(), t.pump, TraceKind::kDiary, kNoon, "[]"));
       }},
      {"traces_of", [](Database& d, const Actor& a,
                       const Tenant& t) { return answer(traces_of(d, a, t.pump, TraceKind::kJournal)); }},
      {"patient",
       [](Database& d, const Actor& a, const Tenant& t) { return answer(patient(d, a, t.patient)); }},
      {"change_patient",
       [](Database& d, const Actor& a, const Tenant& t) {
         return answer(change_patient(d, a, new_request(), t.patient, 1, some_patient("other")));
       }},
      {"erase_patient",
       [](Database& d, const Actor& a, const Tenant& t) {
         return answer(erase_patient(d, a, new_request(), t.patient));
       }},
      {"join_care_team",
       [](Database& d, const Actor& a, const Tenant& t) {
         return answer(join_care_team(d, a, new_request(), t.patient, a.person));
       }},
      {"leave_care_team",
       [](Database& d, const Actor& a, const Tenant& t) {
         return answer(leave_care_team(d, a, new_request(), t.patient, t.nurse));
       }},
      {"care_team",
       [](Database& d, const Actor& a, const Tenant& t) { return answer(care_team(d, a, t.patient)); }},
      {"add_pump",
       [](Database& d, const Actor& a, const Tenant& t) {
         return answer(add_pump(d, a, new_request(), t.patient, some_pump(9)));
       }},
      {"pump", [](Database& d, const Actor& a, const Tenant& t) { return answer(pump(d, a, t.pump)); }},
      {"pumps_of",
       [](Database& d, const Actor& a, const Tenant& t) { return answer(pumps_of(d, a, t.patient)); }},
      {"explant_pump",
       [](Database& d, const Actor& a, const Tenant& t) {
         return answer(explant_pump(d, a, new_request(), t.pump, kNoon));
       }},
      {"keep_reading",
       [](Database& d, const Actor& a, const Tenant& t) {
         return answer(keep_reading(d, a, new_request(), t.pump, kNoon, {1}));
       }},
      {"reading",
       [](Database& d, const Actor& a, const Tenant& t) { return answer(reading(d, a, t.reading)); }},
      {"readings_of",
       [](Database& d, const Actor& a, const Tenant& t) { return answer(readings_of(d, a, t.pump)); }},
      {"add_draft", [](Database& d, const Actor& a,
                       const Tenant& t) { return answer(add_draft(d, a, new_request(), t.reading, "{}")); }},
      {"save_draft",
       [](Database& d, const Actor& a, const Tenant& t) {
         return answer(save_draft(d, a, new_request(), t.draft, 1, "{}"));
       }},
      {"draft", [](Database& d, const Actor& a, const Tenant& t) { return answer(draft(d, a, t.draft)); }},
      {"drafts_of",
       [](Database& d, const Actor& a, const Tenant& t) { return answer(drafts_of(d, a, t.patient)); }},
      {"begin_send",
       [](Database& d, const Actor& a, const Tenant& t) {
         return answer(begin_send(d, a, new_request(), {t.pump, std::nullopt, "stop", {}}));
       }},
      {"settle_send",
       [](Database& d, const Actor& a, const Tenant& t) {
         return answer(settle_send(d, a, new_request(), t.send, SendState::kConfirmed));
       }},
      {"send", [](Database& d, const Actor& a, const Tenant& t) { return answer(send(d, a, t.send)); }},
      {"sends_of",
       [](Database& d, const Actor& a, const Tenant& t) { return answer(sends_of(d, a, t.pump)); }},
      {"begin_refill",
       [](Database& d, const Actor& a, const Tenant& t) {
         return answer(begin_refill(d, a, new_request(), t.reading, "label", "{}"));
       }},
      {"add_refill_step",
       [](Database& d, const Actor& a, const Tenant& t) {
         return answer(add_refill_step(d, a, new_request(), t.refill, 1, kNoon, "{}", "port"));
       }},
      {"refill", [](Database& d, const Actor& a, const Tenant& t) { return answer(refill(d, a, t.refill)); }},
      {"refills_of",
       [](Database& d, const Actor& a, const Tenant& t) { return answer(refills_of(d, a, t.pump)); }},
      {"add_visit",
       [](Database& d, const Actor& a, const Tenant& t) {
         return answer(add_visit(d, a, new_request(), t.patient, {kNoon, VisitReason::kOther, ""}));
       }},
      {"visits_of",
       [](Database& d, const Actor& a, const Tenant& t) { return answer(visits_of(d, a, t.patient)); }},
      {"audit_of_patient", [](Database& d, const Actor& a,
                              const Tenant& t) { return answer(audit_of_patient(d, a, t.patient, 10)); }},
  };
  return kCalls;
}

/// The rows of every table that are this clinic's, as one text: what nobody else may change.
std::string belongings(Database& database, ClinicId clinic) {
  std::string all;
  for (const char* table : {"people", "passkeys", "patients", "patient_keys", "search_tokens", "care_teams",
                            "pumps", "readings", "drafts", "sends", "visits", "refills", "refill_steps"}) {
    std::int64_t rows = 0;
    database.session() << "SELECT COUNT(*) FROM " << table << " WHERE clinic = :clinic", soci::into(rows),
        soci::use(clinic.value);
    all += std::string{table} + " " + std::to_string(rows) + "\n";
  }
  std::string versions;
  database.session() << "SELECT COALESCE(SUM(version), 0) FROM patients WHERE clinic = :clinic",
      soci::into(versions), soci::use(clinic.value);
  std::string drafts, states;
  database.session() << "SELECT COALESCE(SUM(version), 0) FROM drafts WHERE clinic = :clinic",
      soci::into(drafts), soci::use(clinic.value);
  database.session() << "SELECT MIN(state) FROM sends WHERE clinic = :clinic", soci::into(states),
      soci::use(clinic.value);
  return all + versions + " " + drafts + " " + states;
}

/// The calls that said anything but "missing" to a stranger.
std::vector<std::string> leaks(Database& database, const Actor& stranger, const Tenant& whose) {
  std::vector<std::string> told;
  for (const auto& [name, call] : calls()) {
    if (call(database, stranger, whose) != word_of(RecordFault::kMissing)) told.push_back(name);
  }
  return told;
}

/// Who somebody of another clinic may say they are.
std::vector<Actor> strangers_to(const Tenant& whose, const Tenant& other) {
  return {other.actor,
          {whose.actor.clinic, other.actor.person},   // of their clinic
          {other.actor.clinic, whose.actor.person}};  // their person
}

using Tenancy = RecordsTest;
THECA_ON_BOTH_ENGINES(Tenancy);

TEST_P(Tenancy, INV_16_nobody_reads_or_changes_another_clinics_patient) {
  const auto database = records.open();
  std::vector<Tenant> tenants;
  std::vector<std::string> before;
  const auto more = [&] {
    tenants.push_back(new_tenant(*database, "Clinic"));
    before.push_back(belongings(*database, tenants.back().actor.clinic));
  };
  more();
  more();
  for (const Actor& stranger : strangers_to(tenants[0], tenants[1]))
    EXPECT_EQ(leaks(*database, stranger, tenants[0]), std::vector<std::string>{});
  EXPECT_TRUE(rc::check([&] {
    if (*rc::gen::inRange(0, 10) == 0) more();
    const auto at = *rc::gen::inRange<std::size_t>(0, tenants.size());
    const auto from = *rc::gen::distinctFrom(rc::gen::inRange<std::size_t>(0, tenants.size()), at);
    const Tenant& whose = tenants[at];
    const Actor& other = tenants[from].actor;
    const Actor stranger = *rc::gen::elementOf(strangers_to(whose, tenants[from]));
    const auto& [name, call] =
        *std::next(calls().begin(), *rc::gen::inRange<std::ptrdiff_t>(0, std::ssize(calls())));
    RC_LOG() << name;
    RC_ASSERT(call(*database, stranger, whose) == word_of(RecordFault::kMissing));
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        for (const auto& found : must(find_patients(*database, other, {"odegard"})).patients)
          RC_ASSERT(found.id == tenants[from].patient);
        break;
      case 1:
        for (const Staff& one : must(staff(*database, other))) RC_ASSERT(one.id != whose.nurse);
        break;
      case 2:
        RC_ASSERT(must(passkeys(*database, other, whose.actor.person)).empty());
        break;
      default:
        RC_ASSERT(must(patients_in_care(*database, other)).patients.empty());
    }
  }));
  for (std::size_t i = 0; i < tenants.size(); ++i)
    EXPECT_EQ(belongings(*database, tenants[i].actor.clinic), before[i])
        << "somebody changed what is not theirs";
}

TEST_P(Tenancy, INV_16_the_same_calls_of_the_own_clinic_are_answered) {
  const auto database = records.open();
  for (const auto& [name, call] : calls()) {
    const Tenant own = new_tenant(*database, "Clinic");
    EXPECT_EQ(call(*database, own.actor, own), "") << name;
  }
}

TEST_P(Tenancy, INV_16_queries_without_the_clinic_are_seen) {
  const auto database = records.open();
  const Tenant own = new_tenant(*database, "Own"), other = new_tenant(*database, "Other");
  ASSERT_EQ(leaks(*database, other.actor, own), std::vector<std::string>{});
  // The broken twin: the same queries, and the clinic decides nothing in them.
  database->session().set_query_transformation([](const std::string& query) {
    std::string changed = query;
    const std::string condition = " AND clinic = :clinic", nothing = " AND CAST(:clinic AS BIGINT) <> 0";
    for (std::size_t at = 0; (at = changed.find(condition, at)) != std::string::npos; at += nothing.size())
      changed.replace(at, condition.size(), nothing);
    return changed;
  });
  const auto told = leaks(*database, other.actor, own);
  EXPECT_EQ(told.size(), calls().size()) << "only these were seen: " << ::testing::PrintToString(told);
  EXPECT_EQ(calls().at("send")(*database, other.actor, own), "") << "what is not sealed is told";
  // Even so the name stays shut: it is sealed for its own clinic.
  EXPECT_TRUE(is_refused(patient(*database, other.actor, own.patient), RecordFault::kSpoilt));
}

TEST_P(Tenancy, INV_16_the_database_itself_lets_no_row_point_into_another_clinic) {
  const auto database = records.open();
  const Tenant own = new_tenant(*database, "Own"), other = new_tenant(*database, "Other");
  EXPECT_THROW((database->session() << "UPDATE pumps SET patient = :patient WHERE id = :id",
                soci::use(own.patient.value), soci::use(other.pump.value)),
               soci::soci_error);
  EXPECT_THROW((database->session() << "INSERT INTO care_teams (clinic, patient, person, since_ms) "
                                       "VALUES (:clinic, :patient, :person, 1)",
                soci::use(other.actor.clinic.value), soci::use(own.patient.value),
                soci::use(other.actor.person.value)),
               soci::soci_error);
}

TEST_P(Tenancy, who_has_left_acts_no_more) {
  const auto database = records.open();
  const Tenant own = new_tenant(*database, "Own");
  const Actor nurse{own.actor.clinic, own.nurse};
  ASSERT_TRUE(patient(*database, nurse, own.patient).has_value());
  must(let_go(*database, own.actor, new_request(), own.nurse));
  EXPECT_TRUE(is_refused(patient(*database, nurse, own.patient), RecordFault::kMissing));
}

}  // namespace
}  // namespace theca::records
