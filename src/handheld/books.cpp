#include "handheld/books.hpp"

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string_view>

#include "files/json_fields.hpp"
#include "files/strict_json.hpp"

namespace theca::handheld {
namespace {

using Json = nlohmann::ordered_json;
using Wrong = std::unexpected<std::string>;

constexpr const char* kPairingFile = "pairing.json";
constexpr const char* kCardFile = "card.json";
constexpr const char* kSeenFile = "seen.json";
constexpr const char* kAskFile = "ask.json";
constexpr const char* kDiaryFile = "diary.json";
constexpr const char* kPageKeyFile = "page.key";
constexpr JsonLimits kLimits{.most_bytes = 65'536, .most_depth = 3};
constexpr JsonLimits kDiaryLimits{.most_bytes = std::size_t{16} << 20, .most_depth = 4};

/// Nothing where there is no such file.
std::expected<std::optional<nlohmann::json>, std::string> maybe(const Files& files, const char* name,
                                                                const JsonLimits& limits = kLimits) {
  const auto text = files.read(name);
  if (!text) return Wrong(text.error());
  if (!*text) return std::nullopt;
  auto json = parse_strictly(**text, limits);
  if (!json) return Wrong(fmt::format("{}: {}", name, json.error()));
  return std::optional{std::move(*json)};
}

bool read_int(const nlohmann::json& json, std::int64_t& out) {
  if (!json.is_number_integer()) return false;
  out = json.get<std::int64_t>();
  return true;
}
bool read_text(const nlohmann::json& json, std::string& out, std::size_t most) {
  if (!json.is_string() || json.get_ref<const std::string&>().size() > most) return false;
  out = json.get<std::string>();
  return true;
}

struct CardField {
  const char* name;
  std::string EmergencyCard::*text;
};
constexpr std::array<CardField, 9> kCardFields{{{"patient", &EmergencyCard::patient},
                                                {"birth_date", &EmergencyCard::birth_date},
                                                {"clinic", &EmergencyCard::clinic},
                                                {"phone", &EmergencyCard::phone},
                                                {"emergency_phone", &EmergencyCard::emergency_phone},
                                                {"pump", &EmergencyCard::pump},
                                                {"serial", &EmergencyCard::serial},
                                                {"refill_appointment", &EmergencyCard::refill_appointment},
                                                {"written", &EmergencyCard::written}}};

}  // namespace

Done keep_pairing(Files& files, const Pairing& pairing) {
  const auto certificate = link::read<link::RoleCertificate>(pairing.certificate);
  if (!certificate || certificate->role != Role::kPatient || certificate->capabilities != link::kMaySpeak ||
      certificate->implant != pairing.implant.id)
    return Wrong("this is no certificate of a patient's programmer for this pump: theca signer handheld");
  if (const Done kept = air::keep_implant(files, kWhose, pairing.implant); !kept) return kept;
  const Json json{{"theca", "pairing of: handheld"},
                  {"implant", to_base64url(pairing.implant.id)},
                  {"certificate", to_base64url(pairing.certificate)}};
  return files.write(kPairingFile, json.dump(2) + "\n");
}

std::expected<Pairing, std::string> read_pairing(const Files& files) {
  const auto json = air::read_json(files, kPairingFile, "this handheld knows no pump: theca handheld pair");
  if (!json) return Wrong(json.error());
  Pairing pairing;
  if (!has_names(*json, {"theca", "implant", "certificate"}) ||
      !read_bytes((*json)["implant"], pairing.implant.id) ||
      !read_bytes((*json)["certificate"], pairing.certificate))
    return Wrong(std::string{kPairingFile} + ": holds no pairing");
  auto implant = air::read_implant(files, kWhose, pairing.implant.id, "theca handheld pair");
  if (!implant) return Wrong(implant.error());
  pairing.implant = std::move(*implant);
  return pairing;
}

std::string EmergencyCard::name_of(DrugCode code) const {
  for (const DrugName& drug : drugs)
    if (drug.code == code) return drug.name;
  return fmt::format("drug {}", static_cast<unsigned>(code));
}

std::expected<EmergencyCard, std::string> parse_card(const std::string& text) {
  const auto json = parse_strictly(text, kLimits);
  if (!json) return Wrong(json.error());
  if (!json->is_object()) return Wrong("the card is no JSON object");
  EmergencyCard card;
  for (const CardField& field : kCardFields) {
    if (!json->contains(field.name))
      return Wrong(fmt::format("{}: missing; a text, \"\" for none", field.name));
    if (!read_text((*json)[field.name], card.*field.text, kMostCardText))
      return Wrong(fmt::format("{}: is no text of at most {} bytes", field.name, kMostCardText));
  }
  if (!json->contains("drugs") || !(*json)["drugs"].is_array() || (*json)["drugs"].size() > kMostDrugNames)
    return Wrong(fmt::format("drugs: is no list of at most {} drugs", kMostDrugNames));
  for (const auto& one : (*json)["drugs"]) {
    EmergencyCard::DrugName drug;
    std::uint32_t code = 0;
    if (!has_names(one, {"code", "name"}) || !read_number(one["code"], code) || code == 0 ||
        code > UINT16_MAX || !read_text(one["name"], drug.name, kMostCardText))
      return Wrong("drugs: one has no code of 1 to 65535 and name, {\"code\": 7, \"name\": \"baclofen\"}");
    drug.code = static_cast<DrugCode>(code);
    card.drugs.push_back(std::move(drug));
  }
  if (json->contains("demo")) {
    if (!(*json)["demo"].is_boolean()) return Wrong("demo: is neither true nor false");
    card.demo = (*json)["demo"].get<bool>();
  }
  if (json->size() != kCardFields.size() + 1 + (json->contains("demo") ? 1 : 0))
    return Wrong("the card has a field that no card has");
  return card;
}

std::string card_text(const EmergencyCard& card) {
  Json json;
  for (const CardField& field : kCardFields) json[field.name] = card.*field.text;
  json["drugs"] = Json::array();
  for (const auto& drug : card.drugs)
    json["drugs"].push_back(Json{{"code", static_cast<unsigned>(drug.code)}, {"name", drug.name}});
  json["demo"] = card.demo;
  return json.dump(2) + "\n";
}

Done keep_card(Files& files, const EmergencyCard& card) { return files.write(kCardFile, card_text(card)); }

std::expected<EmergencyCard, std::string> read_card(const Files& files) {
  const auto text = files.read(kCardFile);
  if (!text) return Wrong(text.error());
  if (!*text) return EmergencyCard{};
  auto card = parse_card(**text);
  if (!card) return Wrong(fmt::format("{}: {}", kCardFile, card.error()));
  return card;
}

Done keep_seen(Files& files, const Seen& seen) {
  const Json json{{"theca", "what the pump said last"},
                  {"own", to_base64url(link::written(seen.own))},
                  {"therapy", to_base64url(link::written(seen.therapy))},
                  {"at_utc_ms", seen.at_utc_ms}};
  return files.write(kSeenFile, json.dump(2) + "\n");
}

std::expected<std::optional<Seen>, std::string> read_seen(const Files& files) {
  const auto json = maybe(files, kSeenFile);
  if (!json) return Wrong(json.error());
  if (!*json) return std::nullopt;
  Seen seen;
  std::array<std::uint8_t, link::kWireBytes<link::OwnReply>> own{};
  std::array<std::uint8_t, link::kWireBytes<link::OwnTherapyReply>> therapy{};
  // Of another version of the link it is no answer any more; the pump is asked anew.
  if (!has_names(**json, {"theca", "own", "therapy", "at_utc_ms"}) || !read_bytes((**json)["own"], own) ||
      !read_bytes((**json)["therapy"], therapy) || !read_int((**json)["at_utc_ms"], seen.at_utc_ms))
    return std::nullopt;
  const auto said = link::read<link::OwnReply>(own);
  const auto of_therapy = link::read<link::OwnTherapyReply>(therapy);
  if (!said || !of_therapy) return std::nullopt;
  seen.own = *said;
  seen.therapy = *of_therapy;
  return seen;
}

Done keep_ask(Files& files, const Ask& ask) {
  const Json json{{"theca", "newest wish for a dose"},
                  {"intent", ask.intent},
                  {"state", static_cast<unsigned>(ask.state)},
                  {"request", ask.request},
                  {"at_utc_ms", ask.at_utc_ms},
                  {"refusal", static_cast<unsigned>(ask.refusal)},
                  {"next_utc_ms", ask.next_utc_ms}};
  return files.write(kAskFile, json.dump(2) + "\n");
}

std::expected<std::optional<Ask>, std::string> read_ask(const Files& files) {
  const auto json = maybe(files, kAskFile);
  if (!json) return Wrong(json.error());
  if (!*json) return std::nullopt;
  Ask ask;
  std::uint32_t state = 0, refusal = 0;
  if (!has_names(**json, {"theca", "intent", "state", "request", "at_utc_ms", "refusal", "next_utc_ms"}) ||
      !read_text((**json)["intent"], ask.intent, 64) || !read_number((**json)["state"], state) ||
      state >= kAskStateNames.size() || !read_number((**json)["request"], ask.request) ||
      !read_int((**json)["at_utc_ms"], ask.at_utc_ms) || !read_number((**json)["refusal"], refusal) ||
      refusal >= kRefusalCount || !read_int((**json)["next_utc_ms"], ask.next_utc_ms))
    return Wrong(std::string{kAskFile} +
                 ": cannot be understood, and with it whether a dose is on its way; look at the pump's own "
                 "journal, then remove it");
  ask.state = static_cast<AskState>(state);
  ask.refusal = static_cast<Refusal>(refusal);
  if (ask.state == AskState::kAsking) ask.state = ask.request == 0 ? AskState::kNotGiven : AskState::kUnknown;
  return ask;
}

Done keep_diary(Files& files, const std::vector<DiaryEntry>& diary) {
  Json list = Json::array();
  for (const DiaryEntry& one : diary) {
    list.push_back(Json{{"id", one.id},
                        {"intent", one.intent},
                        {"at_utc_ms", one.at_utc_ms},
                        {"request", one.request},
                        {"pain", one.pain ? Json(*one.pain) : Json(nullptr)},
                        {"effects", one.effects},
                        {"note", one.note}});
  }
  return files.write(kDiaryFile, list.dump() + "\n");
}

std::expected<std::vector<DiaryEntry>, std::string> read_diary(const Files& files) {
  const auto json = maybe(files, kDiaryFile, kDiaryLimits);
  if (!json) return Wrong(json.error());
  std::vector<DiaryEntry> diary;
  if (!*json) return diary;
  const auto wrong = [] { return Wrong(std::string{kDiaryFile} + ": holds no diary"); };
  if (!(*json)->is_array()) return wrong();
  for (const auto& one : **json) {
    DiaryEntry entry;
    std::uint32_t pain = 0;
    if (!has_names(one, {"id", "intent", "at_utc_ms", "request", "pain", "effects", "note"}) ||
        !read_number(one["id"], entry.id) || !read_text(one["intent"], entry.intent, 64) ||
        !read_int(one["at_utc_ms"], entry.at_utc_ms) || !read_number(one["request"], entry.request) ||
        !(one["pain"].is_null() || (read_number(one["pain"], pain) && pain <= kWorstPain)) ||
        !one["effects"].is_array() || !read_text(one["note"], entry.note, kMostNote * 4))
      return wrong();
    if (!one["pain"].is_null()) entry.pain = static_cast<std::uint8_t>(pain);
    for (const auto& effect : one["effects"])
      if (!read_text(effect, entry.effects.emplace_back(), 64)) return wrong();
    diary.push_back(std::move(entry));
  }
  return diary;
}

std::expected<std::string, std::string> page_key(Files& files) {
  const auto there = files.read(kPageKeyFile);
  if (!there) return Wrong(there.error());
  if (*there) {
    std::string key = **there;
    while (!key.empty() && key.back() == '\n') key.pop_back();
    if (key.size() < 22)
      return Wrong(std::string{kPageKeyFile} + ": holds no key of pages; remove it for a new one");
    return key;
  }
  link::Key random{};
  link::Sodium::random(random);
  const std::string key = to_base64url(random);
  if (const Done kept = files.write(kPageKeyFile, key + "\n"); !kept) return Wrong(kept.error());
  return key;
}

}  // namespace theca::handheld
