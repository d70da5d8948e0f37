#include "server/desk.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

#include "clinic/adjusting.hpp"
#include "clinic/change_fields.hpp"
#include "clinic/encoding.hpp"
#include "clinic/gateway_client.hpp"
#include "clinic/kept_drafts.hpp"
#include "clinic/line_json.hpp"
#include "clinic/order_rows.hpp"
#include "clinic/passkey_json.hpp"
#include "clinic/patients.hpp"
#include "clinic/pump_record.hpp"
#include "clinic/readings.hpp"
#include "clinic/sends.hpp"
#include "clinic/signer_client.hpp"
#include "clinic/staff.hpp"
#include "clinic/standing.hpp"
#include "files/strict_json.hpp"
#include "link/sodium.hpp"
#include "plan/limits.hpp"
#include "quantity/text.hpp"
#include "server/router.hpp"
#include "therapy/modes.hpp"

namespace theca::server {
namespace {

using Json = nlohmann::json;
using records::RecordError;
using records::RecordFault;
using No = std::unexpected<Problem>;

constexpr std::int64_t kMostId = std::int64_t{1} << 53;
constexpr std::int64_t kMostTime = std::int64_t{1} << 50;  // ms
constexpr std::int64_t kMostRows = 200, kMostPeople = 50;
constexpr std::size_t kLooksBack = 10;  // sends; the signer leaves no larger gap between numbers
const Shape kId = integer(1, kMostId);
const Shape kWords = text(2'000, 0);

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
StaffRole role_of(records::StaffRole role) {
  return static_cast<StaffRole>(static_cast<std::uint8_t>(role) + 1);  // none stands before them
}
static_assert(static_cast<int>(records::StaffRole::kPhysician) + 1 ==
              static_cast<int>(StaffRole::kPhysician));
static_assert(static_cast<int>(records::StaffRole::kAdministrator) + 1 ==
              static_cast<int>(StaffRole::kAdministrator));

/// 0, which is nothing's id, for what is no number.
std::int64_t id_in(const Call& call, const char* name) {
  const auto found = call.path.find(std::string_view{name});
  if (found == call.path.end()) return 0;
  const std::string& text = found->second;
  std::int64_t id = 0;
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), id);
  return wrong == std::errc{} && end == text.data() + text.size() ? id : 0;
}
/// Several steps of one wish, each with a name of its own.
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
const Shape kRows = list(object({needed("what", kWords), needed("before", kWords), needed("now", kWords),
                                 needed("changed", flag())}),
                         kMostRows);

/// What a pump said, as it was kept, and the pump that it is.
struct Found {
  records::Reading reading;
  records::PumpRecord pump;
  Running running;
  PumpModel model;
};

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
std::optional<Problem> too_old(const records::Reading& reading, std::int64_t now_ms) {
  if (now_ms - reading.at_ms <= kReadingLastsMs) return std::nullopt;
  return problem(409, "The pump was read more than ten minutes ago; it may run something else by now.",
                 "Read the pump again, and look at what it says.");
}

std::vector<OrderRow> rows_before(const Running& running, FlowRate minimum, const Library& library) {
  if (!running.order || !running.prescription) return {};
  return rows_of(*running.order, *running.prescription, minimum, library);
}

Json field_json(const FieldLimits& field) {
  return {{"unit", field.unit},
          {"step", {{"numerator", field.step.numerator}, {"denominator", field.step.denominator}}},
          {"least", field.least},
          {"most", field.most}};
}
const Shape kNumber = text(24);
const Shape kField = object({needed("unit", text(16)),
                             needed("step", object({needed("numerator", integer(1, clinic::kMostOfStep)),
                                                    needed("denominator", integer(1, clinic::kMostOfStep))})),
                             needed("least", kNumber), needed("most", kNumber)});
const Shape kChangeFields = object(
    {needed("drug", text(64)), needed("concentration", kNumber), needed("mode", text(40)),
     needed("daily_dose", kNumber), needed("dose", kField), needed("bolus", kField),
     needed("part_dose", kField),
     optional("patient_bolus",
              object({needed("dose", kNumber), needed("over_s", integer(0, UINT32_MAX)),
                      needed("lockout_s", integer(0, UINT32_MAX)), needed("window_s", integer(0, UINT32_MAX)),
                      needed("allotted", integer(0, kMaxAllotted))})),
     needed("flex",
            list(object({needed("weekdays", list(integer(0, kDaysPerWeek - 1), kDaysPerWeek, 1)),
                         needed("steps", list(object({needed("from_minute", integer(0, kMinutesPerDay - 1)),
                                                      needed("dose", kNumber)}),
                                              kMaxProfileSteps, 1))}),
                 kMaxProfiles))});
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

/// What the records say that the pump runs, beside what it says itself.
Json record_json(const std::optional<link::OrderBytes>& recorded, const Running& running,
                 const PumpModel& model, const Library& library) {
  if (!recorded) return {{"is", "none"}, {"rows", Json::array()}};
  if (running.order && link::written(*running.order) == *recorded)
    return {{"is", "same"}, {"rows", Json::array()}};
  const auto order = link::read<link::Order>(*recorded);
  const auto prescription = order ? decode(order->prescription) : std::unexpected(DecodeFailure{});
  if (!order || !prescription) throw std::runtime_error("a kept draft that is no order");
  std::vector<ComparedRow> differing;
  for (ComparedRow& row : compare(rows_of(*order, *prescription, model.minimum_rate, library),
                                  rows_before(running, model.minimum_rate, library)))
    if (row.changed()) differing.push_back(std::move(row));
  return {{"is", "differs"}, {"rows", rows_json(differing)}};
}

std::vector<std::string> alarm_names(std::uint32_t bits) {
  std::vector<std::string> names;
  const AlarmSet set = AlarmSet::of_bits(bits);
  for (const AlarmRow& row : kAlarms)
    if (set.has(row.alarm)) names.emplace_back(row.name);
  return names;
}

/// A change in the words of a page: texts with their units.
std::expected<Adjustment, Problem> adjustment_in(const Json& body) {
  Adjustment change;
  std::vector<FieldError> errors;
  const auto wrong = [&](const char* field, const std::string& why) {
    errors.push_back({field, why + ".", "Write a number and its unit.", std::nullopt});
  };
  if (body.contains("dose")) {
    const auto dose = parse_dose_rate(body["dose"].get<std::string>());
    if (!dose) wrong("dose", dose.error().message);
    if (dose) change.basal = AdjustedBasal{BasalMode::kSimpleContinuous, *dose, {}};
  }
  if (body.contains("flex")) {
    if (change.basal) wrong("flex", "one dose for the whole day is asked for as well");
    AdjustedBasal flex{BasalMode::kFlex, {}, {}};
    std::size_t day = 0;
    for (const Json& one : body["flex"]) {
      OrderedDay ordered;
      for (const Json& weekday : one["weekdays"])
        ordered.weekdays = static_cast<std::uint8_t>(ordered.weekdays | 1U << weekday.get<std::uint8_t>());
      std::size_t step = 0;
      for (const Json& at : one["steps"]) {
        const auto dose = parse_dose_rate(at["dose"].get<std::string>());
        if (!dose) wrong(fmt::format("flex[{}].steps[{}].dose", day, step).c_str(), dose.error().message);
        ordered.steps.push_back({at["from_minute"].get<std::uint16_t>(), dose.value_or(DoseRate{})});
        ++step;
      }
      flex.days.push_back(std::move(ordered));
      ++day;
    }
    change.basal = std::move(flex);
  }
  if (body.contains("patient_bolus")) {
    const Json& bolus = body["patient_bolus"];
    const auto dose = parse_mass(bolus["dose"].get<std::string>());
    const auto over = parse_duration(bolus["over"].get<std::string>());
    const auto lockout = parse_duration(bolus["lockout"].get<std::string>());
    const auto window = parse_duration(bolus["window"].get<std::string>());
    if (!dose) wrong("patient_bolus.dose", dose.error().message);
    if (!over) wrong("patient_bolus.over", over.error().message);
    if (!lockout) wrong("patient_bolus.lockout", lockout.error().message);
    if (!window) wrong("patient_bolus.window", window.error().message);
    if (dose && over && lockout && window)
      change.patient = OrderedPatientBolus{.bolus = {*dose, *over},
                                           .lockout = *lockout,
                                           .allotted = bolus["allotted"].get<std::uint8_t>(),
                                           .window = *window};
  }
  if (body.value("no_patient_bolus", false)) {
    if (change.patient) wrong("no_patient_bolus", "a patient's bolus is asked for as well");
    change.patient.emplace();
  }
  if (errors.empty() && !change.basal && !change.patient)
    errors.push_back({"", "Nothing is changed.", "Change something, or leave it.", std::nullopt});
  if (!errors.empty()) return No(Problem{422, title_of(422), std::move(errors), {}});
  return change;
}

/// The field that a refusal names where it takes another clinician.
constexpr const char* kSecondField = "second_clinician";

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

/// Of what was sent to the pump: the signer gives no number twice, though the order never ran.
records::Recorded<std::uint32_t> highest_number(records::Database& database, const records::Actor& actor,
                                                records::PumpId pump) {
  const auto sends = records::sends_of(database, actor, pump);
  if (!sends) return std::unexpected(sends.error());
  std::uint32_t highest = 0;
  std::size_t looked = 0;
  for (const records::Send& send : *sends) {
    // What was refused was never signed: slips, however many, use up no number.
    if (!send.wish.draft || send.state == records::SendState::kRefused) continue;
    if (++looked > kLooksBack) break;
    const auto kept = records::draft(database, actor, *send.wish.draft);
    if (!kept) return std::unexpected(kept.error());
    if (const auto order = link::read<link::Order>(order_in(*kept)))
      highest = std::max(highest, order->number);
  }
  return highest;
}

/// The order that the pump runs as far as the records know: of the newest send that it has confirmed.
records::Recorded<std::optional<link::OrderBytes>> recorded_order(records::Database& database,
                                                                  const records::Actor& actor,
                                                                  records::PumpId pump) {
  const auto sends = records::sends_of(database, actor, pump);
  if (!sends) return std::unexpected(sends.error());
  for (const records::Send& send : *sends) {
    if (send.state != records::SendState::kConfirmed || !send.wish.draft) continue;
    const auto kept = records::draft(database, actor, *send.wish.draft);
    if (!kept) return std::unexpected(kept.error());
    return order_in(*kept);
  }
  return std::nullopt;
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
/// Names the change at the implant; made of the send's own id, so that it is known whatever was lost.
std::uint32_t intent_of(records::SendId send) {
  const auto low = static_cast<std::uint32_t>(send.value);
  return low == 0 ? 1 : low;
}

/// `runs`: what the implant said it runs when it was asked after it had taken the order.
Json sent_json(records::SendId id, records::SendState state, const std::string& message,
               const std::optional<link::OrderBytes>& runs = std::nullopt) {
  Json json{{"send", id.value}, {"state", records::word_of(state)}, {"message", message}};
  if (runs) json["runs"] = to_base64url(*runs);
  return json;
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
const Shape kOrderText = text(4'096);
const Shape kSent = object({needed("send", kId),
                            needed("state", choice({"pending", "confirmed", "failed", "unknown", "refused"})),
                            needed("message", kWords), optional("runs", kOrderText)});

}  // namespace

// ---- signing in -----------------------------------------------------------------------------------------

Desk::Answered Desk::challenge(const Call& call) {
  return Answer{{{"challenge", challenges_.ask(call.now)}, {"site", parts_.site.id}}, {}};
}

Desk::Answered Desk::sign_in(const Call& call) {
  const auto refused = [](const std::string& why) {
    return No(problem(401, "Nobody was signed in: " + why + ".",
                      "Ask for a new challenge and use your passkey again."));
  };
  const auto assertion = parse_assertion(call.body["credential"].get<std::string>());
  if (!assertion) return refused(assertion.error());
  const std::string credential = to_base64url(assertion->credential);
  const auto attempt = attempts_.begin(credential, call.request.peer.address, call.now);
  if (!attempt) {
    Problem wait = problem(429, "There were too many attempts.", "Wait, then try again.");
    const auto seconds_left = std::chrono::ceil<std::chrono::seconds>(attempt.error().wait).count();
    wait.headers.push_back({"Retry-After", std::to_string(seconds_left)});
    return No(std::move(wait));
  }
  const auto challenge = from_base64url(call.body["challenge"].get<std::string>());
  if (!challenge || !challenges_.take(*challenge, call.now))
    return refused("the challenge is over, or was answered before");

  const std::scoped_lock lock{mutex_};
  const auto kept = records::find_passkey(parts_.database, credential);
  if (!kept && kept.error().fault != RecordFault::kMissing) return No(problem_for(kept.error()));
  if (!kept) return refused("this passkey is nobody's here");
  const auto key = parse_key_text(kept->public_key);
  if (!key) return refused("this passkey cannot be read");
  const Passkey passkey{.id = assertion->credential,
                        .algorithm = key->algorithm,
                        .key = key->key,
                        .counter = static_cast<std::uint32_t>(kept->counter),
                        .person = 0};
  const auto counter = check_assertion(*assertion, passkey, parts_.site, *challenge);
  if (!counter) return refused("the assertion " + counter.error().message);
  if (const auto used = records::use_passkey(parts_.database, kept->owner, credential, *counter); !used)
    return No(problem_for(used.error()));
  attempts_.succeeded(*attempt);
  const Actor actor{role_of(kept->role), kept->owner.clinic.value, kept->owner.person.value};
  auto person = person_json(kept->owner);
  if (!person) return No(std::move(person.error()));
  const std::string cookie = parts_.sessions.sign_in(actor, call.cookie, call.now);
  return Answer{*std::move(person), {set_cookie(cookie)}};
}

std::expected<Json, Problem> Desk::person_json(const records::Actor& who) {
  const auto staff = records::staff(parts_.database, who);
  if (!staff) return No(problem_for(staff.error()));
  for (const records::Staff& one : *staff) {
    if (one.id == who.person)
      return Json{{"person", one.id.value}, {"role", records::word_of(one.role)}, {"name", one.name}};
  }
  return No(problem_of(Verdict::kNotSignedIn));
}

Desk::Answered Desk::who(const Call& call) {
  const std::scoped_lock lock{mutex_};
  auto person = person_json(at_records(call.actor));
  if (!person) return No(std::move(person.error()));
  return Answer{*std::move(person), {}};
}

/// What waits for a second clinician does not wait for somebody who has gone.
Desk::Answered Desk::sign_out(const Call& call) {
  parts_.sessions.sign_out(call.cookie);
  const std::scoped_lock lock{mutex_};
  std::erase_if(asked_,
                [&](const auto& one) { return one.second.first == call.actor.person && one.second.open(); });
  return Answer{nullptr, {drop_cookie()}};
}

Desk::Answered Desk::about(const Call&) {
  const records::Opening& opening = parts_.database.opening();
  return Answer{{{"demo", opening.kind == records::DatabaseKind::kDemo},
                 {"institution", opening.institution},
                 {"version", THECA_VERSION}},
                {}};
}

// ---- looking --------------------------------------------------------------------------------------------

Desk::Answered Desk::patients(const Call& call) {
  const std::scoped_lock lock{mutex_};
  const auto found = records::patients_in_care(parts_.database, at_records(call.actor));
  if (!found) return No(problem_for(found.error()));
  Json all = Json::array();
  for (const records::FoundPatient& one : found->patients)
    all.push_back({{"patient", one.id.value},
                   {"name", one.name},
                   {"birth_date", date_text(one.birth_date)},
                   {"record_number", one.record_number}});
  return Answer{{{"patients", all}, {"more", found->more}}, {}};
}

Desk::Answered Desk::patient(const Call& call) {
  const std::scoped_lock lock{mutex_};
  const records::Actor actor = at_records(call.actor);
  const records::PatientId id{id_in(call, "patient")};
  const auto found = records::patient(parts_.database, actor, id);
  if (!found) return No(problem_for(found.error()));
  const auto pumps = records::pumps_of(parts_.database, actor, id);
  if (!pumps) return No(problem_for(pumps.error()));
  Json all = Json::array();
  for (const records::PumpRecord& one : *pumps) {
    const std::string& serial = one.details.serial;
    all.push_back({{"pump", one.id.value},
                   {"model", one.details.model},
                   {"serial_ends", serial.substr(serial.size() < 4 ? 0 : serial.size() - 4)},
                   {"implanted", !one.explanted_ms.has_value()}});
  }
  return Answer{{{"patient", id.value},
                 {"name", found->details.name},
                 {"birth_date", date_text(found->details.birth_date)},
                 {"record_number", found->details.record_number},
                 {"pumps", all}},
                {}};
}

Desk::Answered Desk::read_pump(const Call& call) {
  const records::Actor actor = at_records(call.actor);
  const records::PumpId id{id_in(call, "pump")};
  const auto pump = [&] {
    const std::scoped_lock lock{mutex_};
    return records::pump(parts_.database, actor, id);
  }();
  if (!pump) return No(problem_for(pump.error()));
  const PumpEntry* entry = parts_.library.find_pump(pump->details.model);
  if (entry != nullptr && entry->actuator == ActuatorKind::kConstantFlow)
    return No(problem(409, "A constant-flow pump has no radio; it cannot be read.",
                      "Its dose is what was filled in: see the last refill."));
  const auto asked = ask_gateway(parts_.gateway, ReadImplant{pump->details.implant});
  if (!asked) return No(out_of_reach(asked.error() + "."));
  if (!*asked) return No(out_of_reach("The pump was not read: " + asked->error().why + "."));
  const std::string line = text_of(*asked);
  const std::vector<std::uint8_t> said{line.begin(), line.end()};
  const auto running = running_in(said);
  if (!running) return No(running.error());
  const auto model = model_of(running->status.model, parts_.library);
  if (!model) return No(model.error());
  const std::int64_t at_ms = parts_.utc_ms();
  const std::scoped_lock lock{mutex_};
  const auto kept = records::keep_reading(parts_.database, actor, step_of(call, "read"), id, at_ms, said);
  if (!kept) return No(problem_for(kept.error()));
  const link::StatusReply& status = running->status;
  Json json{{"reading", kept->value},
            {"at_ms", at_ms},
            {"lasts_until_ms", at_ms + kReadingLastsMs},
            {"state", kDeviceStateNames.at(static_cast<std::size_t>(status.state))},
            {"mode", row_of(status.mode).name},
            {"flow_nl_per_day", status.flow.raw()},
            {"reservoir_earliest_nl", status.reservoir_earliest.raw()},
            {"alarms", alarm_names(status.alarms)},
            {"prescription", status.prescription},
            {"rows", rows_json(compare({}, rows_before(*running, model->minimum_rate, parts_.library)))}};
  const auto recorded = recorded_order(parts_.database, actor, id);
  if (!recorded) return No(problem_for(recorded.error()));
  json["record"] = record_json(*recorded, *running, *model, parts_.library);
  if (running->order && running->prescription) {
    if (const auto fields = change_fields(*running->order, *running->prescription, *model, parts_.library))
      json["therapy"] = fields_json(*fields);
  }
  return Answer{std::move(json), {}};
}

// ---- changing -------------------------------------------------------------------------------------------

Desk::Answered Desk::draft(const Call& call) {
  const records::Actor actor = at_records(call.actor);
  const auto change = adjustment_in(call.body);
  if (!change) return No(change.error());
  const std::scoped_lock lock{mutex_};
  const auto found =
      found_reading(parts_.database, actor, records::ReadingId{id_in(call, "reading")}, parts_.library);
  if (!found) return No(found.error());
  const std::int64_t now_ms = parts_.utc_ms();
  if (auto old = too_old(found->reading, now_ms)) return No(*std::move(old));
  const auto highest = highest_number(parts_.database, actor, found->pump.id);
  if (!highest) return No(problem_for(highest.error()));
  const auto made = adjust({.change = *change,
                            .implant = found->pump.details.implant,
                            .model = found->model,
                            .reason = call.body.value("reason", std::string{}),
                            .author = records::serial_of(actor.person),
                            .issued_utc_s = now_ms / 1'000,
                            .signed_up_to = *highest},
                           found->running, parts_.library);
  if (!made) {
    Problem no{422, title_of(422), {}, {}};
    for (const DraftError& error : made.error())
      no.errors.push_back({error.key, error.message, error.key == "reason" ? "Give a reason." : "Correct it.",
                           "The pump runs as before."});
    return No(std::move(no));
  }
  const link::OrderBytes bytes = link::written(made->order);
  const Json content{{"change", call.body}, {"order", to_base64url(bytes)}};
  const auto kept =
      records::add_draft(parts_.database, actor, step_of(call, "draft"), found->reading.id, content.dump());
  if (!kept) return No(problem_for(kept.error()));
  const FlowRate minimum = found->model.minimum_rate;
  return Answer{
      {{"draft", kept->value},
       {"number", made->order.number},
       {"challenge", to_base64url(link::digest_of<link::Sodium>(bytes))},
       {"order", to_base64url(bytes)},
       {"rows", rows_json(compare(rows_before(found->running, minimum, parts_.library),
                                  rows_of(made->order, made->prescription, minimum, parts_.library)))},
       {"notes", made->notes}},
      {}};
}

Desk::Answered Desk::send(const Call& call) {
  std::vector<PasskeyAssertion> assertions;
  for (const Json& one : call.body["assertions"]) {
    auto assertion = assertion_in(one, "assertions");
    if (!assertion) return No(assertion.error());
    assertions.push_back(std::move(*assertion));
  }
  {
    const std::scoped_lock lock{mutex_};
    if (const auto own = own_key(at_records(call.actor), assertions.front()); !own) return No(own.error());
  }
  return hand_over(call, call.body["daily_dose"].get<std::string>(), std::move(assertions));
}

std::expected<void, Problem> Desk::own_key(const records::Actor& actor, const PasskeyAssertion& assertion) {
  const auto kept = records::find_passkey(parts_.database, to_base64url(assertion.credential));
  if (kept && kept->owner.clinic == actor.clinic && kept->owner.person == actor.person) return {};
  if (!kept && kept.error().fault != RecordFault::kMissing) return No(problem_for(kept.error()));
  return No(Problem{409,
                    title_of(409),
                    {{"assertion", "This passkey is not that of the person who is signed in.",
                      "Reload the page, and look at whose name stands above it.",
                      "The pump runs as before; nothing was sent."}},
                    {}});
}

Desk::Answered Desk::hand_over(const Call& call, const std::string& daily_dose,
                               std::vector<PasskeyAssertion> assertions) {
  const records::Actor actor = at_records(call.actor);
  std::unique_lock lock{mutex_};
  const auto kept = records::draft(parts_.database, actor, records::DraftId{id_in(call, "draft")});
  if (!kept) return No(problem_for(kept.error()));
  const auto found = found_reading(parts_.database, actor, kept->reading, parts_.library);
  if (!found) return No(found.error());
  const link::OrderBytes bytes = order_in(*kept);
  const auto order = link::read<link::Order>(bytes);
  const auto prescription = order ? decode(order->prescription) : std::unexpected(DecodeFailure{});
  if (!order || !prescription) throw std::runtime_error("a kept draft that is no order");

  records::SendWish wish{.pump = kept->pump, .draft = kept->id, .intent = "prescribe", .order_digest = {}};
  wish.order_digest = link::digest_of<link::Sodium>(bytes);
  const records::RequestId request_id = step_of(call, "send");
  const auto sends = records::sends_of(parts_.database, actor, kept->pump);
  if (!sends) return No(problem_for(sends.error()));
  // Begun before, and broken off: the signer may have signed it already.
  const bool again = std::ranges::any_of(
      *sends, [&](const records::Send& one) { return one.request.text == request_id.text; });
  const auto id = records::begin_send(parts_.database, actor, request_id, wish);
  if (!id) return No(problem_for(id.error()));
  const auto before = records::send(parts_.database, actor, *id);
  if (!before) return No(problem_for(before.error()));
  if (const auto said = refused_.find(id->value); said != refused_.end()) return No(said->second);
  if (before->state != records::SendState::kPending)
    return Answer{sent_json(*id, before->state, words_of_before(before->state)), {}};
  // Pending: it was never handed over, for that is said before it is done.
  const auto over = [&](records::SendState state) {
    return records::settle_send(parts_.database, actor, step_of(call, "over"), *id, state);
  };
  const auto not_sent = [&](records::SendState state, Problem why) -> Answered {
    if (const auto settled = over(state); !settled) return No(problem_for(settled.error()));
    constexpr std::size_t kMostRefused = 1'000;
    if (refused_.size() >= kMostRefused) refused_.erase(refused_.begin());
    refused_.insert_or_assign(id->value, why);
    return No(std::move(why));
  };
  using enum records::SendState;
  const records::SendState no_signature = again ? kFailed : kRefused;
  if (auto old = too_old(found->reading, parts_.utc_ms())) return not_sent(no_signature, *std::move(old));
  if (const auto slip = not_confirmed(daily_dose, *prescription, found->model.minimum_rate))
    return not_sent(no_signature, slip_of(*slip));
  lock.unlock();  // for as long as others speak

  SigningRequest request;
  request.order = bytes;
  if (found->running.order) request.parent = link::written(*found->running.order);
  request.model = found->running.status.model;
  request.assertions = std::move(assertions);
  const auto signed_order = ask_signer(parts_.signer, request);
  const auto refused = [](const std::string& what, const char* field = "") {
    return Problem{409, title_of(409), {{field, what, "Nothing was sent.", "The pump runs as before."}}, {}};
  };
  if (!signed_order || !*signed_order || !(*signed_order)->pass) {
    lock.lock();
    // Whoever was asked and has not answered may have signed.
    if (!signed_order)
      return not_sent(signed_order.error().asked ? kFailed : no_signature,
                      refused("The order was not signed: " + signed_order.error().why + "."));
    if (!*signed_order)
      return not_sent(
          no_signature,
          refused(fmt::format("The signer refuses ({}): {}.", row_of(signed_order->error().why).name,
                              signed_order->error().message),
                  signed_order->error().why == SigningRefusal::kSecondClinician ? kSecondField : ""));
    return not_sent(kFailed, refused("The signer knows no gateway: theca signer gateway."));
  }
  // From here on only the pump can tell, whatever happens to this process.
  lock.lock();
  const auto handed = records::settle_send(parts_.database, actor, step_of(call, "handed"), *id,
                                           records::SendState::kUnknown);
  if (!handed) return No(problem_for(handed.error()));
  handing_over_.insert(id->value);
  lock.unlock();
  const auto answer = ask_gateway(parts_.gateway, SendOrder{.order = bytes,
                                                            .signatures = (*signed_order)->signatures,
                                                            .pass = *(*signed_order)->pass,
                                                            .sequence = found->running.status.sequence,
                                                            .intent = intent_of(*id),
                                                            .filled = {}});
  lock.lock();
  handing_over_.erase(id->value);
  if (answer && !*answer)
    return not_sent(kFailed, problem(409, "Nothing was sent: " + answer->error().why + ".",
                                     "Hold the coil to the skin over the pump, and read it again."));
  SendOutcome outcome{link::Delivery::kUncertain, "", std::nullopt};
  if (answer) outcome = std::get<SendOutcome>(**answer);
  if (!answer) outcome.message = "It is not known whether the pump has taken it: " + answer.error() + ".";
  const records::SendState state = state_of(outcome.delivery);
  if (state != records::SendState::kUnknown) {
    if (const auto settled = over(state); !settled) return No(problem_for(settled.error()));
  }
  return Answer{sent_json(*id, state, outcome.message, outcome.runs), {}};
}

// ---- the second clinician -------------------------------------------------------------------------------

/// What waits ends with its reading; what became of one that was answered is told for a day.
void Desk::forget_asked() {
  constexpr std::int64_t kToldMs = 24 * 3'600'000;
  const std::int64_t now_ms = parts_.utc_ms();
  std::erase_if(asked_, [&](const auto& one) {
    const Asked& asked = one.second;
    return !asked.signing && asked.until_ms + (asked.sent.is_null() ? 0 : kToldMs) < now_ms;
  });
}

std::expected<Json, Problem> Desk::became_of(const records::Actor& actor, std::int64_t draft) {
  const auto kept = records::draft(parts_.database, actor, records::DraftId{draft});
  if (!kept) return No(problem_for(kept.error()));
  const auto sends = records::sends_of(parts_.database, actor, kept->pump);
  if (!sends) return No(problem_for(sends.error()));
  for (const records::Send& send : *sends) {
    using enum records::SendState;
    if (!send.wish.draft || send.wish.draft->value != draft) continue;
    if (send.state == kPending || send.state == kRefused) continue;  // nobody has handed it over
    return sent_json(send.id, send.state, words_of_before(send.state));
  }
  return Json(nullptr);
}

/// One has asserted the draft; it waits for another one, who must type the dose as well.
Desk::Answered Desk::ask_second(const Call& call) {
  const records::Actor actor = at_records(call.actor);
  auto assertion = assertion_in(call.body["assertion"], "assertion");
  if (!assertion) return No(assertion.error());
  const std::scoped_lock lock{mutex_};
  const auto kept = records::draft(parts_.database, actor, records::DraftId{id_in(call, "draft")});
  if (!kept) return No(problem_for(kept.error()));
  const auto found = found_reading(parts_.database, actor, kept->reading, parts_.library);
  if (!found) return No(found.error());
  if (auto old = too_old(found->reading, parts_.utc_ms())) return No(*std::move(old));
  const auto order = link::read<link::Order>(order_in(*kept));
  const auto prescription = order ? decode(order->prescription) : std::unexpected(DecodeFailure{});
  if (!order || !prescription) throw std::runtime_error("a kept draft that is no order");
  if (const auto slip =
          not_confirmed(call.body["daily_dose"].get<std::string>(), *prescription, found->model.minimum_rate))
    return No(slip_of(*slip));
  if (const auto own = own_key(actor, *assertion); !own) return No(own.error());
  const auto patient = records::patient(parts_.database, actor, kept->patient);
  if (!patient) return No(problem_for(patient.error()));
  const auto by = person_json(actor);
  if (!by) return No(by.error());
  forget_asked();
  if (const auto there = asked_.find(kept->id.value); there != asked_.end() && !there->second.open())
    return No(problem(409, "This order was answered before.", "Read the pump to see what it runs."));
  const std::int64_t until_ms = found->reading.at_ms + kReadingLastsMs;
  asked_.insert_or_assign(kept->id.value, Asked{.clinic = call.actor.clinic,
                                                .first = call.actor.person,
                                                .assertion = std::move(*assertion),
                                                .until_ms = until_ms,
                                                .patient = patient->details.name,
                                                .by = (*by)["name"].get<std::string>(),
                                                .signing = false,
                                                .sent = nullptr});
  return Answer{{{"until_ms", until_ms}, {"now_ms", parts_.utc_ms()}}, {}};
}

Desk::Answered Desk::waiting(const Call& call) {
  const std::scoped_lock lock{mutex_};
  forget_asked();
  Json all = Json::array();
  for (const auto& [draft, asked] : asked_) {
    const Object object{.clinic = asked.clinic, .first_signer = asked.first};
    if (permit(call.actor, Action::kSecondSign, object) != Verdict::kYes) continue;
    if (!asked.open() || std::ssize(all) == kMostPeople) continue;
    all.push_back({{"draft", draft}, {"patient_name", asked.patient}, {"by", asked.by}});
  }
  return Answer{{{"waiting", all}}, {}};
}

Desk::Answered Desk::look_as_second(const Call& call) {
  const records::Actor actor = at_records(call.actor);
  const std::scoped_lock lock{mutex_};
  const auto kept = records::draft(parts_.database, actor, records::DraftId{id_in(call, "draft")});
  if (!kept) return No(problem_for(kept.error()));
  const auto asked = asked_.find(kept->id.value);
  if (asked == asked_.end()) return No(problem_of(Verdict::kNotFound));
  const auto found = found_reading(parts_.database, actor, kept->reading, parts_.library);
  if (!found) return No(found.error());
  const auto patient = records::patient(parts_.database, actor, kept->patient);
  if (!patient) return No(problem_for(patient.error()));
  const auto by = person_json({actor.clinic, records::PersonId{asked->second.first}});
  if (!by) return No(by.error());
  const link::OrderBytes bytes = order_in(*kept);
  const auto order = link::read<link::Order>(bytes);
  const auto prescription = order ? decode(order->prescription) : std::unexpected(DecodeFailure{});
  if (!order || !prescription) throw std::runtime_error("a kept draft that is no order");
  const auto fields =
      change_fields(*found->running.order, *found->running.prescription, found->model, parts_.library);
  if (!fields) return No(problem(409, "No field can be made for this dose.", "Sign it elsewhere."));
  const FlowRate minimum = found->model.minimum_rate;
  const std::string& serial = found->pump.details.serial;
  return Answer{{{"patient",
                  {{"name", patient->details.name},
                   {"birth_date", date_text(patient->details.birth_date)},
                   {"model", found->pump.details.model},
                   {"serial_ends", serial.substr(serial.size() < 4 ? 0 : serial.size() - 4)}}},
                 {"by", (*by)["name"]},
                 {"read_at_ms", found->reading.at_ms},
                 {"lasts_ms", asked->second.until_ms - parts_.utc_ms()},
                 {"therapy", fields_json(*fields)},
                 {"challenge", to_base64url(link::digest_of<link::Sodium>(bytes))},
                 {"order", to_base64url(bytes)},
                 {"rows", rows_json(compare(rows_before(found->running, minimum, parts_.library),
                                            rows_of(*order, *prescription, minimum, parts_.library)))}},
                {}};
}

Desk::Answered Desk::sign_as_second(const Call& call) {
  auto assertion = assertion_in(call.body["assertion"], "assertion");
  if (!assertion) return No(assertion.error());
  const records::Actor actor = at_records(call.actor);
  std::vector<PasskeyAssertion> both;
  const std::int64_t draft = id_in(call, "draft");
  {
    const std::scoped_lock lock{mutex_};
    forget_asked();
    const auto asked = asked_.find(draft);
    if (asked == asked_.end()) return No(problem_of(Verdict::kNotFound));
    if (!asked->second.open())
      return No(problem(409, "This order was answered before.", "Read the pump to see what it runs."));
    if (const auto own = own_key(actor, *assertion); !own) return No(own.error());
    asked->second.signing = true;
    both = {asked->second.assertion, std::move(*assertion)};
  }
  std::optional<Answered> answer;
  try {
    answer = hand_over(call, call.body["daily_dose"].get<std::string>(), std::move(both));
  } catch (...) {  // a bug; whether it was handed over the records and the pump know
    const std::scoped_lock lock{mutex_};
    asked_.erase(draft);
    throw;
  }
  const std::scoped_lock lock{mutex_};
  Asked& asked = asked_.at(draft);
  asked.signing = false;
  if (*answer) {
    asked.sent = (*answer)->body;
  } else if (const auto became = became_of(actor, draft)) {
    asked.sent = *became;  // null: a slip, or the signer said no; it waits on
  }
  return *std::move(answer);
}

/// The first one has gone on to something else.
Desk::Answered Desk::withdraw(const Call& call) {
  const std::scoped_lock lock{mutex_};
  const auto asked = asked_.find(id_in(call, "draft"));
  if (asked != asked_.end() && asked->second.first == call.actor.person && asked->second.open())
    asked_.erase(asked);
  return Answer{nullptr, {}};
}

/// For the first one's page: what has become of it.
Desk::Answered Desk::asked_of_second(const Call& call) {
  const std::scoped_lock lock{mutex_};
  forget_asked();
  const std::int64_t draft = id_in(call, "draft");
  const auto told = [](const Json& sent) { return Answer{{{"is", "sent"}, {"sent", sent}}, {}}; };
  if (const auto asked = asked_.find(draft); asked != asked_.end())
    return asked->second.sent.is_null() ? Answer{{{"is", "waiting"}}, {}} : told(asked->second.sent);
  // Before this process began somebody may have signed it.
  const auto became = became_of(at_records(call.actor), draft);
  if (!became) return No(became.error());
  return became->is_null() ? Answer{{{"is", "over"}}, {}} : told(*became);
}

Desk::Answered Desk::settle(const Call& call) {
  const records::Actor actor = at_records(call.actor);
  std::unique_lock lock{mutex_};
  const auto sent = records::send(parts_.database, actor, records::SendId{id_in(call, "send")});
  if (!sent) return No(problem_for(sent.error()));
  if (handing_over_.contains(sent->id.value))
    return No(problem(409, "It is being handed over.", "Wait for its answer."));
  if (sent->state == records::SendState::kPending)
    return Answer{sent_json(sent->id, sent->state, "It was never handed over; send it again."), {}};
  if (sent->state != records::SendState::kUnknown || !sent->wish.draft)
    return Answer{sent_json(sent->id, sent->state, "It was known before."), {}};
  const auto kept = records::draft(parts_.database, actor, *sent->wish.draft);
  if (!kept) return No(problem_for(kept.error()));
  const auto found = found_reading(parts_.database, actor, kept->reading, parts_.library);
  if (!found) return No(found.error());
  lock.unlock();
  const auto answer = ask_gateway(parts_.gateway, SettleSend{.implant = found->pump.details.implant,
                                                             .digest = sent->wish.order_digest,
                                                             .sequence = found->running.status.sequence,
                                                             .intent = intent_of(sent->id)});
  if (!answer) return No(out_of_reach("It is not known yet: " + answer.error() + "."));
  if (!*answer) return No(out_of_reach("It is not known yet: " + answer->error().why + "."));
  const SendOutcome outcome = std::get<SendOutcome>(**answer);
  const records::SendState state = state_of(outcome.delivery);
  lock.lock();
  if (state != sent->state) {
    const auto settled =
        records::settle_send(parts_.database, actor, step_of(call, "settle"), sent->id, state);
    if (!settled) return No(problem_for(settled.error()));
  }
  return Answer{sent_json(sent->id, state, outcome.message), {}};
}

// ---- the table ------------------------------------------------------------------------------------------

std::vector<Route> Desk::routes() {
  const auto by = [this](Answered (Desk::*handler)(const Call&)) {
    return [this, handler](const Call& call) { return (this->*handler)(call); };
  };
  const auto of = [this](records::PatientsThing what, const char* name) {
    return [this, what, name](const Call& call) {
      const std::scoped_lock lock{mutex_};
      const auto stands = records::standing(parts_.database, at_records(call.actor), what, id_in(call, name));
      if (!stands || !stands->exists) return Object{};
      return Object{.clinic = call.actor.clinic, .in_care_team = stands->in_care_team};
    };
  };
  using enum records::PatientsThing;
  const Shape person = object({needed("person", kId), needed("role", text(40)), needed("name", text(200))});
  const Shape found = object({needed("patient", kId), needed("name", text(200)),
                              needed("birth_date", text(10)), needed("record_number", text(64))});
  const Shape pump = object({needed("pump", kId), needed("model", text(64)),
                             needed("serial_ends", text(16, 0)), needed("implanted", flag())});
  const auto second = [this](const Call& call) {
    const std::scoped_lock lock{mutex_};
    const std::int64_t draft = id_in(call, "draft");
    const auto stands = records::standing(parts_.database, at_records(call.actor), kDraft, draft);
    const auto asked = asked_.find(draft);
    if (!stands || !stands->exists || asked == asked_.end()) return Object{};
    return Object{.clinic = call.actor.clinic,
                  .in_care_team = stands->in_care_team,
                  .first_signer = asked->second.first};
  };
  const Shape asserted =
      object({needed("daily_dose", text(40)), needed("assertion", text(kMostPasskeyJson))});
  const Shape flex =
      list(object({needed("weekdays", list(integer(0, kDaysPerWeek - 1), kDaysPerWeek, 1)),
                   needed("steps", list(object({needed("from_minute", integer(0, kMinutesPerDay - 1)),
                                                needed("dose", text(40))}),
                                        kMaxProfileSteps, 1))}),
           kMaxProfiles, 1);
  const Shape bolus = object({needed("dose", text(40)), needed("over", text(40)), needed("lockout", text(40)),
                              needed("allotted", integer(1, kMaxAllotted)), needed("window", text(40))});
  return {
      {.method = Method::kGet,
       .path = "/api/about",
       .name = "readAbout",
       .summary = "Whose server this is, and whether it is a demo.",
       .action = Action::kReadInterface,
       .response =
           object({needed("demo", flag()), needed("institution", text(200, 0)), needed("version", text(40))}),
       .handle = by(&Desk::about)},
      {.method = Method::kGet,
       .path = "/api/session/challenge",
       .name = "askChallenge",
       .summary = "A challenge for a passkey, for one sign-in within two minutes.",
       .action = Action::kSignIn,
       .response = object({needed("challenge", text(64)), needed("site", text(255))}),
       .handle = by(&Desk::challenge)},
      {.method = Method::kPut,
       .path = "/api/session",
       .name = "signIn",
       .summary = "Signs in with a passkey: the JSON of its assertion over the challenge.",
       .action = Action::kSignIn,
       .request = object({needed("challenge", text(64)), needed("credential", text(kMostPasskeyJson))}),
       .response = person,
       .handle = by(&Desk::sign_in)},
      {.method = Method::kGet,
       .path = "/api/session",
       .name = "whoAmI",
       .summary = "Who is signed in.",
       .action = Action::kOwnAccount,
       .response = person,
       .handle = by(&Desk::who)},
      {.method = Method::kDelete,
       .path = "/api/session",
       .name = "signOut",
       .summary = "Signs out.",
       .action = Action::kOwnAccount,
       .status = 204,
       .handle = by(&Desk::sign_out)},
      {.method = Method::kGet,
       .path = "/api/patients",
       .name = "listPatients",
       .summary = "The patients in whose care team the person is.",
       .action = Action::kSearch,
       .response = object({needed("patients", list(found, kMostPeople)), needed("more", flag())}),
       .object = [](const Call& call) { return Object{.clinic = call.actor.clinic}; },
       .handle = by(&Desk::patients)},
      {.method = Method::kGet,
       .path = "/api/patients/{patient}",
       .name = "readPatient",
       .summary = "A patient, and the pumps.",
       .action = Action::kReadPatient,
       .response = object({needed("patient", kId), needed("name", text(200)), needed("birth_date", text(10)),
                           needed("record_number", text(64)), needed("pumps", list(pump, kMostPeople))}),
       .object = of(kPatient, "patient"),
       .handle = by(&Desk::patient)},
      {.method = Method::kPost,
       .path = "/api/pumps/{pump}/readings",
       .name = "readPump",
       .summary = "Reads the pump by radio; what it says is kept.",
       .action = Action::kReadPump,
       .status = 201,
       .response =
           object({needed("reading", kId), needed("at_ms", integer(0, kMostTime)),
                   needed("lasts_until_ms", integer(0, kMostTime)), needed("state", text(40)),
                   needed("mode", text(40)), needed("flow_nl_per_day", integer(0, kMaxFlowRate.raw())),
                   needed("reservoir_earliest_nl", integer(-kMaxReservoir.raw(), kMaxReservoir.raw())),
                   needed("alarms", list(text(64), static_cast<std::int64_t>(kAlarmCount))),
                   needed("prescription", integer(0, UINT32_MAX)), needed("rows", kRows),
                   needed("record",
                          object({needed("is", choice({"same", "none", "differs"})), needed("rows", kRows)})),
                   optional("therapy", kChangeFields)}),
       .idempotency_key = true,
       .object = of(kPump, "pump"),
       .handle = by(&Desk::read_pump)},
      {.method = Method::kPost,
       .path = "/api/readings/{reading}/drafts",
       .name = "draftChange",
       .summary = "The therapy that was read, with these parts changed: every old and new value.",
       .action = Action::kDraft,
       .request =
           object({optional("dose", text(40)), optional("flex", flex), optional("patient_bolus", bolus),
                   optional("no_patient_bolus", flag()), optional("reason", text(500))}),
       .status = 201,
       .response = object({needed("draft", kId), needed("number", integer(1, UINT32_MAX)),
                           needed("challenge", text(64)), needed("order", kOrderText), needed("rows", kRows),
                           needed("notes", list(kWords, 100))}),
       .idempotency_key = true,
       .object = of(kReading, "reading"),
       .handle = by(&Desk::draft)},
      {.method = Method::kPost,
       .path = "/api/drafts/{draft}/sends",
       .name = "sendDraft",
       .summary = "Has the draft signed and hands it over: the daily dose typed, and one or two assertions "
                  "over its challenge.",
       .action = Action::kSend,
       .request = object({needed("daily_dose", text(40)),
                          needed("assertions", list(text(kMostPasskeyJson), kMostSigners, 1))}),
       .status = 201,
       .response = kSent,
       .idempotency_key = true,
       .object = of(kDraft, "draft"),
       .handle = by(&Desk::send)},
      {.method = Method::kPost,
       .path = "/api/drafts/{draft}/signatures",
       .name = "askSecond",
       .summary =
           "Keeps the draft with one's own assertion until a second clinician has signed it, as long as "
           "the reading lasts.",
       .action = Action::kSign,
       .request = asserted,
       .status = 201,
       .response =
           object({needed("until_ms", integer(0, kMostTime)), needed("now_ms", integer(0, kMostTime))}),
       .idempotency_key = true,
       .object = of(kDraft, "draft"),
       .handle = by(&Desk::ask_second)},
      {.method = Method::kGet,
       .path = "/api/drafts/{draft}/signatures",
       .name = "askedOfSecond",
       .summary = "What has become of a draft that a second clinician was asked about.",
       .action = Action::kSign,
       .response = object({needed("is", choice({"waiting", "sent", "over"})), optional("sent", kSent)}),
       .object = of(kDraft, "draft"),
       .handle = by(&Desk::asked_of_second)},
      {.method = Method::kDelete,
       .path = "/api/drafts/{draft}/signatures",
       .name = "withdrawSignature",
       .summary = "Take back one's own signature of a draft that waits for a second clinician.",
       .action = Action::kSign,
       .status = 204,
       .object = of(kDraft, "draft"),
       .handle = by(&Desk::withdraw)},
      {.method = Method::kGet,
       .path = "/api/waiting",
       .name = "listWaiting",
       .summary = "Drafts of others that wait for a second clinician.",
       .action = Action::kSearch,
       .response = object({needed(
           "waiting",
           list(object({needed("draft", kId), needed("patient_name", text(200)), needed("by", text(200))}),
                kMostPeople))}),
       .object = [](const Call& call) { return Object{.clinic = call.actor.clinic}; },
       .handle = by(&Desk::waiting)},
      {.method = Method::kGet,
       .path = "/api/drafts/{draft}/second",
       .name = "lookAsSecond",
       .summary = "Whom a draft of another clinician is about, and every old and new value.",
       .action = Action::kSecondSign,
       .response =
           object({needed("patient", object({needed("name", text(200)), needed("birth_date", text(10)),
                                             needed("model", text(64)), needed("serial_ends", text(16, 0))})),
                   needed("by", text(200)), needed("read_at_ms", integer(0, kMostTime)),
                   needed("lasts_ms", integer(-kMostTime, kMostTime)), needed("therapy", kChangeFields),
                   needed("challenge", text(64)), needed("order", kOrderText), needed("rows", kRows)}),
       .object = second,
       .handle = by(&Desk::look_as_second)},
      {.method = Method::kPost,
       .path = "/api/drafts/{draft}/second",
       .name = "signAsSecond",
       .summary =
           "Signs another clinician's draft as the second, the dose typed by oneself, and has it handed "
           "over.",
       .action = Action::kSecondSign,
       .request = asserted,
       .status = 201,
       .response = kSent,
       .idempotency_key = true,
       .object = second,
       .handle = by(&Desk::sign_as_second)},
      {.method = Method::kPost,
       .path = "/api/sends/{send}/settlements",
       .name = "settleSend",
       .summary = "Asks the pump what became of a change.",
       .action = Action::kSend,
       .status = 201,
       .response = kSent,
       .idempotency_key = true,
       .object = of(kSend, "send"),
       .handle = by(&Desk::settle)},
  };
}

}  // namespace theca::server
