#include "world/play_constant_flow.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "plan/limits.hpp"
#include "quantity/exact.hpp"
#include "quantity/text.hpp"
#include "world/arrival_spread.hpp"
#include "world/constant_flow_pump.hpp"
#include "world/constant_flow_words.hpp"
#include "world/run_described.hpp"

namespace theca {
namespace {

using Kind = ConstantFlowEventKind;

std::string influence_text(const Influence& one) {
  const std::string sign = one.amount > 0 ? "+" : "-";
  const std::int64_t amount = std::abs(one.amount);
  std::array<char, kPrintBytes> buffer;
  switch (one.kind) {
    case InfluenceKind::kTemperature:
      return fmt::format("temperature {}{} °C", sign, print_decimal(amount, 1'000, buffer));
    case InfluenceKind::kAltitude:
      return fmt::format("altitude {}{} m", sign, amount);
    case InfluenceKind::kViscosity:
      break;
  }
  return fmt::format("viscosity {}{}", sign, percent_text(amount));
}

/// Which figure of each band is played.
enum class End : std::uint8_t { kLow, kMiddle, kHigh };
constexpr std::array kEnds = {End::kLow, End::kMiddle, End::kHigh};
std::int64_t figure(const FlowBand& band, End end) {
  if (end == End::kMiddle) return band.middle_ppm();
  return end == End::kLow ? band.low_ppm : band.high_ppm;
}

/// A dose per day for some time, nearest femtogram.
Mass given(DoseRate rate, Duration time) {
  return Mass{
      multiply_divide(rate.raw(), time.raw(), kMillisecondsPerDay, Round::kNearest).value_or(INT64_MAX)};
}

class Player {
 public:
  Player(const Scenario& scenario, const Library& library, const Progress& progress)
      : scenario_(scenario),
        its_(*scenario.constant_flow),
        library_(library),
        progress_(progress),
        drugs_(drugs_of(scenario)),
        wall_{scenario.time.clock(), scenario.time.zone},
        pumps_{pump(End::kLow), pump(End::kMiddle), pump(End::kHigh)},
        result_(described(scenario, library)),
        run_(result_.constant_flow.emplace()),
        intended_mass_(drugs_.size()) {}

  std::expected<RunResult, PlayFailure> run() {
    describe();
    const Instant end = Instant{} + scenario_.time.lasts;
    if (!fill({{}, scenario_.first_fluid, scenario_.first_volume, its_.intended, 0}))
      return std::unexpected(failure_);
    move_edges();
    take_sample();
    Instant sample = Instant{} + scenario_.sample_every;
    while (now() < end) {
      Instant next = std::min({end, sample, middle().next_change()});
      if (edge_ < edges_.size()) next = std::min(next, edges_[edge_].at);
      if (refill_ < its_.refills.size()) next = std::min(next, its_.refills[refill_].at);
      bool look = move_to(next);
      look = move_edges() || look;
      while (refill_ < its_.refills.size() && its_.refills[refill_].at <= now()) {
        take_sample();
        if (!fill(its_.refills[refill_++])) return std::unexpected(failure_);
        look = true;
      }
      if (now() >= sample || now() == end) {
        look = true;
        while (sample <= now()) sample = sample + scenario_.sample_every;
        if (progress_) progress_(static_cast<double>(now().raw()) / static_cast<double>(end.raw()));
      }
      if (look) take_sample();
    }
    finish();
    return std::move(result_);
  }

 private:
  struct Edge {
    Instant at;
    std::size_t influence;
    bool begins;
  };

  [[nodiscard]] ConstantFlowPump pump(End end) const {
    ConstantFlowSpecimen specimen;
    specimen.labelled = its_.labelled;
    specimen.flow_error_ppm = scenario_.flow_error_ppm;
    specimen.nearly_empty = nearly_empty_level(scenario_.model.capacity);
    specimen.nearly_empty_ppm = figure(flow_when_nearly_empty(), end);
    specimen.path = scenario_.true_path.total();
    specimen.path_contents = path_contents(scenario_);
    return {specimen, drugs_};
  }
  [[nodiscard]] ConstantFlowPump& at(End end) { return pumps_[static_cast<std::size_t>(end)]; }
  [[nodiscard]] ConstantFlowPump& middle() { return at(End::kMiddle); }
  [[nodiscard]] Instant now() { return middle().now(); }

  // ---- what stands before the start ----------------------------------------------------------------------

  void describe() {
    run_.labelled = its_.labelled;
    run_.nearly_empty = nearly_empty_level(scenario_.model.capacity);
    run_.when_nearly_empty = flow_when_nearly_empty();
    const Instant change = wall_.change();
    if (change > Instant{} && change <= Instant{} + scenario_.time.lasts)
      result_.local_clock.push_back({change, wall_.local_ms(change)});
    note(
        "The pump counts nothing and has no alarm. A volume here is either true, which only a simulation "
        "knows, or expected at the labelled flow, which is all that a planner has.");
    note_labelled_flow();
    for (std::size_t i = 0; i < its_.influences.size(); ++i) add_influence(i);
    std::stable_sort(edges_.begin(), edges_.end(), [](const Edge& a, const Edge& b) { return a.at < b.at; });
    note(fmt::format(
        "Below {}, a tenth of the capacity: {} ({}). Where the fall begins stands in no source: the tenth is "
        "Theca's assumption, not verified, and the fall is played as one step.",
        to_text(run_.nearly_empty), band_text(run_.when_nearly_empty),
        pedigree_text(*run_.when_nearly_empty.row)));
  }

  void note(std::string text) { result_.notes.push_back(std::move(text)); }

  void note_labelled_flow() {
    const PumpEntry* entry = library_.find_pump(scenario_.pump_name);
    const std::string flow = to_text(its_.labelled);
    for (const auto& variant : entry->fixed_flow) {
      if (variant.value != its_.labelled) continue;
      run_.flow_in_library = true;
      run_.flow_sources = variant.sources;
      note(fmt::format("The labelled flow of {} is a variant of the library ({}{}).", flow,
                       fmt::join(variant.sources, ", "), variant.verified ? "" : ", not verified"));
      return;
    }
    note(fmt::format("The labelled flow of {} is as typed; the library knows no such variant.", flow));
  }

  void add_influence(std::size_t i) {
    const Influence& one = its_.influences[i];
    const FlowBand band = flow_band(one.kind, one.amount);
    const Instant end = Instant{} + scenario_.time.lasts;
    const auto ends = one.ends && *one.ends <= end ? one.ends : std::nullopt;
    run_.influences.push_back({influence_text(one), one.begins, ends, band});
    edges_.push_back({one.begins, i, true});
    if (ends) edges_.push_back({*ends, i, false});
    note(fmt::format("{} from {}{}: {} ({}).", influence_text(one), minute_text(one.begins),
                     ends ? " to " + minute_text(*ends) : " on", band_text(band), pedigree_text(*band.row)));
  }

  [[nodiscard]] std::string minute_text(Instant t) const {
    return local_datetime_text(floor_divide(wall_.local_ms(t), 60'000) * 60'000);
  }

  // ---- what happens --------------------------------------------------------------------------------------

  void tell(Kind kind, std::string text) {
    run_.events.push_back({now(), kind, middle().flow(), middle().reservoir().floor(), std::move(text)});
  }

  /// Lets time pass, at most to the next change that the pump makes by itself. Was there one?
  bool move_to(Instant t) {
    const FlowRate flow = middle().flow();
    const bool low = middle().nearly_empty(), empty = middle().empty();
    const std::size_t arrived = middle().tip().changes().size();
    for (const End end : kEnds) at(end).run_until(t);
    for (std::size_t i = arrived; i < middle().tip().changes().size(); ++i)
      arrive(middle().tip().changes()[i]);
    if (!low && middle().nearly_empty() && !middle().empty()) {
      tell(Kind::kNearlyEmpty, fmt::format("{} left: the bellows press less, {}.",
                                           to_text(middle().reservoir().floor(), Rounding::decimals(3)),
                                           band_text(run_.when_nearly_empty)));
    }
    if (!empty && middle().empty()) {
      run_.ran_dry.push_back(now());
      tell(Kind::kRanDry, "The reservoir is empty and nothing flows any more. No alarm: the pump has none.");
    }
    return flow != middle().flow() || arrived != middle().tip().changes().size();
  }

  void arrive(const TipChange& change) {
    FrontArrival arrival;
    arrival.fluid = change.fluid;
    arrival.fluid_before = change.before;
    arrival.truly = change.at;
    result_.fronts.push_back(arrival);
    tell(Kind::kFluidAtTip, fmt::format("{} reaches the catheter tip.", fluid_text(change.fluid)));
  }

  [[nodiscard]] std::string fluid_text(std::uint32_t number) const {
    for (const FluidName& fluid : result_.fluids)
      if (fluid.number == number) return fmt::format("\"{}\" ({})", fluid.name, fluid.contents);
    return "what filled the path before";
  }

  /// The influences that begin or end by now. Were there any?
  bool move_edges() {
    const std::size_t from = edge_;
    while (edge_ < edges_.size() && edges_[edge_].at <= now()) ++edge_;
    if (from == edge_) return false;
    for (const End end : kEnds) at(end).surround(surroundings(end));
    for (std::size_t i = from; i < edge_; ++i) {
      const PlayedInfluence& one = run_.influences[edges_[i].influence];
      if (edges_[i].begins) {
        tell(Kind::kInfluenceBegins,
             fmt::format("{}: {}; it is now {}.", one.what, band_text(one.band), to_text(middle().flow())));
      } else {
        tell(Kind::kInfluenceEnds,
             fmt::format("{} is over; the flow is now {}.", one.what, to_text(middle().flow())));
      }
    }
    return true;
  }

  [[nodiscard]] Surroundings surroundings(End end) {
    const auto change = [&](InfluenceKind kind) -> std::int64_t {
      std::int64_t sum = 0;
      for (const Influence& one : its_.influences) {
        const bool lasts = one.begins <= now() && (!one.ends || now() < *one.ends);
        if (one.kind == kind && lasts) sum += one.amount;
      }
      return sum == 0 ? 0 : figure(flow_band(kind, sum), end);
    };
    return {change(InfluenceKind::kTemperature), change(InfluenceKind::kAltitude),
            change(InfluenceKind::kViscosity)};
  }

  bool fill(const ConstantFlowRefill& refill) {
    const bool first = run_.fills.empty();
    const ScenarioFluid& fluid = scenario_.fluids[refill.fluid];
    ConstantFlowFillRecord record;
    record.at = now();
    record.fluid = fluid.formulation.number;
    record.volume = refill.volume;
    if (!first) record.expected = expected(its_.labelled);
    for (const DrugCode drug : drugs_)
      record.at_label.push_back(dose_rate(its_.labelled, concentration_of(fluid.formulation, drug)));
    if (!within_limits(refill, fluid)) return false;
    intend(refill, fluid, record);

    given_before_ += first ? Volume{} : run_.fills.back().volume - *record.expected;
    for (const End end : kEnds) keep_dry(end);
    for (const End end : kEnds) {
      const Volume found = at(end).refill(refill.volume, fluid.formulation);
      if (end == End::kMiddle && !first) record.found = found;
    }
    run_.fills.push_back(record);
    if (!followed(refill, fluid)) return false;
    tell_fill(record);
    return true;
  }

  /// Refills that come faster than the path empties may be more than can be followed to the tip.
  bool followed(const ConstantFlowRefill& refill, const ScenarioFluid& fluid) {
    for (const End end : kEnds) {
      if (at(end).tip().front().in_reservoir().number == fluid.formulation.number) continue;
      failure_.errors.push_back(
          {scenario_.file, refill.line, "visit",
           fmt::format("the path holds {} different fluids already; no more can be followed", kMaxFluids)});
      return false;
    }
    return true;
  }

  /// The dose that the physician means from now on: what is typed with this fill, or what was with the last
  /// one if the fluid is the same; else what concentration and labelled flow give.
  void intend(const ConstantFlowRefill& refill, const ScenarioFluid& fluid, ConstantFlowFillRecord& record) {
    add_intended();
    record.intended = record.at_label;
    const bool same_fluid = !run_.fills.empty() && run_.fills.back().fluid == record.fluid;
    if (same_fluid && !refill.intended) {
      record.intended = run_.fills.back().intended;
      record.intended_typed = run_.fills.back().intended_typed;
    }
    if (!refill.intended) return;
    const DrugCode drug = fluid.formulation.components[0].drug;
    const auto column =
        static_cast<std::size_t>(std::find(drugs_.begin(), drugs_.end(), drug) - drugs_.begin());
    record.intended[column] = *refill.intended;
    record.intended_typed = true;
    if (record.at_label[column] != *refill.intended) {
      note(fmt::format("{} of {} is intended from {} on; \"{}\" gives {} at the labelled flow.",
                       to_text(*refill.intended), result_.drugs[column].name, minute_text(now()), fluid.name,
                       to_text(record.at_label[column], Rounding::significant(6))));
    }
  }

  void add_intended() {
    if (!run_.fills.empty()) intended_mass_ = intended_by_now();
    intended_since_ = now();
  }
  [[nodiscard]] std::vector<Mass> intended_by_now() {
    std::vector<Mass> mass = intended_mass_;
    for (std::size_t i = 0; i < drugs_.size(); ++i)
      mass[i] += given(run_.fills.back().intended[i], now() - intended_since_);
    return mass;
  }

  void tell_fill(const ConstantFlowFillRecord& record) {
    const std::string fill = to_text(record.volume) + " of " + fluid_text(record.fluid);
    if (!record.found) {
      tell(Kind::kFilled,
           fmt::format("Implanted and filled with {}. The path from reservoir to tip holds {}.", fill,
                       to_text(scenario_.true_path.total())));
      return;
    }
    tell(Kind::kRefilled,
         fmt::format("Refilled with {}; {} was found in the reservoir, {} was expected at the labelled flow.",
                     fill, to_text(*record.found, Rounding::decimals(3)),
                     to_text(*record.expected, Rounding::decimals(3))));
  }

  /// Holds the dose at the labelled flow against the drug library: a hard limit ends the run, a soft one is
  /// noted.
  bool within_limits(const ConstantFlowRefill& refill, const ScenarioFluid& fluid) {
    Prescription p;
    p.number = previous_.number + 1;
    p.formulation = fluid.formulation;
    p.basal.mode = BasalMode::kSimpleContinuous;
    p.basal.rate = its_.labelled;
    LimitQuestion question{.library = library_, .model = scenario_.model, .scope = {}};
    if (previous_.number > 0) question.previous = &previous_;
    p.safe_state = proposed_safe_state(p, scenario_.model);
    bool ok = true;
    for (const Finding& finding : check_limits(p, question)) {
      if (finding.severity == Severity::kHard) {
        failure_.refused = true;
        failure_.errors.push_back({scenario_.file, refill.line, "refill", finding.message});
        ok = false;
      } else if (finding.severity == Severity::kSoft) {
        note(fmt::format("fill {}: {}", p.number, finding.message));
      }
    }
    previous_ = p;
    return ok;
  }

  // ---- what is written down ------------------------------------------------------------------------------

  /// What the reservoir holds if the pump has run at `flow` since its last fill.
  [[nodiscard]] Volume expected(FlowRate flow) {
    const ConstantFlowFillRecord& last = run_.fills.back();
    return std::max(Volume{}, last.volume - Amount::over(flow, now() - last.at).floor());
  }

  void take_sample() {
    Sample s;
    s.at = now();
    s.reservoir_nominal = expected(its_.labelled);
    s.reservoir_earliest = expected(changed(its_.labelled, scenario_.model.accuracy_ppm));
    s.reservoir_true = middle().reservoir().floor();
    s.prescribed = given_before_ + run_.fills.back().volume - s.reservoir_nominal;
    s.truly_delivered = middle().delivered().floor();
    s.flow = middle().flow();
    s.fluid_in_reservoir = middle().tip().front().in_reservoir().number;
    s.fluid_truly_at_tip = middle().tip().front().at_tip().number;
    s.prescribed_mass = intended_by_now();
    s.tip_mass = middle().tip().mass();
    result_.samples.push_back(std::move(s));
  }

  [[nodiscard]] BandEnd& band_end(End end) { return end == End::kLow ? run_.low : run_.high; }
  void keep_dry(End end) {
    if (end != End::kMiddle && at(end).ran_dry() != kNever)
      band_end(end).ran_dry.push_back(at(end).ran_dry());
  }

  void finish() {
    for (const End end : {End::kLow, End::kHigh}) {
      keep_dry(end);
      band_end(end).delivered = at(end).delivered().floor();
      band_end(end).tip_mass = at(end).tip().mass();
    }
    for (FrontArrival& arrival : result_.fronts) spread(arrival, result_.samples, scenario_);
    const ConstantFlowFillRecord& last = run_.fills.back();
    const FlowRate fastest = changed(its_.labelled, scenario_.model.accuracy_ppm);
    const auto lasts = multiply_divide(last.volume.raw(), kMillisecondsPerDay, fastest.raw(), Round::kDown);
    if (!lasts) return;
    result_.refill_by = minute_text(last.at + Duration{*lasts});
    result_.refill_reason =
        "then the last fill is used up if the pump runs at the upper end of its labelled accuracy; no alarm "
        "will tell";
  }

  const Scenario& scenario_;
  const ConstantFlowScenario& its_;
  const Library& library_;
  const Progress& progress_;
  std::vector<DrugCode> drugs_;
  WallClock wall_;
  std::array<ConstantFlowPump, kEnds.size()> pumps_;  // low, middle and high end of every band
  RunResult result_;
  ConstantFlowRun& run_;
  PlayFailure failure_;
  std::vector<Edge> edges_;
  std::size_t edge_ = 0;
  std::size_t refill_ = 0;
  Prescription previous_;            // what the last fill gives at the labelled flow
  std::vector<Mass> intended_mass_;  // until `intended_since_`
  Instant intended_since_;
  Volume given_before_;  // expected to have been given from the fills before the last one
};

}  // namespace

std::expected<RunResult, PlayFailure> play_constant_flow(const Scenario& scenario, const Library& library,
                                                         const Progress& progress) {
  return Player{scenario, library, progress}.run();
}

}  // namespace theca
