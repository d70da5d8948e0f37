#include "cli/report_patient.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "cli/comparison_page.hpp"
#include "cli/report_page.hpp"
#include "cli/run_json.hpp"
#include "cli/run_words.hpp"

namespace theca {
namespace {

using Json = nlohmann::ordered_json;
using namespace report;
using run_json::four_digits;

/// The map is written in steps of a decade above a picogram per mL, so that differences are short.
constexpr double kMapFloor = 1e-6;  // ug/mL
constexpr double kMapSteps = 400;   // per decade

Mass of_ug(double amount) {
  constexpr double kFemtogramsPerMicrogram = 1e9;
  return Mass{std::llround(amount * kFemtogramsPerMicrogram)};
}

/// Less is not told; of what may injure a tenth of that.
constexpr double kFelt = 0.01, kFeltGrave = 0.001;

std::string percent(double share) {
  const double value = 100 * share;
  if (value > 0 && value < 0.95) return fmt::format("{:.1g} %", value);
  return value > 99.5 && value < 100 ? "more than 99 %" : fmt::format("{:.0f} %", value);
}

Json digits(const Course& course) {
  Json list = Json::array();
  for (const double value : course) list.push_back(four_digits(std::max(0.0, value)));
  return list;
}

/// Five courses: 5, 25, 50, 75, 95 %.
Json courses(const Band& band) {
  Json list = Json::array();
  for (const auto* course : {&band.p5, &band.p25, &band.median, &band.p75, &band.p95}) {
    Json values = Json::array();
    for (const float value : *course) values.push_back(four_digits(std::max(0.0F, value)));
    list.push_back(std::move(values));
  }
  return list;
}

/// The bands of a run in the words of the report: `f(name, band)`.
template <class F>
void for_each_effect_band(const PatientRun& patient, F&& f) {
  const EffectsInPatient& middle = patient.effects;
  if (middle.on_pain) f("pain relieved", patient.bands->pain);
  if (middle.on_spasticity) f("spasticity relieved", patient.bands->spasticity);
  if (middle.on_ventilation) f("ventilation at fixed CO2", patient.bands->ventilation);
  if (middle.on_withdrawal) f("withdrawal", patient.bands->withdrawal);
}
template <class F>
void for_each_level_band(const DrugBands& drug, F&& f) {
  f("fluid at the pain", drug.at_pain);
  f("cistern", drug.cistern);
  f("blood", drug.plasma);
}

Json moments_of(const std::vector<Instant>& times) {
  Json list = Json::array();
  std::int64_t before = 0;
  for (const Instant t : times) {
    list.push_back(t.raw() - before);
    before = t.raw();
  }
  return list;
}

/// By level, then differences over time.
Json map_of(const DrugInPatient& drug) {
  Json levels = Json::array();
  for (std::size_t k = 0; k < drug.fluid.front().size(); ++k) {
    Json course = Json::array();
    std::int64_t before = 0;
    for (const auto& row : drug.fluid) {
      const double above = std::max(1.0, static_cast<double>(row[k]) / kMapFloor);
      const auto value = static_cast<std::int64_t>(std::lround(kMapSteps * std::log10(above)));
      course.push_back(value - before);
      before = value;
    }
    levels.push_back(std::move(course));
  }
  return levels;
}

}  // namespace

std::string level_text(double ug_per_ml) {
  constexpr double kNanograms = 1'000, kLeast = 0.001;
  const double ng_per_ml = ug_per_ml * kNanograms;
  if (ug_per_ml >= kNanograms) return fmt::format("{:.0f} mcg/mL", ug_per_ml);
  if (ug_per_ml >= 0.1) return fmt::format("{:.3g} mcg/mL", ug_per_ml);
  if (ng_per_ml > 0 && ng_per_ml < kLeast) return "less than 0.001 ng/mL";
  return fmt::format("{:.3g} ng/mL", ng_per_ml);
}

std::string patient_sentence(const RunResult& run, const DrugInPatient& drug) {
  const PatientRun& patient = *run.patient;
  const std::string held =
      drug.held_ug > 0
          ? fmt::format(" {} of it is still held back in the shut catheter.", mass(of_ug(drug.held_ug)))
          : "";
  if (drug.dosed_ug <= 0) return "None of it left the tip in this run." + held;
  if (drug.highest_at_tip.value <= 0)
    return fmt::format("None of it reached the spinal fluid; the blood holds at most {}, on {}.{}",
                       level_text(drug.highest_in_plasma.value), day_text(run, drug.highest_in_plasma.at),
                       held);
  const auto when = [&](Instant t) { return day_text(run, t); };
  const auto highest = [&](const Peak& peak) {
    return fmt::format("{}, on {}", level_text(peak.value), when(peak.at));
  };
  std::string text = fmt::format("At the segment {} the spinal fluid holds at most {}", patient.pain,
                                 highest(drug.highest_at_pain));
  if (drug.effective) {
    const std::string level = level_text(drug.effective->value) +
                              (drug.effective->verified ? "" : ", a figure that is not verified");
    text += drug.effective_from ? fmt::format("; the effective level ({}) is reached on {}", level,
                                              when(*drug.effective_from))
                                : fmt::format("; the effective level ({}) is not reached", level);
  }
  return text +
         fmt::format(". The cistern holds at most {}; the blood {}.", highest(drug.highest_in_cistern),
                     highest(drug.highest_in_plasma)) +
         held;
}

std::string effects_sentence(const RunResult& run) {
  const EffectsInPatient& effects = run.patient->effects;
  const auto when = [&](Instant t) { return day_text(run, t); };
  std::string text;
  const auto relief = [&](bool any, std::string_view of, const Peak& most,
                          const std::optional<Instant>& halved, Duration halved_for) {
    if (!any) return;
    if (most.value < kFelt) {
      text += fmt::format("No relief of {}. ", of);
    } else if (!halved) {
      text += fmt::format("At most {} of {} is relieved, on {}. ", percent(most.value), of, when(most.at));
    } else {
      const Duration left = Instant{} + run.lasts - *halved;
      const double share =
          left > Duration{} ? static_cast<double>(halved_for.raw()) / static_cast<double>(left.raw()) : 1;
      text += fmt::format(
          "{} is first halved on {}, {} after the start, and for {} of the time from then on; at most "
          "{} of it is relieved. ",
          of == "pain" ? "Pain" : "Spasticity", when(*halved), span(*halved - Instant{}),
          percent(std::min(1.0, share)), percent(most.value));
    }
  };
  relief(effects.on_pain, "pain", effects.most_relief_of_pain, effects.pain_halved, effects.pain_halved_for);
  relief(effects.on_spasticity, "spasticity", effects.most_relief_of_spasticity, effects.spasticity_halved,
         effects.spasticity_halved_for);
  if (effects.on_ventilation) {
    text += effects.least_ventilation.value > 1 - kFelt
                ? "Ventilation stays as it is. "
                : fmt::format("Ventilation at a fixed CO2 tension falls to {:.2f} of what it was, on {}. ",
                              effects.least_ventilation.value, when(effects.least_ventilation.at));
  }
  if (!effects.breathing_unknown.empty())
    text += fmt::format("What {} does to breathing is not reckoned. ",
                        joined(effects.breathing_unknown, ", ", " and "));
  if (effects.on_withdrawal)
    text +=
        effects.most_withdrawal.value < kFelt
            ? "No withdrawal, as if nothing had been taken before the start. "
            : fmt::format(
                  "Withdrawal, as if nothing had been taken before the start: at most {} of the receptors "
                  "lack the drug they are used to, on {}. ",
                  percent(effects.most_withdrawal.value), when(effects.most_withdrawal.at));
  std::vector<const SideEffectCourse*> sides;
  for (const SideEffectCourse& side : effects.sides) {
    if (side.highest.value >= (side.grave ? kFeltGrave : kFelt)) sides.push_back(&side);
  }
  std::ranges::sort(sides, std::ranges::greater{}, [](const auto* side) { return side->highest.value; });
  if (!sides.empty()) {
    std::vector<std::string> told;
    for (const SideEffectCourse* side : sides)
      told.push_back(fmt::format("{} ({}{})", side->name, percent(side->highest.value),
                                 run.patient->drugs.size() > 1 ? ", " + run.drugs[side->drug].name : ""));
    text += "So many of such patients have, each at its worst: " + joined(told, ", ", " and ") + ". ";
  }
  if (text.empty()) return text;
  return text + "Most of what this stands on is not verified.";
}

std::string bands_sentence(const RunResult& run) {
  const EffectsInPatient& middle = run.patient->effects;
  const PatientBands& bands = *run.patient->bands;
  const auto between = [](const Quantiles& q, auto&& text) {
    return fmt::format("{} ({} to {})", text(q.median), text(q.p5), text(q.p95));
  };
  const auto share = [](double value) { return percent(value); };
  const auto fraction = [](double value) { return fmt::format("{:.2f}", value); };
  const auto moment =
      [&](double ms) {  // "day 2 14:05"; the date stands in the sentence of the middle patient
        const std::string text = day_text(run, Instant{std::llround(ms)});
        return text.substr(0, text.find(" ("));
      };
  std::string text = fmt::format("{} patients like this one (seed {}); the median, and 5 to 95 % of them. ",
                                 bands.patients, bands.seed);
  const auto relief = [&](bool any, std::string_view of, const Quantiles& most,
                          const WhenOverPatients& halved) {
    if (!any) return;
    text += fmt::format("Of {} at most {} is relieved", of, between(most, share));
    text += halved.share > 0 ? fmt::format("; it is halved in {} of them, on {}. ", percent(halved.share),
                                           between(halved.ms, moment))
                             : "; it is halved in none. ";
  };
  relief(middle.on_pain, "pain", bands.most_relief_of_pain, bands.pain_halved);
  relief(middle.on_spasticity, "spasticity", bands.most_relief_of_spasticity, bands.spasticity_halved);
  if (middle.on_ventilation)
    text += fmt::format("Ventilation at a fixed CO2 tension falls to {}, to less than half in {}. ",
                        between(bands.least_ventilation, fraction), percent(bands.ventilation_halved));
  if (middle.on_withdrawal && bands.most_withdrawal.p95 >= kFelt)
    text += fmt::format("Withdrawal: {} of the receptors at most. ", between(bands.most_withdrawal, share));
  for (std::size_t i = 0; i < bands.fronts.size(); ++i) {
    if (bands.fronts[i].share <= 0) continue;
    text += fmt::format("\"{}\" reaches the tip on {}{}. ", fluid_name(run, run.fronts[i].fluid),
                        between(bands.fronts[i].ms, moment),
                        bands.fronts[i].share < 1 ? " in " + percent(bands.fronts[i].share) : "");
  }
  text.pop_back();
  return text;
}

std::string patient_figures(const RunResult& run) {
  if (!run.patient) return "";
  std::string html;
  const std::string effects = effects_sentence(run);
  const bool many = run.patient->bands.has_value();
  if (!effects.empty()) {
    html += many ? figure("bandEffects", "What the therapy does in many patients", bands_sentence(run))
                 : figure("effects", "What the therapy does", effects);
    const bool any = std::ranges::any_of(
        run.patient->effects.sides, [](const SideEffectCourse& side) { return side.highest.value >= kFelt; });
    if (any)
      html +=
          figure("sides", "Side effects",
                 "Share of patients who would have them; the grave ones may injure. How many is known for "
                 "ziconotide alone, the rest is thought out.");
  }
  for (std::size_t i = 0; i < run.patient->drugs.size(); ++i) {
    const DrugInPatient& drug = run.patient->drugs[i];
    const std::string& name = run.drugs[drug.drug].name;
    html += figure("spine", "In the spinal fluid: " + name, patient_sentence(run, drug), i);
    html +=
        figure("levels", "Levels in the patient: " + name,
               "Spinal fluid at the level pointed at above, at the painful segment and in the cistern; the "
               "cord, as the fluid in balance with it; the blood. A logarithmic scale.",
               i);
    if (many)
      html +=
          figure("bands", "Levels in many patients: " + name,
                 "The median, half of the patients (25 to 75 %) and most of them (5 to 95 %). A logarithmic "
                 "scale.",
                 i);
  }
  if (run.patient->same_relief) html += comparison_figure(*run.patient->same_relief);
  return html;
}

std::string patient_table(const RunResult& run) {
  if (!run.patient) return "";
  const PatientRun& patient = *run.patient;
  std::vector<Row> rows;
  for (const DrugInPatient& drug : patient.drugs) {
    const auto share = [&](double amount) {
      return drug.dosed_ug > 0
                 ? fmt::format("{} ({:.3g} %)", mass(of_ug(amount)), 100 * amount / drug.dosed_ug)
                 : std::string{"none"};
    };
    rows.push_back({run.drugs[drug.drug].name, mass(of_ug(drug.dosed_ug)), share(drug.in_fluid_ug),
                    share(drug.in_tissue_ug), share(drug.in_plasma_ug), share(drug.beside_ug),
                    share(drug.eliminated_ug)});
  }
  for (const std::string& name : patient.unknown)
    rows.push_back({name, "not in data/substances", "", "", "", "", ""});
  std::string html = table("Where the drug is at the end",
                           {"Drug", "Given", "In spinal fluid and cistern", "In cord and brain",
                            "In the blood", "Beside the canal", "Eliminated"},
                           rows);
  if (!patient.events.empty()) {
    std::vector<Row> befell;
    for (const PatientEvent& event : patient.events) befell.push_back({day_text(run, event.at), event.text});
    html += table("On the way to the patient, which no pump feels", {"When", "What"}, befell);
  }
  std::vector<Row> stands;
  stands.push_back({"Catheter's tip",
                    fmt::format("vertebra {}, {:.3g} cm from the caudal end", patient.tip, patient.tip_cm)});
  stands.push_back({"Pain", fmt::format("cord segment {}, {:.3g} cm", patient.pain, patient.pain_cm)});
  stands.push_back(
      {"Patient",
       fmt::format("one adult in the middle of what was published, lying {}, {}", patient.posture,
                   patient.opioid_tolerance > 1
                       ? fmt::format("who needs {:.3g} times the level of opioids", patient.opioid_tolerance)
                       : std::string{"not used to opioids"})});
  if (patient.bands)
    stands.push_back(
        {"Spread over patients", "not verified: " + joined(patient.bands->unverified, ", ", " and ")});
  stands.push_back({"Not verified", joined(patient.unverified, ", ", " and ")});
  return html + table("What the patient's picture stands on", {"Subject", "Value"}, stands);
}

Json patient_data(const RunResult& run) {
  const PatientRun& patient = *run.patient;
  Json json;
  json["length"] = four_digits(patient.length_cm);
  json["tip"] = {{"name", patient.tip}, {"z", four_digits(patient.tip_cm)}};
  json["pain"] = {{"name", patient.pain}, {"z", four_digits(patient.pain_cm)}};
  json["vertebrae"] = Json::array();
  for (const LevelMark& level : patient.vertebrae)
    json["vertebrae"].push_back({{"name", level.name}, {"z", four_digits(level.z)}});
  json["t"] = moments_of(patient.times);
  json["drugs"] = Json::array();
  for (const DrugInPatient& drug : patient.drugs) {
    Json one;
    one["name"] = run.drugs[drug.drug].name;
    one["map"] = map_of(drug);
    one["pain"] = digits(drug.at_pain);
    Course cord = drug.cord_at_pain;  // as it counts: the fluid in balance with it
    for (double& level : cord) level /= drug.cord_partition;
    one["cord"] = digits(cord);
    one["cistern"] = digits(drug.cistern);
    one["plasma"] = digits(drug.plasma);
    one["effective"] = drug.effective ? four_digits(drug.effective->value) : Json(nullptr);
    const auto risky = [&](const char* key, const std::optional<FluidLevel>& level) {
      if (level) one[key] = {{"level", four_digits(level->value)}, {"means", level->means}};
    };
    risky("riskyAtPain", drug.risky_at_pain);
    risky("riskyInCistern", drug.risky_in_cistern);
    json["drugs"].push_back(std::move(one));
  }
  const EffectsInPatient& effects = patient.effects;
  Json& all = json["effects"];
  all = Json::object();
  if (effects.on_pain) all["pain"] = digits(effects.pain);
  if (effects.on_spasticity) all["spasticity"] = digits(effects.spasticity);
  if (effects.on_ventilation) all["ventilation"] = digits(effects.ventilation);
  if (effects.on_withdrawal) all["withdrawal"] = digits(effects.withdrawal);
  all["sides"] = Json::array();
  for (const SideEffectCourse& side : effects.sides) {
    if (side.highest.value < (side.grave ? kFeltGrave : kFelt)) continue;
    all["sides"].push_back({{"name", side.name},
                            {"drug", run.drugs[side.drug].name},
                            {"grave", side.grave},
                            {"share", digits(side.share)}});
  }
  if (patient.bands) {
    Json& bands = json["bands"];
    bands = {{"t", moments_of(patient.bands->times)}, {"effects", Json::array()}, {"drugs", Json::array()}};
    for_each_effect_band(patient, [&](const char* name, const Band& band) {
      bands["effects"].push_back({{"name", name}, {"courses", courses(band)}});
    });
    for (const DrugBands& drug : patient.bands->drugs) {
      Json of = Json::array();
      for_each_level_band(drug, [&](const char* name, const Band& band) {
        of.push_back({{"name", name}, {"courses", courses(band)}});
      });
      bands["drugs"].push_back(std::move(of));
    }
  }
  return json;
}

Json patient_summary(const RunResult& run) {
  const PatientRun& patient = *run.patient;
  const auto peak = [&](const Peak& highest) {
    Json json = run_json::moment(run, highest.at);
    json["mcg_per_ml"] = four_digits(highest.value);
    return json;
  };
  Json json{{"tip", patient.tip}, {"pain", patient.pain}, {"drugs", Json::array()}};
  for (const DrugInPatient& drug : patient.drugs) {
    Json one{{"drug", run.drugs[drug.drug].name},
             {"highest_at_tip", peak(drug.highest_at_tip)},
             {"highest_at_pain", peak(drug.highest_at_pain)},
             {"highest_in_cord_at_pain", peak(drug.highest_in_cord)},
             {"highest_in_cistern", peak(drug.highest_in_cistern)},
             {"highest_in_plasma", peak(drug.highest_in_plasma)}};
    if (drug.effective) {
      one["effective_mcg_per_ml"] = four_digits(drug.effective->value);
      one["effective_verified"] = drug.effective->verified;
      one["effective_at_pain"] = run_json::moment(run, drug.effective_from);
    }
    const auto risky = [&](const char* key, const std::optional<FluidLevel>& level) {
      if (level)
        one[key] = {{"mcg_per_ml", four_digits(level->value)},
                    {"means", level->means},
                    {"verified", level->verified}};
    };
    risky("risky_at_pain", drug.risky_at_pain);
    risky("risky_in_cistern", drug.risky_in_cistern);
    one["at_end_mcg"] = {
        {"dosed", four_digits(drug.dosed_ug)},         {"fluid", four_digits(drug.in_fluid_ug)},
        {"tissue", four_digits(drug.in_tissue_ug)},    {"plasma", four_digits(drug.in_plasma_ug)},
        {"beside_canal", four_digits(drug.beside_ug)}, {"eliminated", four_digits(drug.eliminated_ug)}};
    json["drugs"].push_back(std::move(one));
  }
  const EffectsInPatient& effects = patient.effects;
  const auto extreme = [&](const Peak& most) {
    Json of = run_json::moment(run, most.at);
    of["share"] = four_digits(most.value);
    return of;
  };
  Json& does = json["effects"];
  does = Json::object();
  if (effects.on_pain) {
    does["pain_halved"] = run_json::moment(run, effects.pain_halved);
    does["most_relief_of_pain"] = extreme(effects.most_relief_of_pain);
  }
  if (effects.on_spasticity) {
    does["spasticity_halved"] = run_json::moment(run, effects.spasticity_halved);
    does["most_relief_of_spasticity"] = extreme(effects.most_relief_of_spasticity);
  }
  if (effects.on_ventilation) does["least_ventilation"] = extreme(effects.least_ventilation);
  if (effects.on_withdrawal) does["most_withdrawal"] = extreme(effects.most_withdrawal);
  does["side_effects"] = Json::array();
  for (const SideEffectCourse& side : effects.sides) {
    Json of{{"drug", run.drugs[side.drug].name}, {"name", side.name}, {"grave", side.grave}};
    of["highest"] = extreme(side.highest);
    does["side_effects"].push_back(std::move(of));
  }
  if (!patient.events.empty()) {
    json["on_the_way"] = Json::array();
    for (const PatientEvent& event : patient.events) {
      Json of = run_json::moment(run, event.at);
      of["what"] = event.text;
      json["on_the_way"].push_back(std::move(of));
    }
  }
  if (patient.bands) {
    const PatientBands& bands = *patient.bands;
    const auto quantiles = [](const Quantiles& q, auto&& value) {
      return Json{{"p5", value(q.p5)},
                  {"p25", value(q.p25)},
                  {"median", value(q.median)},
                  {"p75", value(q.p75)},
                  {"p95", value(q.p95)}};
    };
    const auto hours = [](double ms) { return four_digits(ms / 3'600'000); };
    const auto when = [&](const WhenOverPatients& of) {
      Json it{{"share", four_digits(of.share)}};
      if (of.share > 0) it["t_h"] = quantiles(of.ms, hours);
      return it;
    };
    Json& many = json["many"];
    many = {{"patients", bands.patients}, {"seed", bands.seed}};
    if (effects.on_pain) {
      many["most_relief_of_pain"] = quantiles(bands.most_relief_of_pain, four_digits);
      many["pain_halved"] = when(bands.pain_halved);
    }
    if (effects.on_spasticity) {
      many["most_relief_of_spasticity"] = quantiles(bands.most_relief_of_spasticity, four_digits);
      many["spasticity_halved"] = when(bands.spasticity_halved);
    }
    if (effects.on_ventilation) {
      many["least_ventilation"] = quantiles(bands.least_ventilation, four_digits);
      many["ventilation_halved"] = four_digits(bands.ventilation_halved);
    }
    if (effects.on_withdrawal) many["most_withdrawal"] = quantiles(bands.most_withdrawal, four_digits);
    many["fronts"] = Json::array();
    for (std::size_t i = 0; i < bands.fronts.size(); ++i) {
      Json front = when(bands.fronts[i]);
      front["fluid"] = fluid_name(run, run.fronts[i].fluid);
      many["fronts"].push_back(std::move(front));
    }
    many["unverified"] = bands.unverified;
  }
  if (patient.same_relief) json["same_relief"] = comparison_json(*patient.same_relief);
  json["not_in_data"] = patient.unknown;
  json["unverified"] = patient.unverified;
  return json;
}

std::string patient_csv(const RunResult& run) {
  const PatientRun& patient = *run.patient;
  std::string csv =
      "t_ms,local,drug,fluid_at_tip_ug_per_ml,fluid_at_pain_ug_per_ml,cord_at_pain_ug_per_ml,"
      "cistern_ug_per_ml,plasma_ug_per_ml\n";
  for (const DrugInPatient& drug : patient.drugs) {
    for (std::size_t i = 0; i < patient.times.size(); ++i) {
      csv += fmt::format("{},{},{},{:.6g},{:.6g},{:.6g},{:.6g},{:.6g}\n", patient.times[i].raw(),
                         local_text(run, patient.times[i]), run.drugs[drug.drug].name, drug.at_tip[i],
                         drug.at_pain[i], drug.cord_at_pain[i], drug.cistern[i], drug.plasma[i]);
    }
  }
  return csv;
}

std::string effects_csv(const RunResult& run) {
  const PatientRun& patient = *run.patient;
  const EffectsInPatient& effects = patient.effects;
  std::string csv = "t_ms,local,relief_of_pain,relief_of_spasticity,ventilation,withdrawal";
  for (const DrugInPatient& drug : patient.drugs)
    csv += fmt::format(",{}: tolerance", run.drugs[drug.drug].name);
  for (const SideEffectCourse& side : effects.sides)
    csv += fmt::format(",{}: {}", run.drugs[side.drug].name, side.name);
  csv += '\n';
  for (std::size_t i = 0; i < patient.times.size(); ++i) {
    csv += fmt::format("{},{},{:.6g},{:.6g},{:.6g},{:.6g}", patient.times[i].raw(),
                       local_text(run, patient.times[i]), effects.pain[i], effects.spasticity[i],
                       effects.ventilation[i], effects.withdrawal[i]);
    for (const Course& tolerance : effects.tolerance) csv += fmt::format(",{:.6g}", tolerance[i]);
    for (const SideEffectCourse& side : effects.sides) csv += fmt::format(",{:.6g}", side.share[i]);
    csv += '\n';
  }
  return csv;
}

std::string bands_csv(const RunResult& run) {
  const PatientBands& bands = *run.patient->bands;
  std::string csv = "t_ms,local,drug,quantity,p5,p25,median,p75,p95\n";
  const auto rows = [&](const std::string& drug, const std::string& name, const Band& band) {
    for (std::size_t i = 0; i < bands.times.size(); ++i)
      csv += fmt::format("{},{},{},{},{:.5g},{:.5g},{:.5g},{:.5g},{:.5g}\n", bands.times[i].raw(),
                         local_text(run, bands.times[i]), drug, name, band.p5[i], band.p25[i], band.median[i],
                         band.p75[i], band.p95[i]);
  };
  for_each_effect_band(*run.patient, [&](const char* name, const Band& band) {
    rows("", fmt::format("{} (share)", name), band);
  });
  for (const DrugBands& drug : bands.drugs) {
    for_each_level_band(drug, [&](const char* name, const Band& band) {
      rows(run.drugs[drug.drug].name, fmt::format("{} (ug/mL)", name), band);
    });
  }
  return csv;
}

std::string csf_csv(const RunResult& run) {
  const PatientRun& patient = *run.patient;
  std::string csv = "t_ms,drug";
  const std::size_t levels = patient.drugs.empty() ? 0 : patient.drugs.front().fluid.front().size();
  for (std::size_t k = 0; k < levels; ++k) csv += fmt::format(",z_{}.5_cm_ug_per_ml", k);
  csv += '\n';
  for (const DrugInPatient& drug : patient.drugs) {
    for (std::size_t i = 0; i < patient.times.size(); ++i) {
      csv += fmt::format("{},{}", patient.times[i].raw(), run.drugs[drug.drug].name);
      for (const float value : drug.fluid[i]) csv += fmt::format(",{:.4g}", value);
      csv += '\n';
    }
  }
  return csv;
}

}  // namespace theca
