#pragma once
/// A pump, a signer and a gateway in processes of their own, paired and ready for a first order.

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "air/private_file.hpp"
#include "cli/process_testing.hpp"
#include "clinic/first_order.hpp"
#include "clinic/folder_testing.hpp"
#include "clinic/gateway_client.hpp"
#include "clinic/passkey_json.hpp"
#include "clinic/signer_client.hpp"
#include "clinic/software_key.hpp"
#include "plan/library.hpp"
#include "signer/signer_testing.hpp"
#include "world/scenario.hpp"

namespace theca::example {

inline std::pair<int, std::string> ran(const std::vector<std::string>& words) { return Process{words}.end(); }

/// A paired implant on the shelf, and a clinic whose key lies with the signer.
struct PairedClinic : testing::Test {
  static constexpr const char* kScenario = THECA_SOURCE_DIR "/scenarios/morphine_with_patient_boluses.toml";
  std::string scenario = kScenario;  // what the pump and the first order are made of
  records::TestFolder folder;
  const std::string keys = (folder / "link").string(), signs = (folder / "signer").string(),
                    own = (folder / "gateway").string(), pump_at = (folder / "pump").string(),
                    state = (folder / "pump.nvm").string();
  const std::filesystem::path gateway_at = folder / "g", signer_at = folder / "s";
  const PasskeySite site{"clinic.example", "https://clinic.example"};
  SoftwareKey doctor{PasskeyAlgorithm::kEs256, signer::example::filled(1)};
  std::optional<Process> pump, signing, reaching;
  link::ShortId implant{};
  std::string gateway_key;  // the public one, in hex

  /// By `theca link`, before the clinic begins; else it lies in its pack under the gateway's coil.
  virtual bool pump_is_paired() { return true; }
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(start_pump());
    std::vector<std::string> making{"signer", "make", signs, "--site", site.id, "--origin", site.origin};
    if (pump_is_paired()) {
      const auto paired =
          ran({"link", "pair", "--to", pump_at, "--near", "--keys", keys, "--card", state + ".card"});
      ASSERT_EQ(paired.first, kExitOk) << paired.second;
      making.insert(making.end(), {"--clinic", keys});
    }
    const auto made = ran(making);
    ASSERT_EQ(made.first, kExitOk) << made.second;
    Process enrolling{{"signer", "enrol", signs, "--serial", "10", "--name", "Ada Okafor"}};
    const auto challenge = from_base64url(enrolling.line().substr(10));
    enrolling.say(text_of(doctor.registration(site, *challenge), doctor.id()));
    ASSERT_EQ(enrolling.end().first, kExitOk);
    const auto key = ran({"gateway", "make", own});
    ASSERT_EQ(key.first, kExitOk) << key.second;
    gateway_key = key.second.substr(0, 64);
    const auto named = ran({"signer", "gateway", signs, gateway_key});
    ASSERT_EQ(named.first, kExitOk) << named.second;
    ASSERT_NO_FATAL_FAILURE(take_pass());
    if (pump_is_paired()) {
      const auto reached = ran({"gateway", "reach", own, "--keys", keys, "--to", pump_at, "--near"});
      ASSERT_EQ(reached.first, kExitOk) << reached.second;
      ASSERT_TRUE(air::from_hex(reached.second.substr(0, 16), implant)) << reached.second;
      std::filesystem::remove(std::filesystem::path{keys} / "clinic.key");  // the signer's alone from here on
    } else {
      const auto lies = ran({"gateway", "coil", own, "--to", pump_at, "--near"});
      ASSERT_EQ(lies.first, kExitOk) << lies.second;
    }
    signing.emplace(std::vector<std::string>{"signer", "serve", signs, "--socket", signer_at.string()});
    ASSERT_NE(signing->line().find("Signs for"), std::string::npos);
    start_gateway();
  }
  /// Before SetUp(): its pump's fluid is at the tip from the beginning.
  void fill_the_catheter() {
    std::ifstream in{scenario};
    std::stringstream text;
    text << in.rdbuf();
    std::string settled = text.str();
    const std::string length = "length = \"80 cm\"\n";
    settled.insert(settled.find(length) + length.size(), "contents = \"first\"\n");
    scenario = (folder / "settled.toml").string();
    std::ofstream{scenario} << settled;
  }
  /// How fast its time runs while nobody is near.
  [[nodiscard]] virtual std::string pump_speed() const { return "1"; }
  void start_pump() {
    pump.emplace(std::vector<std::string>{"pump", "--listen", pump_at, "--state", state, "--patient",
                                          scenario, "--speed", pump_speed(), "--for", "600", "--json"});
    const std::string said = pump->line();
    ASSERT_NE(said.find("implant"), std::string::npos) << said;
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
    const auto read = load_scenario(scenario, signer::example::library());
    if (!read) throw std::runtime_error("no scenario");
    auto made = theca::first_order(*read, running, implant, 10, utc_s(), "as in the test",
                                   signer::example::library());
    if (!made) throw std::runtime_error(made.error());
    return std::move(*made);
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
    if (!answer) throw std::runtime_error(answer.error().why);
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
    send.bedside.filled = made.filled;
    return send;
  }
  SendOutcome sent(const SendOrder& order) const {
    const VisitAnswer answer = asked(order);
    if (!answer) throw std::runtime_error(answer.error().why);
    return std::get<SendOutcome>(*answer);
  }
};

}  // namespace theca::example
