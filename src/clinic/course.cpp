#include "clinic/course.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <span>

#include "therapy/check.hpp"
#include "therapy/schedule.hpp"

namespace theca {
namespace {

constexpr std::int64_t kDay = days(1).raw(), kStep = kTrialStep.raw();
constexpr double kMicrogramsPerRaw = 1e-9;
constexpr std::uint32_t kNoFluid = 0;

/// What of the journal is told as it is.
constexpr std::array kMarks{
    EventCode::kImplanted,       EventCode::kStopped,         EventCode::kResumed,
    EventCode::kExpired,         EventCode::kBridgeStarted,   EventCode::kBridgeEnded,
    EventCode::kFrontAtTip,      EventCode::kMotorPowerOff,   EventCode::kPowerReturned,
    EventCode::kMemoryLost,      EventCode::kFieldEntered,    EventCode::kPatientNaive,
    EventCode::kExplanted,       EventCode::kCatheterRevised, EventCode::kLowered,
    EventCode::kLoweredEnded,    EventCode::kVolumeDisagrees, EventCode::kClockSet,
    EventCode::kSafeStateEntered};

/// Powered time as UTC: by the clock as it was set last, and before that by the one that was.
class Clock {
 public:
  Clock(std::span<const JournalEntry> entries, const std::optional<CourseQuestion::Said>& said) {
    for (const JournalEntry& one : entries) {
      if (one.event.code != EventCode::kClockSet) continue;
      if (set_.empty()) set_.emplace_back(Instant{}, one.event.value - one.event.value2);
      set_.emplace_back(one.event.at, one.event.value);
    }
    if (set_.empty() && said && said->utc_ms > 0)
      set_.emplace_back(Instant{}, said->utc_ms - (said->now - Instant{}).raw());
  }
  [[nodiscard]] bool known() const { return !set_.empty(); }
  [[nodiscard]] ClockOffset offset_at(Instant at) const {
    ClockOffset offset{set_.front().second};
    for (const auto& [from, utc_ms_at_zero] : set_)
      if (from <= at) offset.utc_ms_at_zero = utc_ms_at_zero;
    return offset;
  }
  [[nodiscard]] std::int64_t utc_ms(Instant at) const {
    return offset_at(at).utc_ms_at_zero + (at - Instant{}).raw();
  }

 private:
  std::vector<std::pair<Instant, std::int64_t>> set_;
};

/// Between two moments at which the pump told its steps, or the fluid at the tip changed.
struct Stretch {
  std::int64_t from_ms = 0, to_ms = 0;
  double nl = 0;
  std::uint32_t at_tip = kNoFluid;
};

/// Which fluid is at the tip, and since when. What the path held when it was implanted the first front tells
/// that came behind it, and before there was any the pump itself.
std::vector<std::pair<Instant, std::uint32_t>> tips_of(const CourseQuestion& question) {
  std::vector<std::pair<Instant, std::uint32_t>> tips;
  std::optional<std::size_t> untold;
  for (const JournalEntry& one : question.journal.entries) {
    const Event& event = one.event;
    if (event.code == EventCode::kImplanted) {
      untold = tips.size();
      tips.emplace_back(event.at, kNoFluid);
    }
    if (event.code == EventCode::kFrontAtTip) {
      if (untold) tips[*untold].second = static_cast<std::uint32_t>(event.value2);
      untold.reset();
      tips.emplace_back(event.at, static_cast<std::uint32_t>(event.value));
    }
    if (event.code == EventCode::kCatheterRevised) {
      untold.reset();
      tips.emplace_back(event.at, static_cast<std::uint32_t>(event.value2));
    }
  }
  if (untold && question.said) tips[*untold].second = question.said->at_tip;
  return tips;
}

struct Told {
  Instant at;
  double steps = 0;
};

std::vector<Stretch> stretches_of(const CourseQuestion& question, const Clock& clock) {
  const auto& entries = question.journal.entries;
  std::vector<Told> told;
  double steps = 0;  // since manufacture
  for (const JournalEntry& one : entries) {
    const bool delivered = one.event.code == EventCode::kDelivered;
    if (delivered) steps = static_cast<double>(one.event.value2);
    if (delivered || one.event.code == EventCode::kImplanted) told.push_back({one.event.at, steps});
  }
  if (question.said && (told.empty() || question.said->now > told.back().at))
    told.push_back({question.said->now, static_cast<double>(question.said->steps)});

  const std::vector<std::pair<Instant, std::uint32_t>> tips = tips_of(question);
  const double nl_per_step = static_cast<double>(question.model.step.raw());
  std::vector<Stretch> all;
  std::size_t next_tip = 0;
  std::uint32_t at_tip = kNoFluid;
  for (std::size_t i = 0; i + 1 < told.size(); ++i) {
    Instant from = told[i].at;
    const Instant end = told[i + 1].at;
    const double length = static_cast<double>((end - from).raw());
    const double nl = std::max(0.0, told[i + 1].steps - told[i].steps) * nl_per_step;
    for (; next_tip < tips.size() && tips[next_tip].first <= from; ++next_tip) at_tip = tips[next_tip].second;
    while (from < end) {
      const bool changes = next_tip < tips.size() && tips[next_tip].first < end;
      const Instant to = changes ? tips[next_tip].first : end;
      // By the clock as it was while it was given: one that was set at its end does not make it longer.
      const std::int64_t from_ms = clock.utc_ms(from);
      all.push_back({from_ms, from_ms + (to - from).raw(),
                     nl * static_cast<double>((to - from).raw()) / length, at_tip});
      if (changes) at_tip = tips[next_tip++].second;
      from = to;
    }
  }
  // A clock that was set back, or stood still while power was gone, doubles no time.
  std::int64_t last = INT64_MIN;
  for (Stretch& one : all) {
    one.from_ms = std::max(one.from_ms, last);
    one.to_ms = std::max(one.to_ms, one.from_ms);
    last = one.to_ms;
  }
  return all;
}

/// `take(index, share)` for each step of this length from `from_ms` on that a stretch falls into.
template <class Take>
void share_out(std::int64_t from_ms, std::int64_t to_ms, std::int64_t origin_ms, std::int64_t length,
               std::size_t count, Take&& take) {
  const auto span = static_cast<double>(to_ms - from_ms);
  for (std::int64_t at = std::max(from_ms, std::min(to_ms, origin_ms)); at < to_ms || span == 0;) {
    const std::int64_t index = (at - origin_ms) / length;
    const std::int64_t end = std::min(to_ms, origin_ms + (index + 1) * length);
    if (at >= origin_ms && index < static_cast<std::int64_t>(count))
      take(static_cast<std::size_t>(index), span == 0 ? 1.0 : static_cast<double>(end - at) / span);
    if (span == 0) break;
    at = end;
  }
}

Concentration strength_of(const Formulation& fluid, DrugCode drug) {
  for (const Component& part : fluid.parts())
    if (part.drug == drug) return part.concentration;
  return Concentration{};
}
/// fg
double mass_of(double nl, Concentration c) {
  constexpr std::int64_t kOf = 1'000'000;
  return nl * static_cast<double>(mass_in(Volume{kOf}, c).raw()) / static_cast<double>(kOf);
}

class Making {
 public:
  explicit Making(const CourseQuestion& question)
      : question_(question), clock_(question.journal.entries, question.said) {}

  std::expected<TherapyCourse, std::string> made() {
    if (question_.journal.entries.empty()) return std::unexpected("The journal of this pump was never read.");
    if (!clock_.known()) return std::unexpected("The journal of this pump tells no time of day.");
    for (const Prescription& one : question_.orders) {
      orders_.emplace(one.number, &one);
      fluids_.emplace(one.formulation.number, &one.formulation);
    }
    if (!orders_.empty()) {
      const Prescription& newest = *orders_.rbegin()->second;
      if (newest.formulation.count > 0) out_.drug = newest.formulation.components[0].drug;
      out_.offset = minutes(newest.zone.offset_minutes);
    }
    const std::vector<Stretch> stretches = stretches_of(question_, clock_);
    lay_out(stretches);
    for (const Stretch& one : stretches) give(one);
    tell_events();
    tell_prescribed();
    tell_refills();
    make_tip(stretches);
    return std::move(out_);
  }

 private:
  [[nodiscard]] const Prescription* order(std::uint32_t number) const {
    const auto found = orders_.find(number);
    return found == orders_.end() ? nullptr : found->second;
  }
  [[nodiscard]] std::optional<std::size_t> day_at(std::int64_t utc_ms) const {
    if (out_.days.empty() || utc_ms < out_.days.front().from_ms) return std::nullopt;
    const auto day = static_cast<std::size_t>((utc_ms - out_.days.front().from_ms) / kDay);
    return day < out_.days.size() ? std::optional{day} : std::nullopt;
  }

  void lay_out(const std::vector<Stretch>& stretches) {
    const auto& entries = question_.journal.entries;
    const std::int64_t last = std::max(clock_.utc_ms(entries.back().event.at),
                                       stretches.empty() ? INT64_MIN : stretches.back().to_ms);
    const std::int64_t first =
        stretches.empty() ? clock_.utc_ms(entries.front().event.at) : stretches.front().from_ms;
    const auto midnight = [&](std::int64_t utc_ms) {
      const std::int64_t local = utc_ms + out_.offset.raw();
      return local - ((local % kDay) + kDay) % kDay - out_.offset.raw();
    };
    const std::int64_t newest = midnight(last);
    const std::int64_t oldest = std::max(midnight(first), newest - (kMostCourseDays - 1) * kDay);
    for (std::int64_t day = oldest; day <= newest; day += kDay) {
      CourseDay& one = out_.days.emplace_back();
      one.from_ms = day;
      one.given = Mass{};
    }
    out_.from_ms = std::max(first, oldest);
    out_.until_ms = last;
  }

  void give(const Stretch& one) {
    const auto fluid = fluids_.find(one.at_tip);
    const bool dry = one.at_tip == kNoFluid;
    const bool known = dry || fluid != fluids_.end();
    const double fg = dry || !known ? 0 : mass_of(one.nl, strength_of(*fluid->second, out_.drug));
    share_out(one.from_ms, one.to_ms, out_.days.front().from_ms, kDay, out_.days.size(),
              [&](std::size_t day, double share) {
                CourseDay& at = out_.days[day];
                at.known =
                    at.known + Duration{std::llround(share * static_cast<double>(one.to_ms - one.from_ms))};
                if (!known) at.given.reset();
                if (at.given) at.given = Mass{at.given->raw() + std::llround(fg * share)};
              });
  }

  void tell_events() {
    std::map<Alarm, std::size_t> standing;
    const std::vector<std::pair<Instant, std::uint32_t>> tips = tips_of(question_);
    std::uint32_t at_tip = kNoFluid;
    std::size_t next_tip = 0;
    for (const JournalEntry& entry : question_.journal.entries) {
      const Event& event = entry.event;
      const std::int64_t at_ms = clock_.utc_ms(event.at);
      for (; next_tip < tips.size() && tips[next_tip].first <= event.at; ++next_tip)
        at_tip = tips[next_tip].second;
      const auto day = day_at(at_ms);
      if (!day) continue;
      CourseDay& at = out_.days[*day];
      const bool of_patient = event.detail == static_cast<std::uint8_t>(BolusKind::kPatient);
      switch (event.code) {
        case EventCode::kBolusGranted:
          if (of_patient) ++at.granted;
          break;
        case EventCode::kBolusRefused:
          ++at.refused;
          break;
        case EventCode::kBolusCompleted:
        case EventCode::kBolusCut: {
          const auto fluid = fluids_.find(at_tip);
          if (of_patient && fluid != fluids_.end())
            at.by_patient =
                Mass{at.by_patient.raw() + std::llround(mass_of(static_cast<double>(event.value),
                                                                strength_of(*fluid->second, out_.drug)))};
          break;
        }
        case EventCode::kAlarmRaised: {
          const auto alarm = static_cast<Alarm>(event.detail);
          if (standing.emplace(alarm, out_.alarms.size()).second) out_.alarms.push_back({alarm, at_ms, {}});
          break;
        }
        case EventCode::kAlarmCleared: {
          const auto raised = standing.find(static_cast<Alarm>(event.detail));
          if (raised == standing.end()) break;
          out_.alarms[raised->second].cleared_ms = at_ms;
          standing.erase(raised);
          break;
        }
        default:
          break;
      }
      if (std::ranges::find(kMarks, event.code) != kMarks.end())
        out_.marks.push_back({at_ms, row_of(event.code).name});
    }
  }

  /// By the functions that the pump runs by, of whichever order ran.
  void tell_prescribed() {
    struct Run {
      Instant from;
      std::uint32_t number;
    };
    std::vector<Run> runs;
    for (const JournalEntry& entry : question_.journal.entries) {
      if (entry.event.code != EventCode::kPrescriptionStarted) continue;
      const auto number = static_cast<std::uint32_t>(entry.event.value);
      const std::int64_t at_ms = clock_.utc_ms(entry.event.at);
      if (runs.empty() || runs.back().number != number) {
        const Prescription* known = order(number);
        if (day_at(at_ms))
          out_.prescriptions.push_back(
              {at_ms, number, known == nullptr ? std::nullopt : std::optional{*known}});
        runs.push_back({entry.event.at, number});
      }
    }
    for (CourseDay& day : out_.days) day.prescribed.reset();
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const Prescription* known = order(runs[i].number);
      const ClockOffset offset = clock_.offset_at(runs[i].from);
      const auto at = [&](std::int64_t utc_ms) {
        return Instant{} + Duration{utc_ms - offset.utc_ms_at_zero};
      };
      const std::int64_t begins = clock_.utc_ms(runs[i].from);
      const std::int64_t ends = i + 1 < runs.size() ? clock_.utc_ms(runs[i + 1].from) : out_.until_ms;
      for (CourseDay& day : out_.days) {
        const std::int64_t from = std::max(begins, day.from_ms), to = std::min(ends, day.from_ms + kDay);
        if (from >= to) continue;
        if (known == nullptr) {
          not_known_.push_back(day.from_ms);
          continue;
        }
        const double nl = static_cast<double>(
            delivered_volume(*known, offset, question_.model.minimum_rate, runs[i].from, at(from), at(to))
                .floor()
                .raw());
        const double fg = mass_of(nl, strength_of(known->formulation, out_.drug));
        day.ordered = day.ordered + Duration{to - from};
        day.prescribed = Mass{day.prescribed.value_or(Mass{}).raw() + std::llround(fg)};
      }
    }
    for (CourseDay& day : out_.days)
      if (std::ranges::find(not_known_, day.from_ms) != not_known_.end()) day.prescribed.reset();
  }

  void tell_refills() {
    std::optional<Volume> before;
    std::optional<std::pair<Volume, Volume>> drawn;  // aspirated, expected
    std::vector<GivenOfDue> all;
    std::vector<std::size_t> of;
    for (const JournalEntry& entry : question_.journal.entries) {
      const Event& event = entry.event;
      if (event.code == EventCode::kAspirated) drawn = {Volume{event.value}, Volume{event.value2}};
      if (event.code != EventCode::kRefilled) continue;
      CourseRefill one{clock_.utc_ms(event.at), Volume{event.value}, {}, {}, {}};
      if (drawn) {
        one.aspirated = drawn->first;
        one.expected = drawn->second;
        if (before && drawn->second < *before) {
          of.push_back(out_.refills.size());
          all.push_back({*before - drawn->first, *before - drawn->second});
        }
      }
      out_.refills.push_back(one);
      before = Volume{event.value};
      drawn.reset();
    }
    const std::vector<CusumPoint> points = cusum_of(all, question_.model.accuracy_ppm);
    for (std::size_t i = 0; i < points.size(); ++i) out_.refills[of[i]].sums = points[i];
  }

  void make_tip(const std::vector<Stretch>& stretches) {
    if (!question_.journal.whole || question_.journal.entries.front().sequence != 0) return;
    const std::int64_t first = stretches.empty() ? out_.from_ms : stretches.front().from_ms;
    if (first < out_.from_ms) return;  // what came before is not within these days
    const auto steps =
        static_cast<std::size_t>(std::max<std::int64_t>(1, (out_.until_ms - first + kStep - 1) / kStep));
    TipCourse tip;
    for (const Stretch& one : stretches) {
      if (one.at_tip == kNoFluid) continue;
      const auto fluid = fluids_.find(one.at_tip);
      if (fluid == fluids_.end()) return;
      for (const Component& part : fluid->second->parts()) {
        auto drug = std::ranges::find(tip, part.drug, &TipDrug::drug);
        if (drug == tip.end())
          drug = tip.insert(tip.end(),
                            TipDrug{part.drug, std::vector<double>(steps), std::vector<double>(steps)});
        const double ug = mass_of(one.nl, part.concentration) * kMicrogramsPerRaw;
        share_out(one.from_ms, one.to_ms, first, kStep, steps,
                  [&](std::size_t step, double share) { drug->evenly[step] += ug * share; });
      }
    }
    out_.tip = std::move(tip);
  }

  const CourseQuestion& question_;
  Clock clock_;
  std::map<std::uint32_t, const Prescription*> orders_;
  std::map<std::uint32_t, const Formulation*> fluids_;
  std::vector<std::int64_t> not_known_;
  TherapyCourse out_;
};

}  // namespace

std::expected<TherapyCourse, std::string> course_of(const CourseQuestion& question) {
  return Making{question}.made();
}

}  // namespace theca
