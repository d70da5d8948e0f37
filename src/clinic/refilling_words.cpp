// The steps of a refill in words, and when the next one is due.
#include <fmt/format.h>

#include <algorithm>

#include "clinic/order_rows.hpp"
#include "clinic/refilling.hpp"
#include "plan/stability.hpp"
#include "quantity/text.hpp"

namespace theca {
namespace {

struct Telling {
  const Library& library;
  std::string operator()(const LabelRead& s) const {
    std::string drugs;
    for (const LabelDrug& one : s.drugs) {
      const DrugEntry* entry = library.find_drug(one.drug);
      drugs += fmt::format("{}{} {}", drugs.empty() ? "" : ", ", entry == nullptr ? "a drug" : entry->name,
                           to_text(one.concentration));
    }
    return fmt::format("The syringe's label was read: {}, lot {}, to be used by {:04}-{:02}-{:02}.", drugs,
                       s.lot, int{s.expires.year()}, unsigned{s.expires.month()}, unsigned{s.expires.day()});
  }
  std::string operator()(const SyringeConfirmed&) const {
    return "The syringe was read by a second person as well, and held against the program.";
  }
  std::string operator()(const PortFound&) const {
    return "The needle stands over the filling port, in the middle.";
  }
  std::string operator()(const TakenOut& s) const {
    return fmt::format("{} were taken out.", to_text(s.volume));
  }
  std::string operator()(const LookedAt& s) const { return "What came out does not fit: " + s.note; }
  std::string operator()(const NeedleProven& s) const {
    return fmt::format("To prove the needle {} were put in, and {} came back.", to_text(s.in),
                       to_text(s.back));
  }
  std::string operator()(const PortionIn& s) const {
    return fmt::format("{} were filled in.", to_text(s.volume));
  }
  std::string operator()(const AllIn&) const { return "Nothing more goes in."; }
  std::string operator()(const FillStated&) const { return "What the pump is to count was written down."; }
  std::string operator()(const PumpTold&) const { return "The pump counts what is in it now."; }
  std::string operator()(const VolumeSensed& s) const {
    return fmt::format("The pump's fill sensor reads {}.", to_text(s.volume));
  }
  std::string operator()(const PatientWatched& s) const {
    return s.signs ? "Signs of drug beside the pump: " + s.note
                   : "The patient was watched: no signs of drug beside the pump." +
                         (s.note.empty() ? std::string{} : " " + s.note);
  }
  std::string operator()(const BrokenOff& s) const {
    return fmt::format(
        "Broken off{}: {}",
        s.left ? fmt::format(", with {} of the old fluid still in the pump", to_text(*s.left)) : "", s.why);
  }
  std::string operator()(const LeftUntold& s) const { return "The pump was not told: " + s.why; }
};

}  // namespace

std::string words_of(const RefillStep& step, const Library& library) {
  return std::visit(Telling{library}, step);
}

std::optional<Refill> next_refill(const Prescription& prescription, const PumpModel& model, Volume holds,
                                  Volume alarm, const Library& library) {
  const Component& drug = prescription.formulation.components[0];
  const Concentration c = drug.concentration;
  // Boluses by the clock come every day, like the basal dose.
  const BolusSchedule& clock = prescription.schedule;
  const std::int64_t day_s = days(1).raw() / seconds(1).raw();
  const std::int64_t a_day =
      clock.kind == ScheduleKind::kInterval
          ? (day_s + clock.interval_s - 1) / std::max<std::int64_t>(clock.interval_s, 1)
          : clock.count;
  const Mass clocked = clock.kind == ScheduleKind::kNone ? Mass{} : mass_in(clock.dose.volume, c) * a_day;
  RefillRequest request{.fill = holds,
                        .alarm = alarm,
                        .concentration = c,
                        .dose = DoseRate{daily_dose(prescription, model.minimum_rate).raw() + clocked.raw()},
                        .bolus = mass_in(prescription.patient.dose.volume, c),
                        .allotted = prescription.patient.allotted,
                        .window = seconds(prescription.patient.window_s),
                        .accuracy_ppm = model.accuracy_ppm,
                        .stability = std::nullopt,
                        .replacement = std::nullopt};
  if (prescription.formulation.count == 1) {
    if (const DrugEntry* entry = library.find_drug(drug.drug)) {
      if (const auto* keeps = shortest_stability(*entry, c, /*naive_pump=*/false, {}))
        request.stability = keeps->value.period;
    }
  }
  const auto planned = plan_refill(request, model);
  return planned ? std::optional{*planned} : std::nullopt;
}

}  // namespace theca
