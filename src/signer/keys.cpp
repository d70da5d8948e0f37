#include "signer/keys.hpp"

#include "files/json_fields.hpp"
#include "files/strict_json.hpp"
#include "link/sodium_issue.hpp"

namespace theca::signer {
namespace {

using link::Sodium;
using Wrong = std::unexpected<std::string>;

constexpr const char* kFile = "signer.key";
constexpr const char* kGatewayFile = "gateway.json";

link::Key seed_of(const link::Key& secret, std::uint32_t serial) {
  static constexpr auto kPurpose = link::purpose("theca signer's person 1");
  std::array<std::uint8_t, 4> who{};
  for (std::size_t i = 0; i < who.size(); ++i) who[i] = static_cast<std::uint8_t>(serial >> (8 * i));
  const std::array<link::Bytes, 2> parts{link::Bytes{kPurpose}, link::Bytes{who}};
  return Sodium::hmac(secret, parts);
}

std::uint32_t utc(std::int64_t now_utc_s) { return static_cast<std::uint32_t>(now_utc_s); }

CertificateBytes issue(const link::Key& clinic_seed, const link::RoleCertificate& draft,
                       const link::Key& subject) {
  return link::written(link::issue(clinic_seed, draft, subject));
}

}  // namespace

Keys::Keys(Keys&& other) noexcept : clinic_seed_(other.clinic_seed_), secret_(other.secret_) {
  Sodium::wipe(other.clinic_seed_);
  Sodium::wipe(other.secret_);
}
Keys::~Keys() {
  Sodium::wipe(clinic_seed_);
  Sodium::wipe(secret_);
}

std::expected<void, std::string> Keys::make(Files& files, const std::optional<link::Key>& clinic_seed) {
  const auto there = files.read(kFile);
  if (!there) return Wrong(there.error());
  if (*there) return Wrong(std::string{kFile} + ": is there already; what it signed with would be lost");
  Keys keys;
  if (clinic_seed) {
    keys.clinic_seed_ = *clinic_seed;
  } else {
    Sodium::random(keys.clinic_seed_);
  }
  Sodium::random(keys.secret_);
  const nlohmann::ordered_json json{{"theca", "keys of: signer"},
                                    {"clinic", to_base64url(keys.clinic_seed_)},
                                    {"secret", to_base64url(keys.secret_)}};
  return files.write(kFile, json.dump(2) + "\n");
}

std::expected<Keys, std::string> Keys::read(const Files& files) {
  const auto text = files.read(kFile);
  if (!text) return Wrong(text.error());
  if (!*text) return Wrong(std::string{kFile} + ": is missing; there is no signer in this folder");
  const auto json = parse_strictly(**text, {.most_bytes = 4'096, .most_depth = 1});
  Keys keys;
  const auto field = [&](const char* name, link::Key& out) {
    return json->is_object() && json->contains(name) && (*json)[name].is_string() &&
           from_base64url((*json)[name].get_ref<const std::string&>(), out);
  };
  if (!json || !field("clinic", keys.clinic_seed_) || !field("secret", keys.secret_))
    return Wrong(std::string{kFile} + ": holds no keys of a signer");
  return keys;
}

link::Key Keys::clinic_key() const { return Sodium::signing_public_of(clinic_seed_); }

link::SignedBy Keys::sign(const Enrolled& person, const link::Order& order, const link::Hash& digest,
                          std::uint32_t epoch, std::int64_t now_utc_s) const {
  link::Key seed = seed_of(secret_, person.serial);
  link::SignedBy by;
  by.key = Sodium::signing_public_of(seed);
  by.signature = link::sign_order(seed, digest);
  Sodium::wipe(seed);
  by.certificate = issue(clinic_seed_,
                         {.role = person.role,
                          .capabilities = link::kMaySign,
                          .implant = order.implant,
                          .epoch = epoch,
                          .not_before = utc(now_utc_s),
                          .not_after = utc(now_utc_s) + kCertificateLastsS,
                          .serial = person.serial},
                         by.key);
  return by;
}

CertificateBytes Keys::pass(const Enrolled& person, const link::ShortId& implant, const link::Key& gateway,
                            std::uint32_t epoch, std::int64_t now_utc_s) const {
  return issue(clinic_seed_,
               {.role = person.role,
                .capabilities = link::kMaySpeak,
                .implant = implant,
                .epoch = epoch,
                .not_before = utc(now_utc_s),
                .not_after = utc(now_utc_s) + kPassLastsS,
                .serial = person.serial},
               gateway);
}

CertificateBytes Keys::read_pass(const link::Key& gateway, std::uint32_t epoch,
                                 std::int64_t now_utc_s) const {
  return issue(clinic_seed_,
               {.role = Role::kNurse,
                .capabilities = link::kMaySpeak,
                .implant = {},  // any
                .epoch = epoch,
                .not_before = utc(now_utc_s),
                .not_after = utc(now_utc_s) + kReadPassLastsS,
                .serial = kGatewaySerial},
               gateway);
}

link::Pair Keys::pair(const link::ShortId& implant, const link::NearFieldNonce& number) const {
  link::Key share{};
  Sodium::random(share);
  return link::signed_pair(clinic_seed_, implant, share, number);
}

CertificateBytes Keys::patients(const link::Key& handheld, const link::ShortId& implant, std::uint32_t epoch,
                                std::int64_t now_utc_s) const {
  return issue(clinic_seed_,
               {.role = Role::kPatient,
                .capabilities = link::kMaySpeak,
                .implant = implant,
                .epoch = epoch,
                .not_before = utc(now_utc_s),
                .not_after = utc(now_utc_s) + kHandheldLastsS,
                .serial = kHandheldSerial},
               handheld);
}

std::expected<void, std::string> name_gateway(Files& files, const link::Key& key) {
  const nlohmann::ordered_json json{{"theca", "gateway of: signer"}, {"key", to_base64url(key)}};
  return files.write(kGatewayFile, json.dump(2) + "\n");
}

std::expected<std::optional<link::Key>, std::string> named_gateway(const Files& files) {
  const auto text = files.read(kGatewayFile);
  if (!text) return Wrong(text.error());
  if (!*text) return std::nullopt;
  const auto json = parse_strictly(**text, {.most_bytes = 4'096, .most_depth = 1});
  link::Key key{};
  if (!json || !has_names(*json, {"theca", "key"}) || !read_bytes((*json)["key"], key))
    return Wrong(std::string{kGatewayFile} + ": names no gateway");
  return key;
}

}  // namespace theca::signer
