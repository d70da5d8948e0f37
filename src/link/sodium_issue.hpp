#pragma once
/// What a clinic signs, by libsodium. Host.

#include "link/certificate.hpp"
#include "link/order.hpp"
#include "link/sodium.hpp"

namespace theca::link {

/// The draft with issuer and signature of the clinic whose seed this is, about the key `subject`.
RoleCertificate issue(const Key& clinic_seed, RoleCertificate draft, const Key& subject);
Signature sign_order(const Key& signer_seed, const Hash& digest);
Signature sign_epoch(const Key& clinic_seed, std::uint32_t epoch);

}  // namespace theca::link
