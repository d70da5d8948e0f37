#pragma once
/// Every message of a session. A record from the programmer holds `opcode u8 | tag u16 | body`; the
/// implant's answer holds `0x80 + opcode | tag | body`, or `0xFF | tag | Outcome`. The tag is the
/// programmer's, and comes back with the answer.

#include <array>
#include <cstdint>
#include <optional>

#include "catalogue/alarm.hpp"
#include "catalogue/command.hpp"
#include "catalogue/detail.hpp"
#include "catalogue/refusal.hpp"
#include "catalogue/role.hpp"
#include "link/firmware.hpp"
#include "link/frame.hpp"
#include "link/opening.hpp"
#include "link/order.hpp"
#include "link/transfer.hpp"
#include "link/wire.hpp"
#include "therapy/modes.hpp"

namespace theca::link {

inline constexpr std::size_t kMessageHead = 3;
inline constexpr std::uint8_t kReplyBit = 0x80, kOutcomeByte = 0xFF;

/// 9999-12-31: what is told as a time of day lies before it, and behind 1970.
inline constexpr std::int64_t kLatestUtcMs = 253'402'300'799'999;

/// A message without fields.
struct Nothing {
  template <class Io, class M>
  static constexpr void fields(Io&, M&) {}
};

// ---- what travels in a handshake --------------------------------------------------------------------------

/// Payload of the first message. Nothing is done for it: it may be a recording.
struct FirstPayload {
  std::array<std::uint8_t, kCertificateBytes> certificate{};  // zeros: the card of the pack
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.bytes("certificate", "role certificate; zeros: the card of the pack", m.certificate);
  }
};
struct SecondPayload {
  ShortId implant{};
  std::uint32_t boots = 0;
  std::uint32_t epoch = 0;
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.bytes("implant", "the implant's id", m.implant);
    io.number("boots", "how often it started", m.boots);
    io.number("epoch", "certificates below it are refused", m.epoch);
  }
};

// ---- answers ----------------------------------------------------------------------------------------------

struct Outcome {
  Opcode to = Opcode::kReady;
  LinkAnswer answer = LinkAnswer::kDone;
  Refusal refusal = Refusal::kNone;  // with kRefusedByPump
  std::uint8_t rule = 0;             // 1 + the first broken rule; 0: none
  std::uint16_t index = 0;
  std::int64_t value = 0, limit = 0;  // of that rule
  std::uint32_t sequence = 0;         // changes taken since manufacture
  Instant next_possible;              // a bolus refused by lockout, window or hours
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.number("to", "the opcode answered", m.to);
    io.upto("answer", "table of answers", m.answer, LinkAnswer{kLinkAnswerCount - 1});
    io.upto("refusal", "the pump's reason", m.refusal, Refusal{kRefusalCount - 1});
    io.upto("rule", "1 + the first broken rule of a prescription; 0: none", m.rule, std::uint8_t{kRuleCount});
    io.number("index", "of what broke it; of firmware: the block that comes next", m.index);
    io.number("value", "what was read", m.value);
    io.number("limit", "what was allowed", m.limit);
    io.number("sequence", "changes taken since manufacture", m.sequence);
    io.number("next_possible_ms", "powered time at which a dose may be asked for again; 0: not said",
              m.next_possible);
  }
};

/// The implant has done it. Not kept: done all the same, until power goes.
constexpr bool is_done(const Outcome& outcome) {
  return outcome.answer == LinkAnswer::kDone || outcome.answer == LinkAnswer::kNotKept;
}

/// The other clinic that the implant is promised to.
struct PromisedTo {
  std::uint32_t number = 0;  // of the promise; 0: to nobody
  ShortId heir{};
  Duration waits;  // until the heir may come
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.number("promise", "number of the promise to another clinic; 0: none", m.number);
    io.bytes("heir", "first bytes of the SHA-256 of its key", m.heir);
    io.number("waits_ms", "until it may take the implant over", m.waits);
  }
};

struct StatusReply {
  DeviceState state = DeviceState::kUnpaired;
  Mode mode = Mode::kStopped;
  FlowRate flow;
  std::uint32_t prescription = 0;
  Hash order{};  // of the order that runs; zeros: none
  std::uint32_t sequence = 0;
  std::uint32_t intent = 0;  // of the newest change
  std::uint32_t alarms = 0;
  Volume reservoir_nominal, reservoir_earliest;
  std::uint32_t in_reservoir = 0, at_tip = 0;  // fluids
  Volume until_at_tip;
  std::int64_t steps = 0;
  std::uint8_t boluses_left = 0;
  bool in_field = false, naive = false;
  Instant now, supervised_until, last_given, next_bolus;
  std::int64_t utc_ms = 0;
  std::uint32_t journal_told = 0, journal_acknowledged = 0;
  std::uint16_t model = 0;
  std::uint32_t newest = 0;  // number of the newest prescription taken
  FluidPath path;
  Volume low_alarm;
  std::uint32_t last_request = 0;
  PromisedTo promised;
  std::uint32_t transfers = 0;  // number of the newest promise ever

  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.upto("state", "table of states", m.state, DeviceState{kDeviceStateCount - 1});
    io.upto("mode", "of delivery", m.mode, Mode{kModeCount - 1});
    io.number("flow_nl_per_day", "now", m.flow);
    io.number("prescription", "that runs", m.prescription);
    io.bytes("order", "digest of the order that runs; zeros: none", m.order);
    io.number("sequence", "changes taken since manufacture", m.sequence);
    io.number("intent", "of the newest change", m.intent);
    io.number("alarms", "one bit for each row of the table of alarms", m.alarms);
    io.number("reservoir_nominal_nl", "by the steps made", m.reservoir_nominal);
    io.number("reservoir_earliest_nl", "at the upper end of the labelled accuracy", m.reservoir_earliest);
    io.number("in_reservoir", "number of the fluid", m.in_reservoir);
    io.number("at_tip", "number of the fluid", m.at_tip);
    io.number("until_at_tip_nl", "until the reservoir's fluid is at the tip", m.until_at_tip);
    io.number("steps", "commanded since manufacture", m.steps);
    io.number("boluses_left", "in the window that runs", m.boluses_left);
    io.flag("in_field", "a magnetic field holds the rotor", m.in_field);
    io.flag("naive", "nothing was given for so long that the old dose may be an overdose", m.naive);
    io.number("now_ms", "powered time", m.now);
    io.number("supervised_until_ms", "0: not supervised", m.supervised_until);
    io.number("last_given_ms", "when the sensor last saw a step", m.last_given);
    io.number("next_bolus_ms", "when a dose may be asked for", m.next_bolus);
    io.number("utc_ms", "by the implant's clock", m.utc_ms);
    io.number("journal_told", "entries", m.journal_told);
    io.number("journal_acknowledged", "entries that the clinic holds", m.journal_acknowledged);
    io.number("model", "of the pump", m.model);
    io.number("newest", "number of the newest prescription taken", m.newest);
    io.number("tubing_nl", "as recorded", m.path.tubing);
    io.number("catheter_nl", "as recorded", m.path.catheter);
    io.number("low_alarm_nl", "level of the low reservoir alarm", m.low_alarm);
    io.number("last_request", "number of the newest dose asked for", m.last_request);
    PromisedTo::fields(io, m.promised);
    io.number("transfers", "number of the newest promise to another clinic; 0: never", m.transfers);
  }
};

/// What the patient's own programmer is told of this moment.
struct OwnReply {
  DeviceState state = DeviceState::kUnpaired;
  Mode mode = Mode::kStopped;
  std::uint32_t alarms = 0;
  Volume reservoir_earliest;
  std::uint8_t boluses_left = 0;
  Instant now, next_bolus;
  std::uint32_t last_request = 0;
  Refusal last_refusal = Refusal::kNone;
  std::uint32_t sequence = 0;
  std::uint32_t intent = 0;  // of the newest change
  PromisedTo promised;
  FlowRate flow;
  Volume patients_bolus, patients_bolus_given;
  Instant bolus_ends;
  std::uint32_t in_reservoir = 0, at_tip = 0;  // fluids
  Volume until_at_tip;
  std::uint32_t prescription = 0;
  bool own_pause = false;
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.upto("state", "table of states", m.state, DeviceState{kDeviceStateCount - 1});
    io.upto("mode", "of delivery", m.mode, Mode{kModeCount - 1});
    io.number("alarms", "one bit for each row of the table of alarms", m.alarms);
    io.number("reservoir_earliest_nl", "at the upper end of the labelled accuracy", m.reservoir_earliest);
    io.number("boluses_left", "in the window that runs", m.boluses_left);
    io.number("now_ms", "powered time", m.now);
    io.number("next_bolus_ms", "when a dose may be asked for", m.next_bolus);
    io.number("last_request", "number of the newest dose asked for", m.last_request);
    io.upto("last_refusal", "why it was refused; 0: it was given", m.last_refusal,
            Refusal{kRefusalCount - 1});
    io.number("sequence", "changes taken since manufacture", m.sequence);
    io.number("intent", "of the newest change", m.intent);
    PromisedTo::fields(io, m.promised);
    io.number("flow_nl_per_day", "now", m.flow);
    io.number("bolus_nl", "the newest that was granted to the patient; 0: none was", m.patients_bolus);
    io.number("bolus_given_nl", "of it, so far or before it was cut", m.patients_bolus_given);
    io.number("bolus_ends_ms", "of the bolus that is being given, whoever ordered it; 0: none is",
              m.bolus_ends);
    io.number("in_reservoir", "number of the fluid", m.in_reservoir);
    io.number("at_tip", "number of the fluid", m.at_tip);
    io.number("until_at_tip_nl", "until the reservoir's fluid is at the tip", m.until_at_tip);
    io.number("prescription", "that runs", m.prescription);
    io.flag("own_pause", "the patient has stopped the pump, and may let it go on", m.own_pause);
  }
};

/// What the patient's own programmer is told of the prescription: what changes with an order and not between.
struct OwnTherapyReply {
  std::uint32_t prescription = 0;
  Formulation fluid;  // in the reservoir
  Volume usual_day;   // basal and scheduled boluses of the 24 hours to come, pauses aside
  Volume worst_day;   // every allotted bolus taken
  Volume low_alarm;
  BolusDose dose;
  std::uint32_t lockout_s = 0, window_s = 0;
  std::uint8_t allotted = 0;
  std::uint16_t from_minute = 0, to_minute = 0;
  bool may_pause = false;

  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.number("prescription", "that runs", m.prescription);
    io.number("fluid", "number of that in the reservoir; 0: none", m.fluid.number);
    io.upto("drugs", "how many", m.fluid.count, std::uint8_t{kMaxComponents});
    for (std::size_t i = 0; i < kMaxComponents; ++i) {
      auto& part = m.fluid.components[i];
      io.number("drug", "code in the library", part.drug);
      io.upto("class", "class of drug", part.drug_class, DrugClass{kDrugClassCount - 1});
      io.upto("ng_per_ml", "concentration", part.concentration, kMaxConcentration);
    }
    io.number("usual_day_nl", "basal and scheduled boluses of the 24 hours to come, pauses aside",
              m.usual_day);
    io.number("worst_day_nl", "of any 24 hours, every allotted bolus taken", m.worst_day);
    io.number("low_alarm_nl", "level of the low reservoir alarm", m.low_alarm);
    io.number("bolus_nl", "that the patient may ask for; 0: none", m.dose.volume);
    io.number("bolus_nl_per_day", "at which it is given, on top of basal", m.dose.rate);
    io.number("lockout_s", "from one grant to the next", m.lockout_s);
    io.number("window_s", "in which so many are allotted", m.window_s);
    io.number("allotted", "boluses in a window", m.allotted);
    io.number("from_minute", "of the local day: from then they may be asked for", m.from_minute);
    io.number("to_minute", "until then; the same: all day", m.to_minute);
    io.flag("may_pause", "the patient may stop the pump and let it go on", m.may_pause);
  }
};

enum class WhichOrder : std::uint8_t { kRunning = 0, kOffered = 1 };

struct OrderPart {
  WhichOrder which = WhichOrder::kRunning;
  std::uint8_t index = 0;
  Block bytes{};
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.upto("which", "0 running, 1 offered", m.which, WhichOrder::kOffered);
    io.upto("index", "of the block", m.index, std::uint8_t{kOrderBlocks - 1});
    io.bytes("bytes", "encoded anew from what was decoded", m.bytes);
  }
};

/// Words of the journal's memory as they stand (docs/journal.md).
inline constexpr std::size_t kJournalPartWords = 24;
struct JournalPart {
  std::uint32_t oldest_page = 0, newest_page = 0;  // that stand
  std::uint32_t page = 0;
  std::uint8_t part = 0;
  std::array<std::uint8_t, kJournalPartWords * 8> words{};
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.number("oldest_page", "that stands", m.oldest_page);
    io.number("newest_page", "that stands", m.newest_page);
    io.number("page", "number since manufacture", m.page);
    io.number("part", "of the page", m.part);
    io.bytes("words", "as they stand, 8 bytes each, little endian", m.words);
  }
};

struct PairReply {
  Key share{};
  ShortId implant{};
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.bytes("share", "the implant's part of the new secret", m.share);
    io.bytes("implant", "the implant's id", m.implant);
  }
};

// ---- what is asked ----------------------------------------------------------------------------------------

struct Ready : Nothing {
  static constexpr Opcode kOpcode = Opcode::kReady;
};
struct ReadStatus : Nothing {
  static constexpr Opcode kOpcode = Opcode::kReadStatus;
  using Reply = StatusReply;
};
struct ReadOwn : Nothing {
  static constexpr Opcode kOpcode = Opcode::kReadOwn;
  using Reply = OwnReply;
};
struct ReadOwnTherapy : Nothing {
  static constexpr Opcode kOpcode = Opcode::kReadOwnTherapy;
  using Reply = OwnTherapyReply;
};
struct ReadOrder {
  static constexpr Opcode kOpcode = Opcode::kReadOrder;
  using Reply = OrderPart;
  WhichOrder which = WhichOrder::kRunning;
  std::uint8_t index = 0;
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.upto("which", "0 running, 1 offered", m.which, WhichOrder::kOffered);
    io.upto("index", "of the block", m.index, std::uint8_t{kOrderBlocks - 1});
  }
};
struct ReadJournal {
  static constexpr Opcode kOpcode = Opcode::kReadJournal;
  using Reply = JournalPart;
  std::uint32_t page = 0;
  std::uint8_t part = 0;
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.number("page", "number since manufacture", m.page);
    io.upto("part", "of the page", m.part, std::uint8_t{21});
  }
};
/// By coil, without a key: what anybody near the patient is told. Nothing in it tells one pump from another.
struct PageReply {
  DeviceState state = DeviceState::kUnpaired;
  Mode mode = Mode::kStopped;
  std::uint32_t alarms = 0;
  Duration lowered_for;  // still; 0: not lowered
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.upto("state", "table of states", m.state, DeviceState{kDeviceStateCount - 1});
    io.upto("mode", "of delivery", m.mode, Mode{kModeCount - 1});
    io.number("alarms", "one bit for each row of the table of alarms", m.alarms);
    io.number("lowered_for_ms", "how long delivery stays lowered; 0: it is not", m.lowered_for);
  }
};
struct ReadPage : Nothing {
  static constexpr Opcode kOpcode = Opcode::kReadPage;
  using Reply = PageReply;
};
struct Offer {
  static constexpr Opcode kOpcode = Opcode::kOffer;
  Hash digest{};
  std::uint8_t signers = 1;
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.bytes("digest", "of the order", m.digest);
    io.upto("signers", "1 or 2", m.signers, std::uint8_t{2});
  }
  [[nodiscard]] constexpr bool consistent() const { return signers > 0; }
};
struct OfferSignature {
  static constexpr Opcode kOpcode = Opcode::kOfferSignature;
  std::uint8_t index = 0;
  std::array<std::uint8_t, kCertificateBytes> certificate{};
  Key key{};
  Signature signature{};
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.upto("index", "0, 1", m.index, std::uint8_t{1});
    io.bytes("certificate", "of the signer", m.certificate);
    io.bytes("key", "the signer's, Ed25519", m.key);
    io.bytes("signature", "of the order", m.signature);
  }
};
struct OfferBlock {
  static constexpr Opcode kOpcode = Opcode::kOfferBlock;
  std::uint8_t index = 0;
  Block bytes{};
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.upto("index", "of the block", m.index, std::uint8_t{kOrderBlocks - 1});
    io.bytes("bytes", "of the order; beyond its end zeros", m.bytes);
  }
};
struct Discard : Nothing {
  static constexpr Opcode kOpcode = Opcode::kDiscard;
};

/// What every change carries: the sequence that its programmer has read, and a number of its own.
struct Change {
  std::uint32_t sequence = 0, intent = 0;
  template <class Io, class M>
  static constexpr void change_fields(Io& io, M& m) {
    io.number("sequence", "of changes, as last read", m.sequence);
    io.number("intent", "random, not 0: tells this change from every other", m.intent);
  }
};
/// What was found and done at the bedside.
struct Bedside {
  Volume filled, left_in;
  bool aspirated_told = false;
  Volume aspirated;
  template <class Io, class M>
  static constexpr void bedside_fields(Io& io, M& m) {
    io.upto("filled_nl", "into the reservoir", m.filled, kMaxReservoir);
    io.upto("left_in_nl", "not aspirated before", m.left_in, kMaxReservoir);
    io.flag("aspirated_told", "the next is told", m.aspirated_told);
    io.upto("aspirated_nl", "from the reservoir, before", m.aspirated, kMaxReservoir);
  }
  [[nodiscard]] constexpr bool bedside_consistent() const { return aspirated_told || aspirated.raw() == 0; }
};

struct Commit : Change, Bedside {
  static constexpr Opcode kOpcode = Opcode::kCommit;
  std::uint32_t number = 0;
  Hash digest{};
  std::int64_t utc_ms = 0;
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    change_fields(io, m);
    io.number("number", "of the order", m.number);
    io.bytes("digest", "of the order", m.digest);
    io.upto("utc_ms", "implant: the time of day; else 0", m.utc_ms, kLatestUtcMs);
    bedside_fields(io, m);
  }
  [[nodiscard]] constexpr bool consistent() const { return intent != 0 && bedside_consistent(); }
};
struct PlainChange : Change {
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    change_fields(io, m);
  }
  [[nodiscard]] constexpr bool consistent() const { return intent != 0; }
};
struct Stop : PlainChange {
  static constexpr Opcode kOpcode = Opcode::kStop;
};
struct Resume : PlainChange {
  static constexpr Opcode kOpcode = Opcode::kResume;
};
struct Refill : Change, Bedside {
  static constexpr Opcode kOpcode = Opcode::kRefill;
  std::uint32_t fluid = 0;
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    change_fields(io, m);
    io.number("fluid", "number of the fluid, the one that the reservoir holds", m.fluid);
    bedside_fields(io, m);
  }
  [[nodiscard]] constexpr bool consistent() const { return intent != 0 && bedside_consistent(); }
};
struct RequestBolus {
  static constexpr Opcode kOpcode = Opcode::kRequestBolus;
  std::uint32_t request = 0;
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.number("request", "one more than the last", m.request);
  }
  [[nodiscard]] constexpr bool consistent() const { return request != 0; }
};
struct SetClock : Change {
  static constexpr Opcode kOpcode = Opcode::kSetClock;
  std::int64_t utc_ms = 0;
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    change_fields(io, m);
    io.upto("utc_ms", "now", m.utc_ms, kLatestUtcMs);
  }
  [[nodiscard]] constexpr bool consistent() const { return intent != 0; }
};
struct AcknowledgeAlarms : PlainChange {
  static constexpr Opcode kOpcode = Opcode::kAcknowledgeAlarms;
};
struct AcknowledgeJournal : Change {
  static constexpr Opcode kOpcode = Opcode::kAcknowledgeJournal;
  std::uint32_t entries = 0;
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    change_fields(io, m);
    io.number("entries", "that the clinic holds safely", m.entries);
  }
  [[nodiscard]] constexpr bool consistent() const { return intent != 0; }
};
struct Explant : PlainChange {
  static constexpr Opcode kOpcode = Opcode::kExplant;
};
struct EraseSecrets : Change {
  static constexpr Opcode kOpcode = Opcode::kEraseSecrets;
  std::uint32_t entries = 0;
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    change_fields(io, m);
    io.number("entries", "of the journal that the clinic holds: all", m.entries);
  }
  [[nodiscard]] constexpr bool consistent() const { return intent != 0; }
};
struct CutBolus : PlainChange {
  static constexpr Opcode kOpcode = Opcode::kCutBolus;
};
struct Lower : Nothing {
  static constexpr Opcode kOpcode = Opcode::kLower;
};
struct Pair {
  static constexpr Opcode kOpcode = Opcode::kPair;
  using Reply = PairReply;
  static constexpr SecretFor kSecretFor = SecretFor::kClinic;
  Key clinic{};
  Key share{};
  Signature signature{};
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.bytes("clinic", "the clinic's key, Ed25519", m.clinic);
    io.bytes("share", "the clinic's part of the new secret", m.share);
    io.bytes("signature", "of this secret, for this session, by that key", m.signature);
  }
};
struct PairPatient {
  static constexpr Opcode kOpcode = Opcode::kPairPatient;
  using Reply = PairReply;
  static constexpr SecretFor kSecretFor = SecretFor::kPatient;
  Key share{};
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.bytes("share", "the programmer's part of the new secret", m.share);
  }
};
struct RaiseEpoch {
  static constexpr Opcode kOpcode = Opcode::kRaiseEpoch;
  EpochStatement statement;
  Signature signature{};
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    EpochStatement::fields(io, m.statement);
    io.bytes("signature", "Ed25519 by the clinic's key", m.signature);
  }
};

/// A new secret for the clinic's programmers; the one before it opens until this one was used.
struct Renew {
  static constexpr Opcode kOpcode = Opcode::kRenew;
  using Reply = PairReply;
  static constexpr SecretFor kSecretFor = SecretFor::kClinic;
  Key share{};
  Signature signature{};
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.bytes("share", "the clinic's part of the new secret", m.share);
    io.bytes("signature", "of this secret, for this session, by the clinic's key", m.signature);
  }
};
struct Transfer {
  static constexpr Opcode kOpcode = Opcode::kTransfer;
  using Reply = PairReply;
  static constexpr SecretFor kSecretFor = SecretFor::kHeir;
  TransferToken token;
  Signature signature{};
  Key share{};
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    TransferToken::fields(io, m.token);
    io.bytes("signature", "Ed25519 of the token by the clinic's key", m.signature);
    io.bytes("share", "the clinic's part of the secret that opens the implant for the heir", m.share);
  }
  [[nodiscard]] constexpr bool consistent() const { return token.consistent(); }
};
struct RefuseTransfer {
  static constexpr Opcode kOpcode = Opcode::kRefuseTransfer;
  std::uint32_t number = 0;
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.number("number", "of the promise, as read", m.number);
  }
};
/// By coil, without a key.
struct Claim {
  static constexpr Opcode kOpcode = Opcode::kClaim;
  TransferToken token;
  std::array<VendorSignature, 2> signatures{};
  std::array<std::uint8_t, kCardProofBytes> card{};
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    TransferToken::fields(io, m.token);
    for (auto& one : m.signatures) VendorSignature::fields(io, one);
    io.bytes("card", "proof that the card of the pack is there", m.card);
  }
  [[nodiscard]] constexpr bool consistent() const { return token.consistent(); }
};
struct FirmwareReply {
  Program runs = Program::kMade;
  FirmwareStage stage = FirmwareStage::kNone;
  Hash digest{};
  std::uint16_t next = 0;
  std::uint16_t counter = 0;
  std::uint8_t boots = 0;
  Duration authorised_for;
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.upto("runs", "0 as made, 1 slot A, 2 slot B", m.runs, Program::kSlotB);
    io.upto("stage",
            "0 none, 1 authorised, 2 being received, 3 verified, 4 on trial, 5 confirmed, 6 reverted",
            m.stage, FirmwareStage::kReverted);
    io.bytes("digest", "of the header that was authorised last; zeros: none", m.digest);
    io.number("next", "the block that comes next", m.next);
    io.number("counter", "security counter that was reached", m.counter);
    io.number("boots", "of the program on trial", m.boots);
    io.number("authorised_for_ms", "how long it stays authorised; 0: it is not", m.authorised_for);
  }
};
struct ReadFirmware : Nothing {
  static constexpr Opcode kOpcode = Opcode::kReadFirmware;
  using Reply = FirmwareReply;
};
struct AuthoriseFirmware {
  static constexpr Opcode kOpcode = Opcode::kAuthoriseFirmware;
  Hash digest{};
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.bytes("digest", "of the header: SHA-256 of 'theca firmware 1' and its bytes", m.digest);
  }
};
struct OfferFirmware {
  static constexpr Opcode kOpcode = Opcode::kOfferFirmware;
  SignedFirmware firmware;
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    SignedFirmware::fields(io, m.firmware);
  }
  [[nodiscard]] constexpr bool consistent() const { return firmware.consistent(); }
};
struct FirmwareBlock {
  static constexpr Opcode kOpcode = Opcode::kFirmwareBlock;
  std::uint16_t index = 0;
  std::array<std::uint8_t, kFirmwareBlockBytes> bytes{};
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.upto("index", "of the block", m.index, std::uint16_t{kMostFirmwareBlocks - 1});
    io.bytes("bytes", "of the image; beyond its end zeros", m.bytes);
  }
};
struct TryFirmware {
  static constexpr Opcode kOpcode = Opcode::kTryFirmware;
  Hash digest{};
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.bytes("digest", "of the header", m.digest);
  }
};

/// Calls `what.template operator()<M>()` for each message that can be asked, in the order of its opcodes.
template <class What>
constexpr void for_each_request(What&& what) {
  what.template operator()<Ready>();
  what.template operator()<ReadStatus>();
  what.template operator()<ReadOwn>();
  what.template operator()<ReadOrder>();
  what.template operator()<ReadJournal>();
  what.template operator()<ReadPage>();
  what.template operator()<ReadFirmware>();
  what.template operator()<ReadOwnTherapy>();
  what.template operator()<Offer>();
  what.template operator()<OfferSignature>();
  what.template operator()<OfferBlock>();
  what.template operator()<Discard>();
  what.template operator()<Commit>();
  what.template operator()<Stop>();
  what.template operator()<Resume>();
  what.template operator()<Refill>();
  what.template operator()<RequestBolus>();
  what.template operator()<SetClock>();
  what.template operator()<AcknowledgeAlarms>();
  what.template operator()<AcknowledgeJournal>();
  what.template operator()<Explant>();
  what.template operator()<EraseSecrets>();
  what.template operator()<Lower>();
  what.template operator()<CutBolus>();
  what.template operator()<Pair>();
  what.template operator()<PairPatient>();
  what.template operator()<RaiseEpoch>();
  what.template operator()<Renew>();
  what.template operator()<Transfer>();
  what.template operator()<RefuseTransfer>();
  what.template operator()<Claim>();
  what.template operator()<AuthoriseFirmware>();
  what.template operator()<OfferFirmware>();
  what.template operator()<FirmwareBlock>();
  what.template operator()<TryFirmware>();
}
static_assert([] {
  std::size_t place = 0;
  bool ordered = true, fits = true;
  for_each_request([&]<class M>() {
    ordered = ordered && place < kOpcodeCount && kOpcodes[place].opcode == M::kOpcode;
    fits = fits && kWireBytes<M> + kMessageHead <= kMostPlain;
    if constexpr (requires { typename M::Reply; }) {
      fits = fits && kWireBytes<typename M::Reply> + kMessageHead <= kMostPlain;
    }
    ++place;
  });
  return ordered && fits && place == kOpcodeCount;
}());

// ---- a record's plain text --------------------------------------------------------------------------------

struct MessageView {
  std::uint8_t code = 0;
  std::uint16_t tag = 0;
  Bytes body;
};
inline std::optional<MessageView> message_of(Bytes plain) {
  if (plain.size() < kMessageHead) return std::nullopt;
  return MessageView{plain[0], static_cast<std::uint16_t>(plain[1] | plain[2] << 8),
                     plain.subspan(kMessageHead)};
}

/// A message's plain text, at most kMostPlain long.
class Plain {
 public:
  Plain() = default;
  template <class M>
  Plain(std::uint8_t code, std::uint16_t tag, const M& message) : size_(kMessageHead + kWireBytes<M>) {
    static_assert(kMessageHead + kWireBytes<M> <= kMostPlain);
    bytes_[0] = code;
    bytes_[1] = static_cast<std::uint8_t>(tag);
    bytes_[2] = static_cast<std::uint8_t>(tag >> 8);
    write(message, Room{bytes_}.subspan(kMessageHead, kWireBytes<M>));
  }
  [[nodiscard]] Bytes bytes() const { return {bytes_.data(), size_}; }

 private:
  std::array<std::uint8_t, kMostPlain> bytes_{};
  std::size_t size_ = 0;
};
template <class M>
Plain asking(std::uint16_t tag, const M& message) {
  return {static_cast<std::uint8_t>(M::kOpcode), tag, message};
}
template <class M>
Plain replying(std::uint16_t tag, const typename M::Reply& reply) {
  return {static_cast<std::uint8_t>(static_cast<std::uint8_t>(M::kOpcode) | kReplyBit), tag, reply};
}
inline Plain telling(std::uint16_t tag, const Outcome& outcome) { return {kOutcomeByte, tag, outcome}; }

}  // namespace theca::link
