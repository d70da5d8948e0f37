#include "pump/stored_pump.hpp"

#include <algorithm>

#include "pump/image.hpp"
#include "pump/record.hpp"
#include "pump/self_check.hpp"

namespace theca {
namespace {

/// What was delivered is told to the journal at least this often.
constexpr Duration kRoutineEntry = hours(6);
/// From here on the journal fills: the alarm. A fifth of 18 months is left (INV-9).
constexpr std::uint32_t kFilling = kJournalCapacity / 5 * 4;
/// The last places are for what is not routine.
constexpr std::uint32_t kReserved = 2 * kEntriesPerPage;

/// A generation that could not be written is tried again this often: each time erases pages.
constexpr Duration kKeepAgain = hours(6);

/// The pump holds what it keeps in RAM against its sum this often. All of it at once: a digest of 1.3 kB is
/// dear, and a week is short against the age at which a bit turns.
constexpr Duration kSelfLook = days(7);

/// What may come again and again: somebody who presses and presses, a motor that is tried each minute.
/// Neither may fill the journal, nor hide the other.
constexpr std::size_t kNoFlood = SIZE_MAX;
constexpr std::size_t flood_of(EventCode code) {
  switch (code) {
    case EventCode::kBolusRefused:
    case EventCode::kCommandRefused:
      return 0;
    case EventCode::kMotorHeld:
    case EventCode::kMotorRetried:
    case EventCode::kStepsMissed:
      return 1;
    case EventCode::kTelemetry:
      return 2;
    case EventCode::kAccess:
      return 3;
    default:
      return kNoFlood;
  }
}
constexpr bool is_routine(EventCode code) {
  return flood_of(code) != kNoFlood || code == EventCode::kDelivered;
}

/// What turned in RAM is read again from the newest generation; what came of it since is not known: the safe
/// state. False: nothing has turned.
bool mend(Pump& pump, const Store& store, Effects& out) {
  if (pump.intact()) return false;
  for (const RecordId id : {RecordId::kTherapy, RecordId::kLimits, RecordId::kSafeStates}) {
    for (std::size_t which = 0; which < kCopies; ++which) {
      const auto place = store.copy(which)[static_cast<std::size_t>(id)];
      if (place && Image::read(pump, id, RecordReader{store.memory(), *place})) break;
    }
  }
  Image::complete(pump);
  pump.mended(out);
  return true;
}

}  // namespace

// ---- one call -------------------------------------------------------------------------------------------

template <class Call>
void StoredPump::logged(CallKind kind, MotorReading reading, std::int64_t argument, Effects& out,
                        Call&& call) {
  const std::size_t first = out.events().size();
  const std::uint32_t sealed = pump_.sealed();
  call();
  follow_journal(out);
  // An observation that finds nothing leaves nothing that the next call would not bring about.
  if (kind == CallKind::kObserve && out.events().size() == first && out.motor == MotorOrder::kNone) return;
  // Once a change could not be kept, the calls after it say nothing without it: the journal alone tells,
  // until a generation can be written again.
  const bool told_alone = unwritable_ && pump_.now() < keep_again_at_;
  // What is set and seldom changes is mended from the newest generation (look_at_self): it must stand there.
  const bool in_the_log =
      !unwritable_ && pump_.sealed() == sealed && store_.log({kind, reading.now, reading.reported, argument});
  if (told_alone || in_the_log) {
    account(out, first);
  } else {
    keep(out, first);
  }
  out.did(Duty::kRemembered);
  look_after(out);
}

/// The change, and whose it was, are remembered together or not at all.
template <class Call>
CommandResult StoredPump::asked_for(const Asked& asked, Effects& out, Call&& call) {
  return kept(out, [&] {
    CommandResult result = call();
    if (result) took(asked, out);
    return result;
  });
}

/// With it the order that it stands in becomes the one that runs; a prescription that nobody signed has none.
template <class Call>
CommandResult StoredPump::prescribed(const Asked* asked, Effects& out, Call&& call) {
  return kept(out, [&] {
    const CommandResult result = call();
    if (!result) return result;
    order_ = asked != nullptr ? asked->order : Digest{};
    stopped_by_.reset();
    if (asked != nullptr) took(*asked, out);
    return result;
  });
}

void StoredPump::took(const Asked& asked, Effects& out) {
  ++sequence_;
  intent_ = asked.intent;
  out.tell(
      Event{pump_.now(), EventCode::kChangeTaken, static_cast<std::uint8_t>(asked.role), sequence_, intent_});
}

template <class Call>
auto StoredPump::kept(Effects& out, Call&& call) {
  const std::size_t first = out.events().size();
  mend(pump_, store_, out);  // a change seals what stands
  auto result = call();
  follow_journal(out);
  keep(out, first);
  out.did(Duty::kRemembered);
  look_after(out);
  return result;
}

/// Writes the whole state down; then the journal is told what led to it.
void StoredPump::keep(Effects& out, std::size_t first_event) {
  mend(pump_, store_, out);  // a turned bit that were written down would be what is mended from
  outbox_.clear();
  for (const Event& event : out.events().subspan(first_event)) outbox_.tell(event);
  const auto write = [&] {
    return store_.keep([&](RecordWriter& writer) {
      Image::write(pump_, writer);
      writer.begin(RecordId::kKeeper);
      keeper(writer, *this);
      writer.end();
    });
  };
  unwritable_ = write() == 0;
  if (unwritable_) keep_again_at_ = pump_.now() + kKeepAgain;
  const Alarm trouble = unwritable_ ? Alarm::kMemoryFault : Alarm::kMemoryRepaired;
  const bool whole = !unwritable_ && store_.copies() == kCopies;
  if (!whole && !pump_.status().alarms.has(trouble)) {
    const std::size_t before = out.events().size();
    pump_.raise_memory_alarm(trouble, out);
    for (const Event& event : out.events().subspan(before)) outbox_.tell(event);
    write();  // the alarm stands in what can still be written
  }
  account(outbox_, 0);
  out.did(Duty::kTold);
}

void StoredPump::account(Effects& out, std::size_t first_event) {
  out.did(Duty::kTold);
  for (const Event& event : out.events().subspan(first_event)) journal_entry(event);
  if (!pump_.implanted()) return;
  const std::int64_t bucket = pump_.now().raw() / kRoutineEntry.raw();
  if (bucket == delivered_bucket_) return;
  delivered_bucket_ = bucket;
  const std::int64_t commanded = pump_.commanded();
  journal_entry({pump_.now(), EventCode::kDelivered, 0, commanded, commanded + pump_.gate().deviation()});
}

/// Tells the journal, unless a power cut came after it was told. Whether there is room is reckoned from
/// counts alone, so that a call made again at boot comes to the same sequence.
void StoredPump::journal_entry(const Event& event) {
  const auto write = [&](const Event& told) {
    const JournalEntry entry{told_++, told};
    if (entry.sequence >= journal_.next_sequence()) journal_.append(entry, acknowledged_);
  };
  const std::uint32_t unread = told_ - acknowledged_;
  const bool room = unread < kJournalCapacity - (is_routine(event.code) ? kReserved : 0);
  if (!room || too_many(event)) {
    ++folded_;
    return;
  }
  if (folded_ > 0) {
    const std::uint32_t folded = folded_;
    folded_ = 0;
    write({pump_.now(), EventCode::kJournalFolded, 0, folded, 0});
  }
  write(event);
}

/// Of what floods, the first of an hour are told and the others counted.
bool StoredPump::too_many(const Event& event) {
  const std::size_t which = flood_of(event.code);
  if (which == kNoFlood) return false;
  Flood& flood = floods_[which];
  const std::int64_t hour = event.at.raw() / hours(1).raw();
  if (hour != flood.hour) flood = {hour, 0};
  return ++flood.told > kRepeatsAnHour;
}

void StoredPump::follow_journal(Effects& out) {
  const bool filling = told_ - acknowledged_ >= kFilling;
  if (filling) {
    pump_.raise_memory_alarm(Alarm::kJournalFilling, out);
  } else {
    pump_.clear_memory_alarm(Alarm::kJournalFilling, out);
  }
}

void StoredPump::look_after(Effects& out) {
  out.did(Duty::kLookedAfter);
  look_at_self(out);
  if (unwritable_ || !store_.scrub()) return;  // what cannot be written cannot be mended
  const std::size_t first = out.events().size();
  out.tell(Event{pump_.now(), EventCode::kMemoryRepaired, 0, 0, 0});
  pump_.raise_memory_alarm(Alarm::kMemoryRepaired, out);
  keep(out, first);
}

void StoredPump::look_at_self(Effects& out) {
  const std::int64_t look = pump_.now().raw() / kSelfLook.raw();
  if (look == looked_at_) return;
  looked_at_ = look;
  const std::size_t first = out.events().size();
  if (mend(pump_, store_, out)) keep(out, first);
}

// ---- boot -----------------------------------------------------------------------------------------------

template <class Io, class P>
void StoredPump::keeper(Io& io, P& pump) {
  fields(io, pump.told_, pump.acknowledged_, pump.folded_, pump.delivered_bucket_);
  field(io, pump.erasing_, static_cast<std::uint8_t>(kErasingAsked + kRoleCount - 1));
  fields(io, pump.looked_at_, pump.sequence_, pump.intent_, pump.last_request_, pump.keys_told_);
  field(io, pump.last_refusal_, Refusal{kRefusalCount - 1});
  for (auto& byte : pump.order_) field(io, byte);
  bool stopped = pump.stopped_by_.has_value();
  Role by = pump.stopped_by_.value_or(Role::kCardHolder);
  field(io, stopped);
  field(io, by, Role{kRoleCount - 1});
  if constexpr (Io::kReads) {
    pump.stopped_by_.reset();
    if (stopped) pump.stopped_by_ = by;
  }
  for (auto& flood : pump.floods_) fields(io, flood.hour, flood.told);
  auto count = static_cast<std::uint8_t>(pump.outbox_.events().size());
  field(io, count, static_cast<std::uint8_t>(Effects::kMostEvents));
  if constexpr (Io::kReads) {
    pump.outbox_.clear();
    for (std::uint8_t i = 0; i < count; ++i) {
      Event event;
      field(io, event.at);
      field(io, event.code, EventCode{kEventCodeCount - 1});
      fields(io, event.detail, event.value, event.value2);
      pump.outbox_.tell(event);
    }
  } else {
    for (const Event& event : pump.outbox_.events()) {
      field(io, event.at);
      field(io, event.code, EventCode{kEventCodeCount - 1});
      fields(io, event.detail, event.value, event.value2);
    }
  }
}

/// Reads each record from the first copy that has it whole.
StoredPump::Restored StoredPump::restore() {
  Restored restored;
  const auto read = [&](RecordId id) {
    bool done = false;
    for (std::size_t which = 0; which < kCopies; ++which) {
      const auto place = store_.copy(which)[static_cast<std::size_t>(id)];
      if (!place) {
        ++restored.damaged;
        continue;
      }
      if (done) continue;
      RecordReader reader{store_.memory(), *place};
      if (id == RecordId::kKeeper) {
        keeper(reader, *this);
        done = reader.finished();
      } else {
        done = Image::read(pump_, id, reader);
      }
    }
    return done;
  };
  restored.lost = {.therapy = !read(RecordId::kTherapy),
                   .limits = !read(RecordId::kLimits),
                   .safe_states = !read(RecordId::kSafeStates),
                   .fluids = !read(RecordId::kFluids),
                   .reservoir = !read(RecordId::kReservoir),
                   .delivery = !read(RecordId::kDelivery)};
  restored.lost.clock = restored.lost.safe_states && restored.lost.delivery;
  restored.keeper = read(RecordId::kKeeper);
  Image::complete(pump_);
  return restored;
}

void StoredPump::make_again(const LoggedCall& call) {
  Effects out;
  const MotorReading reading{call.now, call.reported};
  switch (call.kind) {
    case CallKind::kWake:
      pump_.wake(reading, out);
      break;
    case CallKind::kObserve:
      pump_.observe(reading, out);
      break;
    case CallKind::kRequest:
      request(reading, static_cast<std::uint32_t>(call.argument), out);
      break;
    case CallKind::kStop:
      (void)pump_.stop(reading, out);
      break;
    case CallKind::kResume:
      (void)pump_.resume(reading, out);
      break;
    case CallKind::kLower:
      (void)pump_.lower(reading, Duration{call.argument}, out);
      break;
    case CallKind::kCutBolus:
      (void)pump_.cut_bolus(reading, out);
      break;
    case CallKind::kAccess:
      pump_.observe(reading, out);
      tell_access(call.argument, out);
      break;
    case CallKind::kKeysChanged:
      pump_.observe(reading, out);
      tell_keys(call.argument, out);
      break;
    case CallKind::kKeysUnsafe:
      pump_.observe(reading, out);
      pump_.raise_memory_alarm(Alarm::kKeysUnsafe, out);
      break;
    case CallKind::kFirmware:
      pump_.observe(reading, out);
      tell_firmware(call.argument, out);
      break;
    case CallKind::kSetClock:
      pump_.set_clock(reading, ClockOffset{call.argument}, out);
      break;
    case CallKind::kAcknowledge:
      pump_.acknowledge_alarms(reading, out);
      break;
    case CallKind::kJournalRead:
      journal_read(static_cast<std::uint32_t>(call.argument), out);
      break;
    case CallKind::kField:
      pump_.magnetic_field(reading, call.argument != 0, out);
      break;
    case CallKind::kTelemetry:
      pump_.telemetry(reading, static_cast<Telemetry>(call.argument), out);
      break;
    case CallKind::kSense:
      pump_.sense_volume(reading, Volume{call.argument}, out);
      break;
  }
  follow_journal(out);
  account(out, 0);
}

MotorReading StoredPump::boot(const PowerReturn& power, Effects& out) {
  const Store::Found found = store_.find();
  journal_.open();
  if (found == Store::Found::kBlank && !journal_.any()) {
    keep(out, 0);
    return power.kept ? power.reading : MotorReading{};
  }
  Restored restored;
  bool told_all = false;
  if (found == Store::Found::kState) {
    restored = restore();
    if (!restored.lost.any() && restored.keeper) {
      account(outbox_, 0);
      told_all = store_.replay([&](const LoggedCall& call) { make_again(call); });
      restored.damaged += store_.mended();
    }
  } else {
    restored.lost = {true, true, true, true, true, true, true};
  }
  // A journal that knows more than the calls do has seen calls that are gone.
  if (!told_all || told_ < journal_.next_sequence()) {
    StillKnown known = still_known(restored);
    if (power.kept) known.reading = power.reading;
    LostRecords& lost = restored.lost;
    // The state of an older prescription than the one that ran says nothing of it.
    const std::uint32_t kept = std::max(lost.therapy ? 0 : pump_.prescription().number,
                                        lost.safe_states ? 0 : pump_.ending().prescription);
    restored.older = !lost.ending() && known.prescription > kept;
    if (restored.older) lost.therapy = lost.safe_states = lost.fluids = lost.limits = true;
    if (restored.older && restored.keeper && refilled_since(told_)) lost.reservoir = true;
    const Standstill stands = standstill(restored);
    lost.delivery = true;  // what came of the calls since is not known
    told_ = std::max(told_, journal_.next_sequence());
    // A change that the journal knows of was taken: it is neither counted nor taken once more.
    const auto last = journal_.newest(
        [](const JournalEntry& entry) { return entry.event.code == EventCode::kChangeTaken; });
    if (last && last->event.value > sequence_) {
      sequence_ = static_cast<std::uint32_t>(last->event.value);
      intent_ = static_cast<std::uint32_t>(last->event.value2);
    }
    pump_.salvage(restored.lost, known, stands, out);
    if (stands == Standstill::kMotorOff || motor_power_went())
      pump_.raise_memory_alarm(Alarm::kOverDelivery, out);
  }
  PowerReturn told = power;
  told.failed_tests = static_cast<std::uint8_t>(told.failed_tests | failed_parts(self_checks()));
  const MotorReading from = pump_.power_returned(told, out);
  if (restored.damaged > 0 && !restored.lost.any()) {
    out.tell(Event{pump_.now(), EventCode::kMemoryRepaired, 0, restored.damaged, 0});
    pump_.raise_memory_alarm(Alarm::kMemoryRepaired, out);
  }
  keep(out, 0);
  if (restored.keeper && erasing_ != 0) finish_erasing(out);
  return from;
}

/// Did a physician stop the pump, or did it take the motor's power away? Neither ends because records are
/// lost.
Standstill StoredPump::standstill(const Restored& restored) {
  Standstill stands = restored.lost.delivery || restored.older ? Standstill::kNone : pump_.standstill();
  store_.replay([&](const LoggedCall& call) {
    if (restored.older) return;
    if (call.kind == CallKind::kStop && stands == Standstill::kNone) stands = Standstill::kStopped;
    if (call.kind == CallKind::kResume && stands == Standstill::kStopped) stands = Standstill::kNone;
  });
  const auto says = [](EventCode code) {
    return code == EventCode::kImplanted || code == EventCode::kPrescriptionStarted ||
           code == EventCode::kResumed || code == EventCode::kStopped || code == EventCode::kExplanted ||
           code == EventCode::kSecretsErased;
  };
  const auto life = journal_.newest([&](const JournalEntry& entry) { return says(entry.event.code); });
  if (life && life->event.code == EventCode::kExplanted) return Standstill::kExplanted;
  if (life && life->event.code == EventCode::kSecretsErased) return Standstill::kNotImplanted;
  if (motor_power_went()) return Standstill::kMotorOff;
  return life && life->event.code == EventCode::kStopped ? Standstill::kStopped : stands;
}

bool StoredPump::motor_power_went() const {
  return journal_
      .newest([](const JournalEntry& entry) { return entry.event.code == EventCode::kMotorPowerOff; })
      .has_value();
}

/// Did a fill begin that the records do not know of?
bool StoredPump::refilled_since(std::uint32_t told) const {
  const auto fill = journal_.newest([](const JournalEntry& entry) {
    return entry.event.code == EventCode::kRefilled || entry.event.code == EventCode::kImplanted;
  });
  return fill && fill->sequence >= told;
}

/// The newest entry with this code about this patient.
std::optional<JournalEntry> StoredPump::newest_since_implanted(EventCode code) const {
  const auto entry = journal_.newest([code](const JournalEntry& one) {
    return one.event.code == code || one.event.code == EventCode::kImplanted;
  });
  return entry && entry->event.code == code ? entry : std::nullopt;
}

StillKnown StoredPump::still_known(const Restored& restored) const {
  StillKnown known{.reading = {pump_.now(), pump_.commanded()}, .prescription = 0, .safe_rate = {}};
  MotorReading& reading = known.reading;
  if (const auto last = journal_.newest([](const JournalEntry&) { return true; }))
    reading.now = std::max(reading.now, last->event.at);
  if (const auto last = journal_.newest(
          [](const JournalEntry& entry) { return entry.event.code == EventCode::kDelivered; }))
    reading.reported = std::max(reading.reported, last->event.value);
  if (const auto start = newest_since_implanted(EventCode::kPrescriptionStarted)) {
    known.prescription = static_cast<std::uint32_t>(start->event.value);
    known.safe_rate = FlowRate{start->event.value2};
    const auto end = newest_since_implanted(EventCode::kExpired);
    if (end && end->sequence > start->sequence) known.expired = Fallback{end->event.detail};
  }
  if (const auto clock = newest_since_implanted(EventCode::kClockSet)) {
    known.clock = ClockOffset{clock->event.value};
    known.clock_is_newer = restored.keeper && clock->sequence >= told_;
  }
  return known;
}

// ---- the calls ------------------------------------------------------------------------------------------

CommandResult StoredPump::implant(MotorReading reading, const Implantation& setup,
                                  const PrescriptionBytes& prescription, Effects& out, const Asked* asked) {
  return prescribed(asked, out, [&] { return pump_.implant(reading, setup, prescription, out); });
}

CommandResult StoredPump::refill(MotorReading reading, const RefillRecord& refill,
                                 const PrescriptionBytes* with, Effects& out, const Asked* asked) {
  const auto call = [&] { return pump_.refill(reading, refill, with, out); };
  if (with != nullptr) return prescribed(asked, out, call);
  return asked == nullptr ? kept(out, call) : asked_for(*asked, out, call);
}

CommandResult StoredPump::prescribe(MotorReading reading, const PrescriptionBytes& bytes, Effects& out,
                                    const Ceilings* ceilings, const Asked* asked) {
  return prescribed(asked, out, [&] { return pump_.prescribe(reading, bytes, out, ceilings); });
}

CommandResult StoredPump::set_ceilings(MotorReading reading, const Ceilings& ceilings, Effects& out) {
  return kept(out, [&] { return pump_.set_ceilings(reading, ceilings, out); });
}

CommandResult StoredPump::revise(MotorReading reading, const Revision& revision,
                                 const PrescriptionBytes& prescription, Effects& out, const Asked* asked) {
  return prescribed(asked, out, [&] { return pump_.revise(reading, revision, prescription, out); });
}

CommandResult StoredPump::explant(MotorReading reading, Effects& out, const Asked* asked) {
  const auto call = [&] { return pump_.explant(reading, out); };
  return asked == nullptr ? kept(out, call) : asked_for(*asked, out, call);
}

/// First the state without the patient counts, with a mark that the rest is to go; then the rest goes.
CommandResult StoredPump::erase_secrets(MotorReading reading, std::uint32_t entries, Effects& out,
                                        const Asked* asked) {
  pump_.wake(reading, out);
  const Refusal refusal = pump_.implanted()  ? Refusal::kNotExplanted
                          : entries != told_ ? Refusal::kJournalUnread
                                             : Refusal::kNone;
  if (refusal != Refusal::kNone) {
    return kept(out, [&]() -> CommandResult {
      out.tell(Event{pump_.now(), EventCode::kCommandRefused, static_cast<std::uint8_t>(refusal), 0, 0});
      CommandFailure failure;
      failure.refusal = refusal;
      return std::unexpected(failure);
    });
  }
  pump_.forget();
  acknowledged_ = told_;
  folded_ = 0;
  floods_ = {};
  order_ = {};
  stopped_by_.reset();
  erasing_ = kErasing;
  if (asked != nullptr) {
    ++sequence_;
    intent_ = asked->intent;
    erasing_ = static_cast<std::uint8_t>(kErasingAsked + static_cast<std::uint8_t>(asked->role));
  }
  keep(out, out.events().size());
  finish_erasing(out);
  out.did(Duty::kRemembered);
  look_after(out);
  return {};
}

void StoredPump::finish_erasing(Effects& out) {
  journal_.wipe();
  const std::size_t first = out.events().size();
  // Whose change it was, and that it was one, tells nothing of the patient.
  if (erasing_ >= kErasingAsked)
    out.tell(Event{pump_.now(), EventCode::kChangeTaken, static_cast<std::uint8_t>(erasing_ - kErasingAsked),
                   sequence_, intent_});
  erasing_ = 0;
  // What outlives every patient stands in the journal as well, should the records be lost.
  const std::int64_t commanded = pump_.commanded(), reported = commanded + pump_.gate().deviation();
  out.tell(Event{pump_.now(), EventCode::kSecretsErased, 0, 0, 0});
  out.tell(Event{pump_.now(), EventCode::kDelivered, 0, commanded, reported});
  if (pump_.status().alarms.has(Alarm::kOverDelivery))
    out.tell(Event{pump_.now(), EventCode::kMotorPowerOff, 0, commanded, reported});
  keep(out, first);  // over the slots and the log of the last generation that knew the patient
}

CommandResult StoredPump::stop(MotorReading reading, Effects& out, const Asked* asked) {
  if (asked != nullptr) {
    const bool stood = pump_.standstill() == Standstill::kStopped;
    return asked_for(*asked, out, [&] {
      const CommandResult result = pump_.stop(reading, out);
      if (result && !stood) stopped_by_ = asked->role;  // who stopped it first may let it go on
      return result;
    });
  }
  CommandResult result;
  logged(CallKind::kStop, reading, 0, out, [&] { result = pump_.stop(reading, out); });
  return result;
}

CommandResult StoredPump::resume(MotorReading reading, Effects& out, const Asked* asked) {
  if (asked != nullptr) {
    return asked_for(*asked, out, [&] {
      const CommandResult result = pump_.resume(reading, out);
      if (result) stopped_by_.reset();
      return result;
    });
  }
  CommandResult result;
  logged(CallKind::kResume, reading, 0, out, [&] { result = pump_.resume(reading, out); });
  return result;
}

void StoredPump::set_clock(MotorReading reading, ClockOffset offset, Effects& out, const Asked* asked) {
  if (asked != nullptr) {
    (void)asked_for(*asked, out, [&]() -> CommandResult {
      return pump_.set_clock(reading, offset, out), CommandResult{};
    });
    return;
  }
  const std::size_t first = out.events().size();
  if (mend(pump_, store_, out)) keep(out, first);  // another clock seals what stands
  logged(CallKind::kSetClock, reading, offset.utc_ms_at_zero, out,
         [&] { pump_.set_clock(reading, offset, out); });
}

void StoredPump::acknowledge_alarms(MotorReading reading, Effects& out, const Asked* asked) {
  if (asked != nullptr) {
    (void)asked_for(*asked, out, [&]() -> CommandResult {
      return pump_.acknowledge_alarms(reading, out), CommandResult{};
    });
    return;
  }
  logged(CallKind::kAcknowledge, reading, 0, out, [&] { pump_.acknowledge_alarms(reading, out); });
}

void StoredPump::magnetic_field(MotorReading reading, bool present, Effects& out) {
  logged(CallKind::kField, reading, present ? 1 : 0, out,
         [&] { pump_.magnetic_field(reading, present, out); });
}

void StoredPump::sense_volume(MotorReading reading, Volume sensed, Effects& out) {
  logged(CallKind::kSense, reading, sensed.raw(), out, [&] { pump_.sense_volume(reading, sensed, out); });
}

void StoredPump::telemetry(MotorReading reading, Telemetry what, Effects& out) {
  logged(CallKind::kTelemetry, reading, static_cast<std::int64_t>(what), out,
         [&] { pump_.telemetry(reading, what, out); });
}

void StoredPump::acknowledge_journal(MotorReading reading, std::uint32_t entries, Effects& out,
                                     const Asked* asked) {
  if (asked != nullptr) {
    (void)asked_for(*asked, out,
                    [&]() -> CommandResult { return journal_read(entries, out), CommandResult{}; });
    return;
  }
  logged(CallKind::kJournalRead, reading, entries, out, [&] { journal_read(entries, out); });
}

void StoredPump::journal_read(std::uint32_t entries, Effects& out) {
  const std::uint32_t before = acknowledged_;
  acknowledged_ = std::max(acknowledged_, std::min(entries, told_));
  if (acknowledged_ == before) return;
  out.tell(Event{pump_.now(), EventCode::kJournalAcknowledged, 0, acknowledged_, 0});
}

BolusAnswer StoredPump::request_bolus(MotorReading reading, std::uint32_t number, Effects& out) {
  BolusAnswer answer;
  logged(CallKind::kRequest, reading, number, out, [&] { answer = request(reading, number, out); });
  return answer;
}

BolusAnswer StoredPump::request(MotorReading reading, std::uint32_t number, Effects& out) {
  const BolusAnswer answer = pump_.request_bolus(reading, number, out);
  last_request_ = number;
  last_refusal_ = answer.refusal;
  return answer;
}

CommandResult StoredPump::lower(MotorReading reading, Duration hold, Effects& out) {
  CommandResult result;
  logged(CallKind::kLower, reading, hold.raw(), out, [&] { result = pump_.lower(reading, hold, out); });
  return result;
}

CommandResult StoredPump::cut_bolus(MotorReading reading, Effects& out, const Asked* asked) {
  if (asked != nullptr) return asked_for(*asked, out, [&] { return pump_.cut_bolus(reading, out); });
  CommandResult result;
  logged(CallKind::kCutBolus, reading, 0, out, [&] { result = pump_.cut_bolus(reading, out); });
  return result;
}

void StoredPump::access(MotorReading reading, Role role, std::uint32_t certificate, Effects& out) {
  const auto argument =
      static_cast<std::int64_t>(std::uint64_t{certificate} << 8 | static_cast<std::uint8_t>(role));
  logged(CallKind::kAccess, reading, argument, out, [&] {
    pump_.observe(reading, out);
    tell_access(argument, out);
  });
}

void StoredPump::tell_access(std::int64_t argument, Effects& out) {
  out.tell(Event{pump_.now(), EventCode::kAccess, static_cast<std::uint8_t>(argument), argument >> 8, 0});
}

void StoredPump::keys_changed(MotorReading reading, KeyChange what, std::uint32_t certificate,
                              std::uint32_t number, Effects& out) {
  const auto argument =
      static_cast<std::int64_t>(std::uint64_t{number & kKeyChangesMask} << 40 |
                                std::uint64_t{certificate} << 8 | static_cast<std::uint8_t>(what));
  logged(CallKind::kKeysChanged, reading, argument, out, [&] {
    pump_.observe(reading, out);
    tell_keys(argument, out);
  });
}

void StoredPump::tell_keys(std::int64_t argument, Effects& out) {
  keys_told_ = static_cast<std::uint32_t>(argument >> 40);
  out.tell(Event{pump_.now(), EventCode::kKeysChanged, static_cast<std::uint8_t>(argument),
                 argument >> 8 & UINT32_MAX, std::int64_t{keys_told_}});
}

void StoredPump::keys_unsafe(MotorReading reading, Effects& out) {
  logged(CallKind::kKeysUnsafe, reading, 0, out, [&] {
    pump_.observe(reading, out);
    pump_.raise_memory_alarm(Alarm::kKeysUnsafe, out);
  });
}

/// `version` has 24 bits.
void StoredPump::firmware(MotorReading reading, FirmwareStage stage, std::uint32_t certificate,
                          std::uint32_t version, Effects& out) {
  const auto argument = static_cast<std::int64_t>(
      std::uint64_t{version} << 40 | std::uint64_t{certificate} << 8 | static_cast<std::uint8_t>(stage));
  logged(CallKind::kFirmware, reading, argument, out, [&] {
    pump_.observe(reading, out);
    tell_firmware(argument, out);
  });
}

void StoredPump::tell_firmware(std::int64_t argument, Effects& out) {
  const auto bits = static_cast<std::uint64_t>(argument);
  out.tell(Event{pump_.now(), EventCode::kFirmware, static_cast<std::uint8_t>(bits),
                 static_cast<std::uint32_t>(bits >> 8), static_cast<std::int64_t>(bits >> 40)});
}

void StoredPump::wake(MotorReading reading, Effects& out) {
  logged(CallKind::kWake, reading, 0, out, [&] { pump_.wake(reading, out); });
}

void StoredPump::observe(MotorReading reading, Effects& out) {
  logged(CallKind::kObserve, reading, 0, out, [&] { pump_.observe(reading, out); });
}

}  // namespace theca
