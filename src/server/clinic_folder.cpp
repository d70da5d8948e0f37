#include "server/clinic_folder.hpp"

#include <nlohmann/json.hpp>

#include "clinic/staff.hpp"
#include "files/base64url.hpp"
#include "files/strict_json.hpp"

namespace theca::server {
namespace {

using Json = nlohmann::ordered_json;

constexpr JsonLimits kSmall{.most_bytes = 64 * 1024, .most_depth = 3};

std::unexpected<std::string> wrong(const char* file, const std::string& why) {
  return std::unexpected(std::string{file} + ": " + why);
}

bool is_text(const nlohmann::json& json, const char* name) {
  return json.contains(name) && json[name].is_string();
}
bool is_id(const nlohmann::json& json, const char* name) {
  return json.contains(name) && json[name].is_number_integer();
}

}  // namespace

std::expected<ClinicSettings, std::string> read_settings(const Files& files) {
  const auto text = files.read(kSettings);
  if (!text) return std::unexpected(text.error());
  if (!*text) return wrong(kSettings, "there is none: this is no clinic's folder; theca server make");
  const auto json = parse_strictly(**text, kSmall);
  if (!json) return wrong(kSettings, json.error());
  for (const char* name : {"kind", "institution", "database", "site", "origin"})
    if (!is_text(*json, name)) return wrong(kSettings, std::string{"\""} + name + "\" is missing or no text");
  for (const char* name : {"clinic", "administrator"})
    if (!is_id(*json, name)) return wrong(kSettings, std::string{"\""} + name + "\" is missing or no number");
  ClinicSettings settings;
  const auto kind = (*json)["kind"].get<std::string>();
  if (kind != "demo" && kind != "real")
    return wrong(kSettings, "\"kind\" is \"" + kind + "\"; it is \"demo\" or \"real\"");
  settings.kind = kind == "demo" ? records::DatabaseKind::kDemo : records::DatabaseKind::kReal;
  settings.institution = (*json)["institution"];
  settings.database = (*json)["database"];
  settings.site = {(*json)["site"], (*json)["origin"]};
  settings.administrator = {records::ClinicId{(*json)["clinic"]},
                            records::PersonId{(*json)["administrator"]}};
  return settings;
}

std::string settings_text(const ClinicSettings& settings) {
  const Json json{{"kind", settings.kind == records::DatabaseKind::kDemo ? "demo" : "real"},
                  {"institution", settings.institution},
                  {"database", settings.database},
                  {"site", settings.site.id},
                  {"origin", settings.site.origin},
                  {"clinic", settings.administrator.clinic.value},
                  {"administrator", settings.administrator.person.value}};
  return json.dump(2) + "\n";
}

std::expected<void, std::string> keep_settings(Files& files, const ClinicSettings& settings) {
  return files.write(kSettings, settings_text(settings));
}

records::Opening opening_of(const ClinicSettings& settings, const std::filesystem::path& folder) {
  records::Opening opening;
  opening.address = settings.database.empty() ? (folder / "clinic.db").string() : settings.database;
  opening.keys = folder / "keys";
  opening.heads = folder / "heads";
  opening.kind = settings.kind;
  opening.institution = settings.institution;
  return opening;
}

std::expected<ClinicSettings, std::string> make_clinic(Files& files, const std::filesystem::path& folder,
                                                       ClinicSettings settings,
                                                       const std::string& administrator) {
  const auto there = files.read(kSettings);
  if (!there) return std::unexpected(there.error());
  if (*there) return wrong(kSettings, "there is a clinic in this folder already");
  auto database = records::Database::open(opening_of(settings, folder));
  if (!database) return std::unexpected(database.error().message);
  const auto founder = records::found_clinic(**database, settings.institution, administrator);
  if (!founder) return std::unexpected(founder.error().message);
  settings.administrator = *founder;
  if (const auto closed = (*database)->close(); !closed) return std::unexpected(closed.error().message);
  if (const auto kept = keep_settings(files, settings); !kept) return std::unexpected(kept.error());
  return settings;
}

std::expected<std::vector<DemoSecret>, std::string> read_demo_secrets(const Files& files) {
  const auto settings = read_settings(files);
  if (!settings) return std::unexpected(settings.error());
  if (settings->kind != records::DatabaseKind::kDemo)
    return wrong(kSettings, "a real clinic has no software security keys");
  const auto text = files.read(kDemoKeys);
  if (!text) return std::unexpected(text.error());
  std::vector<DemoSecret> secrets;
  if (!*text) return secrets;
  const auto json = parse_strictly(**text, kSmall);
  if (!json) return wrong(kDemoKeys, json.error());
  if (!json->is_array()) return wrong(kDemoKeys, "it is no list");
  for (const nlohmann::json& one : *json) {
    DemoSecret secret;
    if (!one.is_object() || !is_id(one, "person") || !is_text(one, "secret") ||
        !from_base64url(one["secret"].get<std::string>(), secret.secret))
      return wrong(kDemoKeys, "an entry is not as it was written");
    secret.person.value = one["person"];
    secrets.push_back(secret);
  }
  return secrets;
}

std::expected<void, std::string> keep_demo_secrets(Files& files, const std::vector<DemoSecret>& secrets) {
  Json list = Json::array();
  for (const DemoSecret& one : secrets)
    list.push_back({{"person", one.person.value}, {"secret", to_base64url(one.secret)}});
  return files.write(kDemoKeys, list.dump(2) + "\n");
}

}  // namespace theca::server
