#pragma once
/// A change of the therapy that runs: what is named is changed, and all else stays as the implant has it, bit
/// by bit. Doses that were computed back and typed anew would come out a nanolitre beside themselves.

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "clinic/draft.hpp"

namespace theca {

struct AdjustedBasal {
  BasalMode mode = BasalMode::kSimpleContinuous;
  DoseRate dose;                 // simple continuous; of the fluid's first drug, as every dose here
  std::vector<OrderedDay> days;  // flex
};

/// Another drug or concentration in the reservoir.
struct AdjustedFluid {
  DrugCode drug = DrugCode::kNone;
  Concentration concentration;
};

/// A part that is not there stays. With another fluid nothing does: its basal and its boluses are said anew,
/// and what the path still holds leaves by a bridge at the dose that runs. Of the boluses, a part that is
/// there and empty takes them away.
struct Adjustment {
  std::optional<AdjustedFluid> fluid = std::nullopt;
  std::optional<AdjustedBasal> basal;
  std::optional<std::optional<OrderedSchedule>> schedule;
  std::optional<std::optional<OrderedPatientBolus>> patient;
};

struct Adjusting {
  Adjustment change;
  link::ShortId implant{};
  PumpModel model;
  std::string reason;  // why it may be outside what the library calls usual; empty: none was given
  std::uint32_t author = 0;
  std::int64_t issued_utc_s = 0;
  std::uint32_t signed_up_to = 0;  // draft.hpp
};

/// What runs, as an order in doses: only of use where parts of it are replaced and the others kept as they
/// are. Of what was given once, a prime, a bridge and a single bolus, nothing.
Order order_of(const Prescription& prescription);

/// The order that the implant would take next. What it has of limits, largest rise and the patient's pause
/// stays. Refused where nothing runs that could be changed.
std::expected<Draft, std::vector<DraftError>> adjust(const Adjusting& adjusting, const Running& running,
                                                     const Library& library);

}  // namespace theca
