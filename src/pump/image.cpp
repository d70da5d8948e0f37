#include "pump/image.hpp"

namespace theca {
namespace {

template <class Io, class F>
void formulation(Io& io, F& fluid) {
  field(io, fluid.number);
  field(io, fluid.count, static_cast<std::uint8_t>(kMaxComponents));
  for (auto& part : fluid.components) {
    field(io, part.drug, DrugCode{UINT16_MAX});
    field(io, part.drug_class, DrugClass::kBoth);
    field(io, part.concentration);
  }
}

template <class Io, class S>
void safe_state(Io& io, S& state) {
  field(io, state.action, SafeAction::kEmergencyRate);
  field(io, state.emergency_rate);
}

template <class Io, class D>
void bolus_dose(Io& io, D& dose) {
  fields(io, dose.volume, dose.rate);
}

template <class Io, class T>
void train(Io& io, T& train) {
  fields(io, train.start, train.count, train.rate, train.units_per_step, train.phase);
}

/// Sums fields instead of writing them.
class Summer {
 public:
  static constexpr bool kReads = false;
  void put(std::uint64_t value, unsigned bytes) {
    packer_.put(value, bytes, [this](Word word) { sum_.add(word); });
  }
  std::uint32_t finish() {
    packer_.end([this](Word word) { sum_.add(word); });
    return sum_.value();
  }

 private:
  Crc32c sum_;
  WordPacker packer_;
};

/// The canonical bytes: what is stored is what was signed and what drives the motor (INV-11).
template <class Writer>
requires(!Writer::kReads) void prescription(Writer& writer, const Prescription& p) {
  const PrescriptionBytes bytes = encode(p);
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word = 0;
#pragma GCC unroll 8
    for (std::size_t i = 0; i < 8; ++i) word |= std::uint64_t{bytes[at + i]} << (8 * i);
    writer.put(word, 8);
  }
  for (; at < bytes.size(); ++at) writer.put(bytes[at], 1);
}
void prescription(RecordReader& reader, Prescription& p) {
  PrescriptionBytes bytes{};
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(reader.get(1));
  const auto decoded = decode(bytes);
  if (decoded) {
    p = *decoded;
  } else {
    reader.fail();
  }
}

/// An optional's flag; afterwards it holds a value to read into when the flag says so.
template <class Io, class O>
bool flag(Io& io, O& optional) {
  bool has = optional.has_value();
  field(io, has);
  if constexpr (Io::kReads) {
    optional.reset();
    if (has) optional = typename O::value_type{};
  }
  return has;
}

}  // namespace

template <class Io, class E>
void Image::engine(Io& io, E& engine) {
  fields(io, engine.now_, engine.earned_, engine.missed_, engine.commanded_, engine.train_made_,
         engine.basal_, engine.bolus_left_, engine.bolus_rate_, engine.running_, engine.halted_);
  train(io, engine.train_);
}

template <class Io, class W>
void Image::window(Io& io, W& window) {
  field(io, window.head_);
  for (auto& count : window.ring_) field(io, count);
  if constexpr (Io::kReads) {
    if (window.head_ < 0) return io.fail();
    window.sum_ = window.sum_ending_at(window.head_);
  }
}

template <class Io, class G>
void Image::gate(Io& io, G& gate) {
  window(io, gate.hour_);
  window(io, gate.day_);
  window(io, gate.thirty_days_);
  for (auto& left : gate.allowances_) field(io, left);
  fields(io, gate.running_, gate.passed_before_, gate.reported_offset_, gate.deviation_,
         gate.largest_deviation_, gate.counted_more_);
  train(io, gate.train_);
  field(io, gate.train_purpose_, TrainPurpose::kBridge);
}

template <class Io, class F>
void Image::front(Io& io, F& front) {
  field(io, front.path_);
  formulation(io, front.reservoir_);
  field(io, front.first_, kMaxFluids - 1);
  field(io, front.count_, kMaxFluids);
  // From the tip on; the places behind hold nothing that counts.
  for (std::size_t i = 0; i < front.count_; ++i) {
    auto& fluid = front.fluids_[front.place(i)];
    formulation(io, fluid.formulation);
    field(io, fluid.volume);
  }
  if constexpr (Io::kReads) {
    if (front.count_ == 0) io.fail();
  }
}

template <class Io, class P>
void Image::therapy(Io& io, P& pump) {
  prescription(io, pump.prescription_);
  if (flag(io, pump.next_)) prescription(io, *pump.next_);
}

template <class Io, class P>
void Image::delivery(Io& io, P& pump) {
  using Condition = Pump::Condition;
  engine(io, pump.engine_);
  gate(io, pump.gate_);
  auto alarms = pump.alarms_.bits();
  field(io, alarms);
  if constexpr (Io::kReads) pump.alarms_ = AlarmSet::of_bits(alarms);
  field(io, pump.clock_offset_.utc_ms_at_zero);
  field(io, pump.condition_, Condition::kExplanted);
  field(io, pump.stopped_from_, Condition::kExplanted);
  fields(io, pump.started_, pump.expired_, pump.next_starts_, pump.start_put_off_);
  field(io, pump.phase_, Pump::Phase::kBridge);
  fields(io, pump.phase_first_step_, pump.phase_last_step_, pump.segment_until_);
  if (flag(io, pump.bolus_)) {
    field(io, pump.bolus_->kind, BolusKind::kDuringBridge);
    bolus_dose(io, pump.bolus_->dose);
  }
  if (flag(io, pump.due_)) fields(io, pump.due_->identity, pump.due_->at);
  if (flag(io, pump.last_at_time_of_day_))
    fields(io, pump.last_at_time_of_day_->minute, pump.last_at_time_of_day_->at);
  for (auto& grant : pump.grants_.grants_) field(io, grant);
  field(io, pump.grants_.next_, kMaxAllotted - 1);
  field(io, pump.grants_.count_, kMaxAllotted);
  fields(io, pump.patients_bolus_, pump.patients_bolus_given_);
  fields(io, pump.extra_steps_, pump.pushed_steps_, pump.told_missed_, pump.tip_formulation_, pump.held_,
         pump.retry_at_, pump.retry_first_step_, pump.paused_until_, pump.newest_, pump.next_wake_);
  auto acknowledged = pump.acknowledged_.bits();
  field(io, acknowledged);
  if constexpr (Io::kReads) pump.acknowledged_ = AlarmSet::of_bits(acknowledged);
  fields(io, pump.unacknowledged_since_, pump.next_sound_, pump.reported_, pump.sensed_, pump.last_given_,
         pump.naive_, pump.in_field_, pump.field_since_, pump.supervised_until_, pump.lowered_until_,
         pump.battery_.calls_, pump.battery_.sound_ms_, pump.battery_.talk_ms_, pump.battery_.talking_since_,
         pump.battery_next_);
}

template <class Io, class P>
void Image::list(Io& io, P& pump, RecordId id) {
  switch (id) {
    case RecordId::kTherapy:
      return therapy(io, pump);
    case RecordId::kLimits:
      return fields(io, pump.ceilings_.hour, pump.ceilings_.day, pump.ceilings_.thirty_days,
                    pump.path_.tubing, pump.path_.catheter, pump.low_alarm_);
    case RecordId::kSafeStates:
      safe_state(io, pump.safe_in_reservoir_);
      safe_state(io, pump.safe_at_tip_);
      fields(io, pump.ending_.prescription, pump.ending_.utc_s);
      field(io, pump.ending_.fallback, Fallback::kSafeState);
      // The clock stands here and with what was delivered: without it nothing ends.
      return field(io, pump.clock_offset_.utc_ms_at_zero);
    case RecordId::kFluids:
      return front(io, pump.front_);
    case RecordId::kReservoir:
      return fields(io, pump.reservoir_.filled_, pump.reservoir_.steps_at_fill_, pump.reservoir_.filled_at_,
                    pump.reservoir_.has_sensed_, pump.reservoir_.wrong_from_fill_,
                    pump.reservoir_.last_sensed_, pump.reservoir_.steps_at_sense_, pump.reservoir_.accepted_);
    case RecordId::kDelivery:
      return delivery(io, pump);
    case RecordId::kKeeper:
      return;
  }
}

void Image::write(const Pump& pump, RecordWriter& writer) {
  for (const RecordId id : {RecordId::kTherapy, RecordId::kLimits, RecordId::kSafeStates, RecordId::kFluids,
                            RecordId::kReservoir, RecordId::kDelivery}) {
    writer.begin(id);
    list(writer, pump, id);
    writer.end();
  }
}

bool Image::read(Pump& pump, RecordId id, RecordReader reader) {
  list(reader, pump, id);
  return reader.finished();
}

void Image::complete(Pump& pump) {
  pump.gate_.set_ceilings(pump.ceilings_);
  pump.follow_clock();
  pump.follow_reservoir();
  pump.reckon_worst_day();
  pump.seal();
}

std::uint32_t Image::seal_of(const Pump& pump) {
  Summer sum;
  for (const RecordId id : {RecordId::kTherapy, RecordId::kLimits, RecordId::kSafeStates})
    list(sum, pump, id);
  return sum.finish();
}

}  // namespace theca
