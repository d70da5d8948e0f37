// How an incident is played and measured.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>

#include "quantity/text.hpp"
#include "verify/incidents.hpp"

namespace theca::verify {
namespace {

/// From here on a scenario says what people do because they were told.
constexpr std::string_view kTold = "\n# Who is told, comes:\n";

std::string text_of(const Incident& incident, const std::filesystem::path& scenarios) {
  const auto file = scenarios / (std::string(incident.file) + ".toml");
  std::ifstream in{file};
  if (!in) throw std::runtime_error("no file " + file.string());
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::string nobody_told(std::string text) { return text.substr(0, text.find(kTold)); }

/// Each part must stand there once.
std::string edited(std::string text, const std::vector<Edit>& edits) {
  for (const Edit& edit : edits) {
    if (edit.part.empty()) {
      text += edit.by;
      continue;
    }
    const std::size_t at = text.find(edit.part);
    const bool once = at != std::string::npos && text.find(edit.part, at + 1) == std::string::npos;
    if (!once) throw std::runtime_error("stands not once: " + std::string(edit.part));
    text.replace(at, edit.part.size(), edit.by);
  }
  return text;
}

Ceilings widest(const PumpModel& model) {
  const auto most = [&](Duration window) { return Amount::over(model.max_flow, window).floor(); };
  return {most(hours(1) + kHourBucket), most(days(1) + kDayBucket), most(days(30) + kThirtyDayBucket)};
}

/// Nothing when the first prescription is refused: the pump stays as it was, and somebody types again.
std::optional<RunResult> run(const Incident& incident, const std::string& text, const Library& library,
                             const PlayOptions& options, bool widest_ceilings, Instant* error_at) {
  const auto told = [&](const std::vector<DataError>& errors) {
    return std::runtime_error(std::string(incident.file) + ": " + to_string(errors.front()));
  };
  auto scenario = read_scenario(text, std::string(incident.file), library);
  if (!scenario) throw told(scenario.error());
  if (widest_ceilings) scenario->ceilings = widest(scenario->model);
  if (error_at != nullptr) *error_at = scenario->time.moment(incident.at).value();
  auto result = play(*scenario, library, {}, options);
  if (!result && result.error().refused) return std::nullopt;
  if (!result) throw told(result.error().errors);
  return std::move(*result);
}

std::string rule_words(Rule rule) {
  switch (rule) {
    case Rule::kWorstHourAboveCeiling:
      return "the hour ceiling";
    case Rule::kWorstDayAboveCeiling:
      return "the day ceiling";
    case Rule::kWorstThirtyDaysAboveCeiling:
      return "the 30-day ceiling";
    default:
      return fmt::format("rule {}", static_cast<unsigned>(rule));
  }
}

/// What an event says to people; nothing when it says nothing of an error.
std::optional<std::string> words(const Event& event) {
  switch (event.code) {
    case EventCode::kCommandRefused: {
      const auto refusal = static_cast<Refusal>(event.detail);
      const std::string_view name = refusal == Refusal::kNone ? "" : row_of(refusal).name;
      if (refusal != Refusal::kPrescriptionRule) return fmt::format("the pump refuses: {}", name);
      return "the pump refuses the prescription: " + rule_words(static_cast<Rule>(event.value2));
    }
    case EventCode::kAlarmRaised:
      return fmt::format("alarm: {}", row_of(static_cast<Alarm>(event.detail)).name);
    case EventCode::kChangedWithoutBridge:
    case EventCode::kPatientNaive:
    case EventCode::kSupervisedStarted:
      return fmt::format("event: {}", row_of(event.code).name);
    default:
      return std::nullopt;
  }
}

bool stands_in(const RunResult& run, const Event& event) {
  return std::ranges::any_of(run.events, [&](const Event& e) {
    return e.at == event.at && e.code == event.code && e.detail == event.detail;
  });
}

/// At one moment the planner comes before the pump, a refusal before an alarm, the most urgent alarm before
/// the others, and an event last.
int rank(const Event& event) {
  if (event.code == EventCode::kCommandRefused) return 1;
  return event.code == EventCode::kAlarmRaised ? 2 + event.detail : 2 + static_cast<int>(kAlarmCount);
}

std::optional<First> first_of(const RunResult& error, const RunResult* meant, Instant from) {
  std::optional<First> first;
  int best = 0;
  const auto take = [&](Instant at, int urgency, std::string what) {
    if (at < from) return;
    const bool sooner = !first || at - from < first->after || (at - from == first->after && urgency < best);
    if (!sooner) return;
    first = First{std::move(what), at - from};
    best = urgency;
  };
  for (const LeftOut& order : error.left_out) take(order.at, 0, "the planner does not make the order");
  for (const Event& event : error.events) {
    if (meant != nullptr && stands_in(*meant, event)) continue;
    if (auto what = words(event)) take(event.at, rank(event), std::move(*what));
  }
  return first;
}

bool limit_told(const RunResult& error, const RunResult& meant) {
  constexpr std::string_view kOfOne = "prescription ";
  std::set<std::string> known;
  const auto said = [](const std::string& note) { return note.substr(note.find(": ") + 1); };
  for (const std::string& note : meant.notes) known.insert(said(note));
  return std::ranges::any_of(error.notes, [&](const std::string& note) {
    return note.starts_with(kOfOne) && !known.contains(said(note));
  });
}

/// Mass that has left the tip by `t`: a straight line between two samples.
class TipMass {
 public:
  explicit TipMass(const RunResult& run) : run_(run) {}
  std::int64_t by(Instant t) {
    while (next_ < run_.samples.size() && run_.samples[next_].at < t) ++next_;
    if (next_ == run_.samples.size()) return run_.samples.back().tip_mass[0].raw();
    const Sample& after = run_.samples[next_];
    if (next_ == 0 || after.at == t) return after.tip_mass[0].raw();
    const Sample& before = run_.samples[next_ - 1];
    const double share =
        static_cast<double>((t - before.at).raw()) / static_cast<double>((after.at - before.at).raw());
    const auto more = static_cast<double>((after.tip_mass[0] - before.tip_mass[0]).raw());
    return before.tip_mass[0].raw() + static_cast<std::int64_t>(more * share);
  }

 private:
  const RunResult& run_;
  std::size_t next_ = 0;
};

Worst worst_of(const RunResult& error, const RunResult& meant) {
  constexpr Duration kEvery = minutes(10);
  constexpr std::size_t kWindow = 24 * 6;
  std::vector<std::int64_t> off;  // error less meant, cumulative
  TipMass given{error}, wanted{meant};
  for (Instant t; t <= Instant{} + error.lasts; t = t + kEvery) off.push_back(given.by(t) - wanted.by(t));
  Worst worst;
  for (std::size_t i = 0; i < off.size(); ++i) {
    const std::int64_t in_window = off[i] - (i > kWindow ? off[i - kWindow] : 0);
    worst.excess = std::max(worst.excess, Mass{in_window});
    worst.shortfall = std::max(worst.shortfall, Mass{-in_window});
  }
  return worst;
}

}  // namespace

Outcome played(const Incident& incident, const Library& library, const std::filesystem::path& scenarios) {
  const std::string text = text_of(incident, scenarios);
  Instant error_at;
  const auto meant = run(incident, edited(nobody_told(text), incident.meant), library, {}, false, &error_at);
  const auto error = run(incident, text, library, {}, false, nullptr);
  const auto alone = run(incident, nobody_told(text), library, {}, false, nullptr);
  const auto without = run(incident, edited(nobody_told(text), incident.without), library, incident.worse,
                           incident.widest_ceilings, nullptr);
  if (!meant || !without || error.has_value() != alone.has_value())
    throw std::runtime_error(std::string(incident.file) + ": a run that must be played is refused");
  Outcome outcome;
  outcome.day = Mass{parse_dose_rate(incident.day).value().raw()};
  const RunResult* apart_from = incident.befalls_meant ? nullptr : &*meant;
  outcome.first_without = first_of(*without, apart_from, error_at);
  outcome.without = worst_of(*without, *meant);
  if (!error) {
    outcome.first = outcome.first_alone = First{"the pump refuses the first prescription", Duration{}};
    return outcome;
  }
  outcome.first = first_of(*error, apart_from, error_at);
  outcome.first_alone = first_of(*alone, apart_from, error_at);
  outcome.limit_told = limit_told(*error, *meant);
  outcome.with = worst_of(*error, *meant);
  return outcome;
}

std::int64_t percent_of_day(Mass mass, const Outcome& outcome) {
  return (mass.raw() * 100 + outcome.day.raw() / 2) / outcome.day.raw();
}

}  // namespace theca::verify
