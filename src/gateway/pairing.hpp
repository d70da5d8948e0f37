#pragma once
/// An implant out of its pack, under the coil, that is about to become the clinic's.

#include <expected>
#include <optional>

#include "air/card.hpp"
#include "air/session.hpp"
#include "gateway/books.hpp"
#include "link/message.hpp"

namespace theca::gateway {

/// A session that the card has opened. It waits for what a physician asserts meanwhile.
struct OpenPairing {
  KnownImplant implant;  // without a secret yet
  SessionPtr session;
};
Linked<OpenPairing> open_with_card(const Reach& coil, const air::Card& card, const link::Key& secret);

/// The secret that the two now share. The error: what the implant said; nothing: its answer did not come.
std::expected<link::Key, std::optional<link::Outcome>> make_ours(OpenPairing& open, const link::Pair& pair);

/// Another one, for the programmer in the patient's hand; nothing: the implant made none.
std::optional<link::Key> make_patients_secret(LinkSession& session, const Reach& reach);

}  // namespace theca::gateway
