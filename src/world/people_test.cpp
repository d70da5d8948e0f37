// The people of a run are heard only over the link: what they do stands in the journal with who they are, and
// what the link refuses before the pump is asked is told as the pump tells it.
#include "world/people.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "therapy/prescription_testing.hpp"
#include "world/journal_file.hpp"
#include "world/play.hpp"
#include "world/scenario_testing.hpp"

namespace theca {
namespace {

using namespace example;

RunResult played(const std::string& text) {
  const auto scenario = load_text(text);
  if (!scenario) throw std::runtime_error(to_string(scenario.error().front()));
  return play(*scenario, library()).value();
}
std::string visit(const std::string& at, const std::string& act) {
  return "\n[[visit]]\nat = \"" + at + "\"\ndo = \"" + act + "\"\n";
}
std::string dose(const std::string& amount) {
  return "[visit.prescription]\nmode = \"simple continuous\"\ndose = \"" + amount + "\"\n";
}
const std::string kWide = "\n[ceilings]\nhour = \"1 mL\"\nday = \"5 mL\"\nthirty_days = \"150 mL\"\n";
std::vector<Role> roles(const RunResult& run, EventCode code) {
  std::vector<Role> found;
  for (const Event& event : run.events) {
    if (event.code == code) found.push_back(static_cast<Role>(event.detail));
  }
  return found;
}
std::vector<Refusal> refused(const RunResult& run) {
  std::vector<Refusal> found;
  for (const Event& event : run.events) {
    if (event.code == EventCode::kCommandRefused || event.code == EventCode::kBolusRefused)
      found.push_back(static_cast<Refusal>(event.detail));
  }
  return found;
}

TEST(People, INV_9_INV_10_who_came_and_whose_each_change_was_stands_in_the_journal) {
  const std::string bolus =
      "\n[prescription.patient_bolus]\ndose = \"0.3 mg over 10 min\"\nlockout = \"1 h\"\nallotted = \"4 per "
      "24 "
      "h\"\n";
  const RunResult run =
      played(kWalkingExample + bolus + visit("day 2 09:00", "stop") + visit("day 2 10:00", "resume") +
             visit("day 2 11:00", "acknowledge") + visit("day 3 09:00", "explant") +
             "\n[patient]\npresses = [\"day 2 08:00\"]\n");
  const auto physician = Role::kPhysician;
  EXPECT_EQ(roles(run, EventCode::kAccess),
            (std::vector{Role::kCardHolder, physician, physician, Role::kPatient, physician, physician,
                         Role::kNurse, physician}));
  EXPECT_EQ(roles(run, EventCode::kChangeTaken),
            (std::vector{physician, physician, physician, Role::kNurse, physician}));
  EXPECT_EQ(roles(run, EventCode::kBolusGranted).size(), 1U);
  EXPECT_TRUE(refused(run).empty());
  const auto check = check_journal(run.journal);
  ASSERT_TRUE(check);
  EXPECT_TRUE(check->wrong.empty());
}

TEST(People, what_the_link_refuses_before_the_pump_is_told_once_and_as_the_pump_tells_it) {
  const RunResult run =
      played(kWalkingExample + visit("day 2 09:00", "resume") + visit("day 2 11:00", "explant") +
             visit("day 2 12:00", "stop") + visit("day 2 13:00", "acknowledge") +
             visit("day 2 14:00", "explant") + "\n[patient]\npresses = [\"day 2 15:00\"]\n");
  EXPECT_EQ(refused(run),
            (std::vector{Refusal::kNothingToResume, Refusal::kNotImplanted, Refusal::kNotImplanted,
                         Refusal::kNotImplanted, Refusal::kNotImplanted}));
  ASSERT_EQ(run.boluses.size(), 1U);
  EXPECT_EQ(run.boluses[0].refusal, Refusal::kNotImplanted);
}

TEST(People, a_broken_rule_of_an_order_is_told_with_its_figures) {
  const RunResult run =
      played(kWalkingExample + visit("day 2 10:00", "prescribe") + dose("19 mg/day") +
             "\n[ceilings]\nhour = \"0.05 mL\"\nday = \"0.4 mL\"\nthirty_days = \"12 mL\"\n");
  ASSERT_EQ(refused(run), std::vector{Refusal::kPrescriptionRule});
  const auto event = std::ranges::find(run.events, EventCode::kCommandRefused, &Event::code);
  EXPECT_EQ(event->value, 2);
  EXPECT_GT(event->value2, 0);
  const auto mark = std::ranges::find(run.marks, EventCode::kCommandRefused, &Mark::code);
  EXPECT_NE(mark->text.find("ceiling"), std::string::npos) << mark->text;
}

TEST(People, INV_10_two_physicians_sign_so_that_one_visits_rise_may_follow_another) {
  const RunResult run = played(kWalkingExample + visit("day 2 10:00", "prescribe") + dose("9 mg/day") +
                               visit("day 2 11:00", "prescribe") + dose("12 mg/day") + kWide);
  EXPECT_TRUE(refused(run).empty());
  EXPECT_EQ(run.prescriptions.size(), 3U);
}

TEST(People, one_scenario_and_one_seed_give_the_same_journal_to_the_byte_and_another_seed_other_keys) {
  const std::string text = kWalkingExample + visit("day 2 09:00", "stop") + visit("day 2 10:00", "resume");
  const RunResult run = played(text), again = played(text);
  EXPECT_EQ(run.journal, again.journal);
  const RunResult other = played(with(text, "sample_every", "seed = 8\nsample_every"));
  EXPECT_NE(run.journal, other.journal);
  EXPECT_EQ(run.samples.back().delivered, other.samples.back().delivered);
}

TEST(People, a_pump_whose_program_hangs_does_not_answer) {
  const RunResult run = played(kWalkingExample + visit("day 2 10:00", "stop") +
                               "\n[[fault]]\nat = \"day 2 10:00\"\nkind = \"hang\"\n");
  EXPECT_EQ(std::ranges::count(run.marks, "The pump did not answer.", &Mark::text), 1);
  EXPECT_TRUE(std::ranges::none_of(run.events, [](const Event& e) { return e.code == EventCode::kStopped; }));
}

TEST(People, a_session_costs_its_seconds_and_is_over_when_the_coil_is_away) {
  const RunResult run = played(kWalkingExample + visit("day 2 09:00", "stop"));
  std::vector<Event> telemetry;
  std::ranges::copy_if(run.events, std::back_inserter(telemetry),
                       [](const Event& e) { return e.code == EventCode::kTelemetry; });
  ASSERT_GE(telemetry.size(), 2U);
  const Duration lasted = telemetry.back().at - telemetry[telemetry.size() - 2].at;
  EXPECT_EQ(static_cast<Telemetry>(telemetry.back().detail), Telemetry::kClosed);
  EXPECT_GE(lasted, link::kMostFieldLost);
  EXPECT_LE(lasted, link::kMostFieldLost + seconds(1));
}

/// Its limits lost in both copies, an implant has its model's alarm level again.
TEST(People, an_order_is_written_anew_for_an_implant_that_has_lost_its_alarm_level) {
  Device device{kRoller, {kPath, Formulation{}, 0}, {kMorphine}};
  People people{device, 1, 1'782'000'000'000};
  ASSERT_TRUE(people.pair());
  Wanted wanted{link::OrderKind::kImplant, continuous(1, morphine(1, 20), microlitres_per_day(300)), kWidest,
                kRoller.low_alarm};
  wanted.path = kPath;
  wanted.bedside.filled = millilitres(40);
  wanted.utc_ms = 1'782'000'000'000;
  device.fill(millilitres(40), morphine(1, 20));
  ASSERT_TRUE(people.order(wanted).done());
  Wanted next{link::OrderKind::kPrescribe, continuous(2, morphine(1, 20), microlitres_per_day(310)), kWidest,
              kRoller.low_alarm + millilitres(1)};
  EXPECT_TRUE(people.order(next).done());
  EXPECT_EQ(device.pump().low_alarm(), kRoller.low_alarm);
}

TEST(Clinic, a_certificate_is_used_for_a_day_and_is_good_for_longer) {
  Clinic clinic{7};
  clinic.meet({}, {1});
  constexpr std::int64_t kNow = 1'782'000'000;
  const auto first = clinic.keys_of(Person::kNurse, kNow).certificate;
  EXPECT_EQ(clinic.keys_of(Person::kNurse, kNow + 86'399).certificate, first);
  EXPECT_NE(clinic.keys_of(Person::kNurse, kNow + 86'400).certificate, first);
  const auto read = link::read<link::RoleCertificate>(first);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->role, Role::kNurse);
  EXPECT_GE(read->not_after, kNow + 2 * 86'400);
  const auto both = clinic.signed_by_both({}, kNow);
  EXPECT_NE(both[0].key, both[1].key);
}

}  // namespace
}  // namespace theca
