#pragma once
/// The device in its patient: the pump's code, the motor that obeys it, the fluid that really moves. One
/// virtual clock; nothing happens between two calls but steps, and those are counted exactly.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "drug/formulation.hpp"
#include "implant/sodium_implant.hpp"
#include "link/sodium.hpp"
#include "pump/effects.hpp"
#include "pump/flash_model.hpp"
#include "therapy/pump_model.hpp"
#include "world/true_tip.hpp"

namespace theca {

/// The step motor with its sensor: makes the steps of the train it was given.
class Motor {
 public:
  void obey(const Effects& effects, Instant now);
  /// So many were made before.
  void count_on(std::int64_t steps) { before_ = steps; }
  /// Steps made and sensed by `t`, since manufacture.
  [[nodiscard]] std::int64_t made_by(Instant t) const {
    return before_ + (running_ && !jammed_ ? train_.made_by(t) : 0);
  }
  /// When the step with this number (counted since manufacture) falls; kNever when no running train makes it.
  [[nodiscard]] Instant time_of(std::int64_t step) const;

  /// The rotor does not turn from `now` on, whatever it is told; the sensor counts nothing.
  void jam(Instant now);
  void free(Instant now);
  [[nodiscard]] bool jammed() const { return jammed_; }
  /// While it is jammed: when the next step falls that it is told to make and does not.
  [[nodiscard]] Instant next_lost(Instant now) const;
  /// Makes steps that nobody ordered.
  void run_wild(std::int64_t steps) { before_ += steps; }
  /// The next steps that it is told to make are not made.
  void slip(std::int64_t steps, Instant now) {
    to_slip_ = steps;
    jam(now);
  }
  /// One of them has fallen.
  void slipped(Instant now) {
    if (to_slip_ > 0 && --to_slip_ == 0) free(now);
  }

 private:
  std::int64_t before_ = 0;
  bool running_ = false;
  bool powered_ = true;
  bool jammed_ = false;
  std::int64_t to_slip_ = 0;
  Train train_;
};

/// What has happened to the fluid, so that a device can be made again whose world was switched off.
struct DeviceAct {
  enum class Kind : std::uint8_t { kMoved, kFilled, kPathReplaced };
  Kind kind = Kind::kMoved;
  Instant at;
  std::int64_t steps = 0;  // moved: made since manufacture
  Volume volume;           // of fluid that left the tip; that the reservoir holds now; of the path
  Formulation fluid;       // filled; what the path holds
};

/// How this specimen differs from its label and its record.
struct DeviceTruth {
  FluidPath path;
  Formulation path_contents;
  std::int32_t flow_error_ppm = 0;
  Volume sensor_bias = Volume{};       // of the fill sensor's readings
  std::int32_t battery_error_ppm = 0;  // what is really taken, beyond the model
  // Of one whose world goes on after `now`: all that has happened to its fluid, in order.
  std::vector<DeviceAct> past = {};
  Instant now = {};
};

/// Random numbers that are the same for the same seed, and no use to anybody who needs secrets.
class SeededRandom final : public RandomSource {
 public:
  explicit SeededRandom(std::uint64_t seed);
  bool fill(std::span<std::uint8_t> room) override;

 private:
  link::Key key_{};
  std::uint64_t count_ = 0;
};

class Device {
 public:
  using Listener = std::function<void(const Device&, const Effects&)>;
  using Recorder = std::function<void(const DeviceAct&)>;

  /// `memory`: one that knows a pump already.
  Device(const PumpModel& model, const DeviceTruth& truth, std::vector<DrugCode> drugs,
         std::shared_ptr<RandomSource> random = std::make_shared<SeededRandom>(1),
         std::unique_ptr<FlashModel> memory = std::make_unique<FlashModel>());

  /// Called after every call of the pump, with its effects.
  void listen(Listener listener) { listener_ = std::move(listener); }

  /// Told everything that happens to the fluid from now on.
  void record(Recorder recorder) { recorder_ = std::move(recorder); }

  /// Lets time pass up to and including `t`.
  void run_until(Instant t);
  /// Brings the pump's own figures to now() without changing anything.
  void look();
  /// Fills the true reservoir; the pump is told in a command of its own.
  void fill(Volume volume, const Formulation& fluid);

  /// Another catheter, or another fluid in it.
  void replace_path(Volume path, const Formulation& contents);
  /// Some of it is drawn off, or leaks.
  void draw_off(Volume volume);
  /// From now on each step carries another volume.
  void set_flow_error(std::int32_t ppm);
  void set_sensor_bias(Volume bias) { sensor_bias_ = bias; }

  /// Power goes now and is back after `gone`. Kept: the board's clock and step count went on; else they are
  /// lost, and the pump's own time stands still meanwhile.
  void lose_power(Duration gone, bool kept, PowerCause cause = PowerCause::kUnknown,
                  std::uint8_t failed_tests = 0);
  /// The pump's program runs no more; the motor makes what it was told. The watchdog finds it.
  void hang() { hung_ = true; }
  /// The board's clock leaps by `shift`, either way.
  void leap(Duration shift);
  void telemetry(Telemetry what);

  /// The motor's rotor is stuck from now on, or free again.
  void jam(bool stuck);
  /// A scanner's field holds the rotor, and the board's sensor for it tells the pump; or it is left.
  void magnetic_field(bool present);
  /// The motor makes steps that nobody ordered.
  void run_wild(std::int64_t steps);
  /// Of the steps that it is told to make, the next `steps` are not made, or are made twice.
  void slip(std::int64_t steps) { motor_.slip(steps, now_); }
  void double_steps(std::int64_t steps) { to_double_ = steps; }
  /// Bits of the memory turn: so many, where `seed` says, among the words that hold something.
  void rot(std::int64_t bits, std::uint64_t seed);
  /// A page of the memory takes nothing more.
  void stick(std::uint32_t page) { flash_->stick(page); }

  /// Gives the pump a command now, past the link: for tests of the device itself, in which there are no
  /// people. `command` is called with the reading and effects to fill.
  template <class Command>
  auto command(Command&& command) {
    Effects& out = fresh();
    auto result = command(implant_->stored(), reading(), out);
    carry_out(out);
    return result;
  }

  // ---- the air
  // ---------------------------------------------------------------------------------------------
  /// A coil is held to the skin, or taken away. What the implant sends stands in what is returned.
  Air coil(bool there);
  /// A frame by coil, without a key.
  Air by_coil(link::Bytes frame);
  /// A frame by radio.
  Air radio(link::Bytes frame);
  /// Lets the implant see that time has passed. While somebody is in a session the board does so by itself;
  /// what was sent then is in what is returned.
  Air look_at_link();

  [[nodiscard]] Instant now() const { return now_; }
  [[nodiscard]] const Implant<link::Sodium>& implant() const { return *implant_; }
  [[nodiscard]] const StoredPump& stored() const { return implant_->stored(); }
  [[nodiscard]] const Pump& pump() const { return stored().pump(); }
  [[nodiscard]] const FlashModel& memory() const { return *flash_; }
  [[nodiscard]] std::int64_t steps() const { return moved_steps_; }
  /// Of those, what nobody ordered.
  [[nodiscard]] std::int64_t wild_steps() const { return wild_steps_; }
  [[nodiscard]] Volume nominal_delivered() const { return pump().model().step * steps(); }
  [[nodiscard]] Volume truly_delivered() const { return delivered_; }
  [[nodiscard]] Volume true_reservoir() const { return reservoir_; }
  [[nodiscard]] const DrugFront& true_front() const { return tip_.front(); }
  [[nodiscard]] const std::vector<Mass>& tip_mass() const { return tip_.mass(); }
  [[nodiscard]] const std::vector<TipChange>& tip_changes() const { return tip_.changes(); }
  [[nodiscard]] std::int32_t flow_error_ppm() const { return flow_error_ppm_; }
  [[nodiscard]] Instant ran_dry() const { return ran_dry_; }
  /// When the battery could no more; kNever before.
  [[nodiscard]] Instant died() const { return died_; }
  /// Without power, or with a program that hangs, nobody answers.
  [[nodiscard]] bool answers() const { return !hung_; }

 private:
  /// The board reads the fill sensor so often.
  static constexpr Duration kSensesEvery = days(1);
  /// While somebody is in a session it looks so often whether that is over.
  static constexpr Duration kLooksAtLinkEvery = seconds(1);

  [[nodiscard]] MotorReading reading() const { return {now_ - behind_, steps() - uncounted_}; }
  void boot(const PowerReturn& power);
  [[nodiscard]] Instant next_wake() const {
    const Instant wake = stored().next_wake();
    return wake == kNever ? kNever : wake + behind_;
  }
  [[nodiscard]] Volume true_volume(std::int64_t steps) const;
  Effects& fresh();
  void carry_out(Effects& effects);
  void move_to(Instant t);
  void sense();
  void drain(const Effects& effects);
  [[nodiscard]] Charge truly_used() const;
  void find_dry_step();
  void live_again(const DeviceTruth& truth);
  void note(const DeviceAct& act) {
    if (recorder_) recorder_(act);
  }
  /// The step with which `wanted` more will have been moved.
  [[nodiscard]] std::int64_t step_that_moves(Volume wanted) const;

  template <class Call>
  Air linked(Call&& call);

  PumpModel model_;
  std::shared_ptr<RandomSource> random_;
  std::unique_ptr<FlashModel> flash_;
  std::unique_ptr<Implant<link::Sodium>> implant_;
  Motor motor_;
  std::uint32_t challenge_ = 0;  // the watchdog's
  Instant watchdog_bites_ = kNever;
  bool hung_ = false;
  Instant senses_next_ = kNever;
  Instant looks_at_link_ = kNever;
  std::optional<link::Frame> number_meanwhile_;  // that the coil was sent while nobody asked
  Volume sensor_bias_;
  std::int64_t to_double_ = 0;
  std::int32_t battery_error_ppm_ = 0;
  std::int64_t calls_ = 0;
  std::int64_t sound_ms_ = 0;
  Instant died_ = kNever;
  std::int64_t wild_steps_ = 0;
  std::int32_t flow_error_ppm_;  // since the step below
  std::int64_t error_since_step_ = 0;
  Volume moved_until_error_;
  TrueTip tip_;
  Instant now_;                 // the world's time
  Duration behind_;             // the pump's own is behind it by this
  std::int64_t uncounted_ = 0;  // steps that the sensor has forgotten
  std::int64_t moved_steps_ = 0;
  Volume moved_;      // true volume of those steps, air included once the reservoir is dry
  Volume delivered_;  // fluid
  Volume reservoir_;
  std::int64_t dry_step_ = 0;  // the first that finds the reservoir without a whole step
  Instant ran_dry_ = kNever;
  Effects effects_;
  Listener listener_;
  Recorder recorder_;
};

}  // namespace theca
