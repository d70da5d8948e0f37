// An update of the firmware against a model of it that knows nothing of memory, hashes or curves: images are
// numbers, power goes and comes back between any two calls. Both must answer, run and count the same.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>

#include "implant/firmware_testing.hpp"

namespace theca::example {
namespace {

/// What the vendor has handed out, and what somebody else has.
struct Handed {
  Firmware firmware;
  int counter, blocks, image;
  bool signed_twice = true, right_class = true;
};
const std::vector<Handed>& handed() {
  static const std::vector<Handed> all = [] {
    std::vector<Handed> out;
    const auto add = [&](std::uint32_t version, std::uint16_t counter, std::size_t size) -> Handed& {
      const int image = static_cast<int>(out.size());
      out.push_back({firmware(version, counter, size), counter, static_cast<int>((size + 127) / 128), image});
      return out.back();
    };
    add(1, 1, 100);
    add(2, 1, 4'097);
    add(3, 2, 4'096);
    add(4, 2, 129);
    add(5, 3, 8'000);
    Handed& once = add(6, 4, 128);
    sign(once.firmware, 1, 1);
    once.signed_twice = false;
    Handed& foreign = add(7, 4, 128);
    foreign.firmware.head.header.device_class ^= 3;
    sign(foreign.firmware, 0, 1);
    foreign.right_class = false;
    return out;
  }();
  return all;
}

class Model {
 public:
  using enum LinkAnswer;
  struct Slot {
    int image = -1;
    bool whole = false;
  };

  LinkAnswer authorise(int which) {
    if (on_trial_now() || reverted_from_) return kNotAtThisStage;
    if (which != authorised_ || stage_ < 1 || stage_ > 4) {
      stage_ = 1;
      authorised_ = which;
      blocks_ = kept_ = 0;
    }
    left_ms_ = 3'600'000;
    return kDone;
  }
  LinkAnswer offer(int which) {
    const Handed& h = handed()[static_cast<std::size_t>(which)];
    if (!may(which)) return kNotAuthorised;
    if (!h.right_class) return kOtherDevice;
    if (h.counter < counter_ || (h.counter == counter_ && h.image != image_)) return kCounterTooLow;
    if (!h.signed_twice) return kSignatureWrong;
    if (on_trial_now() || reverted_from_) return kNotAtThisStage;
    if (h.counter == counter_ && running_ == runs_ && runs_ != 0) return kDone;
    if (stage_ == 1) {
      stage_ = 2;
      blocks_ = kept_ = 0;
      slot_[target() - 1] = {which, true};
    }
    return stage_ == 2 && blocks_ == h.blocks ? verify() : kDone;
  }
  /// The block that comes next, of what was offered; or another.
  LinkAnswer block(bool right, bool spoilt) {
    if (!may(authorised_)) return kNotAuthorised;
    if (stage_ != 2 || on_trial_now()) return kNotAtThisStage;
    if (!right) return kBlockNotNext;
    ++blocks_;
    Slot& slot = slot_[target() - 1];
    if (blocks_ % 32 == 1) spoilt_[blocks_ / 32] = false;
    if (spoilt) spoilt_[(blocks_ - 1) / 32] = true;
    const int all = handed()[static_cast<std::size_t>(authorised_)].blocks;
    if (blocks_ % 32 == 0 || blocks_ == all) kept_ = blocks_;
    if (blocks_ < all) return kDone;
    slot.whole = true;
    for (int page = 0; page * 32 < all; ++page) slot.whole = slot.whole && !spoilt_[page];
    return verify();
  }
  LinkAnswer attempt(int which) {
    if (!may(which)) return kNotAuthorised;
    if (stage_ == 4) return kDone;
    if (stage_ != 3) return kNotAtThisStage;
    stage_ = 4;
    boots_ = 0;
    return kDone;
  }
  void restart() {
    blocks_ = kept_;
    reverted_from_ = false;
    running_ = runs_;
    if (stage_ == 4 && slot_[target() - 1].whole && boots_ < 3) {
      ++boots_;
      running_ = target();
      on_ms_ = 0;
      return;
    }
    if (stage_ == 4) stage_ = 6;
    if (runs_ != 0 && !slot_[runs_ - 1].whole) running_ = 0;
  }
  void self_tested(bool passed) {
    if (!on_trial_now()) return;
    if (!passed) return revert();
    const Handed& h = handed()[static_cast<std::size_t>(slot_[target() - 1].image)];
    counter_ = h.counter;
    image_ = h.image;
    runs_ = target();
    stage_ = 5;
  }
  void pass(std::int64_t ms) {
    left_ms_ -= ms;
    on_ms_ += ms;
    if (on_trial_now() && on_ms_ > 600'000) revert();
  }
  /// Of the slot in which nothing is going on.
  bool rot() {
    if (runs_ == 0 || !slot_[runs_ - 1].whole) return false;
    slot_[runs_ - 1].whole = false;
    return true;
  }

  [[nodiscard]] int target() const { return runs_ == 1 ? 2 : 1; }
  [[nodiscard]] bool on_trial_now() const { return stage_ == 4 && running_ == target(); }
  int stage_ = 0, running_ = 0, runs_ = 0, counter_ = 0, boots_ = 0, blocks_ = 0, authorised_ = -1;

 private:
  [[nodiscard]] bool may(int which) const {
    return which == authorised_ && which >= 0 && stage_ >= 1 && stage_ <= 4 && left_ms_ >= 0;
  }
  LinkAnswer verify() {
    if (slot_[target() - 1].whole) {
      stage_ = 3;
      return kDone;
    }
    stage_ = 1;
    blocks_ = kept_ = 0;
    return kDigestDiffers;
  }
  void revert() {
    stage_ = 6;
    reverted_from_ = true;
  }
  Slot slot_[2];
  std::map<int, bool> spoilt_;
  int image_ = -1, kept_ = 0;
  bool reverted_from_ = false;  // runs still what was given up
  std::int64_t left_ms_ = -1, on_ms_ = 0;
};

int anybody() { return *rc::gen::inRange(0, static_cast<int>(handed().size())); }
/// Mostly what is under way.
int somebody(const Model& model) {
  return model.authorised_ >= 0 && *rc::gen::inRange(0, 8) > 0 ? model.authorised_ : anybody();
}

/// What somebody who wants the update would do next; the numbers are those of the calls below.
int sensible(const Model& model) {
  switch (model.stage_) {
    case 1:
      return 4;
    case 2:
      return 8;
    case 3:
      return 17;
    case 4:
      return model.on_trial_now() ? 22 : 19;
    default:
      return model.running_ == model.runs_ ? 0 : 19;
  }
}

RC_GTEST_PROP(UpdateModel, RT_27_RT_42_INV_8_any_calls_in_any_order_are_answered_as_the_model_says, ()) {
  Board board;
  Model model;
  const auto f = [](int which) -> const Firmware& {
    return handed()[static_cast<std::size_t>(which)].firmware;
  };
  const int calls = *rc::gen::inRange(1, 120);
  for (int i = 0; i < calls; ++i) {
    const int counter = board.record().counter;
    LinkAnswer says = LinkAnswer::kDone, should = LinkAnswer::kDone;
    const int what = *rc::gen::arbitrary<bool>() ? sensible(model) : *rc::gen::inRange(0, 26);
    if (what < 4) {
      const int which = what == 0 ? anybody() : somebody(model);
      says = board.authorise(f(which)).answer;
      should = model.authorise(which);
    } else if (what < 8) {
      const int which = somebody(model);
      says = board.offer(f(which)).answer;
      should = model.offer(which);
    } else if (what < 16) {
      // Some blocks, or all that are missing.
      const int most = *rc::gen::element(1, 5, 33, 100);
      const bool spoilt = *rc::gen::inRange(0, 12) == 0;
      for (int n = 0; n < most && model.stage_ == 2 && says == should && says == LinkAnswer::kDone; ++n) {
        link::FirmwareBlock block = f(std::max(model.authorised_, 0)).block(board.status().next);
        if (spoilt && n == 0) block.bytes[0] ^= 1;
        says = board.block(block).answer;
        should = model.block(true, spoilt && n == 0);
      }
    } else if (what == 16) {
      const int index = model.blocks_ + *rc::gen::element(-1, 1, 32);
      says = board.block({static_cast<std::uint16_t>(std::max(index, 0) + (index < 0 ? 1 : 0)), {}}).answer;
      should = model.block(false, false);
    } else if (what < 19) {
      const int which = somebody(model);
      says = board.attempt(f(which)).answer;
      should = model.attempt(which);
    } else if (what < 22) {
      board.start();
      model.restart();
    } else if (what < 24) {
      const bool passed = *rc::gen::inRange(0, 3) > 0;
      board.self_tested(passed);
      model.self_tested(passed);
    } else if (what == 24) {
      const std::int64_t ms = *rc::gen::element<std::int64_t>(1, 60'000, 600'000, 1'800'000, 3'600'000);
      board.pass(milliseconds(ms));
      model.pass(ms);
    } else if (*rc::gen::inRange(0, 4) == 0 && model.rot()) {
      const bool b = model.runs_ == 2;
      board.flash().flip(word_of_page(kFirmwareSlotPage + (b ? kFirmwareSlotPages : 0) + 1), 7);
    }
    RC_LOG() << i << ": " << what << ", " << row_of(says).name << "; stage " << model.stage_ << ", runs "
             << model.running_ << ", blocks " << model.blocks_ << '\n';
    RC_ASSERT(says == should);
    RC_ASSERT(static_cast<int>(board.stage()) == model.stage_);
    RC_ASSERT(static_cast<int>(board.running()) == model.running_);
    RC_ASSERT(static_cast<int>(board.record().runs) == model.runs_);
    RC_ASSERT(board.record().counter == model.counter_);
    RC_ASSERT(board.status().next == model.blocks_);
    RC_ASSERT(board.record().counter >= counter);
    RC_ASSERT(board.flash().broken_rules() == 0);
  }
}

}  // namespace
}  // namespace theca::example
