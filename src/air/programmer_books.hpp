#pragma once
/// What a programmer keeps in its own folder: the key that it speaks with, and each implant that it reaches
/// with the secrets of the pairing.

#include <array>
#include <cstdint>
#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "air/session.hpp"
#include "files/private_folder.hpp"
#include "link/certificate.hpp"

namespace theca::air {

using CertificateBytes = std::array<std::uint8_t, link::kCertificateBytes>;

struct KnownImplant {
  link::ShortId id{};
  link::Key public_key{};
  std::vector<link::Key>
      secrets;  // the newest first; which of them the implant has heard of last is not sure
  Reach reach;
};

/// Strict JSON out of a file of the folder; `missing` is what to do when there is none.
std::expected<nlohmann::json, std::string> read_json(const Files& files, const std::string& name,
                                                     const std::string& missing);

/// Makes the key of `whose` ("gateway", "handheld"), of X25519, in the file WHOSE.key; the public one comes
/// back. Refused where there is one.
std::expected<link::Key, std::string> make_key(Files& files, const std::string& whose);
std::expected<link::Key, std::string> read_key(const Files& files, const std::string& whose);

std::expected<void, std::string> keep_implant(Files& files, const std::string& whose,
                                              const KnownImplant& implant);
/// `missing`: how it is made known.
std::expected<KnownImplant, std::string> read_implant(const Files& files, const std::string& whose,
                                                      const link::ShortId& id, const std::string& missing);

/// A session with it by the first of its secrets that opens; what is older opens nothing any more, and goes
/// out of the books.
Linked<SessionPtr> open_to(Files& files, const std::string& whose, KnownImplant& implant,
                           const link::Key& secret, const CertificateBytes& certificate);

}  // namespace theca::air
