#pragma once
/// The door to a stored pump's inside: builds it from its memory without telling it that power was gone, and
/// does to a memory what a faulty store would.

#include <memory>
#include <vector>

#include "pump/flash_model.hpp"
#include "pump/image.hpp"
#include "pump/stored_pump.hpp"

namespace theca {

struct StoredPumpTestAccess {
  /// Every lasting field of the pump, as words.
  static std::vector<Word> image(const Pump& pump) {
    FlashModel paper;
    RecordWriter writer{paper, 0, kSlotWords};
    Image::write(pump, writer);
    std::vector<Word> words;
    for (std::uint32_t i = 0; i < writer.next(); ++i) words.push_back(paper.read(i));
    return words;
  }
  /// The words of one record of it.
  static std::vector<Word> record(const Pump& pump, RecordId id) {
    FlashModel paper;
    RecordWriter writer{paper, 0, kSlotWords};
    Image::write(pump, writer);
    const RecordPlace place = writer.places()[static_cast<std::size_t>(id)].value();
    std::vector<Word> words;
    for (std::uint32_t i = 0; i < place.words; ++i) words.push_back(paper.read(place.first + i));
    return words;
  }
  /// What a boot rebuilds, before it is told of the power cut. Nothing when something was lost.
  static std::unique_ptr<StoredPump> rebuilt(const PumpModel& model, FlashModel& memory) {
    auto stored = std::make_unique<StoredPump>(model, memory);
    if (stored->store_.find() != Store::Found::kState) return nullptr;
    stored->journal_.open();
    const auto restored = stored->restore();
    if (restored.lost.any() || !restored.keeper) return nullptr;
    stored->account(stored->outbox_, 0);
    if (!stored->store_.replay([&](const LoggedCall& call) { stored->make_again(call); })) return nullptr;
    return stored;
  }
  /// The next generation counts although nobody finished it.
  static void commit_next(FlashModel& memory) {
    Store store{memory};
    if (store.find() != Store::Found::kState) return;
    const std::uint32_t next = store.generation() + 1;
    for (std::size_t copy = 0; copy < kCopies; ++copy)
      memory.program(Store::commit_address(next, copy), Store::commit_word(next));
  }
  /// The entry `back` places before the end turns into nothing readable.
  static void spoil_entry(FlashModel& memory, std::uint32_t back) {
    Journal journal{memory};
    journal.open();
    for (std::uint32_t word = 0; word < kEntryWords; ++word)
      memory.program(Journal::address_of(journal.newest_page(), journal.place_ - back) + word, 0);
  }
  /// The pump itself, to be meddled with.
  static Pump& pump(StoredPump& stored) { return stored.pump_; }
  static std::uint32_t place_in_log(const StoredPump& pump) { return pump.store_.log_next_; }
  static std::uint32_t log_address(const StoredPump& pump, std::uint32_t place) {
    return pump.store_.log_address(place);
  }
  static std::uint32_t slot_address(std::uint32_t generation, std::size_t copy) {
    return word_of_page(Store::slot_page(generation, copy));
  }
};

}  // namespace theca
