// The gateway as a process between a signer and a virtual pump, each a process of its own: what it reads,
// hands over and settles, and what it cannot do without an assertion.
#include "cli/gateway_command.hpp"

#include "cli/paired_clinic_testing.hpp"
#include "clinic/adjusting.hpp"

namespace theca {
namespace {

using example::Process;
using example::ran;

struct GatewayCommand : example::PairedClinic {};

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
  const SendOutcome again = sent(order);
  EXPECT_EQ(again.delivery, link::Delivery::kConfirmed) << again.message;
  EXPECT_EQ(again.runs, order.order);
  EXPECT_EQ(read().status.sequence, order.sequence + 1);
  const link::Hash digest = link::digest_of<link::Sodium>(order.order);
  const auto settled = asked(SettleSend{implant, digest, order.sequence, 77});
  ASSERT_TRUE(settled);
  EXPECT_EQ(std::get<SendOutcome>(*settled).delivery, link::Delivery::kConfirmed);
  const auto never = asked(SettleSend{implant, link::Hash{}, order.sequence + 1, 78});
  ASSERT_TRUE(never);
  EXPECT_EQ(std::get<SendOutcome>(*never).delivery, link::Delivery::kFailed);

  // Another change behind it hides neither that it was taken nor that another order was not.
  const auto paused = asked(SettleSend{implant, digest, order.sequence - 1, 1});
  ASSERT_TRUE(paused);
  EXPECT_EQ(std::get<SendOutcome>(*paused).delivery, link::Delivery::kConfirmed);
  link::Hash other = digest;
  other[0] ^= 1U;
  const auto not_it = asked(SettleSend{implant, other, order.sequence, 77});
  ASSERT_TRUE(not_it);
  EXPECT_EQ(std::get<SendOutcome>(*not_it).delivery, link::Delivery::kFailed);

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
  {  // with a fill, for which this kind has no room: no such order yet, so a kind that fills and one that
     // does not
    SendOrder other = good;
    auto order = *link::read<link::Order>(good.order);
    order.kind = link::OrderKind::kPrescribe;
    other.order = link::written(order);
    const VisitAnswer answer = asked(other);
    ASSERT_FALSE(answer);
    EXPECT_NE(answer.error().why.find("no fill"), std::string::npos) << answer.error().why;
  }
  {  // after another change of the implant than the one that was read
    SendOrder other = good;
    other.sequence += 1;
    EXPECT_NE(sent(other).delivery, link::Delivery::kConfirmed);
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
  EXPECT_FALSE(asked(SettleSend{implant, {}, order.sequence, order.intent}));
  start_pump();  // where it was
  EXPECT_EQ(sent(order).delivery, link::Delivery::kConfirmed);
}

/// Killed at any moment of a hand-over: what became of it is told afterwards, and is what the implant runs.
TEST_F(GatewayCommand, INV_7_INV_16_killed_while_it_hands_over_it_tells_afterwards_what_became_of_it) {
  ASSERT_EQ(sent(first_order()).delivery, link::Delivery::kConfirmed);
  const auto model = pump_model(*signer::example::library().find_pump(read().status.model));
  ASSERT_TRUE(model);
  int taken = 0;
  std::uint32_t number = 0;
  constexpr int kKills = 12;
  for (int round = 0; round < kKills; ++round) {
    SCOPED_TRACE(round);
    const Running running = read();
    const auto made = adjust({.change = {.basal = AdjustedBasal{BasalMode::kSimpleContinuous,
                                                                micrograms_per_day(5'900 - 20 * round),
                                                                {}},
                                         .schedule = {},
                                         .patient = {}},
                              .implant = implant,
                              .model = *model,
                              .reason = "as in the test",
                              .author = 10,
                              .issued_utc_s = utc_s(),
                              .signed_up_to = number},
                             running, signer::example::library());
    ASSERT_TRUE(made) << made.error().front().message;
    number = made->order.number;
    SendOrder send;
    send.order = link::written(made->order);
    const SignedAnswer answer = signed_by_doctor(send.order, running);
    send.signatures = answer.signatures;
    send.pass = answer.pass.value();
    send.sequence = running.status.sequence;
    send.intent = static_cast<std::uint32_t>(100 + round);
    {
      std::jthread client{[&] { (void)ask_gateway(gateway_at, send, seconds(10)); }};
      std::this_thread::sleep_for(std::chrono::milliseconds{2 * round});
      reaching->signal(SIGKILL);
      (void)reaching->end();
    }
    ASSERT_NO_FATAL_FAILURE(start_gateway());
    const link::Hash digest = link::digest_of<link::Sodium>(send.order);
    const VisitAnswer settled = asked(SettleSend{implant, digest, send.sequence, send.intent});
    ASSERT_TRUE(settled) << settled.error().why;
    const link::Delivery delivery = std::get<SendOutcome>(*settled).delivery;
    EXPECT_EQ(delivery == link::Delivery::kConfirmed, read().status.order == digest);
    EXPECT_NE(delivery, link::Delivery::kUncertain);
    if (delivery == link::Delivery::kConfirmed) ++taken;
  }
  std::printf("killed while handing over: %d of %d were taken\n", taken, kKills);
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
  EXPECT_EQ(ran({"gateway", "reach", own, "--keys", nowhere, "--to", pump_at}).first, kExitUsage);
  EXPECT_EQ(
      ran({"signer", "make", nowhere + "2", "--site", site.id, "--origin", site.origin, "--clinic", nowhere})
          .first,
      kExitUsage);
  EXPECT_FALSE(std::filesystem::exists(nowhere) || std::filesystem::exists(nowhere + "2"));
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
