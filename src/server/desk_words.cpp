#include "server/desk_words.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>
#include <stdexcept>

#include "clinic/gateway_client.hpp"
#include "clinic/passkey_json.hpp"
#include "files/json_fields.hpp"
#include "files/strict_json.hpp"
#include "link/sodium.hpp"

namespace theca::server {
namespace {

using records::RecordError;
using records::RecordFault;

Json field_json(const FieldLimits& field) {
  return {{"unit", field.unit},
          {"step", {{"numerator", field.step.numerator}, {"denominator", field.step.denominator}}},
          {"least", field.least},
          {"most", field.most}};
}
}  // namespace

Problem problem_for(const RecordError& error) {
  switch (error.fault) {
    case RecordFault::kMissing:
      return problem_of(Verdict::kNotFound);
    case RecordFault::kConflict:
      return problem(409, error.message + ".", "Look at it again, then decide.");
    case RecordFault::kInvalid:
      return problem(422, error.message + ".", "Correct it.");
    case RecordFault::kErased:
      return problem(410, "The patient's data were erased.", "Nothing can be done with them any more.");
    default:
      return problem(503, "The records cannot be used: " + error.message + ".",
                     "Tell whoever runs this server; do it again later under the same request id.");
  }
}
Problem out_of_reach(const std::string& why) {
  return problem(502, why, "Hold the coil to the skin over the pump, and read it again.");
}

records::Actor at_records(const Actor& actor) {
  return {records::ClinicId{actor.clinic}, records::PersonId{actor.person}};
}

std::int64_t id_in(const Call& call, const char* name) {
  const auto found = call.path.find(std::string_view{name});
  if (found == call.path.end()) return 0;
  const std::string& text = found->second;
  std::int64_t id = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), id);
  return wrong == std::errc{} && end == text.data() + text.size() ? id : 0;
}
records::RequestId step_of(const Call& call, const char* step) {
  const std::string& key = call.idempotency_key;
  const std::array<link::Bytes, 1> parts{
      link::Bytes{reinterpret_cast<const std::uint8_t*>(key.data()), key.size()}};
  return {to_base64url(link::Sodium::sha256(parts)) + "-" + step};
}

std::string date_text(const std::chrono::year_month_day& date) {
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

Json rows_json(const std::vector<ComparedRow>& rows) {
  Json list = Json::array();
  for (const ComparedRow& row : rows)
    list.push_back(
        {{"what", row.what}, {"before", row.before}, {"now", row.now}, {"changed", row.changed()}});
  return list;
}

std::expected<Running, Problem> running_in(const std::vector<std::uint8_t>& said) {
  const auto answer = parse_visit_answer({reinterpret_cast<const char*>(said.data()), said.size()});
  const auto* what = answer && *answer ? std::get_if<ImplantSaid>(&**answer) : nullptr;
  const auto running = what != nullptr ? running_of(*what) : std::nullopt;
  if (!running) return No(problem(500, "The reading cannot be understood.", "Read the pump again."));
  return *running;
}
std::expected<PumpModel, Problem> model_of(std::uint16_t code, const Library& library) {
  const PumpEntry* entry = library.find_pump(code);
  if (entry == nullptr)
    return No(problem(409, fmt::format("The library has no pump of model {}.", code),
                      "Nothing can be prescribed for it here."));
  const auto model = pump_model(*entry);
  if (!model) return No(problem(409, model.error() + ".", "Nothing can be prescribed for it here."));
  return *model;
}

std::expected<Found, Problem> found_reading(records::Database& database, const records::Actor& actor,
                                            records::ReadingId id, const Library& library) {
  auto reading = records::reading(database, actor, id);
  if (!reading) return No(problem_for(reading.error()));
  auto pump = records::pump(database, actor, reading->pump);
  if (!pump) return No(problem_for(pump.error()));
  auto running = running_in(reading->said);
  if (!running) return No(running.error());
  auto model = model_of(running->status.model, library);
  if (!model) return No(model.error());
  return Found{std::move(*reading), std::move(*pump), std::move(*running), *model};
}
std::vector<std::string> alarm_names(std::uint32_t bits) {
  std::vector<std::string> names;
  const AlarmSet set = AlarmSet::of_bits(bits);
  for (const AlarmRow& row : kAlarms)
    if (set.has(row.alarm)) names.emplace_back(row.name);
  return names;
}

std::string state_name(DeviceState state) { return kDeviceStateNames.at(static_cast<std::size_t>(state)); }
std::optional<Problem> too_old(const records::Reading& reading, std::int64_t now_ms) {
  if (now_ms - reading.at_ms <= kReadingLastsMs) return std::nullopt;
  return problem(409, "The pump was read more than ten minutes ago; it may run something else by now.",
                 "Read the pump again, and look at what it says.");
}

std::vector<OrderRow> rows_before(const Running& running, FlowRate minimum, const Library& library) {
  if (!running.order || !running.prescription) return {};
  return rows_of(*running.order, *running.prescription, minimum, library);
}

Json fields_json(const ChangeFields& fields) {
  Json json{{"drug", fields.drug},
            {"concentration", fields.concentration},
            {"mode", basal_name(fields.mode)},
            {"daily_dose", fields.daily_dose},
            {"dose", field_json(fields.dose)},
            {"bolus", field_json(fields.bolus)},
            {"part_dose", field_json(fields.part_dose)},
            {"flex", Json::array()}};
  for (const FlexDayNow& day : fields.flex) {
    Json weekdays = Json::array(), steps = Json::array();
    for (std::size_t weekday = 0; weekday < kDaysPerWeek; ++weekday)
      if ((day.weekdays >> weekday & 1) != 0) weekdays.push_back(weekday);
    for (const FlexStepNow& step : day.steps)
      steps.push_back({{"from_minute", step.from_minute}, {"dose", step.dose}});
    json["flex"].push_back({{"weekdays", weekdays}, {"steps", steps}});
  }
  if (fields.patient)
    json["patient_bolus"] = {{"dose", fields.patient->dose},
                             {"over_s", fields.patient->over_s},
                             {"lockout_s", fields.patient->lockout_s},
                             {"window_s", fields.patient->window_s},
                             {"allotted", fields.patient->allotted}};
  return json;
}

std::expected<PasskeyAssertion, Problem> assertion_in(const Json& json, const char* field) {
  auto assertion = parse_assertion(json.get<std::string>());
  if (assertion) return std::move(*assertion);
  return No(Problem{
      422, title_of(422), {{field, assertion.error() + ".", "Use your passkey again.", std::nullopt}}, {}});
}
Problem slip_of(const std::string& why) {
  return Problem{422,
                 title_of(422),
                 {{"daily_dose", why + ".", "Look at the comparison, then type the daily dose.",
                   "The pump runs as before; nothing was sent."}},
                 {}};
}

link::OrderBytes order_in(const records::KeptDraft& kept) {
  link::OrderBytes bytes{};
  const auto json = parse_strictly(kept.content, {.most_bytes = records::kLongestDraft, .most_depth = 8});
  if (!json || !json->contains("order") || !read_bytes((*json)["order"], bytes))
    throw std::runtime_error("a kept draft without its order");
  return bytes;
}

DraftedOrder drafted_order(const records::KeptDraft& kept) {
  const link::OrderBytes bytes = order_in(kept);
  const auto order = link::read<link::Order>(bytes);
  const auto prescription = order ? decode(order->prescription) : std::unexpected(DecodeFailure{});
  if (!order || !prescription) throw std::runtime_error("a kept draft that is no order");
  return {bytes, *order, *prescription};
}

Json notes_in(const records::KeptDraft& kept) {
  const auto json = parse_strictly(kept.content, {.most_bytes = records::kLongestDraft, .most_depth = 8});
  return json && json->contains("notes") ? (*json)["notes"] : Json::array();
}

Json sent_json(records::SendId id, records::SendState state, const std::string& message,
               const std::optional<link::OrderBytes>& runs) {
  Json json{{"send", id.value}, {"state", records::word_of(state)}, {"message", message}};
  if (runs) json["runs"] = to_base64url(*runs);
  return json;
}
records::SendState state_of(link::Delivery delivery) {
  switch (delivery) {
    case link::Delivery::kConfirmed:
      return records::SendState::kConfirmed;
    case link::Delivery::kFailed:
      return records::SendState::kFailed;
    case link::Delivery::kUncertain:
      break;
  }
  return records::SendState::kUnknown;
}
const char* words_of_before(records::SendState state) {
  using enum records::SendState;
  switch (state) {
    case kPending:
      return "It was never handed over; send it again.";
    case kConfirmed:
      return "The pump has taken it before.";
    case kFailed:
      return "It was tried before, and the pump has not taken it, for certain.";
    case kRefused:
      return "It was refused before: nothing was signed, and nothing was sent. Compare and sign it again.";
    case kUnknown:
      break;
  }
  return "It is not known yet whether the pump has taken it. Read the pump before anything else.";
}

}  // namespace theca::server
