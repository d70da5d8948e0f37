#pragma once
/// An update of the firmware on its way: authorised by a physician, signed by two of the vendor's keys, block
/// by block into the slot that does not run, verified there, tried, and kept or given up. What it hangs on
/// stands in update_rules.hpp; which program starts is the boot stage's matter.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>

#include "implant/boot_stage.hpp"
#include "link/message.hpp"

namespace theca {

/// What a program must give as the one before it did.
struct Therapy {
  std::uint32_t prescription = 0;  // its number
  link::Hash hash{};               // of its bytes, encoded anew
};

struct UpdateSaid {
  LinkAnswer answer = LinkAnswer::kDone;
  std::uint16_t next = 0;  // the block that comes next
};
struct UpdateNews {
  FirmwareStage stage = FirmwareStage::kNone;
  std::uint32_t by = 0;  // certificate; 0: the implant itself
  std::uint32_t version = 0;
};

template <link::Crypto C, class Rules = UpdateRules>
class Update {
 public:
  Update(Nvm& nvm, const link::Vendor& vendor, link::Program running)
      : store_(nvm), slots_(nvm), vendor_(vendor), running_(running) {}

  void boot(Instant now) {
    lost_ = store_.load(record_) == FirmwareStore::Found::kLost;
    next_ = record_.blocks;
    booted_at_ = now;
    last_resort_ = running_ == link::Program::kMade && record_.runs != link::Program::kMade;
  }

  // ---- over the link -------------------------------------------------------------------------------------
  /// Said again it holds longer, and nothing that stands is lost; another one begins anew.
  UpdateSaid authorise(Instant now, const link::Hash& digest, std::uint32_t by) {
    if (lost_) return {LinkAnswer::kMemory};
    if (running_ == target()) return {LinkAnswer::kNotAtThisStage};
    FirmwareRecord next = record_;
    const bool again = digest == record_.digest && record_.stage >= FirmwareStage::kAuthorised &&
                       record_.stage <= FirmwareStage::kTrial;
    if (!again) {
      next.stage = FirmwareStage::kAuthorised;
      next.digest = digest;
      next.blocks = 0;
      next.boots = 0;
    }
    next.authorised_at = now;
    if (!keep(next, FirmwareStage::kAuthorised, by)) return {LinkAnswer::kMemory};
    if (!again) {
      next_ = 0;
      restart_wanted_ = false;
    }
    return {LinkAnswer::kDone, next_};
  }

  UpdateSaid offer(Instant now, const link::SignedFirmware& firmware, std::uint32_t by) {
    const link::FirmwareHeader& header = firmware.header;
    if (lost_) return {LinkAnswer::kMemory};
    if (!Rules::authorised(record_, link::digest_of<C>(header), now)) return {LinkAnswer::kNotAuthorised};
    if (header.device_class != vendor_.device_class) return {LinkAnswer::kOtherDevice};
    if (!Rules::takes_counter(record_, header)) return {LinkAnswer::kCounterTooLow};
    if (!Rules::template signed_by_vendor<C>(vendor_, firmware)) return {LinkAnswer::kSignatureWrong};
    if (running_ == target()) return {LinkAnswer::kNotAtThisStage};
    if (runs_already(header)) return {LinkAnswer::kDone, header.blocks()};
    const auto in_slot = slots_.header(target());
    const bool stands = in_slot && in_slot->header == header;
    const bool torn = record_.stage == FirmwareStage::kReceiving && !stands;
    if (record_.stage == FirmwareStage::kAuthorised || torn) {
      if (!slots_.write_header(target(), firmware)) return {LinkAnswer::kMemory};
      FirmwareRecord next = record_;
      next.stage = FirmwareStage::kReceiving;
      next.blocks = 0;
      if (!keep(next, FirmwareStage::kReceiving, by)) return {LinkAnswer::kMemory};
      next_ = 0;
    }
    // Power may have gone between the last block and the look at all of them.
    if (record_.stage == FirmwareStage::kReceiving && next_ == header.blocks()) return verify(by);
    return {LinkAnswer::kDone, next_};
  }

  /// The answer to the last block is the judgement of the whole image.
  UpdateSaid block(Instant now, const link::FirmwareBlock& block, std::uint32_t by) {
    if (lost_) return {LinkAnswer::kMemory};
    if (!Rules::authorised(record_, record_.digest, now)) return {LinkAnswer::kNotAuthorised};
    const auto firmware = slots_.header(target());
    if (!Rules::takes_blocks(record_.stage) || running_ == target() || !firmware)
      return {LinkAnswer::kNotAtThisStage};
    // All may stand already, and only the look at them be missing: behind the last comes none.
    if (block.index != next_ || next_ >= firmware->header.blocks()) return {LinkAnswer::kBlockNotNext, next_};
    const std::size_t at = block.index * link::kFirmwareBlockBytes, size = firmware->header.size;
    const std::size_t used = std::min(block.bytes.size(), size - at);
    const auto rest = std::span{block.bytes}.subspan(used);
    if (std::ranges::any_of(rest, [](std::uint8_t byte) { return byte != 0; }))
      return {LinkAnswer::kMalformed, next_};
    if (!slots_.write_block(target(), block.index, block.bytes)) return back_to_page();
    ++next_;
    const bool all = next_ == firmware->header.blocks();
    if (all || next_ % FirmwareSlots::kBlocksOfPage == 0) {
      FirmwareRecord next = record_;
      next.blocks = next_;
      if (!keep(next)) return back_to_page();
    }
    return all ? verify(by) : UpdateSaid{LinkAnswer::kDone, next_};
  }

  UpdateSaid attempt(Instant now, const link::Hash& digest, const Therapy& therapy, std::uint32_t by) {
    if (lost_) return {LinkAnswer::kMemory};
    if (!Rules::authorised(record_, digest, now)) return {LinkAnswer::kNotAuthorised};
    if (record_.stage == FirmwareStage::kTrial) return {LinkAnswer::kDone, next_};
    if (record_.stage != FirmwareStage::kVerified) return {LinkAnswer::kNotAtThisStage, next_};
    FirmwareRecord next = record_;
    next.stage = FirmwareStage::kTrial;
    next.prescription = therapy.prescription;
    next.therapy = therapy.hash;
    if (!keep(next, FirmwareStage::kTrial, by)) return {LinkAnswer::kMemory};
    restart_wanted_ = true;
    return {LinkAnswer::kDone, next_};
  }

  // ---- the board -----------------------------------------------------------------------------------------
  /// The self-test of the program that runs is over. On trial it stays, or it goes: for good both.
  void self_tested(bool passed, const Therapy& therapy) {
    if (!on_trial()) return;
    const bool same = therapy.prescription != record_.prescription || therapy.hash == record_.therapy;
    const auto firmware = slots_.header(running_);
    if (!passed || !same || !firmware) return revert();
    FirmwareRecord next = record_;
    Rules::confirm(next, firmware->header);
    keep(next, FirmwareStage::kConfirmed, 0);  // if not: it stays on trial, and its time ends that
  }
  /// What time alone ends.
  void look(Instant now) {
    if (on_trial() && !restart_wanted_ && now - booted_at_ > kTrialLasts) revert();
  }
  /// The board starts anew when it suits the motor.
  [[nodiscard]] bool restart_wanted() const { return restart_wanted_; }

  /// True: nothing of a patient's therapy stays, in none of the pages. What does not stay here is not kept
  /// again.
  bool forget() {
    if (lost_ || store_.blank()) return !lost_;
    record_.prescription = 0;
    record_.therapy = {};
    return store_.keep_alone(record_);
  }

  // ---- what it knows -------------------------------------------------------------------------------------
  /// What the journal has to be told; then that it was. A power cut between them tells it twice, never not.
  /// Of a lost record nothing is told: that it was would be kept, and the older one be the newest (INV-8).
  [[nodiscard]] std::optional<UpdateNews> news() const {
    if (last_resort_) return UpdateNews{FirmwareStage::kLastResort, 0, 0};
    if (lost_ || record_.untold == FirmwareStage::kNone) return std::nullopt;
    UpdateNews news{record_.untold, record_.by, 0};
    if (news.stage == FirmwareStage::kAuthorised) return news;  // only its hash is known
    const bool confirmed = news.stage == FirmwareStage::kConfirmed;
    if (const auto firmware = slots_.header(confirmed ? record_.runs : target()))
      news.version = firmware->header.version;
    return news;
  }
  void told() {
    if (last_resort_) {
      last_resort_ = false;
    } else {
      record_.untold = FirmwareStage::kNone;
      keep(record_);
    }
  }
  [[nodiscard]] link::FirmwareReply status(Instant now) const {
    link::FirmwareReply reply;
    reply.runs = running_;
    reply.stage = record_.stage;
    reply.digest = record_.digest;
    reply.next = next_;
    reply.counter = record_.counter;
    reply.boots = record_.boots;
    if (Rules::authorised(record_, record_.digest, now))
      reply.authorised_for = record_.authorised_at + kAuthorisationLasts - now;
    return reply;
  }
  [[nodiscard]] const FirmwareRecord& record() const { return record_; }
  [[nodiscard]] bool on_trial() const {
    return record_.stage == FirmwareStage::kTrial && running_ == target();
  }

 private:
  [[nodiscard]] link::Program target() const { return other_slot(record_.runs); }
  /// Of a header whose counter is taken: one counter is one image.
  [[nodiscard]] bool runs_already(const link::FirmwareHeader& header) const {
    return running_ == record_.runs && header.counter == record_.counter;
  }
  bool keep(const FirmwareRecord& next) {
    if (!store_.keep(next)) return false;
    record_ = next;
    return true;
  }
  bool keep(FirmwareRecord next, FirmwareStage news, std::uint32_t by) {
    next.untold = news;
    next.by = by;
    return keep(next);
  }
  /// What was not kept is not there: its page begins anew.
  UpdateSaid back_to_page() {
    next_ = record_.blocks;
    return {LinkAnswer::kMemory, next_};
  }
  /// What stands, not what came: from here on the slot takes no write.
  UpdateSaid verify(std::uint32_t by) {
    const SlotSeen seen = look_at<C, Rules>(slots_, target(), vendor_);
    FirmwareRecord next = record_;
    if (seen.whole && seen.digest == record_.digest) {
      next.stage = FirmwareStage::kVerified;
      const bool kept = keep(next, FirmwareStage::kVerified, by);
      return {kept ? LinkAnswer::kDone : LinkAnswer::kMemory, next_};
    }
    next.stage = FirmwareStage::kAuthorised;
    next.blocks = 0;
    next_ = 0;
    return {keep(next) ? LinkAnswer::kDigestDiffers : LinkAnswer::kMemory, next_};
  }
  void revert() {
    restart_wanted_ = true;
    FirmwareRecord next = record_;
    next.stage = FirmwareStage::kReverted;
    keep(next, FirmwareStage::kReverted, 0);  // if not: its starts are counted
  }

  FirmwareStore store_;
  FirmwareSlots slots_;
  const link::Vendor vendor_;
  const link::Program running_;
  FirmwareRecord record_;
  bool lost_ = false;  // no record to build on, no stage: nothing is taken any more, and what runs runs
  std::uint16_t next_ = 0;
  Instant booted_at_;
  bool restart_wanted_ = false, last_resort_ = false;
};

}  // namespace theca
