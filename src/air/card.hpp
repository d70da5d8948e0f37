#pragma once
/// The card that lies in an implant's pack: its public key, and the secret that pairs it once.

#include <expected>
#include <filesystem>
#include <string>

#include "link/certificate.hpp"

namespace theca::air {

struct Card {
  link::ShortId implant{};
  link::Key public_key{};
  link::Key secret{};
};

std::expected<void, std::string> write_card(const Card& card, const std::filesystem::path& path);
std::expected<Card, std::string> read_card(const std::filesystem::path& path);

}  // namespace theca::air
