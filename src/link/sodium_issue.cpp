#include "link/sodium_issue.hpp"

namespace theca::link {

RoleCertificate issue(const Key& clinic_seed, RoleCertificate draft, const Key& subject) {
  draft.issuer = short_id<Sodium>(Sodium::signing_public_of(clinic_seed));
  draft.signature = Sodium::sign(clinic_seed, signed_of<Sodium>(draft, subject));
  return draft;
}

Signature sign_order(const Key& signer_seed, const Hash& digest) {
  return Sodium::sign(signer_seed, signed_of<Sodium>(digest));
}

Signature sign_epoch(const Key& clinic_seed, const EpochStatement& statement) {
  return Sodium::sign(clinic_seed, signed_of<Sodium>(statement));
}

Signature sign_secret(const Key& clinic_seed, SecretFor whom, const ShortId& implant, const Key& share,
                      const NearFieldNonce& number) {
  return Sodium::sign(clinic_seed, signed_of<Sodium>(whom, implant, share, number));
}

Pair signed_pair(const Key& clinic_seed, const ShortId& implant, const Key& share,
                 const NearFieldNonce& number) {
  return {Sodium::signing_public_of(clinic_seed), share,
          sign_secret(clinic_seed, Pair::kSecretFor, implant, share, number)};
}
Renew signed_renew(const Key& clinic_seed, const ShortId& implant, const Key& share,
                   const NearFieldNonce& number) {
  return {share, sign_secret(clinic_seed, Renew::kSecretFor, implant, share, number)};
}

Signature sign_transfer(const Key& seed, const TransferToken& token) {
  return Sodium::sign(seed, signed_of<Sodium>(token));
}

Signature sign_firmware(const Key& vendor_seed, const FirmwareHeader& header) {
  return Sodium::sign(vendor_seed, digest_of<Sodium>(header));
}

}  // namespace theca::link
