#pragma once
/// What a visit reads from an implant and hands over to it.

#include <span>
#include <string>

#include "air/session.hpp"
#include "clinic/running.hpp"
#include "clinic/visiting.hpp"
#include "link/order_talk.hpp"
#include "world/journal_file.hpp"

namespace theca {

/// Fails when the order that runs cannot be read back as its digest says.
Linked<Running> read_running(LinkTalk& talk, const Reach& reach);

/// Offers the order and reads back what the implant has decoded: done only when that is the same, byte by
/// byte. Nothing is committed.
Linked<link::Outcome> offer_and_read_back(LinkTalk& talk, const Reach& reach, const link::OrderBytes& order,
                                          std::span<const link::SignedBy> signers);

/// The pump's own journal, whole and in order (docs/journal.md).
struct JournalRead {
  std::string jsonl;
  JournalCheck check;
};
Linked<JournalRead> read_journal(LinkTalk& talk, const Reach& reach);

/// At most PagesTold::kMost pages from this one on, or from the oldest that stands.
Linked<PagesTold> read_pages(LinkTalk& talk, const Reach& reach, std::uint32_t from);

/// The last fill, and what the fill sensor read behind it, of the newest kMostPagesBack pages.
Linked<FillsTold> read_fills(LinkTalk& talk, const Reach& reach, Instant now);

}  // namespace theca
