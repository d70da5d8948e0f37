// A pump is read, and a change of its therapy drafted.
#include <fmt/format.h>

#include "clinic/adjusting.hpp"
#include "clinic/gateway_client.hpp"
#include "clinic/staff.hpp"
#include "link/sodium.hpp"
#include "plan/one_drug.hpp"
#include "quantity/text.hpp"
#include "server/desk_implant_words.hpp"
#include "server/desk_refill_words.hpp"
#include "server/desk_words.hpp"
#include "therapy/modes.hpp"

namespace theca::server {
namespace {

constexpr std::size_t kLooksBack = 10;  // sends; the signer leaves no larger gap between numbers

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
  if (body.contains("fluid")) {
    const auto concentration = parse_concentration(body["fluid"]["concentration"].get<std::string>());
    if (!concentration) wrong("fluid.concentration", concentration.error().message);
    if (concentration)
      change.fluid =
          AdjustedFluid{static_cast<DrugCode>(body["fluid"]["code"].get<std::uint16_t>()), *concentration};
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
  if (body.contains("implant") && (!change.fluid || !change.basal || !(change.patient)))
    errors.push_back({"",
                      "A first therapy needs a fluid, a dose and a word on the patient's bolus.",
                      "Write what is missing.",
                      {}});
  if (errors.empty() && !change.basal && !change.patient)
    errors.push_back({"", "Nothing is changed.", "Change something, or leave it.", std::nullopt});
  if (!errors.empty()) return No(Problem{422, title_of(422), std::move(errors), {}});
  return change;
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

}  // namespace

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
            {"state", state_name(status.state)},
            {"mode", row_of(status.mode).name},
            {"flow_nl_per_day", status.flow.raw()},
            {"reservoir_earliest_nl", status.reservoir_earliest.raw()},
            {"alarms", alarm_names(status.alarms)},
            {"prescription", status.prescription},
            {"rows", rows_json(compare({}, rows_before(*running, model->minimum_rate, parts_.library)))}};
  const auto recorded = recorded_order(parts_.database, actor, id);
  if (!recorded) return No(problem_for(recorded.error()));
  json["record"] = record_json(*recorded, *running, *model, parts_.library);
  const auto untold = never_told(actor, id);
  if (!untold) return No(untold.error());
  if (!untold->empty()) json["never_told"] = *untold;
  if (running->order && running->prescription) {
    if (const auto fields = change_fields(*running->order, *running->prescription, *model, parts_.library))
      json["therapy"] = fields_json(*fields);
  }
  return Answer{std::move(json), {}};
}

/// The order that a change would be, or all that speaks against it. Mutex held.
std::expected<Desk::Made, Problem> Desk::made_of(const Call& call) {
  const records::Actor actor = at_records(call.actor);
  const auto change = adjustment_in(call.body);
  if (!change) return No(change.error());
  auto found =
      found_reading(parts_.database, actor, records::ReadingId{id_in(call, "reading")}, parts_.library);
  if (!found) return No(found.error());
  const std::int64_t now_ms = parts_.utc_ms();
  if (auto old = too_old(found->reading, now_ms)) return No(*std::move(old));
  const auto highest = highest_number(parts_.database, actor, found->pump.id);
  if (!highest) return No(problem_for(highest.error()));
  const auto refused = [](const std::vector<DraftError>& errors) {
    Problem no{422, title_of(422), {}, {}};
    for (const DraftError& error : errors)
      no.errors.push_back({error.key, error.message, error.key == "reason" ? "Give a reason." : "Correct it.",
                           "The pump runs as before."});
    return No(std::move(no));
  };
  const FlowRate minimum = found->model.minimum_rate;
  const auto rows = [&](const Draft& draft) {
    return rows_json(compare(rows_before(found->running, minimum, parts_.library),
                             rows_of(draft.order, draft.prescription, minimum, parts_.library)));
  };
  if (call.body.contains("implant")) {
    const auto said = implant_in(call.body);
    if (!said) return No(said.error());
    auto first = first_therapy({.catheter = said->catheter,
                                .cut_off = said->cut_off,
                                .fluid = *change->fluid,
                                .filled = said->filled,
                                .prime = said->prime,
                                .zone = said->zone,
                                .basal = *change->basal,
                                .patient = *change->patient,
                                .implant = found->pump.details.implant,
                                .pump = *parts_.library.find_pump(found->running.status.model),
                                .model = found->model,
                                .reason = call.body.value("reason", std::string{}),
                                .author = records::serial_of(actor.person),
                                .issued_utc_s = now_ms / 1'000,
                                .signed_up_to = *highest},
                               found->running, parts_.library);
    if (!first) return refused(first.error());
    Json compared = rows(first->draft);
    return Made{found->reading.id, std::move(first->draft), std::move(compared), hours_json(first->hours)};
  }
  auto made = adjust({.change = *change,
                      .implant = found->pump.details.implant,
                      .model = found->model,
                      .reason = call.body.value("reason", std::string{}),
                      .author = records::serial_of(actor.person),
                      .issued_utc_s = now_ms / 1'000,
                      .signed_up_to = *highest},
                     found->running, parts_.library);
  if (!made) return refused(made.error());
  Json compared = rows(*made);
  return Made{found->reading.id, std::move(*made), std::move(compared), nullptr};
}

Desk::Answered Desk::draft(const Call& call) {
  const std::scoped_lock lock{mutex_};
  const auto made = made_of(call);
  if (!made) return No(made.error());
  const link::OrderBytes bytes = link::written(made->draft.order);
  Json content{{"change", call.body}, {"order", to_base64url(bytes)}, {"notes", made->draft.notes}};
  if (!made->hours.is_null()) {
    content["filled_nl"] = made->draft.filled.raw();
    content["first_hours"] = made->hours;
  }
  const auto kept = records::add_draft(parts_.database, at_records(call.actor), step_of(call, "draft"),
                                       made->reading, content.dump());
  if (!kept) return No(problem_for(kept.error()));
  Json json{{"draft", kept->value},
            {"number", made->draft.order.number},
            {"challenge", to_base64url(link::digest_of<link::Sodium>(bytes))},
            {"order", to_base64url(bytes)},
            {"rows", made->rows},
            {"notes", made->draft.notes}};
  if (!made->hours.is_null()) json["first_hours"] = made->hours;
  return Answer{std::move(json), {}};
}

Desk::Answered Desk::drugs(const Call&) { return Answer{{{"drugs", drugs_json(parts_.library)}}, {}}; }

/// What may be written into the fields of a therapy with another fluid.
Desk::Answered Desk::fields_of_fluid(const Call& call) {
  const std::scoped_lock lock{mutex_};
  const auto found = found_reading(parts_.database, at_records(call.actor),
                                   records::ReadingId{id_in(call, "reading")}, parts_.library);
  if (!found) return No(found.error());
  const auto concentration = parse_concentration(call.body["concentration"].get<std::string>());
  const DrugEntry* drug =
      parts_.library.find_drug(static_cast<DrugCode>(call.body["code"].get<std::uint16_t>()));
  if (!concentration)
    return No(
        Problem{422,
                title_of(422),
                {{"concentration", concentration.error().message + ".", "Write it as it is.", std::nullopt}},
                {}});
  if (drug == nullptr) return No(problem(422, "The drug library has no such drug.", "Choose another one."));
  const auto fields =
      theca::fields_of_fluid(formulation_of(*drug, *concentration, 1), found->model, parts_.library);
  if (!fields)
    return No(
        problem(422, "No dose of this fluid can be written for this pump.", "Take another concentration."));
  return Answer{fields_json(*fields), {}};
}

/// What a change would make of the pump, while it is being written: nothing is kept.
Desk::Answered Desk::preview(const Call& call) {
  const std::scoped_lock lock{mutex_};
  const auto made = made_of(call);
  if (!made) return No(made.error());
  Json json{{"rows", made->rows}, {"notes", made->draft.notes}};
  if (!made->hours.is_null()) json["first_hours"] = made->hours;
  return Answer{std::move(json), {}};
}

}  // namespace theca::server
