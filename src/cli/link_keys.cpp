#include "cli/link_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "air/private_file.hpp"
#include "link/sodium_issue.hpp"

namespace theca {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kClinic = "clinic";
constexpr const char* kSigner = "signer";
constexpr const char* kSecondSigner = "second-signer";
constexpr std::uint32_t kSignerSerial = 10, kSecondSignerSerial = 11;
constexpr std::int64_t kDay = 86'400;

std::int64_t utc_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

link::Key random_key() {
  link::Key key{};
  link::Sodium::random(key);
  return key;
}

std::filesystem::path file_of(const std::filesystem::path& folder, const std::string& name) {
  return folder / (name + ".key");
}
std::filesystem::path pairing_file(const std::filesystem::path& folder, const std::string& id) {
  return folder / (id + ".pairing");
}

std::expected<link::Key, std::string> read_secret(const std::filesystem::path& file) {
  const auto text = air::read_private(file);
  if (!text) return std::unexpected(text.error());
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  link::Key key{};
  if (!json.is_object() || !json.contains("secret") || !json["secret"].is_string() ||
      !air::from_hex(json["secret"].get<std::string>(), key))
    return std::unexpected(file.string() + ": is no key");
  return key;
}

std::array<std::uint8_t, link::kCertificateBytes> certificate(const link::Key& clinic_seed, Role role,
                                                              std::uint32_t capabilities,
                                                              std::uint32_t serial, const link::Key& subject,
                                                              const Pairing& pairing) {
  link::RoleCertificate draft;
  draft.role = role;
  draft.capabilities = capabilities;
  draft.implant = pairing.implant;
  draft.epoch = pairing.epoch;
  draft.not_before = static_cast<std::uint32_t>(utc_s());
  draft.not_after = static_cast<std::uint32_t>(utc_s() + (role == Role::kPatient ? 365 * kDay : kDay));
  draft.serial = serial;
  return link::written(link::issue(clinic_seed, draft, subject));
}

}  // namespace

std::uint32_t serial_of(Role role) { return static_cast<std::uint32_t>(role); }

std::expected<LinkKeys, std::string> LinkKeys::open(const std::filesystem::path& folder) {
  std::error_code none;
  if (folder.has_parent_path()) std::filesystem::create_directories(folder.parent_path(), none);
  if (const auto made = air::private_folder(folder); !made) return std::unexpected(made.error());
  for (const char* name : {kClinic, kSigner, kSecondSigner, "physician", "nurse", "patient", "service"}) {
    const auto file = file_of(folder, name);
    if (std::filesystem::exists(file, none)) continue;
    const Json json{{"theca", fmt::format("key of: {}", name)}, {"secret", air::to_hex(random_key())}};
    if (const auto written = air::write_private(file, json.dump(2) + "\n"); !written)
      return std::unexpected(written.error());
  }
  LinkKeys keys;
  keys.folder_ = folder;
  const auto seed = read_secret(file_of(folder, kClinic));
  if (!seed) return std::unexpected(seed.error());
  keys.clinic_seed_ = *seed;
  return keys;
}

std::expected<Pairing, std::string> LinkKeys::pairing_in(const std::filesystem::path& folder,
                                                         const std::string& id) {
  std::error_code unseen;
  if (!std::filesystem::is_directory(folder, unseen))
    return std::unexpected(folder.string() + ": there is no such folder");
  LinkKeys keys;
  keys.folder_ = folder;
  return keys.pairing(id);
}

std::expected<link::Key, std::string> LinkKeys::clinic_seed_in(const std::filesystem::path& folder) {
  return read_secret(file_of(folder, kClinic));
}

link::Key LinkKeys::clinic_key() const { return link::Sodium::signing_public_of(clinic_seed_); }

std::expected<link::Key, std::string> LinkKeys::secret(const std::string& name) const {
  return read_secret(file_of(folder_, name));
}

link::CallerKeys LinkKeys::of_card(const air::Card& card) const {
  return {random_key(), {}, card.public_key, card.secret};
}

std::expected<link::CallerKeys, std::string> LinkKeys::of(Role role, const Pairing& pairing) const {
  const auto own = secret(row_of(role).name);
  if (!own) return std::unexpected(own.error());
  const auto& known = secret_for(role, pairing).known;
  if (known.empty())
    return std::unexpected(
        "the implant has no secret with this programmer yet: theca link pair-patient --near");
  return link::CallerKeys{*own,
                          certificate(clinic_seed_, role, link::kMaySpeak, serial_of(role),
                                      link::Sodium::public_of(*own), pairing),
                          pairing.public_key, known.front()};
}

RenewedSecret& secret_for(Role role, Pairing& pairing) {
  return role == Role::kPatient ? pairing.patient : pairing.clinic;
}
const RenewedSecret& secret_for(Role role, const Pairing& pairing) {
  return role == Role::kPatient ? pairing.patient : pairing.clinic;
}

std::expected<OrderSigner, std::string> LinkKeys::signer(bool second, const Pairing& pairing) const {
  const auto seed = secret(second ? kSecondSigner : kSigner);
  if (!seed) return std::unexpected(seed.error());
  OrderSigner signer{*seed, link::Sodium::signing_public_of(*seed), {}};
  signer.certificate = certificate(clinic_seed_, Role::kPhysician, link::kMaySign,
                                   second ? kSecondSignerSerial : kSignerSerial, signer.key, pairing);
  return signer;
}

link::Signature LinkKeys::sign_epoch(const link::EpochStatement& statement) const {
  return link::sign_epoch(clinic_seed_, statement);
}

link::Pair LinkKeys::pair(const link::ShortId& implant, const link::NearFieldNonce& number) const {
  return link::signed_pair(clinic_seed_, implant, random_key(), number);
}
link::Renew LinkKeys::renew(const link::ShortId& implant, const link::NearFieldNonce& number) const {
  return link::signed_renew(clinic_seed_, implant, random_key(), number);
}

link::Signature LinkKeys::sign_transfer(const link::TransferToken& token) const {
  return link::sign_transfer(clinic_seed_, token);
}

std::expected<void, std::string> LinkKeys::keep(const Pairing& pairing) const {
  const auto hex = [](const RenewedSecret& secret) {
    Json list = Json::array();
    for (const link::Key& key : secret.known) list.push_back(air::to_hex(key));
    return list;
  };
  const Json json{{"theca", "pairing with an implant"},
                  {"implant", air::to_hex(pairing.implant)},
                  {"public_key", air::to_hex(pairing.public_key)},
                  {"clinic", hex(pairing.clinic)},
                  {"patient", hex(pairing.patient)},
                  {"epoch", pairing.epoch}};
  return air::write_private(pairing_file(folder_, air::to_hex(pairing.implant)), json.dump(2) + "\n");
}

std::vector<std::string> LinkKeys::paired() const {
  std::vector<std::string> ids;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, none)) {
    if (entry.path().extension() == ".pairing") ids.push_back(entry.path().stem().string());
  }
  std::ranges::sort(ids);
  return ids;
}

std::expected<Pairing, std::string> LinkKeys::pairing(const std::string& id) const {
  const auto ids = paired();
  if (ids.empty())
    return std::unexpected(folder_.string() +
                           ": holds no pairing; pair first: theca link pair --near --card FILE");
  if (id.empty() && ids.size() > 1)
    return std::unexpected(fmt::format("{}: holds {} pairings; say which: --implant {}", folder_.string(),
                                       ids.size(), fmt::join(ids, " or ")));
  const std::string& chosen = id.empty() ? ids.front() : id;
  if (std::ranges::find(ids, chosen) == ids.end())
    return std::unexpected(fmt::format("{}: holds no pairing with {}; there {} {}", folder_.string(), chosen,
                                       ids.size() == 1 ? "is" : "are", fmt::join(ids, ", ")));
  const auto file = pairing_file(folder_, chosen);
  const auto text = air::read_private(file);
  if (!text) return std::unexpected(text.error());
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  const auto field = [&](const char* name, link::Room out) {
    return json.is_object() && json.contains(name) && json[name].is_string() &&
           air::from_hex(json[name].get<std::string>(), out);
  };
  const auto secrets = [&](const char* name, RenewedSecret& out) {
    if (!json.is_object() || !json.contains(name) || !json[name].is_array()) return false;
    for (const auto& one : json[name]) {
      link::Key key{};
      if (!one.is_string() || !air::from_hex(one.get<std::string>(), key)) return false;
      out.known.push_back(key);
    }
    return true;
  };
  Pairing pairing;
  const bool whole = field("implant", pairing.implant) && field("public_key", pairing.public_key) &&
                     secrets("clinic", pairing.clinic) && secrets("patient", pairing.patient) &&
                     json.contains("epoch") && json["epoch"].is_number_unsigned();
  if (!whole) return std::unexpected(file.string() + ": is no pairing");
  pairing.epoch = json["epoch"].get<std::uint32_t>();
  return pairing;
}

}  // namespace theca
