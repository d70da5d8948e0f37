// The patient's programmer against a virtual pump in a process of its own, over the link, with an air between
// them that can take answers away; at the end the pump's own journal tells what it gave.
#include "handheld/handheld.hpp"

#include <chrono>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "cli/handheld_command.hpp"
#include "cli/paired_clinic_testing.hpp"
#include "cli/relay_testing.hpp"
#include "handheld/site.hpp"

namespace theca {
namespace {

using namespace std::chrono_literals;
using handheld::AskState;
using handheld::AskTaken;
using handheld::Contact;
using handheld::DeedKind;
using handheld::DeedState;
using handheld::Handheld;
using handheld::Known;
using nlohmann::json;

constexpr const char* kCard =
    R"({"patient": "Zoe Quist", "birth_date": "1956-03-09", "clinic": "Clinic of the hill", "phone": "1", )"
    R"("emergency_phone": "2", "pump": "roller-40", "serial": "S", "refill_appointment": "", )"
    R"("written": "2026-03-02", "drugs": [{"code": 1, "name": "morphine"}]})";

struct HandheldTest : example::PairedClinic {
  const std::string hand = (folder / "handheld").string(), air_at = (folder / "air").string();
  std::optional<example::Relay> relay;
  std::optional<PrivateFolder> files;
  std::unique_ptr<Handheld> handheld;
  std::jthread worker;
  int wishes = 0;

  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(PairedClinic::SetUp());
    SendOrder first = first_order();
    ASSERT_EQ(sent(first).delivery, link::Delivery::kConfirmed);
    relay.emplace(air_at, pump_at);
    const auto key = example::ran({"handheld", "make", hand});
    ASSERT_EQ(key.first, kExitOk) << key.second;
    const auto certificate = example::ran(
        {"signer", "handheld", signs, "--implant", air::to_hex(implant), "--key", key.second.substr(0, 64)});
    ASSERT_EQ(certificate.first, kExitOk) << certificate.second;
    example::Process pairing{{"handheld", "pair", hand, "--keys", keys, "--to", air_at, "--near"}};
    pairing.say(certificate.second.substr(0, certificate.second.find('\n')));
    const auto paired = pairing.end();
    ASSERT_EQ(paired.first, kExitOk) << paired.second;
    auto opened = PrivateFolder::open(hand);
    ASSERT_TRUE(opened);
    files.emplace(std::move(*opened));
    const auto card = handheld::parse_card(kCard);
    ASSERT_TRUE(card) << card.error();
    ASSERT_TRUE(handheld::keep_card(*files, *card));
    start();
  }
  void start() {
    auto opened = Handheld::open(*files, {.utc_ms = [] {
      const auto now = std::chrono::system_clock::now().time_since_epoch();
      return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    }});
    ASSERT_TRUE(opened) << opened.error();
    handheld = std::move(*opened);
    worker = std::jthread{[this](const std::stop_token& stop) { handheld->work(stop); }};
  }
  void end() {
    worker = {};
    handheld.reset();
  }
  void TearDown() override { end(); }

  std::string wish() { return "wish-of-the-test-" + std::to_string(++wishes); }
  /// Until it holds, or half a minute; what was known then.
  Known until(const std::function<bool(const Known&)>& holds) {
    const auto over = std::chrono::steady_clock::now() + 30s;
    Known known = handheld->known();
    while (!holds(known) && std::chrono::steady_clock::now() < over) {
      std::this_thread::sleep_for(10ms);
      known = handheld->known();
    }
    EXPECT_TRUE(holds(known)) << "it did not come about";
    return known;
  }
  AskState ask() {
    const std::string intent = wish();
    EXPECT_EQ(handheld->ask(intent), AskTaken::kTaken);
    return until([&](const Known& known) { return known.ask->intent == intent && known.ask->settled(); })
        .ask->state;
  }
  DeedState deed(DeedKind kind) {
    EXPECT_TRUE(handheld->begin(kind));
    return until([&](const Known& known) {
             return known.deed->state != DeedState::kDoing && known.deed->state != DeedState::kUnknown;
           })
        .deed->state;
  }
  /// How often this stands in the pump's own journal, with this for a detail; the gateway ends for it.
  std::vector<json> journal() {
    end();
    if (reaching) {
      reaching->signal(SIGTERM);
      (void)reaching->end();
      reaching.reset();
    }
    const std::string out = (folder / "journal.jsonl").string();
    pump->drain();  // what it says of every session would fill its pipe, and then it waits
    const auto read =
        example::ran({"gateway", "journal", own, "--implant", air::to_hex(implant), "--out", out});
    EXPECT_EQ(read.first, kExitOk) << read.second;
    std::vector<json> entries;
    std::ifstream in{out};
    for (std::string line; std::getline(in, line);) entries.push_back(json::parse(line));
    return entries;
  }
  static int count(const std::vector<json>& entries, const std::string& event) {
    return static_cast<int>(std::ranges::count_if(
        entries, [&](const json& one) { return one.value("event", std::string{}) == event; }));
  }
};

TEST_F(HandheldTest, INV_7_a_wish_is_given_once_and_stop_ends_it) {
  const Known first = until([](const Known& known) { return known.seen.has_value(); });
  EXPECT_EQ(first.contact, Contact::kInReach);
  EXPECT_EQ(first.seen->own.state, DeviceState::kDelivering);
  EXPECT_EQ(first.seen->therapy.fluid.components[0].drug, DrugCode{1});
  EXPECT_EQ(deed(DeedKind::kEndDose), DeedState::kRefused) << "nothing is being given";
  EXPECT_EQ(handheld->known().deed->refusal, row_of(Refusal::kNoBolusRunning).name);

  const std::string intent = wish();
  EXPECT_EQ(handheld->ask(intent), AskTaken::kTaken);
  EXPECT_EQ(handheld->ask(intent), AskTaken::kTaken) << "a double press";
  EXPECT_EQ(handheld->ask(wish()), AskTaken::kBusy) << "a second page";
  const Known granted = until([](const Known& known) { return known.ask->settled(); });
  EXPECT_EQ(granted.ask->state, AskState::kGranted);
  EXPECT_EQ(handheld->ask(intent), AskTaken::kTaken) << "the same wish, late";
  EXPECT_EQ(ask(), AskState::kRefused);
  EXPECT_EQ(handheld->known().ask->refusal, Refusal::kOtherBolusRunning);
  EXPECT_EQ(deed(DeedKind::kEndDose), DeedState::kDone);
  const Known stopped =
      until([](const Known& known) { return known.seen->own.bolus_ends <= known.seen->own.now; });
  EXPECT_EQ(stopped.seen->own.state, DeviceState::kDelivering);
  EXPECT_GT(stopped.seen->own.flow.raw(), 0);
  EXPECT_LT(stopped.seen->own.patients_bolus_given, stopped.seen->own.patients_bolus);
  EXPECT_EQ(ask(), AskState::kRefused);
  EXPECT_EQ(handheld->known().ask->refusal, Refusal::kLockout);
  EXPECT_GT(handheld->known().ask->next_utc_ms, handheld->known().now_utc_ms);
  EXPECT_EQ(deed(DeedKind::kPause), DeedState::kRefused) << "the prescription does not allow it";
  const auto entries = journal();
  EXPECT_EQ(count(entries, "bolus granted"), 1);
  EXPECT_EQ(count(entries, "bolus cut"), 1);
  EXPECT_EQ(count(entries, "stopped"), 0);
}

/// The pump's answers end after each of its frames in turn: opening, ready, what it says, and the dose.
TEST_F(HandheldTest, INV_7_an_answer_that_is_lost_is_settled_and_no_dose_is_given_twice) {
  until([](const Known& known) { return known.seen.has_value(); });
  int granted = 0;
  for (int frames = 0; frames <= 5; ++frames) {
    SCOPED_TRACE(frames);
    relay->cut_after(frames);
    const AskState became = ask();
    granted += became == AskState::kGranted ? 1 : 0;
    EXPECT_TRUE(became == AskState::kGranted || became == AskState::kRefused ||
                became == AskState::kNotGiven);
    relay->cut_after(example::Relay::kNever);
    handheld->look();
    until([](const Known& known) { return known.contact == Contact::kInReach && !known.looking; });
  }
  EXPECT_EQ(granted, 1);
  EXPECT_EQ(count(journal(), "bolus granted"), 1);
}

TEST_F(HandheldTest, INV_7_a_start_anew_finds_out_what_became_of_a_wish) {
  until([](const Known& known) { return known.seen.has_value(); });
  ASSERT_EQ(ask(), AskState::kGranted);
  end();
  // As the disk stands when the process is killed between the words to the pump and its answer.
  const auto left = [&](std::uint32_t request) {
    handheld::Ask before{.intent = wish(), .state = AskState::kAsking, .request = request};
    ASSERT_TRUE(handheld::keep_ask(*files, before));
    start();
    EXPECT_EQ(handheld->known().ask->state, request == 0 ? AskState::kNotGiven : AskState::kUnknown);
    EXPECT_EQ(handheld->ask(wish()), request == 0 ? AskTaken::kTaken : AskTaken::kBusy);
  };
  left(1);  // the one that the pump has granted
  EXPECT_EQ(until([](const Known& known) { return known.ask->settled(); }).ask->state, AskState::kGranted);
  end();
  left(2);  // one that never came
  EXPECT_EQ(until([](const Known& known) { return known.ask->settled(); }).ask->state, AskState::kNotGiven);
  end();
  left(0);  // the pump was not even reached
  EXPECT_EQ(count(journal(), "bolus granted"), 1);
}

TEST_F(HandheldTest, INV_7_a_wish_that_was_given_up_asks_for_nothing) {
  const std::string late = wish();
  EXPECT_FALSE(handheld->settle(late));
  EXPECT_EQ(handheld->ask(late), AskTaken::kVoid);
  EXPECT_FALSE(handheld->known().ask);
  EXPECT_EQ(ask(), AskState::kGranted);
  EXPECT_TRUE(handheld->settle("wish-of-the-test-2"));
  EXPECT_EQ(count(journal(), "bolus granted"), 1);
}

TEST_F(HandheldTest, without_a_pump_in_reach_it_says_so_and_what_it_knows_grows_old) {
  until([](const Known& known) { return known.seen.has_value(); });
  pump->signal(SIGKILL);
  (void)pump->end();
  EXPECT_EQ(ask(), AskState::kNotGiven);
  const Known away =
      until([](const Known& known) { return known.contact == Contact::kNotInReach && !known.looking; });
  ASSERT_TRUE(away.seen);
  std::this_thread::sleep_for(50ms);
  EXPECT_GE(handheld->known().age_ms, away.age_ms + 50);
  EXPECT_EQ(deed(DeedKind::kEndDose), DeedState::kNotDone);
  end();
  start();
  const Known later = handheld->known();  // what it knew stands on the disk
  EXPECT_EQ(later.seen->own.now, away.seen->own.now);
  EXPECT_GE(later.age_ms, 50);
  ASSERT_NO_FATAL_FAILURE(start_pump());
  until([](const Known& known) { return known.contact == Contact::kInReach; });
  EXPECT_EQ(count(journal(), "bolus granted"), 0);
}

TEST_F(HandheldTest, somebody_who_speaks_with_the_pump_is_not_disturbed) {
  until([](const Known& known) { return known.seen.has_value() && !known.looking; });
  std::atomic<bool> over = false;
  std::atomic<int> failed = 0;
  std::jthread clinic{[&] {
    for (int visit = 0; visit < 100; ++visit) failed += asked(ReadImplant{implant}) ? 0 : 1;
    over = true;
  }};
  bool busy = false;
  while (!over) {
    handheld->look();
    std::this_thread::sleep_for(20ms);
    busy = busy || handheld->known().contact == Contact::kBusy;
  }
  EXPECT_TRUE(busy);
  EXPECT_EQ(failed, 0);
  handheld->look();
  until([](const Known& known) { return known.contact == Contact::kInReach; });
}

TEST_F(HandheldTest, INV_7_no_dose_begins_behind_stop) {
  until([](const Known& known) { return known.seen.has_value() && !known.looking; });
  std::atomic<bool> over = false;
  std::jthread clinic{[&] {  // the air is taken, so that the wish waits
    while (!over) {
      (void)asked(ReadImplant{implant});
      pump->drain();
    }
  }};
  std::this_thread::sleep_for(100ms);
  ASSERT_EQ(handheld->ask(wish()), AskTaken::kTaken);
  EXPECT_TRUE(handheld->begin(DeedKind::kEndDose));
  over = true;
  const Known known = until([](const Known& now) {
    return now.ask->settled() && now.deed->state != DeedState::kDoing && !now.looking;
  });
  EXPECT_EQ(known.ask->state, AskState::kNotGiven);
  clinic = {};
  std::this_thread::sleep_for(500ms);
  EXPECT_EQ(count(journal(), "bolus granted"), 0);
}

struct PagesTest : HandheldTest {
  http::Front front{http::OwnOrigins{{"http://localhost:8081", "http://other:8081"}},
                    http::Assets{{{"/index.html", "text/html", "page", "", ""}}}};
  std::string key;
  std::optional<handheld::Site> site;

  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(HandheldTest::SetUp());
    key = handheld::page_key(*files).value();
    site.emplace(*handheld, front, key);
  }
  http::Response ask(http::Method method, const std::string& path, const std::string& body = "",
                     const std::string& origin = "http://localhost:8081", const std::string& bearer = "") {
    http::Request request;
    request.method = method;
    request.target.path = path;
    request.body = body;
    request.headers = {{"host", "localhost:8081"},
                       {"authorization", "Bearer " + (bearer.empty() ? key : bearer)}};
    if (!body.empty()) request.headers.push_back({"content-type", "application/json"});
    if (!origin.empty()) request.headers.push_back({"origin", origin});
    http::Response response = site->answer(request);
    for (const http::Header& header : response.headers) EXPECT_NE(header.name, "Set-Cookie") << path;
    return response;
  }
};

TEST_F(PagesTest, whoever_has_not_the_key_is_told_nothing_and_does_nothing) {
  using enum http::Method;
  EXPECT_EQ(ask(kGet, "/").status, 200) << "the page itself holds nothing";
  for (const char* path : {"/api/pump", "/api/card", "/api/diary", "/api/nothing"})
    EXPECT_EQ(ask(kGet, path, "", "", "x").status, 401) << path;
  std::string other = key;
  other.back() = other.back() == 'A' ? 'B' : 'A';
  for (const char* path : {"/api/doses", "/api/dose-ends", "/api/pauses", "/api/resumptions", "/api/diary"}) {
    EXPECT_EQ(ask(kPost, path, "{}", "http://localhost:8081", other).status, 401) << path;
    EXPECT_EQ(ask(kPost, path, "{}", "http://localhost:8080").status, 403)
        << path << ", from the clinic's page";
    EXPECT_EQ(ask(kPost, path, "{}", "https://evil.example").status, 403) << path;
  }
  EXPECT_FALSE(handheld->known().ask);
  EXPECT_FALSE(handheld->known().deed);
}

TEST_F(PagesTest, whoever_comes_by_another_name_is_sent_to_the_first) {
  http::Request request;
  request.target.path = "/index.html";
  request.headers = {{"host", "other:8081"}, {"cookie", "theca=of-somebody-else"}};
  const http::Response response = site->answer(request);
  EXPECT_EQ(response.status, 307);
  ASSERT_EQ(response.headers.size(), 1U);
  EXPECT_EQ(response.headers[0].value, "http://localhost:8081/index.html");
  request.headers[0].value = "evil.example";
  EXPECT_EQ(site->answer(request).status, 421);
}

TEST_F(PagesTest, what_is_not_as_told_is_refused_with_its_field) {
  using enum http::Method;
  EXPECT_EQ(ask(kPost, "/api/doses", R"({"intent":"short"})").status, 400);
  EXPECT_NE(ask(kPost, "/api/doses", R"({"intent":"short"})").body.find("intent"), std::string::npos);
  EXPECT_EQ(ask(kPost, "/api/doses", R"({"intent":"wish-of-the-test-1","volume_nl":1})").status, 400);
  EXPECT_EQ(ask(kPost, "/api/doses", "{").status, 400);
  EXPECT_EQ(ask(kPost, "/api/doses").status, 415);
  EXPECT_EQ(ask(kGet, "/api/doses").status, 405);
  EXPECT_EQ(ask(kGet, "/api/prescription").status, 404);
  EXPECT_EQ(ask(kPost, "/api/transfer-refusals", R"({"number":0})").status, 400);
  EXPECT_FALSE(handheld->known().ask);
}

TEST_F(PagesTest, the_diary_is_written_once_and_read_back) {
  using enum http::Method;
  EXPECT_EQ(ask(kPost, "/api/diary", R"({"intent":"entry-of-the-test-1"})").status, 400) << "it says nothing";
  EXPECT_EQ(ask(kPost, "/api/diary", R"({"intent":"entry-of-the-test-1","pain":11})").status, 400);
  const std::string entry =
      R"({"intent":"entry-of-the-test-1","request":1,"pain":3,"effects":["itching"],"note":"better \u2713"})";
  EXPECT_EQ(ask(kPost, "/api/diary", entry).status, 201);
  EXPECT_EQ(ask(kPost, "/api/diary", entry).status, 201);
  EXPECT_EQ(ask(kPost, "/api/diary", R"({"intent":"entry-of-the-test-2","pain":0})").status, 201);
  end();
  start();
  site.emplace(*handheld, front, key);
  const json diary = json::parse(ask(kGet, "/api/diary").body)["entries"];
  ASSERT_EQ(diary.size(), 2U);
  EXPECT_EQ(diary[0]["pain"].get<int>(), 0);
  EXPECT_EQ(diary[1]["note"].get<std::string>(), "better \u2713");
  EXPECT_EQ(diary[1]["effects"][0].get<std::string>(), "itching");
}

TEST_F(PagesTest, the_pump_is_told_in_the_words_of_its_tables) {
  using enum http::Method;
  until([](const Known& known) { return known.seen.has_value(); });
  const json told = json::parse(ask(kGet, "/api/pump").body);
  EXPECT_EQ(told["reach"].get<std::string>(), "in reach");
  EXPECT_EQ(told["seen"]["state"].get<std::string>(), "delivering");
  EXPECT_EQ(told["seen"]["drugs"][0]["per_day"].get<std::string>(), "6 mg/day");
  EXPECT_EQ(told["seen"]["dose"]["words"].get<std::string>(), "500 mcg morphine");
  EXPECT_EQ(told["seen"]["dose"]["allotted"].get<int>(), 4);
  EXPECT_TRUE(told["seen"]["giving"].is_null());
  EXPECT_EQ(json::parse(ask(kGet, "/api/card").body)["patient"].get<std::string>(), "Zoe Quist");
  EXPECT_EQ(ask(kPost, "/api/looks", "{}").status, 202);
}

using HandheldCommand = example::PairedClinic;
TEST_F(HandheldCommand, says_what_is_wrong_with_what_it_is_given) {
  const std::string hand = (folder / "handheld").string();
  const auto says = [&](const std::vector<std::string>& words, const std::string& input, const char* what) {
    example::Process process{words};
    process.say(input);
    const auto [code, text] = process.end();
    EXPECT_EQ(code, kExitUsage) << text;
    EXPECT_NE(text.find(what), std::string::npos) << text;
  };
  says({"handheld", "card", hand}, "{}", "theca handheld make");
  ASSERT_EQ(example::ran({"handheld", "make", hand}).first, kExitOk);
  says({"handheld", "make", hand}, "", "is there already");
  says({"handheld", "card", hand}, "{}", "patient: missing");
  says({"handheld", "serve", hand, "--pages", "."}, "", "theca handheld pair");
  says({"handheld", "serve", hand, "--pages", ".", "--listen", "0.0.0.0:8081"}, "", "0.0.0.0:8081");
  const auto pass = example::ran({"signer", "pass", signs});  // of the gateway: no patient's
  says({"handheld", "pair", hand, "--keys", keys, "--to", pump_at, "--near"},
       pass.second.substr(0, pass.second.find('\n')), "no certificate of a patient's programmer");
  says({"handheld", "pair", hand, "--keys", keys, "--to", pump_at, "--near"}, "x", "no certificate came");
  says({"signer", "handheld", signs, "--implant", "12", "--key", "34"}, "", "64 hexadecimal digits");
}

}  // namespace
}  // namespace theca
