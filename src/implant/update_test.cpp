// An update of the firmware, without the link: who must have said yes, what is taken, in which order; that
// nothing runs that was not verified where it stands, that a trial ends, and that counters do not go back.
// Each rule has a twin without it, in which the same check fails.
#include "implant/update.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "implant/firmware_testing.hpp"
#include "link/wire_testing.hpp"

namespace theca::example {
namespace {

using enum LinkAnswer;
using link::Program;

RC_GTEST_PROP(FirmwareRecord, has_one_form_and_every_form_is_one_record, (std::uint64_t seed)) {
  link::example::hold_form<FirmwareRecord>(seed);
}

const Firmware kFirst = firmware(0x010000, 1, 5'000), kSecond = firmware(0x010100, 2, 4'096);

// ---- the way through ------------------------------------------------------------------------------------

TEST(Update, RT_27_goes_from_a_physicians_word_to_a_program_that_stays) {
  Board board;
  EXPECT_EQ(board.running(), Program::kMade);
  Program slot = Program::kMade;
  for (const Firmware* one : {&kFirst, &kSecond}) {
    const Firmware& f = *one;
    slot = other_slot(slot);
    const Program before = board.running();
    board.journal.clear();
    EXPECT_EQ(board.authorise(f).answer, kDone);
    EXPECT_EQ(board.status().authorised_for, kAuthorisationLasts);
    EXPECT_EQ(board.status().digest, f.digest());
    EXPECT_EQ(board.status().boots, 0);
    EXPECT_EQ(board.offer(f).answer, kDone);
    EXPECT_EQ(board.stage(), FirmwareStage::kReceiving);
    EXPECT_EQ(board.attempt(f).answer, kNotAtThisStage);
    const UpdateSaid last = board.send(f);
    EXPECT_EQ(last.answer, kDone);
    EXPECT_EQ(last.next, f.blocks());
    EXPECT_EQ(board.stage(), FirmwareStage::kVerified);
    EXPECT_EQ(board.running(), before);
    EXPECT_FALSE(board.wants_restart());
    board.start();
    EXPECT_EQ(board.running(), before) << "verified is not tried";
    for (int twice = 0; twice < 2; ++twice) {
      const UpdateSaid said = board.attempt(f);
      EXPECT_EQ(said.answer, kDone);
      EXPECT_EQ(said.next, f.blocks());
    }
    EXPECT_TRUE(board.wants_restart());
    board.start();
    EXPECT_EQ(board.status().boots, 1);
    EXPECT_EQ(board.running(), slot);
    EXPECT_TRUE(board.runs(f));
    EXPECT_EQ(board.record().counter, before == Program::kMade ? 0 : 1) << "raised only when it stays";
    board.self_tested(true);
    EXPECT_EQ(board.stage(), FirmwareStage::kConfirmed);
    EXPECT_EQ(board.record().counter, f.head.header.counter);
    board.start();
    board.pass(days(300));
    EXPECT_TRUE(board.runs(f));
    std::vector<std::pair<FirmwareStage, std::uint32_t>> told;
    for (const UpdateNews& news : board.journal) told.emplace_back(news.stage, news.by);
    using enum FirmwareStage;
    const auto physician = Board<>::kPhysician, service = Board<>::kService;
    EXPECT_EQ(told, (std::vector<std::pair<FirmwareStage, std::uint32_t>>{{kAuthorised, physician},
                                                                          {kReceiving, service},
                                                                          {kVerified, service},
                                                                          {kTrial, service},
                                                                          {kConfirmed, 0}}));
    EXPECT_EQ(board.journal.back().version, f.head.header.version);
    EXPECT_EQ(board.flash().broken_rules(), 0);
  }
  EXPECT_EQ(in_slot(board.flash(), Program::kSlotA, kFirst.bytes.size()), kFirst.bytes) << "what ran before";
}

TEST(Update, RT_24_the_largest_image_fits_and_its_last_byte_counts) {
  const Firmware largest = firmware(5, 1, link::kMostFirmwareBytes);
  Board board;
  EXPECT_TRUE(board.bring(largest));
  board.start();
  EXPECT_TRUE(board.runs(largest));
  // Its last word stands before the other slot, and the other slot's last before the end of the memory.
  board.flash().flip(word_of_page(kFirmwareSlotPage + kFirmwareSlotPages) - 1, 63);
  board.start();
  EXPECT_EQ(board.running(), Program::kMade);
  EXPECT_TRUE(board.bring(firmware(6, 2, link::kMostFirmwareBytes)));
  EXPECT_EQ(board.running(), Program::kSlotB);
}

TEST(Update, RT_24_what_is_not_asked_for_not_signed_or_not_for_this_device_is_refused) {
  Board board;
  const auto refused = [&](const Firmware& f, LinkAnswer why) {
    const std::int64_t writes = board.flash().writes();
    EXPECT_EQ(board.offer(f).answer, why) << row_of(why).name;
    EXPECT_EQ(board.flash().writes(), writes) << "a refused one has written";
  };
  refused(kFirst, kNotAuthorised);
  board.authorise(kFirst);
  refused(kSecond, kNotAuthorised);
  Firmware f = kFirst;
  f.head.header.version ^= 1;
  refused(f, kNotAuthorised);
  f = kFirst;
  f.head.header.device_class = 8;
  sign(f, 0, 1);
  board.authorise(f);
  refused(f, kOtherDevice);
  // Signatures: two different keys, each over this header.
  board.authorise(kFirst);
  for (std::uint8_t first = 0; first < 3; ++first) {
    for (std::uint8_t second = 0; second < 3; ++second) {
      f = kFirst;
      sign(f, first, second);
      if (first != second) {
        Board another;
        another.authorise(f);
        EXPECT_EQ(another.offer(f).answer, kDone) << int{first} << int{second};
        for (std::size_t which = 0; which < 2; ++which) {
          Firmware bad = f;
          bad.head.signatures[which].signature[11] ^= 1;
          refused(bad, kSignatureWrong);
          bad = f;
          bad.head.signatures[which].key =
              static_cast<std::uint8_t>(3 - first - second);  // right, by another key than it says
          refused(bad, kSignatureWrong);
        }
        continue;
      }
      refused(f, kSignatureWrong);
    }
  }
  f = kFirst;
  f.head.signatures = kSecond.head.signatures;
  refused(f, kSignatureWrong);
}

TEST(Update, RT_24_without_a_vendor_nothing_is_taken) {
  FlashModel flash;
  const link::Vendor nobody{{}, a_vendor().device_class};
  Update<Sodium> update{flash, nobody, boot_stage<Sodium>(flash, nobody)};
  update.boot(Instant{});
  EXPECT_EQ(update.authorise(Instant{}, kFirst.digest(), 1).answer, kDone);
  EXPECT_EQ(update.offer(Instant{}, kFirst.head, 1).answer, kSignatureWrong);
  // One key in three places is one key.
  link::Vendor one = a_vendor();
  one.keys.fill(one.keys[0]);
  Update<Sodium> twice{flash, one, Program::kMade};
  twice.boot(Instant{});
  Firmware f = kFirst;
  sign(f, 0, 0);
  f.head.signatures[1].key = 1;
  EXPECT_EQ(twice.offer(Instant{}, f.head, 1).answer, kSignatureWrong);
}

/// A library that finds every signature right, as some do for a key of zeros.
struct Credulous : Sodium {
  static bool verify(const link::Key&, const link::Hash&, const link::Signature&) { return true; }
};
TEST(Update, RT_24_a_key_that_is_none_has_signed_nothing) {
  link::Vendor vendor = a_vendor();
  Firmware f = kFirst;
  sign(f, 0, 1);
  EXPECT_TRUE(UpdateRules::signed_by_vendor<Credulous>(vendor, f.head));
  vendor.keys[1] = {};
  EXPECT_FALSE(UpdateRules::signed_by_vendor<Credulous>(vendor, f.head));
}

TEST(Update, RT_27_a_header_swapped_during_the_transfer_is_found_signed_or_not) {
  Board board;
  board.authorise(kFirst);
  board.offer(kFirst);
  Firmware other = kFirst;  // the same image under another version, signed as well, and authorised by nobody
  other.head.header.version += 1;
  sign(other, 0, 1);
  FirmwareSlots{board.flash()}.write_header(Program::kSlotA, other.head);
  UpdateSaid said{kDone, 0};
  while (said.answer == kDone && said.next < kFirst.blocks()) said = board.block(kFirst.block(said.next));
  EXPECT_EQ(said.answer, kDigestDiffers);
  EXPECT_EQ(board.send(kFirst).answer, kDone) << "it begins anew";
  // Seen while it is offered again: not a block more is sent for nothing.
  Board seen;
  seen.authorise(kFirst);
  seen.offer(kFirst);
  seen.block(kFirst.block(0));
  FirmwareSlots{seen.flash()}.write_header(Program::kSlotA, other.head);
  EXPECT_EQ(seen.offer(kFirst).next, 0);
  EXPECT_EQ(seen.send(kFirst).answer, kDone);
  // Once it is verified nothing is written over it: what does not start any more is seen at the start.
  FirmwareSlots{seen.flash()}.write_header(Program::kSlotA, other.head);
  const std::int64_t writes = seen.flash().writes();
  EXPECT_EQ(seen.offer(kFirst).answer, kDone);
  EXPECT_EQ(seen.stage(), FirmwareStage::kVerified);
  EXPECT_EQ(seen.flash().writes(), writes);
}

TEST(Update, INV_6_RT_27_a_header_that_rots_during_the_transfer_takes_no_block_and_begins_it_anew) {
  Board board;
  board.authorise(kFirst);
  board.offer(kFirst);
  while (board.status().next < 35) board.block(kFirst.block(board.status().next));
  board.flash().erase(kFirmwareSlotPage);
  const std::int64_t writes = board.flash().writes();
  EXPECT_EQ(board.block(kFirst.block(35)).answer, kNotAtThisStage);
  EXPECT_EQ(board.flash().writes(), writes);
  EXPECT_EQ(board.offer(kFirst).next, 0);
  board.start();
  EXPECT_EQ(board.status().next, 0) << "the pages that stood are not counted again";
  EXPECT_EQ(board.send(kFirst).answer, kDone);
}

TEST(Update, RT_27_a_header_that_became_smaller_during_the_transfer_takes_no_block_behind_its_last) {
  Board board;
  board.authorise(kFirst);
  board.offer(kFirst);
  while (board.status().next < 35) board.block(kFirst.block(board.status().next));
  FirmwareSlots{board.flash()}.write_header(Program::kSlotA, kSecond.head);
  const std::int64_t writes = board.flash().writes();
  EXPECT_EQ(board.block(kFirst.block(35)).answer, kBlockNotNext);
  EXPECT_EQ(board.flash().writes(), writes);
  EXPECT_EQ(board.offer(kFirst).next, 0);
}

TEST(Update, RT_27_a_program_on_trial_whose_header_rots_does_not_stay) {
  Board board;
  board.authorise(kFirst);
  board.send(kFirst);
  board.attempt(kFirst);
  board.start();
  ASSERT_TRUE(board.runs(kFirst));
  board.flash().erase(kFirmwareSlotPage);
  board.self_tested(true);
  EXPECT_EQ(board.stage(), FirmwareStage::kReverted);
  EXPECT_EQ(board.record().counter, 0);
}

/// Whatever the record says, and whoever has started the program.
TEST(Update, RT_27_nothing_is_written_under_the_program_that_runs) {
  Board board;
  board.authorise(kFirst);
  board.offer(kFirst);
  board.block(kFirst.block(0));
  Update<Sodium> update{board.flash(), a_vendor(), Program::kSlotA};
  update.boot(board.now);
  const std::int64_t writes = board.flash().writes();
  EXPECT_EQ(update.authorise(board.now, kFirst.digest(), 1).answer, kNotAtThisStage);
  EXPECT_EQ(update.offer(board.now, kFirst.head, 1).answer, kNotAtThisStage);
  EXPECT_EQ(update.block(board.now, kFirst.block(0), 1).answer, kNotAtThisStage);
  EXPECT_EQ(board.flash().writes(), writes);
}

/// No image has it; the memory that was never written has it as well.
TEST(Update, a_hash_of_zeros_is_authorised_as_any_other) {
  Board board;
  EXPECT_EQ(board.authorise(link::Hash{}).answer, kDone);
  EXPECT_EQ(board.stage(), FirmwareStage::kAuthorised);
}

TEST(Update, RT_24_a_signed_program_for_another_device_does_not_start_wherever_it_came_from) {
  Board board;
  ASSERT_TRUE(board.bring(kFirst));
  Firmware foreign = kFirst;
  foreign.head.header.device_class ^= 1;
  sign(foreign, 0, 1);
  FirmwareSlots{board.flash()}.write_header(Program::kSlotA, foreign.head);
  board.start();
  EXPECT_EQ(board.running(), Program::kMade);
}

TEST(Update, another_word_of_the_physician_takes_a_trial_back_before_its_first_start) {
  Board board;
  board.authorise(kFirst);
  board.send(kFirst);
  board.attempt(kFirst);
  EXPECT_TRUE(board.wants_restart());
  EXPECT_EQ(board.authorise(kSecond).answer, kDone);
  EXPECT_FALSE(board.wants_restart());
  board.start();
  EXPECT_EQ(board.running(), Program::kMade);
  EXPECT_EQ(board.stage(), FirmwareStage::kAuthorised);
}

TEST(Update, a_trial_whose_end_the_memory_does_not_take_is_written_down_once_and_not_for_ever) {
  Board board;
  board.authorise(kFirst);
  board.send(kFirst);
  board.attempt(kFirst);
  board.start();
  ASSERT_EQ(board.running(), Program::kSlotA);
  board.stick_record();
  board.pass(kTrialLasts + milliseconds(1));
  EXPECT_TRUE(board.wants_restart());
  const std::int64_t writes = board.flash().writes();
  board.pass(seconds(1));
  EXPECT_EQ(board.flash().writes(), writes);
}

TEST(Update, RT_24_blocks_come_in_their_order_and_once) {
  Board board;
  EXPECT_EQ(board.block(kFirst.block(0)).answer, kNotAuthorised);
  board.authorise(kFirst);
  EXPECT_EQ(board.block(kFirst.block(0)).answer, kNotAtThisStage) << "no header yet";
  board.offer(kFirst);
  const auto not_next = [&](std::uint16_t index) {
    const std::uint16_t next = board.status().next;
    const std::int64_t writes = board.flash().writes();
    const UpdateSaid said = board.block(kFirst.block(index));
    EXPECT_EQ(said.answer, kBlockNotNext);
    EXPECT_EQ(said.next, next);
    EXPECT_EQ(board.flash().writes(), writes);
  };
  not_next(1);
  EXPECT_EQ(board.block(kFirst.block(0)).next, 1);
  not_next(0);
  not_next(2);
  not_next(link::kMostFirmwareBlocks - 1);
  EXPECT_EQ(board.offer(kFirst).next, 1) << "offered again it goes on";
  // Of another firmware: the whole tells.
  board.block(kSecond.block(1));
  EXPECT_EQ(board.send(kFirst).answer, kDigestDiffers);
  EXPECT_EQ(board.stage(), FirmwareStage::kAuthorised);
  EXPECT_EQ(board.attempt(kFirst).answer, kNotAtThisStage);
  EXPECT_EQ(board.send(kFirst).answer, kDone) << "it begins anew";
  // Beyond the image stand zeros.
  Board other;
  other.authorise(kFirst);
  other.offer(kFirst);
  while (other.status().next + 1 < kFirst.blocks()) other.block(kFirst.block(other.status().next));
  link::FirmwareBlock last = kFirst.block(kFirst.blocks() - 1);
  last.bytes.back() = 1;
  EXPECT_EQ(other.block(last).answer, kMalformed);
  EXPECT_EQ(other.block(kFirst.block(kFirst.blocks() - 1)).answer, kDone);
  EXPECT_EQ(other.stage(), FirmwareStage::kVerified);
}

TEST(Update, INV_6_a_transfer_goes_on_at_its_page_after_power_was_lost) {
  Board board;
  board.authorise(kFirst);
  board.offer(kFirst);
  while (board.status().next < 35) board.block(kFirst.block(board.status().next));
  board.start();
  EXPECT_EQ(board.status().next, FirmwareSlots::kBlocksOfPage);
  EXPECT_EQ(board.send(kFirst).answer, kDone);
  EXPECT_EQ(board.stage(), FirmwareStage::kVerified);
  EXPECT_EQ(board.flash().broken_rules(), 0);
}

TEST(Update, a_page_that_takes_nothing_is_told_and_nothing_else_is_lost) {
  Board board;
  ASSERT_TRUE(board.bring(kFirst));
  Board stuck{board};
  stuck.flash().stick(kFirmwareSlotPage + kFirmwareSlotPages + 1);
  stuck.authorise(kSecond);
  // A stuck page that is erased still is: only what is put into it is not there.
  const UpdateSaid said = stuck.send(kSecond);
  EXPECT_EQ(said.answer, kMemory);
  EXPECT_EQ(said.next, 0);
  Board late{board};
  late.authorise(kSecond);
  late.offer(kSecond);
  while (late.status().next < 5) late.block(kSecond.block(late.status().next));
  late.flash().stick(kFirmwareSlotPage + kFirmwareSlotPages + 1);
  EXPECT_EQ(late.block(kSecond.block(5)).answer, kMemory);
  EXPECT_EQ(late.status().next, 0) << "its page begins anew";
  stuck.start();
  EXPECT_TRUE(stuck.runs(kFirst));
}

/// Every block stands, and power went before the look at all of them.
Board<> received(const Board<>& receiving, const Firmware& f) {
  for (std::int64_t cut = 1; cut < 20'000; ++cut) {
    Board board{receiving};
    board.flash().cut_after(cut, FlashModel::Torn::kNothing);
    board.send(f);
    board.start();
    if (board.stage() == FirmwareStage::kReceiving && board.status().next == f.blocks()) return board;
  }
  throw std::logic_error("no cut between the last block and the look");
}

TEST(Update, INV_6_a_stage_that_the_memory_does_not_take_is_told_and_is_none) {
  const auto not_taken = [](const char* what, const Board<>& board, auto&& step, std::uint16_t next) {
    Board stuck{board};
    const FirmwareRecord before = stuck.record();
    stuck.stick_record();
    const UpdateSaid said = step(stuck);
    EXPECT_EQ(said.answer, kMemory) << what;
    EXPECT_EQ(said.next, next) << what;
    EXPECT_EQ(stuck.record(), before) << what;
    EXPECT_FALSE(stuck.wants_restart()) << what;
    EXPECT_TRUE(stuck.journal.empty()) << what;
    stuck.start();
    EXPECT_EQ(stuck.record(), before) << what;
  };
  const auto offer = [](Board<>& board) { return board.offer(kFirst); };
  const auto send = [](Board<>& board) { return board.send(kFirst); };
  Board board;
  not_taken(
      "authorised", board, [](Board<>& b) { return b.authorise(kFirst); }, 0);
  board.authorise(kFirst);
  not_taken("offered", board, offer, 0);
  Board headless{board};
  headless.flash().stick(kFirmwareSlotPage);
  EXPECT_EQ(headless.offer(kFirst).answer, kMemory);
  EXPECT_EQ(headless.stage(), FirmwareStage::kAuthorised);
  board.offer(kFirst);
  not_taken("its first page", board, send, 0);
  const std::uint16_t page = FirmwareSlots::kBlocksOfPage;
  while (board.status().next < page) board.block(kFirst.block(board.status().next));
  not_taken("its last block", board, send, page);
  Board all = received(board, kFirst);
  not_taken("verified", all, offer, kFirst.blocks());
  all.flash().flip(word_of_page(kFirmwareSlotPage + 1), 0);
  not_taken("found foreign", all, offer, 0);
  board.send(kFirst);
  not_taken(
      "tried", board, [](Board<>& b) { return b.attempt(kFirst); }, 0);
}

TEST(Update, INV_6_RT_27_behind_the_last_block_comes_none) {
  for (const Firmware* one : {&kFirst, &kSecond}) {
    const Firmware& f = *one;
    Board receiving;
    receiving.authorise(f);
    receiving.offer(f);
    while (receiving.status().next < FirmwareSlots::kBlocksOfPage - 1)
      receiving.block(f.block(receiving.status().next));
    Board board = received(receiving, f);
    const std::int64_t writes = board.flash().writes();
    const UpdateSaid said = board.block({f.blocks(), {}});
    EXPECT_EQ(said.answer, kBlockNotNext);
    EXPECT_EQ(said.next, f.blocks());
    EXPECT_EQ(board.flash().writes(), writes);
    EXPECT_EQ(board.offer(f).answer, kDone);
    EXPECT_EQ(board.stage(), FirmwareStage::kVerified) << "the offer has it looked at";
  }
}

// ---- for how long ---------------------------------------------------------------------------------------

TEST(Update, INV_10_a_physicians_word_holds_for_its_time_and_goes_with_the_clock) {
  Board board;
  board.now = Instant{} + hours(5);
  board.authorise(kFirst);
  board.offer(kFirst);
  board.pass(kAuthorisationLasts);
  EXPECT_EQ(board.block(kFirst.block(0)).answer, kDone) << "its last moment";
  board.pass(milliseconds(1));
  EXPECT_EQ(board.status().authorised_for, Duration{});
  EXPECT_EQ(board.block(kFirst.block(1)).answer, kNotAuthorised);
  EXPECT_EQ(board.offer(kFirst).answer, kNotAuthorised);
  EXPECT_EQ(board.authorise(kFirst).next, 1) << "said again, it goes on";
  EXPECT_EQ(board.send(kFirst).answer, kDone);
  board.pass(kAuthorisationLasts + milliseconds(1));
  EXPECT_EQ(board.attempt(kFirst).answer, kNotAuthorised);
  board.authorise(kFirst);
  EXPECT_EQ(board.stage(), FirmwareStage::kVerified);
  // Powered time that was lost makes it not longer.
  board.now = board.now - milliseconds(1);
  EXPECT_EQ(board.attempt(kFirst).answer, kNotAuthorised);
  board.now = board.now + milliseconds(1);
  EXPECT_EQ(board.attempt(kFirst).answer, kDone);
}

TEST(Update, a_program_on_trial_goes_when_its_test_fails_its_time_ends_or_its_starts_do) {
  Board ready;
  ready.now = Instant{} + days(400);  // a trial's time begins with its start, not with the implant's
  ready.bring(kFirst);
  ready.authorise(kSecond);
  ready.send(kSecond);
  ready.attempt(kSecond);
  const auto goes = [](Board<>& board) {
    EXPECT_TRUE(board.wants_restart());
    EXPECT_EQ(board.stage(), FirmwareStage::kReverted);
    EXPECT_EQ(board.journal.back().stage, FirmwareStage::kReverted);
    EXPECT_EQ(board.journal.back().by, 0) << "the implant's own doing";
    EXPECT_EQ(board.authorise(kSecond).answer, kNotAtThisStage) << "it runs from that slot";
    // Given up is given up, whatever a test says afterwards.
    const std::int64_t writes = board.flash().writes();
    board.self_tested(true);
    board.self_tested(false);
    board.pass(kTrialLasts + milliseconds(1));
    EXPECT_EQ(board.stage(), FirmwareStage::kReverted);
    EXPECT_EQ(board.flash().writes(), writes);
    board.start();
    EXPECT_TRUE(board.runs(kFirst));
    EXPECT_EQ(board.record().counter, 1);
    board.authorise(kSecond);
    EXPECT_EQ(board.status().boots, 0);
    EXPECT_TRUE(board.bring(kSecond)) << "it may be tried again";
    EXPECT_TRUE(board.runs(kSecond));
  };
  {
    Board board{ready};
    EXPECT_TRUE(board.runs(kSecond));
    board.self_tested(false);
    goes(board);
  }
  {
    Board board{ready};
    board.self_tested(true, {kSameTherapy.prescription, {8}});  // reads the same prescription as another
    goes(board);
  }
  {
    Board board{ready};
    board.self_tested(true, {kSameTherapy.prescription + 1, {8}});  // another one was taken since
    EXPECT_EQ(board.stage(), FirmwareStage::kConfirmed);
  }
  {
    Board board{ready};
    board.pass(kTrialLasts);
    EXPECT_EQ(board.stage(), FirmwareStage::kTrial);
    board.pass(milliseconds(1));
    goes(board);
  }
  {
    Board board{ready};
    for (int starts = 1; starts < kTrialStarts; ++starts) {
      EXPECT_TRUE(board.runs(kSecond)) << starts;
      board.start();
    }
    EXPECT_TRUE(board.runs(kSecond));
    board.start();
    EXPECT_TRUE(board.runs(kFirst));
    EXPECT_EQ(board.stage(), FirmwareStage::kReverted);
    EXPECT_EQ(board.journal.back().stage, FirmwareStage::kReverted);
  }
  {
    Board board{ready};
    EXPECT_EQ(board.attempt(kSecond).answer, kDone) << "told again";
    EXPECT_EQ(board.block(kSecond.block(0)).answer, kNotAtThisStage);
    EXPECT_EQ(board.authorise(kFirst).answer, kNotAtThisStage) << "nothing is written under what runs";
  }
}

TEST(Update, a_trial_that_cannot_be_counted_does_not_begin) {
  Board board;
  board.bring(kFirst);
  board.authorise(kSecond);
  board.send(kSecond);
  board.attempt(kSecond);
  board.stick_record();
  for (int i = 0; i < 5; ++i) {
    board.start();
    EXPECT_TRUE(board.runs(kFirst));
  }
}

TEST(Update, INV_8_with_its_record_lost_nothing_is_taken_and_what_ran_runs) {
  Board board;
  board.bring(kFirst);
  board.authorise(kSecond);
  board.send(kSecond);
  board.attempt(kSecond);
  for (std::uint32_t page = 0; page < 4; ++page) {
    Board lost{board};
    // Both pages of one place: the newest, or the one before.
    for (const std::uint32_t other : {page, page ^ 1U})
      lost.flash().flip(word_of_page(kFirmwareRecordPage + other) + 3, 4);
    lost.start();
    EXPECT_TRUE(lost.runs(kFirst));
    const std::int64_t writes = lost.flash().writes();
    EXPECT_EQ(lost.authorise(kSecond).answer, kMemory);
    EXPECT_EQ(lost.offer(kSecond).answer, kMemory);
    EXPECT_EQ(lost.block(kSecond.block(0)).answer, kMemory);
    EXPECT_EQ(lost.attempt(kSecond).answer, kMemory);
    EXPECT_EQ(lost.flash().writes(), writes);
  }
  for (std::uint32_t page = 0; page < 4; ++page)
    board.flash().flip(word_of_page(kFirmwareRecordPage + page) + 3, 4);
  board.start();
  EXPECT_EQ(board.running(), Program::kMade) << "nobody knows any more what ran";
}

/// Nor does a start, or what the older record had yet to tell, make the older one the newest.
TEST(Update, INV_8_a_record_that_is_lost_stays_lost) {
  Board board;
  int lost = 0;
  const auto stays_lost = [&] {
    for (const std::uint32_t place : {0U, 2U}) {
      Board rotten{board};
      for (const std::uint32_t page : {place, place + 1})
        rotten.flash().flip(word_of_page(kFirmwareRecordPage + page) + 3, 4);
      rotten.start();
      if (rotten.authorise(kSecond).answer != kMemory) continue;  // nothing stood there yet
      ++lost;
      const std::int64_t writes = rotten.flash().writes();
      for (int starts = 0; starts < 3; ++starts) {
        rotten.start();
        EXPECT_EQ(rotten.authorise(kSecond).answer, kMemory);
        EXPECT_FALSE(rotten.forget());
      }
      EXPECT_EQ(rotten.flash().writes(), writes);
    }
  };
  board.authorise(kFirst);
  stays_lost();
  board.offer(kFirst);
  stays_lost();
  board.send(kFirst);
  stays_lost();
  board.attempt(kFirst);
  stays_lost();
  board.start();
  stays_lost();
  board.self_tested(true);
  stays_lost();
  EXPECT_GE(lost, 11);
}

// ---- what stays of the patient ----------------------------------------------------------------------------

/// Pages of the record in which the therapy stands.
int therapy_stands(const FlashModel& flash) {
  int found = 0;
  for (std::uint32_t page = 0; page < kRecordPages; ++page) {
    std::vector<std::uint8_t> bytes;
    for (std::uint32_t i = 0; i < kPageWords; ++i) {
      const Word word = flash.read(word_of_page(kFirmwareRecordPage + page) + i);
      for (int b = 0; b < 8; ++b) bytes.push_back(static_cast<std::uint8_t>(word >> (8 * b)));
    }
    found += std::ranges::search(bytes, kSameTherapy.hash).empty() ? 0 : 1;
  }
  return found;
}
/// What the record says in each of its places.
std::vector<FirmwareRecord> in_both_places(FlashModel& flash) {
  std::vector<FirmwareRecord> out;
  for (std::uint32_t place = 0; place < TwinPages::kPlaces; ++place) {
    std::array<std::uint8_t, TwinPages::kMostBytes> bytes{};
    const auto found = TwinPages{flash, kFirmwareRecordPage}.read(place, bytes);
    if (const auto record = link::read<FirmwareRecord>(std::span{bytes}.first(found.size));
        found.both && record)
      out.push_back(*record);
  }
  return out;
}

TEST(Update, INV_12_of_a_memory_that_was_never_written_nothing_is_forgotten) {
  Board board;
  EXPECT_TRUE(board.forget());
  EXPECT_EQ(board.flash().writes(), 0);
}

TEST(Update, INV_6_INV_12_forgetting_takes_the_therapy_from_both_places_and_nothing_else) {
  Board board;
  board.bring(kFirst);
  board.authorise(kSecond);
  board.send(kSecond);
  for (const bool tried : {false, true}) {
    if (tried) board.attempt(kSecond);
    Board forgets{board};
    ASSERT_GT(therapy_stands(forgets.flash()), 0);
    FirmwareRecord without = forgets.record();
    without.prescription = 0;
    without.therapy = {};
    EXPECT_TRUE(forgets.forget());
    EXPECT_EQ(forgets.record(), without);
    EXPECT_EQ(in_both_places(forgets.flash()), (std::vector<FirmwareRecord>{without, without}));
    EXPECT_EQ(therapy_stands(forgets.flash()), 0);
  }
}

/// It says that nothing stays only where nothing does; and what it could not erase it does not write anew.
TEST(Update, INV_12_RT_42_a_page_that_keeps_the_therapy_is_told) {
  Board board;
  board.bring(kFirst);
  int kept = 0;
  for (unsigned stuck = 1; stuck < 1U << kRecordPages; ++stuck) {
    Board forgets{board};
    for (std::uint32_t page = 0; page < kRecordPages; ++page)
      if ((stuck >> page & 1U) != 0) forgets.flash().stick(kFirmwareRecordPage + page);
    const bool nothing_stays = forgets.forget();
    const int stands = therapy_stands(forgets.flash());
    EXPECT_TRUE(!nothing_stays || stands == 0) << stuck;
    kept += nothing_stays ? 0 : 1;
    forgets.authorise(kSecond);
    EXPECT_LE(therapy_stands(forgets.flash()), stands) << stuck;
  }
  EXPECT_EQ(kept, 15);
}

// ---- what starts ------------------------------------------------------------------------------------------

// Every cell of the decision.
TEST(WhatToBoot, RT_27_says_of_every_record_and_every_pair_of_slots_what_was_written_by_hand) {
  const link::Hash right{1}, wrong{2};
  for (int stage = 0; stage < static_cast<int>(FirmwareStage::kLastResort); ++stage) {
    for (const Program runs : {Program::kMade, Program::kSlotA, Program::kSlotB}) {
      for (int boots = 0; boots <= kTrialStarts + 1; ++boots) {
        for (int bits = 0; bits < 16; ++bits) {
          FirmwareRecord record;
          record.stage = static_cast<FirmwareStage>(stage);
          record.runs = runs;
          record.digest = right;
          record.boots = static_cast<std::uint8_t>(boots);
          record.by = 77;
          const bool a_whole = (bits & 1) != 0, b_whole = (bits & 2) != 0;
          const SlotsSeen slots{SlotSeen{a_whole, (bits & 4) != 0 ? right : wrong},
                                SlotSeen{b_whole, (bits & 8) != 0 ? right : wrong}};
          const Start start = UpdateRules::what_to_boot(record, slots);
          const bool tries_b = runs == Program::kSlotA;
          const bool good = tries_b ? b_whole && (bits & 8) != 0 : a_whole && (bits & 4) != 0;
          const bool on_trial = stage == 4, tried = on_trial && good && boots < 3;
          Program by_hand = runs;
          if (runs == Program::kSlotA && !a_whole) by_hand = Program::kMade;
          if (runs == Program::kSlotB && !b_whole) by_hand = Program::kMade;
          if (tried) by_hand = tries_b ? Program::kSlotB : Program::kSlotA;
          ASSERT_EQ(start.program, by_hand)
              << stage << ' ' << static_cast<int>(runs) << ' ' << boots << ' ' << bits;
          FirmwareRecord after = record;
          if (tried) ++after.boots;
          if (on_trial && !tried) {
            after.stage = after.untold = FirmwareStage::kReverted;
            after.by = 0;
          }
          ASSERT_EQ(start.record, after);
        }
      }
    }
  }
}

/// Above is any image, at it the one that reached it, below is none: not even that one.
TEST(UpdateRules, RT_24_INV_8_a_counter_goes_up_or_is_the_same_image) {
  for (const int reached : {0, 1, 2, 255, 256, 65'534, 65'535}) {
    for (const int counter : {0, 1, 2, 3, 255, 256, 257, 65'534, 65'535}) {
      for (const bool same : {false, true}) {
        FirmwareRecord record;
        record.counter = static_cast<std::uint16_t>(reached);
        record.image = link::Hash{1};
        link::FirmwareHeader header;
        header.counter = static_cast<std::uint16_t>(counter);
        header.image = link::Hash{static_cast<std::uint8_t>(same ? 1 : 2)};
        EXPECT_EQ(UpdateRules::takes_counter(record, header),
                  counter > reached || (counter == reached && same))
            << reached << ' ' << counter << ' ' << same;
      }
    }
  }
}

RC_GTEST_PROP(WhatToBoot, RT_27_one_turned_bit_anywhere_in_a_slot_and_its_program_never_starts, ()) {
  static const std::unique_ptr<Board<>> ready = [] {
    auto board = std::make_unique<Board<>>();
    board->bring(kFirst);
    board->authorise(kSecond);
    board->send(kSecond);
    board->attempt(kSecond);  // B on trial, A behind it
    return board;
  }();
  Board board{*ready};
  const bool in_b = *rc::gen::arbitrary<bool>();
  const std::uint32_t page = kFirmwareSlotPage + (in_b ? kFirmwareSlotPages : 0);
  const std::uint32_t size = in_b ? kSecond.head.header.size : kFirst.head.header.size;
  const bool in_head = *rc::gen::arbitrary<bool>();
  const std::uint32_t bytes =
      in_head ? static_cast<std::uint32_t>(link::kWireBytes<link::SignedFirmware>) : size;
  const auto byte = *rc::gen::inRange<std::uint32_t>(0, bytes);
  board.flash().flip(word_of_page(page + (in_head ? 0 : 1)) + byte / 8,
                     static_cast<int>(byte % 8 * 8 + *rc::gen::inRange<std::uint32_t>(0, 8)));
  board.start();
  if (in_b) {
    RC_ASSERT(board.runs(kFirst));
    RC_ASSERT(board.stage() == FirmwareStage::kReverted);
  } else {
    // The trial goes on; given up, there is nothing behind it but what the implant was made with.
    RC_ASSERT(board.runs(kSecond));
    board.self_tested(false);
    board.start();
    RC_ASSERT(board.running() == Program::kMade);
    RC_ASSERT(board.journal.back().stage == FirmwareStage::kLastResort);
    RC_ASSERT(board.journal.back().by == 0 && board.journal.back().version == 0);
    RC_ASSERT(board.record().counter == 1);
    board.journal.clear();
    RC_ASSERT(board.bring(kSecond));
  }
}

// ---- counters, and twins ----------------------------------------------------------------------------------

/// Each of these is true of the rules, and false of the twin that lacks one.
template <class Rules>
bool one_vendor_key_is_not_two() {
  Board<Rules> board;
  Firmware f = kFirst;
  sign(f, 1, 1);
  board.authorise(f);
  return board.offer(f).answer == kSignatureWrong;
}
template <class Rules>
bool a_lower_counter_is_refused_after_a_restart() {
  Board<Rules> board;
  if (!board.bring(kSecond)) return false;
  board.start();
  board.authorise(kFirst);
  return board.offer(kFirst).answer == kCounterTooLow && board.record().counter == 2;
}
template <class Rules>
bool an_equal_counter_is_one_image() {
  Board<Rules> board;
  if (!board.bring(kSecond)) return false;
  const Firmware other = firmware(0x7F0000, kSecond.head.header.counter, 300);
  board.authorise(other);
  if (board.offer(other).answer != kCounterTooLow) return false;
  // The same image is there already: nothing is sent, and nothing is changed but that it was authorised.
  board.authorise(kSecond);
  const UpdateSaid said = board.offer(kSecond);
  return said.answer == kDone && said.next == kSecond.blocks() && board.runs(kSecond);
}
TEST(Update, INV_8_the_same_image_under_a_higher_counter_is_another_firmware) {
  Board board;
  ASSERT_TRUE(board.bring(kFirst));
  Firmware higher = kFirst;
  higher.head.header.counter += 1;
  sign(higher, 0, 1);
  board.authorise(higher);
  EXPECT_EQ(board.offer(higher).next, 0);
  EXPECT_EQ(board.send(higher).answer, kDone);
  board.attempt(higher);
  board.start();
  board.self_tested(true);
  EXPECT_EQ(board.record().counter, 2);
  EXPECT_EQ(board.running(), Program::kSlotB);
}

TEST(Update, RT_27_what_has_rotted_is_brought_again_under_the_counter_that_it_had) {
  Board board;
  ASSERT_TRUE(board.bring(kFirst));
  board.flash().flip(word_of_page(kFirmwareSlotPage + 1), 0);
  board.start();
  ASSERT_EQ(board.running(), Program::kMade);
  board.authorise(kFirst);
  EXPECT_EQ(board.offer(kFirst).next, 0);
  EXPECT_EQ(board.send(kFirst).answer, kDone);
  board.attempt(kFirst);
  board.start();
  board.self_tested(true);
  EXPECT_TRUE(board.runs(kFirst));
  EXPECT_EQ(board.record().counter, 1);
}

template <class Rules>
bool a_trial_ends_by_itself() {
  Board<Rules> board;
  board.bring(kFirst);
  board.authorise(kSecond);
  board.send(kSecond);
  board.attempt(kSecond);
  for (int i = 0; i < 10; ++i) board.start();  // it hangs, and the watchdog starts it again
  return board.runs(kFirst);
}
template <class Rules>
bool a_slot_takes_writes_between_its_header_and_its_last_block() {
  Board<Rules> board;
  board.authorise(kFirst);
  if (board.send(kFirst).answer != kDone) return false;
  const auto takes_none = [&] {
    const std::int64_t writes = board.flash().writes();
    for (std::uint16_t i = 0; i < kFirst.blocks() + 2; ++i) board.block({i, {}});
    return board.flash().writes() == writes;
  };
  const bool verified = takes_none();
  board.authorise(kSecond);  // and the header of the first still stands
  return verified && takes_none();
}
template <class Rules>
bool an_image_swapped_before_the_start_does_not_run() {
  Board<Rules> board;
  board.authorise(kFirst);
  board.send(kFirst);
  board.attempt(kFirst);
  // Somebody with a hand on the memory puts another image behind the header.
  FirmwareSlots slots{board.flash()};
  for (std::uint16_t i = 0; i < kFirst.blocks(); ++i)
    slots.write_block(Program::kSlotA, i, kSecond.block(i).bytes);
  board.start();
  return board.running() == Program::kMade;
}
template <class Rules>
bool service_brings_nothing_long_after_the_physician_has_gone() {
  Board<Rules> board;
  board.authorise(kFirst);
  board.pass(days(1));
  return board.offer(kFirst).answer == kNotAuthorised;
}

struct OneKeyTwice : UpdateRules {
  template <link::Crypto C>
  static bool signed_by_vendor(const link::Vendor& vendor, const link::SignedFirmware& firmware) {
    const link::Hash digest = link::digest_of<C>(firmware.header);
    return std::ranges::all_of(firmware.signatures, [&](const link::VendorSignature& one) {
      return C::verify(vendor.keys[one.key], digest, one.signature);
    });
  }
};
struct CounterInRam : UpdateRules {
  static link::FirmwareHeader& reached() {
    static link::FirmwareHeader header{.counter = 0};
    return header;
  }
  static void power_goes() { reached() = {.counter = 0}; }
  static bool takes_counter(const FirmwareRecord&, const link::FirmwareHeader& header) {
    return header.counter > reached().counter || header.image == reached().image;
  }
  static void confirm(FirmwareRecord& record, const link::FirmwareHeader& header) {
    UpdateRules::confirm(record, header);
    reached() = header;
  }
};
struct AnyImageOfACounter : UpdateRules {
  static bool takes_counter(const FirmwareRecord& record, const link::FirmwareHeader& header) {
    return header.counter >= record.counter;
  }
};
struct NeverReverts : UpdateRules {
  static Start what_to_boot(FirmwareRecord record, const SlotsSeen& slots) {
    record.boots = 0;
    return UpdateRules::what_to_boot(record, slots);
  }
};
struct OpenBeforeItsHeader : UpdateRules {
  static bool takes_blocks(FirmwareStage stage) { return stage >= FirmwareStage::kAuthorised; }
};
struct BootTrustsTheRecord : UpdateRules {
  static Start what_to_boot(const FirmwareRecord& record, SlotsSeen slots) {
    for (SlotSeen& one : slots) one = {true, record.digest};
    return UpdateRules::what_to_boot(record, slots);
  }
};
struct AuthorisedForEver : UpdateRules {
  static bool authorised(const FirmwareRecord& record, const link::Hash& digest, Instant) {
    return digest == record.digest;
  }
};

TEST(Twins, RT_42_RT_27_what_the_checks_are_worth) {
  EXPECT_TRUE(one_vendor_key_is_not_two<UpdateRules>());
  EXPECT_FALSE(one_vendor_key_is_not_two<OneKeyTwice>());
  EXPECT_TRUE(a_lower_counter_is_refused_after_a_restart<UpdateRules>());
  EXPECT_FALSE(a_lower_counter_is_refused_after_a_restart<CounterInRam>());
  EXPECT_TRUE(an_equal_counter_is_one_image<UpdateRules>());
  EXPECT_FALSE(an_equal_counter_is_one_image<AnyImageOfACounter>());
  EXPECT_TRUE(a_trial_ends_by_itself<UpdateRules>());
  EXPECT_FALSE(a_trial_ends_by_itself<NeverReverts>());
  EXPECT_TRUE(a_slot_takes_writes_between_its_header_and_its_last_block<UpdateRules>());
  EXPECT_FALSE(a_slot_takes_writes_between_its_header_and_its_last_block<OpenBeforeItsHeader>());
  EXPECT_TRUE(an_image_swapped_before_the_start_does_not_run<UpdateRules>());
  EXPECT_FALSE(an_image_swapped_before_the_start_does_not_run<BootTrustsTheRecord>());
  EXPECT_TRUE(service_brings_nothing_long_after_the_physician_has_gone<UpdateRules>());
  EXPECT_FALSE(service_brings_nothing_long_after_the_physician_has_gone<AuthorisedForEver>());
}

}  // namespace
}  // namespace theca::example
