#pragma once
/// A change of what an implant does, and what became of it: never "failed" while it is not known.

#include <functional>
#include <optional>
#include <type_traits>

#include "air/session.hpp"
#include "catalogue/role.hpp"
#include "link/order_talk.hpp"

namespace theca {

struct Told {
  link::Delivery delivery = link::Delivery::kConfirmed;
  std::optional<link::Outcome> outcome;
  Duration possible_in{};  // of a dose that was refused: when it may be asked for again
};

/// A session like the one that broke off.
using OpenAgain = std::function<Linked<SessionPtr>()>;

/// What an implant says later about a change whose answer was lost.
template <class M>
link::Delivery settled(LinkTalk& talk, const Reach& reach, Role role, const M& message) {
  if constexpr (std::is_same_v<M, link::RequestBolus>) {
    const auto own = ask(talk, reach, link::ReadOwn{});
    return own ? link::settle(message, own->last_request, own->last_refusal) : link::Delivery::kUncertain;
  } else if (role == Role::kPatient) {
    const auto own = ask(talk, reach, link::ReadOwn{});
    return own ? link::settle(message, own->sequence, own->intent) : link::Delivery::kUncertain;
  } else {
    const auto status = ask(talk, reach, link::ReadStatus{});
    return status ? link::settle(message, status->sequence, status->intent) : link::Delivery::kUncertain;
  }
}

/// Sends a change; when its answer is lost, asks in a new session what became of it. `session` is gone then.
template <class M>
Told change(SessionPtr& session, const OpenAgain& again, const Reach& reach, Role role, const M& message) {
  if (const auto said = session->talk.change(message))
    return {link::is_done(*said) ? link::Delivery::kConfirmed : link::Delivery::kFailed, *said};
  session.reset();
  const auto anew = again();
  return {anew ? settled((*anew)->talk, reach, role, message) : link::Delivery::kUncertain, std::nullopt};
}

/// A number that names a change; drawn at random, never 0.
std::uint32_t new_intent();

}  // namespace theca
