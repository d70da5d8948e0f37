#pragma once
/// What the gateway keeps in its own folder: the key that it speaks with, the certificate that lets it read,
/// and each implant that it reaches with the secrets of the pairing.

#include <cstdint>
#include <expected>
#include <string>

#include "air/programmer_books.hpp"
#include "clinic/signing.hpp"
#include "files/private_folder.hpp"

namespace theca::gateway {

using air::KnownImplant;

/// Makes the key that it speaks with, of X25519; the public one comes back. Refused where there is one.
std::expected<link::Key, std::string> make(Files& files);
std::expected<link::Key, std::string> read_key(const Files& files);
link::Key public_of(const link::Key& secret);

/// A certificate about that key, for any implant: to read only. Refused where it is something else.
std::expected<void, std::string> keep_pass(Files& files, const CertificateBytes& pass);
std::expected<CertificateBytes, std::string> read_pass(const Files& files);

std::expected<void, std::string> keep_implant(Files& files, const KnownImplant& implant);
/// The error for one that stands nowhere tells how it is made known.
std::expected<KnownImplant, std::string> read_implant(const Files& files, const link::ShortId& id);
/// Where whatever lies under the coil is spoken to: an implant that is to be paired.
std::expected<void, std::string> keep_coil(Files& files, const Reach& reach);
std::expected<Reach, std::string> read_coil(const Files& files);

/// What opens the implant for its patient's programmer: it was made with the pairing, for theca handheld.
std::expected<void, std::string> keep_patients_secret(Files& files, const link::ShortId& id,
                                                      const link::Key& secret);
std::expected<link::Key, std::string> read_patients_secret(const Files& files, const link::ShortId& id);

/// With a pass of its own, or the one it was given.
Linked<SessionPtr> open_to(Files& files, KnownImplant& implant, const link::Key& secret,
                           const CertificateBytes& pass);

}  // namespace theca::gateway
