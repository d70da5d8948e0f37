// A change of the therapy, tried on many patients while it is being written. Nothing is kept, and nothing is
// approved.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <thread>

#include "server/desk_words.hpp"
#include "therapy/modes.hpp"

namespace theca::server {
namespace {

constexpr std::uint64_t kSeed = 1;
constexpr std::size_t kMostKept = 8;
constexpr double kPerMille = 1'000;

Json per_mille(const std::vector<float>& course) {
  Json all = Json::array();
  for (const float one : course) all.push_back(std::lround(static_cast<double>(one) * kPerMille));
  return all;
}
Json json_of(const Band& band) {
  return {{"p5", per_mille(band.p5)},
          {"p25", per_mille(band.p25)},
          {"median", per_mille(band.median)},
          {"p75", per_mille(band.p75)},
          {"p95", per_mille(band.p95)}};
}
Json json_of(const Quantiles& of, double unit = kPerMille) {
  return {{"p5", std::lround(of.p5 * unit)},
          {"median", std::lround(of.median * unit)},
          {"p95", std::lround(of.p95 * unit)}};
}
Json json_of(const TrialArm& arm) {
  constexpr double kTenths = 10'000;  // of a per cent of a per cent
  return {{"relief", json_of(arm.relief)},
          {"relief_at_end", json_of(arm.relief_at_end)},
          {"lowest", json_of(arm.lowest_ventilation)},
          {"lowest_of_before", json_of(arm.lowest_of_before)},
          {"withdrawal", json_of(arm.most_withdrawal)},
          {"too_little",
           {{"of", arm.breathes_too_little.of},
            {"low", std::lround(arm.breathes_too_little.low * kTenths)},
            {"high", std::lround(arm.breathes_too_little.high * kTenths)}}}};
}
Json json_of(const std::array<TrialArm, 2>& arms) {
  return {{"nothing", json_of(arms[static_cast<std::size_t>(Asks::kNothing)])},
          {"all", json_of(arms[static_cast<std::size_t>(Asks::kAllAllotted)])}};
}

Json json_of(const Trial& trial) {
  Json hours = Json::array();
  for (const double day : trial.days) hours.push_back(std::lround(day * 24));
  Json json{{"is", "tried"},
            {"patients", trial.patients},
            {"hours", std::move(hours)},
            {"tip", trial.tip},
            {"pain", trial.pain},
            {"relieves", trial.relieves == Relieves::kPain         ? "pain"
                         : trial.relieves == Relieves::kSpasticity ? "spasticity"
                                                                   : "nothing"},
            {"breathing", trial.breathing},
            {"withdrawal", trial.withdrawal},
            {"tolerance_tenths", std::lround(trial.tolerance * 10)},
            {"breathing_unknown", trial.breathing_unknown},
            {"runs", json_of(trial.runs)},
            {"draft", json_of(trial.draft)}};
  if (trial.steady_hours) json["steady_hours"] = json_of(*trial.steady_hours, 1);
  return json;
}

constexpr std::uint32_t kNoFluid = 0;  // a path that is dry, or holds saline
/// What leaves the tip before the first drug does.
Volume dry_before(const link::StatusReply& status) {
  return status.at_tip == kNoFluid && status.in_reservoir != kNoFluid ? status.until_at_tip : Volume{};
}

constexpr std::size_t kMostOf = 100;

/// Rows of an order that say nothing of what it does.
bool is_of_the_paper(const std::string& what) {
  constexpr std::array<const char*, 5> kPaper{"order", "prescription", "instead of", "written", "in them"};
  return std::ranges::find(kPaper, what) != kPaper.end();
}

bool gives_its_therapy(const link::StatusReply& status, const Prescription& runs) {
  if (status.flow.raw() <= 0 && runs.basal.mode != BasalMode::kStopped) return false;
  return status.state == DeviceState::kDelivering && status.mode != Mode::kStopped &&
         status.mode != Mode::kSafeState && status.mode != Mode::kLowered && status.mode != Mode::kPrime;
}

/// Before a first therapy: no pump gives anything.
Prescription nothing_of(const Prescription& draft) {
  Prescription nothing = draft;
  nothing.basal = {};
  nothing.basal.mode = BasalMode::kStopped;
  nothing.schedule = {};
  nothing.patient = {};
  nothing.bridge = {};
  nothing.single = {};
  return nothing;
}
/// What is left of a dry path once the prime is through.
Volume dry_behind_the_prime(const Json& hours) {
  return Volume{std::max<std::int64_t>(
      0, hours["path_nl"].get<std::int64_t>() -
             (hours["prime_ms"].get<std::int64_t>() > 0 ? hours["given_nl"].get<std::int64_t>() : 0))};
}

bool holds(const Prescription& prescription, DrugCode drug) {
  const Formulation& fluid = prescription.formulation;
  return std::ranges::any_of(std::span{fluid.components}.first(fluid.count),
                             [&](const Component& one) { return one.drug == drug; });
}

Json not_tried(const std::string& why) { return {{"is", "not tried"}, {"why", why}}; }

/// No failure: whoever asked has asked for something else since.
Json newer() { return {{"is", "over"}, {"why", "A newer draft is being tried."}}; }

}  // namespace

unsigned trial_threads() { return std::clamp(std::thread::hardware_concurrency(), 1U, 4U); }

Desk::Alone::Alone(Desk& desk, const std::stop_token& stop) : desk_(desk) {
  std::unique_lock lock{desk_.trial_mutex_};
  if (!desk_.trial_free_.wait(lock, stop, [&] { return !desk_.trying_now_; })) return;
  desk_.trying_now_ = taken_ = true;
}
Desk::Alone::~Alone() {
  if (!taken_) return;
  {
    const std::scoped_lock held{desk_.trial_mutex_};
    desk_.trying_now_ = false;
  }
  desk_.trial_free_.notify_all();
}

std::shared_ptr<const TrialPatients> Desk::trial_patients(const TriedDrugs& drugs) {
  const auto known = trial_patients_.find(drugs.drugs);
  if (known != trial_patients_.end()) return known->second;
  auto made = TrialPatients::prepare(parts_.body, parts_.adults, {}, drugs.substances, kTrialPatients, kSeed,
                                     trial_threads());
  if (trial_patients_.size() >= kMostKept) trial_patients_.clear();
  return trial_patients_.emplace(drugs.drugs, std::make_shared<TrialPatients>(std::move(made.value())))
      .first->second;
}

std::shared_ptr<const WhatRuns> Desk::what_runs(const Found& found, const Prescription& runs,
                                                const TriedDrugs& drugs, const TrialPast& past) {
  for (const PlayedReading& one : played_)
    if (one.reading == found.reading.id && one.drugs == drugs.drugs && one.past == past) return one.runs;
  auto played = WhatRuns::play(trial_patients(drugs), drugs.drugs, runs, ClockOffset{found.reading.at_ms},
                               found.model.minimum_rate, trial_threads(), {}, past);
  if (played_.size() >= kMostKept) played_.pop_front();
  played_.push_back(
      {found.reading.id, drugs.drugs, past, std::make_shared<WhatRuns>(std::move(played.value()))});
  return played_.back().runs;
}

Desk::Answered Desk::try_draft(const Call& call) {
  // Whoever asks anew waits for nothing that he asked before.
  const std::stop_token stop = [&] {
    const std::scoped_lock lock{asking_};
    std::stop_source& own = trying_[call.actor.person];
    own.request_stop();
    own = std::stop_source{};
    return own.get_token();
  }();
  std::optional<Found> found;
  std::optional<Made> made;
  {
    const std::scoped_lock lock{mutex_};
    // A reason is the order's; what a dose does in a patient is looked at before there is one.
    Call asked = call;
    if (!asked.body.contains("reason")) asked.body["reason"] = "to be tried";
    auto change = made_of(asked);
    // What is wrong with a field the preview tells; here it is only not tried.
    constexpr int kNotAcceptable = 422;
    if (!change && change.error().status == kNotAcceptable && !change.error().errors.empty())
      return Answer{not_tried(change.error().errors.front().happened), {}};
    if (!change) return No(change.error());
    auto reading = found_reading(parts_.database, at_records(call.actor), change->reading, parts_.library);
    if (!reading) return No(reading.error());
    made = std::move(*change);
    found = std::move(*reading);
  }
  const link::StatusReply& status = found->running.status;
  const Prescription& draft = made->draft.prescription;
  const bool first = !made->hours.is_null();
  if (!first && (!found->running.prescription || !gives_its_therapy(status, *found->running.prescription)))
    return Answer{
        not_tried(fmt::format("The pump does not give its therapy now ({}, {}); what the patient has "
                              "had of it lately is not known.",
                              state_name(status.state), row_of(status.mode).name)),
        {}};
  const Prescription runs = first ? nothing_of(draft) : *found->running.prescription;
  const TriedDrugs drugs = tried_drugs(runs, draft, parts_.library, parts_.body);
  if (!drugs.unknown.empty())
    return Answer{not_tried("The model of the patient has no " + drugs.unknown.front() + "."), {}};
  if (!first && status.in_reservoir != status.at_tip && status.at_tip != kNoFluid)
    return Answer{not_tried("Another fluid is still on its way to the tip: what is there now is not what the "
                            "pump holds."),
                  {}};
  // Nobody has lived on what came to the tip just now, or has not come yet; whoever knows better says so. But
  // where nothing was given for so long that the old dose may be an overdose nobody does.
  const bool begun = !first && status.supervised_until > status.now;
  TrialPast past{.dry = first ? dry_behind_the_prime(made->hours) : dry_before(status), .used_to_it = false};
  past.used_to_it = !first && !status.naive && !call.body.value("opioid_naive", begun || past.dry.raw() > 0);

  const Alone alone{*this, stop};
  if (!alone.taken()) return Answer{newer(), {}};
  const auto trial = what_runs(*found, runs, drugs, past)->tried(draft, trial_threads(), stop);
  if (!trial) return Answer{newer(), {}};
  Json json = json_of(*trial);
  json["used_to_it"] = past.used_to_it;
  json["first"] = first;
  json["naive"] = !first && status.naive;
  json["begun"] = begun;
  json["spasticity_too"] =
      trial->relieves == Relieves::kPain && std::ranges::any_of(drugs.substances, [](const Substance* one) {
        return one->acts_on == Target::kGabaBReceptor;
      });
  json["other_opioids"] = Json::array();
  if (past.used_to_it)
    for (std::size_t d = 0; d < drugs.drugs.size(); ++d)
      if (drugs.substances[d]->acts_on == Target::kOpioidReceptor && holds(draft, drugs.drugs[d]) &&
          !holds(runs, drugs.drugs[d]))
        json["other_opioids"].push_back(drugs.substances[d]->name);
  if (past.dry.raw() > 0) json["dry_nl"] = past.dry.raw();
  json["of"] = Json::array();
  for (const Json& row : made->rows)
    if (row["changed"].get<bool>() && !is_of_the_paper(row["what"].get<std::string>()) &&
        json["of"].size() < kMostOf)
      json["of"].push_back(row["what"].get<std::string>() + ": " + row["now"].get<std::string>());
  return Answer{std::move(json), {}};
}

}  // namespace theca::server
