// The desk's part of the interface, as rows.
#include "clinic/day_list.hpp"
#include "clinic/glass.hpp"
#include "clinic/number_entry.hpp"
#include "clinic/passkey_json.hpp"
#include "clinic/signing.hpp"
#include "clinic/standing.hpp"
#include "clinic/today.hpp"
#include "cohort/many_patients.hpp"
#include "server/desk_words.hpp"

namespace theca::server {
namespace {

constexpr std::int64_t kMostId = std::int64_t{1} << 53;
constexpr std::int64_t kMostTime = std::int64_t{1} << 50;  // ms
constexpr std::int64_t kMostRows = 200;
const Shape kId = integer(1, kMostId);
const Shape kWords = text(2'000, 0);
const Shape kRows = list(object({needed("what", kWords), needed("before", kWords), needed("now", kWords),
                                 needed("changed", flag())}),
                         kMostRows);
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
const Shape kOrderText = text(4'096);
const Shape kShares = list(integer(0, 1'000), 500);
const Shape kSpread = object({needed("p5", integer(0, 100'000)), needed("median", integer(0, 100'000)),
                              needed("p95", integer(0, 100'000))});
const Shape kTrialArm = object(
    {needed("relief", object({needed("p5", kShares), needed("p25", kShares), needed("median", kShares),
                              needed("p75", kShares), needed("p95", kShares)})),
     needed("relief_at_end", kSpread), needed("lowest", kSpread), needed("lowest_of_before", kSpread),
     needed("withdrawal", kSpread),
     needed("too_little", object({needed("of", integer(0, kMostPatients)), needed("low", integer(0, 10'000)),
                                  needed("high", integer(0, 10'000))}))});
const Shape kTrialArms = object({needed("nothing", kTrialArm), needed("all", kTrialArm)});
/// Of an order for another fluid that was signed and waits for its fill there is no send, but a refill.
const Shape kSent =
    object({optional("send", kId),
            needed("state", choice({"pending", "confirmed", "failed", "unknown", "refused", "signed"})),
            needed("message", kWords), optional("runs", kOrderText), optional("refill", kId)});

const Shape kVolume = integer(0, kMaxReservoir.raw());
const Shape kSignedVolume = integer(-kMaxReservoir.raw(), kMaxReservoir.raw());
const Shape kLabel =
    object({needed("drugs", text(400)), needed("lot", text(kLongestLot)), needed("expires", text(10))});
const Shape kDrugChoices =
    list(object({needed("code", integer(0, UINT16_MAX)), needed("name", text(64)), needed("unit", text(16))}),
         1'000);
const Shape kReadDrugs = list(
    object({needed("code", integer(1, UINT16_MAX)), needed("concentration", text(40))}), kMaxComponents, 1);
const Shape kStage =
    choice({"label", "confirm", "port", "empty", "look", "prove", "fill", "tell", "watch", "over"});
const Shape kRefillShape = object(
    {needed("refill", kId),
     needed("patient", kId),
     needed("pump", kId),
     needed("stage", kStage),
     needed("place", integer(1, static_cast<std::int64_t>(records::kMostSteps))),
     needed("begun_ms", integer(0, kMostTime)),
     needed("changed_ms", integer(0, kMostTime)),
     needed("now_ms", integer(0, kMostTime)),
     needed("by", text(200)),
     needed("mine", flag()),
     optional("confirmed_by", text(200)),
     needed("fluid", text(400)),
     needed("drugs", integer(1, kMaxComponents)),
     needed("capacity_nl", kVolume),
     needed("counted_nl", kVolume),
     optional("last_fill_nl", kVolume),
     optional("fill_age_ms", integer(0, kMostTime)),
     optional("out_nl", kVolume),
     optional("ratio_ppm", integer(0, INT64_MAX)),
     needed("in_nl", kVolume),
     needed("astray_nl", kVolume),
     needed("room_nl", kSignedVolume),
     optional("tells_nl", kVolume),
     optional("label", kLabel),
     optional("order", kOrderText),
     needed("takes_order", flag()),
     optional("label_until_ms", integer(0, kMostTime)),
     needed("visit_over", flag()),
     needed("touched", flag()),
     optional("counts_nl", kVolume),
     optional("broken_off", kWords),
     optional("untold", kWords),
     optional("watched_until_ms", integer(0, kMostTime)),
     optional("says", object({needed("state", text(40)), needed("mode", text(40)),
                              needed("alarms", list(text(64), static_cast<std::int64_t>(kAlarmCount))),
                              optional("runs", kOrderText), optional("runs_it", flag())})),
     optional("sensed", object({needed("sensed_nl", kVolume), needed("missing_nl", kSignedVolume),
                                needed("limit_nl", kVolume), needed("pocket_fill", flag())})),
     optional("next", object({needed("days", integer(0, 40'000)), needed("due_ms", integer(0, kMostTime)),
                              needed("basal_days", integer(0, 40'000)), needed("because", text(40))})),
     needed("causes",
            list(object({needed("name", text(40)), needed("why", kWords), needed("look_for", kWords),
                         needed("sources", list(text(10), 10)), needed("verified", flag())}),
                 20)),
     needed("choices", kDrugChoices),
     optional("sent", kSent),
     needed("steps", list(object({needed("is", text(20)), needed("at_ms", integer(0, kMostTime)),
                                  needed("by", text(200)), needed("text", kWords)}),
                          static_cast<std::int64_t>(records::kMostSteps)))});

const Shape kMs = integer(0, kMostTime);
const Shape kConstant =
    object({needed("nl", kVolume), needed("verified", flag()), needed("sources", list(text(40), 20))});
/// The front's spread is reckoned, and no dose comes of it.
const Shape kFirstHours =
    object({needed("filled_nl", kVolume), needed("lies_um", integer(1, 10'000'000)),
            needed("path_nl", kVolume), needed("tubing", kConstant), needed("per_cm", kConstant),
            needed("given_nl", kVolume), needed("rate_nl_per_day", integer(1, kMaxFlowRate.raw())),
            needed("in_motion", text(40)), needed("prime_ms", kMs), needed("spread_nl", kVolume),
            needed("front_holds", flag()), needed("first_drug_ms", kMs), needed("whole_ms", kMs),
            needed("shorter", text(40)), needed("supervised_ms", kMs)});
constexpr std::int64_t kMostBreaths = 80;  // a minute
const Shape kAwake = choice({"awake", "drowsy, easy to rouse", "hard to rouse"});
const Shape kSigns = list(choice({"itching", "nausea", "retention of urine", "weakness", "low blood pressure",
                                  "headache", "wound or pocket swollen"}),
                          7);
const Shape kSeenHours = object(
    {needed("is", choice({"none", "begun"})), needed("now_ms", kMs), optional("begun_ms", kMs),
     optional("hours", kFirstHours),
     optional("seen", list(object({needed("at_ms", kMs), needed("by", text(200)),
                                   optional("breaths", integer(0, kMostBreaths)), optional("awake", kAwake),
                                   optional("signs", kSigns), optional("note", kWords)}),
                           kMostRows))});

constexpr std::int64_t kWorstPain = 10, kMostDiaryEffects = 12;
constexpr std::int64_t kMostDiaryLines = 100;  // in one request, so that it fits into one
const Shape kNanograms = integer(0, INT64_MAX);
const Shape kDayShares = object(
    {needed("p5", integer(0, 1'000)), needed("median", integer(0, 1'000)), needed("p95", integer(0, 1'000))});
const Shape kCourse = object(
    {needed("now_ms", kMs), needed("patient", kId), needed("name", text(200)), optional("read_ms", kMs),
     needed("whole", flag()), optional("drug", text(64)), optional("unit", choice({"mg", "mcg"})),
     optional("ng_per_unit", integer(1, 1'000'000)),
     needed("days", list(object({needed("from_ms", kMs), needed("covered_min", integer(0, 1'440)),
                                 optional("given_ng", kNanograms), optional("bolus_ng", kNanograms),
                                 optional("prescribed_ng", kNanograms), needed("granted", integer(0, 10'000)),
                                 needed("refused", integer(0, 10'000)), optional("relief", kDayShares),
                                 optional("lowest", kDayShares)}),
                         kMostCourseDays)),
     needed("prescriptions", list(object({needed("at_ms", kMs), needed("number", integer(0, UINT32_MAX)),
                                          needed("words", kWords)}),
                                  10'000)),
     needed("alarms",
            list(object({needed("name", text(64)), needed("raised_ms", kMs), optional("cleared_ms", kMs)}),
                 100'000)),
     needed("marks", list(object({needed("at_ms", kMs), needed("what", text(64))}), 100'000)),
     needed("refills",
            list(object({needed("at_ms", kMs), needed("filled_nl", kVolume),
                         optional("aspirated_nl", kVolume), optional("expected_nl", kSignedVolume),
                         optional("ratio_ppm", integer(INT32_MIN, INT64_MAX)),
                         optional("high_milli", integer(0, INT32_MAX)),
                         optional("low_milli", integer(0, INT32_MAX)), optional("flagged", flag())}),
                 10'000)),
     needed("cusum", object({needed("allowance_milli", integer(0, 100'000)),
                             needed("limit_milli", integer(0, 100'000))})),
     needed("diary",
            list(object({needed("at_ms", kMs), optional("pain", integer(0, kWorstPain)),
                         needed("effects", list(text(64), kMostDiaryEffects)), needed("note", text(500, 0))}),
                 1'000'000)),
     optional("diary_ms", kMs),
     needed("twin", object({needed("is", choice({"played", "not played"})), optional("why", kWords),
                            optional("patients", integer(1, kMostPatients)),
                            optional("relieves", choice({"pain", "spasticity", "nothing"}))}))});

}  // namespace

std::vector<Route> Desk::routes() {
  using Sought = std::expected<Object, Problem>;
  const auto by = [this](Answered (Desk::*handler)(const Call&)) {
    return [this, handler](const Call& call) { return (this->*handler)(call); };
  };
  const auto of = [this](records::PatientsThing what, const char* name) {
    return [this, what, name](const Call& call) -> Sought {
      const std::scoped_lock lock{mutex_};
      const auto stands = records::standing(parts_.database, at_records(call.actor), what, id_in(call, name),
                                            parts_.utc_ms());
      if (!stands) return std::unexpected(problem_for(stands.error()));
      if (!stands->exists) return Object{};
      return Object{.clinic = call.actor.clinic,
                    .in_care_team = stands->in_care_team,
                    .glass_broken = stands->glass_broken};
    };
  };
  using enum records::PatientsThing;
  const Shape person = object({needed("person", kId), needed("role", text(40)), needed("name", text(200))});
  const Shape found = object({needed("patient", kId), needed("name", text(200)),
                              needed("birth_date", text(10)), needed("record_number", text(64))});
  const Shape broken =
      object({needed("glass", kId), needed("patient", kId), needed("by", text(200, 0)),
              needed("at_ms", integer(0, kMostTime)), needed("until_ms", integer(0, kMostTime)),
              needed("reason", text(static_cast<std::int64_t>(records::kLongestReason), 0))});
  const Shape audited =
      object({needed("sequence", kId), needed("at_ms", integer(0, kMostTime)), needed("by", text(200, 0)),
              needed("action", text(100)), needed("object", text(100)), optional("patient", kId),
              needed("outcome", text(40)), needed("detail", kWords)});
  const Shape in_clinic =
      object({needed("patient", kId), needed("name", text(200)), needed("birth_date", text(10)),
              needed("record_number", text(64)), needed("in_care", flag())});
  const auto words = [](const auto& names) { return choice({std::begin(names), std::end(names)}); };
  const Shape matter = object({needed("kind", words(kMatterNames)), needed("urgency", words(kUrgencyNames)),
                               needed("words", kWords), optional("at_ms", integer(-kMostTime, kMostTime))});
  const Shape on_the_day =
      object({needed("patient", kId), needed("name", text(200)), needed("birth_date", text(10)),
              needed("record_number", text(64)), needed("pump", kId), needed("model", text(100)),
              needed("radio", flag()), optional("read_ms", integer(0, kMostTime)),
              needed("matters", list(matter, 40))});
  const Shape pump = object({needed("pump", kId), needed("model", text(64)),
                             needed("serial_ends", text(16, 0)), needed("implanted", flag())});
  const auto second = [this](const Call& call) -> Sought {
    const std::scoped_lock lock{mutex_};
    const std::int64_t draft = id_in(call, "draft");
    const auto stands =
        records::standing(parts_.database, at_records(call.actor), kDraft, draft, parts_.utc_ms());
    const auto asked = asked_.find(draft);
    if (!stands) return std::unexpected(problem_for(stands.error()));
    if (!stands->exists || asked == asked_.end()) return Object{};
    return Object{.clinic = call.actor.clinic,
                  .in_care_team = stands->in_care_team,
                  .first_signer = asked->second.first};
  };
  const auto of_syringe = [this](const Call& call) -> Sought {
    const std::scoped_lock lock{mutex_};
    const std::int64_t refill = id_in(call, "refill");
    const auto stands =
        records::standing(parts_.database, at_records(call.actor), kRefill, refill, parts_.utc_ms());
    const auto waits = syringes_.find(refill);
    if (!stands) return std::unexpected(problem_for(stands.error()));
    if (!stands->exists || waits == syringes_.end()) return Object{};
    return Object{.clinic = call.actor.clinic,
                  .in_care_team = stands->in_care_team,
                  .first_signer = waits->second.first};
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
  const Shape fluid = object({needed("code", integer(1, UINT16_MAX)), needed("concentration", text(40))});
  constexpr std::int64_t kMostOffset = 14 * 60;  // minutes
  const Shape offset = integer(-kMostOffset, kMostOffset);
  const Shape implant =
      object({needed("catheter", text(40)), needed("cut_off", text(40)), needed("filled", text(40)),
              needed("prime", flag()),
              needed("zone", object({needed("offset_minutes", offset), needed("offset_after_minutes", offset),
                                     needed("change_utc_s", integer(0, UINT32_MAX))}))});
  const Shape change =
      object({optional("implant", implant), optional("fluid", fluid), optional("dose", text(40)),
              optional("flex", flex), optional("patient_bolus", bolus), optional("no_patient_bolus", flag()),
              optional("reason", text(500))});
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
      {.method = Method::kPut,
       .path = "/api/search",
       .name = "findPatients",
       .summary = "Patients of the clinic by the beginnings of a name, a birth date or a record number, "
                  "whichever was "
                  "typed. What is looked for stands in no address.",
       .action = Action::kSearch,
       .request = object({needed("typed", text(100))}),
       .response = object({needed("patients", list(in_clinic, kMostPeople)), needed("more", flag())}),
       .object = [](const Call& call) { return Object{.clinic = call.actor.clinic}; },
       .handle = by(&Desk::find)},
      {.method = Method::kGet,
       .path = "/api/today",
       .name = "readToday",
       .summary = "The pumps in the person's care, and what each of them asks for, by what it said last and "
                  "by the records.",
       .action = Action::kSearch,
       .response =
           object({needed("now_ms", integer(0, kMostTime)),
                   needed("pumps", list(on_the_day, static_cast<std::int64_t>(kMostToday))),
                   needed("unopened", integer(0, static_cast<std::int64_t>(2 * records::kMostOnDayList))),
                   needed("more", flag())}),
       .object = [](const Call& call) { return Object{.clinic = call.actor.clinic}; },
       .handle = by(&Desk::today)},
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
       .path = "/api/patients",
       .name = "enrolPatient",
       .summary = "A new patient, in whose care team the person is.",
       .action = Action::kEnrolPatient,
       .request = object({needed("name", text(200)), needed("birth_date", text(10)),
                          needed("record_number", text(64)),
                          needed("sex", choice({"female", "male", "other", "unknown"}))}),
       .status = 201,
       .response = object({needed("patient", kId)}),
       .idempotency_key = true,
       .object = [](const Call& call) { return Object{.clinic = call.actor.clinic}; },
       .handle = by(&Desk::enrol_patient)},
      {.method = Method::kPost,
       .path = "/api/patients/{patient}/pumps",
       .name = "addPump",
       .summary = "A pump that was paired, and that answers, comes into the patient's record.",
       .action = Action::kAddPump,
       .request = object(
           {needed("implant", text(16)), needed("serial", text(64)), needed("implanted_on", text(10))}),
       .status = 201,
       .response = object({needed("pump", kId), needed("model", text(64)), needed("state", text(40))}),
       .idempotency_key = true,
       .object = of(kPatient, "patient"),
       .handle = by(&Desk::add_pump)},
      {.method = Method::kGet,
       .path = "/api/patients/{patient}/team",
       .name = "readTeam",
       .summary = "Who cares for the patient, and who else of the clinic might.",
       .action = Action::kReadPatient,
       .response =
           object({needed("members", list(person, kMostStaff)), needed("others", list(person, kMostStaff))}),
       .object = of(kPatient, "patient"),
       .handle = by(&Desk::team)},
      {.method = Method::kPost,
       .path = "/api/patients/{patient}/team",
       .name = "changeTeam",
       .summary = "Somebody joins or leaves the care team; a physician stays in it.",
       .action = Action::kManageCareTeam,
       .request = object({needed("person", kId), needed("joins", flag())}),
       .status = 204,
       .idempotency_key = true,
       .object = of(kPatient, "patient"),
       .handle = by(&Desk::change_team)},
      {.method = Method::kPost,
       .path = "/api/patients/{patient}/glass",
       .name = "breakGlass",
       .summary = "Opens a chart of the clinic to somebody outside of its care team, in an emergency, with a "
                  "reason; it "
                  "is reviewed.",
       .action = Action::kBreakGlass,
       .request = object({needed("reason", text(static_cast<std::int64_t>(records::kLongestReason)))}),
       .status = 201,
       .response = object({needed("until_ms", integer(0, kMostTime))}),
       .idempotency_key = true,
       .object = of(kPatient, "patient"),
       .handle = by(&Desk::break_glass)},
      {.method = Method::kGet,
       .path = "/api/glass",
       .name = "listBrokenGlass",
       .summary = "Charts that were opened with a reason and that nobody has reviewed yet, the oldest first.",
       .action = Action::kReviewBreakGlass,
       .response = object({needed("opened", list(broken, static_cast<std::int64_t>(records::kMostGlass)))}),
       .object = [](const Call& call) { return Object{.clinic = call.actor.clinic}; },
       .handle = by(&Desk::broken_glass)},
      {.method = Method::kPost,
       .path = "/api/glass/{glass}/review",
       .name = "reviewGlass",
       .summary = "Somebody who keeps the books has looked at it.",
       .action = Action::kReviewBreakGlass,
       .status = 204,
       .idempotency_key = true,
       .object = [](const Call& call) { return Object{.clinic = call.actor.clinic}; },
       .handle = by(&Desk::review_glass)},
      {.method = Method::kGet,
       .path = "/api/audit/{before}",
       .name = "readAudit",
       .summary = "The clinic's audit trail, the newest rows before this one; before 0 is the newest.",
       .action = Action::kReadAudit,
       .response = object({needed("rows", list(audited, kAuditRows))}),
       .object = [](const Call& call) { return Object{.clinic = call.actor.clinic}; },
       .handle = by(&Desk::audit)},
      {.method = Method::kPut,
       .path = "/api/patients/{patient}/pairing",
       .name = "beginPairing",
       .summary = "Meets a pump out of its pack under the gateway's coil, with its card, and writes what a "
                  "physician "
                  "is to assert.",
       .action = Action::kPairPump,
       .request = object({needed("card", object({needed("implant", text(16)), needed("public_key", text(64)),
                                                 needed("secret", text(64))}))}),
       .response = object({needed("implant", text(16)), needed("model", text(64)), needed("state", text(40)),
                           needed("statement", text(100)), needed("challenge", text(64))}),
       .object = of(kPatient, "patient"),
       .handle = by(&Desk::begin_pairing)},
      {.method = Method::kPost,
       .path = "/api/patients/{patient}/pairing",
       .name = "pairPump",
       .summary = "Makes that pump the clinic's, and writes it into the patient's record.",
       .action = Action::kPairPump,
       .request = object({needed("statement", text(100)), needed("assertion", text(kMostPasskeyJson)),
                          needed("serial", text(64)), needed("implanted_on", text(10))}),
       .status = 201,
       .response = object({needed("state", text(20)), needed("message", text(500)),
                           needed("implant", text(16)), needed("model", text(64)), optional("pump", kId)}),
       .idempotency_key = true,
       .object = of(kPatient, "patient"),
       .handle = by(&Desk::pair_pump)},
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
                   optional("never_told", kWords), optional("therapy", kChangeFields)}),
       .idempotency_key = true,
       .object = of(kPump, "pump"),
       .handle = by(&Desk::read_pump)},
      {.method = Method::kPost,
       .path = "/api/pumps/{pump}/journal",
       .name = "readJournal",
       .summary =
           "Reads what is new in the pump's own journal, as far as one request goes; what it says is kept.",
       .action = Action::kReadPump,
       .status = 201,
       .response = object({needed("entries", integer(0, 1'000'000)), needed("more", flag())}),
       .idempotency_key = true,
       .object = of(kPump, "pump"),
       .handle = by(&Desk::read_journal)},
      {.method = Method::kPost,
       .path = "/api/pumps/{pump}/diary",
       .name = "bringDiary",
       .summary =
           "Lines of the patient's diary, as the patient's programmer has written them into a file. One that "
           "is known already is kept once.",
       .action = Action::kObserve,
       .request =
           object({needed("implant", text(16, 16)),
                   needed("entries", list(object({needed("id", integer(0, UINT32_MAX)), needed("at_ms", kMs),
                                                  optional("pain", integer(0, kWorstPain)),
                                                  needed("effects", list(text(64), kMostDiaryEffects)),
                                                  needed("note", text(500, 0))}),
                                          kMostDiaryLines))}),
       .status = 201,
       .response = object({needed("kept", integer(0, kMostDiaryLines))}),
       .idempotency_key = true,
       .object = of(kPump, "pump"),
       .handle = by(&Desk::bring_diary)},
      {.method = Method::kGet,
       .path = "/api/pumps/{pump}/course",
       .name = "readCourse",
       .summary =
           "What became of the therapy, day by day: the pump's own journal, the patient's diary, and what "
           "virtual patients have of what was given.",
       .action = Action::kReadPump,
       .response = kCourse,
       .object = of(kPump, "pump"),
       .handle = by(&Desk::course)},
      {.method = Method::kPost,
       .path = "/api/readings/{reading}/drafts",
       .name = "draftChange",
       .summary = "The therapy that was read, with these parts changed: every old and new value.",
       .action = Action::kDraft,
       .request = change,
       .status = 201,
       .response = object({needed("draft", kId), needed("number", integer(1, UINT32_MAX)),
                           needed("challenge", text(64)), needed("order", kOrderText), needed("rows", kRows),
                           needed("notes", list(kWords, 100)), optional("first_hours", kFirstHours)}),
       .idempotency_key = true,
       .object = of(kReading, "reading"),
       .handle = by(&Desk::draft)},
      {.method = Method::kPut,
       .path = "/api/readings/{reading}/preview",
       .name = "previewChange",
       .summary = "What these changes would make of the therapy that was read; nothing is kept.",
       .action = Action::kDraft,
       .request = change,
       .response = object(
           {needed("rows", kRows), needed("notes", list(kWords, 100)), optional("first_hours", kFirstHours)}),
       .object = of(kReading, "reading"),
       .handle = by(&Desk::preview)},
      {.method = Method::kPut,
       .path = "/api/readings/{reading}/trial",
       .name = "tryChange",
       .summary =
           "These changes tried on many patients, beside the therapy that was read: 30 days, in each "
           "without any of the patient's doses and with all. Nothing is kept. Shares per mille; a newer "
           "one of the same person ends an older one.",
       .action = Action::kDraft,
       .request = object({optional("implant", implant), optional("fluid", fluid), optional("dose", text(40)),
                          optional("flex", flex), optional("patient_bolus", bolus),
                          optional("no_patient_bolus", flag()), optional("reason", text(500)),
                          optional("opioid_naive", flag())}),
       .response = object({needed("is", choice({"tried", "not tried", "over"})),
                           optional("why", kWords),
                           optional("patients", integer(1, kMostPatients)),
                           optional("dry_nl", kVolume),
                           optional("used_to_it", flag()),
                           optional("naive", flag()),
                           optional("begun", flag()),
                           optional("first", flag()),
                           optional("spasticity_too", flag()),
                           optional("other_opioids", list(text(64), kMaxComponents * 2)),
                           optional("of", list(kWords, 100)),
                           optional("hours", list(integer(0, 10'000), 500)),
                           optional("tip", text(8)),
                           optional("pain", text(8)),
                           optional("relieves", choice({"pain", "spasticity", "nothing"})),
                           optional("breathing", flag()),
                           optional("withdrawal", flag()),
                           optional("tolerance_tenths", integer(10, 10'000)),
                           optional("breathing_unknown", list(text(64), kMaxComponents * 2)),
                           optional("steady_hours", kSpread),
                           optional("runs", kTrialArms),
                           optional("draft", kTrialArms)}),
       .object = of(kReading, "reading"),
       .handle = by(&Desk::try_draft)},
      {.method = Method::kGet,
       .path = "/api/drugs",
       .name = "listDrugs",
       .summary = "The drugs of the library, and the unit in which a concentration of each is written.",
       .action = Action::kSearch,
       .response = object({needed("drugs", kDrugChoices)}),
       .object = [](const Call& call) { return Object{.clinic = call.actor.clinic}; },
       .handle = by(&Desk::drugs)},
      {.method = Method::kPut,
       .path = "/api/readings/{reading}/fluid",
       .name = "fieldsOfFluid",
       .summary = "What may be written into the fields of a therapy with another fluid; nothing is kept.",
       .action = Action::kDraft,
       .request = fluid,
       .response = kChangeFields,
       .object = of(kReading, "reading"),
       .handle = by(&Desk::fields_of_fluid)},
      {.method = Method::kPost,
       .path = "/api/drafts/{draft}/sends",
       .name = "sendDraft",
       .summary = "Has the draft signed and hands it over, or keeps it for its fill: the daily dose typed, "
                  "and one or "
                  "two assertions over its challenge.",
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
       .summary =
           "Drafts of others that wait for a second clinician, and syringes that wait for a second person.",
       .action = Action::kSearch,
       .response =
           object({needed("waiting", list(object({needed("draft", kId), needed("patient_name", text(200)),
                                                  needed("by", text(200))}),
                                          kMostPeople)),
                   needed("syringes", list(object({needed("refill", kId), needed("patient_name", text(200)),
                                                   needed("by", text(200))}),
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
                   needed("notes", list(kWords, 100)), needed("challenge", text(64)),
                   needed("order", kOrderText), needed("rows", kRows)}),
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
       .path = "/api/pumps/{pump}/lowerings",
       .name = "lowerPump",
       .summary =
           "Break-glass: less drug and no bolus for the time that was signed, then what ran before. Asked "
           "for again it lasts anew.",
       .action = Action::kStopOrLower,
       .status = 201,
       .response = object({needed("state", choice({"confirmed", "failed", "unknown"})),
                           needed("message", kWords), needed("in_the_records", flag())}),
       .idempotency_key = true,
       .object = of(kPump, "pump"),
       .handle = by(&Desk::lower)},
      {.method = Method::kGet,
       .path = "/api/pumps/{pump}/first-hours",
       .name = "firstHours",
       .summary = "Of a first therapy that the pump has taken: what its first hours bring, and what was seen "
                  "since.",
       .action = Action::kReadPatient,
       .response = kSeenHours,
       .object = of(kPump, "pump"),
       .handle = by(&Desk::first_hours)},
      {.method = Method::kPost,
       .path = "/api/pumps/{pump}/first-hours",
       .name = "noteSeen",
       .summary = "Notes what is seen of the patient after a first therapy.",
       .action = Action::kObserve,
       .request = object({optional("breaths", integer(0, kMostBreaths)), optional("awake", kAwake),
                          optional("signs", kSigns), optional("note", text(1'000))}),
       .status = 201,
       .response = kSeenHours,
       .idempotency_key = true,
       .object = of(kPump, "pump"),
       .handle = by(&Desk::note_seen)},
      {.method = Method::kPost,
       .path = "/api/readings/{reading}/refills",
       .name = "beginRefill",
       .summary = "Begins a refill of the fluid that the pump holds, under the order that runs.",
       .action = Action::kRefillOnly,
       .status = 201,
       .response = kRefillShape,
       .idempotency_key = true,
       .object = of(kReading, "reading"),
       .handle = by(&Desk::begin_refill)},
      {.method = Method::kGet,
       .path = "/api/pumps/{pump}/refills",
       .name = "listRefills",
       .summary = "The refills of a pump, the newest first; one of them may be open.",
       .action = Action::kReadPatient,
       .response = object({needed("refills", list(object({needed("refill", kId), needed("stage", kStage),
                                                          needed("begun_ms", integer(0, kMostTime)),
                                                          needed("changed_ms", integer(0, kMostTime))}),
                                                  kMostPeople))}),
       .object = of(kPump, "pump"),
       .handle = by(&Desk::refills)},
      {.method = Method::kGet,
       .path = "/api/refills/{refill}",
       .name = "readRefill",
       .summary = "What was done at a refill, and what comes next.",
       .action = Action::kReadPatient,
       .response = kRefillShape,
       .object = of(kRefill, "refill"),
       .handle = by(&Desk::refill)},
      {.method = Method::kPost,
       .path = "/api/refills/{refill}/steps",
       .name = "addRefillStep",
       .summary = "One step of a refill, as it was done: volumes and concentrations with their units.",
       .action = Action::kRefillOnly,
       .request = object(
           {needed("place", integer(1, static_cast<std::int64_t>(records::kMostSteps))),
            needed("is", choice({"label", "port", "out", "looked", "proof", "portion", "all_in", "watched",
                                 "broken_off", "untold"})),
            optional("drugs", kReadDrugs), optional("lot", text(kLongestLot)),
            optional("expires", text(10, 10)), optional("volume", text(40)), optional("in", text(40)),
            optional("back", text(40)), optional("note", text(kLongestNote, 0)), optional("signs", flag()),
            optional("left", text(40)), optional("untouched", flag()), optional("why", text(kLongestNote))}),
       .status = 201,
       .response = kRefillShape,
       .idempotency_key = true,
       .object = of(kRefill, "refill"),
       .handle = by(&Desk::refill_step)},
      {.method = Method::kGet,
       .path = "/api/refills/{refill}/syringe",
       .name = "syringeWaits",
       .summary = "Whether a syringe still waits for a second person.",
       .action = Action::kRefillOnly,
       .response = object({needed("waits", flag())}),
       .object = of(kRefill, "refill"),
       .handle = by(&Desk::syringe)},
      {.method = Method::kGet,
       .path = "/api/refills/{refill}/confirmations",
       .name = "lookAtSyringe",
       .summary = "Whose pump a syringe is for, its lot and date, and what the pump runs.",
       .action = Action::kConfirmSyringe,
       .response =
           object({needed("patient", object({needed("name", text(200)), needed("birth_date", text(10)),
                                             needed("model", text(64)), needed("serial_ends", text(16, 0))})),
                   needed("by", text(200)), needed("lot", text(kLongestLot)), needed("expires", text(10)),
                   needed("drugs", integer(1, kMaxComponents)), needed("choices", kDrugChoices),
                   needed("orders", flag()), needed("challenge", text(64)), needed("rows", kRows)}),
       .object = of_syringe,
       .handle = by(&Desk::look_at_syringe)},
      {.method = Method::kPost,
       .path = "/api/refills/{refill}/confirmations",
       .name = "confirmSyringe",
       .summary = "Confirms as the second person, who has read the drug by himself, that this syringe is "
                  "what the pump's program is for.",
       .action = Action::kConfirmSyringe,
       .request = object({needed("drugs", kReadDrugs), needed("assertion", text(kMostPasskeyJson))}),
       .status = 204,
       .idempotency_key = true,
       .object = of_syringe,
       .handle = by(&Desk::confirm_syringe)},
      {.method = Method::kPost,
       .path = "/api/refills/{refill}/statements",
       .name = "stateFill",
       .summary = "Reads the pump anew, and writes down what it is to be told of the fill.",
       .action = Action::kRefillOnly,
       .status = 201,
       .response =
           object({needed("challenge", text(64)), needed("rows", kRows), needed("refill", kRefillShape)}),
       .idempotency_key = true,
       .object = of(kRefill, "refill"),
       .handle = by(&Desk::state_fill)},
      {.method = Method::kPost,
       .path = "/api/refills/{refill}/sends",
       .name = "sendFill",
       .summary = "Tells the pump of the fill, with the assertion over its statement.",
       .action = Action::kRefillOnly,
       .request = object({needed("assertion", text(kMostPasskeyJson))}),
       .status = 201,
       .response = kSent,
       .idempotency_key = true,
       .object = of(kRefill, "refill"),
       .handle = by(&Desk::send_fill)},
      {.method = Method::kPost,
       .path = "/api/refills/{refill}/readings",
       .name = "senseFill",
       .summary = "Reads the pump behind the fill: what it makes of it, and what its fill sensor reads.",
       .action = Action::kRefillOnly,
       .status = 201,
       .response = kRefillShape,
       .idempotency_key = true,
       .object = of(kRefill, "refill"),
       .handle = by(&Desk::sense_fill)},
      {.method = Method::kPost,
       .path = "/api/refills/{refill}/settlements",
       .name = "settleFill",
       .summary = "Asks the pump what became of a fill that it was told of.",
       .action = Action::kRefillOnly,
       .status = 201,
       .response = kSent,
       .idempotency_key = true,
       .object = of(kRefill, "refill"),
       .handle = by(&Desk::settle_fill)},
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
