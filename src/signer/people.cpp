#include "signer/people.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "files/strict_json.hpp"

namespace theca::signer {
namespace {

using Json = nlohmann::ordered_json;
using Wrong = std::unexpected<std::string>;

constexpr const char* kFile = "people.json";
constexpr std::size_t kMostName = 100;

std::optional<Role> role_named(const std::string& name) {
  for (const RoleRow& row : kRoles)
    if (name == row.name) return row.role;
  return std::nullopt;
}

Json json_of(const Passkey& passkey) {
  return {{"id", to_base64url(passkey.id)},
          {"algorithm", name_of(passkey.algorithm)},
          {"key", to_base64url(passkey.key)},
          {"counter", passkey.counter}};
}

std::expected<void, std::string> write_people(Files& files, const People& people) {
  Json list = Json::array();
  for (const Enrolled& one : people.list) {
    Json passkeys = Json::array();
    for (const Passkey& passkey : one.passkeys) passkeys.push_back(json_of(passkey));
    list.push_back({{"serial", one.serial},
                    {"name", one.name},
                    {"role", row_of(one.role).name},
                    {"passkeys", passkeys}});
  }
  const Json json{
      {"site", people.site.id}, {"origin", people.site.origin}, {"epoch", people.epoch}, {"people", list}};
  return files.write(kFile, json.dump(2) + "\n");
}

/// The sentence of what is wrong with the list as a whole.
std::optional<std::string> contradiction(const People& people) {
  std::vector<const Passkey*> seen;
  for (std::size_t i = 0; i < people.list.size(); ++i) {
    const Enrolled& one = people.list[i];
    for (std::size_t j = 0; j < i; ++j)
      if (people.list[j].serial == one.serial) return fmt::format("serial {} is two people's", one.serial);
    for (const Passkey& passkey : one.passkeys) {
      for (const Passkey* other : seen)
        if (other->id == passkey.id || other->key == passkey.key)
          return fmt::format(
              "passkey {} of {} stands in the list already; each person needs an own authenticator",
              to_base64url(passkey.id), one.name);
      seen.push_back(&passkey);
    }
  }
  return std::nullopt;
}

Passkey passkey_of(const nlohmann::json& json, std::uint32_t person) {
  Passkey passkey;
  const auto id = from_base64url(json.at("id").get<std::string>());
  const auto key = from_base64url(json.at("key").get<std::string>());
  const std::string algorithm = json.at("algorithm");
  for (const auto known : {PasskeyAlgorithm::kEs256, PasskeyAlgorithm::kEdDsa})
    if (algorithm == name_of(known)) passkey.algorithm = known;
  if (!id || id->empty() || !key || key->size() != key_bytes(passkey.algorithm) ||
      algorithm != name_of(passkey.algorithm))
    throw std::invalid_argument("a passkey has no id, algorithm and key that fit");
  passkey.id = *id;
  passkey.key = *key;
  passkey.counter = json.at("counter").get<std::uint32_t>();
  passkey.person = person;
  return passkey;
}

}  // namespace

std::expected<void, std::string> begin_people(Files& files, const PasskeySite& site) {
  const auto there = files.read(kFile);
  if (!there) return Wrong(there.error());
  if (*there) return Wrong(std::string{kFile} + ": is there already");
  if (site.id.empty() || site.origin.empty())
    return Wrong("a signer needs the site of its passkeys: its name and its origin, \"https://NAME\"");
  return write_people(files, {site, 0, {}});
}

std::expected<People, std::string> read_people(const Files& files) {
  const auto text = files.read(kFile);
  if (!text) return Wrong(text.error());
  if (!*text) return Wrong(std::string{kFile} + ": is missing; nobody is enrolled");
  const auto json = parse_strictly(**text, {.most_bytes = PrivateFolder::kMostBytes, .most_depth = 5});
  if (!json) return Wrong(std::string{kFile} + ": " + json.error());
  People people;
  try {
    people.site = {json->at("site").get<std::string>(), json->at("origin").get<std::string>()};
    people.epoch = json->at("epoch").get<std::uint32_t>();
    for (const auto& one : json->at("people")) {
      const auto role = role_named(one.at("role").get<std::string>());
      if (!role) throw std::invalid_argument("there is no role " + one.at("role").dump());
      Enrolled& person = people.list.emplace_back(
          Enrolled{one.at("serial").get<std::uint32_t>(), one.at("name").get<std::string>(), *role, {}});
      for (const auto& passkey : one.at("passkeys"))
        person.passkeys.push_back(passkey_of(passkey, person.serial));
    }
  } catch (const std::exception& error) {  // of the JSON library, and ours
    return Wrong(fmt::format("{}: {}", kFile, error.what()));
  }
  if (const auto wrong = contradiction(people)) return Wrong(fmt::format("{}: {}", kFile, *wrong));
  return people;
}

std::expected<Enrolled, std::string> enrol(Files& files, std::uint32_t serial, const std::string& name,
                                           Role role, const PasskeyRegistration& registration,
                                           link::Bytes challenge) {
  auto people = read_people(files);
  if (!people) return Wrong(people.error());
  if (name.empty() || name.size() > kMostName)
    return Wrong(fmt::format("the name has {} bytes, and 1 to {} are taken", name.size(), kMostName));
  auto passkey = check_registration(registration, people->site, challenge);
  if (!passkey) return Wrong("the registration " + passkey.error().message);
  if (serial == kGatewaySerial || serial == kHandheldSerial)
    return Wrong(fmt::format("serial {} is {}; choose another", serial,
                             serial == kGatewaySerial ? "the gateway's" : "that of patients' programmers"));
  passkey->person = serial;
  auto person = std::ranges::find(people->list, serial, &Enrolled::serial);
  if (person == people->list.end()) {
    person = people->list.insert(people->list.end(), {serial, name, role, {}});
  } else if (person->name != name || person->role != role) {
    return Wrong(fmt::format("serial {} is {}'s, {}", serial, person->name, row_of(person->role).name));
  }
  person->passkeys.push_back(*passkey);
  const Enrolled enrolled = *person;
  if (const auto wrong = contradiction(*people)) return Wrong(*wrong);
  if (const auto kept = write_people(files, *people); !kept) return Wrong(kept.error());
  return enrolled;
}

std::expected<void, std::string> raise_epoch(Files& files, std::uint32_t epoch) {
  auto people = read_people(files);
  if (!people) return Wrong(people.error());
  if (epoch <= people->epoch) return Wrong(fmt::format("epoch {} is not above {}", epoch, people->epoch));
  people->epoch = epoch;
  return write_people(files, *people);
}

}  // namespace theca::signer
