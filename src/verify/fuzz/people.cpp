#include "verify/fuzz/people.hpp"

namespace theca::fuzz {
namespace {

using namespace example;

Snapshot taken(Practice& practice) {
  Snapshot taken;
  taken.memory = practice.bench.flash().clone();
  taken.public_key = practice.bench.implant().public_key();
  taken.card = practice.bench.implant().card();
  taken.id = practice.clinic.implant;
  taken.physician = practice.physician;
  taken.nurse = practice.nurse;
  taken.patient = practice.patient;
  taken.service = practice.service;
  taken.signer = practice.signer;
  taken.second = practice.second;
  taken.clinic_secret = practice.clinic_secret;
  taken.patient_secret = practice.patient_secret;
  taken.clinic_seed = practice.clinic.seed;
  taken.to_implant = practice.bench.to_air;
  taken.from_implant = practice.bench.from_air;
  return taken;
}

link::Order order_for(Practice& practice, link::OrderKind kind, std::uint32_t number) {
  link::Order order = practice.order(kind, usual(number));
  order.patient_may_pause = true;
  return order;
}

/// A visit each of everybody who has something to do.
void visits(Practice& practice) {
  practice.pair();
  {
    auto physician = practice.as(practice.physician);
    const link::Order first = order_for(practice, link::OrderKind::kImplant, 1);
    practice.offer(*physician, first, {practice.signer});
    practice.told(*physician, practice.commit_of(first));
  }
  practice.bench.pass(hours(10));
  {
    auto nurse = practice.as(practice.nurse);
    (void)nurse->ask(link::ReadStatus{});
    (void)nurse->ask(link::ReadJournal{0, 0});
  }
  {
    auto patient = practice.as(practice.patient);
    (void)patient->ask(link::ReadOwn{});
    practice.told(*patient, link::RequestBolus{1});
  }
  auto physician = practice.as(practice.physician);
  const link::Order next = order_for(practice, link::OrderKind::kPrescribe, 2);
  practice.offer(*physician, next, {practice.signer, practice.second});
  practice.told(*physician, practice.commit_of(next));
  practice.bench.near(false);
  practice.bench.pass(minutes(10));
}

Snapshot lived(Life life) {
  Practice practice;
  if (life != Life::kFresh) visits(practice);
  if (life == Life::kExplanted) {
    auto physician = practice.as(practice.physician);
    link::Explant explant;
    explant.sequence = practice.bench.stored().sequence();
    explant.intent = 99;
    practice.told(*physician, explant);
  }
  return taken(practice);
}

}  // namespace

Prescription usual(std::uint32_t number) {
  Prescription p = continuous(number, morphine(1, 1), microlitres_per_day(288));
  p.patient = quarter_millilitre_a_day();
  p.supervised = {24 * 3'600, 6 * 3'600, 2};
  return p;
}

link::Order usual_order(link::OrderKind kind, std::uint32_t number) {
  link::Order order;
  order.kind = kind;
  order.implant = snapshot(Life::kDelivering).id;
  order.number = number;
  order.author = 7;
  order.issued_utc_s = kSummer2026;
  order.path = kPath;
  order.ceilings = kWidest;
  order.low_alarm = kRoller.low_alarm;
  order.largest_rise_ppm = 200'000;
  order.emergency_hold_s = 4 * 3'600;
  order.patient_may_pause = true;
  if (kind == link::OrderKind::kImplant || kind == link::OrderKind::kRevise)
    order.path_contents = usual(number).formulation;
  order.prescription = encode(usual(number));
  return order;
}

const Snapshot& snapshot(Life life) {
  static const std::array<Snapshot, kLives> kTaken{lived(Life::kFresh), lived(Life::kDelivering),
                                                   lived(Life::kExplanted)};
  return kTaken[static_cast<std::size_t>(life)];
}

const std::vector<Issued>& issued() {
  static const std::vector<Issued> kIssued = [] {
    Clinic clinic;
    clinic.implant = {1, 2, 3, 4, 5, 6, 7, 8};
    clinic.epoch = 3;
    std::vector<Issued> made;
    const auto add = [&](Role role, std::uint32_t capabilities, bool any) {
      const link::Key subject = Sodium::public_of(clinic.random.next());
      made.push_back({clinic.certificate(role, capabilities, subject, any), subject});
    };
    add(Role::kPhysician, link::kMaySpeak, false);
    add(Role::kPhysician, link::kMaySign, false);
    add(Role::kNurse, link::kMaySpeak, true);
    add(Role::kPatient, link::kCapabilities, false);
    clinic.epoch = 2;
    add(Role::kService, link::kMaySpeak, false);
    return made;
  }();
  return kIssued;
}

link::CertificateNow issued_now() { return {Clinic{}.key(), {1, 2, 3, 4, 5, 6, 7, 8}, 3, kSummer2026}; }

}  // namespace theca::fuzz
