#pragma once
/// What runs in an implant, as it says itself.

#include <optional>

#include "link/message.hpp"
#include "link/order.hpp"
#include "therapy/prescription.hpp"

namespace theca {

struct Running {
  link::StatusReply status;
  std::optional<link::Order> order;          // none: nothing was ever ordered, or it was lost
  std::optional<Prescription> prescription;  // the order's, decoded
};

}  // namespace theca
