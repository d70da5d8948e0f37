#include "pump/engine.hpp"

#include <algorithm>

namespace theca {

void Engine::advance(Instant now) {
  if (now <= now_) return;
  if (!halted_) earned_ += due_within(now - now_);
  if (!halted_) bolus_left_ -= std::min(bolus_left_, bolus_rate_.raw() * (now - now_).raw());
  now_ = now;
  if (running_) {
    const std::int64_t made = train_.made_by(now);
    commanded_ += made - train_made_;
    earned_ -= (made - train_made_) * units_per_step_;
    train_made_ = made;
    if (made == train_.count) running_ = false;
  }
  if (!running_ && earned_ >= units_per_step_) {
    missed_ += earned_ / units_per_step_;
    earned_ %= units_per_step_;
  }
}

std::int64_t Engine::due_within(Duration time) const {
  return basal_.raw() * time.raw() + std::min(bolus_left_, bolus_rate_.raw() * time.raw());
}

void Engine::start_bolus(const BolusDose& dose) {
  bolus_left_ = dose.volume.raw() * Amount::kUnitsPerNanolitre;
  bolus_rate_ = dose.rate;
}

Volume Engine::bolus_left() const { return Volume{divide_up(bolus_left_, Amount::kUnitsPerNanolitre)}; }

Volume Engine::drop_bolus() {
  const Volume left = bolus_left();
  bolus_left_ = 0;
  return left;
}

Instant Engine::bolus_end() const {
  if (bolus_left_ == 0) return kNever;
  return now_ + Duration{divide_up(bolus_left_, bolus_rate_.raw())};
}

std::optional<Train> Engine::plan(Instant until, std::int64_t most) const {
  if (halted_ || flow().raw() == 0) return std::nullopt;
  const Instant end = std::min({until, now_ + kLongestTrain, bolus_end()});
  if (end <= now_) return std::nullopt;
  // A bolus's last millisecond is due in part only: the count is taken from what is due, so that the timer,
  // which would earn the whole millisecond, makes no step for the part that is not prescribed.
  const std::int64_t count = std::min(most, (earned_ + due_within(end - now_)) / units_per_step_);
  if (count <= 0) return std::nullopt;
  return Train{.start = now_,
               .count = count,
               .rate = flow().raw(),
               .units_per_step = units_per_step_,
               .phase = earned_};
}

void Engine::run(const Train& train) {
  train_ = train;
  train_made_ = 0;
  running_ = true;
}

void Engine::halt(bool forget) {
  running_ = false;
  halted_ = true;
  if (forget) earned_ = 0;
}

void Engine::settle(std::int64_t made) {
  if (running_) commanded_ += made - train_made_;
  halt(true);
}

}  // namespace theca
