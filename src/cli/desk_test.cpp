// A change of a therapy from the sign-in to what the pump runs: the interface of the pages against a signer,
// a gateway and a virtual pump in processes of their own, and an SQLite database.
#include "cli/desk_testing.hpp"
#include "clinic/adjusting.hpp"
#include "clinic/visits.hpp"
#include "quantity/text.hpp"

namespace theca {
namespace {

using nlohmann::json;
using namespace server;
using namespace example;

TEST_F(DeskTest, INV_7_INV_11_INV_16_a_dose_is_read_changed_signed_sent_and_read_back) {
  EXPECT_EQ(ask(Method::kGet, "/api/patients").status, 401);
  sign_in(doctor);
  const Got who = ask(Method::kGet, "/api/session");
  EXPECT_EQ(who.body["role"].get<std::string>(), "physician");
  EXPECT_EQ(who.body["name"].get<std::string>(), "Ada Okafor");
  const Got all = ask(Method::kGet, "/api/patients");
  ASSERT_EQ(all.body["patients"].size(), 1U) << all.body;
  EXPECT_EQ(all.body["patients"][0]["name"].get<std::string>(), "Zoe Quist");
  const Got one = ask(Method::kGet, "/api/patients/" + std::to_string(patient.value));
  EXPECT_EQ(one.body["pumps"][0]["serial_ends"].get<std::string>(), "0815") << one.body;

  const Got reading = read_pump();
  ASSERT_EQ(reading.status, 201) << reading.body;
  EXPECT_EQ(reading.body["prescription"], 1);
  EXPECT_EQ(reading.body["record"]["is"].get<std::string>(), "none");  // the fixture's order is in no record
  EXPECT_EQ(reading.body["therapy"]["drug"].get<std::string>(), "morphine");
  EXPECT_EQ(reading.body["therapy"]["daily_dose"].get<std::string>(), "6") << reading.body["therapy"];
  EXPECT_EQ(reading.body["therapy"]["dose"]["unit"].get<std::string>(), "mg/day");
  const Got draft =
      ask(Method::kPost, at("readings", reading.body["reading"], "drafts"), {{"dose", "5.4 mg/day"}});
  ASSERT_EQ(draft.status, 201) << draft.body;
  EXPECT_EQ(draft.body["number"], 2);
  std::vector<std::string> changed;
  for (const json& row : draft.body["rows"])
    if (row["changed"].get<bool>()) changed.push_back(row["what"].get<std::string>());
  EXPECT_EQ(changed,
            (std::vector<std::string>{"order", "prescription", "daily dose, morphine", "flow",
                                      "most in any hour", "most in any day", "instead of", "written"}));

  const std::string key = request().text;
  const Got sent = send(draft, "5.4 mg/day", key);
  ASSERT_EQ(sent.status, 201) << sent.body;
  EXPECT_EQ(sent.body["state"].get<std::string>(), "confirmed") << sent.body;
  EXPECT_EQ(sent.body["runs"].get<std::string>(), draft.body["order"].get<std::string>());
  const Running after = read();
  EXPECT_EQ(after.order->number, 2U);
  EXPECT_EQ(to_base64url(link::written(*after.order)), draft.body["order"].get<std::string>());
  EXPECT_EQ(last_state(), records::SendState::kConfirmed);

  EXPECT_EQ(read_pump().body["record"]["is"].get<std::string>(), "same");

  // A double click, a second tab: nothing is done twice.
  const Got other_tab = send(draft, "5.4 mg/day");
  EXPECT_NE(other_tab.body.value("state", ""), "unknown") << other_tab.body;
  EXPECT_EQ(read().status.sequence, after.status.sequence);
}

TEST_F(DeskTest, INV_11_a_pump_that_runs_something_else_than_the_records_say_is_told) {
  sign_in(doctor);
  const Got draft = drafted({{"dose", "5.4 mg/day"}});
  ASSERT_EQ(draft.status, 201) << draft.body;
  ASSERT_EQ(send(draft, "5.4 mg/day").status, 201);
  // Another order, past these records: by another server of the clinic, say.
  const Running running = read();
  const auto made = adjust(
      {.change = {.basal = AdjustedBasal{BasalMode::kSimpleContinuous, *parse_dose_rate("5 mg/day"), {}},
                  .schedule = {},
                  .patient = {}},
       .implant = implant,
       .model = *pump_model(*signer::example::library().find_pump("roller-40")),
       .reason = "as in the test",
       .author = 10,
       .issued_utc_s = utc_s(),
       .signed_up_to = 0},
      running, signer::example::library());
  ASSERT_TRUE(made);
  SendOrder past;
  past.order = link::written(made->order);
  const SignedAnswer answer = signed_by_doctor(past.order, running);
  past.signatures = answer.signatures;
  past.pass = answer.pass.value();
  past.sequence = running.status.sequence;
  past.intent = 78;
  ASSERT_EQ(sent(past).delivery, link::Delivery::kConfirmed);

  const Got reading = read_pump();
  EXPECT_EQ(reading.body["record"]["is"].get<std::string>(), "differs");
  bool dose = false;
  for (const json& row : reading.body["record"]["rows"])
    dose = dose ||
           (row["before"].get<std::string>() == "5.4 mg/day" && row["now"].get<std::string>() == "5 mg/day");
  EXPECT_TRUE(dose) << reading.body["record"];
}

TEST_F(DeskTest, INV_7_a_slip_a_refusal_and_an_old_reading_send_nothing) {
  sign_in(doctor);
  const std::uint32_t sequence = read().status.sequence;
  const Got draft = drafted({{"dose", "5.4 mg/day"}});
  ASSERT_EQ(draft.status, 201) << draft.body;
  const Got slip = send(draft, "54 mg/day");
  EXPECT_EQ(slip.status, 422);
  EXPECT_EQ(slip.body["errors"][0]["field"].get<std::string>(), "daily_dose") << slip.body;
  EXPECT_EQ(last_state(), records::SendState::kRefused);

  const Got rise = drafted({{"dose", "6.6 mg/day"}});  // within 12 h: it takes two
  ASSERT_EQ(rise.status, 201) << rise.body;
  const Got alone = send(rise, "6.6 mg/day");
  EXPECT_EQ(alone.status, 409);
  EXPECT_NE(alone.body.dump().find("second-clinician"), std::string::npos) << alone.body;

  const Got far = drafted({{"dose", "600 mg/day"}});
  EXPECT_EQ(far.status, 422) << far.body;
  EXPECT_EQ(drafted({{"dose", "6"}}).status, 422);
  EXPECT_EQ(drafted(json::object()).status, 422);

  const Got old = drafted({{"dose", "5.4 mg/day"}});
  ahead_ms = kReadingLastsMs + 2'000;
  const Got late = send(old, "5.4 mg/day");
  EXPECT_EQ(late.status, 409) << late.body;
  EXPECT_NE(late.body.dump().find("ten minutes"), std::string::npos);
  EXPECT_EQ(read().status.sequence, sequence);
}

/// The signer leaves no gap of more than ten between the numbers that it has signed.
TEST_F(DeskTest, INV_7_however_many_slips_came_before_the_right_dose_is_signed) {
  sign_in(doctor);
  constexpr int kMoreThanTheSignerSkips = 12;
  for (int i = 0; i < kMoreThanTheSignerSkips; ++i) {
    const Got slip = drafted({{"dose", "5.4 mg/day"}});
    ASSERT_EQ(slip.status, 201) << slip.body;
    ASSERT_EQ(send(slip, "54 mg/day").status, 422);
    EXPECT_EQ(last_state(), records::SendState::kRefused);
  }
  const Got rise = drafted({{"dose", "6.6 mg/day"}});
  EXPECT_EQ(send(rise, "6.6 mg/day").status, 409);  // it takes two: the signer signs nothing
  EXPECT_EQ(last_state(), records::SendState::kRefused);
  const Got right = drafted({{"dose", "5.4 mg/day"}});
  EXPECT_EQ(right.body["number"], 2) << right.body;
  const Got sent = send(right, "5.4 mg/day");
  ASSERT_EQ(sent.status, 201) << sent.body;
  EXPECT_EQ(sent.body["state"].get<std::string>(), "confirmed") << sent.body;
}

TEST_F(DeskTest, INV_11_a_flex_schedule_is_written_sent_and_found_again) {
  sign_in(doctor);
  const auto steps = [](const char* night, const char* day) {
    return json::array({{{"from_minute", 0}, {"dose", night}}, {{"from_minute", 360}, {"dose", day}}});
  };
  const json flex =
      json::array({{{"weekdays", {0, 1, 2, 3, 4}}, {"steps", steps("4.8 mg/day", "5.6 mg/day")}},
                   {{"weekdays", {5, 6}}, {"steps", steps("4.8 mg/day", "5.2 mg/day")}}});
  EXPECT_EQ(drafted({{"flex", flex}, {"dose", "5 mg/day"}}).status, 422);
  json bad = flex;
  bad[1]["steps"][0]["dose"] = "4.8";
  const Got refused = drafted({{"flex", bad}});
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(refused.body["errors"][0]["field"].get<std::string>(), "flex[1].steps[0].dose") << refused.body;
  json gap = flex;
  gap[1]["weekdays"] = json::array({5});  // nothing on Sundays
  EXPECT_EQ(drafted({{"flex", gap}}).status, 422);

  const Got draft = drafted({{"flex", flex}});
  ASSERT_EQ(draft.status, 201) << draft.body;
  const Got sent = send(draft, "5.4 mg/day");  // 6 h of 4.8 and 18 h of 5.6: the day that gives most
  ASSERT_EQ(sent.status, 201) << sent.body;
  EXPECT_EQ(sent.body["state"].get<std::string>(), "confirmed") << sent.body;
  const json found = read_pump().body["therapy"];
  EXPECT_EQ(found["mode"].get<std::string>(), "flex");
  ASSERT_EQ(found["flex"].size(), 2U) << found;
  EXPECT_EQ(found["flex"][0]["weekdays"], json::array({0, 1, 2, 3, 4}));
  EXPECT_EQ(found["flex"][1]["steps"][1]["dose"].get<std::string>(), "5.2") << found;
}

TEST_F(DeskTest, INV_10_a_rise_takes_a_second_clinician_who_types_the_dose_on_a_device_of_his_own) {
  SoftwareKey other{PasskeyAlgorithm::kEs256, signer::example::filled(7)};
  records::Actor ben = ada;
  const records::Actor admin = ada;  // the records ask for no role: the interface does
  ben.person =
      must(records::add_person(*database, admin, request(), records::StaffRole::kPhysician, "Ben Castell"));
  enrol(admin, ben, other);
  example::Process enrolling{{"signer", "enrol", signs, "--serial", "11", "--name", "Ben Castell"}};
  const auto asked = from_base64url(enrolling.line().substr(10));
  enrolling.say(text_of(other.registration(site, *asked), other.id()));
  ASSERT_EQ(enrolling.end().first, kExitOk);

  sign_in(doctor);
  const Got rise = drafted({{"dose", "6.6 mg/day"}});
  ASSERT_EQ(rise.status, 201) << rise.body;
  const json id = rise.body["draft"];
  const Got alone = send(rise, "6.6 mg/day");
  ASSERT_EQ(alone.status, 409);
  EXPECT_EQ(alone.body["errors"][0]["field"].get<std::string>(), "second_clinician") << alone.body;
  const auto challenge = *from_base64url(rise.body["challenge"].get<std::string>());
  const auto yes = [&](SoftwareKey& key, const char* dose) {
    return json{{"daily_dose", dose}, {"assertion", text_of(key.assertion(site, challenge))}};
  };
  EXPECT_EQ(ask(Method::kPost, at("drafts", id, "signatures"), yes(doctor, "66 mg/day")).status, 422);
  ASSERT_EQ(ask(Method::kPost, at("drafts", id, "signatures"), yes(doctor, "6.6 mg/day")).status, 201);
  EXPECT_TRUE(ask(Method::kGet, "/api/waiting").body["waiting"].empty());  // nobody is his own second
  EXPECT_EQ(ask(Method::kPost, at("drafts", id, "second"), yes(doctor, "6.6 mg/day")).status, 403);
  EXPECT_EQ(ask(Method::kGet, at("drafts", id, "signatures")).body["is"].get<std::string>(), "waiting");
  const std::string first = cookie;

  sign_in(nurse);
  EXPECT_TRUE(ask(Method::kGet, "/api/waiting").body["waiting"].empty());
  EXPECT_EQ(ask(Method::kPost, at("drafts", id, "second"), yes(nurse, "6.6 mg/day")).status, 403);
  sign_in(other);  // not in the care team
  const Got waiting = ask(Method::kGet, "/api/waiting");
  ASSERT_EQ(waiting.body["waiting"].size(), 1U) << waiting.body;
  EXPECT_EQ(waiting.body["waiting"][0]["by"].get<std::string>(), "Ada Okafor");
  const Got look = ask(Method::kGet, at("drafts", id, "second"));
  ASSERT_EQ(look.status, 200) << look.body;
  EXPECT_EQ(look.body["order"].get<std::string>(), rise.body["order"].get<std::string>());
  EXPECT_EQ(look.body["rows"], rise.body["rows"]);
  EXPECT_EQ(look.body["patient"]["serial_ends"].get<std::string>(), "0815");
  EXPECT_EQ(ask(Method::kPost, at("drafts", id, "second"), yes(other, "66 mg/day")).status, 422);
  const Got sent = ask(Method::kPost, at("drafts", id, "second"), yes(other, "6.6 mg/day"));
  ASSERT_EQ(sent.status, 201) << sent.body;
  EXPECT_EQ(sent.body["state"].get<std::string>(), "confirmed") << sent.body;
  EXPECT_EQ(sent.body["runs"].get<std::string>(), rise.body["order"].get<std::string>());
  EXPECT_EQ(ask(Method::kPost, at("drafts", id, "second"), yes(other, "6.6 mg/day")).status, 409);

  cookie = first;
  const Got became = ask(Method::kGet, at("drafts", id, "signatures"));
  EXPECT_EQ(became.body["is"].get<std::string>(), "sent");
  EXPECT_EQ(became.body["sent"], sent.body);
  EXPECT_EQ(read().order->number, 2U);
  // Long after the reading it is told still, and what the records hold after a start anew.
  ahead_ms = kReadingLastsMs + 60'000;
  EXPECT_EQ(ask(Method::kGet, at("drafts", id, "signatures")).body["is"].get<std::string>(), "sent");
  restart();
  const Got later = ask(Method::kGet, at("drafts", id, "signatures"));
  EXPECT_EQ(later.body["is"].get<std::string>(), "sent") << later.body;
  EXPECT_EQ(later.body["sent"]["state"].get<std::string>(), "confirmed");
}

TEST_F(DeskTest, what_a_change_would_make_of_it_is_told_while_it_is_written_and_nothing_is_kept) {
  sign_in(doctor);
  const Got reading = read_pump();
  ASSERT_EQ(reading.status, 201) << reading.body;
  const std::string path = at("readings", reading.body["reading"], "preview");
  const Got preview = ask(
      Method::kPut, path,
      {{"patient_bolus",
        {{"dose", "0.25 mg"}, {"over", "5 min"}, {"lockout", "2 h"}, {"allotted", 6}, {"window", "24 h"}}}});
  ASSERT_EQ(preview.status, 200) << preview.body;
  const auto row = [&](const char* what) {
    for (const json& one : preview.body["rows"])
      if (one["what"].get<std::string>() == what) return one;
    return json{};
  };
  // 6 mg a day and 4 times 0.5 mg; then 6 times 0.25 mg. In an hour 0.25 mg of basal, and one of them.
  EXPECT_EQ(row("most in any day")["before"].get<std::string>(), "8 mg") << preview.body;
  EXPECT_EQ(row("most in any day")["now"].get<std::string>(), "7.5 mg") << preview.body;
  EXPECT_EQ(row("most in any hour")["before"].get<std::string>(), "0.75 mg") << preview.body;
  EXPECT_EQ(row("most in any hour")["now"].get<std::string>(), "0.5 mg") << preview.body;
  const Got hard = ask(Method::kPut, path, {{"dose", "60 mg/day"}});
  EXPECT_EQ(hard.status, 422) << hard.body;
  EXPECT_EQ(ask(Method::kPut, path, json::object()).status, 422);
  // The draft that follows has the number it would have had: nothing was kept.
  EXPECT_EQ(drafted({{"dose", "5.4 mg/day"}}).body["number"], 2);
  ahead_ms = kReadingLastsMs + 2'000;
  EXPECT_EQ(ask(Method::kPut, path, {{"dose", "5.4 mg/day"}}).status, 409);
}

TEST_F(DeskTest, SLIP_08_digits_that_changed_places_are_seen_when_the_dose_is_typed_once_more) {
  sign_in(doctor);
  const Got slipped = drafted({{"dose", "5.4 mg/day"}});  // 4.5 stands in the notes
  ASSERT_EQ(slipped.status, 201) << slipped.body;
  EXPECT_EQ(send(slipped, "4.5 mg/day").status, 422);
  EXPECT_EQ(read().order->number, 1U);
}

TEST_F(DeskTest, SLIP_14_a_dose_in_the_unit_a_thousand_times_as_large_is_refused) {
  sign_in(doctor);
  const Got reading = read_pump();
  const std::string path = at("readings", reading.body["reading"], "preview");
  EXPECT_EQ(ask(Method::kPut, path, {{"dose", "5400 mcg/day"}}).status, 200);
  const Got slipped = ask(Method::kPut, path, {{"dose", "5400 mg/day"}});
  EXPECT_EQ(slipped.status, 422) << slipped.body;
  EXPECT_NE(slipped.body["errors"][0]["happened"].get<std::string>().find("5400 mg/day"), std::string::npos)
      << slipped.body;
}

TEST_F(DeskTest, SLIP_23_a_lockout_that_is_longer_than_its_window_is_refused) {
  sign_in(doctor);
  const Got reading = read_pump();
  const std::string path = at("readings", reading.body["reading"], "preview");
  const auto bolus = [](const char* lockout, const char* window) {
    return json{
        {"patient_bolus",
         {{"dose", "0.5 mg"}, {"over", "5 min"}, {"lockout", lockout}, {"allotted", 4}, {"window", window}}}};
  };
  EXPECT_EQ(ask(Method::kPut, path, bolus("3 h", "24 h")).status, 200);
  const Got exchanged = ask(Method::kPut, path, bolus("24 h", "3 h"));
  EXPECT_EQ(exchanged.status, 422);
  EXPECT_EQ(exchanged.body["errors"][0]["field"].get<std::string>(), "patient_bolus.lockout")
      << exchanged.body;
  const Got fewer = ask(Method::kPut, path, bolus("8 h", "24 h"));
  ASSERT_EQ(fewer.status, 200) << fewer.body;
  EXPECT_NE(fewer.body["notes"].dump().find("3 at most"), std::string::npos) << fewer.body["notes"];
}

TEST_F(DeskTest, INV_10_an_order_is_signed_by_the_key_of_whoever_is_signed_in) {
  sign_in(doctor);
  const Got draft = drafted({{"dose", "5.4 mg/day"}});
  sign_in(nurse);
  const std::string mias = cookie;
  sign_in(doctor);
  const auto challenge = *from_base64url(draft.body["challenge"].get<std::string>());
  const json body{{"daily_dose", "5.4 mg/day"},
                  {"assertions", json::array({text_of(nurse.assertion(site, challenge))})}};
  const Got others = ask(Method::kPost, at("drafts", draft.body["draft"], "sends"), body);
  EXPECT_EQ(others.status, 409) << others.body;
  EXPECT_EQ(others.body["errors"][0]["field"].get<std::string>(), "assertion");
  EXPECT_EQ(read().order->number, 1U);
}

TEST_F(DeskTest, INV_10_what_waits_for_a_second_clinician_goes_with_whoever_asked) {
  sign_in(doctor);
  const Got rise = drafted({{"dose", "6.6 mg/day"}});
  const auto challenge = *from_base64url(rise.body["challenge"].get<std::string>());
  const auto sign = [&] {
    const json yes{{"daily_dose", "6.6 mg/day"}, {"assertion", text_of(doctor.assertion(site, challenge))}};
    EXPECT_EQ(ask(Method::kPost, at("drafts", rise.body["draft"], "signatures"), yes).status, 201);
  };
  const auto is = [&] {
    return ask(Method::kGet, at("drafts", rise.body["draft"], "signatures")).body.value("is", "");
  };
  sign();
  EXPECT_EQ(is(), "waiting");
  EXPECT_EQ(ask(Method::kDelete, at("drafts", rise.body["draft"], "signatures")).status, 204);
  EXPECT_EQ(is(), "over");
  sign();
  EXPECT_EQ(ask(Method::kDelete, "/api/session").status, 204);
  sign_in(doctor);
  EXPECT_EQ(is(), "over");
}

/// With nobody at the signer's socket nothing was signed: however often it is tried, no number is used up.
TEST_F(DeskTest, a_signer_that_is_away_uses_up_no_number) {
  sign_in(doctor);
  signing->signal(SIGTERM);
  (void)signing->end();
  signing.reset();
  for (int tried = 0; tried < 12; ++tried) {
    const Got draft = drafted({{"dose", "5.4 mg/day"}});
    EXPECT_EQ(draft.body["number"], 2) << draft.body;
    EXPECT_EQ(send(draft, "5.4 mg/day").status, 409);
    EXPECT_EQ(last_state(), records::SendState::kRefused);
  }
}

TEST_F(DeskTest, INV_10_what_waits_for_a_second_clinician_ends_with_its_reading) {
  sign_in(doctor);
  const Got rise = drafted({{"dose", "6.6 mg/day"}});
  const auto challenge = *from_base64url(rise.body["challenge"].get<std::string>());
  const json yes{{"daily_dose", "6.6 mg/day"}, {"assertion", text_of(doctor.assertion(site, challenge))}};
  ASSERT_EQ(ask(Method::kPost, at("drafts", rise.body["draft"], "signatures"), yes).status, 201);
  ahead_ms = kReadingLastsMs + 2'000;
  EXPECT_EQ(ask(Method::kGet, at("drafts", rise.body["draft"], "signatures")).body["is"].get<std::string>(),
            "over");
  EXPECT_EQ(ask(Method::kPost, at("drafts", rise.body["draft"], "signatures"), yes).status, 409);
  EXPECT_EQ(read().order->number, 1U);
}

/// The server was killed after the signer had signed and before it was written down: the assertion counts no
/// second time, and the number is taken.
TEST_F(DeskTest, INV_7_what_may_have_been_signed_before_a_crash_keeps_its_number) {
  sign_in(doctor);
  const Got draft = drafted({{"dose", "5.4 mg/day"}});
  const std::string key = request().text;
  const json body = sending(draft, "5.4 mg/day");
  const auto challenge = *from_base64url(draft.body["challenge"].get<std::string>());
  const std::array<link::Bytes, 1> named{
      link::Bytes{reinterpret_cast<const std::uint8_t*>(key.data()), key.size()}};
  records::SendWish wish{.pump = pump_id,
                         .draft = records::DraftId{draft.body["draft"].get<std::int64_t>()},
                         .intent = "prescribe",
                         .order_digest = {}};
  std::ranges::copy(challenge, wish.order_digest.begin());
  must(records::begin_send(*database, ada, {to_base64url(link::Sodium::sha256(named)) + "-send"}, wish));
  SigningRequest asked;
  ASSERT_TRUE(from_base64url(draft.body["order"].get<std::string>(), asked.order));
  const Running running = read();
  asked.parent = link::written(*running.order);
  asked.model = running.status.model;
  asked.assertions.push_back(*parse_assertion(body["assertions"][0].get<std::string>()));
  const auto signed_before = ask_signer(signer_at, asked);
  ASSERT_TRUE(signed_before && *signed_before);

  const Got again = ask(Method::kPost, at("drafts", draft.body["draft"], "sends"), body, key);
  EXPECT_EQ(again.status, 409) << again.body;
  EXPECT_EQ(last_state(), records::SendState::kFailed);
  const Got next = drafted({{"dose", "5.3 mg/day"}});
  EXPECT_EQ(next.body["number"], 3) << next.body;
  EXPECT_EQ(send(next, "5.3 mg/day").body.value("state", ""), "confirmed");
}

TEST_F(DeskTest, INV_12_who_may_not_gets_nothing_done) {
  sign_in(nurse);
  EXPECT_EQ(read_pump().status, 403);  // not in the care team
  must(records::join_care_team(*database, ada, request(), patient, mia.person));
  EXPECT_EQ(read_pump().status, 201);
  const Got draft = drafted({{"dose", "5.4 mg/day"}});
  ASSERT_EQ(draft.status, 201) << draft.body;
  EXPECT_EQ(send(draft, "5.4 mg/day").status, 403);  // a nurse sends no order
  EXPECT_EQ(ask(Method::kGet, "/api/patients/1").status, 404);
  EXPECT_EQ(ask(Method::kDelete, "/api/session").status, 204);
  EXPECT_EQ(read_pump().status, 401);

  // An assertion counts once, for the challenge that it was asked for, and a stranger's never.
  cookie.clear();
  const auto challenge = ask(Method::kGet, "/api/session/challenge").body["challenge"].get<std::string>();
  const json good{{"challenge", challenge},
                  {"credential", text_of(doctor.assertion(site, *from_base64url(challenge)))}};
  SoftwareKey stranger{PasskeyAlgorithm::kEs256, signer::example::filled(6)};
  const json strange{{"challenge", challenge},
                     {"credential", text_of(stranger.assertion(site, *from_base64url(challenge)))}};
  EXPECT_EQ(ask(Method::kPut, "/api/session", strange).status, 401);
  EXPECT_EQ(ask(Method::kPut, "/api/session", good).status, 401);  // the challenge was answered
  const auto other = ask(Method::kGet, "/api/session/challenge").body["challenge"].get<std::string>();
  json crossed = good;
  crossed["challenge"] = other;
  EXPECT_EQ(ask(Method::kPut, "/api/session", crossed).status, 401);
}

TEST_F(DeskTest, INV_7_what_is_not_known_is_said_to_be_and_settled) {
  sign_in(doctor);
  const Got draft = drafted({{"dose", "5.4 mg/day"}});
  ASSERT_EQ(draft.status, 201) << draft.body;
  reaching->signal(SIGKILL);
  (void)reaching->end();
  const Got lost = send(draft, "5.4 mg/day");
  ASSERT_EQ(lost.status, 201) << lost.body;
  EXPECT_EQ(lost.body["state"].get<std::string>(), "unknown");
  EXPECT_EQ(last_state(), records::SendState::kUnknown);
  EXPECT_EQ(ask(Method::kPost, at("sends", lost.body["send"], "settlements")).status, 502);
  EXPECT_EQ(read_pump().status, 502);
  start_gateway();
  const Got settled = ask(Method::kPost, at("sends", lost.body["send"], "settlements"));
  ASSERT_EQ(settled.status, 201) << settled.body;
  EXPECT_EQ(settled.body["state"].get<std::string>(), "failed") << settled.body;
  EXPECT_EQ(last_state(), records::SendState::kFailed);
  const Got again = drafted({{"dose", "5.3 mg/day"}});
  ASSERT_EQ(again.status, 201) << again.body;
  EXPECT_EQ(again.body["number"], 3);  // 2 was signed, and never ran
  const Got done = send(again, "5.3 mg/day");
  EXPECT_EQ(done.body.value("state", ""), "confirmed") << done.body;
}

/// What nobody has to sign, because it only gives less; and what ran before comes back by itself.
TEST_F(DeskTest, INV_10_a_pump_is_lowered_from_a_page_at_once_and_it_is_written_down) {
  sign_in(nurse);
  const Got stranger = ask(Method::kPost, at("pumps", pump_id.value, "lowerings"));
  EXPECT_NE(stranger.status, 201) << "of no care team, and no glass broken";
  EXPECT_NE(read().status.mode, Mode::kLowered);
  sign_in(doctor);
  const Got lowered = ask(Method::kPost, at("pumps", pump_id.value, "lowerings"));
  ASSERT_EQ(lowered.status, 201) << lowered.body;
  EXPECT_EQ(lowered.body["state"].get<std::string>(), "confirmed") << lowered.body;
  EXPECT_NE(lowered.body["message"].get<std::string>().find("stays lowered for"), std::string::npos);
  EXPECT_TRUE(lowered.body["in_the_records"].get<bool>());
  const Running now = read();
  EXPECT_EQ(now.status.mode, Mode::kLowered);
  EXPECT_EQ(now.status.newest, 1U) << "no order was changed";
  const auto visits = must(records::visits_of(*database, ada, patient));
  ASSERT_EQ(visits.size(), 1U);
  EXPECT_EQ(visits[0].details.reason, records::VisitReason::kProblem);

  reaching->signal(SIGKILL);
  (void)reaching->end();
  const Got nobody = ask(Method::kPost, at("pumps", pump_id.value, "lowerings"));
  EXPECT_TRUE(nobody.status == 503 || nobody.body.value("state", "") == "unknown") << nobody.body;
  EXPECT_NE(nobody.body.value("state", ""), "confirmed");
}

}  // namespace
}  // namespace theca
