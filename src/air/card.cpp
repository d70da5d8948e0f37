#include "air/card.hpp"

#include <nlohmann/json.hpp>

#include "air/private_file.hpp"
#include "link/sodium.hpp"

namespace theca::air {

std::expected<void, std::string> write_card(const Card& card, const std::filesystem::path& path) {
  const nlohmann::ordered_json json{{"theca", "card of an implant's pack"},
                                    {"implant", to_hex(card.implant)},
                                    {"public_key", to_hex(card.public_key)},
                                    {"secret", to_hex(card.secret)}};
  return write_private(path, json.dump(2) + "\n");
}

std::expected<Card, std::string> read_card(const std::filesystem::path& path) {
  const auto text = read_private(path);
  if (!text) return std::unexpected(text.error());
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  const auto field = [&](const char* name, link::Room out) {
    return json.is_object() && json.contains(name) && json[name].is_string() &&
           from_hex(json[name].get<std::string>(), out);
  };
  Card card;
  const bool whole =
      field("implant", card.implant) && field("public_key", card.public_key) && field("secret", card.secret);
  if (!whole || card.implant != link::short_id<link::Sodium>(card.public_key))
    return std::unexpected(path.string() + ": is no implant's card");
  return card;
}

}  // namespace theca::air
