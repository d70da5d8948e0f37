// An update of the firmware over the link, in an implant that delivers: who may bring it, what the journal
// says of it, and that the therapy does not notice (INV-13), wherever power goes (INV-6).
#include <gtest/gtest.h>

#include <cstdlib>

#include "implant/firmware_testing.hpp"

namespace theca::example {
namespace {

using enum LinkAnswer;
using link::Program;

const Firmware kSmall = firmware(0x010203, 3, 300), kTwoPages = firmware(0x010204, 4, 5'000);

Prescription therapy() {
  Prescription p = continuous(1, morphine(1, 1), microlitres_per_day(288));
  p.patient = quarter_millilitre_a_day();
  return p;
}

/// Offers it and sends what is missing; the last answer, or silence.
std::optional<LinkAnswer> send(
    Talk& talk, const Firmware& f, const std::function<void()>& after_each = [] {}) {
  auto said = talk.tell(link::OfferFirmware{f.head});
  while (said && said->answer == kDone && said->index < f.blocks()) {
    said = talk.tell(f.block(said->index));
    after_each();
  }
  if (!said) return std::nullopt;
  return said->answer;
}
/// From wherever it is, by physician and service, to its trial; false when power went on the way.
bool try_it(Practice& practice, const Firmware& f) {
  auto physician = practice.as(practice.physician);
  if (!physician) return false;
  const auto authorised = physician->tell(link::AuthoriseFirmware{f.digest()});
  if (!authorised || authorised->answer != kDone) return false;
  auto service = practice.as(practice.service);
  if (!service || send(*service, f) != kDone) return false;
  const auto tried = service->tell(link::TryFirmware{f.digest()});
  return tried && tried->answer == kDone;
}
link::FirmwareReply status(Practice& practice) {
  auto talk = practice.as(practice.service);
  if (!talk) throw std::runtime_error("no session");
  const auto reply = talk->ask(link::ReadFirmware{});
  if (!reply || !*reply) throw std::runtime_error("no status");
  return **reply;
}

TEST(UpdateLink, RT_24_RT_27_service_brings_what_a_physician_has_authorised_and_the_journal_says_all_of_it) {
  Practice practice;
  practice.implant(therapy());
  ASSERT_TRUE(try_it(practice, kSmall));
  EXPECT_TRUE(practice.bench.implant().restart_wanted());
  EXPECT_EQ(status(practice).stage, FirmwareStage::kTrial);
  EXPECT_EQ(status(practice).runs, Program::kMade);
  practice.bench.reboot();
  EXPECT_EQ(practice.bench.running(), Program::kSlotA);
  EXPECT_FALSE(practice.bench.implant().restart_wanted());
  practice.bench.self_tested(true);
  practice.bench.reboot();
  const link::FirmwareReply after = status(practice);
  EXPECT_EQ(after.stage, FirmwareStage::kConfirmed);
  EXPECT_EQ(after.runs, Program::kSlotA);
  EXPECT_EQ(after.counter, 3);
  EXPECT_EQ(after.authorised_for, Duration{});

  std::vector<Event> told;
  for (const Event& event : practice.bench.journal())
    if (event.code == EventCode::kFirmware) told.push_back(event);
  ASSERT_EQ(told.size(), 5U);
  const auto serial = [](const Person& who) {
    return std::int64_t{link::read<link::RoleCertificate>(who.certificate)->serial};
  };
  const std::int64_t physician = serial(practice.physician), service = serial(practice.service);
  const std::array<std::int64_t, 5> by{physician, service, service, service, 0};
  for (std::size_t i = 0; i < told.size(); ++i) {
    EXPECT_EQ(told[i].detail, i + 1);  // authorised, received, verified, on trial, confirmed
    EXPECT_EQ(told[i].value, by[i]);
    EXPECT_EQ(told[i].value2, i == 0 ? 0 : 0x010203);
  }
  EXPECT_EQ(practice.bench.stored().sequence(), 1U) << "no change of the therapy";
}

TEST(UpdateLink, INV_10_nobody_brings_what_no_physician_has_authorised) {
  Practice practice;
  practice.implant(therapy());
  const auto says = [&](const Person& who, const auto& message) {
    auto talk = practice.as(who);
    return practice.told(*talk, message).answer;
  };
  const link::AuthoriseFirmware authorise{kSmall.digest()};
  const link::OfferFirmware offer{kSmall.head};
  for (const Person* who : {&practice.nurse, &practice.patient, &practice.service})
    EXPECT_EQ(says(*who, authorise), kNotThisRole);
  for (const Person* who : {&practice.nurse, &practice.patient}) {
    EXPECT_EQ(says(*who, offer), kNotThisRole);
    EXPECT_EQ(says(*who, kSmall.block(0)), kNotThisRole);
    EXPECT_EQ(says(*who, link::TryFirmware{kSmall.digest()}), kNotThisRole);
  }
  for (const Person* who : {&practice.service, &practice.physician}) {
    EXPECT_EQ(says(*who, offer), kNotAuthorised);
    EXPECT_EQ(says(*who, kSmall.block(0)), kNotAuthorised);
    EXPECT_EQ(says(*who, link::TryFirmware{kSmall.digest()}), kNotAuthorised);
  }
  const Person reader = practice.clinic.speaker(Role::kPhysician, true);
  EXPECT_EQ(says(reader, authorise), kNotThisRole) << "a certificate that names no implant only reads";
  EXPECT_EQ(says(practice.physician, authorise), kDone);
  practice.bench.pass(kAuthorisationLasts + seconds(1));
  EXPECT_EQ(says(practice.service, offer), kNotAuthorised);
}

// INV-13: with and without an update beside it the pump makes the same steps; over the restart no more is
// missing than the bound allows.
TEST(UpdateLink, INV_13_a_transfer_changes_no_step_and_the_restart_none_beyond_its_bound) {
  Practice prepared;
  prepared.implant(therapy());
  prepared.bench.pass(hours(3));
  Practice with{prepared, 7}, without{prepared, 7};
  const PrescriptionBytes before = encode(with.bench.pump().prescription());
  const auto both_pass = [&](Duration time) {
    with.bench.pass(time);
    without.bench.pass(time);
  };
  auto physician = with.as(with.physician);
  ASSERT_EQ(with.told(*physician, link::AuthoriseFirmware{kTwoPages.digest()}).answer, kDone);
  auto service = with.as(with.service);
  int blocks = 0;
  EXPECT_EQ(send(*service, kTwoPages,
                 [&] {
                   ++blocks;
                   both_pass(seconds(4));
                   EXPECT_EQ(with.bench.steps(), without.bench.steps()) << blocks;
                 }),
            kDone);
  EXPECT_EQ(blocks, kTwoPages.blocks());
  EXPECT_EQ(with.told(*service, link::TryFirmware{kTwoPages.digest()}).answer, kDone);
  EXPECT_EQ(encode(with.bench.pump().prescription()), before);
  // Switched off for as long as it may take.
  const Instant off = with.bench.now();
  with.bench.reboot(true, kLongestRestart);
  EXPECT_EQ(with.bench.now(), off + kLongestRestart);
  without.bench.pass(kLongestRestart);
  with.bench.self_tested(true);
  both_pass(hours(2));
  const std::int64_t missing = without.bench.steps() - with.bench.steps();
  const std::int64_t per_hour = without.bench.steps() / 5;  // after five hours of one rate
  EXPECT_GE(missing, 0) << "nothing is caught up";
  EXPECT_LE(missing, 1 + per_hour * kLongestRestart.raw() / hours(1).raw() + 1);
  EXPECT_EQ(with.bench.running(), Program::kSlotA);
  EXPECT_EQ(encode(with.bench.pump().prescription()), before);
  EXPECT_EQ(with.bench.stored().order(), without.bench.stored().order());
  EXPECT_EQ(with.bench.implant().state(), DeviceState::kDelivering);
}

TEST(UpdateLink, a_program_on_trial_that_says_nothing_asks_for_a_restart_and_is_gone_after_it) {
  Practice practice;
  practice.implant(therapy());
  ASSERT_TRUE(try_it(practice, kSmall));
  practice.bench.reboot();
  EXPECT_EQ(practice.bench.running(), Program::kSlotA);
  practice.bench.pass(kTrialLasts + seconds(1));
  EXPECT_TRUE(practice.bench.implant().restart_wanted());
  practice.bench.reboot();
  EXPECT_EQ(practice.bench.running(), Program::kMade);
  EXPECT_EQ(practice.bench.implant().state(), DeviceState::kDelivering);
  EXPECT_EQ(status(practice).stage, FirmwareStage::kReverted);
}

// The record of an update holds a hash of the prescription: it goes with all else that tells of the patient,
// wherever power goes meanwhile.
TEST(UpdateLink, INV_6_INV_12_erased_secrets_leave_no_trace_of_the_therapy_in_the_record) {
  Practice prepared;
  prepared.implant(therapy());
  ASSERT_TRUE(try_it(prepared, kSmall));
  const PrescriptionBytes bytes = encode(prepared.bench.pump().prescription());
  const std::array<link::Bytes, 1> parts{link::Bytes{bytes}};
  const link::Hash hash = Sodium::sha256(parts);
  const auto traces = [&](Practice& practice) {
    int found = 0;
    for (std::uint32_t page = 0; page < 4; ++page) {
      std::vector<std::uint8_t> stands;
      for (std::uint32_t i = 0; i < kPageWords; ++i) {
        const Word word = practice.bench.flash().read(word_of_page(kFirmwareRecordPage + page) + i);
        for (int b = 0; b < 8; ++b) stands.push_back(static_cast<std::uint8_t>(word >> (8 * b)));
      }
      found += std::ranges::search(stands, hash).empty() ? 0 : 1;
    }
    return found;
  };
  prepared.bench.reboot();
  prepared.bench.self_tested(true);
  ASSERT_GT(traces(prepared), 0);
  {
    auto talk = prepared.as(prepared.physician);
    ASSERT_EQ(prepared.told(*talk, prepared.change<link::Explant>()).answer, kDone);
  }
  const auto erase = [](Practice& practice) {
    auto talk = practice.as(practice.physician);
    link::EraseSecrets message;
    message.entries = practice.bench.stored().entries_told();
    if (talk) (void)talk->tell(practice.change(message));
  };
  std::int64_t writes = 0;
  {
    Practice practice{prepared, 7};
    const std::int64_t before = practice.bench.flash().writes();
    erase(practice);
    writes = practice.bench.flash().writes() - before;
    EXPECT_EQ(traces(practice), 0);
    EXPECT_EQ(status(practice).counter, 3) << "what is no patient's stays";
  }
  // The last 300 writes are those of order, keys and record.
  int cleared = 0;
  for (std::int64_t cut = writes - 300; cut <= writes && !HasFailure(); cut += 3) {
    Practice practice{prepared, 7};
    practice.bench.flash().cut_after(cut, FlashModel::Torn::kHalf, 1);
    erase(practice);
    practice.bench.reboot();
    const bool erased = practice.bench.stored().sequence() == 3;
    EXPECT_TRUE(!erased || traces(practice) == 0) << cut << " of " << writes;
    cleared += erased ? 1 : 0;
  }
  EXPECT_GT(cleared, 50);
}

TEST(UpdateLink, RT_28_INV_6_wherever_power_goes_the_therapy_stays_as_it_was_to_the_byte) {
  Practice prepared;
  prepared.implant(therapy());
  prepared.bench.pass(hours(3));
  const PrescriptionBytes before = encode(prepared.bench.pump().prescription());
  const auto order = prepared.bench.stored().order();
  const auto whole_way = [&](Practice& practice) {
    if (!try_it(practice, kSmall) || practice.bench.flash().cut()) return;
    practice.bench.reboot();
    practice.bench.self_tested(true);
  };
  std::int64_t writes = 0;
  {
    Practice practice{prepared, 7};
    const std::int64_t first = practice.bench.flash().writes();
    whole_way(practice);
    writes = practice.bench.flash().writes() - first;
    ASSERT_EQ(practice.bench.running(), Program::kSlotA);
  }
  const std::int64_t stride = std::getenv("THECA_LONG") != nullptr ? 1 : 5;
  int made = 0, slot = 0;
  for (std::int64_t cut = 1; cut <= writes && !HasFailure(); cut += stride) {
    SCOPED_TRACE("cut at " + std::to_string(cut) + " of " + std::to_string(writes));
    Practice practice{prepared, 7};
    practice.bench.flash().cut_after(cut, static_cast<FlashModel::Torn>(cut % 3),
                                     static_cast<std::uint64_t>(cut));
    whole_way(practice);
    practice.bench.reboot();
    (practice.bench.running() == Program::kMade ? made : slot) += 1;
    EXPECT_EQ(encode(practice.bench.pump().prescription()), before);
    EXPECT_EQ(practice.bench.stored().order(), order);
    EXPECT_EQ(practice.bench.stored().sequence(), 1U);
    EXPECT_EQ(practice.bench.implant().state(), DeviceState::kDelivering);
    EXPECT_FALSE(practice.bench.implant().shut());
    EXPECT_EQ(practice.bench.flash().broken_rules(), 0);
    const std::int64_t steps = practice.bench.pump().commanded();
    practice.bench.pass(hours(1));
    EXPECT_GT(practice.bench.pump().commanded(), steps) << "it delivers";
  }
  EXPECT_GT(made, 0);
  EXPECT_GT(slot, 0);
}

}  // namespace
}  // namespace theca::example
