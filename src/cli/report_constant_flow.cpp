#include "cli/report_constant_flow.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <vector>

#include "cli/report_fluids.hpp"
#include "cli/report_page.hpp"
#include "cli/run_words.hpp"
#include "quantity/exact.hpp"
#include "quantity/text_write.hpp"
#include "world/constant_flow_words.hpp"

namespace theca {
namespace {

using namespace report;

constexpr const char* kNobodyKnows = "The pump has no electronics: it counts nothing and has no alarm.";

std::string flow_text(FlowRate flow) { return to_text(flow, Rounding::significant(4)); }
std::string dose_text(DoseRate dose) { return to_text(dose, Rounding::significant(4)); }

/// "9.1 mL to 9.4 mL", "9.3 mL" when both read alike.
std::string range_text(const std::string& low, const std::string& high) {
  return low == high ? low : low + " to " + high;
}

bool has_bands(const RunResult& run) {
  return run.constant_flow->low.delivered != run.constant_flow->high.delivered ||
         run.constant_flow->low.tip_mass != run.constant_flow->high.tip_mass;
}

std::string volumes_text(const RunResult& run) {
  const ConstantFlowRun& its = *run.constant_flow;
  const Sample last = last_sample(run);
  std::string text = ml(last.truly_delivered) + " truly flowed out of the tip";
  if (has_bands(run))
    text += " (" + range_text(ml(its.low.delivered), ml(its.high.delivered)) +
            " between the ends of the bands of what moves the flow)";
  return text + "; at the labelled flow of " + flow_text(its.labelled) + ", " + ml(last.prescribed) +
         " was expected";
}

std::string masses_text(const RunResult& run) {
  const ConstantFlowRun& its = *run.constant_flow;
  const Sample last = last_sample(run);
  std::vector<std::string> drugs;
  for (std::size_t i = 0; i < run.drugs.size(); ++i) {
    std::string text = mass(at(last.tip_mass, i)) + " of " + run.drugs[i].name + " left the catheter's tip";
    if (has_bands(run))
      text += " (" + range_text(mass(at(its.low.tip_mass, i)), mass(at(its.high.tip_mass, i))) + ")";
    drugs.push_back(text + ", " + mass(at(last.prescribed_mass, i)) + " was intended");
  }
  return joined(drugs, "; ", "; ");
}

std::string dry_text(const RunResult& run) {
  const ConstantFlowRun& its = *run.constant_flow;
  if (its.ran_dry.empty()) {
    std::string text = "The reservoir did not run dry.";
    if (!its.high.ran_dry.empty())
      text += " At the high end of the bands it would have, on " + day_text(run, its.high.ran_dry[0]) + '.';
    return text;
  }
  std::vector<std::string> times;
  for (const Instant dry : its.ran_dry) times.push_back(day_text(run, dry));
  std::string text = "The reservoir ran dry on " + joined(times, ", ", " and ");
  const bool comparable =
      its.ran_dry.size() == 1 && its.low.ran_dry.size() == 1 && its.high.ran_dry.size() == 1;
  if (comparable && its.low.ran_dry != its.high.ran_dry) {
    const auto [first, last] = std::minmax(its.low.ran_dry[0], its.high.ran_dry[0]);
    text += " (" + day_text(run, first) + " to " + day_text(run, last) + " between the ends of the bands)";
  }
  return text + ", and nobody was told.";
}

std::string refill_text(const RunResult& run) {
  return run.refill_by ? "Refill by " + *run.refill_by + ": " + run.refill_reason + '.' : "";
}

/// Lowest and highest flow while there was something to flow.
std::pair<FlowRate, FlowRate> flows_of(const RunResult& run) {
  FlowRate low, high;
  for (const Sample& s : run.samples) {
    if (s.flow == FlowRate{}) continue;
    low = low == FlowRate{} ? s.flow : std::min(low, s.flow);
    high = std::max(high, s.flow);
  }
  return {low, high};
}

std::string flow_sentence(const RunResult& run) {
  const auto [low, high] = flows_of(run);
  return "The true flow lay between " + flow_text(low) + " and " + flow_text(high) +
         (run.constant_flow->ran_dry.empty() ? std::string{} : " until the reservoir was dry") +
         "; labelled is " + flow_text(run.constant_flow->labelled) +
         (run.constant_flow->influences.empty() ? "." : ". Shaded: an influence lasts.");
}

std::string dose_sentence(const RunResult& run, std::size_t i) {
  DoseRate low, high;
  for (const Sample& s : run.samples) {
    const DoseRate rate = dose_rate(s.flow, concentration_in(run, s.fluid_truly_at_tip, run.drugs[i].code));
    if (rate == DoseRate{}) continue;
    low = low == DoseRate{} ? rate : std::min(low, rate);
    high = std::max(high, rate);
  }
  return "While " + run.drugs[i].name + " flowed, between " + dose_text(low) + " and " + dose_text(high) +
         " left the tip: the true flow times the concentration at the true tip.";
}

std::string reservoir_sentence(const RunResult& run) {
  const Sample last = last_sample(run);
  return "At the end it truly holds " + ml(last.reservoir_true) + "; " + ml(last.reservoir_nominal) +
         " is expected at the labelled flow, and " + ml(last.reservoir_earliest) +
         " if the pump runs at the upper end of its labelled accuracy (" +
         percent_text(run.model.accuracy_ppm) + "). The pump knows none of these. " + refill_text(run);
}

std::string found_sentence(const RunResult& run) {
  std::string text;
  for (const ConstantFlowFillRecord& fill : run.constant_flow->fills) {
    if (!fill.found) continue;
    text += " At the refill on " + day_text(run, fill.at) + ", " + ml(*fill.found) + " was found and " +
            ml(*fill.expected) + " expected.";
  }
  return text;
}

std::string when(const RunResult& run, std::optional<Instant> t, const char* otherwise) {
  return t ? day_text(run, *t) : std::string{otherwise};
}

std::string doses(const RunResult& run, const std::vector<DoseRate>& rates) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < run.drugs.size(); ++i)
    if (rates[i] > DoseRate{}) parts.push_back(run.drugs[i].name + ' ' + dose_text(rates[i]));
  return joined(parts, ", ", ", ");
}

std::string fill_table(const RunResult& run) {
  std::vector<Row> rows;
  for (const ConstantFlowFillRecord& fill : run.constant_flow->fills) {
    rows.push_back({day_text(run, fill.at), fluid_name(run, fill.fluid), ml(fill.volume),
                    fill.found ? ml(*fill.found) : "", fill.expected ? ml(*fill.expected) : "",
                    doses(run, fill.intended), doses(run, fill.at_label)});
  }
  return table(
      "Fills: when the dose can be changed, and all that is ever learned of the flow",
      {"When", "Fluid", "Filled", "Found in it", "Expected in it", "Intended", "At the labelled flow"}, rows);
}

Row band_row(const RunResult& run, const std::string& what, std::optional<Instant> from,
             std::optional<Instant> to, const FlowBand& band) {
  return {what,
          when(run, from, "not in this run"),
          when(run, to, "goes on"),
          signed_percent_text(band.middle_ppm()),
          signed_percent_text(band.low_ppm),
          signed_percent_text(band.high_ppm),
          pedigree_text(*band.row)};
}

std::string influence_table(const RunResult& run) {
  const ConstantFlowRun& its = *run.constant_flow;
  std::vector<Row> rows;
  for (const PlayedInfluence& one : its.influences)
    rows.push_back(band_row(run, one.what, one.begins, one.ends, one.band));
  const std::string level = "reservoir below " + ml(its.nearly_empty);
  const auto add = [&](std::optional<Instant> from) {
    rows.push_back(band_row(run, level, from, std::nullopt, its.when_nearly_empty));
    rows.back()[2] = from ? "until it is filled or dry" : "";
  };
  for (const ConstantFlowEvent& event : its.events)
    if (event.kind == ConstantFlowEventKind::kNearlyEmpty) add(event.at);
  if (rows.size() == its.influences.size()) add(std::nullopt);
  return table("What moved the flow", {"What", "From", "To", "Played", "Low", "High", "Why, and from where"},
               rows);
}

std::string front_table(const RunResult& run) {
  if (run.fronts.empty()) return "";
  std::vector<Row> rows;
  for (const FrontArrival& front : run.fronts) {
    rows.push_back({fluid_name(run, front.fluid), fluid_name(run, front.fluid_before),
                    day_text(run, *front.truly), day_text(run, *front.truly - front.early),
                    day_text(run, *front.truly + front.late)});
  }
  return table("When each fluid reached the tip", {"Fluid", "After", "In truth", "5 % there", "95 % there"},
               rows);
}

std::string facts(const RunResult& run) {
  const ConstantFlowRun& its = *run.constant_flow;
  std::vector<Row> rows = {
      {"Pump", run.pump_name + ", reservoir " + to_text(run.model.capacity) + ", labelled flow " +
                   to_text(its.labelled) + "; no electronics"},
      {"Labelled accuracy", percent_text(run.model.accuracy_ppm)},
      {"True flow error of this specimen", percent_text(run.flow_error_ppm)},
      {"Path from reservoir to tip, as recorded", path_text(run.path)},
      {"Path as it truly is", path_text(run.true_path)},
  };
  for (const FluidName& fluid : run.fluids) rows.push_back({"Fluid \"" + fluid.name + '"', fluid.contents});
  for (const std::string& note : run.notes) rows.push_back({"Note", note});
  rows.push_back({"Scenario", run.scenario_file});
  rows.push_back({"Seed", std::to_string(run.seed)});
  return table("What was played", {"Subject", "Value"}, rows);
}

}  // namespace

std::string constant_flow_summary(const RunResult& run) {
  std::string text = "In " + span(run.lasts) + ", from " + local_text(run, Instant{}) + " to " +
                     local_text(run, Instant{} + run.lasts) + ", " + volumes_text(run) + ". " +
                     masses_text(run) + '.';
  for (const FrontArrival& front : run.fronts) text += ' ' + front_text(run, front);
  text += found_sentence(run) + ' ' + dry_text(run) + ' ' + kNobodyKnows + ' ' + refill_text(run);
  return text;
}

std::string constant_flow_tiles(const RunResult& run) {
  const ConstantFlowRun& its = *run.constant_flow;
  const Sample last = last_sample(run);
  std::string html = tile("Truly delivered", ml(last.truly_delivered),
                          ml(last.prescribed) + " expected at the labelled flow");
  for (std::size_t i = 0; i < run.drugs.size(); ++i) {
    html += tile("Left the tip: " + run.drugs[i].name, mass(at(last.tip_mass, i)),
                 "of " + mass(at(last.prescribed_mass, i)) + " intended");
  }
  const auto [low, high] = flows_of(run);
  const FlowRate label = its.labelled;
  const auto share = [&](FlowRate flow) {
    const std::int64_t more = (flow - label).raw();
    const auto ppm = multiply_divide(std::abs(more), 1'000'000, label.raw(), Round::kNearest).value_or(0);
    return signed_percent_text(more < 0 ? -ppm : ppm);
  };
  html += tile("True flow", share(low) + " to " + share(high), "of the labelled " + flow_text(label));
  html += tile("Counts and alarms", "none", "such a pump has no electronics");
  html += its.ran_dry.empty()
              ? tile("Ran dry", "no", "within this run")
              : tile("Ran dry", day_text(run, its.ran_dry[0]), "nobody was told", "tile wide");
  if (run.refill_by) html += tile("Refill by", *run.refill_by, run.refill_reason, "tile wide");
  return html;
}

std::string constant_flow_figures(const RunResult& run) {
  std::string html =
      figure("cumulative", "Expected and delivered", volumes_text(run) + ". " + masses_text(run) + '.');
  html += figure("flow", "True flow", flow_sentence(run));
  for (std::size_t i = 0; i < run.drugs.size(); ++i)
    html += figure("dose", "Dose rate at the tip: " + run.drugs[i].name, dose_sentence(run, i), i);
  for (std::size_t i = 0; i < run.drugs.size(); ++i) {
    html += figure("concentration", "Concentration: " + run.drugs[i].name, concentration_sentence(run, i), i);
  }
  html += figure("reservoir", "Reservoir", reservoir_sentence(run));
  html += figure("lane", "What happened", dry_text(run) + ' ' + kNobodyKnows);
  return html;
}

std::string constant_flow_tables(const RunResult& run) {
  return fill_table(run) + influence_table(run) + front_table(run) + facts(run);
}

}  // namespace theca
