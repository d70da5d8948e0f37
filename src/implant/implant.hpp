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
#include "link/back_off.hpp"
#include "link/message.hpp"
#include "link/opening.hpp"
#include "link/session.hpp"
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
  Implant(const PumpModel& model, Nvm& nvm, RandomSource& random)
      : pump_(model, nvm), keyring_store_(nvm), orders_(nvm, kOrderPage), random_(random) {}
  Implant(const Implant&) = delete;
  Implant& operator=(const Implant&) = delete;

  /// To be called once, first. A blank memory gets an identity of its own.
  MotorReading boot(const PowerReturn& power, Effects& out) {
    const MotorReading from = pump_.boot(power, out);
    const auto found = keyring_store_.load(keyring_);
    bool open = found == KeyringStore::Found::kGood;
    if (found == KeyringStore::Found::kBlank) open = make_identity();
    if (open) {
      ++keyring_.boots;
      // A pump that has lost how long it had power does not bring back what was over.
      keyring_.earliest_at = std::min(keyring_.earliest_at, from.now);
      open = keyring_store_.keep(keyring_);
    }
    if (open && keyring_.erasing != 0) end_erasing();
    shut_ = !open;
    own_public_ = C::public_of(keyring_.secret);
    id_ = link::short_id<C>(own_public_);
    load_running_order();
    renew_gates();
    return from;
  }

  // ---- the board: what the pump is called with -----------------------------------------------------------
  [[nodiscard]] StoredPump& stored() { return pump_; }
  [[nodiscard]] const StoredPump& stored() const { return pump_; }

  // ---- the link ------------------------------------------------------------------------------------------
  /// The coil's field comes or goes. With it comes a number that opens the gate once.
  void field(MotorReading reading, bool there, Effects& out, Air& air) {
    if (there == field_) return;
    field_ = there;
    if (session_) session_->field(reading.now, there);
    if (!there) {
      drop_number();
      return;
    }
    back_off_.field_comes();
    new_number(air);  // whoever comes near may take the place of who was here
    look(reading, out, air);
  }

  /// Something was heard. Without the coil's field the receiver is off, but for a session that lives.
  void radio(MotorReading reading, link::Bytes bytes, Effects& out, Air& air) {
    look(reading, out, air);
    if (shut_ || (!field_ && !session_)) return;
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
    if (offering_.too_old(reading.now)) offering_.drop();
    if (!session_) return;
    session_->look(reading.now);
    if (!session_->alive()) end_session(reading, out, air);
  }

  // ---- what it knows -------------------------------------------------------------------------------------
  [[nodiscard]] const link::Key& public_key() const { return own_public_; }
  [[nodiscard]] const link::ShortId& id() const { return id_; }
  /// Printed on the card of the pack at manufacture, and nowhere else.
  [[nodiscard]] const link::Key& card() const { return keyring_.card; }
  [[nodiscard]] Paired paired() const { return keyring_.paired; }
  [[nodiscard]] std::uint32_t epoch() const { return keyring_.epoch; }
  [[nodiscard]] bool shut() const { return shut_; }
  [[nodiscard]] bool in_session() const { return session_.has_value() && ready_; }
  [[nodiscard]] const LinkCounts& counts() const { return counts_; }
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
  /// Break-glass in a pump whose order nobody can read.
  static constexpr Duration kUsualHold = hours(4);

  /// Whose secret opened the gate.
  enum class Slot : std::uint8_t { kCard = 0, kClinic, kPatient };
  static constexpr std::size_t kSlots = 3;

  struct Caller {
    Slot slot = Slot::kCard;
    Role role = Role::kCardHolder;
    std::uint32_t serial = 0;
    bool reads_only = false;  // a certificate that names no implant
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

  [[nodiscard]] std::optional<link::Key> secret_of(Slot slot) const {
    switch (slot) {
      case Slot::kCard:
        if (keyring_.paired != Paired::kYes) return keyring_.card;
        break;
      case Slot::kClinic:
        if (keyring_.paired != Paired::kNo) return keyring_.clinic;
        break;
      case Slot::kPatient:
        if (keyring_.has_patient) return keyring_.patient;
        break;
    }
    return std::nullopt;
  }
  void renew_gates() {
    for (std::size_t i = 0; i < kSlots; ++i) {
      gates_[i].reset();
      if (const auto secret = secret_of(static_cast<Slot>(i))) gates_[i].emplace(*secret);
    }
    if (number_) expect(*number_);
  }
  [[nodiscard]] std::int64_t earliest_utc_s(Instant now) const {
    return keyring_.earliest_utc_s + (now - keyring_.earliest_at).raw() / 1'000;
  }
  [[nodiscard]] link::CertificateNow certificate_now(Instant now) const {
    return {keyring_.clinic_key, id_, keyring_.epoch, earliest_utc_s(now)};
  }
  /// What the clinic has signed cannot have been signed later than now.
  void learn_time(const link::RoleCertificate& certificate, Instant now) {
    constexpr std::int64_t kWorthKeeping = 3'600;
    const std::int64_t least = std::max(std::int64_t{certificate.not_before}, earliest_utc_s(now));
    if (least < keyring_.earliest_utc_s + kWorthKeeping) return;
    keyring_.earliest_utc_s = least;
    keyring_.earliest_at = now;
    keyring_store_.keep(keyring_);
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

  // ---- opening a session
  // -----------------------------------------------------------------------------------
  /// All secrets are tried, whether one has opened or not.
  std::optional<Slot> through_the_gate(link::Bytes body, link::Bytes& message) {
    std::optional<Slot> opened;
    ++counts_.gate_looks;
    for (std::size_t i = 0; i < kSlots; ++i) {
      if (!gates_[i]) continue;
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
    const auto slot = through_the_gate(body, message);
    if (!slot) return back_off_.failed(reading.now);
    back_off_.opened();
    if (session_) close(reading, out);
    drop_number();
    if (!shake(reading, *slot, number, message, air)) new_number(air);
  }

  bool shake(MotorReading reading, Slot slot, const link::NearFieldNonce& number, link::Bytes message,
             Air& air) {
    ++counts_.handshakes;
    const auto ephemeral = random_.template draw<link::kKeyBytes>();
    if (!ephemeral) return false;
    const auto prologue = link::prologue_of(number);
    link::Handshake<C> handshake{link::kIkPsk2, link::Side::kResponder, prologue,
                                 link::Keys{keyring_.secret, *ephemeral, std::nullopt,
                                            link::session_psk<C>(*secret_of(slot), number)}};
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
    session_.emplace(handshake, link::Side::kResponder, reading.now);
    session_->field(reading.now, field_);
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
    if (slot == Slot::kPatient ? !patients : !clinics) return std::nullopt;
    if (link::check<C>(*certificate, key, link::kMaySpeak, certificate_now(now)) !=
        link::CertificateFault::kNone)
      return std::nullopt;
    certificate_ = *certificate;
    return Caller{slot, certificate->role, certificate->serial, certificate->implant == link::ShortId{}};
  }

  // ---- in a session
  // ----------------------------------------------------------------------------------------
  void record(MotorReading reading, link::Bytes body, Effects& out, Air& air) {
    std::array<std::uint8_t, link::kMostPlain> plain{};
    if (body.size() > link::kRecordOverhead + plain.size()) return;
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
  }

  void begin_session(MotorReading reading, Effects& out) {
    ready_ = true;
    ++counts_.sessions;
    if (caller_.slot == Slot::kClinic && keyring_.paired == Paired::kBegun) {
      keyring_.paired = Paired::kYes;  // the card has done its work
      keyring_store_.keep(keyring_);
      renew_gates();
    }
    if (caller_.slot != Slot::kCard) learn_time(certificate_, reading.now);
    pump_.telemetry(reading, Telemetry::kOpened, out);
    pump_.access(reading, caller_.role, caller_.serial, out);
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
    reply.last_request = pump_.last_request();
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
    return link::replying<link::ReadOwn>(tag, reply);
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
    return told(tag, m, LinkAnswer::kDone);
  }
  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::AcknowledgeAlarms& m,
                     Effects& out) {
    if (const auto known = stale(m)) return told(tag, m, *known);
    const Asked by = asked(m);
    pump_.acknowledge_alarms(reading, out, &by);
    return told(tag, m, LinkAnswer::kDone);
  }
  link::Plain handle(MotorReading reading, std::uint16_t tag, const link::AcknowledgeJournal& m,
                     Effects& out) {
    if (const auto known = stale(m)) return told(tag, m, *known);
    const Asked by = asked(m);
    pump_.acknowledge_journal(reading, m.entries, out, &by);
    return told(tag, m, LinkAnswer::kDone);
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
      keyring_.has_patient = false;
      C::wipe(keyring_.patient);
      ended = orders_.erase(0) & orders_.erase(1) & keyring_store_.keep(keyring_);
      renew_gates();
    }
    keyring_.erasing = 0;
    return keyring_store_.keep(keyring_) && ended;
  }

  // ---- keys over the link
  // ----------------------------------------------------------------------------------
  /// Until the clinic's secret was used once the card's opens as well: an answer that is lost shuts nobody
  /// out.
  link::Plain handle(MotorReading, std::uint16_t tag, const link::Pair& m, Effects&) {
    const auto share = random_.template draw<link::kKeyBytes>();
    if (!share) return told(tag, m, LinkAnswer::kRandom);
    Keyring next = keyring_;
    next.paired = Paired::kBegun;
    next.clinic_key = m.clinic;
    next.clinic = link::paired_secret<C>(m.share, *share, false);
    return paired_with<link::Pair>(tag, m, next, *share);
  }
  link::Plain handle(MotorReading, std::uint16_t tag, const link::PairPatient& m, Effects&) {
    const auto share = random_.template draw<link::kKeyBytes>();
    if (!share) return told(tag, m, LinkAnswer::kRandom);
    Keyring next = keyring_;
    next.has_patient = true;
    next.patient = link::paired_secret<C>(m.share, *share, true);
    return paired_with<link::PairPatient>(tag, m, next, *share);
  }
  template <class M>
  link::Plain paired_with(std::uint16_t tag, const M& m, const Keyring& next, const link::Key& share) {
    if (!keyring_store_.keep(next)) return told(tag, m, LinkAnswer::kMemory);
    keyring_ = next;
    renew_gates();
    return link::replying<M>(tag, {share, id_});
  }
  link::Plain handle(MotorReading, std::uint16_t tag, const link::RaiseEpoch& m, Effects&) {
    if (!C::verify(keyring_.clinic_key, link::signed_epoch<C>(m.epoch), m.signature))
      return told(tag, m, LinkAnswer::kSignatureWrong);
    if (m.epoch <= keyring_.epoch) return told(tag, m, LinkAnswer::kSequenceDiffers);
    Keyring next = keyring_;
    next.epoch = m.epoch;
    if (!keyring_store_.keep(next)) return told(tag, m, LinkAnswer::kMemory);
    keyring_ = next;
    return told(tag, m, LinkAnswer::kDone);
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
  Caller caller_;
  link::RoleCertificate certificate_;
  Offering offering_;
  LinkCounts counts_;
};

}  // namespace theca
