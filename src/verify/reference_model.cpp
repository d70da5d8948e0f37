#include "verify/reference_model.hpp"

#include <algorithm>
#include <limits>

namespace theca::verify {
namespace {

constexpr std::int64_t kSecondMs = 1'000;
constexpr std::int64_t kMinuteMs = 60'000;

std::int64_t down(std::int64_t a, std::int64_t b) {
  std::int64_t q = a / b;
  while (q * b > a) --q;
  return q;
}

std::int64_t change_at(const Zone& zone, std::int64_t utc_ms_at_zero) {
  return zone.change_utc_s == 0 ? kFar : zone.change_utc_s * 1'000 - utc_ms_at_zero;
}

std::int64_t local_at(const Zone& zone, std::int64_t utc_ms_at_zero, std::int64_t t) {
  const std::int64_t minutes =
      t >= change_at(zone, utc_ms_at_zero) ? zone.offset_after_minutes : zone.offset_minutes;
  return utc_ms_at_zero + t + minutes * kMinuteMs;
}

/// Times of day that come due at `t`, as local ms: the minute that begins, and at a change of the zone those
/// that are skipped.
std::vector<std::int64_t> due_at(const Prescription& p, std::int64_t utc, std::int64_t t) {
  std::vector<std::int64_t> due;
  if (p.schedule.kind != ScheduleKind::kTimesOfDay) return due;
  std::int64_t first = local_at(p.zone, utc, t);
  const std::int64_t last = first;
  if (last % kMinuteMs != 0 && t != change_at(p.zone, utc)) return due;  // times of day are whole minutes
  if (t == change_at(p.zone, utc)) first = std::min(first, utc + t + p.zone.offset_minutes * kMinuteMs);
  for (std::int64_t day = down(first, kDayMs); day * kDayMs <= last; ++day) {
    for (std::size_t i = 0; i < p.schedule.count; ++i) {
      const std::int64_t at = day * kDayMs + p.schedule.minutes[i] * kMinuteMs;
      if (at >= first && at <= last) due.push_back(at);
    }
  }
  return due;
}

/// Latest local time that was over when `t` began, the repeated hour reckoned.
std::int64_t local_over(const Zone& zone, std::int64_t utc, std::int64_t t) {
  std::int64_t over = local_at(zone, utc, t) - 1;
  const std::int64_t change = change_at(zone, utc);
  if (t >= change) over = std::max(over, utc + change + zone.offset_minutes * kMinuteMs - 1);
  return over;
}

std::int64_t fallback_flow(const Prescription& p, std::int64_t minimum_rate) {
  if (p.basal.mode == BasalMode::kStopped) return 0;
  if (p.fallback == Fallback::kStop) return 0;
  if (p.fallback == Fallback::kMinimumRate) return minimum_rate;
  if (p.safe_state.action == SafeAction::kStop) return 0;
  return p.safe_state.action == SafeAction::kEmergencyRate ? p.safe_state.emergency_rate.raw() : minimum_rate;
}

/// Offsets are whole minutes: a second of the wall clock begins where one of UTC does.
std::int64_t next_second(std::int64_t utc, std::int64_t t) {
  return t + (down(utc + t, kSecondMs) + 1) * kSecondMs - (utc + t);
}

}  // namespace

std::int64_t reference_basal(const Prescription& p, std::int64_t utc_ms_at_zero, std::int64_t minimum_rate,
                             std::int64_t t) {
  if (p.basal.mode == BasalMode::kStopped) return 0;
  if (p.basal.mode == BasalMode::kMinimumRate) return minimum_rate;
  if (p.basal.mode == BasalMode::kSimpleContinuous) return p.basal.rate.raw();
  const std::int64_t local = local_at(p.zone, utc_ms_at_zero, t);
  const std::int64_t day = down(local, kDayMs);
  std::int64_t weekday = (day + 3) % 7;  // 1970-01-01 was a Thursday, Monday is 0
  if (weekday < 0) weekday += 7;
  const std::int64_t minute = (local - day * kDayMs) / kMinuteMs;
  const DayProfile& profile = p.basal.profiles[p.basal.profile_of_weekday[static_cast<std::size_t>(weekday)]];
  for (std::size_t i = profile.count; i > 0; --i) {
    if (profile.steps[i - 1].from_minute <= minute) return profile.steps[i - 1].rate.raw();
  }
  return 0;
}

Wide reference_delivered(const Prescription& p, std::int64_t utc, std::int64_t minimum_rate,
                         std::int64_t start, std::int64_t from, std::int64_t to) {
  struct Running {
    Wide left;
  };
  std::vector<Running> running;
  const std::int64_t expiry = p.expires_utc_s == 0 ? kFar : p.expires_utc_s * 1'000 - utc;
  const std::int64_t change = change_at(p.zone, utc);
  std::int64_t high_water = local_over(p.zone, utc, start);
  std::int64_t next_interval = start + std::int64_t{p.schedule.first_after_s} * 1'000;
  const Wide dose = Wide{p.schedule.dose.volume.raw()} * kDayMs;
  const std::int64_t rate = p.schedule.dose.rate.raw();
  Wide sum = 0;
  for (std::int64_t t = start; t < to;) {
    if (t < expiry && dose > 0 && rate > 0) {
      for (; p.schedule.kind == ScheduleKind::kInterval && next_interval <= t;
           next_interval += std::int64_t{p.schedule.interval_s} * 1'000) {
        running.push_back({dose});
      }
      for (const std::int64_t at : due_at(p, utc, t)) {
        if (at <= high_water) continue;
        high_water = at;
        running.push_back({dose});
      }
    }
    std::int64_t next = std::min({to, next_second(utc, t)});
    for (const std::int64_t edge : {change, expiry, from}) {
      if (edge > t) next = std::min(next, edge);
    }
    if (p.schedule.kind == ScheduleKind::kInterval && next_interval > t) next = std::min(next, next_interval);
    const bool counts = t >= from;
    if (t >= expiry) {
      if (counts) sum += Wide{fallback_flow(p, minimum_rate)} * (next - t);
    } else {
      if (counts) sum += Wide{reference_basal(p, utc, minimum_rate, t)} * (next - t);
      for (Running& bolus : running) {
        const Wide part = std::min(bolus.left, Wide{rate} * (next - t));
        bolus.left -= part;
        if (counts) sum += part;
      }
      std::erase_if(running, [](const Running& bolus) { return bolus.left == 0; });
    }
    t = next;
  }
  return sum;
}

ReferenceModel::ReferenceModel(const PumpModel& model, std::span<const std::int64_t> step_ms)
    : model_(model), step_ms_(step_ms) {}

std::int64_t ReferenceModel::local(std::int64_t t) const { return local_at(p_.zone, utc_ms_at_zero_, t); }

bool ReferenceModel::dry() const { return made_ >= dry_at_; }

void ReferenceModel::fill(std::int64_t holds_nl) {
  filled_ = holds_nl;
  made_at_fill_ = made_;
  dry_at_ = made_ + holds_nl / model_.step.raw();
  was_dry_ = false;
}

/// At the upper end of the labelled accuracy, rounded against the patient, nothing would be left.
bool ReferenceModel::empty() const {
  const Wide used = Wide{made_ - made_at_fill_} * model_.step.raw() * (1'000'000 + model_.accuracy_ppm);
  return used > (Wide{filled_} - 1) * 1'000'000;
}

std::int64_t ReferenceModel::basal_flow() const {
  if (!delivers()) return 0;
  if (expired_) return fallback_flow(p_, model_.minimum_rate.raw());
  if (phase_ == Phase::kPrime) return p_.prime.rate.raw();
  if (phase_ == Phase::kBridge) return p_.bridge.rate.raw();
  return reference_basal(p_, utc_ms_at_zero_, model_.minimum_rate.raw(), now_);
}

/// The motor pauses: what was owed of the next step is given up.
void ReferenceModel::forget() {
  const Wide made = Wide{made_} * model_.step.raw() * kDayMs;
  const Wide given_up = total_ - made;
  if (forgotten_.empty() || forgotten_.back().total != given_up) forgotten_.push_back({now_, given_up});
}

void ReferenceModel::begin(const Prescription& p) {
  bolus_left_ = 0;
  scheduled_skipped_ += static_cast<int>(waiting_.size());
  waiting_.clear();
  pending_.reset();
  p_ = p;
  started_ = now_;
  expired_ = false;
  stopped_ = false;
  next_interval_ = started_ + std::int64_t{p.schedule.first_after_s} * 1'000;
  high_water_ = local_over(p_.zone, utc_ms_at_zero_, now_);
  clock_was_set_ = false;
  enter(Phase::kPrime);
}

void ReferenceModel::enter(Phase phase) {
  const std::int64_t step = model_.step.raw();
  if (phase == Phase::kPrime && p_.prime.volume.raw() < step) phase = Phase::kBridge;
  if (phase == Phase::kBridge && p_.bridge.volume.raw() < step) phase = Phase::kTherapy;
  phase_ = phase;
  if (phase == Phase::kTherapy) {
    if (p_.single.volume.raw() > 0 && !dry() && !empty()) {
      bolus_left_ = Wide{p_.single.volume.raw()} * kDayMs;
      bolus_rate_ = p_.single.rate.raw();
    }
    return;
  }
  const std::int64_t volume = phase == Phase::kPrime ? p_.prime.volume.raw() : p_.bridge.volume.raw();
  phase_last_ = made_ + volume / step;
}

bool ReferenceModel::scheduled_may_start() const {
  return !stopped_ && !expired_ && phase_ == Phase::kTherapy && !dry() && !empty() && !other_drug_at_tip();
}

/// The fluid drawn a path's volume ago is at the tip; a dry path is no drug.
bool ReferenceModel::other_drug_at_tip() const {
  std::uint32_t at_tip = path_fluid_;
  for (const Drawn& drawn : drawn_) {
    if (Wide{made_ - drawn.from_step} * model_.step.raw() >= path_nl_) at_tip = drawn.fluid;
  }
  return at_tip != 0 && !drawn_.empty() && at_tip != drawn_.back().fluid;
}

void ReferenceModel::draw(std::uint32_t fluid) {
  const std::uint32_t before = drawn_.empty() ? path_fluid_ : drawn_.back().fluid;
  if (fluid == before && !drawn_.empty()) return;
  drawn_.push_back({fluid, fluid == before ? made_ - path_nl_ / model_.step.raw() - 1 : made_});
}

void ReferenceModel::start_scheduled(std::int64_t local_at) {
  if (p_.schedule.kind == ScheduleKind::kTimesOfDay) given_ = {local_at, now_};
  bolus_left_ = Wide{p_.schedule.dose.volume.raw()} * kDayMs;
  bolus_rate_ = p_.schedule.dose.rate.raw();
  ++scheduled_started_;
}

void ReferenceModel::scheduled_due(std::int64_t at) {
  if (!scheduled_may_start()) {
    ++scheduled_skipped_;
    return;
  }
  if (bolus_left_ > 0 || !waiting_.empty()) {
    waiting_.push_back(at);
    ++scheduled_waited_;
    return;
  }
  start_scheduled(at);
}

/// Of the day that lies between its time of day and the one that was given last, not half has passed.
bool ReferenceModel::crowds(std::int64_t at) const {
  if (!given_) return false;
  const std::int64_t days = down(at - given_->local, kDayMs);
  const std::int64_t apart = at - given_->local - days * kDayMs;
  return now_ - given_->t < (apart == 0 ? kDayMs : apart) / 2;
}

/// Whatever begins or ends at `now_`.
void ReferenceModel::settle() {
  while (made_ < static_cast<std::int64_t>(step_ms_.size()) &&
         step_ms_[static_cast<std::size_t>(made_)] <= now_) {
    ++made_;
  }
  if (dry() && !was_dry_) {
    bolus_left_ = 0;
    was_dry_ = true;
    forget();
  }
  if (pending_ && !stopped_ && now_ >= pending_at_) begin(Prescription{*pending_});
  const std::int64_t expiry = p_.expires_utc_s == 0 ? kFar : p_.expires_utc_s * 1'000 - utc_ms_at_zero_;
  if (!expired_ && now_ >= expiry) {
    expired_ = true;
    bolus_left_ = 0;
    phase_ = Phase::kTherapy;
  }
  if (!stopped_ && phase_ != Phase::kTherapy && made_ >= phase_last_) {
    enter(phase_ == Phase::kPrime ? Phase::kBridge : Phase::kTherapy);
  }
  if (p_.schedule.dose.volume.raw() > 0) {
    if (!waiting_.empty() && !scheduled_may_start()) {
      scheduled_skipped_ += static_cast<int>(waiting_.size());
      waiting_.clear();
    }
    if (!waiting_.empty() && bolus_left_ == 0) {
      const std::int64_t at = waiting_.front();
      waiting_.erase(waiting_.begin());
      start_scheduled(at);
    }
    for (; p_.schedule.kind == ScheduleKind::kInterval && next_interval_ <= now_;
         next_interval_ += std::int64_t{p_.schedule.interval_s} * 1'000) {
      scheduled_due(0);
    }
    for (const std::int64_t at : due_at(p_, utc_ms_at_zero_, now_)) {
      if (at <= high_water_) continue;
      high_water_ = at;
      if (clock_was_set_ && crowds(at)) continue;
      clock_was_set_ = false;
      scheduled_due(at);
    }
  }
}

std::int64_t ReferenceModel::next_boundary(std::int64_t t) const {
  std::int64_t next = std::min(t, next_second(utc_ms_at_zero_, now_));
  const auto edge = [&](std::int64_t at) {
    if (at > now_) next = std::min(next, at);
  };
  edge(change_at(p_.zone, utc_ms_at_zero_));
  if (p_.expires_utc_s != 0) edge(p_.expires_utc_s * 1'000 - utc_ms_at_zero_);
  if (pending_) edge(pending_at_);
  if (p_.schedule.kind == ScheduleKind::kInterval) edge(next_interval_);
  const auto step_edge = [&](std::int64_t count) {
    if (count > made_ && count <= static_cast<std::int64_t>(step_ms_.size())) {
      edge(step_ms_[static_cast<std::size_t>(count - 1)]);
    }
  };
  if (phase_ != Phase::kTherapy) step_edge(phase_last_);
  step_edge(dry_at_);
  if (bolus_left_ > 0) {
    const Wide whole = bolus_left_ / bolus_rate_;
    edge(now_ + (whole > 0 ? static_cast<std::int64_t>(std::min(whole, Wide{kDayMs})) : 1));
  }
  return next;
}

void ReferenceModel::add_piece(std::int64_t until) {
  const std::int64_t time = until - now_;
  Wide amount = Wide{basal_flow()} * time;
  if (bolus_left_ > 0 && delivers()) {
    const Wide part = std::min(bolus_left_, Wide{bolus_rate_} * time);
    bolus_left_ -= part;
    amount += part;
  }
  // exact: a part of a millisecond stands in a piece of one millisecond
  const Wide flow = time == kSecondMs ? amount / kSecondMs : amount / time;
  if (pieces_.empty() || pieces_.back().flow != flow) pieces_.push_back({now_, total_, flow});
  total_ += amount;
  now_ = until;
}

void ReferenceModel::run_to(std::int64_t t) {
  settle();
  while (now_ < t) {
    add_piece(next_boundary(t));
    settle();
  }
}

void ReferenceModel::implant(std::int64_t t, std::int64_t utc_ms_at_zero, std::int64_t filled_nl,
                             const Prescription& p, std::int64_t path_nl, std::uint32_t path_fluid) {
  path_nl_ = path_nl;
  path_fluid_ = path_fluid;
  draw(p.formulation.number);
  now_ = t;
  utc_ms_at_zero_ = utc_ms_at_zero;
  fill(filled_nl);
  begin(p);
  run_to(t);
}

void ReferenceModel::prescribe(std::int64_t t, const Prescription& p,
                               std::optional<std::int64_t> put_off_to) {
  run_to(t);
  const std::int64_t asked = p.starts_utc_s == 0 ? t : p.starts_utc_s * 1'000 - utc_ms_at_zero_;
  const std::int64_t starts = put_off_to.value_or(asked);
  if (starts > t) {
    pending_ = p;
    pending_at_ = starts;
    pending_put_off_ = put_off_to.has_value();
    return;
  }
  draw(p.formulation.number);
  begin(p);
  settle();
}

void ReferenceModel::refill(std::int64_t t, std::int64_t holds_nl, const Prescription* p) {
  run_to(t);
  fill(holds_nl);
  if (p != nullptr) prescribe(t, *p);
  settle();
}

void ReferenceModel::stop(std::int64_t t) {
  run_to(t);
  bolus_left_ = 0;
  if (!stopped_ && !dry()) forget();
  stopped_ = true;
  settle();
}

void ReferenceModel::cut_bolus(std::int64_t t) {
  run_to(t);
  bolus_left_ = 0;
  settle();
}

void ReferenceModel::resume(std::int64_t t) {
  run_to(t);
  stopped_ = false;
  settle();
}

/// Times of day that the new clock leaps over are over. Of those it shows a second time, or sooner than they
/// would have come, none counts before half its distance from the last one that was given has passed.
void ReferenceModel::set_clock(std::int64_t t, std::int64_t utc_ms_at_zero) {
  run_to(t);
  if (pending_ && !pending_put_off_) pending_at_ += utc_ms_at_zero_ - utc_ms_at_zero;
  utc_ms_at_zero_ = utc_ms_at_zero;
  if (p_.schedule.kind == ScheduleKind::kTimesOfDay) {
    scheduled_skipped_ += static_cast<int>(waiting_.size());
    waiting_.clear();
    high_water_ = local_over(p_.zone, utc_ms_at_zero_, t);
    clock_was_set_ = true;
  }
  settle();
}

bool ReferenceModel::may_request(std::int64_t t) {
  run_to(t);
  const PatientBolusPolicy& policy = p_.patient;
  if (policy.dose.volume.raw() == 0 || stopped_ || expired_ || dry() || empty()) return false;
  if (phase_ == Phase::kPrime || (phase_ == Phase::kBridge && policy.during_bridge.raw() < model_.step.raw()))
    return false;
  if (phase_ == Phase::kTherapy && p_.basal.mode == BasalMode::kStopped) return false;
  if (bolus_left_ > 0) return false;
  const std::int64_t of_day = local(t) - down(local(t), kDayMs) * kDayMs;
  const std::int64_t opens = policy.from_minute * kMinuteMs, closes = policy.to_minute * kMinuteMs;
  if (opens < closes && (of_day < opens || of_day >= closes)) return false;
  if (opens > closes && of_day < opens && of_day >= closes) return false;
  if (!grants_.empty() && t - grants_.back() < std::int64_t{policy.lockout_s} * 1'000) return false;
  const auto inside = std::ranges::count_if(
      grants_, [&](std::int64_t g) { return t - g < std::int64_t{policy.window_s} * 1'000; });
  return inside < policy.allotted;
}

void ReferenceModel::grant(std::int64_t t) {
  run_to(t);
  grants_.push_back(t);
  const std::int64_t volume =
      phase_ == Phase::kBridge ? p_.patient.during_bridge.raw() : p_.patient.dose.volume.raw();
  bolus_left_ = Wide{volume} * kDayMs;
  bolus_rate_ = p_.patient.dose.rate.raw();
}

Wide ReferenceModel::prescribed(std::int64_t t) const {
  const auto after = std::upper_bound(pieces_.begin(), pieces_.end(), t,
                                      [](std::int64_t at, const Piece& piece) { return at < piece.from; });
  if (after == pieces_.begin()) return 0;
  const Piece& piece = *(after - 1);
  return piece.before + piece.flow * (t - piece.from);
}

Wide ReferenceModel::owed(std::int64_t t) const {
  const auto after = std::upper_bound(forgotten_.begin(), forgotten_.end(), t,
                                      [](std::int64_t at, const Forgotten& f) { return at < f.from; });
  const Wide given_up = after == forgotten_.begin() ? Wide{0} : (after - 1)->total;
  return prescribed(t) - given_up;
}

}  // namespace theca::verify
