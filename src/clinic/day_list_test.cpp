// The day's list on both engines: the pumps of one person's patients, the newest of each, one row of the
// trail; nobody else's, and no spoilt row hides another's pump.
#include "clinic/day_list.hpp"

#include "clinic/records_testing.hpp"
#include "clinic/refills.hpp"

namespace theca::records {
namespace {

class DayListOn : public RecordsTest {
 protected:
  std::unique_ptr<Database> database = records.open();
  Actor actor = must(found_clinic(*database, "North", "Ada"));
  std::uint8_t pumps = 0;

  PatientId patient(const std::string& name, bool in_care = true) {
    PatientDetails details = some_patient("MRN-" + name);
    details.name = name;
    const PatientId id = must(add_patient(*database, actor, new_request(), details));
    if (in_care) must(join_care_team(*database, actor, new_request(), id, actor.person));
    return id;
  }
  PumpId pump_of(PatientId patient) {
    return must(add_pump(*database, actor, new_request(), patient, some_pump(++pumps)));
  }
  ReadingId read(PumpId pump, std::uint8_t said, std::int64_t at_ms) {
    return must(keep_reading(*database, actor, new_request(), pump, at_ms, {said}));
  }
  DayEntry only() {
    const DayList list = must(day_list(*database, actor));
    if (list.entries.size() != 1) throw std::runtime_error("not one entry");
    return list.entries.front();
  }
};

TEST_P(DayListOn, INV_16_shows_the_newest_of_each_pump_in_care_and_nobody_elses) {
  const PatientId zoe = patient("Zoe Quist");
  const PumpId hers = pump_of(zoe), gone = pump_of(zoe);
  must(explant_pump(*database, actor, new_request(), gone, kNoon));
  pump_of(patient("Tom Ivers", /*in_care=*/false));
  patient("Omar Reyes");  // without a pump
  EXPECT_FALSE(only().reading);
  const ReadingId newest = read(hers, 2, kNoon + 20);
  read(hers, 1, kNoon + 10);  // kept later, and older
  const DayEntry entry = only();
  EXPECT_EQ(entry.patient.id, zoe);
  EXPECT_EQ(entry.patient.name, "Zoe Quist");
  EXPECT_EQ(entry.pump, hers);
  ASSERT_TRUE(entry.reading);
  EXPECT_EQ(entry.reading->id, newest);
  EXPECT_EQ(entry.reading->said, std::vector<std::uint8_t>{2});

  const auto rows = must(audit_of_patient(*database, actor, zoe, 50));
  EXPECT_FALSE(rows.empty());
  Actor other = actor;
  other.person = must(add_person(*database, actor, new_request(), StaffRole::kNurse, "Mia"));
  EXPECT_TRUE(must(day_list(*database, other)).entries.empty()) << "of another one's patients";
}

TEST_P(DayListOn, INV_7_a_draft_is_of_the_day_until_something_newer_was_confirmed) {
  const PumpId pump = pump_of(patient("Zoe Quist"));
  const ReadingId reading = read(pump, 1, kNoon);
  EXPECT_FALSE(only().unsent);
  const DraftId draft = must(add_draft(*database, actor, new_request(), reading, "{}"));
  ASSERT_TRUE(only().unsent);
  EXPECT_EQ(only().unsent->id, draft);
  const SendId sent = must(begin_send(*database, actor, new_request(), {pump, draft, "change", {}}));
  EXPECT_FALSE(only().unsent) << "it is on its way";
  EXPECT_EQ(only().unsettled->state, SendState::kPending);
  must(settle_send(*database, actor, new_request(), sent, SendState::kUnknown));
  EXPECT_EQ(only().unsettled->state, SendState::kUnknown);
  EXPECT_FALSE(only().unsent);
  must(settle_send(*database, actor, new_request(), sent, SendState::kFailed));
  ASSERT_TRUE(only().unsent) << "it never arrived, for certain";
  const SendId other = must(begin_send(*database, actor, new_request(), {pump, std::nullopt, "change", {}}));
  must(settle_send(*database, actor, new_request(), other, SendState::kConfirmed));
  EXPECT_FALSE(only().unsent) << "something else runs since";
  EXPECT_FALSE(only().unsettled);
  EXPECT_GT(only().confirmed_ms.value_or(0), kNoon);
}

/// What waits for its fill was handed to nobody; and what is not known stays told until something newer is
/// certain.
TEST_P(DayListOn, INV_7_a_send_that_is_not_known_is_hidden_by_no_newer_refusal_and_one_that_waits_is_none) {
  const PumpId pump = pump_of(patient("Zoe Quist"));
  const auto begin = [&](const char* intent) {
    return must(begin_send(*database, actor, new_request(), {pump, std::nullopt, intent, {}}));
  };
  const SendId waits = begin("sign for refill");
  EXPECT_FALSE(only().unsettled);
  const SendId lost = begin("change");
  must(settle_send(*database, actor, new_request(), lost, SendState::kUnknown));
  const SendId refused = begin("change");
  must(settle_send(*database, actor, new_request(), refused, SendState::kRefused));
  ASSERT_TRUE(only().unsettled);
  EXPECT_EQ(only().unsettled->id, lost);
  must(settle_send(*database, actor, new_request(), lost, SendState::kFailed));
  EXPECT_FALSE(only().unsettled);
  must(settle_send(*database, actor, new_request(), waits, SendState::kFailed));
}

TEST_P(DayListOn, an_open_refill_and_an_ended_one_are_told_apart) {
  const PumpId pump = pump_of(patient("Zoe Quist"));
  const ReadingId reading = read(pump, 1, kNoon);
  const RefillId refill = must(begin_refill(*database, actor, new_request(), reading, "label", "{}"));
  ASSERT_TRUE(only().refill);
  EXPECT_FALSE(only().refill->over);
  must(add_refill_step(*database, actor, new_request(), refill, 1, kNoon, "{}", kRefillOver));
  EXPECT_TRUE(only().refill->over);
  EXPECT_EQ(only().refill->id, refill);
}

TEST_P(DayListOn, INV_16_a_spoilt_row_is_told_and_hides_nobody_elses_pump) {
  const PumpId broken = pump_of(patient("Zoe Quist")), whole = pump_of(patient("Tom Ivers"));
  read(broken, 1, kNoon);
  read(whole, 2, kNoon);
  std::string said;
  database->session() << "SELECT said FROM readings WHERE pump = :pump", soci::into(said),
      soci::use(broken.value);
  std::string changed = said;
  changed[changed.size() / 2] = changed[changed.size() / 2] == 'A' ? 'B' : 'A';
  database->session() << "UPDATE readings SET said = :said WHERE pump = :pump", soci::use(changed, "said"),
      soci::use(broken.value, "pump");
  const DayList list = must(day_list(*database, actor));
  ASSERT_EQ(list.entries.size(), 1U);
  EXPECT_EQ(list.entries.front().pump, whole);
  ASSERT_EQ(list.unopened.size(), 1U);
  EXPECT_EQ(list.unopened.front().find("Zoe"), std::string::npos) << "a name in clear";
}

TEST_P(DayListOn, an_erased_patient_is_none_of_it) {
  const PatientId zoe = patient("Zoe Quist");
  pump_of(zoe);
  must(erase_patient(*database, actor, new_request(), zoe));
  const DayList list = must(day_list(*database, actor));
  EXPECT_TRUE(list.entries.empty());
  EXPECT_TRUE(list.unopened.empty());
}

TEST_P(DayListOn, is_cut_where_it_is_too_long_and_says_so) {
  const PatientId zoe = patient("Zoe Quist");
  for (std::size_t i = 0; i < kMostOnDayList; ++i) {
    PumpDetails details = some_pump(1);
    details.implant = {static_cast<std::uint8_t>(i % 256), static_cast<std::uint8_t>(i / 256)};
    must(add_pump(*database, actor, new_request(), zoe, details));
  }
  EXPECT_FALSE(must(day_list(*database, actor)).more);
  pump_of(zoe);
  const DayList list = must(day_list(*database, actor));
  EXPECT_TRUE(list.more);
  EXPECT_EQ(list.entries.size(), kMostOnDayList);
}

THECA_ON_BOTH_ENGINES(DayListOn);

}  // namespace
}  // namespace theca::records
