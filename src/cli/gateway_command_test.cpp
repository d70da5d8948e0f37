// The gateway as a process between a signer and a virtual pump, each a process of its own: what it reads,
// hands over and settles, and what it cannot do without an assertion.
#include "cli/gateway_command.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "air/private_file.hpp"
#include "cli/process_testing.hpp"
#include "clinic/draft.hpp"
#include "clinic/folder_testing.hpp"
#include "clinic/gateway_client.hpp"
#include "clinic/passkey_json.hpp"
#include "clinic/signer_client.hpp"
#include "clinic/software_key.hpp"
#include "plan/library.hpp"
#include "signer/signer_testing.hpp"
#include "world/run_described.hpp"
#include "world/scenario.hpp"

namespace theca {
namespace {

using example::Process;
using signer::example::library;

std::pair<int, std::string> ran(const std::vector<std::string>& words) { return Process{words}.end(); }

/// A paired implant on the shelf, and a clinic whose key lies with the signer.
struct GatewayCommand : testing::Test {
  static constexpr const char* kScenario = THECA_SOURCE_DIR "/scenarios/morphine_with_patient_boluses.toml";
  records::TestFolder folder;
  const std::string keys = (folder / "link").string(), signs = (folder / "signer").string(),
                    own = (folder / "gateway").string(), pump_at = (folder / "pump").string(),
                    state = (folder / "pump.nvm").string();
  const std::filesystem::path gateway_at = folder / "g", signer_at = folder / "s";
  const PasskeySite site{"clinic.example", "https://clinic.example"};
  SoftwareKey doctor{PasskeyAlgorithm::kEs256, signer::example::filled(1)};
  std::optional<Process> pump, signing, reaching;
  link::ShortId implant{};

  void SetUp() override {
    start_pump();
    const auto paired =
        ran({"link", "pair", "--to", pump_at, "--near", "--keys", keys, "--card", state + ".card"});
    ASSERT_EQ(paired.first, kExitOk) << paired.second;
    const auto made =
        ran({"signer", "make", signs, "--site", site.id, "--origin", site.origin, "--clinic", keys});
    ASSERT_EQ(made.first, kExitOk) << made.second;
    Process enrolling{{"signer", "enrol", signs, "--serial", "10", "--name", "Ada Okafor"}};
    const auto challenge = from_base64url(enrolling.line().substr(10));
    enrolling.say(text_of(doctor.registration(site, *challenge), doctor.id()));
    ASSERT_EQ(enrolling.end().first, kExitOk);
    const auto key = ran({"gateway", "make", own});
    ASSERT_EQ(key.first, kExitOk) << key.second;
    const auto named = ran({"signer", "gateway", signs, key.second.substr(0, 64)});
    ASSERT_EQ(named.first, kExitOk) << named.second;
    take_pass();
    const auto reached = ran({"gateway", "reach", own, "--keys", keys, "--to", pump_at, "--near"});
    ASSERT_EQ(reached.first, kExitOk) << reached.second;
    ASSERT_TRUE(air::from_hex(reached.second.substr(0, 16), implant)) << reached.second;
    std::filesystem::remove(std::filesystem::path{keys} / "clinic.key");  // the signer's alone from here on
    signing.emplace(std::vector<std::string>{"signer", "serve", signs, "--socket", signer_at.string()});
    ASSERT_NE(signing->line().find("Signs for"), std::string::npos);
    start_gateway();
  }
  void start_pump() {
    pump.emplace(std::vector<std::string>{"pump", "--listen", pump_at, "--state", state, "--patient",
                                          kScenario, "--for", "600", "--json"});
    ASSERT_NE(pump->line().find("implant"), std::string::npos);
  }
  void start_gateway() {
    reaching.emplace(std::vector<std::string>{"gateway", "serve", own, "--socket", gateway_at.string()});
    ASSERT_NE(reaching->line().find("Gateway"), std::string::npos);
  }
  void take_pass() {
    const auto pass = ran({"signer", "pass", signs});
    ASSERT_EQ(pass.first, kExitOk) << pass.second;
    Process taking{{"gateway", "pass", own}};
    taking.say(pass.second.substr(0, pass.second.find('\n')));
    const auto taken = taking.end();
    ASSERT_EQ(taken.first, kExitOk) << taken.second;
  }

  VisitAnswer asked(const VisitRequest& request) const {
    const auto answer = ask_gateway(gateway_at, request);
    if (!answer) throw std::runtime_error(answer.error());
    return *answer;
  }
  Running read() const {
    const VisitAnswer answer = asked(ReadImplant{implant});
    if (!answer) throw std::runtime_error(answer.error().why);
    return *running_of(std::get<ImplantSaid>(*answer));
  }
  /// The first order, from the scenario's prescription.
  Draft drafted(const Running& running) const {
    const auto scenario = load_scenario(kScenario, library());
    if (!scenario) throw std::runtime_error("no scenario");
    const auto made = draft({.therapy = scenario->first.order,
                             .implant = implant,
                             .model = scenario->model,
                             .ceilings = scenario->ceilings,
                             .largest_rise_ppm = 200'000,
                             .patient_may_pause = false,
                             .reason = "as in the test",
                             .author = 10,
                             .issued_utc_s = utc_s(),
                             .filled = scenario->first_volume,
                             .path = scenario->path,
                             .contents = PathContents{path_contents(*scenario), scenario->path.total()},
                             .low_alarm = scenario->low_alarm},
                            running, library());
    if (!made) throw std::runtime_error(made.error().front().message);
    return *made;
  }
  static std::int64_t utc_s() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
  SignedAnswer signed_by_doctor(const link::OrderBytes& order, const Running& running) {
    SigningRequest request;
    request.order = order;
    if (running.order) request.parent = link::written(*running.order);
    request.model = running.status.model;
    request.assertions.push_back(doctor.assertion(site, link::digest_of<link::Sodium>(order)));
    const auto answer = ask_signer(signer_at, request);
    if (!answer) throw std::runtime_error(answer.error());
    if (!*answer) throw std::runtime_error(answer->error().message);
    return **answer;
  }
  SendOrder first_order() {
    const Running running = read();
    const Draft made = drafted(running);
    SendOrder send;
    send.order = link::written(made.order);
    const SignedAnswer answer = signed_by_doctor(send.order, running);
    send.signatures = answer.signatures;
    send.pass = answer.pass.value();
    send.sequence = running.status.sequence;
    send.intent = 77;
    send.filled = made.filled;
    return send;
  }
  SendOutcome sent(const SendOrder& order) const {
    const VisitAnswer answer = asked(order);
    if (!answer) throw std::runtime_error(answer.error().why);
    return std::get<SendOutcome>(*answer);
  }
};

TEST_F(GatewayCommand, INV_7_INV_10_an_order_is_read_for_signed_handed_over_and_read_back) {
  EXPECT_EQ(read().status.state, DeviceState::kShelf);
  const SendOrder order = first_order();
  const SendOutcome outcome = sent(order);
  EXPECT_EQ(outcome.delivery, link::Delivery::kConfirmed) << outcome.message;
  EXPECT_EQ(outcome.runs, order.order);
  const Running after = read();
  EXPECT_EQ(after.status.sequence, order.sequence + 1);
  EXPECT_EQ(after.status.intent, 77U);
  ASSERT_TRUE(after.order);
  EXPECT_EQ(link::written(*after.order), order.order);

  // Sent once more it is not done twice; what became of it can be asked at any time.
  EXPECT_NE(sent(order).delivery, link::Delivery::kUncertain);
  EXPECT_EQ(read().status.sequence, order.sequence + 1);
  const auto settled = asked(SettleSend{implant, order.sequence, 77});
  ASSERT_TRUE(settled);
  EXPECT_EQ(std::get<SendOutcome>(*settled).delivery, link::Delivery::kConfirmed);
  const auto never = asked(SettleSend{implant, order.sequence + 1, 78});
  ASSERT_TRUE(never);
  EXPECT_EQ(std::get<SendOutcome>(*never).delivery, link::Delivery::kFailed);

  reaching->signal(SIGTERM);
  EXPECT_EQ(reaching->end().first, kExitOk);
  EXPECT_FALSE(std::filesystem::exists(gateway_at));
}

TEST_F(GatewayCommand, RT_30_without_an_assertion_it_changes_nothing) {
  const SendOrder good = first_order();
  {  // with the pass to read, which anybody has who holds the gateway's folder
    SendOrder other = good;
    const auto pass = ran({"signer", "pass", signs});
    ASSERT_TRUE(from_base64url(pass.second.substr(0, pass.second.find('\n')), other.pass));
    const VisitAnswer answer = asked(other);
    const bool refused = !answer || std::get<SendOutcome>(*answer).delivery == link::Delivery::kFailed;
    EXPECT_TRUE(refused);
  }
  {  // with a certificate that the clinic never signed
    SendOrder other = good;
    other.pass.back() ^= 1U;
    EXPECT_FALSE(asked(other));
  }
  {  // another order under the same signatures
    SendOrder other = good;
    other.order.back() ^= 1U;
    const VisitAnswer answer = asked(other);
    EXPECT_TRUE(!answer || std::get<SendOutcome>(*answer).delivery == link::Delivery::kFailed);
  }
  {  // after another change of the implant than the one that was read
    SendOrder other = good;
    other.sequence += 1;
    EXPECT_EQ(sent(other).delivery, link::Delivery::kFailed);
  }
  EXPECT_EQ(read().status.sequence, good.sequence);
  EXPECT_EQ(sent(good).delivery, link::Delivery::kConfirmed);
}

TEST_F(GatewayCommand, INV_7_a_pump_that_is_out_of_reach_is_said_to_be) {
  const SendOrder order = first_order();
  pump->signal(SIGKILL);
  (void)pump->end();
  const VisitAnswer answer = asked(order);
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().why.find("theca pump"), std::string::npos) << answer.error().why;
  EXPECT_FALSE(asked(SettleSend{implant, order.sequence, order.intent}));
  start_pump();  // where it was
  EXPECT_EQ(sent(order).delivery, link::Delivery::kConfirmed);
}

TEST_F(GatewayCommand, says_what_is_wrong_and_makes_nothing) {
  const std::string nowhere = (folder / "nowhere").string();
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"gateway", "serve", nowhere, "--socket", "s"},
           {"gateway", "reach", nowhere, "--keys", keys, "--to", "127.0.0.1:1"}}) {
    const auto [code, said] = ran(words);
    EXPECT_EQ(code, kExitUsage);
    EXPECT_NE(said.find("there is no such folder"), std::string::npos) << said;
  }
  EXPECT_FALSE(std::filesystem::exists(nowhere));
  EXPECT_EQ(ran({"gateway", "make", own}).first, kExitUsage);  // there is one
  EXPECT_EQ(ran({"signer", "gateway", signs, "abc"}).first, kExitUsage);
  Process taking{{"gateway", "pass", own}};
  taking.say("no pass");
  EXPECT_EQ(taking.end().first, kExitUsage);
  const auto two = ran({"gateway", "serve", own, "--socket", (folder / "other").string()});
  EXPECT_EQ(two.first, kExitUsage);
  EXPECT_NE(two.second.find("already"), std::string::npos) << two.second;
  const VisitAnswer stranger = asked(ReadImplant{{9, 9, 9, 9, 9, 9, 9, 9}});
  ASSERT_FALSE(stranger);
  EXPECT_NE(stranger.error().why.find("does not know that implant"), std::string::npos);
}

}  // namespace
}  // namespace theca
