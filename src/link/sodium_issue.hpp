#pragma once
/// What a clinic signs, and what a vendor does, by libsodium. Host.

#include "link/certificate.hpp"
#include "link/firmware.hpp"
#include "link/message.hpp"
#include "link/order.hpp"
#include "link/sodium.hpp"
#include "link/transfer.hpp"

namespace theca::link {

/// The draft with issuer and signature of the clinic whose seed this is, about the key `subject`.
RoleCertificate issue(const Key& clinic_seed, RoleCertificate draft, const Key& subject);
Signature sign_order(const Key& signer_seed, const Hash& digest);
Signature sign_epoch(const Key& clinic_seed, const EpochStatement& statement);
/// Of a secret that the clinic makes with an implant, in the session that `number` of the coil has opened.
Signature sign_secret(const Key& clinic_seed, SecretFor whom, const ShortId& implant, const Key& share,
                      const NearFieldNonce& number);
/// What a clinic says in that session to make the implant its own, and to make another secret with it.
Pair signed_pair(const Key& clinic_seed, const ShortId& implant, const Key& share,
                 const NearFieldNonce& number);
Renew signed_renew(const Key& clinic_seed, const ShortId& implant, const Key& share,
                   const NearFieldNonce& number);
/// By a clinic, or by one of the registry.
Signature sign_transfer(const Key& seed, const TransferToken& token);
Signature sign_firmware(const Key& vendor_seed, const FirmwareHeader& header);

}  // namespace theca::link
