#pragma once
/// Parts of the lines that the clinic's processes say to each other.

#include <nlohmann/json.hpp>

#include "clinic/pairing.hpp"
#include "files/json_fields.hpp"
#include "link/order_talk.hpp"

namespace theca {

nlohmann::ordered_json json_of(const link::SignedBy& by);
bool read_signed_by(const nlohmann::json& json, link::SignedBy& out);
nlohmann::ordered_json json_of(const SealedPair& pair);
bool read_sealed_pair(const nlohmann::json& json, SealedPair& out);

}  // namespace theca
