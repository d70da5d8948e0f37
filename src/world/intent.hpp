#pragma once
/// What the people asked for: the sum of prescriptions, granted boluses, primes and bridges, whatever trouble
/// the pump is in. Told by the pump's events, integrated by `therapy`.

#include <cstdint>
#include <optional>
#include <vector>

#include "drug/formulation.hpp"
#include "pump/effects.hpp"
#include "therapy/prescription.hpp"
#include "therapy/pump_model.hpp"
#include "therapy/schedule.hpp"

namespace theca {

class Intent {
 public:
  Intent(const PumpModel& model, std::vector<DrugCode> drugs)
      : minimum_rate_(model.minimum_rate), drugs_(std::move(drugs)), mass_(drugs_.size()) {}

  /// Adds what was due between the last call and `now`.
  void advance(Instant now);
  /// Takes over what an event changes. `running` is the pump's present prescription, `at_tip` its reckoned
  /// tip.
  void follow(const Event& event, const Prescription& running, ClockOffset clock, const Formulation& at_tip);

  [[nodiscard]] Amount prescribed() const { return sum_; }
  [[nodiscard]] const std::vector<Mass>& mass() const { return mass_; }

 private:
  enum class Phase { kNone, kTherapy, kPrime, kBridge };
  struct Bolus {
    BolusDose dose;
    Instant start;
  };
  void add(Amount amount, const Formulation& fluid);
  [[nodiscard]] Amount held_low(Amount amount, Duration time) const;

  FlowRate minimum_rate_;
  std::vector<DrugCode> drugs_;
  std::vector<Mass> mass_;
  Phase phase_ = Phase::kNone;
  bool stopped_ = true;
  Prescription prescription_;
  ClockOffset clock_;
  Formulation bridged_;
  Instant started_;
  Instant now_;
  std::optional<Bolus> bolus_;
  Amount sum_;
  std::optional<FlowRate> lowered_;  // break-glass: no more than this
};

}  // namespace theca
