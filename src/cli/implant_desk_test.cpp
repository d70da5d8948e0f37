// A pump on the shelf gets its first therapy from the desk: what was said of volume, mass and front is what
// the pump is told, and what its own journal has.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>

#include "cli/desk_testing.hpp"
#include "clinic/audit.hpp"
#include "quantity/text.hpp"

namespace theca {
namespace {

using namespace example;

struct ImplantDesk : DeskTest {
  void begin_therapy() override {}
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(DeskTest::SetUp());
    sign_in(doctor);
  }
  static json first(const char* dose = "6 mg/day") {
    return {{"fluid",
             {{"code", static_cast<int>(signer::example::library().find_drug("morphine")->code)},
              {"concentration", "20 mg/mL"}}},
            {"dose", dose},
            {"no_patient_bolus", true},
            {"reason", "On opioids for long."},
            {"implant",
             {{"catheter", "89 cm"},
              {"cut_off", "9 cm"},
              {"filled", "40 mL"},
              {"prime", true},
              {"zone", {{"offset_minutes", 60}, {"offset_after_minutes", 60}, {"change_utc_s", 0}}}}}};
  }
  static json with(const char* field, const json& value) {
    json body = first();
    body["implant"][field] = value;
    return body;
  }
  std::string hours_at() { return at("pumps", pump_id.value, "first-hours"); }
  std::vector<json> journal() {
    reaching->signal(SIGTERM);
    EXPECT_EQ(reaching->end().first, kExitOk);
    const std::string out = (folder / "journal.jsonl").string();
    const auto read =
        example::ran({"gateway", "journal", own, "--implant", air::to_hex(implant), "--out", out});
    EXPECT_EQ(read.first, kExitOk) << read.second;
    start_gateway();
    std::vector<json> entries;
    std::ifstream in{out};
    for (std::string line; std::getline(in, line);) entries.push_back(json::parse(line));
    return entries;
  }
  static const json* event(const std::vector<json>& entries, const char* name) {
    const auto found =
        std::ranges::find_if(entries, [&](const json& one) { return one.value("event", "") == name; });
    return found == entries.end() ? nullptr : &*found;
  }
};

TEST_F(ImplantDesk, INV_4_INV_7_INV_11_what_the_desk_said_is_what_the_pump_is_told_and_writes_down) {
  const Got shelf = read_pump();
  ASSERT_EQ(shelf.status, 201) << shelf.body;
  EXPECT_EQ(shelf.body["state"].get<std::string>(), "on the shelf");
  EXPECT_FALSE(shelf.body.contains("therapy"));
  EXPECT_EQ(ask(Method::kGet, hours_at()).body["is"].get<std::string>(), "none");

  const Got told = ask(Method::kPut, at("readings", shelf.body["reading"], "preview"), first());
  ASSERT_EQ(told.status, 200) << told.body;
  const json hours = told.body["first_hours"];
  EXPECT_EQ(hours["path_nl"], 375'000);
  EXPECT_EQ(hours["in_motion"].get<std::string>(), "7.5 mg");
  EXPECT_FALSE(hours["per_cm"]["verified"].get<bool>());

  const Got draft = ask(Method::kPost, at("readings", shelf.body["reading"], "drafts"), first());
  ASSERT_EQ(draft.status, 201) << draft.body;
  EXPECT_EQ(draft.body["first_hours"], hours);
  const Got slip = send(draft, "60 mg/day");
  EXPECT_EQ(slip.status, 422) << slip.body;
  EXPECT_EQ(read().status.state, DeviceState::kShelf);
  const Got again = drafted(first());
  ASSERT_EQ(again.status, 201) << again.body;
  const Got done = send(again, "6 mg/day");
  ASSERT_EQ(done.status, 201) << done.body;
  EXPECT_EQ(done.body["state"].get<std::string>(), "confirmed") << done.body;
  EXPECT_EQ(done.body["runs"], again.body["order"]);

  const Running runs = read();
  EXPECT_EQ(runs.status.mode, Mode::kPrime);
  EXPECT_GT(runs.status.supervised_until, runs.status.now);
  EXPECT_EQ(runs.status.path.total().raw(), hours["path_nl"].get<std::int64_t>());
  // The front: what has left since is microlitres of the path.
  EXPECT_LE(runs.status.until_at_tip, runs.status.path.total());
  EXPECT_GT(runs.status.until_at_tip, runs.status.path.total() - microlitres(50));
  EXPECT_LE(std::abs((runs.status.reservoir_nominal - millilitres(40)).raw()), microlitres(50).raw());

  const auto entries = journal();
  const json* prime = event(entries, "prime started");
  ASSERT_NE(prime, nullptr);
  EXPECT_EQ((*prime)["volume_nl"], hours["given_nl"]) << *prime;
  EXPECT_EQ((*prime)["rate_nl_per_day"], hours["rate_nl_per_day"]) << *prime;
  EXPECT_NE(event(entries, "prescription taken"), nullptr);
  EXPECT_EQ(read_pump().body["record"]["is"].get<std::string>(), "same");
}

/// Tried like every other change: on somebody who had nothing, out of the catheter as it is written.
TEST_F(ImplantDesk, INV_4_a_first_therapy_is_tried_before_it_is_sent_and_no_prime_leaves_the_catheter_dry) {
  const json reading = read_pump().body["reading"];
  const auto tried = [&](const json& body) {
    const Got got = ask(Method::kPut, at("readings", reading, "trial"), body);
    EXPECT_EQ(got.status, 200) << got.body;
    EXPECT_EQ(got.body.value("is", ""), "tried") << got.body;
    return got.body;
  };
  const json primed = tried(first()), less = tried(first("2 mg/day")), dry = tried(with("prime", false));
  for (const json& one : {primed, less, dry}) {
    EXPECT_TRUE(one["first"].get<bool>());
    EXPECT_FALSE(one["used_to_it"].get<bool>());
    EXPECT_FALSE(one["naive"].get<bool>());
    for (const json& relief : one["runs"]["nothing"]["relief"]["p95"]) EXPECT_EQ(relief.get<int>(), 0);
    EXPECT_EQ(one["runs"]["nothing"]["lowest"]["p5"].get<int>(), 1'000) << "nothing is given without it";
  }
  const auto draft = [](const json& of) { return of["draft"]["nothing"]; };
  EXPECT_GT(draft(primed)["relief_at_end"]["median"].get<int>(), 0);
  EXPECT_LT(draft(primed)["lowest"]["median"].get<int>(), draft(less)["lowest"]["median"].get<int>());
  EXPECT_LT(primed.value("dry_nl", 0), 10'000) << "less than the prime's last steps";
  EXPECT_EQ(dry["dry_nl"].get<int>(), 375'000);
  // 0.3 mL/day through 0.375 mL: a day passes, and no drug is at the tip.
  EXPECT_EQ(draft(dry)["relief"]["p95"][4].get<int>(), 0);
  EXPECT_GT(draft(primed)["relief"]["p5"][4].get<int>(), 0);
}

TEST_F(ImplantDesk, INV_16_what_is_seen_in_the_first_hours_is_kept_and_told_to_whoever_comes_next) {
  const Got none = ask(Method::kPost, hours_at(), {{"breaths", 14}});
  EXPECT_EQ(none.status, 409) << none.body;
  const Got draft = drafted(first());
  ASSERT_EQ(draft.status, 201) << draft.body;
  ASSERT_EQ(send(draft, "6 mg/day").status, 201);
  const Got begun = ask(Method::kGet, hours_at());
  ASSERT_EQ(begun.body["is"].get<std::string>(), "begun") << begun.body;
  EXPECT_EQ(begun.body["hours"], draft.body["first_hours"]);
  EXPECT_TRUE(begun.body["seen"].empty());
  EXPECT_EQ(ask(Method::kPost, hours_at(), json::object()).status, 422);
  EXPECT_EQ(ask(Method::kPost, hours_at(), {{"breaths", 400}}).status, 422);
  EXPECT_EQ(ask(Method::kPost, hours_at(), {{"awake", "dead"}}).status, 422);

  const std::string wish = request().text;
  const json seen{{"breaths", 14}, {"awake", "awake"}, {"signs", {"itching"}}, {"note", "Asks for water."}};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(ask(Method::kPost, hours_at(), seen, wish).status, 201);
  restart();  // what is not kept is gone
  sign_in(doctor);
  const Got later = ask(Method::kGet, hours_at());
  ASSERT_EQ(later.body["seen"].size(), 1U) << later.body;
  EXPECT_EQ(later.body["seen"][0]["breaths"], 14);
  EXPECT_EQ(later.body["seen"][0]["by"].get<std::string>(), "Ada Okafor");
  EXPECT_EQ(later.body["seen"][0]["note"].get<std::string>(), "Asks for water.");

  sign_in(nurse);  // of no care team: "missing", like one that is not there
  const Got strange = ask(Method::kPost, hours_at(), {{"breaths", 12}});
  EXPECT_NE(strange.status, 201) << strange.body;
}

/// From nothing: the patient, the pump that was paired, its first therapy.
struct EnrolDesk : ImplantDesk {
  bool pump_is_recorded() override { return false; }
  static json somebody(const char* number = "MRN-77") {
    return {
        {"name", "Inés Hall"}, {"birth_date", "1994-05-02"}, {"record_number", number}, {"sex", "female"}};
  }
  json a_pump(const char* serial = "SN-5118") {
    return {{"implant", air::to_hex(implant)}, {"serial", serial}, {"implanted_on", "2026-01-05"}};
  }
};

TEST_F(EnrolDesk, INV_7_INV_16_a_patient_and_a_pump_come_into_the_records_once_and_the_pump_itself_is_asked) {
  const std::string wish = request().text;
  const Got made = ask(Method::kPost, "/api/patients", somebody(), wish);
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(ask(Method::kPost, "/api/patients", somebody(), wish).body["patient"], made.body["patient"]);
  EXPECT_EQ(ask(Method::kPost, "/api/patients", somebody()).status, 409) << "the record number is taken";
  const Got all = ask(Method::kGet, "/api/patients");
  EXPECT_NE(all.body.dump().find("Inés Hall"), std::string::npos) << all.body;

  const std::string pumps = at("patients", made.body["patient"], "pumps"), second = request().text;
  const Got added = ask(Method::kPost, pumps, a_pump(), second);
  ASSERT_EQ(added.status, 201) << added.body;
  EXPECT_EQ(added.body["model"].get<std::string>(), "roller-40") << "the pump says so itself";
  EXPECT_EQ(added.body["state"].get<std::string>(), "on the shelf");
  EXPECT_EQ(ask(Method::kPost, pumps, a_pump(), second).body["pump"], added.body["pump"]);
  const Got twice = ask(Method::kPost, at("patients", patient.value, "pumps"), a_pump());
  EXPECT_EQ(twice.status, 409) << "one pump of two patients" << twice.body;

  pump_id.value = added.body["pump"].get<std::int64_t>();
  const Got draft = drafted(first());
  ASSERT_EQ(draft.status, 201) << draft.body;
  EXPECT_EQ(send(draft, "6 mg/day").body["state"].get<std::string>(), "confirmed");
}

TEST_F(EnrolDesk, what_is_no_patient_and_no_pump_is_refused_with_its_field) {
  for (const auto& [field, value] :
       std::vector<std::pair<const char*, const char*>>{{"birth_date", "1994-02-30"},
                                                        {"birth_date", "02.05.1994"},
                                                        {"birth_date", "2194-05-02"},
                                                        {"name", "\n"},
                                                        {"sex", "none"},
                                                        {"record_number", ""}}) {
    json body = somebody();
    body[field] = value;
    const Got no = ask(Method::kPost, "/api/patients", body);
    EXPECT_EQ(no.status, 422) << field << " " << value << no.body;
  }
  const std::string pumps = at("patients", patient.value, "pumps");
  for (const auto& [field, value] :
       std::vector<std::pair<const char*, const char*>>{{"implant", "xyz"},
                                                        {"implanted_on", "2194-05-02"},
                                                        {"implanted_on", "yesterday"},
                                                        {"serial", ""}}) {
    json body = a_pump();
    body[field] = value;
    EXPECT_EQ(ask(Method::kPost, pumps, body).status, 422) << field << " " << value;
  }
  json strange = a_pump();
  strange["implant"] = "0909090909090909";
  EXPECT_EQ(ask(Method::kPost, pumps, strange).status, 502) << "nobody reaches it";
  EXPECT_TRUE(must(records::pumps_of(*database, ada, patient)).empty());
  sign_in(nurse);  // of no care team
  EXPECT_NE(ask(Method::kPost, pumps, a_pump()).status, 201);
}

/// A pump in its pack, under the coil of a clinic whose key nobody has but its signer.
struct PairDesk : EnrolDesk {
  bool pump_is_paired() override { return false; }
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(EnrolDesk::SetUp());
    sign_in(doctor);
  }
  json card() const {
    std::ifstream in{state + ".card"};
    json read = json::parse(in);
    read.erase("theca");
    return read;
  }
  std::string pairing_at() { return at("patients", patient.value, "pairing"); }
  Got begin() { return ask(Method::kPut, pairing_at(), {{"card", card()}}); }
  json told(const Got& begun, SoftwareKey& by) {
    link::Hash challenge{};
    EXPECT_TRUE(from_base64url(begun.body["challenge"].get<std::string>(), challenge));
    return {{"statement", begun.body["statement"]},
            {"assertion", text_of(by.assertion(site, challenge))},
            {"serial", "SN-5118"},
            {"implanted_on", "2026-01-05"}};
  }
  Got pair(const json& body) { return ask(Method::kPost, pairing_at(), body); }
};

TEST_F(PairDesk, INV_10_a_pump_out_of_its_pack_becomes_the_clinics_at_a_page_and_its_card_opens_nothing) {
  const Got begun = begin();
  ASSERT_EQ(begun.status, 200) << begun.body;
  EXPECT_EQ(begun.body["model"].get<std::string>(), "roller-40");
  EXPECT_EQ(begun.body["state"].get<std::string>(), "unpaired");
  const std::string wish = request().text;
  const json body = told(begun, doctor);
  const Got done = ask(Method::kPost, pairing_at(), body, wish);
  ASSERT_EQ(done.status, 201) << done.body;
  EXPECT_EQ(done.body["state"].get<std::string>(), "confirmed") << done.body;
  EXPECT_NE(done.body["message"].get<std::string>().find("opens nothing"), std::string::npos) << done.body;
  EXPECT_EQ(ask(Method::kPost, pairing_at(), body, wish).body, done.body) << "asked again it is one wish";
  ASSERT_TRUE(air::from_hex(done.body["implant"].get<std::string>(), implant));
  // What was done with it stands in the trail from the first look at its card on.
  std::vector<std::string> trail;
  for (const records::AuditRow& row : must(records::audit_of_clinic(*database, ada, 0, 100)))
    if (row.detail.find(done.body["implant"].get<std::string>()) != std::string::npos)
      trail.push_back(row.action);
  EXPECT_EQ(trail, (std::vector<std::string>{"pair implant confirmed", "pair implant", "meet implant"}));
  EXPECT_EQ(read().status.state, DeviceState::kShelf) << "the gateway reads it by its own pass";

  // By the card nobody comes in any more, with whatever key.
  const auto again = ran({"link", "pair", "--to", pump_at, "--near", "--keys", (folder / "thief").string(),
                          "--card", state + ".card"});
  EXPECT_NE(again.first, kExitOk) << again.second;
  EXPECT_EQ(begin().status, 502);

  // A first therapy follows at the pages, and a programmer for the patient from the gateway's folder.
  pump_id.value = done.body["pump"].get<std::int64_t>();
  const Got draft = drafted(first());
  ASSERT_EQ(draft.status, 201) << draft.body;
  EXPECT_EQ(send(draft, "6 mg/day").body["state"].get<std::string>(), "confirmed");
  const std::string hand = (folder / "hand").string();
  const auto key = ran({"handheld", "make", hand});
  ASSERT_EQ(key.first, kExitOk) << key.second;
  const auto certificate = ran(
      {"signer", "handheld", signs, "--implant", air::to_hex(implant), "--key", key.second.substr(0, 64)});
  ASSERT_EQ(certificate.first, kExitOk) << certificate.second;
  Process pairing{{"handheld", "pair", hand, "--gateway", own, "--implant", air::to_hex(implant), "--to",
                   pump_at, "--near"}};
  pairing.say(certificate.second.substr(0, certificate.second.find('\n')));
  const auto paired = pairing.end();
  EXPECT_EQ(paired.first, kExitOk) << paired.second;
}

TEST_F(PairDesk, INV_10_RT_30_what_was_asserted_is_for_one_session_and_by_a_physician_who_is_signed_in) {
  const Got first_time = begin();
  ASSERT_EQ(first_time.status, 200) << first_time.body;
  const json old = told(first_time, doctor);
  EXPECT_EQ(pair(told(first_time, nurse)).status, 409) << "another one's key";
  // The card is read once more: what was asserted before is for a session that is over.
  const Got second_time = begin();
  ASSERT_EQ(second_time.status, 200) << second_time.body;
  EXPECT_NE(first_time.body["challenge"], second_time.body["challenge"]);
  const Got stale = pair(old);
  EXPECT_NE(stale.body.value("state", "none"), "confirmed") << stale.body;
  EXPECT_TRUE(must(records::pumps_of(*database, ada, patient)).empty());
  // Whoever changes what was asserted gets nothing signed.
  json changed = told(begin(), doctor);
  std::string bytes = changed["statement"].get<std::string>();
  bytes[5] = bytes[5] == 'A' ? 'B' : 'A';
  changed["statement"] = bytes;
  EXPECT_EQ(pair(changed).status, 409);
  // And the honest one gets through still.
  EXPECT_EQ(pair(told(begin(), doctor)).body["state"].get<std::string>(), "confirmed");
}

/// Whoever has the server speaks with the gateway as the server does. Its public key is no secret, and a pump
/// out of its pack takes any clinic's key.
TEST_F(PairDesk, INV_10_RT_30_the_gateway_pairs_no_implant_for_another_clinic) {
  link::Key clinic_seed{}, gateways{};
  clinic_seed.fill(7);
  const json shown = card();
  BeginPairing begin_by_hand;
  ASSERT_TRUE(air::from_hex(shown["implant"].get<std::string>(), begin_by_hand.implant));
  ASSERT_TRUE(air::from_hex(shown["public_key"].get<std::string>(), begin_by_hand.public_key));
  ASSERT_TRUE(air::from_hex(shown["secret"].get<std::string>(), begin_by_hand.secret));
  ASSERT_TRUE(air::from_hex(gateway_key, gateways));
  const auto stolen = [&](const link::Key& seed) {
    const VisitAnswer met = asked(begin_by_hand);
    if (!met) return std::string{"not met: " + met.error().why};
    const auto& session = std::get<PairingBegun>(*met);
    link::Key share{};
    share.fill(3);
    const link::Pair pair = link::signed_pair(seed, begin_by_hand.implant, share, session.number);
    link::RoleCertificate pass;
    pass.issuer = link::short_id<link::Sodium>(pair.clinic);
    pass.implant = begin_by_hand.implant;
    pass.capabilities = link::kMaySpeak;
    pass.not_after = static_cast<std::uint32_t>(utc_s() + 3'600);
    const VisitAnswer done = asked(PairImplant{begin_by_hand.implant, sealed_for(gateways, pair),
                                               link::written(link::issue(seed, pass, gateways))});
    return done ? std::string{name_of(std::get<SendOutcome>(*done).delivery)} : done.error().why;
  };
  const std::string no = stolen(clinic_seed);
  EXPECT_NE(no.find("not of this gateway's own clinic"), std::string::npos) << no;
  EXPECT_EQ(pair(told(begin(), doctor)).body["state"].get<std::string>(), "confirmed")
      << "and it is free still";
}

TEST_F(PairDesk, what_is_no_card_and_no_pump_is_told_and_changes_nothing) {
  json body{{"card", card()}};
  body["card"]["secret"] = std::string(64, '0');
  const Got wrong = ask(Method::kPut, pairing_at(), body);
  EXPECT_EQ(wrong.status, 502) << wrong.body;
  EXPECT_NE(wrong.body.dump().find("another one's card"), std::string::npos) << wrong.body;
  body["card"]["secret"] = "xyz";
  EXPECT_EQ(ask(Method::kPut, pairing_at(), body).status, 422);
  EXPECT_EQ(ask(Method::kPut, pairing_at(), {{"card", "none"}}).status, 422);
  json late = told(begin(), doctor);
  late["implanted_on"] = "2194-05-02";
  EXPECT_EQ(pair(late).status, 422);
  sign_in(nurse);
  EXPECT_EQ(begin().status, 403);
}

TEST_F(ImplantDesk, what_cannot_be_is_refused_with_its_field_and_sends_nothing) {
  const Got shelf = read_pump();
  const auto preview = [&](const json& body) {
    return ask(Method::kPut, at("readings", shelf.body["reading"], "preview"), body);
  };
  for (const auto& [field, value] : std::vector<std::pair<const char*, json>>{{"catheter", "890 cm"},
                                                                              {"catheter", "89"},
                                                                              {"cut_off", "89 cm"},
                                                                              {"filled", "41 mL"},
                                                                              {"filled", "0 mL"}}) {
    const Got no = preview(with(field, value));
    EXPECT_EQ(no.status, 422) << field << value << no.body;
    EXPECT_EQ(no.body["errors"][0]["field"].get<std::string>(), std::string{"implant."} + field) << no.body;
  }
  json body = first();
  body.erase("fluid");
  EXPECT_EQ(preview(body).status, 422);
  body = first();
  body.erase("no_patient_bolus");
  EXPECT_EQ(preview(body).status, 422);
  body = first();
  body["implant"]["zone"]["offset_minutes"] = 900;
  EXPECT_EQ(preview(body).status, 422);
  EXPECT_EQ(preview(first("4000 mg/day")).status, 422);
  // What a pump that never had an order is asked to change is refused, and not a crash.
  const Got change = preview({{"dose", "5 mg/day"}});
  EXPECT_EQ(change.status, 422) << change.body;

  const Got draft = drafted(first());
  ASSERT_EQ(send(draft, "6 mg/day").status, 201);
  const Got twice = drafted(first());
  EXPECT_EQ(twice.status, 422) << twice.body;
  EXPECT_NE(twice.body.dump().find("not begun"), std::string::npos) << twice.body;
}

}  // namespace
}  // namespace theca
