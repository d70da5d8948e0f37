#pragma once
/// Images and their vendor, and a board that starts what the boot stage says: an update without the link.

#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "implant/implant_testing.hpp"
#include "implant/update.hpp"

namespace theca::example {

struct Firmware {
  link::SignedFirmware head;
  std::vector<std::uint8_t> bytes;

  [[nodiscard]] link::Hash digest() const { return link::digest_of<Sodium>(head.header); }
  [[nodiscard]] std::uint16_t blocks() const { return head.header.blocks(); }
  [[nodiscard]] link::FirmwareBlock block(std::uint16_t index) const {
    link::FirmwareBlock block{index, {}};
    for (std::size_t i = 0; i < block.bytes.size(); ++i) {
      const std::size_t at = index * link::kFirmwareBlockBytes + i;
      if (at < bytes.size()) block.bytes[i] = bytes[at];
    }
    return block;
  }
};

inline void sign(Firmware& firmware, std::uint8_t first, std::uint8_t second) {
  std::size_t i = 0;
  for (const std::uint8_t key : {first, second})
    firmware.head.signatures[i++] = {key, link::sign_firmware(vendor_seed(key), firmware.head.header)};
}

/// Every version has bytes of its own.
inline Firmware firmware(std::uint32_t version, std::uint16_t counter, std::size_t size) {
  Firmware made;
  std::mt19937_64 random{version * 1'000'003ULL + counter};
  made.bytes.resize(size);
  for (std::uint8_t& byte : made.bytes) byte = static_cast<std::uint8_t>(random());
  link::FirmwareHeader& header = made.head.header;
  header.device_class = a_vendor().device_class;
  header.version = version;
  header.counter = counter;
  header.size = static_cast<std::uint32_t>(size);
  const std::array<link::Bytes, 1> parts{link::Bytes{made.bytes}};
  header.image = Sodium::sha256(parts);
  sign(made, 0, 2);
  return made;
}

/// The bytes that stand in a slot behind its header.
inline std::vector<std::uint8_t> in_slot(const Nvm& nvm, link::Program slot, std::size_t size) {
  const std::uint32_t first =
      kFirmwareSlotPage + (slot == link::Program::kSlotB ? kFirmwareSlotPages : 0) + 1;
  std::vector<std::uint8_t> out(size);
  for (std::size_t i = 0; i < size; ++i) {
    const Word word = nvm.read(word_of_page(first) + static_cast<std::uint32_t>(i / 8));
    out[i] = static_cast<std::uint8_t>(word >> (8 * (i % 8)));
  }
  return out;
}

inline const Therapy kSameTherapy{3, {9}};
inline constexpr std::uint32_t kRecordPages = TwinPages::kPlaces * TwinPages::kPagesOfPlace;

template <class Rules = UpdateRules>
class Board {
 public:
  Board() : flash_(std::make_unique<FlashModel>()) { start(); }
  Board(const Board& other) : now(other.now), flash_(other.flash_->clone()) { start(); }

  /// Power goes and is back.
  void start() {
    if constexpr (requires { Rules::power_goes(); }) Rules::power_goes();
    flash_->power_on();
    running_ = boot_stage<Sodium, Rules>(*flash_, vendor_);
    update_.emplace(*flash_, vendor_, running_);
    update_->boot(now);
    tell();
  }
  /// As the implant's handlers do it: what has happened is told at once.
  template <class Call>
  UpdateSaid call(Call&& call) {
    const UpdateSaid said = call(*update_);
    tell();
    return said;
  }
  UpdateSaid authorise(const Firmware& f) { return authorise(f.digest()); }
  UpdateSaid authorise(const link::Hash& digest) {
    return call([&](auto& update) { return update.authorise(now, digest, kPhysician); });
  }
  UpdateSaid offer(const Firmware& f) {
    return call([&](auto& update) { return update.offer(now, f.head, kService); });
  }
  UpdateSaid block(const link::FirmwareBlock& block) {
    return call([&](auto& update) { return update.block(now, block, kService); });
  }
  UpdateSaid attempt(const Firmware& f) {
    return call([&](auto& update) { return update.attempt(now, f.digest(), kSameTherapy, kService); });
  }
  void self_tested(bool passed, const Therapy& therapy = kSameTherapy) {
    update_->self_tested(passed, therapy);
    tell();
  }
  void pass(Duration time) {
    now = now + time;
    update_->look(now);
    tell();
  }
  bool forget() { return update_->forget(); }
  /// Block after block, from the one that the implant names.
  UpdateSaid send(const Firmware& f) {
    UpdateSaid said = offer(f);
    while (said.answer == LinkAnswer::kDone && said.next < f.blocks()) said = block(f.block(said.next));
    return said;
  }
  /// From wherever it is to the firmware confirmed; stops where power goes.
  bool bring(const Firmware& f) {
    if (stage() != FirmwareStage::kTrial || !update_->on_trial()) {
      if (record().image == f.head.header.image) return true;
      if (update_->restart_wanted()) restart();
      for (const auto answer : {authorise(f).answer, send(f).answer, attempt(f).answer})
        if (answer != LinkAnswer::kDone) return false;
      if (flash_->cut()) return false;
      restart();
    }
    self_tested(true);
    return stage() == FirmwareStage::kConfirmed;
  }
  /// The board starts anew; power that has gone stays gone.
  void restart() {
    if (flash_->cut()) return;
    running_ = boot_stage<Sodium, Rules>(*flash_, vendor_);
    update_.emplace(*flash_, vendor_, running_);
    update_->boot(now);
    tell();
  }

  [[nodiscard]] FirmwareStage stage() const { return update_->record().stage; }
  [[nodiscard]] const FirmwareRecord& record() const { return update_->record(); }
  [[nodiscard]] link::FirmwareReply status() const { return update_->status(now); }
  [[nodiscard]] link::Program running() const { return running_; }
  [[nodiscard]] bool wants_restart() const { return update_->restart_wanted(); }
  FlashModel& flash() { return *flash_; }
  /// From now on the record takes nothing.
  void stick_record() {
    for (std::uint32_t page = 0; page < kRecordPages; ++page) flash_->stick(kFirmwareRecordPage + page);
  }
  [[nodiscard]] bool runs(const Firmware& f) const {
    return running_ != link::Program::kMade && in_slot(*flash_, running_, f.bytes.size()) == f.bytes;
  }
  static constexpr std::uint32_t kPhysician = 11, kService = 12;
  Instant now;
  std::vector<UpdateNews> journal;

 private:
  void tell() {
    while (const auto news = update_->news()) {
      if (flash_->cut()) return;
      journal.push_back(*news);
      update_->told();
    }
  }
  link::Vendor vendor_ = a_vendor();
  std::unique_ptr<FlashModel> flash_;
  link::Program running_ = link::Program::kMade;
  std::optional<Update<Sodium, Rules>> update_;
};

}  // namespace theca::example
