#include "cli/link_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "air/private_file.hpp"
#include "cli/page.hpp"
#include "quantity/text.hpp"

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

std::string side_by_side(const std::vector<ComparedRow>& rows) {
  const bool any_before = std::ranges::any_of(rows, [](const ComparedRow& row) { return row.before != "-"; });
  std::size_t wide = 3;
  for (const ComparedRow& row : rows) wide = std::max(wide, row.before.size());
  std::string text = any_before ? fmt::format("  {:<26}{:<{}}  {}\n", "", "now", wide, "ordered") : "";
  for (const ComparedRow& row : rows) {
    if (!any_before) {
      text += fmt::format("  {:<26}{}\n", row.what, row.now);
    } else {
      text += fmt::format("{} {:<26}{:<{}}  {}\n", row.changed() ? "*" : " ", row.what, row.before, wide,
                          row.now);
    }
  }
  return text;
}

}  // namespace theca
