#include "gateway/visit.hpp"

#include <algorithm>
#include <array>

#include "pump/flash_model.hpp"

namespace theca {

Linked<Running> read_running(LinkTalk& talk, const Reach& reach) {
  const auto status = ask(talk, reach, link::ReadStatus{});
  if (!status) return std::unexpected(status.error());
  Running running{*status, std::nullopt, std::nullopt};
  if (status->order == link::Hash{}) return running;
  const auto bytes = link::read_order(talk, link::WhichOrder::kRunning);
  const auto order = bytes ? link::read<link::Order>(*bytes) : std::nullopt;
  if (!order || link::digest_of<link::Sodium>(*bytes) != status->order)
    return std::unexpected(LinkFailure{"the order that runs could not be read back"});
  running.order = order;
  if (const auto prescription = decode(order->prescription)) running.prescription = *prescription;
  return running;
}

Linked<link::Outcome> offer_and_read_back(LinkTalk& talk, const Reach& reach, const link::OrderBytes& order,
                                          std::span<const link::SignedBy> signers) {
  const auto judged = link::offer(talk, order, link::digest_of<link::Sodium>(order), signers);
  if (!judged) return std::unexpected(failure_of(judged.error(), reach));
  if (judged->answer != LinkAnswer::kDone) return *judged;
  if (link::read_order(talk, link::WhichOrder::kOffered) != order)
    return std::unexpected(LinkFailure{"the implant reads back something else; nothing was committed"});
  return *judged;
}

namespace {

constexpr std::uint32_t kPartsOfPage = (kPageWords + link::kJournalPartWords - 1) / link::kJournalPartWords;

/// The words of one part of a page, each at its place in the page.
template <class Take>
void take_words(const link::JournalPart& part, std::uint32_t which, Take&& take) {
  for (std::uint32_t i = 0; i < link::kJournalPartWords; ++i) {
    const std::uint32_t at = which * std::uint32_t{link::kJournalPartWords} + i;
    Word word = 0;
    for (unsigned b = 0; b < 8; ++b) word |= Word{part.words[i * 8 + b]} << (8 * b);
    if (at < kPageWords) take(at, word);
  }
}

}  // namespace

Linked<JournalRead> read_journal(LinkTalk& talk, const Reach& reach) {
  FlashModel memory;
  auto part = ask(talk, reach, link::ReadJournal{0, 0});
  if (!part) return std::unexpected(part.error());
  const std::uint32_t first = part->oldest_page, last = part->newest_page;
  for (std::uint32_t page = first; page <= last; ++page) {
    for (std::uint32_t which = 0; which < kPartsOfPage; ++which) {
      part = ask(talk, reach, link::ReadJournal{page, static_cast<std::uint8_t>(which)});
      if (!part) return std::unexpected(part.error());
      take_words(*part, which,
                 [&](std::uint32_t at, Word word) { memory.put_back(Journal::address_of(page) + at, word); });
    }
  }
  Journal journal{memory};
  journal.open();
  JournalRead read{journal_jsonl(journal), {}};
  auto check = check_journal(read.jsonl);
  if (!check || !check->wrong.empty())
    return std::unexpected(
        LinkFailure{"the journal does not hold together: " + (check ? check->wrong[0] : check.error())});
  read.check = std::move(*check);
  return read;
}

Linked<PagesTold> read_pages(LinkTalk& talk, const Reach& reach, std::uint32_t from) {
  auto part = ask(talk, reach, link::ReadJournal{0, 0});
  if (!part) return std::unexpected(part.error());
  PagesTold told{part->oldest_page, part->newest_page, {}};
  for (std::uint32_t number = std::max(from, told.oldest);
       number <= told.newest && told.pages.size() < PagesTold::kMost; ++number) {
    JournalPageSaid page{number, {}};
    std::size_t written = 0;
    for (std::uint32_t which = 0; which < kPartsOfPage; ++which) {
      part = ask(talk, reach, link::ReadJournal{number, static_cast<std::uint8_t>(which)});
      if (!part) return std::unexpected(part.error());
      take_words(*part, which, [&](std::uint32_t at, Word word) {
        page.words.resize((std::size_t{at} + 1) * sizeof(Word));
        for (unsigned b = 0; b < sizeof(Word); ++b)
          page.words[at * sizeof(Word) + b] = static_cast<std::uint8_t>(word >> (8 * b));
        if (word != kErased) written = page.words.size();
      });
    }
    page.words.resize(written);
    if (written > 0) told.pages.push_back(std::move(page));  // one that took nothing was passed over
  }
  return told;
}

Linked<FillsTold> read_fills(LinkTalk& talk, const Reach& reach, Instant now) {
  /// A page takes a few seconds by radio; a patient's quarter of a year fits into these.
  constexpr std::uint32_t kMostPagesBack = 16;
  auto part = ask(talk, reach, link::ReadJournal{0, 0});
  if (!part) return std::unexpected(part.error());
  const std::uint32_t oldest = part->oldest_page, newest = part->newest_page;
  FillsTold told;
  for (std::uint32_t back = 0; back < kMostPagesBack && newest >= oldest + back; ++back) {
    std::array<Word, kPageWords> page{};
    for (std::uint32_t which = 0; which < kPartsOfPage; ++which) {
      part = ask(talk, reach, link::ReadJournal{newest - back, static_cast<std::uint8_t>(which)});
      if (!part) return std::unexpected(part.error());
      take_words(*part, which, [&](std::uint32_t at, Word word) { page.at(at) = word; });
    }
    for (std::uint32_t place = kEntriesPerPage; place-- > 0;) {
      std::array<Word, kEntryWords> words{};
      for (std::uint32_t i = 0; i < kEntryWords; ++i)
        words.at(i) = page.at(kPageHeadWords + place * kEntryWords + i);
      const auto entry = entry_of(words);
      if (!entry) continue;
      const Event& event = entry->event;
      if (event.code == EventCode::kVolumeSensed) told.sensed = Volume{event.value};
      if (event.code != EventCode::kRefilled) continue;
      told.last = FillsTold::Last{Volume{event.value}, std::max(Duration{}, now - event.at)};
      return told;
    }
  }
  return FillsTold{};
}

}  // namespace theca
