// A refill from the read to what the pump counts: the interface of the pages against a signer, a gateway and
// a virtual pump in processes of their own, and an SQLite database.
#include <fstream>
#include <sstream>

#include "cli/desk_testing.hpp"
#include "clinic/adjusting.hpp"
#include "clinic/bedside.hpp"
#include "clinic/refilling.hpp"
#include "quantity/text.hpp"

namespace theca {
namespace {

using nlohmann::json;
using namespace server;
using namespace example;

struct RefillDesk : DeskTest {
  json drugs, stands;

  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(DeskTest::SetUp());
    example::Process enrolling{
        {"signer", "enrol", signs, "--serial", "12", "--name", "Mia Sato", "--role", "nurse"}};
    const auto asked = from_base64url(enrolling.line().substr(10));
    enrolling.say(text_of(nurse.registration(site, *asked), nurse.id()));
    const auto [code, said] = enrolling.end();
    ASSERT_EQ(code, kExitOk) << said;
    must(records::join_care_team(*database, ada, request(), patient, mia.person));
    const auto code_of_morphine = signer::example::library().find_drug("morphine")->code;
    drugs = json::array({{{"code", static_cast<int>(code_of_morphine)}, {"concentration", "20 mg/mL"}}});
    sign_in(nurse);
  }

  /// What the last answer said of it.
  Got take(Got got) {
    if (got.status == 200 || got.status == 201)
      stands = got.body.contains("stage") ? got.body : got.body["refill"];
    return got;
  }
  Got begin() {
    const Got reading = read_pump();
    EXPECT_EQ(reading.status, 201) << reading.body;
    return take(ask(Method::kPost, at("readings", reading.body["reading"], "refills")));
  }
  std::string path(const char* then) { return at("refills", stands["refill"], then); }
  Got look() {
    return take(ask(Method::kGet, "/api/refills/" + std::to_string(stands["refill"].get<std::int64_t>())));
  }
  Got step(json what, const std::string& key = "") {
    what["place"] = stands["place"];
    return take(ask(Method::kPost, path("steps"), what, key));
  }
  std::string stage() const { return stands["stage"].get<std::string>(); }
  Got read_label() {
    return step({{"is", "label"}, {"drugs", drugs}, {"lot", "L-4711"}, {"expires", "2099-12-31"}});
  }
  /// By the physician, on a device of her own.
  Got confirm() {
    const std::string nurses = std::exchange(cookie, "");
    sign_in(doctor);
    const Got what = ask(Method::kGet, path("confirmations"));
    Got done = what;
    if (what.status == 200) {
      const auto challenge = from_base64url(what.body["challenge"].get<std::string>());
      done = ask(Method::kPost, path("confirmations"),
                 {{"drugs", drugs}, {"assertion", text_of(doctor.assertion(site, *challenge))}});
    }
    cookie = nurses;
    return done;
  }
  void up_to_filled(const char* out = "39.9 mL", const char* in = "38 mL") {
    ASSERT_EQ(begin().status, 201) << stands;
    ASSERT_EQ(read_label().status, 201) << stands;
    ASSERT_EQ(confirm().status, 204);
    ASSERT_EQ(look().status, 200);
    ASSERT_EQ(step({{"is", "port"}}).status, 201);
    ASSERT_EQ(step({{"is", "out"}, {"volume", out}}).status, 201);
    ASSERT_EQ(step({{"is", "proof"}, {"in", "5 mL"}, {"back", "5 mL"}}).status, 201) << stands;
    ASSERT_EQ(step({{"is", "portion"}, {"volume", in}}).status, 201);
    ASSERT_EQ(step({{"is", "all_in"}}).status, 201);
    ASSERT_EQ(stage(), "tell");
  }
  Got state() { return take(ask(Method::kPost, path("statements"))); }
  json asserting(SoftwareKey& key, const Got& stated) {
    const auto challenge = from_base64url(stated.body["challenge"].get<std::string>());
    return {{"assertion", text_of(key.assertion(site, *challenge))}};
  }
  Got tell(const Got& stated, const std::string& key = "") {
    return ask(Method::kPost, path("sends"), asserting(nurse, stated), key);
  }
  Volume counted() const { return read().status.reservoir_nominal; }
};

/// What has gone by meanwhile is microlitres.
::testing::AssertionResult about(Volume found, Volume meant) {
  const std::int64_t off = std::abs((found - meant).raw());
  if (off <= microlitres(50).raw()) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << to_text(found) << " and not " << to_text(meant);
}

TEST_F(RefillDesk, INV_7_INV_10_INV_15_two_people_fill_it_and_the_pump_counts_what_went_in) {
  const Running before = read();
  ASSERT_EQ(begin().status, 201) << stands;
  EXPECT_EQ(stage(), "label");
  EXPECT_EQ(stands["last_fill_nl"], 40'000'000) << "the pump's own journal says it";
  EXPECT_EQ(stands["capacity_nl"], 40'000'000);
  // Nobody goes past a step.
  EXPECT_EQ(step({{"is", "portion"}, {"volume", "20 mL"}}).status, 422);
  json wrong = drugs;
  wrong[0]["concentration"] = "10 mg/mL";
  const Got other = step({{"is", "label"}, {"drugs", wrong}, {"lot", "L-1"}, {"expires", "2099-12-31"}});
  EXPECT_EQ(other.status, 422);
  EXPECT_EQ(other.body["errors"][0]["field"].get<std::string>(), "drugs[0].concentration") << other.body;
  EXPECT_EQ(step({{"is", "label"}, {"drugs", drugs}, {"lot", "L-1"}, {"expires", "31.5.2027"}}).status, 422);
  ASSERT_EQ(read_label().status, 201) << stands;
  EXPECT_EQ(stage(), "confirm");
  // The nurse who has read it is not asked, and may not.
  EXPECT_TRUE(ask(Method::kGet, "/api/waiting").body["syringes"].empty());
  EXPECT_EQ(ask(Method::kGet, path("confirmations")).status, 403);
  EXPECT_TRUE(ask(Method::kGet, path("syringe")).body["waits"].get<bool>());
  ASSERT_EQ(confirm().status, 204);
  EXPECT_FALSE(ask(Method::kGet, path("syringe")).body["waits"].get<bool>());
  ASSERT_EQ(look().status, 200);
  EXPECT_EQ(stands["confirmed_by"].get<std::string>(), "Ada Okafor");
  ASSERT_EQ(step({{"is", "port"}}).status, 201);
  ASSERT_EQ(step({{"is", "out"}, {"volume", "39.9 mL"}}).status, 201);
  EXPECT_EQ(stage(), "prove") << stands;
  ASSERT_EQ(step({{"is", "proof"}, {"in", "5 mL"}, {"back", "4.9 mL"}}).status, 201);
  ASSERT_EQ(step({{"is", "portion"}, {"volume", "20 mL"}}).status, 201);
  EXPECT_EQ(step({{"is", "portion"}, {"volume", "20.1 mL"}}).status, 422);
  ASSERT_EQ(step({{"is", "portion"}, {"volume", "18 mL"}}).status, 201);
  EXPECT_EQ(stands["room_nl"], 2'000'000);
  ASSERT_EQ(step({{"is", "all_in"}}).status, 201);
  const Got stated = state();
  ASSERT_EQ(stated.status, 201) << stated.body;
  const Got told = tell(stated);
  ASSERT_EQ(told.status, 201) << told.body;
  EXPECT_EQ(told.body["state"].get<std::string>(), "confirmed") << told.body;
  ASSERT_EQ(look().status, 200);
  EXPECT_EQ(stage(), "watch") << stands;
  EXPECT_GT(stands["next"]["days"], 30);
  const Running after = read();
  EXPECT_TRUE(about(after.status.reservoir_nominal, millilitres(38)));
  EXPECT_EQ(after.status.order, before.status.order) << "a refill has changed the order";
  EXPECT_EQ(after.status.prescription, before.status.prescription);
  EXPECT_EQ(after.status.sequence, before.status.sequence + 1);
  // Once more, by a second tab or a lost answer: nothing.
  EXPECT_NE(tell(stated).status, 201);
  EXPECT_EQ(read().status.sequence, after.status.sequence);
  EXPECT_EQ(step({{"is", "watched"}}).status, 422) << "the time is not over";
  ahead_ms = kWatched.raw() + 2'000;
  sign_in(nurse);
  ASSERT_EQ(step({{"is", "watched"}}).status, 201);
  EXPECT_EQ(stage(), "over");
  const Got all = ask(Method::kGet, at("pumps", pump_id.value, "refills"));
  EXPECT_EQ(all.body["refills"][0]["stage"].get<std::string>(), "over") << all.body;
  EXPECT_EQ(step({{"is", "port"}}).status, 422);
}

TEST_F(RefillDesk, INV_16_whoever_comes_next_goes_on_from_any_step_even_after_a_start_anew) {
  ASSERT_EQ(begin().status, 201);
  EXPECT_EQ(begin().status, 409) << "one at a time";
  const auto anew = [&] {
    const json was = stands;
    restart();
    ASSERT_EQ(look().status, 200);
    for (const char* what : {"stage", "place", "in_nl", "steps"}) EXPECT_EQ(stands[what], was[what]) << what;
  };
  ASSERT_EQ(read_label().status, 201);
  ASSERT_NO_FATAL_FAILURE(anew());
  ASSERT_EQ(confirm().status, 204) << "what waits is found again";
  ASSERT_EQ(look().status, 200);
  for (const json& one : {json{{"is", "port"}}, json{{"is", "out"}, {"volume", "39.9 mL"}},
                          json{{"is", "proof"}, {"in", "5 mL"}, {"back", "5 mL"}},
                          json{{"is", "portion"}, {"volume", "5 mL"}}}) {
    ASSERT_EQ(step(one).status, 201) << stands;
    ASSERT_NO_FATAL_FAILURE(anew());
  }
  // Another person, another day: the syringe is no longer the one that was confirmed.
  ahead_ms = kVisitLasts.raw() + 60'000;
  sign_in(doctor);
  const Got late = step({{"is", "portion"}, {"volume", "5 mL"}});
  EXPECT_EQ(late.status, 409) << late.body;
  EXPECT_NE(late.body.dump().find("another visit"), std::string::npos) << late.body;
  EXPECT_EQ(step({{"is", "broken_off"}, {"why", "Ended by the next visit."}}).status, 422) << "what is left?";
  ASSERT_EQ(step({{"is", "broken_off"}, {"why", "Ended by\nthe next visit."}, {"left", "0 mL"}}).status, 201);
  EXPECT_EQ(stage(), "tell");
  ahead_ms = 0;  // the signer and the pump have clocks of their own
  const Got stated = state();
  ASSERT_EQ(stated.status, 201) << stated.body;
  // The physician has confirmed this syringe; the fill is stated by somebody else.
  const Got alone = ask(Method::kPost, path("sends"), asserting(doctor, stated));
  EXPECT_EQ(alone.status, 409);
  EXPECT_NE(alone.body.dump().find("one-person"), std::string::npos) << alone.body;
  sign_in(nurse);
  const Got second = state();
  const Got told = tell(second);
  ASSERT_EQ(told.status, 201) << told.body;
  EXPECT_TRUE(about(counted(), millilitres(5)));
}

TEST_F(RefillDesk, INV_7_an_answer_that_is_lost_is_not_known_and_settled_by_the_pump) {
  ASSERT_NO_FATAL_FAILURE(up_to_filled());
  const Got stated = state();
  ASSERT_EQ(stated.status, 201) << stated.body;
  reaching->signal(SIGKILL);
  (void)reaching->end();
  const Got lost = tell(stated);
  ASSERT_EQ(lost.status, 201) << lost.body;
  EXPECT_EQ(lost.body["state"].get<std::string>(), "unknown");
  // As long as it is not known nothing else is tried.
  ASSERT_EQ(look().status, 200);
  EXPECT_EQ(stands["sent"]["state"].get<std::string>(), "unknown") << stands;
  EXPECT_EQ(state().status, 409);
  EXPECT_EQ(ask(Method::kPost, path("settlements")).status, 502);
  start_gateway();
  const Got settled = ask(Method::kPost, path("settlements"));
  ASSERT_EQ(settled.status, 201) << settled.body;
  EXPECT_EQ(settled.body["state"].get<std::string>(), "failed");
  const Got again = state();
  ASSERT_EQ(again.status, 201) << again.body;
  ASSERT_EQ(tell(again).body["state"].get<std::string>(), "confirmed");
  ASSERT_EQ(look().status, 200);
  EXPECT_EQ(stage(), "watch");
  EXPECT_TRUE(about(counted(), millilitres(38)));
}

/// Stopped before anybody was asked: the send was begun and never handed over.
TEST_F(RefillDesk, INV_7_a_send_that_was_broken_off_before_it_was_signed_is_no_dead_end) {
  ASSERT_NO_FATAL_FAILURE(up_to_filled());
  const Got stated = state();
  ASSERT_EQ(stated.status, 201) << stated.body;
  const records::Refill kept =
      must(records::refill(*database, mia, records::RefillId{stands["refill"].get<std::int64_t>()}));
  const StatementBytes bytes = std::get<FillStated>(*parse_refill_step(kept.steps.back().content)).statement;
  must(records::begin_send(*database, mia, request(), {pump_id, std::nullopt, "refill", digest_of(bytes)}));
  restart();
  ASSERT_EQ(look().status, 200);
  EXPECT_EQ(stands["sent"]["state"].get<std::string>(), "pending");
  const Got settled = ask(Method::kPost, path("settlements"));
  EXPECT_EQ(settled.body["state"].get<std::string>(), "failed") << settled.body;
  const Got again = state();
  ASSERT_EQ(again.status, 201) << again.body;
  EXPECT_EQ(tell(again).body["state"].get<std::string>(), "confirmed");
}

/// Of two statements the one that somebody else has written since is not sent, nor one of a refill that was
/// ended.
TEST_F(RefillDesk, INV_7_a_statement_that_was_replaced_or_left_is_not_sent) {
  ASSERT_NO_FATAL_FAILURE(up_to_filled());
  const Got first = state(), second = state();
  ASSERT_EQ(second.status, 201) << second.body;
  const std::uint32_t sequence = read().status.sequence;
  EXPECT_EQ(tell(first).status, 409);
  ASSERT_EQ(step({{"is", "untold"}, {"why", "The pump is taken out today."}}).status, 201);
  EXPECT_EQ(tell(second).status, 409);
  EXPECT_EQ(read().status.sequence, sequence);
}

/// Nothing that the pump says tells of it: whoever reads the pump next hears it from the records, until the
/// pump has been told of a fill.
TEST_F(RefillDesk, INV_16_what_the_pump_was_never_told_of_stands_beside_what_it_says) {
  EXPECT_FALSE(read_pump().body.contains("never_told"));
  ASSERT_EQ(begin().status, 201);
  ASSERT_EQ(step({{"is", "broken_off"}, {"why", "The wrong drug was brought."}}).status, 201);
  EXPECT_FALSE(read_pump().body.contains("never_told")) << "nobody touched the pump";
  ASSERT_NO_FATAL_FAILURE(up_to_filled());
  ASSERT_EQ(state().status, 201);
  ASSERT_EQ(step({{"is", "untold"}, {"why", "The radio is broken."}}).status, 201);
  const Got found = read_pump();
  const auto said = found.body.value("never_told", std::string{});
  EXPECT_NE(said.find("The radio is broken."), std::string::npos) << found.body;
  EXPECT_NE(said.find("morphine 20 mg/mL may have gone in"), std::string::npos) << found.body;
  const auto today_has = [&](const char* kind) {
    const json pumps = ask(Method::kGet, "/api/today").body["pumps"];
    return std::ranges::any_of(pumps[0]["matters"],
                               [&](const json& one) { return one["kind"].get<std::string>() == kind; });
  };
  EXPECT_TRUE(today_has("never told"));
  ASSERT_EQ(begin().status, 201);
  ASSERT_EQ(step({{"is", "broken_off"}, {"why", "The patient has gone home."}}).status, 201);
  EXPECT_TRUE(today_has("never told")) << "a refill that touched nothing hides nothing";
  EXPECT_TRUE(read_pump().body.contains("never_told"));
  EXPECT_FALSE(today_has("changed"));
  ASSERT_NO_FATAL_FAILURE(up_to_filled());
  ASSERT_EQ(tell(state()).body["state"].get<std::string>(), "confirmed");
  EXPECT_TRUE(today_has("changed")) << "what it holds is not what it said";
  ahead_ms += 2'000;
  EXPECT_FALSE(read_pump().body.contains("never_told"));
  EXPECT_FALSE(today_has("changed")) << "it was read since";
}

/// Where the pump cannot be asked any more the refill is ended without knowing.
TEST_F(RefillDesk, INV_16_a_fill_of_which_nobody_knows_can_be_ended) {
  ASSERT_NO_FATAL_FAILURE(up_to_filled());
  const Got stated = state();
  reaching->signal(SIGKILL);
  (void)reaching->end();
  ASSERT_EQ(tell(stated).body["state"].get<std::string>(), "unknown");
  ASSERT_EQ(look().status, 200);
  EXPECT_EQ(step({{"is", "untold"}, {"why", "It was taken out; nobody knows what it heard."}}).status, 201);
  EXPECT_EQ(stage(), "over");
}

/// As with a library of another day, whose pump is smaller.
TEST_F(RefillDesk, INV_16_a_refill_that_cannot_be_understood_any_more_can_be_looked_at_and_ended) {
  ASSERT_EQ(begin().status, 201);
  const records::RefillId id{stands["refill"].get<std::int64_t>()};
  must(records::add_refill_step(*database, mia, request(), id, 1, now_ms(),
                                R"({"is":"portion","volume_nl":60000000})", "fill"));
  ASSERT_EQ(look().status, 200);
  EXPECT_NE(stands["broken_off"].get<std::string>().find("cannot be understood"), std::string::npos)
      << stands;
  EXPECT_EQ(read_label().status, 409);
  EXPECT_EQ(state().status, 409);
  ASSERT_EQ(step({{"is", "untold"}, {"why", "Read the pump: it counts right."}}).status, 201);
  EXPECT_EQ(begin().status, 201);
}

/// Stopped between the pump's yes and the refill's own record of it.
TEST_F(RefillDesk, INV_7_INV_16_what_the_pump_has_confirmed_is_not_told_it_again) {
  ASSERT_NO_FATAL_FAILURE(up_to_filled());
  const Got stated = state();
  ASSERT_EQ(stated.status, 201) << stated.body;
  // The same words to signer and gateway, past this desk; the send is begun, and nobody has heard the answer.
  const records::Refill kept =
      must(records::refill(*database, mia, records::RefillId{stands["refill"].get<std::int64_t>()}));
  const auto step = parse_refill_step(kept.steps.back().content);
  const StatementBytes bytes = std::get<FillStated>(*step).statement;
  const FillStatement statement = *link::read<FillStatement>(bytes);
  const auto id = must(
      records::begin_send(*database, mia, request(), {pump_id, std::nullopt, "refill", digest_of(bytes)}));
  must(records::settle_send(*database, mia, request(), id, records::SendState::kUnknown));
  FillRequest wish;
  wish.statement = bytes;
  wish.model = read().status.model;
  wish.assertion = nurse.assertion(site, digest_of(bytes));
  const auto answer = ask_signer(signer_at, wish);
  ASSERT_TRUE(answer && *answer);
  const VisitAnswer taken = asked(FillImplant{.implant = implant,
                                              .pass = *(*answer)->pass,
                                              .sequence = statement.sequence,
                                              .intent = statement.intent,
                                              .fluid = read().status.in_reservoir,
                                              .bedside = statement});
  ASSERT_TRUE(taken);
  ASSERT_EQ(std::get<SendOutcome>(*taken).delivery, link::Delivery::kConfirmed);
  restart();
  const std::uint32_t sequence = read().status.sequence;
  const Got settled = ask(Method::kPost, path("settlements"));
  ASSERT_EQ(settled.status, 201) << settled.body;
  EXPECT_EQ(settled.body["state"].get<std::string>(), "confirmed");
  ASSERT_EQ(look().status, 200);
  EXPECT_EQ(stage(), "watch") << stands;
  EXPECT_EQ(state().status, 409);
  EXPECT_EQ(read().status.sequence, sequence);
}

TEST_F(RefillDesk, a_pump_that_is_found_empty_is_told_so_and_not_filled) {
  ASSERT_EQ(begin().status, 201);
  ASSERT_EQ(read_label().status, 201);
  ASSERT_EQ(confirm().status, 204);
  ASSERT_EQ(look().status, 200);
  ASSERT_EQ(step({{"is", "port"}}).status, 201);
  ASSERT_EQ(step({{"is", "out"}, {"volume", "0.2 mL"}}).status, 201);
  EXPECT_EQ(stage(), "look");
  ASSERT_EQ(step({{"is", "looked"}, {"note", "Placed anew; nothing comes."}}).status, 201);
  EXPECT_EQ(stage(), "tell");
  EXPECT_NE(stands["broken_off"].get<std::string>().find("physician"), std::string::npos);
  const Got told = tell(state());
  ASSERT_EQ(told.status, 201) << told.body;
  EXPECT_EQ(told.body["state"].get<std::string>(), "confirmed") << told.body;
  const Running after = read();
  EXPECT_EQ(after.status.reservoir_nominal, Volume{});
  EXPECT_NE(after.status.alarms, 0U) << "an empty pump is silent";
  ASSERT_EQ(look().status, 200);
  EXPECT_EQ(stage(), "over");
}

TEST_F(RefillDesk, another_dose_may_be_ordered_meanwhile_and_a_refill_can_always_be_ended) {
  ASSERT_NO_FATAL_FAILURE(up_to_filled());
  sign_in(doctor);
  const Got draft = drafted({{"dose", "5.4 mg/day"}});
  ASSERT_EQ(draft.status, 201) << draft.body;
  ASSERT_EQ(send(draft, "5.4 mg/day").body["state"].get<std::string>(), "confirmed");
  sign_in(nurse);
  const Got stated = state();
  ASSERT_EQ(stated.status, 201) << stated.body;
  EXPECT_NE(stated.body["rows"].dump().find("5.4 mg/day"), std::string::npos) << stated.body;
  // Somebody looks after it on another way.
  EXPECT_EQ(step({{"is", "untold"}, {"why", " "}}).status, 422);
  ASSERT_EQ(step({{"is", "untold"}, {"why", "The pump is taken out today."}}).status, 201);
  EXPECT_EQ(stage(), "over");
  EXPECT_EQ(begin().status, 201);
}

TEST_F(RefillDesk, INV_12_who_may_not_gets_nothing_done_and_two_tabs_do_one_step) {
  ASSERT_EQ(begin().status, 201);
  const json was = stands;
  ASSERT_EQ(read_label().status, 201);
  stands = was;  // the other tab has not heard of it
  const Got late = read_label();
  EXPECT_EQ(late.status, 409) << late.body;
  const std::string key = request().text;
  ASSERT_EQ(look().status, 200);
  ASSERT_EQ(step({{"is", "broken_off"}, {"why", "Not today."}}, key).status, 201);
  const json ended = stands;
  EXPECT_EQ(ask(Method::kGet, path("syringe")).body["waits"].get<bool>(), false);

  // Without the care team, or signed out.
  ASSERT_EQ(begin().status, 201);
  must(records::leave_care_team(*database, ada, request(), patient, mia.person));
  EXPECT_EQ(look().status, 403);
  EXPECT_EQ(read_label().status, 403);
  EXPECT_EQ(state().status, 403);
  cookie.clear();
  EXPECT_EQ(ask(Method::kGet, path("syringe")).status, 401);
  sign_in(doctor);
  EXPECT_EQ(ask(Method::kGet, "/api/refills/1").status, 404);
  EXPECT_EQ(ask(Method::kPost, "/api/refills/1/statements").status, 404);
}

// ---- another fluid --------------------------------------------------------------------------------------

/// A pump whose catheter holds the fluid of its reservoir, and two physicians.
struct OtherFluidDesk : RefillDesk {
  SoftwareKey other{PasskeyAlgorithm::kEs256, signer::example::filled(7)};
  records::Actor ben;

  void SetUp() override {
    fill_the_catheter();
    ASSERT_NO_FATAL_FAILURE(RefillDesk::SetUp());
    ben = ada;
    ben.person =
        must(records::add_person(*database, ada, request(), records::StaffRole::kPhysician, "Ben Castell"));
    enrol(ada, ben, other);
    example::Process enrolling{{"signer", "enrol", signs, "--serial", "13", "--name", "Ben Castell"}};
    const auto asked = from_base64url(enrolling.line().substr(10));
    enrolling.say(text_of(other.registration(site, *asked), other.id()));
    ASSERT_EQ(enrolling.end().first, kExitOk);
    must(records::join_care_team(*database, ada, request(), patient, ben.person));
    sign_in(doctor);
  }
  json code_of(const char* drug) {
    return static_cast<int>(signer::example::library().find_drug(drug)->code);
  }
  json weaker() {
    return {{"fluid", {{"code", code_of("morphine")}, {"concentration", "10 mg/mL"}}},
            {"dose", "6 mg/day"},
            {"no_patient_bolus", true},
            {"reason", "as in the test"}};
  }
  /// Signed by both, and kept for the fill; signed in as the first again.
  Got signed_by_both(const Got& draft) {
    const auto challenge = *from_base64url(draft.body["challenge"].get<std::string>());
    const auto yes = [&](SoftwareKey& key) {
      return json{{"daily_dose", "6 mg/day"}, {"assertion", text_of(key.assertion(site, challenge))}};
    };
    const Got first = ask(Method::kPost, at("drafts", draft.body["draft"], "signatures"), yes(doctor));
    EXPECT_EQ(first.status, 201) << first.body;
    const std::string adas = std::exchange(cookie, "");
    sign_in(other);
    const Got both = ask(Method::kPost, at("drafts", draft.body["draft"], "second"), yes(other));
    cookie = adas;
    return both;
  }
  /// By the nurse, who reads the syringe of the new fluid.
  Got confirm_as_nurse() {
    const std::string adas = std::exchange(cookie, "");
    sign_in(nurse);
    const Got what = ask(Method::kGet, path("confirmations"));
    EXPECT_EQ(what.status, 200) << what.body;
    const auto challenge = from_base64url(what.body["challenge"].get<std::string>());
    const Got done = ask(Method::kPost, path("confirmations"),
                         {{"drugs", drugs}, {"assertion", text_of(nurse.assertion(site, *challenge))}});
    cookie = adas;
    return done;
  }
  void up_to_tell() {
    const Got draft = drafted(weaker());
    ASSERT_EQ(draft.status, 201) << draft.body;
    const Got both = signed_by_both(draft);
    ASSERT_EQ(both.status, 201) << both.body;
    ASSERT_EQ(both.body["state"].get<std::string>(), "signed") << both.body;
    stands = {{"refill", both.body["refill"]}};
    ASSERT_EQ(look().status, 200);
    drugs[0]["concentration"] = "10 mg/mL";
    ASSERT_EQ(read_label().status, 201) << stands;
    ASSERT_EQ(confirm_as_nurse().status, 204);
    ASSERT_EQ(look().status, 200);
    ASSERT_EQ(step({{"is", "port"}}).status, 201);
    ASSERT_EQ(step({{"is", "out"}, {"volume", "39.9 mL"}}).status, 201);
    ASSERT_EQ(step({{"is", "proof"}, {"in", "5 mL"}, {"back", "5 mL"}}).status, 201) << stands;
    ASSERT_EQ(step({{"is", "portion"}, {"volume", "40 mL"}}).status, 201);
    ASSERT_EQ(step({{"is", "all_in"}}).status, 201);
  }
  std::string row(const json& rows, const char* what) {
    for (const json& one : rows)
      if (one["what"].get<std::string>() == what) return one["now"].get<std::string>();
    return "no row";
  }
};

TEST_F(OtherFluidDesk,
       INV_7_INV_10_INV_11_SLIP_38_another_concentration_comes_with_its_order_and_its_bridge) {
  const Got draft = drafted(weaker());
  ASSERT_EQ(draft.status, 201) << draft.body;
  // 0.375 mL of the old fluid leave at the dose that runs: 6 mg/day of 20 mg/mL are 0.3 mL/day, 30 h.
  EXPECT_NE(row(draft.body["rows"], "bridge").find("0.3 mL/day"), std::string::npos) << draft.body["rows"];
  EXPECT_EQ(row(draft.body["rows"], "flow"), "0.6 mL/day");
  EXPECT_NE(draft.body["notes"].dump().find("no needle reaches"), std::string::npos) << draft.body["notes"];
  // One physician is not enough, and nothing is sent.
  const Got alone = send(draft, "6 mg/day");
  EXPECT_EQ(alone.status, 409) << alone.body;
  EXPECT_EQ(alone.body["errors"][0]["field"].get<std::string>(), "second_clinician");
  const std::uint32_t sequence = read().status.sequence;
  ASSERT_NO_FATAL_FAILURE(up_to_tell());
  EXPECT_EQ(read().status.sequence, sequence) << "the pump has heard of it before it was filled";
  // Meanwhile nothing else goes to this pump.
  const Got meanwhile = drafted({{"dose", "5.4 mg/day"}});
  ASSERT_EQ(meanwhile.status, 201) << meanwhile.body;
  EXPECT_EQ(send(meanwhile, "5.4 mg/day").status, 409);

  const Got stated = state();
  ASSERT_EQ(stated.status, 201) << stated.body;
  EXPECT_EQ(row(stated.body["rows"], "fluid"), "morphine 10 mg/mL") << stated.body["rows"];
  const std::string adas = std::exchange(cookie, "");
  sign_in(nurse);
  EXPECT_EQ(ask(Method::kPost, path("sends"), asserting(nurse, stated)).status, 403)
      << "a nurse hands an order over";
  cookie = adas;
  const Got told = ask(Method::kPost, path("sends"), asserting(doctor, stated));
  ASSERT_EQ(told.status, 201) << told.body;
  EXPECT_EQ(told.body["state"].get<std::string>(), "confirmed") << told.body;
  ASSERT_EQ(look().status, 200);
  EXPECT_EQ(stage(), "watch");
  EXPECT_EQ(told.body["runs"].get<std::string>(), stands["order"].get<std::string>());
  const Running after = read();
  EXPECT_EQ(after.prescription->formulation.components[0].concentration, milligrams_per_millilitre(10));
  EXPECT_TRUE(about(after.status.reservoir_nominal, millilitres(40)));
  EXPECT_EQ(after.status.mode, Mode::kBridge) << "the old fluid is bridged";
  EXPECT_NE(after.status.in_reservoir, after.status.at_tip);
  // The records know what it runs, and another fluid waits until this one is at the tip.
  EXPECT_EQ(read_pump().body["record"]["is"].get<std::string>(), "same");
  const Got next = drafted({{"fluid", {{"code", code_of("morphine")}, {"concentration", "5 mg/mL"}}},
                            {"dose", "6 mg/day"},
                            {"no_patient_bolus", true}});
  EXPECT_EQ(next.status, 422);
  EXPECT_NE(next.body.dump().find("has not reached the tip"), std::string::npos) << next.body;
  // Nor is a dose tried whose fluid is not there yet.
  const Got reading = read_pump();
  const Got trial =
      ask(Method::kPut, at("readings", reading.body["reading"], "trial"), {{"dose", "5.4 mg/day"}});
  EXPECT_EQ(trial.body.value("is", ""), "not tried") << trial.body;
}

TEST_F(OtherFluidDesk, INV_7_a_lost_answer_to_an_order_with_its_fill_is_settled) {
  ASSERT_NO_FATAL_FAILURE(up_to_tell());
  const Got stated = state();
  ASSERT_EQ(stated.status, 201) << stated.body;
  reaching->signal(SIGKILL);
  (void)reaching->end();
  const Got lost = ask(Method::kPost, path("sends"), asserting(doctor, stated));
  ASSERT_EQ(lost.status, 201) << lost.body;
  EXPECT_EQ(lost.body["state"].get<std::string>(), "unknown");
  start_gateway();
  restart();
  EXPECT_EQ(ask(Method::kPost, path("settlements")).body["state"].get<std::string>(), "failed");
  const Got again = state();
  ASSERT_EQ(again.status, 201) << again.body;
  const Got told = ask(Method::kPost, path("sends"), asserting(doctor, again));
  EXPECT_EQ(told.body["state"].get<std::string>(), "confirmed") << told.body;
  EXPECT_EQ(read().order->number, 2U);
}

/// Whoever asks again behind a server that was stopped hears what is kept, and nothing is signed or begun
/// twice.
TEST_F(OtherFluidDesk, INV_16_an_order_that_is_kept_for_its_fill_is_known_behind_a_restart) {
  const Got draft = drafted(weaker());
  const auto challenge = *from_base64url(draft.body["challenge"].get<std::string>());
  const json both{{"daily_dose", "6 mg/day"},
                  {"assertions",
                   {text_of(doctor.assertion(site, challenge)), text_of(other.assertion(site, challenge))}}};
  const std::string sends = at("drafts", draft.body["draft"], "sends");
  const std::string wish = request().text;
  const Got once = ask(Method::kPost, sends, both, wish);
  ASSERT_EQ(once.body.value("state", ""), "signed") << once.body;
  restart();
  const Got again = ask(Method::kPost, sends, both, wish);
  EXPECT_EQ(again.body, once.body);
  const Got anew = ask(Method::kPost, sends, both);
  EXPECT_EQ(anew.body.value("state", ""), "signed") << anew.body;
  EXPECT_EQ(anew.body.value("refill", 0), once.body["refill"].get<int>());
  const Got became = ask(Method::kGet, at("drafts", draft.body["draft"], "signatures"));
  EXPECT_EQ(became.body["is"].get<std::string>(), "sent") << became.body;
  EXPECT_EQ(became.body["sent"].value("state", ""), "signed") << became.body;
  EXPECT_EQ(ask(Method::kGet, at("pumps", pump_id.value, "refills")).body["refills"].size(), 1U);
}

/// Whatever was said when it was handed over, behind the fill the order that runs is compared once more.
TEST_F(OtherFluidDesk, INV_10_behind_the_fill_the_order_that_runs_is_compared) {
  ASSERT_NO_FATAL_FAILURE(up_to_tell());
  ASSERT_EQ(ask(Method::kPost, path("sends"), asserting(doctor, state())).body.value("state", ""),
            "confirmed");
  ASSERT_EQ(look().status, 200);
  const Got sensed = ask(Method::kPost, path("readings"));
  ASSERT_EQ(sensed.status, 201) << sensed.body;
  EXPECT_TRUE(sensed.body["says"].value("runs_it", false)) << sensed.body["says"];
  EXPECT_EQ(sensed.body["says"]["runs"].get<std::string>(), stands["order"].get<std::string>());
}

/// Broken off before anything of the new fluid went in: the pump keeps its order, and hears what is left of
/// the old one.
TEST_F(OtherFluidDesk, INV_15_SLIP_41_broken_off_with_the_old_fluid_drawn_the_pump_keeps_its_order) {
  const Got draft = drafted(weaker());
  const Got both = signed_by_both(draft);
  ASSERT_EQ(both.body["state"].get<std::string>(), "signed") << both.body;
  stands = {{"refill", both.body["refill"]}};
  ASSERT_EQ(look().status, 200);
  drugs[0]["concentration"] = "10 mg/mL";
  ASSERT_EQ(read_label().status, 201) << stands;
  ASSERT_EQ(confirm_as_nurse().status, 204);
  ASSERT_EQ(look().status, 200);
  ASSERT_EQ(step({{"is", "port"}}).status, 201);
  ASSERT_EQ(step({{"is", "out"}, {"volume", "20 mL"}}).status, 201);
  ASSERT_EQ(step({{"is", "broken_off"}, {"why", "The rest cannot be drawn."}, {"left", "20 mL"}}).status,
            201);
  const link::Hash order = read().status.order;
  const Got stated = state();
  ASSERT_EQ(stated.status, 201) << stated.body;
  EXPECT_EQ(row(stated.body["rows"], "fluid"), "morphine 20 mg/mL") << stated.body["rows"];
  const Got told = ask(Method::kPost, path("sends"), asserting(doctor, stated));
  ASSERT_EQ(told.body["state"].get<std::string>(), "confirmed") << told.body;
  const Running after = read();
  EXPECT_EQ(after.status.order, order) << "the pump runs a therapy for a fluid that it does not hold";
  EXPECT_TRUE(about(after.status.reservoir_nominal, millilitres(20)));
  ASSERT_EQ(look().status, 200);
  EXPECT_EQ(stage(), "over");
}

/// The pump counts what it has given against the new ceilings as well; it must not say so when the fluid is
/// in it.
TEST_F(OtherFluidDesk, INV_4_a_lower_dose_with_another_fluid_leaves_room_for_what_was_given_before) {
  json change = weaker();
  change["dose"] = "3 mg/day";
  const Running before = read();
  const Got draft = drafted(change);
  ASSERT_EQ(draft.status, 201) << draft.body;
  link::OrderBytes bytes{};
  ASSERT_TRUE(from_base64url(draft.body["order"].get<std::string>(), bytes));
  const auto order = link::read<link::Order>(bytes);
  EXPECT_GE(order->ceilings.thirty_days.raw(), 2 * before.order->ceilings.thirty_days.raw())
      << "half the concentration";
  EXPECT_GE(order->ceilings.day.raw(), 2 * before.order->ceilings.day.raw());
  // Of another drug the volume counts as it is: what might be refused at the bedside is refused here.
  change = weaker();
  change["fluid"] = {{"code", code_of("hydromorphone")}, {"concentration", "10 mg/mL"}};
  change["dose"] = "1 mg/day";
  const Got hydromorphone = drafted(change);
  EXPECT_EQ(hydromorphone.status, 422) << hydromorphone.body;
  EXPECT_NE(hydromorphone.body.dump().find("lower concentration"), std::string::npos) << hydromorphone.body;
}

TEST_F(OtherFluidDesk, what_of_another_fluid_is_missing_or_the_same_is_told) {
  const auto refused = [&](json change, const char* words) {
    const Got draft = drafted(change);
    EXPECT_EQ(draft.status, 422) << draft.body;
    EXPECT_NE(draft.body.dump().find(words), std::string::npos) << draft.body;
  };
  json change = weaker();
  change.erase("dose");
  refused(change, "is written anew");
  change = weaker();
  change.erase("no_patient_bolus");
  refused(change, "patient's bolus is written anew");
  change = weaker();
  change["fluid"]["concentration"] = "20 mg/mL";
  refused(change, "takes no order");
  change = weaker();
  change["fluid"]["concentration"] = "10";
  refused(change, "unit");
  // Fields of a drug, before a dose of it is written.
  const Got reading = read_pump();
  const Got fields = ask(Method::kPut, at("readings", reading.body["reading"], "fluid"),
                         {{"code", code_of("baclofen")}, {"concentration", "500 mcg/mL"}});
  ASSERT_EQ(fields.status, 200) << fields.body;
  EXPECT_EQ(fields.body["drug"].get<std::string>(), "baclofen");
  EXPECT_EQ(fields.body["dose"]["unit"].get<std::string>(), "mcg/day");
  // Signed and never filled: the number is taken, and the next order has another one.
  const Got draft = drafted(weaker());
  ASSERT_EQ(signed_by_both(draft).body["state"].get<std::string>(), "signed");
  const Got second = drafted(weaker());
  EXPECT_EQ(signed_by_both(second).status, 409) << "two at a time";
  const Got all = ask(Method::kGet, at("pumps", pump_id.value, "refills"));
  stands = {{"refill", all.body["refills"][0]["refill"]}};
  ASSERT_EQ(look().status, 200);
  ASSERT_EQ(step({{"is", "broken_off"}, {"why", "The pharmacy has no 10 mg/mL."}}).status, 201);
  EXPECT_EQ(stage(), "over");
  const Got dose = drafted({{"dose", "5.4 mg/day"}});
  ASSERT_EQ(dose.status, 201) << dose.body;
  const Got sent = send(dose, "5.4 mg/day");
  EXPECT_EQ(sent.body.value("state", ""), "confirmed") << sent.body;
}

/// The same scenario with a fill sensor that reads 3 mL too little, as where so much went beside the pump.
struct SensingRefillDesk : RefillDesk {
  void SetUp() override {
    std::ifstream in{scenario};
    std::stringstream text;
    text << in.rdbuf();
    std::string sensing = text.str();
    const std::string model = "model = \"roller-40\"\n";
    sensing.insert(sensing.find(model) + model.size(), "fill_sensor = \"0.5 mL\"\nsensor_bias = \"-3 mL\"\n");
    scenario = (folder / "sensing.toml").string();
    std::ofstream{scenario} << sensing;
    ASSERT_NO_FATAL_FAILURE(RefillDesk::SetUp());
  }
};

TEST_F(SensingRefillDesk, INV_15_SLIP_36_what_the_fill_sensor_misses_is_told_and_somebody_has_to_look) {
  ASSERT_NO_FATAL_FAILURE(up_to_filled());
  ASSERT_EQ(tell(state()).body["state"].get<std::string>(), "confirmed");
  ASSERT_EQ(look().status, 200);
  ASSERT_EQ(take(ask(Method::kPost, path("readings"))).status, 201) << stands;
  ASSERT_TRUE(stands.contains("sensed")) << stands;
  EXPECT_EQ(stands["says"]["alarms"], json::array({"volumes disagree"})) << stands["says"];
  EXPECT_TRUE(about(Volume{stands["sensed"]["missing_nl"].get<std::int64_t>()}, millilitres(3)));
  EXPECT_TRUE(stands["sensed"]["pocket_fill"].get<bool>());
  ahead_ms = kWatched.raw() + 2'000;
  sign_in(nurse);
  EXPECT_EQ(step({{"is", "watched"}}).status, 422) << "nobody has looked";
  ASSERT_EQ(
      step({{"is", "watched"}, {"signs", true}, {"note", "Swelling; 3 mL drawn; naloxone given."}}).status,
      201);
  EXPECT_EQ(stage(), "over");
}

}  // namespace
}  // namespace theca
