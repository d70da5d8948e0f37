#pragma once
/// The people around one pump, and what each of them wants of it: over the link, with keys, certificates and
/// signed orders, as `theca link` does it. docs/link.md
///
/// Every order bears both physicians' signatures: what a scenario prescribes is bound by the rules of library
/// and pump, not by what one signer may raise at one visit.

#include <cstdint>
#include <optional>
#include <string>

#include "catalogue/refusal.hpp"
#include "link/message.hpp"
#include "link/order_talk.hpp"
#include "world/clinic.hpp"
#include "world/link_watch.hpp"
#include "world/programmer.hpp"

namespace theca {

/// What became of what somebody wanted.
struct Told {
  link::Delivery delivery = link::Delivery::kFailed;
  std::optional<link::Outcome> outcome;  // in the implant's own words, where they came
  bool again = false;                    // nothing came of it, and that may be different the next time
  [[nodiscard]] bool done() const { return delivery == link::Delivery::kConfirmed; }
};

/// The pump's reason in that outcome, or the one that a link stands for which says no before the pump is
/// asked; kNone: the link alone has a reason.
Refusal refusal_of(const link::Outcome& outcome, DeviceState state);

/// What is ordered; the rest of an order is as the implant says it is.
struct Wanted {
  link::OrderKind kind = link::OrderKind::kPrescribe;
  Prescription prescription;
  Ceilings ceilings;
  Volume low_alarm;
  FluidPath path = {};             // implant, revise
  Formulation path_contents = {};  // implant, revise
  link::Bedside bedside = {};      // implant, refill
  std::int64_t utc_ms = 0;         // implant: the time of day
};

class People {
 public:
  /// `utc_ms_at_zero`: what the people's own watches showed when the world began.
  People(Device& device, std::uint64_t seed, std::int64_t utc_ms_at_zero)
      : device_(device), clinic_(seed), utc_ms_at_zero_(utc_ms_at_zero) {}

  /// Is told what they want and what became of it.
  void watched_by(LinkWatch& watch);
  /// Somebody else is on the air from now on. Who wants something tries until it is done, refused or not
  /// possible any more, and then knows which. To be watched.
  void on_air(Ether& ether) { ether_ = &ether; }
  /// A physician comes near to see whether the implant answers.
  void look_in();

  /// With the card of the pack, then with the clinic's own secret; the patient's programmer gets one too.
  bool pair();
  Told order(const Wanted& wanted);
  /// More of the fluid that the reservoir holds.
  Told refill(std::uint32_t fluid, const link::Bedside& bedside);
  Told stop();
  Told resume();
  Told set_clock(std::int64_t utc_ms);
  Told acknowledge(Person who = Person::kNurse);
  Told explant();
  /// The patient asks for a dose.
  Told ask_for_dose();

  [[nodiscard]] const Clinic& clinic() const { return clinic_; }

 private:
  [[nodiscard]] std::int64_t utc_s() const { return (utc_ms_at_zero_ + device_.now().raw()) / 1'000; }
  /// Who of both physicians has come.
  [[nodiscard]] Person physician() {
    return ether_ != nullptr && clinic_.random()[0] % 2 == 0 ? Person::kSecondPhysician : Person::kPhysician;
  }
  bool open(Programmer& programmer, Person who);
  void keep_secrets();
  template <class Attempt>
  Told tried(Attempt&& attempt);
  template <class M>
  Told change(Person who, M message);
  template <class M>
  Told tell(Programmer& programmer, Person who, const M& message);
  template <class M>
  Told settled(Programmer& programmer, Person who, const M& sent);
  Told ordered(Person who, const Wanted& wanted);
  [[nodiscard]] link::Delivery journal_tells(std::uint32_t intent) const;
  link::Order written(const Wanted& wanted, const link::StatusReply& status) const;

  Device& device_;
  Clinic clinic_;
  std::int64_t utc_ms_at_zero_;
  Ether* ether_ = nullptr;
  LinkWatch* watch_ = nullptr;
};

}  // namespace theca
