#include "world/people.hpp"

namespace theca {
namespace {

/// What the clinic's orders say of what a scenario does not speak of.
constexpr std::uint32_t kLargestRisePpm = 200'000, kAuthor = 1, kHoldS = 4 * 3'600;

Told told(const link::Outcome& outcome) {
  const bool done = outcome.answer == LinkAnswer::kDone;
  return {done ? link::Delivery::kConfirmed : link::Delivery::kFailed, true, outcome};
}

}  // namespace

Refusal refusal_of(const link::Outcome& outcome, DeviceState state) {
  switch (outcome.answer) {
    case LinkAnswer::kRefusedByPump:
      return outcome.refusal;
    case LinkAnswer::kNotInThisState:
      if (outcome.to == Opcode::kResume) return Refusal::kNothingToResume;
      return state == DeviceState::kMotorOff ? Refusal::kMotorFault : Refusal::kNotImplanted;
    case LinkAnswer::kMalformed:
      return Refusal::kOverfill;  // nothing else of a bedside's figures has a range
    case LinkAnswer::kOrderMalformed:
      return Refusal::kBadLimits;
    default:
      return Refusal::kNone;
  }
}

bool People::open(Programmer& programmer, Person who) {
  return programmer.open(clinic_.keys_of(who, utc_s())).has_value();
}

bool People::pair() {
  const Implant<link::Sodium>& implant = device_.implant();
  clinic_.meet(implant.public_key(), implant.id());
  {
    Programmer programmer{device_, clinic_, ether_};
    if (!programmer.open(clinic_.card_keys(implant.card()))) return false;
    link::Pair ask;
    ask.clinic = clinic_.public_key();
    ask.share = clinic_.random();
    const auto reply = programmer.talk().ask(ask);
    if (!reply || !*reply) return false;
    clinic_.keep(link::paired_secret<link::Sodium>(ask.share, (*reply)->share, false));
  }
  Programmer programmer{device_, clinic_, ether_};
  if (!open(programmer, Person::kPhysician)) return false;
  link::PairPatient own;
  own.share = clinic_.random();
  const auto reply = programmer.talk().ask(own);
  if (!reply || !*reply) return false;
  clinic_.keep_patients(link::paired_secret<link::Sodium>(own.share, (*reply)->share, true));
  return true;
}

/// A change that knows of all before it. When its answer is lost, the implant is asked in another session
/// what became of it.
template <class M>
Told People::tell(Programmer& programmer, Person who, const M& message) {
  const auto said = programmer.talk().change(message);
  return said ? told(*said) : settled(programmer, who, message);
}

template <class M>
Told People::settled(Programmer& programmer, Person who, const M& sent) {
  if (!open(programmer, who)) return {link::Delivery::kUncertain, true, std::nullopt};
  if constexpr (std::is_same_v<M, link::RequestBolus>) {
    const auto own = programmer.talk().ask(link::ReadOwn{});
    if (!own || !*own) return {link::Delivery::kUncertain, true, std::nullopt};
    return {link::settle(sent, (*own)->last_request, (*own)->last_refusal), true, std::nullopt};
  } else {
    const auto status = programmer.talk().ask(link::ReadStatus{});
    if (!status || !*status) return {link::Delivery::kUncertain, true, std::nullopt};
    return {link::settle(sent, (*status)->sequence, (*status)->intent), true, std::nullopt};
  }
}

template <class M>
Told People::change(Person who, M message) {
  Programmer programmer{device_, clinic_, ether_};
  if (!open(programmer, who)) return {};
  const auto status = programmer.talk().ask(link::ReadStatus{});
  if (!status || !*status) return {};
  message.sequence = (*status)->sequence;
  message.intent = clinic_.intent();
  return tell(programmer, who, message);
}

Told People::refill(std::uint32_t fluid, const link::Bedside& bedside) {
  link::Refill message;
  static_cast<link::Bedside&>(message) = bedside;
  message.fluid = fluid;
  return change(Person::kNurse, message);
}
Told People::stop() { return change(Person::kPhysician, link::Stop{}); }
Told People::resume() { return change(Person::kPhysician, link::Resume{}); }
Told People::set_clock(std::int64_t utc_ms) {
  link::SetClock message;
  message.utc_ms = utc_ms;
  return change(Person::kPhysician, message);
}
Told People::acknowledge() { return change(Person::kNurse, link::AcknowledgeAlarms{}); }
Told People::explant() { return change(Person::kPhysician, link::Explant{}); }

link::Order People::written(const Wanted& wanted, const link::StatusReply& status) const {
  using enum link::OrderKind;
  const bool tells_path = wanted.kind == kImplant || wanted.kind == kRevise;
  link::Order order;
  order.kind = wanted.kind;
  order.implant = clinic_.implant();
  order.number = wanted.prescription.number;
  order.parent = status.order;
  order.author = kAuthor;
  order.issued_utc_s = utc_s();
  order.path = tells_path ? wanted.path : status.path;
  order.ceilings = wanted.ceilings;
  order.low_alarm = wanted.low_alarm;
  order.largest_rise_ppm = kLargestRisePpm;
  order.emergency_hold_s = kHoldS;
  if (tells_path) order.path_contents = wanted.path_contents;
  order.prescription = encode(wanted.prescription);
  return order;
}

/// Handed over, read back and held against what was signed, then committed.
Told People::order(const Wanted& wanted) {
  Programmer programmer{device_, clinic_, ether_};
  if (!open(programmer, Person::kPhysician)) return {};
  Talk& talk = programmer.talk();
  const auto status = talk.ask(link::ReadStatus{});
  if (!status || !*status) return {};
  link::Order order = written(wanted, **status);
  link::OrderBytes bytes{};
  link::Hash digest{};
  const auto offer = [&] {
    bytes = link::written(order);
    digest = link::digest_of<link::Sodium>(bytes);
    return link::offer(talk, bytes, digest, clinic_.signed_by_both(digest, utc_s()));
  };
  auto offered = offer();
  // A pump that has lost its limits in both copies has its model's alarm level again, and no status tells it.
  const Volume models = device_.pump().model().low_alarm;
  if (offered && offered->answer == LinkAnswer::kSettingsDiffer && order.low_alarm != models) {
    order.low_alarm = models;
    offered = offer();
  }
  if (!offered) return {link::Delivery::kFailed, true, std::nullopt};
  if (offered->answer != LinkAnswer::kDone) return told(*offered);
  if (link::read_order(talk, link::WhichOrder::kOffered) != bytes)
    return {link::Delivery::kFailed, true, std::nullopt};
  link::Commit commit;
  static_cast<link::Bedside&>(commit) = wanted.bedside;
  commit.sequence = (*status)->sequence;
  commit.intent = clinic_.intent();
  commit.number = wanted.prescription.number;
  commit.digest = digest;
  commit.utc_ms = wanted.utc_ms;
  return tell(programmer, Person::kPhysician, commit);
}

Told People::ask_for_dose() {
  Programmer programmer{device_, clinic_, ether_};
  if (!open(programmer, Person::kPatient)) return {};
  const auto own = programmer.talk().ask(link::ReadOwn{});
  if (!own || !*own) return {};
  return tell(programmer, Person::kPatient, link::RequestBolus{(*own)->last_request + 1});
}

}  // namespace theca
