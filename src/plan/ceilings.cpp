#include "plan/ceilings.hpp"

#include <algorithm>
#include <optional>

#include "quantity/exact.hpp"
#include "quantity/text.hpp"
#include "therapy/schedule.hpp"

namespace theca {
namespace {

constexpr std::int64_t kMarginPercent = 125;

/// What the library allows of the fluid, as a flow.
struct Highest {
  FlowRate flow;
  std::string said;
};

std::optional<Highest> highest_of(const Formulation& fluid, const Library& library) {
  std::optional<Highest> lowest;
  for (const Component& part : fluid.parts()) {
    const DrugEntry* drug = library.find_drug(part.drug);
    if (drug == nullptr || drug->max_per_day.empty() || part.concentration.raw() == 0) continue;
    const DoseRate dose =
        std::ranges::max_element(drug->max_per_day, {}, [](const auto& max) { return max.value; })->value;
    const FlowRate flow = flow_for(dose, part.concentration);
    if (!lowest || flow < lowest->flow) lowest = {flow, to_text(dose) + " of " + drug->name};
  }
  return lowest;
}

}  // namespace

ProposedCeilings propose_ceilings(const Prescription& prescription, const PumpModel& model,
                                  const Library* library) {
  const auto worst = [&](Duration window) {
    return worst_case_volume(prescription, model.minimum_rate, window);
  };
  const auto in_steps = [&](Volume volume) {
    return model.step * std::max<std::int64_t>(1, divide_up(volume.raw(), model.step.raw()));
  };
  const auto most = [&](Duration window) {
    return std::min(in_steps(Volume{worst(window).raw() * kMarginPercent / 100}),
                    Amount::over(model.max_flow, window).floor());
  };
  constexpr Duration kHour = hours(1) + kHourBucket, kDay = days(1) + kDayBucket,
                     kThirtyDays = days(30) + kThirtyDayBucket;
  ProposedCeilings proposed{{most(kHour), most(kDay), most(kThirtyDays)}, {}};
  Ceilings& c = proposed.ceilings;
  c.day = std::max(c.day, c.hour);
  c.thirty_days = std::max(c.thirty_days, c.day);
  const auto highest =
      library != nullptr ? highest_of(prescription.formulation, *library) : std::optional<Highest>{};
  if (!highest) return proposed;
  // One step more: the highest dose itself fits, wherever its steps fall in the window.
  const auto held = [&](Duration window) {
    return in_steps(Amount::over(highest->flow, window).floor()) + model.step;
  };
  if (worst(kDay) > held(kDay) || worst(kThirtyDays) > held(kThirtyDays)) proposed.held_low = highest->said;
  c.hour = std::min(c.hour, held(kDay));
  c.day = std::min(c.day, held(kDay));
  c.thirty_days = std::min(c.thirty_days, held(kThirtyDays));
  return proposed;
}

}  // namespace theca
