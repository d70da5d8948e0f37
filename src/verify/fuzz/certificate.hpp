#pragma once
/// What holds of role certificates, whoever reads them.

#include "verify/fuzz/people.hpp"
#include "verify/fuzz/round_trip.hpp"

namespace theca::fuzz {

/// The first two bytes say for which key it is shown, and for what; the rest is the certificate.
template <link::Crypto C = Sodium, class Reads = WireReads>
void certificate_holds(Bytes data) {
  Script script{data};
  const std::uint8_t whose = script.byte(), needs = script.byte();
  const auto bytes = exactly<link::kCertificateBytes>(script.bytes(data.size()));
  reads_back<link::RoleCertificate, Reads>(data);  // of any length
  const auto certificate = reads_back<link::RoleCertificate, Reads>(bytes);
  if (!certificate) return;
  const Issued& shown = issued()[whose % issued().size()];
  const std::uint32_t capabilities = needs % (link::kCapabilities + 1);
  const auto fault = link::check<C>(*certificate, shown.subject, capabilities, issued_now());
  if (fault != link::CertificateFault::kNone) return;
  hold(bytes == shown.bytes, "what counts is what the clinic has issued, for this key");
  hold(certificate->epoch >= issued_now().epoch, "and of this epoch");
}

}  // namespace theca::fuzz
