// A program of the implant rooms alone: every public header, every object, no C++ library. What it leaves
// undefined is held against implant_symbols.txt, on the host and for Cortex-M4.
#include "verify/implant_headers.hpp"

// It calls every public function of those rooms, so that none, inline or template, is open to a symbol that
// nobody saw. The answers mean nothing; they are kept so that no call is thrown away.
namespace theca {
namespace {

volatile std::int64_t kept;
void keep(std::int64_t value) { kept = kept + value; }
void keep(bool value) { keep(std::int64_t{value ? 1 : 0}); }
template <class Q>
void keep(Quantity<Q> value) {
  keep(value.raw());
}
void keep(Instant value) { keep(value.raw()); }
void keep(Amount value) {
  keep(value.floor());
  keep(value.rest_units());
}
void keep(std::string_view text) { keep(static_cast<std::int64_t>(text.size())); }
void keep(const char* text) { keep(text != nullptr); }

void probe_quantity() {
  for (const Round round : {Round::kDown, Round::kNearest, Round::kUp})
    keep(multiply_divide(kept, 3, 7, round).value_or(0));
  keep(divide_up(kept, 3));
  keep(floor_divide(kept, 3) + floor_modulo(kept, 3));
  Amount sum = Amount::over(FlowRate{kept}, days(2)) + Amount::of(Volume{kept});
  sum += sum - Amount{};
  keep(sum.times(3));
  keep(sum < Amount{});
  const Concentration c = milligrams_per_millilitre(20);
  keep(mass_in(Volume{kept}, c));
  keep(dose_rate(FlowRate{kept}, c));
  keep(flow_for(DoseRate{kept}, c));
  keep(volume_for(Mass{kept}, c));
  keep(lumen_volume(Length{kept}, nanolitres(2'200)));
  keep(time_for(Volume{kept}, FlowRate{1}).value_or(Duration{}));
  keep(microlitres(kept) + millilitres(kept) * 2 - 2 * nanolitres(kept));
  keep(nanolitres_per_day(kept) + microlitres_per_day(kept));
  keep(nanograms_per_millilitre(kept) + micrograms_per_millilitre(kept));
  keep(femtograms(kept) + micrograms(kept) + milligrams(kept));
  keep(micrograms_per_day(kept) + milligrams_per_day(kept));
  keep(milliseconds(kept) + seconds(kept) + minutes(kept) + hours(kept));
  keep(micrometres(kept) + centimetres(kept));
}

void probe_print() {
  std::array<char, kPrintBytes> text{};
  for (const Rounding rounding : {Rounding::exact(), Rounding::decimals(2), Rounding::significant(3)}) {
    keep(print_decimal(kept, 1'000'000, text, rounding));
    keep(print_volume(Volume{kept}, text, VolumeUnit::kMicrolitre, rounding));
    keep(print_flow(FlowRate{kept}, text, VolumeUnit::kNanolitre, Per::kHour, rounding));
    keep(print_concentration(Concentration{kept}, text, MassUnit::kAutomatic, rounding));
    keep(print_mass(Mass{kept}, text, MassUnit::kMilligram, rounding));
    keep(print_dose_rate(DoseRate{kept}, text, MassUnit::kMicrogram, Per::kDay, rounding));
    keep(print_length(Length{kept}, text, rounding));
    keep(print_volume_per_length(Volume{kept}, text, rounding));
    keep(print_percent(kept, text, rounding));
  }
  keep(print_duration(Duration{kept}, text, seconds(1)));
}

void probe_drug(const Formulation& formulation) {
  keep(static_cast<std::int64_t>(class_of(formulation)));
  keep(concentration_of(formulation, DrugCode{1}));
  keep(static_cast<std::int64_t>(check(formulation)));
  keep(static_cast<std::int64_t>(formulation.parts().size()));
  keep(static_cast<std::int64_t>(proposed_safe_action(DrugClass::kBoth)));
  keep(safe_rate(SafeState{}, FlowRate{kept}));
}

void probe_therapy(const Prescription& p, const PumpModel& model) {
  const ClockOffset offset{kept};
  const WallClock clock{offset, p.zone};
  const Instant now{kept};
  keep(clock.local_ms(now));
  keep(clock.instant_of(kept));
  keep(clock.change());
  keep(day_of(kept) + minute_of_day(kept) + weekday_of_day(kept));
  keep(basal_at(p.basal, clock, model.minimum_rate, now).rate);
  keep(next_scheduled_bolus(p.schedule, clock, now, kNoBolusYet).has_value());
  keep(bolus_due(p.single, hours(1)));
  keep(bolus_duration({Volume{kept}, FlowRate{1}}));
  keep(delivered_volume(p, offset, model.minimum_rate, now, now, now + days(1)));
  keep(basal_range(p.basal, model.minimum_rate).lowest);
  keep(worst_case_volume(p, model.minimum_rate, days(1)));
  keep(expiry_of(p, offset));
  keep(fallback_rate(p, model.minimum_rate));
  const PrescriptionBytes bytes = encode(p);
  if (const auto decoded = decode(bytes)) keep(*decoded == p);
  keep(std::int64_t{decode_unchecked(bytes).number});
  const Violations found = check(p, model, FluidPath{}, Ceilings{}, 1);
  keep(static_cast<std::int64_t>(found.all().size()));
  keep(found.empty() || found.overflowed());
  keep(shortest_step_interval(model));
  keep(whole_steps(Volume{kept}, model.step));
  keep(FluidPath{}.total());
  keep(row_of(Mode::kFlex).name);
}

void probe_catalogue() {
  AlarmSet alarms;
  alarms.raise(Alarm::kMotorStall);
  keep(alarms.any() && alarms.any_critical() && alarms.has(Alarm::kMotorStall));
  alarms.clear(Alarm::kMotorStall);
  keep(row_of(Alarm::kMotorStall).text);
  keep(row_of(EventCode::kImplanted).name);
  keep(row_of(Refusal::kMode).text);
}

void probe_parts_of_the_pump(const PumpModel& model, const Formulation& formulation) {
  const Train train{Instant{kept}, 10, 1'000, model.step.raw() * Amount::kUnitsPerNanolitre, 0};
  keep(train.end());
  keep(train.made_by(Instant{kept}));

  Engine engine{model.step};
  engine.resume();
  engine.set_basal(FlowRate{kept});
  engine.start_bolus({Volume{kept}, FlowRate{1'000}});
  engine.advance(Instant{kept});
  if (const auto planned = engine.plan(engine.bolus_end(), 10)) engine.run(*planned);
  keep(engine.drop_bolus());
  engine.halt(true);
  keep(engine.commanded() + engine.missed());
  keep(engine.now());
  keep(engine.flow() + engine.basal());
  keep(engine.halted() || engine.bolus_running());

  DoseGate gate{model};
  gate.set_ceilings(Ceilings{});
  gate.rescale_past(kept, 3);
  gate.allow(TrainPurpose::kPrime, kept);
  keep(gate.allowance_left(TrainPurpose::kBridge));
  keep(gate.fits_after_past(Instant{kept}, [](Duration d) { return Volume{d.raw()}; }));
  for (const TrainPurpose purpose : {TrainPurpose::kTherapy, TrainPurpose::kPrime})
    keep(gate.admit(train, purpose).allowed);
  keep(static_cast<std::int64_t>(gate.observe({Instant{kept}, kept})));
  gate.cut(Instant{kept});
  gate.forgive();
  keep(gate.expected_by(Instant{kept}) + gate.deviation() + gate.largest_deviation());
  keep(gate.bolus_fits(Instant{kept}, 10));

  Reservoir reservoir{model};
  reservoir.fill(Volume{kept}, kept, Instant{kept});
  keep(reservoir.nominal(kept) + reservoir.earliest(kept) + reservoir.filled());
  keep(reservoir.steps_until_earliest(Volume{kept}) + reservoir.steps_until_dry());

  DrugFront front{Volume{kept}, formulation};
  keep(front.change_reservoir(Formulation{}));
  front.push(Volume{kept});
  keep(std::int64_t{front.at_tip().number + front.in_reservoir().number});
  keep(front.until_tip_changes() + front.until_reservoir_reaches_tip() + front.path());
  keep(front.change_on_its_way());

  PatientGrants grants;
  grants.add(Instant{kept});
  const PatientBolusPolicy policy;
  keep(grants.lockout_over(policy));
  keep(grants.window_open(policy));
  keep(static_cast<std::int64_t>(grants.in_window(policy, Instant{kept})));
  keep(within_hours(policy, 60));

  Effects effects;
  effects.tell(Event{});
  keep(static_cast<std::int64_t>(effects.events().size() + effects.lost()));
  effects.clear();
}

void probe_pump(const PumpModel& model, const Prescription& p) {
  static_assert(sizeof(Pump) > 0);
  Pump pump{model};
  Effects out;
  const MotorReading reading{Instant{kept}, kept};
  const PrescriptionBytes bytes = encode(p);
  const RefillRecord fill{Volume{kept}, Volume{}, p.formulation};
  const Implantation setup{FluidPath{}, p.formulation, Ceilings{}, Volume{}, ClockOffset{}, fill};
  keep(pump.implant(reading, setup, bytes, out).has_value());
  keep(pump.refill(reading, fill, &bytes, out).has_value());
  keep(pump.prescribe(reading, bytes, out).has_value());
  keep(pump.stop(reading, out).has_value());
  keep(pump.resume(reading, out).has_value());
  keep(pump.set_ceilings(reading, Ceilings{}, out).has_value());
  pump.set_clock(reading, ClockOffset{kept}, out);
  keep(pump.request_bolus(reading, 1, out).volume);
  pump.wake(reading, out);
  pump.observe(reading, out);
  keep(pump.next_wake());
  keep(pump.status().flow);
  keep(row_of(pump.mode()).name);
  keep(pump.prescription() == p);
  keep(pump.front().path());
  keep(pump.gate().deviation());
  keep(pump.commanded());
  keep(pump.model() == model);
}

/// A memory of a page or two: the probe asks what is called, not what comes of it.
class ProbeMemory final : public Nvm {
 public:
  [[nodiscard]] Word read(std::uint32_t address) const override { return words_[address % words_.size()]; }
  bool program(std::uint32_t address, Word value) override {
    words_[address % words_.size()] = value;
    return true;
  }
  bool erase(std::uint32_t page) override { return page != 0; }

 private:
  std::array<Word, 2 * kPageWords> words_{};
};

void probe_memory(const PumpModel& model, const Prescription& p) {
  ProbeMemory memory;
  StoredPump pump{model, memory};
  Effects out;
  MotorReading reading{Instant{kept}, kept};
  reading = pump.boot({reading, kept != 0}, out);
  const PrescriptionBytes bytes = encode(p);
  const RefillRecord fill{Volume{kept}, Volume{}, p.formulation};
  const Implantation setup{FluidPath{}, p.formulation, Ceilings{}, Volume{}, ClockOffset{}, fill};
  keep(pump.implant(reading, setup, bytes, out).has_value());
  keep(pump.refill(reading, fill, &bytes, out).has_value());
  keep(pump.prescribe(reading, bytes, out).has_value());
  keep(pump.stop(reading, out).has_value());
  keep(pump.resume(reading, out).has_value());
  keep(pump.set_ceilings(reading, Ceilings{}, out).has_value());
  pump.set_clock(reading, ClockOffset{kept}, out);
  pump.acknowledge_alarms(reading, out);
  pump.acknowledge_journal(reading, 1, out);
  pump.magnetic_field(reading, true, out);
  keep(pump.request_bolus(reading, 1, out).volume);
  pump.wake(reading, out);
  pump.observe(reading, out);
  keep(pump.next_wake());
  keep(pump.status().flow);
  keep(pump.pump().commanded());
  keep(std::int64_t{pump.entries_told()});
  keep(std::int64_t{pump.store().generation()} + static_cast<std::int64_t>(pump.store().copies()));
  const Journal& journal = pump.journal();
  keep(journal.any());
  keep(std::int64_t{journal.oldest_page() + journal.newest_page()});
  keep(journal.read(0, 0).has_value());
  keep(journal.newest([](const JournalEntry& entry) { return entry.sequence == 7; }).has_value());
  keep(std::int64_t{journal.digest_of(0)[0]});
}

void probe() {
  PumpModel model;
  model.step = Volume{10 + kept};
  model.max_flow = FlowRate{1'000'000 + kept};
  Prescription p;
  p.number = static_cast<std::uint32_t>(kept);
  p.formulation.count = 1;
  probe_quantity();
  probe_print();
  probe_drug(p.formulation);
  probe_therapy(p, model);
  probe_catalogue();
  probe_parts_of_the_pump(model, p.formulation);
  probe_pump(model, p);
  probe_memory(model, p);
}

}  // namespace
}  // namespace theca

int main() {
  theca::probe();
  return 0;
}
