#pragma once
/// A therapy made into the order that an implant would take, from what the implant says it is doing. Nothing
/// is signed or sent here.

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "clinic/running.hpp"
#include "plan/library.hpp"
#include "plan/limits.hpp"
#include "plan/order.hpp"
#include "therapy/pump_model.hpp"

namespace theca {

/// How long break-glass holds delivery low, unless somebody asks for something else.
inline constexpr std::uint32_t kUsualHoldS = 4 * 3'600;

struct Wanted {
  Order therapy;  // its number is set here, and its fluid's where that stays
  link::ShortId implant{};
  PumpModel model;
  std::optional<Ceilings> ceilings;  // default: those that stand; proposed where another fluid comes
  std::uint32_t largest_rise_ppm = 0;
  bool patient_may_pause = false;
  std::string reason;  // why it may be outside what the library calls usual; empty: none was given
  std::uint32_t author = 0;
  std::int64_t issued_utc_s = 0;
  std::uint32_t signed_up_to = 0;  // numbers that the signer may have given away for orders that never ran
  Volume filled;                   // where the order comes with a fill
  /// Of a first order. Later the implant tells them.
  FluidPath path;
  PathContents contents;
  Volume low_alarm;
  /// Puts back what stays as it runs, before anything is held against the library; adjusting.hpp.
  std::function<void(Prescription&)> kept = [](Prescription&) {};
};

struct DraftError {
  std::string key;  // of the therapy: "dose", "patient_bolus.dose"; empty: the order as a whole
  std::string message;
};

struct Draft {
  link::Order order;
  Prescription prescription;
  Volume filled;                   // zero: no fill comes with it
  std::vector<std::string> notes;  // one sentence each: roundings, what is unusual
  std::vector<Finding> findings;   // of the library, the gravest first; none of them hard
};

/// All that is wrong with it, or the draft. A hard limit refuses; a soft one asks for a reason.
std::expected<Draft, std::vector<DraftError>> draft(const Wanted& wanted, const Running& running,
                                                    const Library& library);

}  // namespace theca
