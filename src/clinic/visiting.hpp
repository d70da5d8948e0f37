#pragma once
/// What is said to the gateway and what it says: one line of JSON each way. docs/gateway.md

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "clinic/kept_journal.hpp"
#include "clinic/running.hpp"
#include "clinic/signing.hpp"
#include "link/dialogue.hpp"
#include "link/order.hpp"
#include "link/order_talk.hpp"

namespace theca {

/// "What does this implant say?" Changes nothing.
struct ReadImplant {
  link::ShortId implant{};
};

/// "Hand this order over": offered, read back, and committed where the implant has decoded the same bytes.
struct SendOrder {
  link::OrderBytes order{};
  std::vector<link::SignedBy> signatures;  // as the signer gave them
  CertificateBytes pass{};                 // as the signer gave it: for this implant
  std::uint32_t sequence = 0;              // of the implant's changes, as it was read
  std::uint32_t intent = 0;                // names this change; never 0
  link::Bedside bedside;                   // nothing filled: no fill comes with it
};

/// "What became of that change?"
struct SettleSend {
  link::ShortId implant{};
  link::Hash digest{};                     // of the order
  std::uint32_t sequence = 0, intent = 0;  // as they were sent
};

/// "Count this as what is in you now": more of the fluid that it holds, under the order that runs.
struct FillImplant {
  link::ShortId implant{};
  CertificateBytes pass{};  // as the signer gave it: for this implant
  std::uint32_t sequence = 0, intent = 0;
  std::uint32_t fluid = 0;  // that the reservoir holds
  link::Bedside bedside;
};

/// "What became of that fill?"
struct SettleFill {
  link::ShortId implant{};
  std::uint32_t sequence = 0, intent = 0;  // as they were told
};

/// "When were you filled last, and what has your fill sensor read since?" By the implant's own journal.
struct LookBack {
  link::ShortId implant{};
};

/// "What stands in your journal from this page on?" The oldest that stands where that one is gone.
struct ReadPages {
  link::ShortId implant{};
  std::uint32_t from = 0;
};

/// "Give less, for the time that was signed": break-glass, which needs no pass. Asked for again it lasts
/// anew.
struct LowerImplant {
  link::ShortId implant{};
};

/// "Who lies under the coil?" With the card of its pack: a session that is kept for PairImplant.
struct BeginPairing {
  link::ShortId implant{};
  link::Key public_key{}, secret{};  // as they stand on the card
};

/// "Make it ours", in that session, with what the signer gave.
struct PairImplant {
  link::ShortId implant{};
  SealedPair pairing;
  CertificateBytes pass{};  // for the first session behind it, which makes the card worthless
};

using VisitRequest = std::variant<ReadImplant, SendOrder, SettleSend, FillImplant, SettleFill, LookBack,
                                  ReadPages, LowerImplant, BeginPairing, PairImplant>;

/// As the implant said it, byte by byte.
struct ImplantSaid {
  std::array<std::uint8_t, link::kWireBytes<link::StatusReply>> status{};
  std::optional<link::OrderBytes> order;  // that runs, with the digest that the status names
};

struct SendOutcome {
  link::Delivery delivery = link::Delivery::kUncertain;
  std::string message;  // the implant's words, or why it is not known
  /// Confirmed: what the implant says it runs, read back once more; nothing when it could not be read.
  std::optional<link::OrderBytes> runs;
};

/// Of the newest pages of the implant's journal.
struct FillsTold {
  struct Last {
    Volume holds;  // what the implant was told that it holds
    Duration ago;
  };
  std::optional<Last> last;      // nothing: the pages that were read reach no fill
  std::optional<Volume> sensed;  // by the fill sensor, the first reading behind that fill; nothing: none
};

/// Pages of the implant's journal, as they stand there (docs/journal.md).
struct PagesTold {
  static constexpr std::size_t kMost = 2;  // as many as go into a line
  std::uint32_t oldest = 0, newest = 0;    // that stand
  std::vector<JournalPageSaid> pages;      // one behind the other
};

/// The implant belongs to nobody, and listens.
struct PairingBegun {
  std::array<std::uint8_t, link::kWireBytes<link::StatusReply>> status{};
  link::NearFieldNonce number{};  // of the coil, for the statement that is asserted
};

/// Nothing was done with the implant, and why: a sentence.
struct NoVisit {
  std::string why;
};
using VisitAnswer =
    std::expected<std::variant<ImplantSaid, SendOutcome, FillsTold, PagesTold, PairingBegun>, NoVisit>;

inline constexpr std::size_t kMostVisitBytes = 16'384;  // a line, either way

/// "confirmed", "failed", "unknown".
const char* name_of(link::Delivery delivery);

/// Nothing where the bytes are no status, or no order.
std::optional<Running> running_of(const ImplantSaid& said);

// Without the end of the line. Errors are sentences.
std::string text_of(const VisitRequest& request);
std::expected<VisitRequest, std::string> parse_visit_request(std::string_view line);
std::string text_of(const VisitAnswer& answer);
std::expected<VisitAnswer, std::string> parse_visit_answer(std::string_view line);

}  // namespace theca
