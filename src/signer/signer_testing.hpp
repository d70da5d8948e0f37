#pragma once
/// A signer in memory, a clinic's people with software keys, and orders for them.

#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "clinic/software_key.hpp"
#include "link/sodium_issue.hpp"
#include "signer/signer.hpp"
#include "therapy/prescription_testing.hpp"

namespace theca::signer::example {

using namespace theca::example;
using link::Sodium;

struct Killed {};

/// What a disk keeps; the process may be killed at a write.
class MemoryFiles final : public Files {
 public:
  std::map<std::string, std::string> files;
  int writes = 0;
  std::optional<int> killed_before, killed_after;  // this write, from 0
  std::optional<int> fails;

  std::expected<std::optional<std::string>, std::string> read(const std::string& name) const override {
    const auto one = files.find(name);
    return one == files.end() ? std::nullopt : std::optional{one->second};
  }
  std::expected<void, std::string> write(const std::string& name, const std::string& text) override {
    const int at = writes++;
    if (killed_before == at) throw Killed{};
    if (fails == at) return std::unexpected(name + ": No space left on device");
    files[name] = text;
    if (killed_after == at) throw Killed{};
    return {};
  }
  void live_on() {
    writes = 0;
    killed_before = killed_after = fails = std::nullopt;
  }
};

inline const Library& library() {
  static const Library loaded = [] {
    auto read = load_library(THECA_DATA_DIR);
    if (!read) throw std::runtime_error("the library cannot be read");
    return *read;
  }();
  return loaded;
}

inline constexpr std::int64_t kNow = 1'782'000'000;  // UTC seconds
inline const PasskeySite kSite{"clinic.example", "https://clinic.example"};
inline constexpr std::uint32_t kDoctor = 10, kSecond = 11, kNurse = 12;

inline link::Key filled(std::uint8_t with) {
  link::Key key;
  key.fill(with);
  return key;
}

struct Desk {
  MemoryFiles files;
  std::int64_t now = kNow;
  SoftwareKey doctor{PasskeyAlgorithm::kEs256, filled(1)};
  SoftwareKey doctors_other{PasskeyAlgorithm::kEdDsa, filled(2)};
  SoftwareKey second{PasskeyAlgorithm::kEdDsa, filled(3)};
  SoftwareKey uncounted{PasskeyAlgorithm::kEs256, filled(4), false};  // another of the second's
  SoftwareKey nurse{PasskeyAlgorithm::kEs256, filled(5)};
  SoftwareKey stranger{PasskeyAlgorithm::kEs256, filled(6)};
  link::ShortId implant{1, 2, 3, 4, 5, 6, 7, 8};
  std::optional<Signer> signer;

  explicit Desk(const std::optional<link::Key>& clinic_seed = std::nullopt) {
    must(make(files, kSite, clinic_seed));
    add(kDoctor, "Ada Okafor", Role::kPhysician, doctor);
    add(kDoctor, "Ada Okafor", Role::kPhysician, doctors_other);
    add(kSecond, "Jan Novak", Role::kPhysician, second);
    add(kSecond, "Jan Novak", Role::kPhysician, uncounted);
    add(kNurse, "Mia Sato", Role::kNurse, nurse);
    start();
  }
  Desk(const Desk&) = delete;
  /// The process starts, perhaps again.
  void start() {
    files.live_on();
    auto opened = Signer::open(files, library());
    if (!opened) throw std::runtime_error(opened.error());
    signer.emplace(std::move(*opened));
  }

  template <class T>
  static void must(const std::expected<T, std::string>& done) {
    if (!done) throw std::runtime_error(done.error());
  }
  void add(std::uint32_t serial, const char* name, Role role, SoftwareKey& key) {
    const link::Key challenge = filled(static_cast<std::uint8_t>(serial));
    must(enrol(files, serial, name, role, key.registration(kSite, challenge), challenge));
  }

  static Prescription therapy(std::uint32_t number, std::int64_t ul_per_day = 300) {
    return continuous(number, morphine(1, 1), microlitres_per_day(ul_per_day));
  }
  link::Order order(const Prescription& p, const std::optional<link::Order>& parent = std::nullopt) const {
    link::Order made;
    made.kind = parent ? link::OrderKind::kPrescribe : link::OrderKind::kImplant;
    made.implant = implant;
    made.number = p.number;
    if (parent) made.parent = link::digest_of<Sodium>(link::written(*parent));
    made.author = kDoctor;
    made.issued_utc_s = now;
    made.path = kPath;
    made.ceilings = kWidest;
    made.low_alarm = kRoller.low_alarm;
    made.largest_rise_ppm = 200'000;
    made.emergency_hold_s = 4 * 3'600;
    if (!parent) made.path_contents = p.formulation;
    made.prescription = encode(p);
    return made;
  }
  static PasskeyAssertion asserted(SoftwareKey& key, const link::OrderBytes& order) {
    return key.assertion(kSite, link::digest_of<Sodium>(order));
  }
  static SigningRequest request(const link::OrderBytes& order, const std::optional<link::Order>& parent,
                                const std::vector<SoftwareKey*>& by) {
    SigningRequest made;
    made.order = order;
    if (parent) made.parent = link::written(*parent);
    made.model = kRoller.code;
    for (SoftwareKey* key : by) made.assertions.push_back(asserted(*key, order));
    return made;
  }
  SigningAnswer sign(const link::Order& order, const std::optional<link::Order>& parent,
                     const std::vector<SoftwareKey*>& by) {
    return signer->sign(request(link::written(order), parent, by), now);
  }
  /// An order that runs since yesterday, signed here.
  link::Order running(std::int64_t ul_per_day = 300) {
    const link::Order first = order(therapy(1, ul_per_day));
    const auto done = sign(first, std::nullopt, {&doctor});
    if (!done) throw std::runtime_error(done.error().message);
    now += 86'400;
    return first;
  }
};

/// As an implant holds it: by whom the order is signed; nothing for a signature or certificate that it
/// refuses.
inline std::optional<std::uint32_t> signer_of(const link::SignedBy& by, const link::Key& clinic,
                                              const Desk& desk, const link::Hash& digest) {
  const auto certificate = link::read<link::RoleCertificate>(by.certificate);
  const link::CertificateNow at{clinic, desk.implant, 0, desk.now};
  if (!certificate || certificate->role != Role::kPhysician || certificate->implant != desk.implant ||
      link::check<Sodium>(*certificate, by.key, link::kMaySign, at) != link::CertificateFault::kNone ||
      !Sodium::verify(by.key, link::signed_of<Sodium>(digest), by.signature))
    return std::nullopt;
  return certificate->serial;
}

}  // namespace theca::signer::example
