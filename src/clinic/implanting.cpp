#include "clinic/implanting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "clinic/first_order.hpp"
#include "plan/one_drug.hpp"
#include "quantity/exact.hpp"
#include "quantity/text.hpp"
#include "therapy/schedule.hpp"

namespace theca {
namespace {

constexpr int kDigits = 3;
constexpr double kSigmas = 2;

struct Geometry {
  Length lies;
  PathConstants constants;
  FluidPath path;
};

std::optional<Geometry> geometry(const Implanting& implanting, std::vector<DraftError>& errors) {
  const auto wrong = [&](const char* field, const std::string& why) {
    errors.push_back({field, why});
    return std::nullopt;
  };
  const auto constants = path_constants(implanting.pump);
  if (!constants)
    return wrong("", fmt::format("the library has no volumes of tubing and catheter for the {}",
                                 implanting.pump.name));
  if (implanting.catheter.raw() <= 0 || implanting.catheter > kLongestCatheter)
    return wrong("implant.catheter", fmt::format("a catheter of {}; 0 to {} are reckoned with",
                                                 to_text(implanting.catheter), to_text(kLongestCatheter)));
  if (implanting.cut_off.raw() < 0 || implanting.cut_off >= implanting.catheter)
    return wrong("implant.cut_off",
                 fmt::format("{} were cut off a catheter of {}; nothing of it would lie in the patient",
                             to_text(implanting.cut_off), to_text(implanting.catheter)));
  const Length lies = implanting.catheter - implanting.cut_off;
  const auto path = fluid_path(constants->tubing.value, constants->per_cm.value, lies);
  if (!path) return wrong("implant.catheter", describe(path.error()));
  return Geometry{lies, *constants, *path};
}

Duration in_ms(double hours) {
  constexpr double kMillisecondsPerHour = 3'600'000, kLongest = 1e12;
  return milliseconds(
      static_cast<std::int64_t>(std::llround(std::clamp(hours * kMillisecondsPerHour, 0.0, kLongest))));
}
/// Of a volume that passes at a rate; both of nL.
double hours_for(double volume, FlowRate rate) {
  constexpr double kHours = 24;
  return volume / static_cast<double>(rate.raw()) * kHours;
}

FirstHours hours_of(const Geometry& at, const Draft& made, Concentration c, FlowRate minimum) {
  const BolusDose& prime = made.prescription.prime;
  const RateRange basal = basal_range(made.prescription.basal, minimum);
  FirstHours out{.filled = made.filled,
                 .lies = at.lies,
                 .path = at.path,
                 .constants = at.constants,
                 .rate = prime.volume.raw() > 0 ? prime.rate : basal.lowest,
                 .given = prime.volume,
                 .in_motion = mass_in(prime.volume, c),
                 .prime_lasts = bolus_duration(prime),
                 .front = {},
                 .spread = {},
                 .first_drug = {},
                 .whole = {},
                 .shorter = {},
                 .supervised = seconds(made.prescription.supervised.lasts_s)};
  out.front = front_spread(at.lies, at.constants.per_cm.value, out.rate);
  const double per_cm = static_cast<double>(at.constants.per_cm.value.raw());
  // No front is wider than the catheter that it has gone through.
  const double catheter = static_cast<double>(at.path.catheter.raw());
  const double spread = std::min(kSigmas * out.front.sigma_cm * per_cm, catheter);
  const double path = static_cast<double>(at.path.total().raw());
  const double given = static_cast<double>(prime.volume.raw());
  out.spread = Volume{std::llround(spread)};
  const auto until = [&](double volume) {
    const double by_prime = std::min(volume, given);
    double hours = prime.volume.raw() > 0 ? hours_for(by_prime, prime.rate) : 0;
    if (volume > by_prime) hours += hours_for(volume - by_prime, basal.lowest);
    return in_ms(hours);
  };
  out.first_drug = until(path - spread);
  out.whole = until(path + spread);
  const auto less = multiply_divide(at.constants.per_cm.value.raw(), kLengthMistake.raw(),
                                    centimetres(1).raw(), Round::kNearest);
  out.shorter = path_mistake(at.path.total(), at.path.total() - Volume{less.value_or(0)}, c);
  return out;
}

void note_first_hours(Draft& made, const FirstHours& hours) {
  for (const auto& [what, constant] : {std::pair{"tubing", hours.constants.tubing},
                                       std::pair{"a centimetre of the catheter", hours.constants.per_cm}})
    if (!constant.verified)
      made.notes.push_back(fmt::format("The volume of {}, {}, was read in no source that could be verified.",
                                       what, to_text(constant.value)));
  made.notes.push_back(
      fmt::format("If the catheter is {} shorter than was said, {} reach the patient more than was meant, "
                  "before anything else.",
                  to_text(kLengthMistake), to_text(hours.shorter.mass, Rounding::significant(kDigits))));
}

}  // namespace

std::expected<FirstTherapy, std::vector<DraftError>> first_therapy(const Implanting& implanting,
                                                                   const Running& running,
                                                                   const Library& library) {
  std::vector<DraftError> errors;
  if (running.status.state != DeviceState::kShelf || running.order)
    return std::unexpected(std::vector{
        DraftError{"", "this pump has had an order already; its therapy is changed, and not begun"}});
  const DrugEntry* drug = library.find_drug(implanting.fluid.drug);
  if (drug == nullptr) errors.push_back({"fluid", "the drug library has no such drug"});
  if (implanting.filled.raw() <= 0 || implanting.filled > implanting.model.capacity)
    errors.push_back(
        {"implant.filled", fmt::format("{} were filled in; the pump holds up to {}",
                                       to_text(implanting.filled), to_text(implanting.model.capacity))});
  const auto at = geometry(implanting, errors);
  if (!errors.empty() || !at || drug == nullptr) return std::unexpected(std::move(errors));
  const Volume moved = implanting.prime ? at->path.total() : Volume{};
  if (implanting.filled <= moved)
    return std::unexpected(std::vector{
        DraftError{"implant.filled", fmt::format("{} were filled in, and the prime alone gives {}",
                                                 to_text(implanting.filled), to_text(moved))}});

  Order therapy;
  therapy.formulation = formulation_of(*drug, implanting.fluid.concentration, 1);
  therapy.drug = implanting.fluid.drug;
  therapy.mode = implanting.basal.mode;
  therapy.dose = implanting.basal.dose;
  therapy.days = implanting.basal.days;
  therapy.patient = implanting.patient;
  therapy.zone = implanting.zone;
  if (implanting.prime) therapy.prime.emplace();
  auto made = draft({.therapy = std::move(therapy),
                     .implant = implanting.implant,
                     .model = implanting.model,
                     .ceilings = std::nullopt,
                     .largest_rise_ppm = kFirstLargestRisePpm,
                     .patient_may_pause = false,
                     .reason = implanting.reason,
                     .author = implanting.author,
                     .issued_utc_s = implanting.issued_utc_s,
                     .signed_up_to = implanting.signed_up_to,
                     .filled = implanting.filled,
                     .path = at->path,
                     .contents = PathContents{Formulation{}, at->path.total()},
                     .low_alarm = implanting.model.low_alarm},
                    running, library);
  if (!made) return std::unexpected(std::move(made.error()));
  const FirstHours hours =
      hours_of(*at, *made, implanting.fluid.concentration, implanting.model.minimum_rate);
  note_first_hours(*made, hours);
  return FirstTherapy{std::move(*made), hours};
}

}  // namespace theca
