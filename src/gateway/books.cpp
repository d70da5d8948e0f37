#include "gateway/books.hpp"

#include <fmt/format.h>

#include "air/private_file.hpp"
#include "clinic/line_json.hpp"
#include "clinic/strict_json.hpp"
#include "link/certificate.hpp"

namespace theca::gateway {
namespace {

using Json = nlohmann::ordered_json;
using Wrong = std::unexpected<std::string>;
using link::Sodium;

constexpr const char* kKeyFile = "gateway.key";
constexpr const char* kPassFile = "pass.json";
constexpr JsonLimits kLimits{.most_bytes = 16'384, .most_depth = 2};

std::string file_of(const link::ShortId& id) { return "implant-" + air::to_hex(id) + ".json"; }

std::expected<nlohmann::json, std::string> read_json(const Files& files, const std::string& name,
                                                     const char* missing) {
  const auto text = files.read(name);
  if (!text) return Wrong(text.error());
  if (!*text) return Wrong(fmt::format("{}: is missing; {}", name, missing));
  auto json = parse_strictly(**text, kLimits);
  if (!json) return Wrong(fmt::format("{}: {}", name, json.error()));
  return json;
}

}  // namespace

link::Key public_of(const link::Key& secret) { return Sodium::public_of(secret); }

std::expected<link::Key, std::string> make(Files& files) {
  const auto there = files.read(kKeyFile);
  if (!there) return Wrong(there.error());
  if (*there)
    return Wrong(std::string{kKeyFile} + ": is there already; its certificates would be worth nothing");
  link::Key secret{};
  Sodium::random(secret);
  const Json json{{"theca", "key of: gateway"}, {"secret", to_base64url(secret)}};
  const auto written = files.write(kKeyFile, json.dump(2) + "\n");
  const link::Key shown = public_of(secret);
  Sodium::wipe(secret);
  if (!written) return Wrong(written.error());
  return shown;
}

std::expected<link::Key, std::string> read_key(const Files& files) {
  const auto json = read_json(files, kKeyFile, "there is no gateway in this folder");
  if (!json) return Wrong(json.error());
  link::Key secret{};
  if (!has_names(*json, {"theca", "secret"}) || !read_bytes((*json)["secret"], secret))
    return Wrong(std::string{kKeyFile} + ": holds no key of a gateway");
  return secret;
}

std::expected<void, std::string> keep_pass(Files& files, const CertificateBytes& pass) {
  const auto certificate = link::read<link::RoleCertificate>(pass);
  if (!certificate || certificate->implant != link::ShortId{} || certificate->capabilities != link::kMaySpeak)
    return Wrong("this is no pass to read: a certificate for sessions that names no implant");
  return files.write(kPassFile,
                     Json{{"theca", "pass of: gateway"}, {"certificate", to_base64url(pass)}}.dump(2) + "\n");
}

std::expected<CertificateBytes, std::string> read_pass(const Files& files) {
  const auto json = read_json(files, kPassFile, "the signer gives one: theca signer pass");
  if (!json) return Wrong(json.error());
  CertificateBytes pass{};
  if (!has_names(*json, {"theca", "certificate"}) || !read_bytes((*json)["certificate"], pass))
    return Wrong(std::string{kPassFile} + ": holds no certificate");
  return pass;
}

std::expected<void, std::string> keep_implant(Files& files, const KnownImplant& implant) {
  Json secrets = Json::array();
  for (const link::Key& key : implant.secrets) secrets.push_back(to_base64url(key));
  const Json json{{"theca", "implant that a gateway reaches"},
                  {"public_key", to_base64url(implant.public_key)},
                  {"secrets", secrets},
                  {"to", implant.reach.to},
                  {"near", implant.reach.near}};
  return files.write(file_of(implant.id), json.dump(2) + "\n");
}

std::expected<KnownImplant, std::string> read_implant(const Files& files, const link::ShortId& id) {
  const std::string name = file_of(id);
  const auto json = read_json(files, name, "this gateway does not know that implant: theca gateway reach");
  if (!json) return Wrong(json.error());
  KnownImplant implant{.id = id, .public_key = {}, .secrets = {}, .reach = {}};
  bool whole = has_names(*json, {"theca", "public_key", "secrets", "to", "near"}) &&
               read_bytes((*json)["public_key"], implant.public_key) && (*json)["secrets"].is_array() &&
               !(*json)["secrets"].empty() && (*json)["to"].is_string() && (*json)["near"].is_boolean();
  if (whole) {
    for (const auto& one : (*json)["secrets"])
      whole = whole && read_bytes(one, implant.secrets.emplace_back());
    implant.reach = {(*json)["to"].get<std::string>(), (*json)["near"].get<bool>()};
  }
  if (!whole) return Wrong(name + ": holds no implant");
  return implant;
}

}  // namespace theca::gateway
