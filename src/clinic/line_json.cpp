#include "clinic/line_json.hpp"

namespace theca {

nlohmann::ordered_json json_of(const link::SignedBy& by) {
  return {{"certificate", to_base64url(by.certificate)},
          {"key", to_base64url(by.key)},
          {"signature", to_base64url(by.signature)}};
}

bool read_signed_by(const nlohmann::json& json, link::SignedBy& out) {
  return has_names(json, {"certificate", "key", "signature"}) &&
         read_bytes(json["certificate"], out.certificate) && read_bytes(json["key"], out.key) &&
         read_bytes(json["signature"], out.signature);
}

nlohmann::ordered_json json_of(const SealedPair& pair) {
  return {{"clinic", to_base64url(pair.clinic)},
          {"share", to_base64url(pair.share)},
          {"signature", to_base64url(pair.signature)}};
}

bool read_sealed_pair(const nlohmann::json& json, SealedPair& out) {
  return has_names(json, {"clinic", "share", "signature"}) && read_bytes(json["clinic"], out.clinic) &&
         read_bytes(json["share"], out.share) && read_bytes(json["signature"], out.signature);
}

}  // namespace theca
