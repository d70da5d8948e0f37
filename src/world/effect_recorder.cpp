#include "world/effect_recorder.hpp"

#include "world/tip_flow.hpp"

namespace theca {
namespace {

/// "Relieved": what the field calls a responder.
constexpr double kHalved = 0.5;

}  // namespace

EffectRecorder::EffectRecorder(const Individual& who, const KnownDrugs& known) : effects_(who.responses) {
  for (std::size_t i = 0; i < known.substances.size(); ++i) {
    const Substance& s = *known.substances[i];
    out_.on_pain |= s.relieves == Relieves::kPain;
    out_.on_spasticity |= s.relieves == Relieves::kSpasticity;
    out_.on_ventilation |= s.ventilation_c50.has_value();
    out_.on_withdrawal |= s.adaptation_time.has_value();
    const bool depresses = s.acts_on == Target::kGabaBReceptor || s.acts_on == Target::kAlpha2Receptor ||
                           s.acts_on == Target::kSodiumChannel;
    if (depresses && !s.ventilation_c50) out_.breathing_unknown.push_back(s.name);
    for (std::size_t k = 0; k < s.side_effects.size(); ++k) {
      out_.sides.push_back({known.drugs[i], s.side_effects[k].name, s.side_effects[k].grave, {}, {}});
      of_.emplace_back(i, k);
    }
  }
  out_.least_ventilation.value = 1;
  out_.tolerance.resize(known.drugs.size());
}

void EffectRecorder::step(Instant t, Duration by, std::span<const SiteLevels> levels) {
  effects_.step(in_minutes(by), levels);
  const ClinicalEffects& now = effects_.effects();
  raise(out_.most_relief_of_pain, now.relief_of_pain, t);
  raise(out_.most_relief_of_spasticity, now.relief_of_spasticity, t);
  raise(out_.most_withdrawal, now.withdrawal, t);
  if (now.ventilation < out_.least_ventilation.value) out_.least_ventilation = {now.ventilation, t};
  const auto halved = [&](double relief, std::optional<Instant>& first, Duration& in_all) {
    if (relief < kHalved) return;
    if (!first) first = t;
    in_all += by;
  };
  halved(now.relief_of_pain, out_.pain_halved, out_.pain_halved_for);
  halved(now.relief_of_spasticity, out_.spasticity_halved, out_.spasticity_halved_for);
  for (std::size_t k = 0; k < of_.size(); ++k) raise(out_.sides[k].highest, side(k), t);
}

void EffectRecorder::record() {
  const ClinicalEffects& now = effects_.effects();
  out_.pain.push_back(now.relief_of_pain);
  out_.spasticity.push_back(now.relief_of_spasticity);
  out_.ventilation.push_back(now.ventilation);
  out_.withdrawal.push_back(now.withdrawal);
  for (std::size_t k = 0; k < of_.size(); ++k) out_.sides[k].share.push_back(side(k));
  for (std::size_t i = 0; i < out_.tolerance.size(); ++i) out_.tolerance[i].push_back(effects_.tolerance(i));
}

}  // namespace theca
