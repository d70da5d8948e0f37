#pragma once
/// From levels to effects: relief, ventilation, withdrawal, side effects, tolerance. docs/model.md
///
/// Reads the levels of the places where effects begin, whichever solver they come from. Between two readings
/// they run on a line, along which effect sites, tolerance and adaptation are stepped exactly.

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "body/substance.hpp"

namespace theca {

/// What one substance does in one patient, in plain numbers: ug/mL and 1/min. A level of 0 means that the
/// substance has no such effect.
struct Response {
  Target acts_on = Target::kNothing;
  Relieves relieves = Relieves::kNothing;
  double relief_ec50 = 0, relief_emax = 0, relief_hill = 1, relief_ke0 = 0;
  double plasma_ec50 = 0, plasma_ke0 = 0;
  double ventilation_c50 = 0, ventilation_hill = 1, ventilation_csf_weight = 0;
  double adaptation_rate = 0;  // 1/min; 0: receptors do not adapt
  double tolerance_gain = 0, tolerance_k_off = 0, tolerance_side_effects = 0;
  double used_to = 1;  // T at the begin: EC50 over that of a patient who never had any
  struct Side {
    Site site = Site::kCord;
    double ec50 = 0, emax = 0, hill = 1, ke0 = 0;
    double of_plasma = 0;  // so much of the level in plasma, behind its delay, counts as the site's
  };
  std::vector<Side> sides;
};

/// The patient in the middle of what was published.
Response response_of(const Substance& substance);

/// Emax p^g / (1 + p^g), and the potency that gives an effect; not a number for one that is not within 0 and
/// Emax.
double effect_of(double potency, double emax, double hill);
double potency_for(double effect, double emax, double hill);

/// How doses grow between two times, min, when they are raised so that `relief` stays: T at the end over T at
/// the begin, of a patient who had none before. Not a number for a relief beyond Emax.
double dose_growth(const Response& response, double relief, double from, double to);

/// The levels of one substance where its effects begin, ug/mL: of fluid and plasma themselves, of tissue that
/// of the fluid which would be in balance with it.
struct SiteLevels {
  double fluid = 0, cord = 0;  // means over the painful segment
  double cistern = 0;
  double brain = 0;
  double plasma = 0;
};

double level_at(Site site, const SiteLevels& levels);

/// A level as it counts: rounding below zero is none, what is no number stays none.
inline double above_zero(double level) { return level < 0 ? 0 : level; }

struct ClinicalEffects {
  double relief_of_pain = 0, relief_of_spasticity = 0;  // share that is taken away
  double ventilation = 1;                               // share of that without a drug
  double withdrawal = 0;                                // occupancy missing of what receptors adapted to
};

class Pharmacodynamics {
 public:
  explicit Pharmacodynamics(std::vector<Response> substances);

  /// Goes on by `minutes` to `levels`, one entry for each substance. Before the first readings all levels are
  /// 0; where a level jumps, read it twice, the second time with 0 minutes.
  void step(double minutes, std::span<const SiteLevels> levels);
  /// Share of a target's receptors.
  [[nodiscard]] double occupied(Target target) const;
  /// As after long with so many of them occupied. Tolerance stays.
  void be_used_to(Target target, double occupied);

  [[nodiscard]] const ClinicalEffects& effects() const { return effects_; }
  /// Share of patients with side effect `side` of `substance`.
  [[nodiscard]] double side_effect(std::size_t substance, std::size_t side) const;
  /// T: EC50 over that of a patient who never had any.
  [[nodiscard]] double tolerance(std::size_t substance) const;

 private:
  struct State {
    SiteLevels levels;
    double cord = 0, plasma = 0;  // effect sites of relief and breathing
    std::vector<double> sides;
    double log_tolerance = 0;
  };
  /// Of one target: occupancies, and what the receptors are used to.
  struct Receptors {
    double occupied = 0, adapted = 0;
  };

  [[nodiscard]] double used_to_harm(std::size_t substance) const;
  [[nodiscard]] double relief_potency(std::size_t substance) const;
  void look();

  std::vector<Response> substances_;
  std::vector<State> states_;
  std::array<Receptors, kTargetCount> receptors_{};
  ClinicalEffects effects_;
};

}  // namespace theca
