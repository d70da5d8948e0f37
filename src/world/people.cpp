#include "world/people.hpp"

#include <algorithm>

namespace theca {
namespace {

/// What the clinic's orders say of what a scenario does not speak of.
constexpr std::uint32_t kLargestRisePpm = 200'000, kAuthor = 1, kHoldS = 4 * 3'600;

/// How often somebody begins anew where others disturb the air.
constexpr int kMostTries = 12;
/// How long somebody calls an implant that should answer and does not.
constexpr Duration kCallsFor = seconds(60);

/// What another programmer has changed since, or discarded, is no reason to give up.
bool is_passing(LinkAnswer answer) {
  return answer == LinkAnswer::kSequenceDiffers || answer == LinkAnswer::kParentDiffers ||
         answer == LinkAnswer::kNothingOffered || answer == LinkAnswer::kOfferIncomplete ||
         answer == LinkAnswer::kOfferForeign || answer == LinkAnswer::kOfferTooOld;
}

Told told(const link::Outcome& outcome) {
  return {link::is_done(outcome) ? link::Delivery::kConfirmed : link::Delivery::kFailed, outcome,
          is_passing(outcome.answer)};
}
Told lost() { return {link::Delivery::kFailed, std::nullopt, true}; }

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

void People::watched_by(LinkWatch& watch) {
  watch_ = &watch;
  watch.keep_secret(device_.implant().card());
  keep_secrets();
}

void People::keep_secrets() {
  if (watch_ == nullptr) return;
  for (const link::Key& secret : clinic_.secrets()) watch_->keep_secret(secret);
}

bool People::open(Programmer& programmer, Person who) {
  const Instant came = device_.now();
  for (;;) {
    const auto counts = watch_ != nullptr ? watch_->counts() : LinkWatch::Counts{};
    const bool opened = programmer.open(clinic_.keys_of(who, utc_s())).has_value();
    if (ether_ == nullptr) return opened;
    const Duration waited = device_.now() - std::max(came, ether_->disturbed());
    if (opened) {
      watch_->connected(programmer.talk().implant(), counts, waited);
      return true;
    }
    if (!device_.answers() || device_.implant().shut()) return false;
    if (waited > kCallsFor) {
      watch_->not_connected(waited);
      return false;
    }
  }
}

/// In clear air once is enough.
template <class Attempt>
Told People::tried(Attempt&& attempt) {
  Told told = attempt();
  for (int tries = 1; ether_ != nullptr && told.again && tries < kMostTries; ++tries) told = attempt();
  return told;
}

void People::look_in() {
  Programmer programmer{device_, clinic_, ether_};
  if (open(programmer, physician())) (void)programmer.talk().ask(link::ReadStatus{});
}

bool People::pair() {
  const Implant<link::Sodium>& implant = device_.implant();
  clinic_.meet(implant.public_key(), implant.id());
  {
    Programmer programmer{device_, clinic_, ether_};
    if (!programmer.open(clinic_.card_keys(implant.card()))) return false;
    const link::Pair ask = clinic_.pairing(programmer.talk().number());
    if (watch_ != nullptr) watch_->keep_secret(ask.share);
    const auto reply = programmer.talk().ask(ask);
    if (!reply || !*reply) return false;
    clinic_.keep(link::paired_secret<link::Sodium>(ask.share, (*reply)->share, link::SecretFor::kClinic));
  }
  Programmer programmer{device_, clinic_, ether_};
  if (!open(programmer, Person::kPhysician)) return false;
  link::PairPatient own;
  own.share = clinic_.random();
  const auto reply = programmer.talk().ask(own);
  if (!reply || !*reply) return false;
  clinic_.keep_patients(
      link::paired_secret<link::Sodium>(own.share, (*reply)->share, link::SecretFor::kPatient));
  keep_secrets();
  return true;
}

/// When its answer is lost, the implant is asked in another session what became of it.
template <class M>
Told People::tell(Programmer& programmer, Person who, const M& message) {
  constexpr bool kDose = std::is_same_v<M, link::RequestBolus>;
  if (watch_ != nullptr) {
    if constexpr (kDose) {
      watch_->wants_dose();
    } else {
      watch_->wants(role_of(who), M::kOpcode, message.intent);
    }
  }
  const auto said = programmer.talk().change(message);
  const Told told = said ? theca::told(*said) : settled(programmer, who, message);
  if (watch_ != nullptr) {
    if constexpr (kDose) {
      watch_->dose_ended(told.delivery);
    } else {
      watch_->ended(message.intent, told.delivery);
    }
  }
  return told;
}

template <class M>
Told People::settled(Programmer& programmer, Person who, const M& sent) {
  for (int tries = 0; tries < kMostTries && open(programmer, who); ++tries) {
    if constexpr (std::is_same_v<M, link::RequestBolus>) {
      const auto own = programmer.talk().ask(link::ReadOwn{});
      if (!own || !*own) continue;
      return {link::settle(sent, (*own)->last_request, (*own)->last_refusal), std::nullopt};
    } else {
      const auto status = programmer.talk().ask(link::ReadStatus{});
      if (!status || !*status) continue;
      auto delivery = link::settle(sent, (*status)->sequence, (*status)->intent);
      if (delivery == link::Delivery::kUncertain) delivery = journal_tells(sent.intent);
      return {delivery, std::nullopt, delivery == link::Delivery::kFailed};
    }
  }
  return {link::Delivery::kUncertain, std::nullopt};
}

/// Its pages are read as `theca link log` reads them; here they are looked at where they stand.
link::Delivery People::journal_tells(std::uint32_t intent) const {
  const auto taken = device_.stored().journal().newest([&](const JournalEntry& entry) {
    return entry.event.code == EventCode::kChangeTaken && entry.event.value2 == intent;
  });
  return taken ? link::Delivery::kConfirmed : link::Delivery::kFailed;
}

/// A change that knows of all before it.
template <class M>
Told People::change(Person who, M message) {
  return tried([&]() -> Told {
    Programmer programmer{device_, clinic_, ether_};
    if (!open(programmer, who)) return {};
    const auto status = programmer.talk().ask(link::ReadStatus{});
    if (!status) return lost();
    if (!*status) return told(status->error());
    message.sequence = (*status)->sequence;
    message.intent = clinic_.intent();
    return tell(programmer, who, message);
  });
}

Told People::refill(std::uint32_t fluid, const link::Bedside& bedside) {
  link::Refill message;
  static_cast<link::Bedside&>(message) = bedside;
  message.fluid = fluid;
  return change(Person::kNurse, message);
}
Told People::stop() { return change(physician(), link::Stop{}); }
Told People::resume() { return change(physician(), link::Resume{}); }
Told People::set_clock(std::int64_t utc_ms) {
  link::SetClock message;
  message.utc_ms = utc_ms;
  return change(physician(), message);
}
Told People::acknowledge(Person who) { return change(who, link::AcknowledgeAlarms{}); }
Told People::explant() { return change(physician(), link::Explant{}); }

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
  order.low_alarm = wanted.kind == kImplant ? wanted.low_alarm : status.low_alarm;
  order.largest_rise_ppm = kLargestRisePpm;
  order.emergency_hold_s = kHoldS;
  if (tells_path) order.path_contents = wanted.path_contents;
  order.prescription = encode(wanted.prescription);
  return order;
}

Told People::order(const Wanted& wanted) {
  const Person who = physician();
  return tried([&] { return ordered(who, wanted); });
}

/// Handed over, read back and held against what was signed, then committed.
Told People::ordered(Person who, const Wanted& wanted) {
  Programmer programmer{device_, clinic_, ether_};
  if (!open(programmer, who)) return {};
  Talk& talk = programmer.talk();
  const auto status = talk.ask(link::ReadStatus{});
  if (!status) return lost();
  if (!*status) return told(status->error());
  const link::OrderBytes bytes = link::written(written(wanted, **status));
  const link::Hash digest = link::digest_of<link::Sodium>(bytes);
  if (watch_ != nullptr) {
    watch_->keep_private(bytes);
    watch_->keep_private(digest);
  }
  const auto offered = link::offer(talk, bytes, digest, clinic_.signed_by_both(digest, utc_s()));
  if (!offered) return lost();
  if (offered->answer != LinkAnswer::kDone) return told(*offered);
  if (link::read_order(talk, link::WhichOrder::kOffered) != bytes) return lost();
  link::Commit commit;
  static_cast<link::Bedside&>(commit) = wanted.bedside;
  commit.sequence = (*status)->sequence;
  commit.intent = clinic_.intent();
  commit.number = wanted.prescription.number;
  commit.digest = digest;
  commit.utc_ms = wanted.utc_ms;
  return tell(programmer, who, commit);
}

Told People::ask_for_dose() {
  return tried([&]() -> Told {
    Programmer programmer{device_, clinic_, ether_};
    if (!open(programmer, Person::kPatient)) return {};
    const auto own = programmer.talk().ask(link::ReadOwn{});
    if (!own) return lost();
    if (!*own) return told(own->error());
    return tell(programmer, Person::kPatient, link::RequestBolus{(*own)->last_request + 1});
  });
}

}  // namespace theca
