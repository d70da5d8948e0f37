#pragma once
/// The whole device: the pump, and the link through which people change it. The only place where a message
/// becomes a call of the pump. Sans-IO: who calls brings frames from the radio and the coil, the time and
/// what the step sensor counts, and carries away frames and the pump's effects.
///
/// What is not from somebody who has shown who he is gets no answer at all, and changes nothing but the
/// gate's own counts.

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "implant/acceptance.hpp"
#include "implant/authorisation.hpp"
#include "implant/keyring.hpp"
#include "implant/offering.hpp"
#include "implant/random_source.hpp"
#include "implant/twin_pages.hpp"
#include "implant/update.hpp"
#include "link/back_off.hpp"
#include "link/energy_ledger.hpp"
#include "link/message.hpp"
#include "link/opening.hpp"
#include "link/session.hpp"
#include "link/transfer.hpp"
#include "link/wake_gate.hpp"
#include "pump/stored_pump.hpp"

namespace theca {

/// What a call sends: at most one frame each way.
struct Air {
  std::optional<link::Frame> radio, coil;
};

/// What the implant counts about its link, for whoever judges it.
struct LinkCounts {
  std::int64_t frames = 0;      // that reached the receiver while it listened
  std::int64_t gate_looks = 0;  // of which the wake gate looked at
  std::int64_t handshakes = 0;  // for which arithmetic on curves was begun
  std::int64_t sessions = 0;    // in which somebody showed who he is
  std::int64_t commands = 0;    // that were answered
};

template <link::Crypto C>
class Implant {
 public:
  /// `vendor`: whose firmware it takes; nobody's unless said. `running`: what the boot stage has started.
  Implant(const PumpModel& model, Nvm& nvm, RandomSource& random, const link::Vendor& vendor = {},
          link::Program running = link::Program::kMade)
      : pump_(model, nvm),
        keyring_store_(nvm),
        orders_(nvm, kOrderPage),
        random_(random),
        ledger_(link::link_allowance(model.battery.capacity)),
        vendor_(vendor),
        update_(nvm, vendor, running) {}
  Implant(const Implant&) = delete;
  Implant& operator=(const Implant&) = delete;

  /// To be called once, first. A blank memory gets an identity of its own.
  MotorReading boot(const PowerReturn& power, Effects& out) {
    const MotorReading from = pump_.boot(power, out);
    update_.boot(from.now);
    const auto found = keyring_store_.load(keyring_);
    bool open = found == KeyringStore::Found::kGood;
    if (found == KeyringStore::Found::kBlank) open = make_identity();
    if (open) {
      ++keyring_.boots;
      keyring_.time.goes_on_from(from.now);
      keyring_.transfer.begun = std::min(keyring_.transfer.begun, from.now);
      open = keyring_store_.keep(keyring_);
    }
    if (open && keyring_.erasing != 0) end_erasing();
    shut_ = !open;
    own_public_ = C::public_of(keyring_.secret);
    id_ = link::short_id<C>(own_public_);
    load_running_order();
    renew_gates(from.now);
    ledger_.begin(from.now);
    if (shut_) pump_.keys_unsafe(from, out);
    if (!shut_ && (keyring_.changes & StoredPump::kKeyChangesMask) != pump_.keys_told()) tell_keys(from, out);
    tell_update(from, out);
    return from;
  }

  // ---- the board: what the pump is called with -----------------------------------------------------------
  [[nodiscard]] StoredPump& stored() { return pump_; }
  [[nodiscard]] const StoredPump& stored() const { return pump_; }
  /// Motor, memory and clock were tested after a start: a program on trial stays, or goes.
  void self_tested(MotorReading reading, bool passed, Effects& out) {
    update_.self_tested(passed, therapy());
    tell_update(reading, out);
  }
  /// To be started anew, by boot_stage(), when the motor stands between two trains.
  [[nodiscard]] bool restart_wanted() const { return update_.restart_wanted(); }

  // ---- the link ------------------------------------------------------------------------------------------
  /// The coil's field comes or goes. With it comes a number that opens the gate once.
  void field(MotorReading reading, bool there, Effects& out, Air& air) {
    if (there == field_) return;
    listened(reading.now);
    field_ = there;
    if (session_) session_->field(reading.now, there);
    if (!there) {
      drop_number();
      return;
    }
    back_off_.field_comes();
    end_promise(reading.now);
    renew_gates(reading.now);
    new_number(air);  // whoever comes near may take the place of who was here
    look(reading, out, air);
  }

  /// Something was heard. Without the coil's field the receiver is off, but for a session that lives.
  void radio(MotorReading reading, link::Bytes bytes, Effects& out, Air& air) {
    look(reading, out, air);
    if (shut_ || (!field_ && !session_)) return;
    if (!ledger_.pay(reading.now, link::kEnergyCosts.byte * std::int64_t(bytes.size()), field_)) return;
    ++counts_.frames;
    const auto frame = link::frame_of(bytes);
    if (!frame) return;
    if (frame->type == link::FrameType::kFirst && field_) first(reading, frame->body, out, air);
    if (frame->type == link::FrameType::kToImplant && session_) record(reading, frame->body, out, air);
  }

  /// Something was said by coil, by somebody without a key: what it may ask the table says.
  void coil(MotorReading reading, link::Bytes bytes, Effects& out, Air& air) {
    look(reading, out, air);
    const auto frame = link::frame_of(bytes);
    if (!field_ || !frame || frame->type != link::FrameType::kAsked) return;
    const auto message = link::message_of(frame->body);
    if (!message || reading.now < coil_listens_at_) return;
    coil_listens_at_ = reading.now + kCoilPause;
    const link::Plain answer = answered(reading, *message, Caller{.role = Role::kEmergency}, out);
    air.coil = link::Frame{link::FrameType::kTold, answer.bytes()};
  }

  /// What time alone ends.
  void look(MotorReading reading, Effects& out, Air& air) {
    listened(reading.now);
    if (offering_.too_old(reading.now)) offering_.expire();
    update_.look(reading.now);
    tell_update(reading, out);
    if (!session_) return;
    session_->look(reading.now);
    // Whoever does not go on has not heard the answer, and calls again: with a number that opens.
    const bool unheard = !ready_ && reading.now - opened_at_ > kReadyWithin;
    if (!session_->alive() || unheard) end_session(reading, out, air);
  }

  // ---- what it knows -------------------------------------------------------------------------------------
  [[nodiscard]] const link::Key& public_key() const { return own_public_; }
  [[nodiscard]] const link::ShortId& id() const { return id_; }
  /// Printed on the card of the pack at manufacture, and nowhere else.
  [[nodiscard]] const link::Key& card() const { return keyring_.card; }
  [[nodiscard]] Paired paired() const { return keyring_.paired; }
  [[nodiscard]] std::uint32_t epoch() const { return keyring_.epoch; }
  /// How often its keys have changed.
  [[nodiscard]] std::uint32_t key_changes() const { return keyring_.changes; }
  [[nodiscard]] bool shut() const { return shut_; }
  [[nodiscard]] bool in_session() const { return session_.has_value() && ready_; }
  [[nodiscard]] const LinkCounts& counts() const { return counts_; }
  [[nodiscard]] const link::EnergyLedger& ledger() const { return ledger_; }
  [[nodiscard]] DeviceState state() const {
    const Pump& pump = pump_.pump();
    if (keyring_.paired == Paired::kNo) return DeviceState::kUnpaired;
    switch (pump.standstill()) {
      case Standstill::kNotImplanted:
        return DeviceState::kShelf;
      case Standstill::kExplanted:
        return DeviceState::kExplanted;
      case Standstill::kStopped:
        return DeviceState::kStopped;
      case Standstill::kMotorOff:
        return DeviceState::kMotorOff;
      case Standstill::kNone:
        break;
    }
    return pump.mode() == Mode::kSafeState ? DeviceState::kSafeState : DeviceState::kDelivering;
  }

 private:
  /// Who speaks without a key is heard so often.
  static constexpr Duration kCoilPause = seconds(1);
  /// Somebody whose call was answered shows in this time who he is.
  static constexpr Duration kReadyWithin = seconds(2);
  /// A promise to another clinic lasts so long; one by the registry begins to count after a day, in which the
  /// patient's programmer shows it and may refuse it.
  static constexpr Duration kPromiseLasts = days(30), kCoolingOff = hours(24);
  /// Break-glass in a pump whose order nobody can read.
  static constexpr Duration kUsualHold = hours(4);

  /// Whose secret opened the gate.
  enum class Slot : std::uint8_t { kCard = 0, kClinic, kNewClinic, kPatient, kNewPatient };
  static constexpr std::size_t kSlots = 5;
  static constexpr bool is_clinics(Slot slot) { return slot == Slot::kClinic || slot == Slot::kNewClinic; }
  static constexpr bool is_patients(Slot slot) { return slot == Slot::kPatient || slot == Slot::kNewPatient; }

  struct Caller {
    Slot slot = Slot::kCard;
    Role role = Role::kCardHolder;
    std::uint32_t serial = 0;
    bool reads_only = false;   // a certificate that names no implant
    bool raises_only = false;  // one that is over by an older epoch's clocks
  };

  // ---- keys
  // ------------------------------------------------------------------------------------------------
  bool make_identity() {
    const auto secret = random_.template draw<link::kKeyBytes>();
    const auto card = random_.template draw<link::kKeyBytes>();
    if (!secret || !card) return false;
    keyring_ = Keyring{};
    keyring_.secret = *secret;
    keyring_.card = *card;
    return true;
  }

  /// A promise that was not kept in time is none; but one whose heir has come is for good.
  [[nodiscard]] Promise promised(Instant now) const {
    const bool over = keyring_.paired == Paired::kYes && now - keyring_.transfer.begun > kPromiseLasts;
    return over ? Promise::kNobody : keyring_.transfer.promise;
  }
  /// Once its time is over it is forgotten, so that a clock that is lost does not bring it back.
  void end_promise(Instant now) {
    if (keyring_.transfer.promise == promised(now)) return;
    Keyring next = keyring_;
    next.transfer = {};
    if (keyring_store_.keep(next)) keyring_ = next;
  }
  [[nodiscard]] Duration heir_waits(Instant now) const {
    if (promised(now) != Promise::kByRegistry) return {};
    return std::max(Duration{}, keyring_.transfer.begun + kCoolingOff - now);
  }
  [[nodiscard]] std::optional<link::Key> card_secret(Instant now) const {
    switch (promised(now)) {
      case Promise::kByClinic:
        return keyring_.transfer.secret;
      case Promise::kByRegistry:
        if (heir_waits(now) == Duration{}) return keyring_.card;
        return std::nullopt;
      case Promise::kNobody:
        break;
    }
    if (keyring_.paired != Paired::kYes) return keyring_.card;
    return std::nullopt;
  }
  [[nodiscard]] std::optional<link::Key> secret_of(Slot slot, Instant now) const {
    const SharedSecret& shared = is_patients(slot) ? keyring_.patient : keyring_.clinic;
    switch (slot) {
      case Slot::kCard:
        return card_secret(now);
      case Slot::kClinic:
      case Slot::kPatient:
        if (shared.any) return shared.now;
        break;
      case Slot::kNewClinic:
      case Slot::kNewPatient:
        if (shared.renewed) return shared.next;
        break;
    }
    return std::nullopt;
  }
  void renew_gates(Instant now) {
    for (std::size_t i = 0; i < kSlots; ++i) {
      gates_[i].reset();
      if (const auto secret = secret_of(static_cast<Slot>(i), now)) gates_[i].emplace(*secret);
    }
    if (number_) expect(*number_);
  }
  [[nodiscard]] link::CertificateNow certificate_now(Instant now) const {
    return {keyring_.clinic_key, id_, keyring_.epoch, keyring_.time.least(now)};
  }
  /// The keyring with a change that stands in the journal. False: the memory does not take it, and all stays.
  bool change_keys(MotorReading reading, Keyring next, KeyChange what, std::uint32_t by, Effects& out) {
    ++next.changes;
    next.newest = what;
    next.newest_by = by;
    if (!keyring_store_.keep(next)) return false;
    keyring_ = next;
    renew_gates(reading.now);
    tell_keys(reading, out);
    return true;
  }
  void tell_keys(MotorReading reading, Effects& out) {
    pump_.keys_changed(reading, keyring_.newest, keyring_.newest_by, keyring_.changes, out);
  }

  // ---- the coil's number
  // -----------------------------------------------------------------------------------
  void expect(const link::NearFieldNonce& number) {
    for (auto& gate : gates_) {
      if (gate) gate->expect(number);
    }
  }
  void drop_number() {
    number_.reset();
    for (auto& gate : gates_) {
      if (gate) gate->close();
    }
  }
  void new_number(Air& air) {
    drop_number();
    if (shut_) return;
    number_ = random_.template draw<sizeof(link::NearFieldNonce)>();
    if (!number_) return;  // no number, no session
    expect(*number_);
    air.coil = link::Frame{link::FrameType::kNonce, *number_};
  }

  // ---- energy
  // ---------------------------------------------------------------------------------------------
  /// The receiver listened since the last look, as long as the field was there; of a session the pump's own
  /// battery count knows.
  void listened(Instant now) {
    const Duration time = now - listened_until_;
    listened_until_ = now;
    if (!field_ || session_ || time <= Duration{}) return;
    const Charge cost{link::kEnergyCosts.listening_second.raw() * time.raw() / 1'000};
    ledger_.pay(now, cost, true);
  }

  // ---- opening a session
  // -----------------------------------------------------------------------------------
  /// All secrets are tried, whether one has opened or not.
  std::optional<Slot> through_the_gate(link::Bytes body, link::Bytes& message, Instant now) {
    std::optional<Slot> opened;
    ++counts_.gate_looks;
    for (std::size_t i = 0; i < kSlots; ++i) {
      // A promise may have ended while the coil lay there.
      if (!gates_[i] || !secret_of(static_cast<Slot>(i), now)) continue;
      if (const auto admitted = gates_[i]->admit(body)) {
        opened = static_cast<Slot>(i);
        message = *admitted;
      }
    }
    return opened;
  }

  void first(MotorReading reading, link::Bytes body, Effects& out, Air& air) {
    if (!number_ || !back_off_.listens(reading.now)) return;
    const link::NearFieldNonce number = *number_;
    link::Bytes message;
    ledger_.pay(reading.now, link::kEnergyCosts.look, field_);
    const auto slot = through_the_gate(body, message, reading.now);
    if (!slot) return back_off_.failed(reading.now);
    drop_number();
    // A secret that opens the gate may be stolen: who has no certificate beside it ends nobody's session, and
    // waits as if he had none.
    if (shake(reading, *slot, number, message, out, air)) return back_off_.opened();
    back_off_.failed(reading.now);
    new_number(air);
  }

  bool shake(MotorReading reading, Slot slot, const link::NearFieldNonce& number, link::Bytes message,
             Effects& out, Air& air) {
    ++counts_.handshakes;
    ledger_.pay(reading.now, link::kEnergyCosts.handshake, field_);
    const auto ephemeral = random_.template draw<link::kKeyBytes>();
    if (!ephemeral) return false;
    const auto prologue = link::prologue_of(number);
    link::Handshake<C> handshake{link::kIkPsk2, link::Side::kResponder, prologue,
                                 link::Keys{keyring_.secret, *ephemeral, std::nullopt,
                                            link::session_psk<C>(*secret_of(slot, reading.now), number)}};
    std::array<std::uint8_t, link::kWireBytes<link::FirstPayload>> payload{};
    const auto length = handshake.read(message, payload);
    if (!length || *length != payload.size()) return false;
    const auto caller =
        who(slot, link::read<link::FirstPayload>(payload)->certificate, *handshake.other(), reading.now);
    if (!caller) return false;
    const auto second = link::written(link::SecondPayload{id_, keyring_.boots, keyring_.epoch});
    std::array<std::uint8_t, link::kMostBody> reply{};
    const auto size = handshake.write(second, reply);
    if (!size) return false;
    if (session_) close(reading, out);
    session_.emplace(handshake, link::Side::kResponder, reading.now);
    session_->field(reading.now, field_);
    opened_at_ = reading.now;
    opened_by_ = number;
    ready_ = false;
    caller_ = *caller;
    air.radio = link::Frame{link::FrameType::kSecond, link::Bytes{reply}.first(*size)};
    return true;
  }

  /// Each secret is good for its own roles alone.
  std::optional<Caller> who(Slot slot, link::Bytes bytes, const link::Key& key, Instant now) {
    if (slot == Slot::kCard) {
      for (const std::uint8_t byte : bytes) {
        if (byte != 0) return std::nullopt;
      }
      return Caller{};
    }
    const auto certificate = link::read<link::RoleCertificate>(bytes);
    if (!certificate) return std::nullopt;
    const bool patients = certificate->role == Role::kPatient;
    const bool clinics = certificate->role == Role::kPhysician || certificate->role == Role::kNurse ||
                         certificate->role == Role::kService;
    if (is_patients(slot) ? !patients : !clinics) return std::nullopt;
    // Somebody of a newer epoch than the implant has heard of may have been shut out by a wrong clock of the
    // one before: he is let in to raise it, and for nothing else.
    link::CertificateNow known = certificate_now(now);
    const bool over = certificate->not_after < known.earliest_utc_s;
    if (certificate->epoch > keyring_.epoch) known.earliest_utc_s = INT64_MIN;
    if (link::check<C>(*certificate, key, link::kMaySpeak, known) != link::CertificateFault::kNone)
      return std::nullopt;
    certificate_ = *certificate;
    return Caller{slot, certificate->role, certificate->serial, certificate->implant == link::ShortId{},
                  over};
  }

  // ---- in a session
  // ----------------------------------------------------------------------------------------
  void record(MotorReading reading, link::Bytes body, Effects& out, Air& air) {
    std::array<std::uint8_t, link::kMostPlain> plain{};
    if (body.size() > link::kRecordOverhead + plain.size()) return;
    if (!ledger_.pay(reading.now, link::kEnergyCosts.record, field_)) return;
    const auto length = session_->open(reading.now, body, plain);
    if (!session_->alive()) return end_session(reading, out, air);
    if (!length) return;
    const auto message = link::message_of(link::Bytes{plain}.first(*length));
    if (!message) return;
    if (!ready_) {
      // It has shown that it holds the session's keys: only now is it who it says.
      if (static_cast<Opcode>(message->code) != Opcode::kReady) return;
      begin_session(reading, out);
    }
    ++counts_.commands;
    const link::Plain answer = answered(reading, *message, caller_, out);
    C::wipe(plain);
    std::array<std::uint8_t, link::kMostBody> sealed{};
    const auto size = session_->seal(reading.now, answer.bytes(), sealed);
    if (size) air.radio = link::Frame{link::FrameType::kFromImplant, link::Bytes{sealed}.first(*size)};
    if (outlived()) end_session(reading, out, air);
  }

  void begin_session(MotorReading reading, Effects& out) {
    ready_ = true;
    ++counts_.sessions;
    Keyring next = keyring_;
    bool in_use = false;
    if (is_clinics(caller_.slot) && keyring_.paired == Paired::kBegun) {
      next.paired = Paired::kYes;  // the card has done its work, or what stood in its place
      next.transfer = {};
      in_use = true;
    }
    if (caller_.slot == Slot::kNewClinic || caller_.slot == Slot::kNewPatient) {
      SharedSecret& shared = is_patients(caller_.slot) ? next.patient : next.clinic;
      if (shared.renewed) shared.next_was_used();
      in_use = true;
    }
    const bool learnt = caller_.slot != Slot::kCard && !caller_.raises_only &&
                        next.time.learn(certificate_.not_before, reading.now);
    pump_.telemetry(reading, Telemetry::kOpened, out);
    pump_.access(reading, caller_.role, caller_.serial, out);
    if (in_use || unkept_) {
      unkept_ = !change_keys(reading, next, KeyChange::kInUse, caller_.serial, out);
      if (!unkept_) return;
      // It opens nothing more as long as the implant runs, and must not come back with the next start: the
      // memory is tried again at every session.
      keyring_ = next;
      renew_gates(reading.now);
      pump_.keys_unsafe(reading, out);
    } else if (learnt && keyring_store_.keep(next)) {
      keyring_ = next;
    }
  }

  /// Whoever speaks with a certificate that is none any more.
  [[nodiscard]] bool outlived() const {
    return caller_.slot != Slot::kCard && certificate_.epoch < keyring_.epoch;
  }
  void close(MotorReading reading, Effects& out) {
    session_.reset();
    offering_.drop();
    if (ready_) pump_.telemetry(reading, Telemetry::kClosed, out);
    ready_ = false;
  }
  void end_session(MotorReading reading, Effects& out, Air& air) {
    close(reading, out);
    if (field_) new_number(air);
  }

  [[nodiscard]] DeviceState state_for(Slot slot) const {
    return slot == Slot::kCard ? DeviceState::kUnpaired : state();
  }

  link::Plain answered(MotorReading reading, const link::MessageView& message, const Caller& caller,
                       Effects& out) {
    const auto opcode = static_cast<Opcode>(message.code);
    const auto tell = [&](LinkAnswer answer) {
      link::Outcome outcome;
      outcome.answer = answer;
      return told(opcode, message.tag, outcome);
    };
    const Standing standing{running_ && running_->patient_may_pause, pump_.stopped_by()};
    const bool by_key = caller.role != Role::kEmergency;
    switch (permit(caller.role, opcode, by_key ? state_for(caller.slot) : state(), standing)) {
      case Verdict::kUnknown:
        return tell(LinkAnswer::kUnknown);
      case Verdict::kNotThisRole:
        return tell(LinkAnswer::kNotThisRole);
      case Verdict::kNotInThisState:
        // It may be this very change, told again, that has brought the implant into this state.
        return tell(was_taken(opcode, message.body) ? LinkAnswer::kDone : LinkAnswer::kNotInThisState);
      case Verdict::kYes:
        break;
    }
    if (caller.raises_only && opcode != Opcode::kReady && opcode != Opcode::kRaiseEpoch)
      return tell(LinkAnswer::kNotThisRole);
    if (caller.reads_only && kOpcodes[*place_of(opcode)].kind != OpcodeKind::kRead)
      return tell(LinkAnswer::kNotThisRole);
    std::optional<link::Plain> answer;
    link::for_each_request([&]<class M>() {
      if (M::kOpcode != opcode) return;
      const auto read = link::read<M>(message.body);
      answer = read ? handle(reading, message.tag, *read, out) : tell(LinkAnswer::kMalformed);
    });
    return answer ? *answer : tell(LinkAnswer::kUnknown);
  }

  link::Plain told(Opcode to, std::uint16_t tag, link::Outcome outcome) const {
    outcome.to = to;
    outcome.sequence = pump_.sequence();
    return link::telling(tag, outcome);
  }
  template <class M>
  link::Plain told(std::uint16_t tag, const M&, LinkAnswer answer) const {
    link::Outcome outcome;
    outcome.answer = answer;
    return told(M::kOpcode, tag, outcome);
  }
  template <class M>
  link::Plain told(std::uint16_t tag, const M&, const CommandResult& result) const {
    link::Outcome outcome;
    if (result && pump_.unwritable()) outcome.answer = LinkAnswer::kNotKept;
    if (!result) {
      outcome.answer = LinkAnswer::kRefusedByPump;
      outcome.refusal = result.error().refusal;
      if (const auto& broken = result.error().violation) {
        outcome.rule = static_cast<std::uint8_t>(1 + static_cast<int>(broken->rule));
        outcome.index = broken->index;
        outcome.value = broken->value;
        outcome.limit = broken->limit;
      }
      if (const auto& malformed = result.error().malformed) outcome.value = malformed->offset;
    }
    return told(M::kOpcode, tag, outcome);
  }

  // ---- reads
  // -----------------------------------------------------------------------------------------------
  link::Plain handle(MotorReading, std::uint16_t tag, const link::Ready& m, Effects&) {
    return told(tag, m, LinkAnswer::kDone);
  }

  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::ReadStatus&, Effects& out) {
    pump_.wake(reading, out);  // figures of this moment
    const Pump& pump = pump_.pump();
    const Status status = pump.status();
    link::StatusReply reply;
    reply.state = state_for(caller_.slot);
    reply.mode = status.mode;
    reply.flow = status.flow;
    reply.prescription = status.prescription;
    reply.order = pump_.order();
    reply.sequence = pump_.sequence();
    reply.intent = pump_.intent();
    reply.alarms = status.alarms.bits();
    reply.reservoir_nominal = status.reservoir_nominal;
    reply.reservoir_earliest = status.reservoir_earliest;
    reply.in_reservoir = status.formulation_in_reservoir;
    reply.at_tip = status.formulation_at_tip;
    reply.until_at_tip = status.until_reservoir_reaches_tip;
    reply.steps = status.steps_commanded;
    reply.boluses_left = status.boluses_left;
    reply.in_field = status.in_field;
    reply.naive = status.naive;
    reply.now = pump.now();
    reply.supervised_until = status.supervised_until;
    reply.last_given = status.last_given;
    reply.next_bolus = status.next_bolus_possible;
    reply.utc_ms = pump.clock().utc_ms_at_zero + pump.now().raw();
    reply.journal_told = pump_.entries_told();
    reply.journal_acknowledged = pump_.entries_acknowledged();
    reply.model = pump.model().code;
    reply.newest = pump.newest_prescription();
    reply.path = pump.path();
    reply.low_alarm = pump.low_alarm();
    reply.last_request = pump_.last_request();
    reply.promised = promised_to(reading.now);
    reply.transfers = keyring_.transfers;
    return link::replying<link::ReadStatus>(tag, reply);
  }

  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::ReadOwn&, Effects& out) {
    pump_.wake(reading, out);  // figures of this moment
    const Pump& pump = pump_.pump();
    const Status status = pump.status();
    link::OwnReply reply;
    reply.state = state();
    reply.mode = status.mode;
    reply.alarms = status.alarms.bits();
    reply.reservoir_earliest = status.reservoir_earliest;
    reply.boluses_left = status.boluses_left;
    reply.now = pump.now();
    reply.next_bolus = status.next_bolus_possible;
    reply.last_request = pump_.last_request();
    reply.last_refusal = pump_.last_refusal();
    reply.sequence = pump_.sequence();
    reply.intent = pump_.intent();
    reply.promised = promised_to(reading.now);
    reply.flow = status.flow;
    reply.patients_bolus = status.patients_bolus;
    reply.patients_bolus_given = status.patients_bolus_given;
    reply.bolus_ends = status.bolus_ends;
    reply.in_reservoir = status.formulation_in_reservoir;
    reply.at_tip = status.formulation_at_tip;
    reply.until_at_tip = status.until_reservoir_reaches_tip;
    reply.prescription = status.prescription;
    reply.own_pause = pump_.stopped_by() == Role::kPatient;
    return link::replying<link::ReadOwn>(tag, reply);
  }

  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::ReadOwnTherapy&, Effects& out) {
    pump_.wake(reading, out);
    const Pump& pump = pump_.pump();
    const Prescription& prescription = pump.prescription();
    link::OwnTherapyReply reply;
    reply.prescription = prescription.number;
    reply.fluid = pump.front().in_reservoir();
    if (pump.implanted()) {
      reply.usual_day = delivered_volume(prescription, pump.clock(), pump.model().minimum_rate,
                                         pump.prescription_started(), pump.now(), pump.now() + days(1))
                            .floor();
      reply.worst_day = pump.worst_day();
    }
    reply.low_alarm = pump.low_alarm();
    reply.dose = prescription.patient.dose;
    reply.lockout_s = prescription.patient.lockout_s;
    reply.window_s = prescription.patient.window_s;
    reply.allotted = prescription.patient.allotted;
    reply.from_minute = prescription.patient.from_minute;
    reply.to_minute = prescription.patient.to_minute;
    reply.may_pause = running_ && running_->patient_may_pause;
    return link::replying<link::ReadOwnTherapy>(tag, reply);
  }

  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::ReadPage&, Effects& out) {
    pump_.wake(reading, out);
    const Status status = pump_.status();
    link::PageReply reply;
    reply.state = state();
    reply.mode = status.mode;
    reply.alarms = status.alarms.bits();
    if (status.lowered_until > reading.now) reply.lowered_for = status.lowered_until - reading.now;
    return link::replying<link::ReadPage>(tag, reply);
  }

  /// From what was decoded, not from what was sent.
  link::Plain handle(MotorReading, std::uint16_t tag, const link::ReadOrder& m, Effects&) {
    const bool offered = m.which == link::WhichOrder::kOffered;
    const std::optional<link::Order>& order = offered ? offering_.order() : running_;
    if (!order) return told(tag, m, LinkAnswer::kNothingOffered);
    link::Order anew = *order;
    if (const auto prescription = decode(order->prescription)) anew.prescription = encode(*prescription);
    return link::replying<link::ReadOrder>(tag,
                                           {m.which, m.index, link::block_of(link::written(anew), m.index)});
  }

  link::Plain handle(MotorReading, std::uint16_t tag, const link::ReadJournal& m, Effects&) {
    const Journal& journal = pump_.journal();
    link::JournalPart reply;
    reply.page = m.page;
    reply.part = m.part;
    if (journal.any()) {
      reply.oldest_page = journal.oldest_page();
      reply.newest_page = journal.newest_page();
      const bool stands = m.page >= reply.oldest_page && m.page <= reply.newest_page;
      const std::uint32_t first = m.part * std::uint32_t{link::kJournalPartWords};
      for (std::uint32_t i = 0; stands && i < link::kJournalPartWords && first + i < kPageWords; ++i) {
        const Word word = pump_.store().memory().read(Journal::address_of(m.page) + first + i);
        for (unsigned b = 0; b < 8; ++b) reply.words[i * 8 + b] = static_cast<std::uint8_t>(word >> (8 * b));
      }
    }
    return link::replying<link::ReadJournal>(tag, reply);
  }

  // ---- an order comes in
  // -----------------------------------------------------------------------------------
  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::Offer& m, Effects&) {
    offering_.begin(m, reading.now);
    return told(tag, m, LinkAnswer::kDone);
  }
  link::Plain handle(MotorReading, std::uint16_t tag, const link::OfferSignature& m, Effects&) {
    return told(tag, m, offering_.add(m) ? LinkAnswer::kDone : LinkAnswer::kOfferForeign);
  }
  /// The answer to the last block is the implant's judgement of the order.
  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::OfferBlock& m, Effects&) {
    if (!offering_.add(m)) return told(tag, m, LinkAnswer::kOfferForeign);
    if (!offering_.complete()) return told(tag, m, LinkAnswer::kDone);
    const link::Outcome outcome = weigh(reading.now);
    if (outcome.answer != LinkAnswer::kDone) offering_.drop();
    return told(link::OfferBlock::kOpcode, tag, outcome);
  }
  link::Plain handle(MotorReading, std::uint16_t tag, const link::Discard& m, Effects&) {
    offering_.drop();
    return told(tag, m, LinkAnswer::kDone);
  }

  link::Outcome weigh(Instant now) {
    const auto no = [](LinkAnswer answer) {
      link::Outcome outcome;
      outcome.answer = answer;
      return outcome;
    };
    if (link::digest_of<C>(offering_.bytes()) != offering_.digest()) return no(LinkAnswer::kDigestDiffers);
    if (const LinkAnswer wrong = signatures(now); wrong != LinkAnswer::kDone) return no(wrong);
    const auto order = link::read<link::Order>(offering_.bytes());
    if (!order) return no(LinkAnswer::kOrderMalformed);
    const Judged judged = judge(*order, background(offering_.signers().size()));
    if (judged.outcome.answer == LinkAnswer::kDone) offering_.accept(*order);
    return judged.outcome;
  }

  /// Every signer is a physician of this clinic, and two are two people with two keys.
  LinkAnswer signatures(Instant now) {
    const auto signers = offering_.signers();
    const link::Hash message = link::signed_of<C>(offering_.digest());
    std::array<std::uint32_t, 2> serials{};
    for (std::size_t i = 0; i < signers.size(); ++i) {
      const Signer& signer = signers[i];
      const auto certificate = link::read<link::RoleCertificate>(signer.certificate);
      if (!certificate) return LinkAnswer::kSignatureWrong;
      switch (link::check<C>(*certificate, signer.key, link::kMaySign, certificate_now(now))) {
        case link::CertificateFault::kNone:
          break;
        case link::CertificateFault::kSignature:
        case link::CertificateFault::kIssuer:
          return LinkAnswer::kSignatureWrong;
        default:
          return LinkAnswer::kSignerNotAllowed;
      }
      if (certificate->role != Role::kPhysician || certificate->implant != id_)
        return LinkAnswer::kSignerNotAllowed;
      serials[i] = certificate->serial;
      if (!C::verify(signer.key, message, signer.signature)) return LinkAnswer::kSignatureWrong;
    }
    if (signers.size() == 2 && (serials[0] == serials[1] || signers[0].key == signers[1].key))
      return LinkAnswer::kSignerNotAllowed;
    return LinkAnswer::kDone;
  }

  [[nodiscard]] OrderBackground background(std::size_t signers) const {
    return {pump_.pump(), id_, pump_.order(), running_, signers};
  }

  // ---- changes
  // ---------------------------------------------------------------------------------------------
  /// A change that was taken already is told so; one that did not know of another is not taken.
  std::optional<LinkAnswer> stale(const link::Change& change) const {
    if (change.sequence == pump_.sequence()) return std::nullopt;
    const bool done = change.intent == pump_.intent() && change.sequence + 1 == pump_.sequence();
    return done ? LinkAnswer::kDone : LinkAnswer::kSequenceDiffers;
  }
  [[nodiscard]] bool was_taken(Opcode opcode, link::Bytes body) const {
    bool taken = false;
    link::for_each_request([&]<class M>() {
      if constexpr (std::is_base_of_v<link::Change, M>) {
        const auto read = M::kOpcode == opcode ? link::read<M>(body) : std::nullopt;
        taken = taken || (read && stale(*read) == LinkAnswer::kDone);
      }
    });
    return taken;
  }
  [[nodiscard]] Asked asked(const link::Change& change) const {
    return {caller_.role, caller_.serial, change.intent, {}};
  }

  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::Commit& m, Effects& out) {
    if (const auto known = stale(m)) return told(tag, m, *known);
    if (offering_.expired() == m.digest) return told(tag, m, LinkAnswer::kOfferTooOld);
    if (!offering_.any()) return told(tag, m, LinkAnswer::kNothingOffered);
    if (!offering_.order()) return told(tag, m, LinkAnswer::kOfferIncomplete);
    const link::Order order = *offering_.order();
    if (m.digest != offering_.digest() || m.number != order.number)
      return told(tag, m, LinkAnswer::kDigestDiffers);
    const Judged judged = judge(order, background(offering_.signers().size()));
    if (judged.outcome.answer != LinkAnswer::kDone) return told(link::Commit::kOpcode, tag, judged.outcome);
    // First the order where it does not count yet; the pump's own memory makes it count.
    if (!keep_order(offering_.bytes())) return told(tag, m, LinkAnswer::kMemory);
    Asked by = asked(m);
    by.order = offering_.digest();
    const CommandResult result = carry_out(reading, m, order, judged.prescription, by, out);
    if (result) {
      running_ = order;
      running_place_ = offered_place_;
      offering_.drop();
    }
    return told(tag, m, result);
  }

  CommandResult carry_out(MotorReading reading, const link::Commit& m, const link::Order& order,
                          const Prescription& prescription, const Asked& by, Effects& out) {
    RefillRecord refill;
    refill.filled = m.filled;
    refill.left_in = m.left_in;
    refill.formulation = prescription.formulation;
    if (m.aspirated_told) refill.aspirated = m.aspirated;
    switch (order.kind) {
      case link::OrderKind::kImplant: {
        Implantation setup;
        setup.path = order.path;
        setup.path_contents = order.path_contents;
        setup.ceilings = order.ceilings;
        setup.low_alarm = order.low_alarm;
        setup.clock = ClockOffset{m.utc_ms - reading.now.raw()};
        setup.refill = refill;
        return pump_.implant(reading, setup, order.prescription, out, &by);
      }
      case link::OrderKind::kPrescribe:
        return pump_.prescribe(reading, order.prescription, out, &order.ceilings, &by);
      case link::OrderKind::kRefill:
        refill.ceilings = order.ceilings;
        return pump_.refill(reading, refill, &order.prescription, out, &by);
      case link::OrderKind::kRevise:
        return pump_.revise(reading, {order.path, order.path_contents}, order.prescription, out, &by);
    }
    return {};
  }

  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::Stop& m, Effects& out) {
    if (const auto known = stale(m)) return told(tag, m, *known);
    const Asked by = asked(m);
    return told(tag, m, pump_.stop(reading, out, &by));
  }
  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::Resume& m, Effects& out) {
    if (const auto known = stale(m)) return told(tag, m, *known);
    const Asked by = asked(m);
    return told(tag, m, pump_.resume(reading, out, &by));
  }
  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::CutBolus& m, Effects& out) {
    if (const auto known = stale(m)) return told(tag, m, *known);
    const Asked by = asked(m);
    return told(tag, m, pump_.cut_bolus(reading, out, &by));
  }
  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::Refill& m, Effects& out) {
    if (const auto known = stale(m)) return told(tag, m, *known);
    RefillRecord refill;
    refill.filled = m.filled;
    refill.left_in = m.left_in;
    refill.formulation = pump_.pump().front().in_reservoir();
    if (refill.formulation.number != m.fluid) {
      CommandFailure failure;
      failure.refusal = Refusal::kFormulationMismatch;
      return told(tag, m, CommandResult{std::unexpected(failure)});
    }
    if (m.aspirated_told) refill.aspirated = m.aspirated;
    const Asked by = asked(m);
    return told(tag, m, pump_.refill(reading, refill, nullptr, out, &by));
  }
  /// A dose has one number, one more than the last: asked for again it is answered again, and given once.
  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::RequestBolus& m, Effects& out) {
    link::Outcome outcome;
    if (m.request == pump_.last_request()) {
      outcome.refusal = pump_.last_refusal();
    } else if (m.request == pump_.last_request() + 1) {
      const BolusAnswer answer = pump_.request_bolus(reading, m.request, out);
      outcome.refusal = answer.refusal;
      outcome.next_possible = answer.next_possible;
    } else {
      return told(tag, m, LinkAnswer::kSequenceDiffers);
    }
    if (outcome.refusal != Refusal::kNone) outcome.answer = LinkAnswer::kRefusedByPump;
    return told(link::RequestBolus::kOpcode, tag, outcome);
  }
  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::Lower& m, Effects& out) {
    const Duration hold = running_ ? seconds(running_->emergency_hold_s) : kUsualHold;
    return told(tag, m, pump_.lower(reading, hold, out));
  }
  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::SetClock& m, Effects& out) {
    if (const auto known = stale(m)) return told(tag, m, *known);
    const Asked by = asked(m);
    pump_.set_clock(reading, ClockOffset{m.utc_ms - reading.now.raw()}, out, &by);
    return told(tag, m, CommandResult{});
  }
  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::AcknowledgeAlarms& m,
                     Effects& out) {
    if (const auto known = stale(m)) return told(tag, m, *known);
    const Asked by = asked(m);
    pump_.acknowledge_alarms(reading, out, &by);
    return told(tag, m, CommandResult{});
  }
  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::AcknowledgeJournal& m,
                     Effects& out) {
    if (const auto known = stale(m)) return told(tag, m, *known);
    const Asked by = asked(m);
    pump_.acknowledge_journal(reading, m.entries, out, &by);
    return told(tag, m, CommandResult{});
  }
  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::Explant& m, Effects& out) {
    if (const auto known = stale(m)) return told(tag, m, *known);
    const Asked by = asked(m);
    return told(tag, m, pump_.explant(reading, out, &by));
  }
  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::EraseSecrets& m, Effects& out) {
    if (const auto known = stale(m)) return told(tag, m, *known);
    // First that it has begun: what is in the pump's memory and what is in the implant's goes together.
    Keyring next = keyring_;
    next.erasing = pump_.sequence() + 1;
    if (!keyring_store_.keep(next)) return told(tag, m, LinkAnswer::kMemory);
    keyring_ = next;
    const Asked by = asked(m);
    const CommandResult result = pump_.erase_secrets(reading, m.entries, out, &by);
    const bool ended = end_erasing();
    if (result && !ended) return told(tag, m, LinkAnswer::kMemory);
    return told(tag, m, result);
  }
  /// Once the pump has forgotten the patient, so do orders and keys: in both places, the newest and the one
  /// before it. A pump that has not done so leaves all as it was.
  bool end_erasing() {
    bool ended = true;
    if (pump_.sequence() == keyring_.erasing) {
      running_.reset();
      C::wipe(keyring_.patient.now);
      C::wipe(keyring_.patient.next);
      keyring_.patient = {};
      ended = orders_.erase(0) & orders_.erase(1) & keyring_store_.keep_alone(keyring_) & update_.forget();
      for (const Slot slot : {Slot::kPatient, Slot::kNewPatient})
        gates_[static_cast<std::size_t>(slot)].reset();
    }
    keyring_.erasing = 0;
    return keyring_store_.keep(keyring_) && ended;
  }

  // ---- keys over the link
  // ----------------------------------------------------------------------------------
  /// Until the clinic's secret was used once the card's opens as well: an answer that is lost shuts nobody
  /// out. A promised implant pairs with its heir and with nobody else, and goes on with what it gives.
  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::Pair& m, Effects& out) {
    const bool promised_to_another =
        promised(reading.now) != Promise::kNobody && link::heir_of<C>(m.clinic) != keyring_.transfer.heir;
    const bool not_promised = keyring_.paired == Paired::kYes && promised(reading.now) == Promise::kNobody;
    // A claim by the registry may have come behind a promise by the clinic, while that one's heir was in.
    const bool waits = heir_waits(reading.now) > Duration{};
    if (promised_to_another || not_promised || waits) return told(tag, m, LinkAnswer::kNotTheHeir);
    if (!signed_here(m.clinic, m)) return told(tag, m, LinkAnswer::kSignatureWrong);
    Keyring next = keyring_;
    next.paired = Paired::kBegun;
    next.clinic_key = m.clinic;
    next.time = {};  // another clinic's clocks; no certificate of the one before counts any more
    return with_secret(reading, tag, m, next, KeyChange::kPaired, out);
  }
  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::PairPatient& m, Effects& out) {
    return with_secret(reading, tag, m, keyring_, KeyChange::kPatientPaired, out);
  }
  /// With the clinic's own signature, of this session: a stolen programmer must not take the implant for
  /// itself, nor with what it was once given to say.
  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::Renew& m, Effects& out) {
    if (!signed_here(keyring_.clinic_key, m)) return told(tag, m, LinkAnswer::kSignatureWrong);
    return with_secret(reading, tag, m, keyring_, KeyChange::kRenewed, out);
  }
  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::Transfer& m, Effects& out) {
    // Told again, its answer was lost: another secret, and no more time.
    const bool again = m.token.number == keyring_.transfers && promised(reading.now) == Promise::kByClinic &&
                       m.token.implant == id_ && m.token.heir == keyring_.transfer.heir;
    const LinkAnswer wrong = again ? LinkAnswer::kDone : unfit(m.token);
    if (wrong != LinkAnswer::kDone) return told(tag, m, wrong);
    if (!C::verify(keyring_.clinic_key, link::signed_of<C>(m.token), m.signature))
      return told(tag, m, LinkAnswer::kSignatureWrong);
    Keyring next = keyring_;
    next.transfer = {Promise::kByClinic, m.token.heir, {}, again ? keyring_.transfer.begun : reading.now};
    next.transfers = m.token.number;
    return with_secret(reading, tag, m, next, KeyChange::kPromised, out);
  }
  /// By the clinic that it belongs to, or by the patient, before the heir has come.
  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::RefuseTransfer& m, Effects& out) {
    if (keyring_.paired != Paired::kYes) return told(tag, m, LinkAnswer::kNotInThisState);
    if (m.number != keyring_.transfers) return told(tag, m, LinkAnswer::kSequenceDiffers);
    if (keyring_.transfer.promise == Promise::kNobody) return told(tag, m, LinkAnswer::kDone);
    Keyring next = keyring_;
    next.transfer = {};  // one that is over as well: a clock that is lost must not bring it back
    const bool kept = change_keys(reading, next, KeyChange::kRefused, caller_.serial, out);
    return told(tag, m, kept ? LinkAnswer::kDone : LinkAnswer::kMemory);
  }

  /// Is this promise for this implant, and above all before it?
  [[nodiscard]] LinkAnswer unfit(const link::TransferToken& token) const {
    if (token.implant != id_) return LinkAnswer::kOtherImplant;
    const bool next = link::follows(token.number, keyring_.transfers);
    return next ? LinkAnswer::kDone : LinkAnswer::kNumberNotNext;
  }
  [[nodiscard]] link::PromisedTo promised_to(Instant now) const {
    link::PromisedTo told;
    if (promised(now) == Promise::kNobody) return told;
    told.number = keyring_.transfers;
    std::copy_n(keyring_.transfer.heir.begin(), told.heir.size(), told.heir.begin());
    told.waits = heir_waits(now);
    return told;
  }

  /// By this clinic, and for the session that it is said in.
  template <class M>
  [[nodiscard]] bool signed_here(const link::Key& clinic, const M& m) const {
    return C::verify(clinic, link::signed_of<C>(M::kSecretFor, id_, m.share, opened_by_), m.signature);
  }
  static void put(Keyring& keys, const link::Pair&, const link::Key& secret) { keys.clinic.set(secret); }
  static void put(Keyring& keys, const link::Renew&, const link::Key& secret) { keys.clinic.renew(secret); }
  static void put(Keyring& keys, const link::PairPatient&, const link::Key& secret) {
    keys.patient.renew(secret);
  }
  static void put(Keyring& keys, const link::Transfer&, const link::Key& secret) {
    keys.transfer.secret = secret;
  }
  /// The keyring with a secret that both sides have made.
  template <class M>
  link::Plain with_secret(MotorReading reading, std::uint16_t tag, const M& m, Keyring next, KeyChange what,
                          Effects& out) {
    const auto share = random_.template draw<link::kKeyBytes>();
    if (!share) return told(tag, m, LinkAnswer::kRandom);
    put(next, m, link::paired_secret<C>(m.share, *share, M::kSecretFor));
    if (!change_keys(reading, next, what, caller_.serial, out)) return told(tag, m, LinkAnswer::kMemory);
    return link::replying<M>(tag, {*share, id_});
  }

  /// What was signed by those who are refused from now on counts no more, an offer among it; and what was
  /// learnt of the time gives way to what is signed here.
  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::RaiseEpoch& m, Effects& out) {
    if (!C::verify(keyring_.clinic_key, link::signed_of<C>(m.statement), m.signature))
      return told(tag, m, LinkAnswer::kSignatureWrong);
    if (m.statement.epoch == keyring_.epoch) return told(tag, m, LinkAnswer::kDone);
    if (!link::follows(m.statement.epoch, keyring_.epoch)) return told(tag, m, LinkAnswer::kSequenceDiffers);
    if (m.statement.implant != id_) return told(tag, m, LinkAnswer::kOtherImplant);
    const bool for_this_session = m.statement.number == opened_by_;
    if (!for_this_session && m.statement.number != link::NearFieldNonce{})
      return told(tag, m, LinkAnswer::kSequenceDiffers);
    Keyring next = keyring_;
    next.epoch = m.statement.epoch;
    const std::int64_t issued = m.statement.issued_utc_s;
    if (for_this_session || issued > next.time.least(reading.now)) next.time.set(issued, reading.now);
    if (!change_keys(reading, next, KeyChange::kEpochRaised, caller_.serial, out))
      return told(tag, m, LinkAnswer::kMemory);
    offering_.drop();
    caller_.raises_only = caller_.raises_only && certificate_.not_after < keyring_.time.least(reading.now);
    return told(tag, m, LinkAnswer::kDone);
  }
  /// Where there is no clinic any more that could promise it. It begins to count a day later.
  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::Claim& m, Effects& out) {
    if (keyring_.paired != Paired::kYes) return told(tag, m, LinkAnswer::kNotInThisState);
    if (const LinkAnswer wrong = unfit(m.token); wrong != LinkAnswer::kDone) return told(tag, m, wrong);
    const auto proof = link::card_proof<C>(keyring_.card, m.token);
    if (!C::equal(proof, m.card) ||
        !link::two_have_signed<C>(vendor_, link::signed_of<C>(m.token), m.signatures))
      return told(tag, m, LinkAnswer::kSignatureWrong);
    Keyring next = keyring_;
    next.transfer = {Promise::kByRegistry, m.token.heir, {}, reading.now};
    next.transfers = m.token.number;
    const bool kept = change_keys(reading, next, KeyChange::kClaimed, 0, out);
    return told(tag, m, kept ? LinkAnswer::kDone : LinkAnswer::kMemory);
  }

  // ---- firmware
  // ----------------------------------------------------------------------------------------------
  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::ReadFirmware&, Effects&) {
    return link::replying<link::ReadFirmware>(tag, update_.status(reading.now));
  }
  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::AuthoriseFirmware& m,
                     Effects& out) {
    return updated(reading, tag, m, update_.authorise(reading.now, m.digest, caller_.serial), out);
  }
  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::OfferFirmware& m, Effects& out) {
    return updated(reading, tag, m, update_.offer(reading.now, m.firmware, caller_.serial), out);
  }
  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::FirmwareBlock& m, Effects& out) {
    return updated(reading, tag, m, update_.block(reading.now, m, caller_.serial), out);
  }
  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::TryFirmware& m, Effects& out) {
    return updated(reading, tag, m, update_.attempt(reading.now, m.digest, therapy(), caller_.serial), out);
  }
  template <class M>
  link::Plain updated(MotorReading reading, std::uint16_t tag, const M&, const UpdateSaid& said,
                      Effects& out) {
    tell_update(reading, out);
    link::Outcome outcome;
    outcome.answer = said.answer;
    outcome.index = said.next;
    return told(M::kOpcode, tag, outcome);
  }
  void tell_update(MotorReading reading, Effects& out) {
    const auto news = update_.news();
    if (!news) return;
    pump_.firmware(reading, news->stage, news->by, news->version, out);
    update_.told();
  }
  /// A program on trial must read the prescription as the one before it has.
  [[nodiscard]] Therapy therapy() const {
    const Prescription& prescription = pump_.pump().prescription();
    const PrescriptionBytes bytes = encode(prescription);
    const std::array<link::Bytes, 1> parts{link::Bytes{bytes}};
    return {prescription.number, C::sha256(parts)};
  }

  // ---- the order that runs
  // ---------------------------------------------------------------------------------
  void load_running_order() {
    std::array<std::uint8_t, TwinPages::kMostBytes> bytes{};
    running_.reset();
    for (std::uint32_t place = 0; place < TwinPages::kPlaces; ++place) {
      const auto found = orders_.read(place, bytes);
      if (!found.whole || found.size != link::kOrderBytes) continue;
      link::OrderBytes order{};
      std::copy_n(bytes.begin(), order.size(), order.begin());
      if (link::digest_of<C>(order) != pump_.order()) continue;
      running_ = link::read<link::Order>(order);
      running_place_ = place;
    }
  }
  bool keep_order(const link::OrderBytes& order) {
    const std::uint32_t place = running_ ? 1 - running_place_ : 0;
    if (orders_.write(place, pump_.sequence() + 1, order) == 0) return false;
    offered_place_ = place;
    return true;
  }

  StoredPump pump_;
  Keyring keyring_;
  KeyringStore keyring_store_;
  TwinPages orders_;
  CheckedRandom random_;
  link::EnergyLedger ledger_;
  const link::Vendor vendor_;
  Update<C> update_;
  bool shut_ = true;  // no keys, or no memory for them: nobody is let in
  link::Key own_public_{};
  link::ShortId id_{};
  std::optional<link::Order> running_;
  std::uint32_t running_place_ = 0, offered_place_ = 0;

  bool field_ = false;
  std::optional<link::NearFieldNonce> number_;
  std::array<std::optional<link::WakeGate<C>>, kSlots> gates_;
  link::BackOff back_off_;
  Instant coil_listens_at_;
  std::optional<link::Session<C>> session_;
  bool ready_ = false;
  Instant opened_at_;
  link::NearFieldNonce opened_by_{};
  bool unkept_ = false;  // the memory did not take that a new secret replaces another
  Caller caller_;
  link::RoleCertificate certificate_;
  Offering offering_;
  LinkCounts counts_;
  Instant listened_until_;
};

}  // namespace theca
