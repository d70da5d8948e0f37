#pragma once
/// Break-glass: what anybody whose coil is held to the skin may do without a key (docs/protocol.md): look,
/// and lower.

#include <optional>

#include "air/session.hpp"
#include "link/message.hpp"

namespace theca {

Linked<link::PageReply> look_by_coil(const Reach& reach);

struct Lowered {
  std::optional<link::Outcome> outcome;  // nothing: no answer came, and it may be done all the same
  std::optional<link::PageReply> page;   // a second later; nothing: it could not be read
};
/// Less drug for the time that was signed. Fails when nothing was asked.
Linked<Lowered> lower_by_coil(const Reach& reach);

}  // namespace theca
