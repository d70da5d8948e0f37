// INV-6, RT-27: power goes at every single write of an update. Whatever starts then was verified where it
// stands and is the old program or the new one; counters have not gone back; and the update can be ended.
#include <gtest/gtest.h>

#include <cstdlib>

#include "implant/firmware_testing.hpp"

namespace theca::example {
namespace {

using Torn = FlashModel::Torn;

const Firmware kOld = firmware(1, 4, 700), kNew = firmware(2, 5, 4'800);

/// What is wrong after a cut; "" : nothing.
template <class Rules>
std::string wrong_with(const Board<Rules>& board, int counter_before) {
  auto& b = const_cast<Board<Rules>&>(board);
  if (!b.runs(kOld) && !b.runs(kNew)) return "neither the old program nor the new one runs";
  if (b.runs(kNew) && b.stage() != FirmwareStage::kTrial && b.stage() != FirmwareStage::kConfirmed)
    return "the new one runs, and is not on trial";
  if (b.record().counter < counter_before) return "the counter went back";
  if (b.runs(kOld) && b.record().counter != kOld.head.header.counter)
    return "an old program under a new counter";
  if (b.flash().broken_rules() != 0) return "a word was programmed twice";
  return "";
}

template <class Rules>
Board<Rules> with_the_old_one() {
  Board<Rules> board;
  if (!board.bring(kOld)) throw std::logic_error("no old firmware");
  return board;
}

struct Tally {
  std::int64_t writes = 0;
  int olds = 0, trials = 0, news = 0;
  std::string wrong;
};

/// `also_again`: a second cut, at a write of the recovery.
template <class Rules = UpdateRules>
Tally cut_everywhere(bool also_again) {
  const bool all = std::getenv("THECA_LONG") != nullptr;
  const Board<Rules> prepared = with_the_old_one<Rules>();
  Tally tally;
  {
    Board<Rules> whole{prepared};
    const std::int64_t before = whole.flash().writes();
    if (!whole.bring(kNew)) throw std::logic_error("not brought");
    tally.writes = whole.flash().writes() - before;
  }
  for (std::int64_t cut = 1; cut <= tally.writes; ++cut) {
    for (int torn = 0; torn < 3; ++torn) {
      if (!all && cut % 3 != torn) continue;
      if (also_again && !all && cut % 7 != 0) continue;
      Board<Rules> board{prepared};
      const int counter = board.record().counter;
      board.flash().cut_after(cut, static_cast<Torn>(torn), static_cast<std::uint64_t>(cut));
      (void)board.bring(kNew);
      board.start();
      if (also_again) {
        const std::int64_t second = 1 + cut * 31 % 400;
        board.flash().cut_after(second, static_cast<Torn>(torn), static_cast<std::uint64_t>(second));
        (void)board.bring(kNew);
        board.start();
      }
      std::string wrong = wrong_with(board, counter);
      (board.runs(kOld)                         ? tally.olds
       : board.stage() == FirmwareStage::kTrial ? tally.trials
                                                : tally.news) += 1;
      if (wrong.empty() && !board.bring(kNew)) wrong = "it cannot be ended";
      if (wrong.empty() && !board.runs(kNew)) wrong = "the new one does not run in the end";
      for (auto stage = FirmwareStage::kAuthorised; wrong.empty() && stage <= FirmwareStage::kConfirmed;
           stage = static_cast<FirmwareStage>(static_cast<int>(stage) + 1)) {
        if (std::ranges::find(board.journal, stage, &UpdateNews::stage) == board.journal.end())
          wrong = "a stage was never told";
      }
      if (wrong.empty() && board.record().counter != kNew.head.header.counter)
        wrong = "its counter was not kept";
      if (wrong.empty()) continue;
      tally.wrong = wrong + ", cut at " + std::to_string(cut) + " of " + std::to_string(tally.writes) +
                    ", torn " + std::to_string(torn);
      return tally;
    }
  }
  return tally;
}

TEST(UpdateCut,
     INV_6_INV_8_INV_9_RT_27_at_every_write_the_old_program_runs_or_the_new_one_and_it_can_be_ended) {
  const Tally tally = cut_everywhere(false);
  EXPECT_EQ(tally.wrong, "");
  EXPECT_GT(tally.writes, 1'000);
  EXPECT_GT(tally.olds, 0);
  EXPECT_GT(tally.trials, 0);
  EXPECT_GT(tally.news, 0);
}

TEST(UpdateCut, INV_6_INV_8_RT_27_and_so_it_is_when_power_goes_again_while_it_goes_on) {
  EXPECT_EQ(cut_everywhere(true).wrong, "");
}

/// Power goes at each write that the boot stage makes itself.
TEST(UpdateCut, RT_27_a_cut_in_the_boot_stage_leaves_a_start_that_was_counted_or_was_none) {
  Board prepared = with_the_old_one<UpdateRules>();
  prepared.authorise(kNew);
  prepared.send(kNew);
  prepared.attempt(kNew);
  for (std::int64_t cut = 1; cut < 60; ++cut) {
    for (int torn = 0; torn < 3; ++torn) {
      Board board{prepared};
      const int before = board.record().boots;
      board.flash().cut_after(cut, static_cast<Torn>(torn), 5);
      (void)boot_stage<Sodium>(board.flash(), a_vendor());
      board.start();
      ASSERT_GE(board.record().boots, before) << cut;
      ASSERT_EQ(wrong_with(board, 4), "") << cut << ' ' << torn;
      board.start();
      board.start();
      ASSERT_TRUE(board.runs(kOld)) << "three starts are all it gets, cut short or not";
    }
  }
}

// What the check is worth: a boot that does not look at the slot runs what stands there half.
struct TriedBeforeItIsWhole : UpdateRules {
  static Start what_to_boot(const FirmwareRecord& record, SlotsSeen slots) {
    for (SlotSeen& one : slots) one = {true, record.digest};
    FirmwareRecord early = record;
    if (record.stage == FirmwareStage::kReceiving) early.stage = FirmwareStage::kTrial;
    return UpdateRules::what_to_boot(early, slots);
  }
};
struct RaisesTheCounterEarly : UpdateRules {
  static Start what_to_boot(const FirmwareRecord& record, const SlotsSeen& slots) {
    Start start = UpdateRules::what_to_boot(record, slots);
    if (start.program == other_slot(record.runs)) start.record.counter = kNew.head.header.counter;
    return start;
  }
};
TEST(UpdateCut, RT_27_the_check_finds_a_boot_that_does_not_look_and_a_counter_that_is_raised_early) {
  EXPECT_NE(cut_everywhere<TriedBeforeItIsWhole>(false).wrong, "");
  Board<RaisesTheCounterEarly> board = with_the_old_one<RaisesTheCounterEarly>();
  board.authorise(kNew);
  board.send(kNew);
  board.attempt(kNew);
  for (int i = 0; i < 5; ++i) board.start();
  EXPECT_NE(wrong_with(board, 4), "");
}

}  // namespace
}  // namespace theca::example
