#include "world/quick_patient.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>

#include "body/reduced_model.hpp"
#include "world/effect_recorder.hpp"
#include "world/tip_flow.hpp"

namespace theca {
namespace {

constexpr std::int64_t kEffectStepsPerTime = 16;

/// The reduced model at the tip. What lies beside the canal goes over at its rates, step by step: to the
/// fluid evenly within a step, to the blood in its middle.
class ReducedAtTip {
 public:
  ReducedAtTip(ReducedSolver& solver, const Kinetics& kinetics) : solver_(&solver), kinetics_(kinetics) {}

  void give(double ug, const std::array<double, kDestinations>& ways) {
    solver_->give(ug * ways[to_index(Destination::kFluid)]);
    const double epidural = ug * ways[to_index(Destination::kEpidural)];
    add(epidural, ug * ways[to_index(Destination::kUnderSkin)]);
  }
  void set_rate(double rate, const std::array<double, kDestinations>& ways) {
    rate_ = rate;
    ways_ = ways;
    beside_ = ways[to_index(Destination::kFluid)] < 1 && rate > 0;
    solver_->set_rate(rate * ways[to_index(Destination::kFluid)]);
  }
  template <class Each>
  void advance(double minutes, Each&&) {
    constexpr double kLongestStep = 2;
    if (!beside_ && epidural_ + blood_by_epidural_ + under_skin_ <= 0) return solver_->advance(minutes);
    for (double left = minutes; left > 0;) {
      const double h = std::min(left, kLongestStep);
      if (beside_)
        add(rate_ * ways_[to_index(Destination::kEpidural)] * h,
            rate_ * ways_[to_index(Destination::kUnderSkin)] * h);
      const double to_fluid = leaves(epidural_, kinetics_.epidural_csf_ka, h);
      const double to_blood = leaves(blood_by_epidural_, kinetics_.epidural_plasma_ka, h) +
                              leaves(under_skin_, kinetics_.subcutaneous_ka, h);
      const double direct = rate_ * ways_[to_index(Destination::kFluid)];
      solver_->set_rate(direct + to_fluid / h);
      solver_->advance(h / 2);
      solver_->give_to_plasma(to_blood);
      solver_->advance(h / 2);
      solver_->set_rate(direct);
      left -= h;
    }
  }

 private:
  void add(double epidural, double under_skin) {
    if (kinetics_.epidural_csf_ka > 0) {
      epidural_ += kinetics_.epidural_csf_availability * epidural;
      blood_by_epidural_ += (1 - kinetics_.epidural_csf_availability) * epidural;
    } else {
      under_skin_ += epidural;
    }
    under_skin_ += under_skin;
  }
  static double leaves(double& depot, double ka, double h) {
    constexpr double kNothing = 1e-9;  // ug
    const double gone = depot < kNothing ? depot : -depot * std::expm1(-ka * h);
    depot -= gone;
    return gone;
  }

  ReducedSolver* solver_;
  Kinetics kinetics_;
  double rate_ = 0;
  std::array<double, kDestinations> ways_ = {1, 0, 0};
  bool beside_ = false;
  double epidural_ = 0, blood_by_epidural_ = 0, under_skin_ = 0;
};
struct Nobody {
  void operator()(Instant) const {}
};

class QuickWay {
 public:
  QuickWay(const RunResult& run, const PatientSetting& setting, std::size_t drug, const Kinetics& kinetics,
           const Individual& who, const QuickPlaces& places)
      : QuickWay(run, setting, drug, kinetics, make_neuraxis(who.body, kinetics), who.bolus_mixing_volume,
                 places) {}
  QuickWay(const QuickWay&) = delete;
  QuickWay& operator=(const QuickWay&) = delete;

  void to(Instant t) { follower_.to(t); }
  [[nodiscard]] SiteLevels levels() const {
    return {level(pain_), level(cord_) / cord_partition_, level(model_.fluid(cistern_)),
            level(model_.tissue(cistern_)) / brain_partition_, above_zero(solver_.plasma())};
  }
  void record() {
    out_.at_pain.push_back(level(pain_));
    out_.cistern.push_back(level(model_.fluid(cistern_)));
    out_.plasma.push_back(above_zero(solver_.plasma()));
  }
  QuickDrug finish() { return std::move(out_); }

 private:
  QuickWay(const RunResult& run, const PatientSetting& setting, std::size_t drug, const Kinetics& kinetics,
           const Neuraxis& axis, double mixing_volume, const QuickPlaces& places)
      : model_(axis, kinetics, source_in_volume(axis, places.tip_cm, mixing_volume), kReducedOrder),
        solver_(model_),
        cistern_(axis.cells()),
        cord_partition_(kinetics.cord_partition),
        brain_partition_(kinetics.brain_partition),
        follower_(way_of(run, drug, setting.catheter_faults, setting.pocket_fills).pieces,
                  ReducedAtTip{solver_, kinetics}, Nobody{}) {
    const std::vector<double> share = cells_in(axis, places.pain);
    pain_ = model_.mean_fluid(share);
    cord_ = model_.mean_tissue(share);
  }
  [[nodiscard]] double level(const std::vector<double>& row) const { return above_zero(solver_.at(row)); }

  ReducedModel model_;
  ReducedSolver solver_;
  std::size_t cistern_;
  double cord_partition_, brain_partition_;
  std::vector<double> pain_, cord_;  // rows of the model
  QuickDrug out_;
  TipFollower<ReducedAtTip, Nobody> follower_;
};

}  // namespace

QuickCourses quick_courses(const RunResult& run, const PatientSetting& setting, const KnownDrugs& known,
                           const Individual& who, const QuickPlaces& places, std::span<const Instant> times) {
  std::vector<std::unique_ptr<QuickWay>> ways;
  for (std::size_t i = 0; i < known.drugs.size(); ++i)
    ways.push_back(std::make_unique<QuickWay>(run, setting, known.drugs[i], who.kinetics[i], who, places));
  EffectRecorder effects{who, known};
  step_together(ways, effects, times, kEffectStepsPerTime);
  QuickCourses out;
  for (const auto& way : ways) out.drugs.push_back(way->finish());
  out.effects = effects.finish();
  return out;
}

}  // namespace theca
