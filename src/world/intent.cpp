#include "world/intent.hpp"

#include "quantity/exact.hpp"
#include "therapy/check.hpp"

namespace theca {

void Intent::advance(Instant now) {
  if (now <= now_) return;
  const Duration time = now - now_;
  if (!stopped_) {
    switch (phase_) {
      case Phase::kNone:
        break;
      case Phase::kTherapy:
        add(held_low(delivered_volume(prescription_, clock_, minimum_rate_, started_, now_, now), time),
            prescription_.formulation);
        break;
      case Phase::kPrime:
        add(held_low(Amount::over(prescription_.prime.rate, time), time), Formulation{});
        break;
      case Phase::kBridge:
        add(held_low(Amount::over(prescription_.bridge.rate, time), time), bridged_);
        break;
    }
  }
  if (bolus_) {
    add(bolus_due(bolus_->dose, now - bolus_->start) - bolus_due(bolus_->dose, now_ - bolus_->start),
        phase_ == Phase::kBridge ? bridged_ : prescription_.formulation);
  }
  now_ = now;
}

Amount Intent::held_low(Amount amount, Duration time) const {
  return lowered_ ? std::min(amount, Amount::over(*lowered_, time)) : amount;
}

/// Mass is taken from whole nanolitres as they fill up, so that it stays an exact integer.
void Intent::add(Amount amount, const Formulation& fluid) {
  const Volume before = sum_.floor();
  sum_ += amount;
  const Volume whole = sum_.floor() - before;
  for (std::size_t i = 0; i < drugs_.size(); ++i)
    mass_[i] += mass_in(whole, concentration_of(fluid, drugs_[i]));
}

void Intent::follow(const Event& event, const Prescription& running, ClockOffset clock,
                    const Formulation& at_tip) {
  switch (event.code) {
    case EventCode::kLowered:
      lowered_ = FlowRate{event.value};
      break;
    case EventCode::kLoweredEnded:
      lowered_.reset();
      break;
    case EventCode::kPrescriptionStarted:
      prescription_ = running;
      clock_ = clock;
      started_ = event.at;
      stopped_ = false;
      phase_ = Phase::kTherapy;
      bolus_.reset();
      break;
    case EventCode::kClockSet:
      clock_ = clock;
      break;
    case EventCode::kPrimeStarted:
      phase_ = Phase::kPrime;
      break;
    case EventCode::kBridgeStarted:
      phase_ = Phase::kBridge;
      bridged_ = at_tip;
      break;
    case EventCode::kPrimeEnded:
    case EventCode::kBridgeEnded:
    case EventCode::kExpired:
      phase_ = Phase::kTherapy;
      break;
    case EventCode::kStopped:
      stopped_ = true;
      break;
    case EventCode::kResumed:
      stopped_ = false;
      break;
    case EventCode::kBolusGranted: {
      const auto kind = static_cast<BolusKind>(event.detail);
      if (kind == BolusKind::kScheduled) break;  // stands in the prescription already
      const FlowRate rate = kind == BolusKind::kSingle ? running.single.rate : running.patient.dose.rate;
      bolus_ = Bolus{{Volume{event.value}, rate}, event.at};
      break;
    }
    case EventCode::kBolusCut:
    case EventCode::kBolusCompleted:
      if (static_cast<BolusKind>(event.detail) != BolusKind::kScheduled) bolus_.reset();
      break;
    default:
      break;
  }
}

}  // namespace theca
