#include "world/scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <random>

#include "body/individual.hpp"
#include "pump/nvm.hpp"
#include "quantity/text.hpp"
#include "source/table_reader.hpp"
#include "world/scenario_order.hpp"
#include "world/scenario_parts.hpp"

namespace theca {
namespace {

constexpr Duration kLongestRun = days(40'000);
constexpr Duration kShortestSample = seconds(10);
constexpr std::int64_t kSamplesWanted = 2'000;
constexpr std::int64_t kMostPressesPerDay = 200;

constexpr std::array<Choice<VisitAct>, 8> kVisitActs{{{"refill", VisitAct::kRefill},
                                                      {"acknowledge", VisitAct::kAcknowledge},
                                                      {"revise", VisitAct::kRevise},
                                                      {"explant", VisitAct::kExplant},
                                                      {"prescribe", VisitAct::kPrescribe},
                                                      {"stop", VisitAct::kStop},
                                                      {"resume", VisitAct::kResume},
                                                      {"set clock", VisitAct::kSetClock}}};

constexpr std::array<Choice<CatheterFaultKind>, 4> kCatheterFaults{{
    {"leak", CatheterFaultKind::kLeak},
    {"disconnection", CatheterFaultKind::kDisconnection},
    {"migration", CatheterFaultKind::kMigration},
    {"occlusion", CatheterFaultKind::kOcclusion},
}};
constexpr std::array<Choice<FaultKind>, 16> kFaultKinds{{{"power loss", FaultKind::kPowerLoss},
                                                         {"brown-out", FaultKind::kBrownOut},
                                                         {"lost steps", FaultKind::kLostSteps},
                                                         {"doubled steps", FaultKind::kDoubledSteps},
                                                         {"hang", FaultKind::kHang},
                                                         {"clock leap", FaultKind::kClockLeap},
                                                         {"flow error", FaultKind::kFlowError},
                                                         {"drawn off", FaultKind::kDrawnOff},
                                                         {"sensor bias", FaultKind::kSensorBias},
                                                         {"jammed telemetry", FaultKind::kJammed},
                                                         {"self-test", FaultKind::kSelfTest},
                                                         {"mri", FaultKind::kMri},
                                                         {"stall", FaultKind::kStall},
                                                         {"extra steps", FaultKind::kExtraSteps},
                                                         {"bit rot", FaultKind::kBitRot},
                                                         {"stuck page", FaultKind::kStuckPage}}};
constexpr std::array<Choice<RefusedOrder>, 2> kRefusedOrders{
    {{"ends the run", RefusedOrder::kEndsTheRun}, {"is left out", RefusedOrder::kIsLeftOut}}};
constexpr std::array<Choice<bool>, 2> kClockKept{{{"lost", false}, {"kept", true}}};
constexpr std::int64_t kMostCount = 100'000;

class Loader {
 public:
  Loader(std::string file, const Library& library)
      : library_(library), file_errors_(std::move(file), errors_) {
    scenario_.file = file_errors_.file();
  }

  std::expected<Scenario, std::vector<DataError>> load() {
    return load(parse_toml_file(file_errors_.file(), file_errors_));
  }
  std::expected<Scenario, std::vector<DataError>> load(const std::string& text) {
    return load(parse_toml(text, file_errors_));
  }

 private:
  std::expected<Scenario, std::vector<DataError>> load(const std::optional<toml::table>& root) {
    if (root) {
      TableReader top{*root, "", file_errors_};
      read(top);
      top.finish();
    }
    if (errors_.empty()) return std::move(scenario_);
    std::stable_sort(errors_.begin(), errors_.end(),
                     [](const auto& a, const auto& b) { return a.line < b.line; });
    return std::unexpected(errors_);
  }

  void read(TableReader& top) {
    scenario_.title = top.need_text("title").value_or("");
    scenario_.about = top.text("about").value_or("");
    time(top);
    need(top, "pump", "model = \"roller-40\"", [&](TableReader& table) { pump(table); });
    need(top, "fluids", "a line such as first = { morphine = \"20 mg/mL\" }",
         [&](TableReader& table) { fluids(table); });
    need(top, "catheter", "length = \"80 cm\"", [&](TableReader& table) { catheter(table); });
    need(top, "refill", "fluid = \"...\" and volume = \"40 mL\"", [&](TableReader& table) {
      scenario_.first_fluid = need_fluid(table);
      scenario_.first_volume = volume(table);
    });
    top.one("body", [&](TableReader& table) { body(table); });
    if (scenario_.constant_flow) return read_constant_flow_life(top, scenario_);
    top.one("ceilings", [&](TableReader& table) { scenario_.ceilings = ceilings(table); });
    need(top, "prescription", "mode and dose", [&](TableReader& table) {
      scenario_.first = order(table, scenario_.first_fluid);
      scenario_.first.order.number = 1;
    });
    if (top.has("refused_order"))
      scenario_.refused_order =
          top.choice("refused_order", std::span<const Choice<RefusedOrder>>{kRefusedOrders})
              .value_or(RefusedOrder::kEndsTheRun);
    std::uint32_t number = 2;
    top.each("fault", [&](TableReader& table) { fault(table); });
    std::stable_sort(scenario_.faults.begin(), scenario_.faults.end(),
                     [](const ScenarioFault& a, const ScenarioFault& b) { return a.at < b.at; });
    top.each("visit", [&](TableReader& table) {
      Visit next = visit(table);
      if (!scenario_.visits.empty() && next.at < scenario_.visits.back().at) {
        table.error("at", "is before the visit above it; write visits in the order of their times");
      }
      if (next.order) next.order->order.number = number++;
      scenario_.visits.push_back(std::move(next));
    });
    top.one("patient", [&](TableReader& table) { patient(table); });
  }

  template <class F>
  void need(TableReader& top, std::string_view key, const char* with, F&& read) {
    if (!top.one(key, std::forward<F>(read)))
      top.error(key, fmt::format("missing; write [{}] with {}", key, with));
  }

  void time(TableReader& top) {
    TimeLine& time = scenario_.time;
    time.starts_local_ms = top.need_quantity("starts", parse_local_datetime).value_or(0);
    time.lasts = top.need_quantity("lasts", parse_duration).value_or(days(1));
    if (time.lasts.raw() <= 0 || time.lasts > kLongestRun) {
      top.error("lasts", fmt::format("{} is outside what can be played, 1 ms to {}", to_text(time.lasts),
                                     to_text(kLongestRun)));
    }
    scenario_.seed = static_cast<std::uint64_t>(top.integer("seed", 0, INT64_MAX).value_or(1));
    const std::int64_t every =
        time.lasts.raw() / kSamplesWanted / kShortestSample.raw() * kShortestSample.raw();
    scenario_.sample_every =
        top.quantity("sample_every", parse_duration).value_or(std::max(Duration{every}, kShortestSample));
    if (scenario_.sample_every < kShortestSample) {
      top.error("sample_every",
                to_text(scenario_.sample_every) + " is shorter than " + to_text(kShortestSample));
      scenario_.sample_every = kShortestSample;
    }
    top.one("zone", [&](TableReader& table) {
      time.zone.offset_minutes =
          table.need_quantity("utc_offset", parse_utc_offset).value_or(std::int16_t{0});
      time.zone.offset_after_minutes = time.zone.offset_minutes;
      table.one("change", [&](TableReader& change) {
        time.zone.change_utc_s = change.need_quantity("at_utc", parse_local_datetime).value_or(0) / 1'000;
        time.zone.offset_after_minutes =
            change.need_quantity("utc_offset", parse_utc_offset).value_or(std::int16_t{0});
      });
    });
  }

  void pump(TableReader& table) {
    if (const auto name = table.need_text("model")) {
      const PumpEntry* entry = library_.find_pump(*name);
      if (entry == nullptr) {
        table.error("model", not_in_library(*name, library_.suggest_pumps(*name)));
      } else if (entry->actuator == ActuatorKind::kConstantFlow) {
        read_constant_flow_pump(table, *entry, scenario_);
      } else if (const auto model = pump_model(*entry); !model) {
        table.error("model", model.error());
      } else {
        scenario_.model = *model;
        scenario_.pump_name = entry->name;
        scenario_.low_alarm = model->low_alarm;
      }
    }
    scenario_.flow_error_ppm = table.quantity("flow_error", parse_signed_percent).value_or(0);
    if (const auto low = table.quantity("low_alarm", parse_volume)) scenario_.low_alarm = *low;
    if (const auto error = table.quantity("fill_sensor", parse_volume)) {
      if (error->raw() == 0)
        table.error("fill_sensor",
                    "is the sensor's labelled error, above 0; leave it out for a pump without one");
      scenario_.model.sensor_error = *error;
    }
    scenario_.sensor_bias = table.quantity("sensor_bias", parse_signed_volume).value_or(Volume{});
    scenario_.battery_error_ppm = table.quantity("battery_error", parse_signed_percent).value_or(0);
    if (const auto left = table.quantity("battery_left", parse_signed_percent)) {
      if (*left <= 0) table.error("battery_left", "allowed: above 0 %");
      // An old battery is played as a small one.
      BatteryModel& battery = scenario_.model.battery;
      battery.capacity = Charge{battery.capacity.raw() / 1'000'000 * *left};
    }
    if (table.has("sensor_bias") && scenario_.model.sensor_error.raw() == 0)
      table.error("sensor_bias", "is for a pump with a fill_sensor");
  }

  void fluids(TableReader& table) {
    for (const std::string& name : table.keys()) {
      ScenarioFluid made;
      made.name = name;
      made.formulation.number = static_cast<std::uint32_t>(scenario_.fluids.size() + 1);
      table.one(name, [&](TableReader& fluid) {
        const auto drugs = fluid.keys();
        for (const std::string& drug : drugs) component(fluid, drug, made);
        if (drugs.empty()) table.error(name, "holds no drug");
      });
      scenario_.fluids.push_back(std::move(made));
    }
    if (scenario_.fluids.empty())
      table.error("", "no fluid; write a line such as first = { morphine = \"20 mg/mL\" }");
  }

  void component(TableReader& fluid, const std::string& drug, ScenarioFluid& made) {
    const auto concentration = fluid.need_quantity(drug, parse_concentration);
    const DrugEntry* entry = library_.find_drug(drug);
    if (entry == nullptr) return fluid.error(drug, not_in_library(drug, library_.suggest_drugs(drug)));
    if (!concentration) return;
    if (concentration->raw() == 0) return fluid.error(drug, "has no concentration");
    if (made.formulation.count == kMaxComponents) {
      return fluid.error(drug,
                         fmt::format("is one too many: a mixture has at most {} components", kMaxComponents));
    }
    made.formulation.components[made.formulation.count++] = {entry->code, entry->drug_class(),
                                                             *concentration};
    made.contents +=
        fmt::format("{}{} {}", made.contents.empty() ? "" : " + ", entry->name, to_text(*concentration));
  }

  std::optional<std::size_t> fluid_index(TableReader& table, std::string_view key, const std::string& name) {
    return fluid_named(table, key, name, scenario_.fluids);
  }
  std::size_t need_fluid(TableReader& table) { return read_fluid(table, scenario_.fluids); }

  void catheter(TableReader& table) {
    if (scenario_.constant_flow) read_constant_flow_path(table, scenario_);
    const ReadPath read = read_path(table);
    scenario_.true_length = read.true_length;
    scenario_.path = read.path;
    scenario_.tubing_measured = read.tubing_measured;
    scenario_.true_path = read.true_path;
    scenario_.path_fluid = read.contents;
  }

  /// The canal ends at S2 and begins at C1.
  void body(TableReader& table) {
    const auto level = [&](const char* key, const char* allowed, bool cord) {
      const auto name = table.text(key);
      if (!name) return std::optional<std::string>{};
      const bool sacral = name->starts_with('S') || name->starts_with('s');
      if (is_level_name(*name, cord ? Column::kCord : Column::kVertebrae) && (cord || !sacral)) return name;
      table.error(key, in_quotes(*name) + ": allowed: " + allowed);
      return std::optional<std::string>{};
    };
    if (const auto tip = level("tip", "a vertebra, C1 to C7, T1 to T12, L1 to L5", false))
      scenario_.body.tip = *tip;
    if (const auto pain = level("pain", "a dermatome, C1 to C8, T1 to T12, L1 to L5, S1 to S5", true))
      scenario_.body.pain = *pain;
    scenario_.body.posture = table.choice<Posture>("posture", kPostures).value_or(Posture::kFlat);
    table.each("catheter_fault", [&](TableReader& entry) { catheter_fault(entry); });
    table.each("pocket_fill", [&](TableReader& entry) { pocket_fill(entry); });
    if (!table.has("opioid_tolerance")) return;
    const auto factor = table.need_decimal("opioid_tolerance");
    if (!factor) return;
    if (*factor < 1 || *factor > kMostOpioidTolerance)
      table.error("opioid_tolerance",
                  fmt::format("{}: allowed: 1 (never had any) to {}", *factor, kMostOpioidTolerance));
    scenario_.body.opioid_tolerance = *factor;
  }

  void catheter_fault(TableReader& table) {
    CatheterFault made;
    const auto text = table.need_text("at");
    if (text) made.from = moment(table, "at", *text);
    if (text && made.from >= Instant{} + scenario_.time.lasts) table.error("at", "is the end of the run");
    const auto kind = table.present("kind")
                          ? table.choice("kind", std::span<const Choice<CatheterFaultKind>>{kCatheterFaults})
                          : std::nullopt;
    if (!kind) return table.forgive_unknown_keys();
    made.kind = *kind;
    const Instant end = Instant{} + scenario_.time.lasts;
    const auto lasts = table.quantity<Duration>("lasts", parse_duration);
    if (lasts && lasts->raw() <= 0) table.error("lasts", "has no duration");
    made.until = lasts ? made.from + *lasts : end;
    if (made.kind == CatheterFaultKind::kLeak) {
      constexpr double kPartsPerMillion = 1e6;
      if (const auto share = table.need_quantity<std::int64_t>("share", parse_percent))
        made.share = static_cast<double>(*share) / kPartsPerMillion;
      if (made.share <= 0 || made.share > 1) table.error("share", "allowed: above 0 %, up to 100 %");
    }
    if (made.kind == CatheterFaultKind::kOcclusion)
      made.holds = table.quantity<Volume>("holds", parse_volume).value_or(kHeldBack);
    auto& all = scenario_.body.catheter_faults;
    if (text && !all.empty() && made.from < all.back().until)
      table.error("at", "is before the fault above it is over; one at a time, in the order of their times");
    all.push_back(made);
  }

  void pocket_fill(TableReader& table) {
    PocketFill made;
    const auto text = table.need_text("at");
    if (text) made.at = moment(table, "at", *text);
    if (text && made.at >= Instant{} + scenario_.time.lasts) table.error("at", "is the end of the run");
    if (const auto name = table.need_text("fluid")) {
      made.fluid = *name;
      if (std::ranges::find(scenario_.fluids, *name, &ScenarioFluid::name) == scenario_.fluids.end())
        table.error("fluid", in_quotes(*name) + ": allowed: a name of [fluids]");
    }
    if (const auto volume = table.need_quantity<Volume>("volume", parse_volume)) {
      made.volume = *volume;
      if (volume->raw() <= 0) table.error("volume", "allowed: above 0");
    }
    auto& all = scenario_.body.pocket_fills;
    if (text && !all.empty() && made.at < all.back().at) table.error("at", "is before the one above it");
    all.push_back(made);
  }

  struct ReadPath {
    FluidPath path, true_path;
    bool tubing_measured = false;
    Length true_length;
    std::optional<std::size_t> contents;
  };
  ReadPath read_path(TableReader& table) {
    const PumpModel& model = scenario_.model;
    const auto length = table.need_quantity("length", parse_length);
    const Length true_length =
        table.quantity("true_length", parse_length).value_or(length.value_or(Length{}));
    const Volume per_cm = table.quantity("per_cm", parse_volume_per_length).value_or(model.catheter_per_cm);
    const Volume tubing = table.quantity("tubing", parse_volume).value_or(model.tubing);
    const bool measured = table.boolean("tubing_measured").value_or(false);
    const auto contents = table.text("contents");
    if (length && length->raw() <= 0) table.error("length", to_text(*length) + " is no catheter");
    if (table.has("true_length") && true_length.raw() <= 0)
      table.error("true_length", to_text(true_length) + " is no catheter");
    ReadPath made;
    made.path = {tubing, lumen_volume(length.value_or(Length{}), per_cm)};
    made.true_path = {model.tubing, lumen_volume(true_length, model.catheter_per_cm)};
    made.true_length = true_length;
    made.tubing_measured = measured;
    if (contents && *contents != "dry") made.contents = fluid_index(table, "contents", *contents);
    return made;
  }

  Ceilings ceilings(TableReader& table) {
    Ceilings limits;
    limits.hour = table.need_quantity("hour", parse_volume).value_or(Volume{});
    limits.day = table.need_quantity("day", parse_volume).value_or(Volume{});
    limits.thirty_days = table.need_quantity("thirty_days", parse_volume).value_or(Volume{});
    return limits;
  }

  Volume volume(TableReader& table) { return read_fill(table, scenario_); }

  ScenarioOrder order(TableReader& table, std::size_t fluid) {
    return read_order(table, library_, scenario_.fluids, fluid, scenario_.time);
  }

  Visit visit(TableReader& table) {
    Visit made;
    made.line = table.line();
    if (const auto text = table.need_text("at")) made.at = moment(table, "at", *text);
    const auto act = table.present("do") ? table.choice("do", std::span<const Choice<VisitAct>>{kVisitActs})
                                         : std::nullopt;
    if (!act) table.forgive_unknown_keys();
    made.act = act.value_or(VisitAct::kStop);
    made.fluid = fluid_in_reservoir();
    if (made.act == VisitAct::kRefill) {
      made.fluid = need_fluid(table);
      made.volume = volume(table);
      made.left_in = table.quantity("left_in", parse_volume).value_or(Volume{});
      made.truly = table.quantity("truly", parse_volume);
      if (made.truly && *made.truly > scenario_.model.capacity)
        table.error("truly", fmt::format("{} is more than the reservoir holds", to_text(*made.truly)));
      if (const auto told = table.text("aspirated")) {
        made.aspirated_told = *told != "not told";
        if (made.aspirated_told) made.aspirated = table.quantity("aspirated", parse_volume);
      }
      table.one("ceilings", [&](TableReader& child) { made.ceilings = ceilings(child); });
    }
    if (made.act == VisitAct::kRevise) {
      table.one("catheter", [&](TableReader& child) {
        const ReadPath read = read_path(child);
        made.path = read.path;
        made.tubing_measured = read.tubing_measured;
        made.true_path = read.true_path;
        made.path_fluid = read.contents;
      });
      if (!table.has("catheter"))
        table.error("catheter", "missing; write [visit.catheter] with length = \"80 cm\"");
    }
    if (made.act == VisitAct::kSetClock) {
      made.clock_shift = table.need_quantity("shift", parse_signed_duration).value_or(Duration{});
    }
    const bool may_prescribe =
        made.act == VisitAct::kPrescribe || made.act == VisitAct::kRefill || made.act == VisitAct::kRevise;
    const bool prescribes =
        table.one("prescription", [&](TableReader& child) { made.order = order(child, made.fluid); });
    if (act && prescribes && !may_prescribe)
      table.error("prescription", "is for the visits \"refill\", \"prescribe\" and \"revise\"");
    if (!prescribes && made.ceilings)
      table.error("ceilings", "are signed in an order: write [visit.prescription] too");
    if (!prescribes && (made.act == VisitAct::kPrescribe || made.act == VisitAct::kRevise))
      table.error("prescription", "missing; write [visit.prescription]");
    return made;
  }

  void fault(TableReader& table) {
    ScenarioFault made;
    if (const auto text = table.need_text("at")) made.at = moment(table, "at", *text);
    const auto kind = table.present("kind")
                          ? table.choice("kind", std::span<const Choice<FaultKind>>{kFaultKinds})
                          : std::nullopt;
    if (!kind) return table.forgive_unknown_keys();
    made.kind = *kind;
    const bool ends = *kind == FaultKind::kStall || *kind == FaultKind::kMri || *kind == FaultKind::kJammed;
    if (*kind == FaultKind::kPowerLoss || *kind == FaultKind::kBrownOut || ends) {
      made.lasts = table.need_quantity("lasts", parse_duration).value_or(Duration{});
      if (table.has("lasts") && made.lasts.raw() <= 0) table.error("lasts", "has no duration");
    }
    if (*kind == FaultKind::kPowerLoss && table.has("clock"))
      made.clock_kept = table.choice("clock", std::span<const Choice<bool>>{kClockKept}).value_or(false);
    if (*kind == FaultKind::kClockLeap)
      made.shift = table.need_quantity("shift", parse_signed_duration).value_or(Duration{});
    if (*kind == FaultKind::kFlowError)
      made.flow_error_ppm = table.need_quantity("flow_error", parse_signed_percent).value_or(0);
    if (*kind == FaultKind::kDrawnOff)
      made.volume = table.need_quantity("volume", parse_volume).value_or(Volume{});
    if (*kind == FaultKind::kSensorBias)
      made.volume = table.need_quantity("bias", parse_signed_volume).value_or(Volume{});
    const bool steps = *kind == FaultKind::kExtraSteps || *kind == FaultKind::kLostSteps ||
                       *kind == FaultKind::kDoubledSteps;
    if (steps) made.count = table.integer("steps", 1, kMostCount).value_or(1);
    if (*kind == FaultKind::kBitRot) made.count = table.integer("bits", 1, kMostCount).value_or(1);
    if (*kind == FaultKind::kStuckPage) made.count = table.integer("page", 0, kNvmPages - 1).value_or(0);
    scenario_.faults.push_back(made);
    if (!ends) return;
    ScenarioFault end;
    end.at = made.at + made.lasts;
    end.kind = *kind == FaultKind::kMri     ? FaultKind::kMriEnds
               : *kind == FaultKind::kStall ? FaultKind::kStallEnds
                                            : FaultKind::kJamEnds;
    scenario_.faults.push_back(end);
  }

  /// The fluid that the reservoir holds after the visits read so far.
  [[nodiscard]] std::size_t fluid_in_reservoir() const {
    for (auto visit = scenario_.visits.rbegin(); visit != scenario_.visits.rend(); ++visit) {
      if (visit->act == VisitAct::kRefill) return visit->fluid;
    }
    return scenario_.first_fluid;
  }

  Instant moment(TableReader& table, std::string_view key, const std::string& text) {
    return read_moment(table, key, text, scenario_.time);
  }

  void patient(TableReader& table) {
    for (const std::string& text : table.texts("presses"))
      scenario_.presses.push_back({moment(table, "presses", text)});
    if (const auto per_day = table.integer("presses_per_day", 0, kMostPressesPerDay))
      random_presses(*per_day);
    std::sort(scenario_.presses.begin(), scenario_.presses.end(),
              [](Press a, Press b) { return a.at < b.at; });
  }

  /// As many presses on average, at random moments of the whole run, from the scenario's seed.
  void random_presses(std::int64_t per_day) {
    std::mt19937_64 random{scenario_.seed};
    const std::int64_t lasts = scenario_.time.lasts.raw();
    const std::int64_t wanted = per_day * (lasts / 60'000) / kMinutesPerDay;
    for (std::int64_t i = 0; i < wanted; ++i) {
      scenario_.presses.push_back(
          {Instant{static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(lasts))}});
    }
  }

  const Library& library_;
  std::vector<DataError> errors_;
  FileErrors file_errors_;
  Scenario scenario_;
};

}  // namespace

std::expected<Scenario, std::vector<DataError>> load_scenario(const std::filesystem::path& file,
                                                              const Library& library) {
  return Loader{file.string(), library}.load();
}

std::expected<Scenario, std::vector<DataError>> read_scenario(const std::string& text,
                                                              const std::string& name,
                                                              const Library& library) {
  return Loader{name, library}.load(text);
}

}  // namespace theca
