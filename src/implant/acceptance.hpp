#pragma once
/// Is a signed order one that this implant may take now? Asked when it is offered and again when it is
/// committed. What the pump itself has against it comes after.

#include <cstdint>
#include <optional>

#include "link/message.hpp"
#include "pump/pump.hpp"

namespace theca {

struct OrderBackground {
  const Pump& pump;
  link::ShortId implant{};
  link::Hash running{};               // digest of the order that runs; zeros: none
  std::optional<link::Order> before;  // that order, where it is known
  std::size_t signers = 1;
};

struct Judged {
  link::Outcome outcome;  // kDone: nothing against it
  Prescription prescription;
};
Judged judge(const link::Order& order, const OrderBackground& background);

/// Besides a rise that is too large: higher ceilings, a larger rise at the next visit and another fluid each
/// want a second signer. Two rises by one signer are at least so far apart, or they are one visit's: within
/// it a dose may go down, and up again only with a second signer.
inline constexpr Duration kVisit = hours(12);

/// The largest rise of any drug's worst day from one prescription to another, where `allowed_ppm` is broken:
/// true. A drug that was not given before rises beyond all bounds. The single bolus of `from` is no dose of a
/// day: what was given once makes no room for what is given for good.
bool rises_too_far(const Prescription& from, const Prescription& to, FlowRate minimum_rate,
                   std::uint32_t allowed_ppm);

}  // namespace theca
