#pragma once
/// What an implant knows about itself and about whom it listens to. It outlives power; all old or all new
/// (INV-6), and when both copies of the newest are lost the link stays shut: an older one would listen to
/// somebody who was shut out since (INV-8).

#include <cstdint>

#include "implant/twin_pages.hpp"
#include "link/wire.hpp"

namespace theca {

enum class Paired : std::uint8_t {
  kNo = 0,
  kBegun,  // the card's secret opens as well, until the clinic's was used once
  kYes,
};

struct Keyring {
  link::Key secret{};  // the implant's own, of X25519
  link::Key card{};    // of the pack; random at manufacture
  Paired paired = Paired::kNo;
  link::Key clinic_key{};  // Ed25519, public
  link::Key clinic{};      // secret shared with the clinic's programmers
  bool has_patient = false;
  link::Key patient{};  // secret shared with the patient's programmer
  std::uint32_t epoch = 0;
  // By what the clinic has signed it was at least this late at that moment of powered time.
  std::int64_t earliest_utc_s = 0;
  Instant earliest_at;
  std::uint32_t boots = 0;
  std::uint32_t erasing = 0;  // secrets are being erased by the change with this number; 0: none is

  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.bytes("secret", "", m.secret);
    io.bytes("card", "", m.card);
    io.upto("paired", "", m.paired, Paired::kYes);
    io.bytes("clinic_key", "", m.clinic_key);
    io.bytes("clinic", "", m.clinic);
    io.flag("has_patient", "", m.has_patient);
    io.bytes("patient", "", m.patient);
    io.number("epoch", "", m.epoch);
    io.number("earliest_utc_s", "", m.earliest_utc_s);
    io.number("earliest_at", "", m.earliest_at);
    io.number("boots", "", m.boots);
    io.number("erasing", "", m.erasing);
  }
};

/// Keeps the keyring.
class KeyringStore {
 public:
  explicit KeyringStore(Nvm& nvm) : pages_(nvm, kKeyringPage) {}

  enum class Found : std::uint8_t { kBlank, kGood, kLost };
  Found load(Keyring& out);
  /// The next generation; false when not one page takes it, and the old one counts on.
  bool keep(const Keyring& keyring);

 private:
  TwinPages pages_;
  std::uint32_t generation_ = 0;
};

}  // namespace theca
