#include "gateway/books.hpp"

#include "air/private_file.hpp"
#include "files/json_fields.hpp"
#include "link/certificate.hpp"

namespace theca::gateway {
namespace {

using Json = nlohmann::ordered_json;
using Wrong = std::unexpected<std::string>;
using link::Sodium;

constexpr const char* kPassFile = "pass.json";
constexpr const char* kWhose = "gateway";
constexpr const char* kCoilFile = "coil.json";
std::string patients_file(const link::ShortId& id) { return "patient-" + air::to_hex(id) + ".json"; }

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

std::expected<void, std::string> keep_coil(Files& files, const Reach& reach) {
  const Json json{{"theca", "coil of: gateway"}, {"to", reach.to}, {"near", reach.near}};
  return files.write(kCoilFile, json.dump(2) + "\n");
}
std::expected<Reach, std::string> read_coil(const Files& files) {
  const auto json = air::read_json(files, kCoilFile, "theca gateway coil says where it is");
  if (!json) return Wrong(json.error());
  if (!has_names(*json, {"theca", "to", "near"}) || !(*json)["to"].is_string() ||
      !(*json)["near"].is_boolean())
    return Wrong(std::string{kCoilFile} + ": names no coil");
  return Reach{(*json)["to"].get<std::string>(), (*json)["near"].get<bool>()};
}

std::expected<void, std::string> keep_patients_secret(Files& files, const link::ShortId& id,
                                                      const link::Key& secret) {
  const Json json{{"theca", "secret of a patient's programmer"}, {"secret", to_base64url(secret)}};
  return files.write(patients_file(id), json.dump(2) + "\n");
}
std::expected<link::Key, std::string> read_patients_secret(const Files& files, const link::ShortId& id) {
  const auto json =
      air::read_json(files, patients_file(id), "this gateway made no secret for that patient's programmer");
  if (!json) return Wrong(json.error());
  link::Key secret{};
  if (!has_names(*json, {"theca", "secret"}) || !read_bytes((*json)["secret"], secret))
    return Wrong(patients_file(id) + ": holds no secret");
  return secret;
}

Linked<SessionPtr> open_to(Files& files, KnownImplant& implant, const link::Key& secret,
                           const CertificateBytes& pass) {
  return air::open_to(files, kWhose, implant, secret, pass);
}

}  // namespace theca::gateway
