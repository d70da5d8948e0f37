// INV-14: what the link takes from the battery stays within its allowance, whoever sends whatever; and
// INV-13: that changes no step of the pump, and shuts out nobody who is near.
#include <gtest/gtest.h>

#include "implant/implant_testing.hpp"

namespace theca::example {
namespace {

Prescription therapy() { return continuous(1, morphine(1, 1), microlitres_per_day(288)); }

/// Ten days with a coil on the skin and junk in the air, first messages and records among it.
TEST(LinkEnergy, RT_38_INV_13_INV_14_ten_days_of_junk_cost_no_more_than_the_allowance_and_no_step) {
  Practice practice;
  practice.implant(therapy());
  Practice alone{practice, 7}, loud{practice, 7};
  loud.bench.near(true);
  std::vector<std::uint8_t> junk(link::kMostFrame);
  constexpr int kDays = 10, kADay = 2'000;
  for (int i = 0; i < kDays * kADay; ++i) {
    const link::Key noise = loud.clinic.random.next();
    for (std::size_t at = 0; at < junk.size(); ++at) junk[at] = noise[at % noise.size()];
    const auto type = i % 3 == 0 ? link::FrameType::kToImplant : link::FrameType::kFirst;
    loud.bench.transmit(link::Frame{type, link::Bytes{junk}.first(180)}.bytes());
    loud.bench.pass(seconds(86'400 / kADay));
  }
  alone.bench.pass(loud.bench.now() - alone.bench.now());
  const Charge allowance = link::link_allowance(kRoller.battery.capacity);
  EXPECT_LE(loud.bench.implant().ledger().spent(), allowance * kDays);
  EXPECT_GT(loud.bench.implant().ledger().harvested(), allowance) << "the coil's field has paid the rest";
  EXPECT_EQ(loud.bench.stored().status().steps_commanded, alone.bench.stored().status().steps_commanded);
  // With an empty ledger a physician gets in as before.
  const Instant from = loud.bench.now();
  loud.clinic.ahead_s = kDays * 86'400;
  loud.physician = loud.clinic.speaker(Role::kPhysician);
  EXPECT_NE(loud.as(loud.physician), nullptr);
  EXPECT_LE(loud.bench.now() - from, seconds(60));
}

/// The last seconds of a session without the field are the battery's, or nobody's.
TEST(LinkEnergy, INV_14_without_field_and_allowance_nothing_is_heard) {
  for (const bool saved : {true, false}) {
    Practice practice;
    practice.implant(therapy());
    practice.bench.reboot();
    if (saved) practice.bench.pass(hours(12));
    auto talk = practice.as(practice.physician);
    ASSERT_NE(talk, nullptr);
    practice.bench.near(false);
    EXPECT_EQ(talk->ask(link::ReadStatus{}).has_value(), saved);
  }
}

}  // namespace
}  // namespace theca::example
