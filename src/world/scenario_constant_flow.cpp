#include "world/scenario_constant_flow.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "quantity/text.hpp"
#include "quantity/text_number.hpp"
#include "source/table_reader.hpp"
#include "world/scenario.hpp"
#include "world/scenario_parts.hpp"

namespace theca {
namespace {

constexpr std::string_view kNoElectronics =
    "a constant-flow pump has no electronics: its dose is changed at the next fill, by the concentration";

/// One row per kind: how it is typed, and how far the table of the planner is stretched. The limits are what
/// can be played, not what is safe.
struct KindRow {
  InfluenceKind kind;
  std::string_view key;
  std::string_view unit;
  std::string_view example;
  std::int64_t raw_per_unit;
  std::int64_t most;
};
constexpr std::array kKinds = {
    KindRow{InfluenceKind::kTemperature, "temperature", "°C", "+2 °C", 1'000, 5'000},
    KindRow{InfluenceKind::kAltitude, "altitude", "m", "+1500 m", 1, 5'000},
    KindRow{InfluenceKind::kViscosity, "viscosity", "%", "+10 %", 10'000, 500'000},
};

std::string amount_text(const KindRow& row, std::int64_t amount) {
  std::array<char, kPrintBytes> buffer;
  return fmt::format("{}{} {}", amount > 0 ? "+" : "", print_decimal(amount, row.raw_per_unit, buffer),
                     row.unit);
}

/// "+2 °C", "-0.5 °C": always with its sign, since it is a change and no reading of a thermometer.
Parsed<std::int64_t> parse_change(std::string_view text, const KindRow& row) {
  const auto how = [&] { return fmt::format("write the change with its sign, \"{}\"", row.example); };
  const std::string plain = typed::plain_text(text);
  const bool minus = plain.starts_with('-');
  if (!minus && !plain.starts_with('+')) return refused(text, how());
  const auto number = typed::take_number(std::string_view{plain}.substr(1), typed::TrailingZeros::kAllowed);
  if (!number || typed::trimmed(number->rest) != row.unit) return refused(text, how());
  const auto amount = typed::scaled(number->number, row.raw_per_unit, row.most);
  if (!amount || (!amount->exact && amount->down == row.most)) {
    return refused(text, fmt::format("is beyond what can be played, {} to {}", amount_text(row, -row.most),
                                     amount_text(row, row.most)));
  }
  if (!amount->exact) return refused(text, "is finer than can be played");
  if (amount->down == 0) return refused(text, "changes nothing");
  return minus ? -amount->down : amount->down;
}

const KindRow& row_of(InfluenceKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

/// A table that is there although such a pump has nothing to do with it.
void refuse_table(TableReader& top, std::string_view key) {
  if (top.one(key, [](TableReader& table) { table.forgive_unknown_keys(); }))
    top.error(key, std::string{kNoElectronics});
}

std::optional<DoseRate> read_intended(TableReader& table, std::string_view key) {
  const auto dose = table.quantity(key, parse_dose_rate);
  if (dose && dose->raw() == 0) table.error(key, "is no dose; leave it out, or write what was meant");
  return dose;
}

void read_influence(TableReader& table, Scenario& scenario) {
  Influence made;
  if (const auto text = table.need_text("at")) made.begins = read_moment(table, "at", *text, scenario.time);
  if (const auto lasts = table.quantity("lasts", parse_duration)) {
    if (lasts->raw() <= 0) table.error("lasts", "has no duration");
    made.ends = made.begins + *lasts;
  }
  std::size_t kinds = 0;
  for (const KindRow& row : kKinds) {
    const auto text = table.text(row.key);
    if (!text) continue;
    if (++kinds > 1) {
      table.error(row.key, "is a second influence; write an [[influence]] of its own for it");
      continue;
    }
    made.kind = row.kind;
    const auto amount = parse_change(*text, row);
    if (!amount) table.error(row.key, amount.error().message);
    made.amount = amount.value_or(0);
  }
  if (kinds == 0)
    table.error("", R"(says nothing that moves the flow; write temperature = "+2 °C", altitude = "+1500 m" )"
                    R"(or viscosity = "+10 %")");
  // The sum of one kind is greatest at a moment when one of them begins.
  std::vector<Influence>& all = scenario.constant_flow->influences;
  all.push_back(made);
  const KindRow& row = row_of(made.kind);
  for (const Influence& moment : all) {
    std::int64_t sum = 0;
    for (const Influence& one : all) {
      const bool lasts = one.begins <= moment.begins && (!one.ends || moment.begins < *one.ends);
      if (one.kind == made.kind && lasts) sum += one.amount;
    }
    if (std::abs(sum) <= row.most) continue;
    table.error(row.key,
                fmt::format("makes {} together with those that last already; at most {} can be played",
                            amount_text(row, sum), amount_text(row, row.most)));
    all.pop_back();
    return;
  }
}

void read_visit(TableReader& table, Scenario& scenario) {
  ConstantFlowRefill made;
  made.line = table.line();
  if (const auto text = table.need_text("at")) made.at = read_moment(table, "at", *text, scenario.time);
  const auto act = table.need_text("do");
  if (act && *act != "refill") table.error("do", in_quotes(*act) + ": " + std::string{kNoElectronics});
  if (!act || *act != "refill") return table.forgive_unknown_keys();
  made.fluid = read_fluid(table, scenario.fluids);
  made.volume = read_fill(table, scenario);
  made.intended = read_intended(table, "intended");
  refuse_table(table, "prescription");
  refuse_table(table, "ceilings");
  std::vector<ConstantFlowRefill>& refills = scenario.constant_flow->refills;
  if (!refills.empty() && made.at < refills.back().at)
    table.error("at", "is before the visit above it; write visits in the order of their times");
  refills.push_back(made);
}

}  // namespace

FlowBand flow_band(InfluenceKind kind, std::int64_t amount) {
  switch (kind) {
    case InfluenceKind::kTemperature:
      return flow_when_warmer(amount);
    case InfluenceKind::kAltitude:
      return flow_when_higher(amount);
    case InfluenceKind::kViscosity:
      break;
  }
  return flow_when_more_viscous(amount);
}

void read_constant_flow_pump(TableReader& table, const PumpEntry& pump, Scenario& scenario) {
  ConstantFlowScenario& made = scenario.constant_flow.emplace();
  std::string variants;
  for (const auto& variant : pump.fixed_flow)
    variants += (variants.empty() ? "" : ", ") + to_text(variant.value);
  if (!table.has("flow")) {
    table.error("flow",
                "missing; write the flow of this very pump from its card; the library knows " + variants);
  }
  made.labelled = table.quantity("flow", parse_flow_rate).value_or(FlowRate{});
  if (table.has("flow") && made.labelled.raw() <= 0)
    table.error("flow", "no flow; the library knows " + variants);
  if (made.labelled.raw() > pump.capacity.value.raw()) {
    table.error("flow", fmt::format("{} would empty the reservoir of {} within a day", to_text(made.labelled),
                                    to_text(pump.capacity.value)));
  }
  if (table.text("low_alarm")) table.error("low_alarm", std::string{kNoElectronics} + "; it has no alarm");
  scenario.pump_name = pump.name;
  scenario.model = PumpModel{};
  scenario.model.code = pump.code;
  scenario.model.actuator = pump.actuator;
  scenario.model.min_flow = made.labelled;
  scenario.model.max_flow = made.labelled;
  scenario.model.capacity = pump.capacity.value;
  scenario.model.accuracy_ppm = static_cast<std::int32_t>(pump.accuracy.value);
  if (pump.tubing) scenario.model.tubing = pump.tubing->value;
  if (pump.catheter_per_cm) scenario.model.catheter_per_cm = pump.catheter_per_cm->value;
}

void read_constant_flow_path(TableReader& table, Scenario& scenario) {
  const auto volume = [&](std::string_view key, Parsed<Volume> (*parse)(std::string_view), Volume& of_model,
                          const char* example) {
    if (!table.has(key) && of_model.raw() == 0) {
      table.error(key, fmt::format("missing: the library states none for {}; write {} = \"{}\"",
                                   scenario.pump_name, key, example));
    }
    of_model = table.quantity(key, parse).value_or(of_model);
  };
  volume("per_cm", parse_volume_per_length, scenario.model.catheter_per_cm, "0.0022 mL/cm");
  volume("tubing", parse_volume, scenario.model.tubing, "0.2 mL");
}

void read_constant_flow_life(TableReader& top, Scenario& scenario) {
  ConstantFlowScenario& made = *scenario.constant_flow;
  top.one("intended", [&](TableReader& table) {
    if (table.present("dose")) made.intended = read_intended(table, "dose");
  });
  for (const char* key : {"prescription", "ceilings", "patient"}) refuse_table(top, key);
  top.each("fault", [](TableReader& table) {
    table.forgive_unknown_keys();
    table.error("", std::string{kNoElectronics} + "; what moves its flow is an [[influence]]");
  });
  top.each("influence", [&](TableReader& table) { read_influence(table, scenario); });
  top.each("visit", [&](TableReader& table) { read_visit(table, scenario); });
}

}  // namespace theca
