#pragma once
/// What an implant knows about itself and about whom it listens to. It outlives power; all old or all new
/// (INV-6), and when both copies of the newest are lost the link stays shut: an older one would listen to
/// somebody who was shut out since (INV-8).

#include <cstdint>

#include "catalogue/key_change.hpp"
#include "implant/known_time.hpp"
#include "implant/twin_record.hpp"
#include "link/crypto.hpp"
#include "link/wire.hpp"

namespace theca {

enum class Paired : std::uint8_t {
  kNo = 0,
  kBegun,  // the card's secret opens as well, until the clinic's was used once
  kYes,
};

/// A secret shared with programmers. After a new one was made the one before opens as well, until the new one
/// was used once: an answer that is lost shuts nobody out.
struct SharedSecret {
  bool any = false, renewed = false;
  link::Key now{}, next{};

  void set(const link::Key& key) { *this = {true, false, key, {}}; }
  void renew(const link::Key& key) {
    if (!any) return set(key);
    renewed = true;
    next = key;
  }
  void next_was_used() { set(next); }

  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.flag("any", "", m.any);
    io.flag("renewed", "", m.renewed);
    io.bytes("now", "", m.now);
    io.bytes("next", "", m.next);
  }
};

/// To whom the implant is promised.
enum class Promise : std::uint8_t {
  kNobody = 0,
  kByClinic,    // the clinic that it belongs to has signed it
  kByRegistry,  // two of the registry's three have, and the patient's card was there
};
struct Transfer {
  Promise promise = Promise::kNobody;
  link::Hash heir{};   // SHA-256 of the heir's key
  link::Key secret{};  // by the clinic: what opens it for the heir. Else the card's does
  Instant begun;

  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.upto("promise", "", m.promise, Promise::kByRegistry);
    io.bytes("heir", "", m.heir);
    io.bytes("secret", "", m.secret);
    io.number("begun", "", m.begun);
  }
};

struct Keyring {
  link::Key secret{};  // the implant's own, of X25519
  link::Key card{};    // of the pack; random at manufacture
  Paired paired = Paired::kNo;
  link::Key clinic_key{};  // Ed25519, public
  SharedSecret clinic;     // with the clinic's programmers
  SharedSecret patient;    // with the patient's programmer
  std::uint32_t epoch = 0;
  KnownTime time;
  std::uint32_t boots = 0;
  std::uint32_t erasing = 0;  // secrets are being erased by the change with this number; 0: none is
  Transfer transfer;
  std::uint32_t transfers = 0;  // number of the newest that was promised
  // The newest change of keys, which the journal may lack after a power cut.
  std::uint32_t changes = 0;
  KeyChange newest = KeyChange::kPaired;
  std::uint32_t newest_by = 0;  // certificate

  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.bytes("secret", "", m.secret);
    io.bytes("card", "", m.card);
    io.upto("paired", "", m.paired, Paired::kYes);
    io.bytes("clinic_key", "", m.clinic_key);
    SharedSecret::fields(io, m.clinic);
    SharedSecret::fields(io, m.patient);
    io.number("epoch", "", m.epoch);
    KnownTime::fields(io, m.time);
    io.number("boots", "", m.boots);
    io.number("erasing", "", m.erasing);
    Transfer::fields(io, m.transfer);
    io.number("transfers", "", m.transfers);
    io.number("changes", "", m.changes);
    io.upto("newest", "", m.newest, KeyChange{kKeyChangeCount - 1});
    io.number("newest_by", "", m.newest_by);
  }
};

using KeyringStore = TwinRecord<Keyring, kKeyringPage>;

}  // namespace theca
