#include "world/clinic.hpp"

namespace theca {
namespace {

/// The implant has a seed of its own, the scenario's; the clinic's must give other numbers.
constexpr std::uint64_t kClinicsOwn = 0x636C'696E'6963'0000;
/// The first of both: the persons' and behind them the signers'.
constexpr std::uint32_t kFirstSpeaker = 1, kFirstSigner = 11;
/// A certificate is used for a day and is good for a month, so that an implant whose clock has leapt ahead by
/// days does not take it for one that is over.
constexpr std::int64_t kRenewedAfterS = 86'400, kGoodForS = 30 * kRenewedAfterS;

}  // namespace

Clinic::Clinic(std::uint64_t seed) : random_(seed ^ kClinicsOwn) {
  root_ = random();
  public_key_ = link::Sodium::signing_public_of(root_);
  std::uint32_t serial = kFirstSpeaker;
  for (Certified& speaker : speakers_) {
    speaker.secret = random();
    speaker.subject = link::Sodium::public_of(speaker.secret);
    speaker.serial = serial++;
  }
  serial = kFirstSigner;
  for (Certified& signer : signers_) {
    signer.secret = random();
    signer.subject = link::Sodium::signing_public_of(signer.secret);
    signer.serial = serial++;
  }
}

link::Key Clinic::random() {
  link::Key key{};
  random_.fill(key);
  return key;
}

std::uint32_t Clinic::intent() {
  std::uint32_t intent = 0;
  while (intent == 0) {
    std::array<std::uint8_t, 4> bytes{};
    random_.fill(bytes);
    for (const std::uint8_t byte : bytes) intent = intent << 8 | byte;
  }
  return intent;
}

const Clinic::Certified& Clinic::certified(Certified& who, Role role, std::uint32_t capability,
                                           std::int64_t utc_s) {
  if (who.issued && utc_s >= who.good_from && utc_s < who.good_from + kRenewedAfterS) return who;
  link::RoleCertificate draft;
  draft.role = role;
  draft.capabilities = capability;
  draft.implant = id_;
  draft.not_before = static_cast<std::uint32_t>(utc_s);
  draft.not_after = static_cast<std::uint32_t>(utc_s + kGoodForS);
  draft.serial = who.serial;
  who.certificate = link::written(link::issue(root_, draft, who.subject));
  who.good_from = utc_s;
  who.issued = true;
  return who;
}

link::CallerKeys Clinic::card_keys(const link::Key& card) { return {random(), {}, implant_, card}; }

link::CallerKeys Clinic::keys_of(Person person, std::int64_t utc_s) {
  const Certified& who =
      certified(speakers_.at(static_cast<std::size_t>(person)), role_of(person), link::kMaySpeak, utc_s);
  return {who.secret, who.certificate, implant_, person == Person::kPatient ? patients_pairing_ : pairing_};
}

link::Pair Clinic::pairing(const link::NearFieldNonce& number) {
  return link::signed_pair(root_, id_, random(), number);
}

std::array<link::SignedBy, 2> Clinic::signed_by_both(const link::Hash& digest, std::int64_t utc_s) {
  std::array<link::SignedBy, 2> both;
  for (std::size_t i = 0; i < both.size(); ++i) {
    const Certified& signer = certified(signers_.at(i), Role::kPhysician, link::kMaySign, utc_s);
    both.at(i) = {signer.certificate, signer.subject, link::sign_order(signer.secret, digest)};
  }
  return both;
}

std::vector<link::Key> Clinic::secrets() const {
  std::vector<link::Key> all{root_, pairing_, patients_pairing_};
  for (const Certified& who : speakers_) all.push_back(who.secret);
  for (const Certified& who : signers_) all.push_back(who.secret);
  return all;
}

}  // namespace theca
