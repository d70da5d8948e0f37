#include "world/device.hpp"

#include <algorithm>
#include <random>
#include <utility>

#include "quantity/exact.hpp"

namespace theca {
namespace {
constexpr std::int64_t kMillion = 1'000'000;
}

void Motor::obey(const Effects& effects, Instant now) {
  if (effects.motor == MotorOrder::kNone) return;
  before_ = made_by(now);
  running_ = false;
  if (effects.motor == MotorOrder::kPowerOff) powered_ = false;
  if (effects.motor != MotorOrder::kRun || !powered_) return;
  train_ = effects.train;
  running_ = true;
}

void Motor::jam(Instant now) {
  if (jammed_) return;
  before_ = made_by(now);
  jammed_ = true;
}

void Motor::free(Instant now) {
  if (!jammed_) return;
  jammed_ = false;
  if (running_) before_ -= train_.made_by(now);  // what fell meanwhile was not made
}

Instant Motor::next_lost(Instant now) const {
  if (!jammed_ || !running_) return kNever;
  const std::int64_t fallen = train_.made_by(now);
  return fallen < train_.count ? train_.step_at(fallen + 1) : kNever;
}

Instant Motor::time_of(std::int64_t step) const {
  const std::int64_t k = step - before_;
  if (!running_ || k < 1 || k > train_.count) return kNever;
  return train_.step_at(k);
}

SeededRandom::SeededRandom(std::uint64_t seed) {
  for (std::size_t i = 0; i < 8; ++i) key_[i] = static_cast<std::uint8_t>(seed >> (8 * i));
}

bool SeededRandom::fill(std::span<std::uint8_t> room) {
  for (std::size_t at = 0; at < room.size();) {
    std::array<std::uint8_t, 8> count{};
    for (std::size_t i = 0; i < 8; ++i) count[i] = static_cast<std::uint8_t>(count_ >> (8 * i));
    ++count_;
    const std::array<link::Bytes, 1> parts{link::Bytes{count}};
    const link::Hash block = link::Sodium::hmac(key_, parts);
    for (std::size_t i = 0; i < block.size() && at < room.size(); ++i) room[at++] = block[i];
  }
  return true;
}

Device::Device(const PumpModel& model, const DeviceTruth& truth, std::vector<DrugCode> drugs,
               std::shared_ptr<RandomSource> random, std::unique_ptr<FlashModel> memory)
    : model_(model),
      random_(std::move(random)),
      flash_(std::move(memory)),
      sensor_bias_(truth.sensor_bias),
      battery_error_ppm_(truth.battery_error_ppm),
      flow_error_ppm_(truth.flow_error_ppm),
      tip_(truth.path.total(), truth.path_contents, std::move(drugs)) {
  implant_ = std::make_unique<Implant<link::Sodium>>(model_, *flash_, *random_);
  live_again(truth);
  boot({});
}

/// Nothing of it is told again.
void Device::live_again(const DeviceTruth& truth) {
  for (const DeviceAct& act : truth.past) {
    switch (act.kind) {
      case DeviceAct::Kind::kMoved:
        tip_.push(act.volume, act.at);
        reservoir_ -= act.volume;
        delivered_ += act.volume;
        moved_steps_ = act.steps;
        moved_ = true_volume(act.steps);
        break;
      case DeviceAct::Kind::kFilled:
        fill(act.volume, act.fluid);
        break;
      case DeviceAct::Kind::kPathReplaced:
        replace_path(act.volume, act.fluid);
        break;
    }
  }
  now_ = truth.now;
  motor_.count_on(moved_steps_);
  find_dry_step();
}

Volume Device::true_volume(std::int64_t steps) const {
  const Volume nominal = pump().model().step * (steps - error_since_step_);
  if (flow_error_ppm_ == 0) return moved_until_error_ + nominal;
  const auto moved = multiply_divide(nominal.raw(), kMillion + flow_error_ppm_, kMillion, Round::kDown);
  return moved_until_error_ + Volume{moved.value_or(nominal.raw())};
}

template <class Call>
Air Device::linked(Call&& call) {
  Air air;
  if (hung_) return air;
  Effects& out = fresh();
  call(*implant_, reading(), out, air);
  looks_at_link_ = implant_->in_session() ? now_ + kLooksAtLinkEvery : kNever;
  // What went no further than the link has done no duty, says nothing and orders nothing.
  const bool no_duty_done = out.proof() == proof_of(challenge_, std::uint8_t{0});
  if (!no_duty_done || out.motor != MotorOrder::kNone || !out.events().empty()) carry_out(out);
  return air;
}

Air Device::coil(bool there) {
  number_meanwhile_.reset();
  return linked(
      [&](auto& implant, MotorReading r, Effects& out, Air& air) { implant.field(r, there, out, air); });
}

Air Device::by_coil(link::Bytes frame) {
  return linked(
      [&](auto& implant, MotorReading r, Effects& out, Air& air) { implant.coil(r, frame, out, air); });
}

Air Device::radio(link::Bytes frame) {
  return linked(
      [&](auto& implant, MotorReading r, Effects& out, Air& air) { implant.radio(r, frame, out, air); });
}

Air Device::look_at_link() {
  Air air = linked([](auto& implant, MotorReading r, Effects& out, Air& to) { implant.look(r, out, to); });
  if (!air.coil) air.coil = number_meanwhile_;
  number_meanwhile_.reset();
  return air;
}

void Device::run_until(Instant t) {
  for (;;) {
    const Instant wake = hung_ ? kNever : next_wake();
    const Instant lost = motor_.next_lost(now_);  // a pump is told at once when its sensor counts nothing
    const Instant doubled = to_double_ > 0 && !motor_.jammed() ? motor_.time_of(steps() + 1) : kNever;
    const Instant senses = hung_ ? kNever : senses_next_;
    const Instant looks = hung_ ? kNever : looks_at_link_;
    const Instant next = std::min({wake, lost, doubled, senses, looks, watchdog_bites_});
    if (next > t) break;
    move_to(std::max(now_, next));
    if (next == watchdog_bites_ && next < wake) {
      lose_power(Duration{}, true, PowerCause::kWatchdog);
    } else if (next == doubled) {
      --to_double_;
      run_wild(1);
    } else if (next == lost && lost < wake) {
      look();
      motor_.slipped(now_);
    } else if (next == senses) {
      sense();
    } else if (next == looks && looks < wake) {
      const Air air =
          linked([](auto& implant, MotorReading r, Effects& out, Air& to) { implant.look(r, out, to); });
      if (air.coil) number_meanwhile_ = air.coil;
    } else {
      Effects& out = fresh();
      implant_->stored().wake(reading(), out);
      carry_out(out);
    }
  }
  move_to(t);
}

void Device::sense() {
  senses_next_ = now_ + kSensesEvery;
  if (hung_) return;
  const Volume read = std::clamp(reservoir_ + sensor_bias_, Volume{}, kMaxReservoir);
  Effects& out = fresh();
  implant_->stored().sense_volume(reading(), read, out);
  carry_out(out);
}

void Device::telemetry(Telemetry what) {
  if (hung_) return;
  Effects& out = fresh();
  implant_->stored().telemetry(reading(), what, out);
  carry_out(out);
}

void Device::leap(Duration shift) {
  behind_ = behind_ - shift;
  look();
}

void Device::look() {
  if (hung_) return;
  Effects& out = fresh();
  implant_->stored().observe(reading(), out);
  carry_out(out);
}

void Device::lose_power(Duration gone, bool kept, PowerCause cause, std::uint8_t failed_tests) {
  Effects halted;
  halted.motor = MotorOrder::kHalt;
  motor_.obey(halted, now_);
  move_to(now_ + gone);
  if (died_ != kNever) return;
  implant_ = std::make_unique<Implant<link::Sodium>>(model_, *flash_, *random_);  // what stood in RAM is gone
  hung_ = false;
  looks_at_link_ = kNever;
  number_meanwhile_.reset();
  boot({reading(), kept, cause, failed_tests});
}

void Device::boot(const PowerReturn& power) {
  Effects& out = fresh();
  const MotorReading from = implant_->boot(power, out);
  behind_ = now_ - from.now;
  uncounted_ = steps() - from.reported;
  carry_out(out);
  watchdog_bites_ = next_wake() == kNever ? kNever : next_wake() + kWatchdogGrace;
}

void Device::jam(bool stuck) {
  if (stuck) {
    motor_.jam(now_);
  } else {
    motor_.free(now_);
  }
}

void Device::magnetic_field(bool present) {
  if (present) jam(true);
  command([&](StoredPump& pump, MotorReading r, Effects& out) {
    return pump.magnetic_field(r, present, out), 0;
  });
  if (!present) jam(false);
}

void Device::run_wild(std::int64_t steps) {
  if (motor_.jammed()) return;  // a rotor that is stuck makes none
  motor_.run_wild(steps);
  wild_steps_ += steps;
  const Instant now = now_;
  now_ = now - milliseconds(1);  // their fluid moves in this moment
  move_to(now);
  look();
}

void Device::rot(std::int64_t bits, std::uint64_t seed) {
  std::mt19937_64 random{seed};
  constexpr std::uint32_t kWords = kNvmPages * kPageWords;
  for (std::int64_t turned = 0, tries = 0; turned < bits && tries < bits * 1'000'000; ++tries) {
    const auto address = static_cast<std::uint32_t>(random() % kWords);
    if (flash_->read(address) == kErased) continue;
    flash_->flip(address, static_cast<int>(random() % 64));
    ++turned;
  }
}

void Device::fill(Volume volume, const Formulation& fluid) {
  reservoir_ = volume;
  ran_dry_ = kNever;
  find_dry_step();
  tip_.change_reservoir(fluid);
  note({DeviceAct::Kind::kFilled, now_, moved_steps_, volume, fluid});
  if (pump().model().sensor_error.raw() > 0) senses_next_ = now_;
}

void Device::replace_path(Volume path, const Formulation& contents) {
  tip_.replace_path(path, contents);
  note({DeviceAct::Kind::kPathReplaced, now_, moved_steps_, path, contents});
}

void Device::draw_off(Volume volume) {
  reservoir_ = std::max(Volume{}, reservoir_ - volume);
  find_dry_step();
}

void Device::set_flow_error(std::int32_t ppm) {
  moved_until_error_ = moved_;
  error_since_step_ = moved_steps_;
  flow_error_ppm_ = ppm;
  find_dry_step();
}

void Device::find_dry_step() {
  if (ran_dry_ == kNever) dry_step_ = step_that_moves(reservoir_ + nanolitres(1));
}

Effects& Device::fresh() {
  effects_.clear();
  effects_.challenge = ++challenge_;
  return effects_;
}

/// The motor's order and the events in the world's time.
void Device::carry_out(Effects& effects) {
  if (behind_ != Duration{}) effects.shift(behind_);
  motor_.obey(effects, now_);
  drain(effects);
  if (died_ == kNever && effects.proof() == proof_of(challenge_))
    watchdog_bites_ = next_wake() == kNever ? kNever : next_wake() + kWatchdogGrace;
  if (listener_) listener_(*this, effects);
}

/// The true battery, by what really happened, not by the pump's own count.
Charge Device::truly_used() const {
  const BatteryModel& model = pump().model().battery;
  const auto seconds_of = [](Charge per_second, std::int64_t ms) { return per_second * (ms / 1'000); };
  const Charge used = Charge{model.per_day.raw() / 24 * (now_.raw() / hours(1).raw())} +
                      model.per_step * steps() + model.per_call * calls_ +
                      seconds_of(model.per_second_of_sound, sound_ms_);
  return used + Charge{used.raw() / kMillion * battery_error_ppm_};
}

void Device::drain(const Effects& effects) {
  const Charge capacity = pump().model().battery.capacity;
  if (capacity.raw() == 0 || died_ != kNever) return;
  ++calls_;
  if (effects.sound) sound_ms_ += sound_of(*effects.sound).lasts_ms;
  if (truly_used() < Charge{capacity.raw() / 100 * 95}) return;
  died_ = now_;
  hung_ = true;  // for good: nothing starts it again
  watchdog_bites_ = kNever;
  senses_next_ = kNever;
  looks_at_link_ = kNever;
  Effects halted;
  halted.motor = MotorOrder::kHalt;
  motor_.obey(halted, now_);
}

std::int64_t Device::step_that_moves(Volume wanted) const {
  const std::int64_t per_step = pump().model().step.raw() * (kMillion + flow_error_ppm_);
  const Volume since = moved_ + wanted - moved_until_error_;
  const auto steps = multiply_divide(since.raw(), kMillion, per_step, Round::kUp);
  return steps ? error_since_step_ + *steps : INT64_MAX;
}

/// Moves the fluid of the steps made until `t`; the time of a change at the tip is the time of its step.
void Device::move_to(Instant t) {
  if (t <= now_) return;
  const std::int64_t made = motor_.made_by(t);
  while (moved_steps_ < made) {
    // as many steps as bring at most one change at the tip, or find the reservoir empty
    std::int64_t until = made;
    if (tip_.front().change_on_its_way())
      until = std::min(until, step_that_moves(tip_.front().until_tip_changes()));
    if (ran_dry_ == kNever) until = std::min(until, dry_step_);
    until = std::max(until, moved_steps_ + 1);
    const Volume after = true_volume(until);
    const Volume fluid = std::min(after - moved_, reservoir_);
    if (fluid < after - moved_ && ran_dry_ == kNever) ran_dry_ = motor_.time_of(until);
    tip_.push(fluid, motor_.time_of(until));
    note({DeviceAct::Kind::kMoved, motor_.time_of(until), until, fluid, {}});
    reservoir_ -= fluid;
    delivered_ += fluid;
    moved_ = after;
    moved_steps_ = until;
  }
  now_ = t;
}

}  // namespace theca
