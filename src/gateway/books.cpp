#include "gateway/books.hpp"

#include "files/json_fields.hpp"
#include "link/certificate.hpp"

namespace theca::gateway {
namespace {

using Json = nlohmann::ordered_json;
using Wrong = std::unexpected<std::string>;
using link::Sodium;

constexpr const char* kPassFile = "pass.json";
constexpr const char* kWhose = "gateway";

}  // namespace

link::Key public_of(const link::Key& secret) { return Sodium::public_of(secret); }

std::expected<link::Key, std::string> make(Files& files) { return air::make_key(files, kWhose); }
std::expected<link::Key, std::string> read_key(const Files& files) { return air::read_key(files, kWhose); }

std::expected<void, std::string> keep_pass(Files& files, const CertificateBytes& pass) {
  const auto certificate = link::read<link::RoleCertificate>(pass);
  if (!certificate || certificate->implant != link::ShortId{} || certificate->capabilities != link::kMaySpeak)
    return Wrong("this is no pass to read: a certificate for sessions that names no implant");
  return files.write(kPassFile,
                     Json{{"theca", "pass of: gateway"}, {"certificate", to_base64url(pass)}}.dump(2) + "\n");
}

std::expected<CertificateBytes, std::string> read_pass(const Files& files) {
  const auto json = air::read_json(files, kPassFile, "the signer gives one: theca signer pass");
  if (!json) return Wrong(json.error());
  CertificateBytes pass{};
  if (!has_names(*json, {"theca", "certificate"}) || !read_bytes((*json)["certificate"], pass))
    return Wrong(std::string{kPassFile} + ": holds no certificate");
  return pass;
}

std::expected<void, std::string> keep_implant(Files& files, const KnownImplant& implant) {
  return air::keep_implant(files, kWhose, implant);
}
std::expected<KnownImplant, std::string> read_implant(const Files& files, const link::ShortId& id) {
  return air::read_implant(files, kWhose, id, "theca gateway reach");
}
Linked<SessionPtr> open_to(Files& files, KnownImplant& implant, const link::Key& secret,
                           const CertificateBytes& pass) {
  return air::open_to(files, kWhose, implant, secret, pass);
}

}  // namespace theca::gateway
