#pragma once
/// The first therapy of a pump that was just implanted: the catheter as it lies, the fluid that was filled
/// in, the prime that brings it to the tip, and the doses (docs/implant.md).

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "clinic/adjusting.hpp"
#include "plan/fluid_path.hpp"
#include "plan/prime.hpp"

namespace theca {

/// No longer catheter is reckoned with. Theca's own, not verified: it is there so that 80 cm are not 800.
inline constexpr Length kLongestCatheter = centimetres(150);
/// What a length on the table is taken to be wrong by, to show what that would mean.
inline constexpr Length kLengthMistake = centimetres(5);

struct Implanting {
  Length catheter;  // as it came out of the package
  Length cut_off;   // of it
  AdjustedFluid fluid;
  Volume filled;      // is in the pump
  bool prime = true;  // else the fluid reaches the tip at the basal rate
  Zone zone;          // of the patient
  AdjustedBasal basal;
  std::optional<OrderedPatientBolus> patient;
  link::ShortId implant{};
  const PumpEntry& pump;
  PumpModel model;  // of `pump`
  std::string reason;
  std::uint32_t author = 0;
  std::int64_t issued_utc_s = 0;
  std::uint32_t signed_up_to = 0;  // draft.hpp
};

/// What the first hours bring, for people to see. `front` is reckoned for the catheter alone and by an
/// assumed diffusion (plan/prime.hpp): no dose comes of it.
struct FirstHours {
  Volume filled;
  Length lies;  // of the catheter in the patient
  FluidPath path;
  PathConstants constants;
  FlowRate rate;         // of the prime; of the basal where there is none
  Volume given;          // by the prime, whole steps
  Mass in_motion;        // of the first drug, in that volume
  Duration prime_lasts;  // 0: no prime
  FrontSpread front;     // at `rate`
  Volume spread;         // two standard deviations of the front, on each side
  Duration first_drug;   // until the foremost of it leaves the tip
  Duration whole;        // until the tip gives the fluid as it is in the pump
  PathMistake shorter;   // the catheter is `kLengthMistake` shorter than was said: into the patient
  Duration supervised;
};

struct FirstTherapy {
  Draft draft;
  FirstHours hours;
};

/// All that is wrong with it, each with its field ("implant.catheter", "dose"), or the order that the implant
/// on the shelf would take.
std::expected<FirstTherapy, std::vector<DraftError>> first_therapy(const Implanting& implanting,
                                                                   const Running& running,
                                                                   const Library& library);

}  // namespace theca
