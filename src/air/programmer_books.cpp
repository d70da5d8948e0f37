#include "air/programmer_books.hpp"

#include <fmt/format.h>

#include "air/private_file.hpp"
#include "files/json_fields.hpp"
#include "files/strict_json.hpp"

namespace theca::air {
namespace {

using Json = nlohmann::ordered_json;
using Wrong = std::unexpected<std::string>;
using link::Sodium;

constexpr JsonLimits kLimits{.most_bytes = 16'384, .most_depth = 2};

std::string key_file(const std::string& whose) { return whose + ".key"; }
std::string file_of(const link::ShortId& id) { return "implant-" + to_hex(id) + ".json"; }

}  // namespace

std::expected<nlohmann::json, std::string> read_json(const Files& files, const std::string& name,
                                                     const std::string& missing) {
  const auto text = files.read(name);
  if (!text) return Wrong(text.error());
  if (!*text) return Wrong(fmt::format("{}: is missing; {}", name, missing));
  auto json = parse_strictly(**text, kLimits);
  if (!json) return Wrong(fmt::format("{}: {}", name, json.error()));
  return json;
}

std::expected<link::Key, std::string> make_key(Files& files, const std::string& whose) {
  const std::string file = key_file(whose);
  const auto there = files.read(file);
  if (!there) return Wrong(there.error());
  if (*there) return Wrong(file + ": is there already; its certificates would be worth nothing");
  link::Key secret{};
  Sodium::random(secret);
  const Json json{{"theca", "key of: " + whose}, {"secret", to_base64url(secret)}};
  const auto written = files.write(file, json.dump(2) + "\n");
  const link::Key shown = Sodium::public_of(secret);
  Sodium::wipe(secret);
  if (!written) return Wrong(written.error());
  return shown;
}

std::expected<link::Key, std::string> read_key(const Files& files, const std::string& whose) {
  const auto json = read_json(files, key_file(whose), fmt::format("there is no {} in this folder", whose));
  if (!json) return Wrong(json.error());
  link::Key secret{};
  if (!has_names(*json, {"theca", "secret"}) || !read_bytes((*json)["secret"], secret))
    return Wrong(fmt::format("{}: holds no key of a {}", key_file(whose), whose));
  return secret;
}

std::expected<void, std::string> keep_implant(Files& files, const std::string& whose,
                                              const KnownImplant& implant) {
  Json secrets = Json::array();
  for (const link::Key& key : implant.secrets) secrets.push_back(to_base64url(key));
  const Json json{{"theca", fmt::format("implant that a {} reaches", whose)},
                  {"public_key", to_base64url(implant.public_key)},
                  {"secrets", secrets},
                  {"to", implant.reach.to},
                  {"near", implant.reach.near}};
  return files.write(file_of(implant.id), json.dump(2) + "\n");
}

std::expected<KnownImplant, std::string> read_implant(const Files& files, const std::string& whose,
                                                      const link::ShortId& id, const std::string& missing) {
  const std::string name = file_of(id);
  const auto json =
      read_json(files, name, fmt::format("this {} does not know that implant: {}", whose, missing));
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

Linked<SessionPtr> open_to(Files& files, const std::string& whose, KnownImplant& implant,
                           const link::Key& secret, const CertificateBytes& certificate) {
  auto opened = open_session(
      implant.reach, {secret, certificate, implant.public_key, implant.secrets.front()}, implant.secrets);
  if (!opened) return std::unexpected(opened.error());
  if (implant.secrets.size() > opened->which + 1) {
    implant.secrets.resize(opened->which + 1);
    if (const auto kept = keep_implant(files, whose, implant); !kept)
      return std::unexpected(LinkFailure{kept.error(), LinkFailure::Kind::kInput});
  }
  return std::move(opened->session);
}

}  // namespace theca::air
