#pragma once
/// What was sent to a pump, and what became of it: confirmed, failed for certain, unknown until the pump's
/// own number settles it, or refused by the clinic itself before anybody had signed it.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "clinic/database.hpp"

namespace theca::records {

enum class SendState : std::uint8_t { kPending = 0, kConfirmed, kFailed, kUnknown, kRefused };
const char* word_of(SendState state);
/// kSpoilt for a word that is none of them.
Recorded<SendState> send_state_of(const std::string& word);

struct SendWish {
  PumpId pump;
  std::optional<DraftId> draft;                 // of the same pump
  std::string intent;                           // a word of the catalogue in a-z and spaces, to 40; no prose
  std::array<std::uint8_t, 32> order_digest{};  // of the signed order
};

struct Send {
  SendId id;
  PatientId patient;
  SendWish wish;
  RequestId request;
  PersonId by;
  SendState state = SendState::kPending;
  std::int64_t begun_ms = 0;
  std::optional<std::int64_t> settled_ms;
};

/// Pending. The same request gives the same send, however often it is asked.
Recorded<SendId> begin_send(Database& database, const Actor& actor, const RequestId& request,
                            const SendWish& wish);
/// From pending to any other, from unknown to confirmed or failed, from refused to failed; kConflict else:
/// what is certain stays. `only_from`: kConflict from any other, for whoever may not be the only one who is
/// at it.
Recorded<void> settle_send(Database& database, const Actor& actor, const RequestId& request, SendId id,
                           SendState state, std::optional<SendState> only_from = std::nullopt);
Recorded<Send> send(Database& database, const Actor& actor, SendId id);
/// The newest first.
Recorded<std::vector<Send>> sends_of(Database& database, const Actor& actor, PumpId pump);

}  // namespace theca::records
