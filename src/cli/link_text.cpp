#include "cli/link_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "air/private_file.hpp"
#include "cli/page.hpp"
#include "quantity/text.hpp"
#include "therapy/schedule.hpp"

namespace theca {
namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string> alarm_names(std::uint32_t bits) {
  std::vector<std::string> names;
  const AlarmSet set = AlarmSet::of_bits(bits);
  for (const AlarmRow& row : kAlarms) {
    if (set.has(row.alarm)) names.emplace_back(row.name);
  }
  return names;
}
std::string state_name(DeviceState state) { return kDeviceStateNames.at(static_cast<std::size_t>(state)); }
std::string utc_text(std::int64_t utc_ms) {
  return local_datetime_text(floor_divide(utc_ms, 60'000) * 60'000) + " UTC";
}
std::string alarms_text(std::uint32_t bits) {
  const auto names = alarm_names(bits);
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}
std::string rounded(Volume volume) { return to_text(volume, Rounding::significant(4)); }
std::string ago(Instant now, Instant then) {
  return then.raw() == 0 ? "never" : to_text(now - then, seconds(1)) + " ago";
}

std::string drug_name(DrugCode code, const Library& library) {
  const DrugEntry* entry = library.find_drug(code);
  return entry == nullptr ? fmt::format("drug {}", static_cast<int>(code)) : entry->name;
}
std::string fluid_text(const Formulation& fluid, const Library& library) {
  std::string text;
  for (const Component& part : fluid.parts()) {
    text += fmt::format("{}{} {}", text.empty() ? "" : " + ", drug_name(part.drug, library),
                        to_text(part.concentration));
  }
  return text.empty() ? "none" : text;
}

constexpr int kDoseDigits = 4;
std::string dose_text(DoseRate dose) { return to_text(dose, Rounding::significant(kDoseDigits)); }
std::string mass_text(Volume volume, Concentration c) {
  return to_text(mass_in(volume, c), Rounding::significant(kDoseDigits));
}
std::string bolus_text(const BolusDose& dose, Concentration c) {
  if (dose.volume.raw() == 0) return "none";
  return fmt::format("{} ({}) over {}", mass_text(dose.volume, c), to_text(dose.volume),
                     to_text(bolus_duration(dose), seconds(1)));
}
const char* basal_name(BasalMode mode) {
  switch (mode) {
    case BasalMode::kStopped:
      return "stopped";
    case BasalMode::kMinimumRate:
      return "minimum rate";
    case BasalMode::kSimpleContinuous:
      return "simple continuous";
    case BasalMode::kFlex:
      return "flex";
  }
  return "";
}
const char* safe_name(SafeAction action) {
  switch (action) {
    case SafeAction::kStop:
      return "stop";
    case SafeAction::kMinimumRate:
      return "minimum rate";
    case SafeAction::kEmergencyRate:
      return "emergency rate";
  }
  return "";
}

std::string promised_text(const link::PromisedTo& promised) {
  return fmt::format("clinic {}, which may come {}; to take it back: theca link refuse",
                     air::to_hex(promised.heir),
                     promised.waits.raw() == 0 ? "now" : "in " + to_text(promised.waits, minutes(1)));
}
Json promised_json(const link::PromisedTo& promised) {
  if (promised.number == 0) return nullptr;
  return {{"promise", promised.number},
          {"clinic", air::to_hex(promised.heir)},
          {"waits_ms", promised.waits.raw()}};
}

}  // namespace

std::string status_text(const link::StatusReply& s, const std::string& id) {
  std::string text = fmt::format("Implant {}: {}\n", id, state_name(s.state));
  const auto line = [&](const char* what, const std::string& value) {
    text += fmt::format("  {:<22}{}\n", what, value);
  };
  line("alarms", alarms_text(s.alarms));
  if (s.state != DeviceState::kUnpaired && s.state != DeviceState::kShelf) {
    line("mode", fmt::format("{}, {}", row_of(s.mode).name, to_text(s.flow)));
    line("prescription",
         fmt::format("{}, order {}", s.prescription, air::to_hex(link::Bytes{s.order}.first(4))));
    line("reservoir", fmt::format("{} by count, {} for alarms; fluid {}", rounded(s.reservoir_nominal),
                                  rounded(s.reservoir_earliest), s.in_reservoir));
    line("at the tip", s.in_reservoir == s.at_tip ? fmt::format("fluid {}", s.at_tip)
                                                  : fmt::format("fluid {}; the reservoir's after {}",
                                                                s.at_tip, rounded(s.until_at_tip)));
    line("path", fmt::format("tubing {}, catheter {}", to_text(s.path.tubing), to_text(s.path.catheter)));
    line("low alarm", to_text(s.low_alarm));
    line("last given", ago(s.now, s.last_given));
    line("doses left",
         fmt::format(
             "{}{}", s.boluses_left,
             s.next_bolus > s.now ? ", the next in " + to_text(s.next_bolus - s.now, seconds(1)) : ""));
    if (s.supervised_until > s.now) line("supervised for", to_text(s.supervised_until - s.now, minutes(1)));
    if (s.naive) line("", "Nothing was given for days: the old dose may be an overdose.");
    if (s.in_field) line("", "A magnetic field holds the rotor.");
    line("its clock", utc_text(s.utc_ms));
  }
  if (s.promised.number != 0) line("promised to", promised_text(s.promised));
  line("steps made", std::to_string(s.steps));
  line("journal", fmt::format("{} entries, {} with the clinic", s.journal_told, s.journal_acknowledged));
  line("changes taken", std::to_string(s.sequence));
  return text;
}

nlohmann::ordered_json json_of(const link::StatusReply& s, const std::string& id) {
  return {{"implant", id},
          {"state", state_name(s.state)},
          {"alarms", alarm_names(s.alarms)},
          {"mode", row_of(s.mode).name},
          {"flow_nl_per_day", s.flow.raw()},
          {"prescription", s.prescription},
          {"order_sha256", air::to_hex(s.order)},
          {"reservoir_nominal_nl", s.reservoir_nominal.raw()},
          {"reservoir_earliest_nl", s.reservoir_earliest.raw()},
          {"fluid_in_reservoir", s.in_reservoir},
          {"fluid_at_tip", s.at_tip},
          {"until_at_tip_nl", s.until_at_tip.raw()},
          {"tubing_nl", s.path.tubing.raw()},
          {"catheter_nl", s.path.catheter.raw()},
          {"low_alarm_nl", s.low_alarm.raw()},
          {"steps", s.steps},
          {"doses_left", s.boluses_left},
          {"next_dose_ms", s.next_bolus.raw()},
          {"last_request", s.last_request},
          {"in_field", s.in_field},
          {"naive", s.naive},
          {"now_ms", s.now.raw()},
          {"last_given_ms", s.last_given.raw()},
          {"supervised_until_ms", s.supervised_until.raw()},
          {"utc_ms", s.utc_ms},
          {"journal_told", s.journal_told},
          {"journal_acknowledged", s.journal_acknowledged},
          {"sequence", s.sequence},
          {"intent", s.intent},
          {"model", s.model},
          {"promised_to", promised_json(s.promised)}};
}

std::string own_text(const link::OwnReply& own) {
  std::string text = fmt::format("Your pump: {}, {}\n", state_name(own.state), row_of(own.mode).name);
  text += fmt::format("  {:<22}{}\n", "alarms", alarms_text(own.alarms));
  text += fmt::format(
      "  {:<22}{}{}\n", "doses left", own.boluses_left,
      own.next_bolus > own.now ? ", the next in " + to_text(own.next_bolus - own.now, seconds(1)) : "");
  text += fmt::format("  {:<22}{}\n", "in the reservoir", "at least " + rounded(own.reservoir_earliest));
  if (own.promised.number != 0)
    text += fmt::format("  {:<22}{} --as patient\n", "promised to", promised_text(own.promised));
  return text;
}

nlohmann::ordered_json json_of(const link::OwnReply& own) {
  return {{"state", state_name(own.state)},
          {"mode", row_of(own.mode).name},
          {"alarms", alarm_names(own.alarms)},
          {"reservoir_earliest_nl", own.reservoir_earliest.raw()},
          {"doses_left", own.boluses_left},
          {"now_ms", own.now.raw()},
          {"next_dose_ms", own.next_bolus.raw()},
          {"last_request", own.last_request},
          {"promised_to", promised_json(own.promised)}};
}

std::string page_text(const link::PageReply& page) {
  std::string text =
      fmt::format("The pump under the coil: {}, {}\n", state_name(page.state), row_of(page.mode).name);
  text += fmt::format("  {:<22}{}\n", "alarms", alarms_text(page.alarms));
  if (page.lowered_for.raw() > 0)
    text += fmt::format("  {:<22}{}; then what is prescribed comes back by itself\n", "lowered for",
                        to_text(page.lowered_for, minutes(1)));
  return text;
}

nlohmann::ordered_json json_of(const link::PageReply& page) {
  return {{"state", state_name(page.state)},
          {"mode", row_of(page.mode).name},
          {"alarms", alarm_names(page.alarms)},
          {"lowered_for_ms", page.lowered_for.raw()}};
}

nlohmann::ordered_json json_of(const link::Outcome& outcome) {
  Json json{{"answer", row_of(outcome.answer).name}, {"sequence", outcome.sequence}};
  if (outcome.refusal != Refusal::kNone) json["refusal"] = row_of(outcome.refusal).name;
  if (outcome.rule > 0) {
    json["rule"] = outcome.rule - 1;
    json["value"] = outcome.value;
    json["limit"] = outcome.limit;
  }
  if (outcome.next_possible.raw() > 0) json["next_possible_ms"] = outcome.next_possible.raw();
  return json;
}

DoseRate daily_dose(const Prescription& prescription, FlowRate minimum_rate) {
  Prescription basal = prescription;
  basal.schedule = {};
  basal.patient = {};
  const Volume day = worst_case_volume(basal, minimum_rate, days(1));
  return DoseRate{mass_in(day, prescription.formulation.components[0].concentration).raw()};
}

std::vector<OrderRow> rows_of(const link::Order& order, const Prescription& p, FlowRate minimum_rate,
                              const Library& library) {
  const Concentration c = p.formulation.components[0].concentration;
  std::vector<OrderRow> rows;
  const auto row = [&](std::string what, std::string value) {
    rows.push_back({std::move(what), std::move(value)});
  };
  row("prescription", std::to_string(p.number));
  row("fluid", fmt::format("{}: {}", p.formulation.number, fluid_text(p.formulation, library)));
  row("mode", basal_name(p.basal.mode));
  for (const Component& part : p.formulation.parts()) {
    Prescription one = p;
    one.formulation.components[0].concentration = part.concentration;
    row("daily dose, " + drug_name(part.drug, library), dose_text(daily_dose(one, minimum_rate)));
  }
  const RateRange flow = basal_range(p.basal, minimum_rate);
  row("flow", flow.lowest == flow.highest
                  ? to_text(flow.lowest)
                  : fmt::format("{} to {}", to_text(flow.lowest), to_text(flow.highest)));
  row("scheduled bolus", p.schedule.kind == ScheduleKind::kNone ? "none" : bolus_text(p.schedule.dose, c));
  row("patient's bolus", bolus_text(p.patient.dose, c));
  if (p.patient.dose.volume.raw() > 0) {
    row("  lockout", to_text(seconds(p.patient.lockout_s)));
    row("  allotted", fmt::format("{} in {}", p.patient.allotted, to_text(seconds(p.patient.window_s))));
  }
  row("most in any day", mass_text(worst_case_volume(p, minimum_rate, days(1)), c));
  row("prime", p.prime.volume.raw() == 0
                   ? "none"
                   : fmt::format("{} at {}", to_text(p.prime.volume), to_text(p.prime.rate)));
  row("bridge", p.bridge.volume.raw() == 0
                    ? "none"
                    : fmt::format("{} at {}", to_text(p.bridge.volume), to_text(p.bridge.rate)));
  row("single bolus", bolus_text(p.single, c));
  row("when in doubt",
      fmt::format("{}, {}", safe_name(p.safe_state.action), to_text(safe_rate(p.safe_state, minimum_rate))));
  row("tubing, catheter", fmt::format("{}, {}", to_text(order.path.tubing), to_text(order.path.catheter)));
  row("ceilings", fmt::format("{} an hour, {} a day, {} in 30 days", to_text(order.ceilings.hour),
                              to_text(order.ceilings.day), to_text(order.ceilings.thirty_days)));
  row("largest rise, next visit", percent_text(order.largest_rise_ppm) + " by one signer");
  row("low alarm", to_text(order.low_alarm));
  row("patient may pause", order.patient_may_pause ? "yes" : "no");
  return rows;
}

std::string side_by_side(const std::vector<OrderRow>& before, const std::vector<OrderRow>& now) {
  const auto value_of = [](const std::vector<OrderRow>& rows, const std::string& what) {
    const auto row = std::ranges::find(rows, what, &OrderRow::what);
    return row == rows.end() ? std::string{"-"} : row->value;
  };
  std::vector<std::string> whats;
  for (const auto* rows : {&now, &before}) {
    for (const OrderRow& row : *rows) {
      if (std::ranges::find(whats, row.what) == whats.end()) whats.push_back(row.what);
    }
  }
  std::size_t wide = 3;
  for (const OrderRow& row : before) wide = std::max(wide, row.value.size());
  std::string text = before.empty() ? "" : fmt::format("  {:<26}{:<{}}  {}\n", "", "now", wide, "ordered");
  for (const std::string& what : whats) {
    const std::string old_value = value_of(before, what), new_value = value_of(now, what);
    if (before.empty()) {
      text += fmt::format("  {:<26}{}\n", what, new_value);
    } else {
      text += fmt::format("{} {:<26}{:<{}}  {}\n", old_value == new_value ? " " : "*", what, old_value, wide,
                          new_value);
    }
  }
  return text;
}

}  // namespace theca
