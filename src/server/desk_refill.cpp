// A refill of the same fluid, step by step; nothing here changes a dose.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "clinic/gateway_client.hpp"
#include "clinic/line_json.hpp"
#include "clinic/order_rows.hpp"
#include "clinic/signer_client.hpp"
#include "clinic/staff.hpp"
#include "files/json_fields.hpp"
#include "files/strict_json.hpp"
#include "link/sodium.hpp"
#include "quantity/text.hpp"
#include "server/desk_refill_words.hpp"
#include "server/desk_words.hpp"
#include "therapy/modes.hpp"

namespace theca::server {

/// With what the first step says of the implant's own journal.
struct Desk::Opened {
  records::Refill kept;
  Found found;
  RefillAim aim;
  RefillState state;
  std::vector<RefillAct> acts;
  std::optional<records::Send> send;  // of the newest statement
  /// Of another fluid: the order that comes with it, as it was signed.
  std::optional<DraftedOrder> order;
  std::optional<records::DraftId> draft;
  std::vector<link::SignedBy> signatures;
  bool unreadable = false;  // what was kept of it cannot be understood: it can be ended, and nothing else
  std::optional<Running> stated_at;  // what the pump said when the statement was written

  [[nodiscard]] link::Hash digest() const {
    return order ? link::digest_of<link::Sodium>(order->bytes) : found.running.status.order;
  }
  [[nodiscard]] std::uint32_t fluid() const {
    return order ? order->prescription.formulation.number : found.running.status.in_reservoir;
  }
  /// The pump takes the order with the fluid that it is for; as long as nothing of that went in it keeps the
  /// one that it has.
  [[nodiscard]] bool takes_order() const { return order && state.in.raw() > 0; }
  [[nodiscard]] const Prescription& prescription() const {
    if (takes_order()) return order->prescription;
    return stated_at && stated_at->prescription ? *stated_at->prescription : *found.running.prescription;
  }
};

namespace {

constexpr const char* kPumpAsBefore = "The pump runs as before.";

Problem step_problem(const StepRefused& refused) {
  return Problem{422, title_of(422), {{refused.field, refused.message, refused.to_do, std::nullopt}}, {}};
}

/// The first step: what the implant's journal said when the refill began.
Json beginning(const std::optional<FillsTold::Last>& last) {
  Json json{{"is", "begun"}, {"last_fill_nl", nullptr}, {"fill_age_ms", nullptr}};
  if (last) {
    json["last_fill_nl"] = last->holds.raw();
    json["fill_age_ms"] = last->ago.raw();
  }
  return json;
}

Json signed_json(records::RefillId refill) {
  return {{"state", "signed"},
          {"message", "It is signed; the pump runs as before until it is filled."},
          {"refill", refill.value}};
}

/// The first step, which says what a refill set out from.
Json first_step(const records::Refill& kept) {
  if (kept.steps.empty()) throw std::runtime_error("a kept refill of nothing");
  auto first =
      parse_strictly(kept.steps.front().content, {.most_bytes = records::kLongestStep, .most_depth = 4});
  if (!first || !first->is_object())
    throw std::runtime_error("a kept refill that does not say what it set out from");
  return *std::move(first);
}

/// Of the order that comes with it, if another fluid does.
std::optional<records::DraftId> draft_of(const Json& first) {
  if (!first.contains("draft")) return std::nullopt;
  return records::DraftId{first.at("draft").get<std::int64_t>()};
}

/// `json`: the first step.
RefillAim aim_of(const Found& found, const Json& json) {
  RefillAim aim{.fluid = found.running.prescription->formulation,
                .capacity = found.model.capacity,
                .counted = std::max(Volume{}, found.running.status.reservoir_nominal),
                .accuracy_ppm = found.model.accuracy_ppm,
                .last_fill = std::nullopt,
                .fill_age = std::nullopt,
                .ordered = false};
  if (const Json& fill = json.at("last_fill_nl"); fill.is_number_integer())
    aim.last_fill = Volume{fill.get<std::int64_t>()};
  if (const Json& age = json.at("fill_age_ms"); age.is_number_integer())
    aim.fill_age = Duration{age.get<std::int64_t>()};
  return aim;
}

/// Texts of a page with their units, each with its field.
class Typed {
 public:
  explicit Typed(const Json& body) : body_(body) {}
  Volume volume(const char* name) {
    const auto read = parse_volume(text(name));
    if (!read) wrong(name, read.error().message);
    return read.value_or(Volume{});
  }
  std::string text(const char* name) {
    if (!body_.contains(name)) {
      wrong(name, "Nothing is written");
      return {};
    }
    // A line break in a note is a space.
    auto text = body_[name].get<std::string>();
    std::ranges::replace_if(
        text, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
    return text;
  }
  std::chrono::year_month_day date(const char* name) {
    const std::string read = text(name);
    int year = 0;
    unsigned month = 0, day = 0;
    char end = 0;
    constexpr int kParts = 3;
    constexpr std::size_t kForm = 10;
    const bool shaped = read.size() == kForm && std::sscanf(read.c_str(), "%4d-%2u-%2u%c", &year, &month,
                                                            &day, &end) == kParts;  // NOLINT
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                           std::chrono::day{day}};
    if (!shaped || !date.ok() || day_number(date) == 0) wrong(name, "A day is written as 2027-05-31");
    return date;
  }
  std::vector<LabelDrug> drugs() {
    std::vector<LabelDrug> all;
    if (!body_.contains("drugs")) wrong("drugs", "Nothing is written");
    for (const Json& one : body_.value("drugs", Json::array())) {
      const auto concentration = parse_concentration(one["concentration"].get<std::string>());
      if (!concentration)
        wrong(fmt::format("drugs[{}].concentration", all.size()).c_str(), concentration.error().message);
      all.push_back(
          {static_cast<DrugCode>(one["code"].get<std::uint16_t>()), concentration.value_or(Concentration{})});
    }
    return all;
  }
  void wrong(const char* field, const std::string& why) {
    errors.push_back({field, why + ".", "Write it as it is.", std::nullopt});
  }
  std::vector<FieldError> errors;

 private:
  const Json& body_;
};

std::expected<RefillStep, Problem> step_in(const Json& body) {
  Typed typed{body};
  const std::string is = body["is"].get<std::string>();
  RefillStep step;
  if (is == "label") step = LabelRead{typed.drugs(), typed.text("lot"), typed.date("expires")};
  if (is == "port") step = PortFound{};
  if (is == "out") step = TakenOut{typed.volume("volume")};
  if (is == "looked") step = LookedAt{typed.text("note")};
  if (is == "proof") step = NeedleProven{typed.volume("in"), typed.volume("back")};
  if (is == "portion") step = PortionIn{typed.volume("volume")};
  if (is == "all_in") step = AllIn{};
  if (is == "watched")
    step = PatientWatched{body.value("signs", false), body.contains("note") ? typed.text("note") : ""};
  if (is == "broken_off")
    step = BrokenOff{typed.text("why"),
                     body.contains("left") ? std::optional{typed.volume("left")} : std::nullopt,
                     body.value("untouched", false)};
  if (is == "untold") step = LeftUntold{typed.text("why")};
  if (typed.errors.empty()) return step;
  return No(Problem{422, title_of(422), std::move(typed.errors), {}});
}

template <class Open>
SyringeCheck check_of(const Open& open, const LabelRead& label, std::int64_t at_ms) {
  SyringeCheck check;
  check.implant = open.found.pump.details.implant;
  check.refill = static_cast<std::uint64_t>(open.kept.id.value);
  check.order = open.digest();
  check.fluid = open.fluid();
  check.lot = lot_bytes(label.lot).value();
  check.expires = day_number(label.expires);
  check.written_utc_s = at_ms / 1'000;
  return check;
}

std::map<std::int64_t, std::string> names_of(const std::vector<records::Staff>& staff) {
  std::map<std::int64_t, std::string> names;
  for (const records::Staff& one : staff) names[one.id.value] = one.name;
  return names;
}

/// Rows of an order that the rows of a fill say as well.
bool told_already(const std::string& what) {
  return what == "fluid" || what == "prescription" || what.starts_with("daily dose");
}

/// A refill is one visit: what it set out from is not what the pump says on another day.
template <class Open>
std::optional<Problem> visit_over(const Open& open, std::int64_t now_ms) {
  if (now_ms - open.found.reading.at_ms <= kVisitLasts.raw()) return std::nullopt;
  return problem(409, "This refill was begun at another visit, and what the pump said then is old.",
                 "Break it off, so that the pump hears what is in it; then read the pump and begin anew.");
}

}  // namespace

std::expected<Desk::Opened, Problem> Desk::opened(const records::Actor& actor, records::RefillId id,
                                                  bool keeps) {
  auto kept = records::refill(parts_.database, actor, id);
  if (!kept) return No(problem_for(kept.error()));
  auto found = found_reading(parts_.database, actor, kept->reading, parts_.library);
  if (!found) return No(found.error());
  const Json first = first_step(*kept);
  if (!found->running.prescription) throw std::runtime_error("a kept refill of a pump that runs nothing");
  Opened open{.kept = std::move(*kept),
              .found = std::move(*found),
              .aim = {},
              .state = {},
              .acts = {},
              .send = {},
              .order = {},
              .draft = {},
              .signatures = {},
              .unreadable = false,
              .stated_at = {}};
  open.aim = aim_of(open.found, first);
  open.draft = draft_of(first);
  if (open.draft) {
    const auto draft = records::draft(parts_.database, actor, *open.draft);
    if (!draft) return No(problem_for(draft.error()));
    open.order = drafted_order(*draft);
    for (const Json& one : first.at("signatures"))
      if (!read_signed_by(one, open.signatures.emplace_back()))
        throw std::runtime_error("a kept signature that is none");
    open.aim.fluid = open.order->prescription.formulation;
    open.aim.ordered = open.state.ordered = true;
  }
  for (std::size_t i = 1; i < open.kept.steps.size() && !open.unreadable; ++i) {
    const records::KeptStep& one = open.kept.steps[i];
    const auto step = parse_refill_step(one.content);
    const auto next = step ? after(open.state, {*step, one.by.value, one.at_ms}, open.aim, parts_.library)
                           : std::unexpected(StepRefused{});
    open.unreadable = !next;
    if (!next) continue;
    open.acts.push_back({*step, one.by.value, one.at_ms});
    open.state = *next;
  }
  if (open.unreadable) {
    // A library or a program of another day has other limits. Nobody is kept from ending it.
    open.state.broken_off =
        "What was kept of this refill cannot be understood any more. Read the pump: it says what it "
        "counts as left.";
    open.state.stated.reset();
    open.state.told = open.state.all_in = false;  // so that it can be ended
    open.state.over = open.kept.stage == records::kRefillOver;
    return open;
  }
  if (open.state.stated_reading != 0) {
    const auto then =
        found_reading(parts_.database, actor, records::ReadingId{open.state.stated_reading}, parts_.library);
    if (!then) return No(then.error());
    open.stated_at = then->running;
  }
  if (open.state.stage() != RefillStage::kTell || !open.state.stated) return open;
  if (auto send = send_of(actor, open); !send) return No(send.error());
  // The pump had confirmed, and whoever was to write it down was stopped.
  if (open.send && open.send->state == records::SendState::kConfirmed) {
    if (keeps) {
      const records::RequestId request{fmt::format("told-of-send-{:016}", open.send->id.value)};
      if (const auto done = add_step(actor, request, open, PumpTold{}); !done) return No(done.error());
    } else if (const auto next =
                   after(open.state, {PumpTold{}, open.send->by.value, open.send->settled_ms.value_or(0)},
                         open.aim, parts_.library)) {
      open.state = *next;
    }
  }
  return open;
}

/// Of the sends of the newest statement the one that says most: confirmed, not known, on its way, the newest.
std::expected<void, Problem> Desk::send_of(const records::Actor& actor, Opened& open) {
  const auto sends = records::sends_of(parts_.database, actor, open.kept.pump);
  if (!sends) return No(problem_for(sends.error()));
  using enum records::SendState;
  const auto weight = [](records::SendState state) {
    return state == kConfirmed ? 3 : state == kUnknown ? 2 : state == kPending ? 1 : 0;
  };
  const link::Hash digest = digest_of(*open.state.stated);
  for (const records::Send& one : *sends) {
    if (one.wish.intent != kFillIntent || one.wish.order_digest != digest || one.state == kRefused) continue;
    if (!open.send || weight(one.state) > weight(open.send->state)) open.send = one;
  }
  return {};
}

bool Desk::under_way(const Opened& open) const {
  if (!open.send) return false;
  return open.send->state == records::SendState::kUnknown || handing_over_.contains(open.send->id.value);
}

std::expected<void, Problem> Desk::add_step(const records::Actor& actor, const records::RequestId& request,
                                            Opened& open, const RefillStep& step) {
  const RefillAct act{step, actor.person.value, parts_.utc_ms()};
  const auto next = after(open.state, act, open.aim, parts_.library);
  if (!next) return No(step_problem(next.error()));
  const std::string content = text_of(step);
  const auto kept =
      records::add_refill_step(parts_.database, actor, request, open.kept.id, open.kept.steps.size(),
                               act.at_ms, content, name_of(next->stage()));
  if (!kept) return No(problem_for(kept.error()));
  open.kept.steps.push_back({actor.person, act.at_ms, content});
  open.kept.stage = name_of(next->stage());
  open.acts.push_back(act);
  open.state = *next;
  return {};
}

std::expected<Json, Problem> Desk::refill_json(const records::Actor& actor, const Opened& open) {
  const auto staff = records::staff(parts_.database, actor);
  if (!staff) return No(problem_for(staff.error()));
  const auto names = names_of(*staff);
  const auto name = [&](std::int64_t person) {
    const auto found = names.find(person);
    return found == names.end() ? std::string{"somebody"} : found->second;
  };
  const RefillState& state = open.state;
  Json json =
      json_of(open.aim, state, open.prescription(), open.stated_at ? *open.stated_at : open.found.running,
              open.found.model, parts_.library);
  if (open.order) json["order"] = to_base64url(open.order->bytes);
  json["takes_order"] = open.takes_order();
  json["refill"] = open.kept.id.value;
  json["patient"] = open.kept.patient.value;
  json["pump"] = open.kept.pump.value;
  if (state.label) json["label_until_ms"] = state.label_at_ms + kSyringeLasts.raw();
  json["visit_over"] = visit_over(open, parts_.utc_ms()).has_value();
  json["touched"] = state.touched_at_ms != 0;
  json["stage"] = name_of(state.stage());
  json["place"] = open.kept.steps.size();
  json["begun_ms"] = open.kept.begun_ms;
  json["changed_ms"] = open.kept.steps.back().at_ms;
  json["now_ms"] = parts_.utc_ms();
  json["by"] = name(open.kept.by.value);
  json["mine"] = state.label_by == actor.person.value;
  if (state.confirmed_by != 0) json["confirmed_by"] = name(state.confirmed_by);
  json["steps"] = Json::array();
  for (const RefillAct& act : open.acts)
    json["steps"].push_back({{"is", name_of(act.step)},
                             {"at_ms", act.at_ms},
                             {"by", name(act.by)},
                             {"text", words_of(act.step, parts_.library)}});
  if (open.send) json["sent"] = sent_json(open.send->id, open.send->state, words_of_before(open.send->state));
  return json;
}

// ---- beginning and going on -----------------------------------------------------------------------------

Desk::Answered Desk::begin_refill(const Call& call) {
  const records::Actor actor = at_records(call.actor);
  std::unique_lock lock{mutex_};
  const auto found =
      found_reading(parts_.database, actor, records::ReadingId{id_in(call, "reading")}, parts_.library);
  if (!found) return No(found.error());
  if (auto old = too_old(found->reading, parts_.utc_ms())) return No(*std::move(old));
  const link::StatusReply& status = found->running.status;
  if (!found->running.order || !found->running.prescription)
    return No(problem(409, "The pump runs no order of which more could be filled in.",
                      "A physician orders what it is to run."));
  if (status.naive)
    return No(
        problem(409,
                "Nothing was given for so long that the old dose may be an overdose now; the pump takes no "
                "fill without an order.",
                "A physician looks at the patient, and orders anew."));
  lock.unlock();
  // The implant's own word on its last fill. Where its journal does not reach so far, what comes out is
  // judged by the millilitres alone.
  const auto asked = ask_gateway(parts_.gateway, LookBack{found->pump.details.implant});
  if (!asked) return No(out_of_reach(asked.error() + "."));
  if (!*asked) return No(out_of_reach("The pump was not read: " + asked->error().why + "."));
  const auto* told = std::get_if<FillsTold>(&**asked);
  const std::optional<FillsTold::Last> last = told == nullptr ? std::nullopt : told->last;
  lock.lock();
  const auto id = records::begin_refill(parts_.database, actor, step_of(call, "begin"), found->reading.id,
                                        name_of(RefillStage::kLabel), beginning(last).dump());
  if (!id) return No(problem_for(id.error()));
  const auto open = opened(actor, *id, /*keeps=*/true);
  if (!open) return No(open.error());
  auto json = refill_json(actor, *open);
  if (!json) return No(json.error());
  return Answer{*std::move(json), {}};
}

Desk::Answered Desk::begin_ordered(const Call& call, const records::KeptDraft& draft, const Found& found,
                                   const SignedAnswer& answer) {
  const records::Actor actor = at_records(call.actor);
  // The order is signed: what cannot be read of the last fill does not undo it.
  const auto asked = ask_gateway(parts_.gateway, LookBack{found.pump.details.implant});
  std::optional<FillsTold::Last> last;
  if (asked && *asked)
    if (const auto* told = std::get_if<FillsTold>(&**asked)) last = told->last;
  Json first = beginning(last);
  first["draft"] = draft.id.value;
  first["signatures"] = Json::array();
  for (const link::SignedBy& one : answer.signatures)
    first["signatures"].push_back(Json(theca::json_of(one)));
  const std::scoped_lock lock{mutex_};
  const auto id = records::begin_refill(parts_.database, actor, step_of(call, "begin"), found.reading.id,
                                        name_of(RefillStage::kLabel), first.dump());
  if (!id) return No(problem_for(id.error()));
  return Answer{signed_json(*id), {}};
}

std::expected<Json, Problem> Desk::signed_for_refill(const records::Actor& actor, records::PumpId pump,
                                                     records::DraftId draft) {
  const auto all = records::refills_of(parts_.database, actor, pump);
  if (!all) return No(problem_for(all.error()));
  for (const records::Refill& one : *all) {
    const auto kept = records::refill(parts_.database, actor, one.id);
    if (!kept) return No(problem_for(kept.error()));
    if (draft_of(first_step(*kept)) == draft) return signed_json(one.id);
  }
  return Json(nullptr);
}

std::expected<std::string, Problem> Desk::never_told(const records::Actor& actor, records::PumpId pump) {
  const auto all = records::refills_of(parts_.database, actor, pump);
  if (!all) return No(problem_for(all.error()));
  for (const records::Refill& one : *all) {
    const auto open = opened(actor, one.id, /*keeps=*/false);
    if (!open) return No(open.error());
    if (open->state.told) return std::string{};
    if (one.stage != records::kRefillOver) continue;
    if (open->unreadable) return *open->state.broken_off;
    if (!open->state.untold || open->state.touched_at_ms == 0) continue;
    return words_of_untold(open->state, open->aim, parts_.library);
  }
  return std::string{};
}

std::expected<Desk::LeftByOne, Problem> Desk::left_by(const records::Actor& actor, records::RefillId id) {
  if (const auto known = left_.find(id.value); known != left_.end()) return known->second;
  const auto open = opened(actor, id, /*keeps=*/false);
  if (!open) return No(open.error());
  LeftByOne left;
  left.told = open->state.told;
  left.touched = open->unreadable || open->state.touched_at_ms != 0;
  left.filled = open->state.told && open->state.in.raw() > 0;
  if (!open->state.causes.empty()) {
    const ResidualCauseRow& row = row_of(open->state.causes.front());
    left.residual =
        fmt::format("{} came out. {}: {}", to_text(open->state.out.value_or(Volume{})), row.name, row.why);
  }
  if (open->unreadable) left.never_told = *open->state.broken_off;
  if (!open->unreadable && !open->state.told && open->state.untold && open->state.touched_at_ms != 0)
    left.never_told = words_of_untold(open->state, open->aim, parts_.library);
  return left_.emplace(id.value, std::move(left)).first->second;
}

std::expected<RefillLeft, Problem> Desk::left_behind(const records::Actor& actor, records::PumpId pump) {
  const auto all = records::refills_of(parts_.database, actor, pump);
  if (!all) return No(problem_for(all.error()));
  RefillLeft behind;
  bool told = false, touched = false;
  for (const records::Refill& one : *all) {
    if (one.stage != records::kRefillOver) continue;
    const auto left = left_by(actor, one.id);
    if (!left) return No(left.error());
    if (!told && behind.never_told.empty()) behind.never_told = left->never_told;
    if (!touched && left->touched) {
      behind.residual = left->residual;
      behind.residual_ms = one.changed_ms;
    }
    told = told || left->told;
    touched = touched || left->touched;
    if (left->filled) {
      behind.filled_ms = one.changed_ms;
      break;  // whatever was before it is over
    }
  }
  return behind;
}

std::optional<Problem> Desk::refill_in_the_way(const records::Actor& actor, records::PumpId pump,
                                               link::OrderKind kind) {
  const auto all = records::refills_of(parts_.database, actor, pump);
  if (!all) return problem_for(all.error());
  for (const records::Refill& one : *all) {
    if (one.stage == records::kRefillOver) continue;
    const auto open = opened(actor, one.id, /*keeps=*/false);
    if (!open) return open.error();
    if (kind == link::OrderKind::kRefill || (open->order && !open->state.told))
      return problem(409, "A refill of this pump is open.",
                     "Go on with it, or break it off; what is ordered now may not fit what is in the pump.");
  }
  return std::nullopt;
}

Desk::Answered Desk::refills(const Call& call) {
  const std::scoped_lock lock{mutex_};
  const auto all =
      records::refills_of(parts_.database, at_records(call.actor), records::PumpId{id_in(call, "pump")});
  if (!all) return No(problem_for(all.error()));
  Json list = Json::array();
  for (const records::Refill& one : *all) {
    if (std::ssize(list) == kMostPeople) break;
    list.push_back({{"refill", one.id.value},
                    {"stage", one.stage},
                    {"begun_ms", one.begun_ms},
                    {"changed_ms", one.changed_ms}});
  }
  return Answer{{{"refills", list}}, {}};
}

Desk::Answered Desk::refill(const Call& call) {
  const records::Actor actor = at_records(call.actor);
  const std::scoped_lock lock{mutex_};
  const auto open = opened(actor, records::RefillId{id_in(call, "refill")}, /*keeps=*/false);
  if (!open) return No(open.error());
  if (const auto done = ask_for_second(actor, *open); !done) return No(done.error());
  auto json = refill_json(actor, *open);
  if (!json) return No(json.error());
  return Answer{*std::move(json), {}};
}

Desk::Answered Desk::refill_step(const Call& call) {
  const records::Actor actor = at_records(call.actor);
  const auto step = step_in(call.body);
  if (!step) return No(step.error());
  const std::scoped_lock lock{mutex_};
  auto open = opened(actor, records::RefillId{id_in(call, "refill")}, /*keeps=*/true);
  if (!open) return No(open.error());
  // Of two tabs, or two people, the second looks first at what the other one did.
  if (const auto place = call.body["place"].get<std::size_t>(); place != open->kept.steps.size())
    return No(
        problem(409, "Something was done at this refill meanwhile.", "Look at where it stands, then go on."));
  const bool ends = std::holds_alternative<LeftUntold>(*step);
  // Whoever reads this syringe states the fill, and the order with it; the second person may be anybody else.
  if (open->order && std::holds_alternative<LabelRead>(*step) && call.actor.role != StaffRole::kPhysician)
    return No(problem(
        403, "With another fluid a physician reads the syringe, and hands the order over with its fill.",
        "Read it as the second person."));
  if (open->send && handing_over_.contains(open->send->id.value))
    return No(problem(409, "The pump is being told of the fill.", "Wait for its answer."));
  // Where the pump cannot be asked any more, a refill is ended without knowing.
  if (under_way(*open) && !ends)
    return No(
        problem(409, "It is not known yet whether the pump has heard of the fill.", "Ask the pump first."));
  if (open->unreadable && !ends)
    return No(problem(409, *open->state.broken_off, "End it without telling the pump, and begin anew."));
  const bool afterwards =
      ends || std::holds_alternative<BrokenOff>(*step) || std::holds_alternative<PatientWatched>(*step);
  if (auto over = visit_over(*open, parts_.utc_ms()); over && !afterwards) return No(*std::move(over));
  constexpr std::size_t kStepsToEnd = 20;
  if (open->kept.steps.size() + kStepsToEnd > records::kMostSteps && !afterwards)
    return No(
        problem(409, "This refill has as many steps as can be kept.", "Break it off, and tell the pump."));
  if (const auto done = add_step(actor, step_of(call, "step"), *open, *step); !done) return No(done.error());
  if (const auto done = ask_for_second(actor, *open); !done) return No(done.error());
  auto json = refill_json(actor, *open);
  if (!json) return No(json.error());
  return Answer{*std::move(json), {}};
}

// ---- the second person ----------------------------------------------------------------------------------

std::expected<void, Problem> Desk::ask_for_second(const records::Actor& actor, const Opened& open) {
  const std::int64_t id = open.kept.id.value;
  if (open.state.stage() != RefillStage::kConfirm) {
    syringes_.erase(id);
    return {};
  }
  const std::int64_t until_ms = open.state.label_at_ms + kSyringeLasts.raw();
  if (until_ms < parts_.utc_ms()) {
    syringes_.erase(id);
    return {};
  }
  if (syringes_.contains(id) && syringes_.at(id).until_ms == until_ms) return {};
  const auto patient = records::patient(parts_.database, actor, open.kept.patient);
  if (!patient) return No(problem_for(patient.error()));
  const auto by = person_json({actor.clinic, records::PersonId{open.state.label_by}});
  if (!by) return No(by.error());
  syringes_.insert_or_assign(id, Syringe{.clinic = actor.clinic.value,
                                         .first = open.state.label_by,
                                         .until_ms = until_ms,
                                         .patient = patient->details.name,
                                         .by = (*by)["name"].get<std::string>()});
  return {};
}

Desk::Answered Desk::syringe(const Call& call) {
  const std::scoped_lock lock{mutex_};
  const bool waits = syringes_.contains(id_in(call, "refill"));
  return Answer{{{"waits", waits}}, {}};
}

Desk::Answered Desk::look_at_syringe(const Call& call) {
  const records::Actor actor = at_records(call.actor);
  const std::scoped_lock lock{mutex_};
  const auto open = opened(actor, records::RefillId{id_in(call, "refill")}, /*keeps=*/false);
  if (!open) return No(open.error());
  if (open->state.stage() != RefillStage::kConfirm)
    return No(problem(409, "No syringe waits to be confirmed here.", "Ask whoever fills the pump."));
  const auto patient = records::patient(parts_.database, actor, open->kept.patient);
  if (!patient) return No(problem_for(patient.error()));
  const auto by = person_json({actor.clinic, records::PersonId{open->state.label_by}});
  if (!by) return No(by.error());
  const Found& found = open->found;
  const CheckBytes check = link::written(check_of(*open, *open->state.label, open->state.label_at_ms));
  const std::string& serial = found.pump.details.serial;
  Json json =
      json_of(open->aim, open->state, open->prescription(), found.running, found.model, parts_.library);
  const FlowRate minimum = found.model.minimum_rate;
  const auto now = rows_before(found.running, minimum, parts_.library);
  const auto rows =
      open->order
          ? compare(now, rows_of(open->order->order, open->order->prescription, minimum, parts_.library))
          : compare({}, now);
  return Answer{{{"patient",
                  {{"name", patient->details.name},
                   {"birth_date", date_text(patient->details.birth_date)},
                   {"model", found.pump.details.model},
                   {"serial_ends", serial.substr(serial.size() < 4 ? 0 : serial.size() - 4)}}},
                 {"by", (*by)["name"]},
                 {"lot", json["label"]["lot"]},
                 {"expires", json["label"]["expires"]},
                 {"drugs", json["drugs"]},
                 {"choices", json["choices"]},
                 {"challenge", to_base64url(digest_of(check))},
                 {"orders", open->order.has_value()},
                 {"rows", rows_json(rows)}},
                {}};
}

Desk::Answered Desk::confirm_syringe(const Call& call) {
  const records::Actor actor = at_records(call.actor);
  auto assertion = assertion_in(call.body["assertion"], "assertion");
  if (!assertion) return No(assertion.error());
  std::unique_lock lock{mutex_};
  auto open = opened(actor, records::RefillId{id_in(call, "refill")}, /*keeps=*/true);
  if (!open) return No(open.error());
  if (open->state.stage() != RefillStage::kConfirm)
    return No(problem(409, "No syringe waits to be confirmed here.", "Ask whoever fills the pump."));
  if (const auto own = own_key(actor, *assertion); !own) return No(own.error());
  if (auto over = visit_over(*open, parts_.utc_ms())) return No(*std::move(over));
  Typed typed{call.body};
  const SyringeConfirmed confirmed{typed.drugs()};
  if (!typed.errors.empty()) return No(Problem{422, title_of(422), std::move(typed.errors), {}});
  // What does not fit is told before the signer hears of it.
  const auto fits =
      after(open->state, {confirmed, actor.person.value, parts_.utc_ms()}, open->aim, parts_.library);
  if (!fits) return No(step_problem(fits.error()));
  CheckRequest request;
  request.check = link::written(check_of(*open, *open->state.label, open->state.label_at_ms));
  request.assertion = std::move(*assertion);
  lock.unlock();
  const auto answer = ask_signer(parts_.signer, request);
  lock.lock();
  const auto refused = [](const std::string& why) {
    return No(Problem{409, title_of(409), {{"", why, "Try again.", kPumpAsBefore}}, {}});
  };
  if (!answer) return refused("The confirmation was not taken: " + answer.error().why + ".");
  if (!*answer)
    return refused(fmt::format("The signer refuses ({}): {}.", row_of(answer->error().why).name,
                               answer->error().message));
  if (const auto done = add_step(actor, step_of(call, "confirm"), *open, confirmed); !done)
    return No(done.error());
  syringes_.erase(open->kept.id.value);
  return Answer{nullptr, {}};
}

// ---- telling the pump -----------------------------------------------------------------------------------

Desk::Answered Desk::state_fill(const Call& call) {
  const records::Actor actor = at_records(call.actor);
  std::unique_lock lock{mutex_};
  const auto before = opened(actor, records::RefillId{id_in(call, "refill")}, /*keeps=*/true);
  if (!before) return No(before.error());
  if (before->state.stage() != RefillStage::kTell)
    return No(problem(409, "There is nothing to tell the pump yet.", "Look at where the refill stands."));
  if (before->unreadable)
    return No(problem(409, *before->state.broken_off, "End it without telling the pump, and begin anew."));
  if (under_way(*before))
    return No(
        problem(409, "It is not known yet whether the pump has heard of the fill.", "Ask the pump first."));
  lock.unlock();
  // What runs now, and the number of its changes: half an hour has gone by since it was read.
  const auto asked = ask_gateway(parts_.gateway, ReadImplant{before->found.pump.details.implant});
  if (!asked) return No(out_of_reach(asked.error() + "."));
  if (!*asked) return No(out_of_reach("The pump was not read: " + asked->error().why + "."));
  const std::string line = text_of(*asked);
  const std::vector<std::uint8_t> said{line.begin(), line.end()};
  const auto running = running_in(said);
  if (!running) return No(running.error());
  lock.lock();
  auto open = opened(actor, records::RefillId{id_in(call, "refill")}, /*keeps=*/true);
  if (!open) return No(open.error());
  if (open->kept.steps.size() != before->kept.steps.size() || under_way(*open))
    return No(
        problem(409, "Something was done at this refill meanwhile.", "Look at where it stands, then go on."));
  const auto reading = records::keep_reading(parts_.database, actor, step_of(call, "read"), open->kept.pump,
                                             parts_.utc_ms(), said);
  if (!reading) return No(problem_for(reading.error()));
  // Another dose of the same fluid may have been ordered meanwhile; another fluid is another refill. An order
  // goes with the one that it was written for.
  const link::StatusReply &then = open->found.running.status, &now = running->status;
  if (now.in_reservoir != then.in_reservoir || (open->order && now.order != then.order))
    return No(Problem{
        409,
        title_of(409),
        {{"", "The pump runs something else than when this refill began.",
          "Look at what it runs. A physician orders what fits the fluid that is in it now; then end this "
          "refill without telling the pump.",
          "It was not told of this fill."}},
        {}});
  if (!running->prescription)
    return No(Problem{
        409,
        title_of(409),
        {{"", "The pump has lost its order.",
          "A physician orders what fits the fluid that is in it; then end this refill without telling the "
          "pump.",
          "It was not told of this fill."}},
        {}});
  const bool late = parts_.utc_ms() - open->state.touched_at_ms > kToldAtOnce.raw();
  // The bridge is the whole path, and the new fluid has run into it since; or nobody knows what is in the
  // reservoir.
  const RefillState& stands = open->state;
  const bool mixed = open->order && ((stands.in.raw() > 0 && stands.left > kNeedleMisses) ||
                                     (stands.in.raw() == 0 && stands.astray.raw() > 0));
  if ((open->takes_order() && late) || mixed)
    return No(Problem{
        409,
        title_of(409),
        {{"",
          mixed ? "Old and new fluid may be mixed in the pump: no order fits what it holds."
                : "The new fluid went in more than an hour ago, and has run into the catheter since: the "
                  "bridge that was signed no longer fits.",
          "Draw the fluid out, for the pump gives it at the doses of the old one; end this refill without "
          "telling the pump, and order anew.",
          "It runs the old order with the new fluid."}},
        {}});
  // What the pump has given since the visit began; less than nothing: it was told of another fill meanwhile.
  const Volume since = then.reservoir_nominal - now.reservoir_nominal;
  if (since.raw() < 0)
    return No(problem(
        409, "The pump counts more than when this refill began: it was told of another fill meanwhile.",
        "Look at what it counts. If that is right, end this refill without telling the pump."));
  FillStatement statement;
  static_cast<link::Bedside&>(statement) = late ? open->state.bedside_after(since) : open->state.bedside();
  statement.implant = open->found.pump.details.implant;
  statement.check =
      digest_of(link::written(check_of(*open, *open->state.confirmed, open->state.confirmed_label_at_ms)));
  statement.sequence = running->status.sequence;
  statement.intent = named_by(call.idempotency_key);
  statement.written_utc_s = parts_.utc_ms() / 1'000;
  const StatementBytes bytes = link::written(statement);
  if (const auto done = add_step(actor, step_of(call, "state"), *open, FillStated{bytes, reading->value});
      !done)
    return No(done.error());
  open->send.reset();
  const auto json = refill_json(actor, *open);
  if (!json) return No(json.error());
  const FlowRate minimum = open->found.model.minimum_rate;
  auto rows = rows_of_fill(open->state, statement, *running,
                           open->takes_order() ? open->order->prescription : *running->prescription,
                           open->found.model, parts_.library);
  if (open->takes_order())
    for (ComparedRow& row :
         compare(rows_before(*running, minimum, parts_.library),
                 rows_of(open->order->order, open->order->prescription, minimum, parts_.library)))
      if (row.changed() && !told_already(row.what)) rows.push_back(std::move(row));
  return Answer{{{"challenge", to_base64url(digest_of(bytes))}, {"rows", rows_json(rows)}, {"refill", *json}},
                {}};
}

Desk::Answered Desk::send_fill(const Call& call) {
  const records::Actor actor = at_records(call.actor);
  auto assertion = assertion_in(call.body["assertion"], "assertion");
  if (!assertion) return No(assertion.error());
  std::unique_lock lock{mutex_};
  auto open = opened(actor, records::RefillId{id_in(call, "refill")}, /*keeps=*/true);
  if (!open) return No(open.error());
  if (!open->state.stated)
    return No(problem(409, "There is nothing to tell the pump yet.", "Look at where the refill stands."));
  if (open->takes_order() && call.actor.role != StaffRole::kPhysician)
    return No(problem_of(Verdict::kNotThisRole));
  if (const auto own = own_key(actor, *assertion); !own) return No(own.error());
  const StatementBytes bytes = *open->state.stated;
  const FillStatement statement = link::read<FillStatement>(bytes).value();
  lock.unlock();
  FillRequest signing;
  signing.statement = bytes;
  signing.model = open->found.running.status.model;
  signing.assertion = std::move(*assertion);
  Answered answer =
      run(call, {.wish = {.pump = open->kept.pump,
                          .draft = open->takes_order() ? open->draft : std::nullopt,
                          .intent = kFillIntent,
                          .order_digest = digest_of(bytes)},
                 .signing = std::move(signing),
                 .slip = [&]() -> std::optional<Problem> {
                   // Somebody may have ended it, or written another statement, since this one was signed.
                   const auto anew = opened(actor, open->kept.id, /*keeps=*/false);
                   if (!anew) return anew.error();
                   if (anew->state.stage() != RefillStage::kTell || anew->state.stated != bytes ||
                       (anew->send && anew->send->state == records::SendState::kUnknown))
                     return problem(409, "Something was done at this refill meanwhile.",
                                    "Look at where it stands, then go on.");
                   if (parts_.utc_ms() - statement.written_utc_s * 1'000 <= kReadingLastsMs)
                     return std::nullopt;
                   return problem(409, "The pump was read more than ten minutes ago.", "Have it read again.");
                 },
                 .visit = [&](const SignedAnswer& signed_answer, records::SendId) -> VisitRequest {
                   if (open->takes_order())
                     return SendOrder{.order = open->order->bytes,
                                      .signatures = open->signatures,
                                      .pass = *signed_answer.pass,
                                      .sequence = statement.sequence,
                                      .intent = statement.intent,
                                      .bedside = statement};
                   return FillImplant{.implant = statement.implant,
                                      .pass = *signed_answer.pass,
                                      .sequence = statement.sequence,
                                      .intent = statement.intent,
                                      .fluid = open->found.running.status.in_reservoir,
                                      .bedside = statement};
                 }});
  if (!answer) return answer;
  lock.lock();
  // Of what the pump has confirmed the refill's own record knows as well; opening it writes that down.
  if (const auto anew = opened(actor, open->kept.id, /*keeps=*/true); !anew) return No(anew.error());
  return answer;
}

/// What the fill sensor reads, and what the pump makes of the fill; asked again it is read again.
Desk::Answered Desk::sense_fill(const Call& call) {
  const records::Actor actor = at_records(call.actor);
  std::unique_lock lock{mutex_};
  const auto before = opened(actor, records::RefillId{id_in(call, "refill")}, /*keeps=*/true);
  if (!before) return No(before.error());
  if (before->state.stage() != RefillStage::kWatch)
    return No(problem(409, "The pump has not been told of a fill that it could sense.",
                      "Look at where it stands."));
  lock.unlock();
  const auto asked = ask_gateway(parts_.gateway, LookBack{before->found.pump.details.implant});
  if (!asked) return No(out_of_reach(asked.error() + "."));
  if (!*asked) return No(out_of_reach("The pump was not read: " + asked->error().why + "."));
  const auto* told = std::get_if<FillsTold>(&**asked);
  const auto said = ask_gateway(parts_.gateway, ReadImplant{before->found.pump.details.implant});
  if (!said) return No(out_of_reach(said.error() + "."));
  if (!*said) return No(out_of_reach("The pump was not read: " + said->error().why + "."));
  const std::string line = text_of(*said);
  const auto running = running_in({line.begin(), line.end()});
  if (!running) return No(running.error());
  lock.lock();
  auto open = opened(actor, records::RefillId{id_in(call, "refill")}, /*keeps=*/true);
  if (!open) return No(open.error());
  if (told != nullptr && told->sensed && open->state.sensed != told->sensed) {
    if (const auto done = add_step(actor, step_of(call, "sensed"), *open, VolumeSensed{*told->sensed}); !done)
      return No(done.error());
  }
  auto json = refill_json(actor, *open);
  if (!json) return No(json.error());
  (*json)["says"] = {{"state", state_name(running->status.state)},
                     {"mode", row_of(running->status.mode).name},
                     {"alarms", alarm_names(running->status.alarms)}};
  // Whatever was said when it was handed over: the order that came with the fluid is the one that runs.
  if (open->takes_order()) {
    (*json)["says"]["runs_it"] = running->order && link::written(*running->order) == open->order->bytes;
    if (running->order) (*json)["says"]["runs"] = to_base64url(link::written(*running->order));
  }
  return Answer{*std::move(json), {}};
}

Desk::Answered Desk::settle_fill(const Call& call) {
  const records::Actor actor = at_records(call.actor);
  std::unique_lock lock{mutex_};
  const auto open = opened(actor, records::RefillId{id_in(call, "refill")}, /*keeps=*/true);
  if (!open) return No(open.error());
  if (!open->send) {
    if (open->state.told)
      return No(problem(409, "The pump has confirmed this fill.", "Go on with the refill."));
    return No(problem(409, "Nothing of this refill was sent to the pump.", "Have it stated and sent."));
  }
  const records::Send& sent = *open->send;
  if (handing_over_.contains(sent.id.value))
    return No(problem(409, "It is being handed over.", "Wait for its answer."));
  if (sent.state == records::SendState::kPending) {  // and nobody hands it over: whoever was to was stopped
    const auto settled = records::settle_send(parts_.database, actor, step_of(call, "settle"), sent.id,
                                              records::SendState::kFailed, records::SendState::kPending);
    if (!settled) return No(problem_for(settled.error()));
    return Answer{sent_json(sent.id, records::SendState::kFailed,
                            "It was never handed over to the pump: state it and send it again."),
                  {}};
  }
  if (sent.state != records::SendState::kUnknown)
    return Answer{sent_json(sent.id, sent.state, words_of_before(sent.state)), {}};
  const FillStatement statement = link::read<FillStatement>(*open->state.stated).value();
  lock.unlock();
  const auto answer = ask_gateway(
      parts_.gateway,
      SettleFill{.implant = statement.implant, .sequence = statement.sequence, .intent = statement.intent});
  if (!answer) return No(out_of_reach("It is not known yet: " + answer.error() + "."));
  if (!*answer) return No(out_of_reach("It is not known yet: " + answer->error().why + "."));
  const SendOutcome outcome = std::get<SendOutcome>(**answer);
  const records::SendState state = state_of(outcome.delivery);
  lock.lock();
  if (state != sent.state) {
    const auto settled =
        records::settle_send(parts_.database, actor, step_of(call, "settle"), sent.id, state);
    if (!settled) return No(problem_for(settled.error()));
  }
  if (const auto anew = opened(actor, open->kept.id, /*keeps=*/true); !anew) return No(anew.error());
  return Answer{sent_json(sent.id, state, outcome.message), {}};
}

}  // namespace theca::server
