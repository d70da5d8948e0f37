#include "plan/limits.hpp"

#include <algorithm>
#include <array>

#include "plan/programmable.hpp"
#include "quantity/exact.hpp"
#include "quantity/text.hpp"
#include "therapy/schedule.hpp"

namespace theca {
namespace {

constexpr std::int64_t kMillion = 1'000'000;
constexpr std::int64_t kDaysInWeek = 7;

Severity severity_of(LimitKind kind) {
  switch (kind) {
    case LimitKind::kHard:
      return Severity::kHard;
    case LimitKind::kSoft:
      return Severity::kSoft;
    case LimitKind::kInformation:
      break;
  }
  return Severity::kNote;
}

/// "PACC 2012, not verified"; "label, US, opioid-naive"
template <class T>
std::string pedigree(const Sourced<T>& from) {
  std::string text;
  const auto add = [&text](std::string_view part) {
    if (part.empty()) return;
    if (!text.empty()) text += ", ";
    text += part;
  };
  add(from.edition);
  add(from.jurisdiction);
  add(from.population);
  if (text.empty()) {
    for (const std::string& source : from.sources) add(source);
  }
  if (!from.verified) add("not verified");
  return text;
}

/// A dose that comes of a rounded rate, without the digits that the rounding made.
template <class Q>
std::string shown(Q quantity) {
  constexpr int kDigits = 6;
  return to_text(quantity, Rounding::significant(kDigits));
}

std::string capital(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

/// What one rounded rate may give beyond the dose it was planned for.
DoseRate rounding_of(Concentration c) { return dose_rate(nanolitres_per_day(1), c); }

/// ppm of `whole`, rounded down.
DoseRate share_of(DoseRate whole, Ppm ppm) {
  return DoseRate{multiply_divide(whole.raw(), ppm, kMillion, Round::kDown).value_or(INT64_MAX)};
}

/// part / whole in ppm, to a tenth of a percent for people; nothing when it does not fit.
std::string percent_of(std::int64_t part, std::int64_t whole) {
  const auto ppm = multiply_divide(part, kMillion, whole, Round::kNearest);
  return ppm ? percent_text(*ppm, Rounding::decimals(1)) : "more than 1000 %";
}

bool withdrawal_prone(DrugClass drug_class) {
  return drug_class == DrugClass::kWithdrawalProne || drug_class == DrugClass::kBoth;
}

std::string_view words_of(DrugClass drug_class) {
  switch (drug_class) {
    case DrugClass::kOpioid:
      return "too much of it stops breathing";
    case DrugClass::kWithdrawalProne:
      return "stopping it harms";
    case DrugClass::kBoth:
      return "too much stops breathing and stopping harms";
    case DrugClass::kNeither:
      return "it may be stopped, and it does not depress breathing";
    case DrugClass::kUnknown:
      break;
  }
  return "its class is not known";
}

/// Collects the findings of one prescription.
class Checker {
 public:
  Checker(const Prescription& prescription, const LimitQuestion& question)
      : p_(prescription), q_(question), scope_(question.scope) {
    const auto opioids_told = [&](const std::string& one) {
      return one == "opioid-naive" || one == "opioid-tolerant";
    };
    if (q_.first_dose && std::ranges::none_of(scope_.populations, opioids_told)) {
      scope_.populations.emplace_back("opioid-naive");
    }
    if (q_.previous != nullptr) previous_ = component_doses(*q_.previous, q_.model);
  }

  std::vector<Finding> all() {
    const auto doses = component_doses(p_, q_.model);
    for (std::size_t i = 0; i < doses.size(); ++i) component(doses[i], p_.formulation.components[i]);
    if (!doses.empty()) flow(doses[0]);
    bridge();
    mixture();
    dropped(doses);
    safe_state();
    std::ranges::stable_sort(found_, std::ranges::greater{}, &Finding::severity);
    return std::move(found_);
  }

 private:
  /// A finding about a number of the library.
  template <class T>
  void against(const Sourced<T>& from, LimitCheck check, std::string what, std::string value,
               std::string limit, const std::string& sentence) {
    found_.push_back({severity_of(from.limit), check, name_, std::move(what), std::move(value),
                      std::move(limit), from.sources, from.verified,
                      capital(name_) + ": " + sentence + " (" + pedigree(from) + ")."});
  }
  /// A finding of Theca's or the pump's own rule.
  void own(Severity severity, LimitCheck check, std::string component, std::string what, std::string value,
           std::string limit, std::string message) {
    found_.push_back({severity,
                      check,
                      std::move(component),
                      std::move(what),
                      std::move(value),
                      std::move(limit),
                      {},
                      false,
                      std::move(message)});
  }

  void component(const ComponentDoses& doses, const Component& part) {
    const DrugEntry* drug = q_.library.find_drug(doses.drug);
    if (drug == nullptr) {
      name_ = "drug " + std::to_string(static_cast<unsigned>(doses.drug));
      own(Severity::kSoft, LimitCheck::kUnknownDrug, name_, "drug", name_, {},
          capital(name_) + " is not in the library: none of its doses could be checked.");
      return;
    }
    name_ = drug->name;
    drug_class(*drug, part.drug_class);
    on_label(*drug);
    concentration(*drug, doses.concentration);
    per_day(*drug, doses);
    worst_hour(*drug, doses);
    usual(*drug, doses);
    if (q_.first_dose) start(*drug, doses);
    boluses(*drug, doses);
    titration(*drug, doses);
  }

  void drug_class(const DrugEntry& drug, DrugClass stated) {
    if (stated != drug.drug_class()) {
      own(Severity::kHard, LimitCheck::kDrugClass, name_, "class", std::string(words_of(stated)),
          std::string(words_of(drug.drug_class())),
          capital(name_) + ": the prescription says \"" + std::string(words_of(stated)) +
              "\", the library \"" + std::string(words_of(drug.drug_class())) +
              "\"; take the library's class.");
    }
    const auto& known = drug.safety_class;
    found_.push_back({Severity::kNote,
                      LimitCheck::kDrugClass,
                      name_,
                      "class",
                      std::string(words_of(known.value)),
                      {},
                      known.sources,
                      known.verified,
                      capital(name_) + ": " + std::string(words_of(known.value)) +
                          (known.verified ? "." : " (not verified).")});
  }

  void on_label(const DrugEntry& drug) {
    for (const auto* label : applicable(drug.on_label, scope_)) {
      const std::string where = label->jurisdiction.empty() ? "" : " (" + label->jurisdiction + ")";
      found_.push_back({Severity::kNote,
                        LimitCheck::kOnLabel,
                        name_,
                        "label",
                        label->value ? "on label" : "off label",
                        {},
                        label->sources,
                        label->verified,
                        capital(name_) + " is " + (label->value ? "on" : "off") +
                            " the label for implanted pumps" + where + "."});
    }
  }

  void concentration(const DrugEntry& drug, Concentration c) {
    for (const auto* limit : applicable(drug.max_concentration, scope_)) {
      if (c <= limit->value) continue;
      against(*limit, LimitCheck::kConcentration, "concentration", to_text(c), to_text(limit->value),
              to_text(c) + " is above " + to_text(limit->value));
    }
  }

  void per_day(const DrugEntry& drug, const ComponentDoses& doses) {
    const DoseRate forgiven = rounding_of(doses.concentration);
    for (const auto* limit : applicable(drug.max_per_day, scope_)) {
      const std::string top = to_text(limit->value);
      if (doses.basal_day > limit->value + forgiven) {
        against(*limit, LimitCheck::kBasalPerDay, "basal per day", shown(doses.basal_day), top,
                "the basal gives " + shown(doses.basal_day) + ", above " + top);
      } else if (doses.worst_day > limit->value + forgiven) {
        against(*limit, LimitCheck::kWorstDay, "worst day", shown(doses.worst_day), top,
                "with every bolus a day can bring " + shown(doses.worst_day) + ", above " + top);
      }
    }
  }

  /// A bridge gives the fluid that is left in the path, at its own flow and outside the patient's ceilings.
  void bridge() {
    if (p_.bridge.volume.raw() == 0 || q_.bridged == nullptr) return;
    for (const Component& part : q_.bridged->parts()) {
      const DrugEntry* drug = q_.library.find_drug(part.drug);
      if (drug == nullptr) continue;
      name_ = drug->name;
      const DoseRate dose = dose_rate(p_.bridge.rate, part.concentration);
      for (const auto* limit : applicable(drug->max_per_day, scope_)) {
        if (dose <= limit->value + rounding_of(part.concentration)) continue;
        const std::string top = to_text(limit->value);
        against(*limit, LimitCheck::kBridgePerDay, "bridge per day", shown(dose), top,
                "the bridge gives " + shown(dose) + ", above " + top);
      }
    }
  }

  void worst_hour(const DrugEntry& drug, const ComponentDoses& doses) {
    const Mass forgiven = mass_in(nanolitres(1), doses.concentration);
    for (const auto* limit : applicable(drug.max_per_day, scope_)) {
      const Mass day{limit->value.raw()};
      if (doses.worst_hour <= day + forgiven) continue;
      against(*limit, LimitCheck::kWorstHour, "worst hour", shown(doses.worst_hour), to_text(day),
              "a single hour can bring " + shown(doses.worst_hour) + ", more than the " + to_text(day) +
                  " of a day");
    }
  }

  void usual(const DrugEntry& drug, const ComponentDoses& doses) {
    if (doses.basal_day.raw() == 0) return;
    for (const auto* range : applicable(drug.usual_per_day, scope_)) {
      outside(*range, LimitCheck::kUsualRange, "usual dose", "the usual range", doses);
    }
  }

  void start(const DrugEntry& drug, const ComponentDoses& doses) {
    for (const auto* range : applicable(drug.start_per_day, scope_)) {
      outside(*range, LimitCheck::kStartingRange, "starting dose", "the starting range", doses);
    }
  }

  /// Above a range: as grave as the range is. Below it: a note.
  void outside(const Sourced<Range<DoseRate>>& range, LimitCheck check, const std::string& what,
               const std::string& words, const ComponentDoses& doses) {
    const DoseRate dose = doses.basal_day;
    const DoseRate forgiven = rounding_of(doses.concentration);
    if (dose > range.value.high + forgiven) {
      against(range, check, what, shown(dose), to_text(range.value.high),
              shown(dose) + " is above " + words + ", up to " + to_text(range.value.high));
    } else if (range.value.low && dose + forgiven < *range.value.low) {
      Sourced<Range<DoseRate>> note = range;
      note.limit = LimitKind::kInformation;
      against(note, check, what, shown(dose), to_text(*range.value.low),
              shown(dose) + " is below " + words + ", from " + to_text(*range.value.low));
    }
  }

  void boluses(const DrugEntry& drug, const ComponentDoses& doses) {
    if (doses.patient.raw() > 0) {
      for (const auto* rule : applicable(drug.patient_bolus, scope_)) patient_bolus(*rule, doses);
    }
    if (doses.single.raw() > 0) {
      for (const auto* range : applicable(drug.trial_bolus, scope_)) {
        if (doses.single <= range->value.high) continue;
        against(*range, LimitCheck::kBolus, "single bolus", shown(doses.single), to_text(range->value.high),
                "the single bolus of " + shown(doses.single) + " is above a test dose, up to " +
                    to_text(range->value.high));
      }
    }
  }

  void patient_bolus(const Sourced<PatientBolus>& rule, const ComponentDoses& doses) {
    if (rule.value.actuator && *rule.value.actuator != q_.model.actuator) return;
    const std::string bolus = shown(doses.patient);
    if (rule.value.advised_against) {
      against(rule, LimitCheck::kBolus, "patient's bolus", bolus, {},
              "a bolus by the patient is advised against");
    }
    if (!rule.value.share_of_day || doses.basal_day.raw() == 0) return;
    const Ppm most = rule.value.share_of_day->high;
    if (doses.patient.raw() <= share_of(doses.basal_day, most).raw()) return;
    against(rule, LimitCheck::kBolus, "patient's bolus", bolus, percent_text(most) + " of the basal day",
            "the patient's bolus of " + bolus + " is " +
                percent_of(doses.patient.raw(), doses.basal_day.raw()) + " of the basal day, above " +
                percent_text(most));
  }

  void titration(const DrugEntry& drug, const ComponentDoses& doses) {
    const auto before = std::ranges::find(previous_, doses.drug, &ComponentDoses::drug);
    if (before == previous_.end() || before->basal_day.raw() == 0) return;
    const bool up = doses.basal_day > before->basal_day;
    const DoseRate change = up ? doses.basal_day - before->basal_day : before->basal_day - doses.basal_day;
    const DoseRate forgiven = rounding_of(std::max(doses.concentration, before->concentration));
    if (change <= forgiven) return;
    for (const auto* step : applicable(drug.titration_step, scope_)) {
      const bool same_direction = (step->value.direction == StepDirection::kIncrease) == up;
      if (same_direction && step->value.phase == q_.phase) {
        titration_step(*step, change, before->basal_day, up ? "increase" : "decrease", forgiven);
      }
    }
  }

  void titration_step(const Sourced<TitrationStep>& step, DoseRate change, DoseRate before,
                      const std::string& direction, DoseRate forgiven) {
    const std::string by = "the " + direction + " of " + shown(change);
    if (step.value.max_dose && change > *step.value.max_dose + forgiven) {
      against(step, LimitCheck::kTitrationStep, "step", shown(change), to_text(*step.value.max_dose),
              by + " is above a step of " + to_text(*step.value.max_dose));
    }
    if (step.value.share && change > share_of(before, step.value.share->high) + forgiven) {
      const std::string percent = percent_of(change.raw(), before.raw());
      const std::string most = percent_text(step.value.share->high);
      against(step, LimitCheck::kTitrationStep, "step", percent, most,
              by + " is " + percent + " of " + shown(before) + ", above " + most);
    }
    if (!q_.since_previous) return;
    const Duration since = *q_.since_previous;
    if (step.value.spacing && since < *step.value.spacing) {
      against(step, LimitCheck::kTitrationSpacing, "time since the last step", to_text(since, minutes(1)),
              to_text(*step.value.spacing),
              "the last step was " + to_text(since, minutes(1)) + " ago, and steps stand " +
                  to_text(*step.value.spacing) + " apart");
    }
    if (step.value.max_per_week && since < days(kDaysInWeek)) {
      Sourced<TitrationStep> note = step;
      note.limit = LimitKind::kInformation;
      const std::string most = std::to_string(*step.value.max_per_week);
      against(note, LimitCheck::kTitrationSpacing, "steps in seven days", "not known", most,
              "at most " + most + " steps in seven days; count them");
    }
  }

  /// The range of the pump, with what would bring the first component in.
  void flow(const ComponentDoses& first) {
    if (p_.basal.mode != BasalMode::kSimpleContinuous && p_.basal.mode != BasalMode::kFlex) return;
    const RateRange range = basal_range(p_.basal, q_.model.minimum_rate);
    const DrugEntry* drug = q_.library.find_drug(first.drug);
    const std::string name =
        drug == nullptr ? "drug " + std::to_string(static_cast<unsigned>(first.drug)) : drug->name;
    const FlowRate smallest = smallest_flow(q_.model);
    const FlowRate largest = q_.model.max_flow;
    if (range.lowest < smallest) {
      const Concentration needed = highest_concentration(first.lowest_basal, smallest);
      std::string by = needed.raw() > 0 ? " needs " + to_text(needed) + " or less, or" : " needs";
      by += " a dose of " + to_text(dose_rate(smallest, first.concentration)) + " or more.";
      own(Severity::kHard, LimitCheck::kFlowRange, name, "flow", to_text(range.lowest), to_text(smallest),
          capital(name) + ": " + shown(first.lowest_basal) + " at " + to_text(first.concentration) + " is " +
              to_text(range.lowest) + ", below this pump's smallest flow of " + to_text(smallest) + "; it" +
              by);
    }
    if (range.highest > largest) {
      const Concentration needed = lowest_concentration(first.highest_basal, largest);
      std::string by = needed <= kMaxConcentration ? " needs " + to_text(needed) + " or more, or" : " needs";
      by += " a dose of " + to_text(dose_rate(largest, first.concentration)) + " or less.";
      own(Severity::kHard, LimitCheck::kFlowRange, name, "flow", to_text(range.highest), to_text(largest),
          capital(name) + ": " + shown(first.highest_basal) + " at " + to_text(first.concentration) + " is " +
              to_text(range.highest) + ", above this pump's largest flow of " + to_text(largest) + "; it" +
              by);
    }
  }

  void mixture() {
    if (p_.formulation.count < 2) return;
    own(Severity::kNote, LimitCheck::kOnLabel, {}, "mixture", std::to_string(p_.formulation.count) + " drugs",
        {},
        "One rate carries " + std::to_string(p_.formulation.count) +
            " drugs: a change for one changes all in proportion. Mixtures are off the label for implanted "
            "pumps.");
  }

  /// A drug that the patient had and does not get any more.
  void dropped(const std::vector<ComponentDoses>& doses) {
    for (const ComponentDoses& before : previous_) {
      const auto now = std::ranges::find(doses, before.drug, &ComponentDoses::drug);
      if (before.basal_day.raw() == 0 || (now != doses.end() && now->basal_day.raw() > 0)) continue;
      const DrugEntry* drug = q_.library.find_drug(before.drug);
      if (drug == nullptr) continue;
      name_ = drug->name;
      const bool harms = withdrawal_prone(drug->drug_class());
      const auto& known = drug->safety_class;
      found_.push_back({harms ? Severity::kSoft : Severity::kNote, LimitCheck::kComponentDropped, name_,
                        "basal per day", to_text(DoseRate{0}), shown(before.basal_day), known.sources,
                        known.verified,
                        capital(name_) + ": the basal ends, and it was " + shown(before.basal_day) + "; " +
                            std::string(words_of(known.value)) + "."});
    }
  }

  void safe_state() {
    const SafeState proposed = proposed_safe_state(p_, q_.model);
    const DrugClass drug_class = class_of(p_.formulation);
    const auto words = [&](const SafeState& state) -> std::string {
      switch (state.action) {
        case SafeAction::kStop:
          return "stop";
        case SafeAction::kMinimumRate:
          return "minimum rate (" + to_text(q_.model.minimum_rate) + ")";
        case SafeAction::kEmergencyRate:
          return "emergency rate (" + to_text(state.emergency_rate) + ")";
      }
      return "unknown";
    };
    const bool as_proposed = p_.safe_state.action == proposed.action;
    const Severity severity =
        !as_proposed && withdrawal_prone(drug_class) ? Severity::kSoft : Severity::kNote;
    own(severity, LimitCheck::kSafeState, {}, "safe state", words(p_.safe_state), words(proposed),
        as_proposed ? "Safe state: " + words(p_.safe_state) + ", as proposed for this formulation."
                    : "Safe state: " + words(p_.safe_state) +
                          " is chosen; proposed for this formulation: " + words(proposed) + ".");
  }

  const Prescription& p_;
  const LimitQuestion& q_;
  Scope scope_;
  std::vector<ComponentDoses> previous_;
  std::string name_;  // of the component at hand
  std::vector<Finding> found_;
};

}  // namespace

std::string_view name_of(Severity severity) {
  constexpr std::array<std::string_view, 3> kNames = {"note", "soft", "hard"};
  return kNames[static_cast<std::size_t>(severity)];
}

std::vector<ComponentDoses> component_doses(const Prescription& prescription, const PumpModel& model) {
  Prescription basal_alone;
  basal_alone.zone = prescription.zone;
  basal_alone.basal = prescription.basal;
  const RateRange range = basal_range(prescription.basal, model.minimum_rate);
  const Volume basal_day = worst_case_volume(basal_alone, model.minimum_rate, days(1));
  const Volume hour = worst_case_volume(prescription, model.minimum_rate, hours(1));
  const Volume day = worst_case_volume(prescription, model.minimum_rate, days(1));

  std::vector<ComponentDoses> rows;
  for (const Component& part : prescription.formulation.parts()) {
    const Concentration c = part.concentration;
    rows.push_back({.drug = part.drug,
                    .concentration = c,
                    .lowest_basal = dose_rate(range.lowest, c),
                    .highest_basal = dose_rate(range.highest, c),
                    .basal_day = DoseRate{mass_in(basal_day, c).raw()},
                    .scheduled = mass_in(prescription.schedule.dose.volume, c),
                    .patient = mass_in(prescription.patient.dose.volume, c),
                    .single = mass_in(prescription.single.volume, c),
                    .worst_hour = mass_in(hour, c),
                    .worst_day = DoseRate{mass_in(day, c).raw()}});
  }
  return rows;
}

std::vector<Finding> check_limits(const Prescription& prescription, const LimitQuestion& question) {
  return Checker{prescription, question}.all();
}

Severity gravest(const std::vector<Finding>& findings) {
  Severity most = Severity::kNote;
  for (const Finding& finding : findings) most = std::max(most, finding.severity);
  return most;
}

SafeState proposed_safe_state(const Prescription& prescription, const PumpModel& model) {
  const SafeAction action = proposed_safe_action(class_of(prescription.formulation));
  const bool at_a_rate = action == SafeAction::kEmergencyRate;
  return {action, at_a_rate ? basal_range(prescription.basal, model.minimum_rate).lowest : FlowRate{0}};
}

}  // namespace theca
