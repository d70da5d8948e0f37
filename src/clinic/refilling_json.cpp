// The steps of a refill as they are kept.
#include <fmt/format.h>

#include "clinic/refilling.hpp"
#include "files/json_fields.hpp"
#include "files/strict_json.hpp"

namespace theca {
namespace {

using Json = nlohmann::ordered_json;
using Read = nlohmann::json;
using Wrong = std::unexpected<std::string>;

constexpr std::size_t kMostBytes = 16U << 10U;

struct Writing {
  Json json;
  void drugs(const std::vector<LabelDrug>& all) {
    json["drugs"] = Json::array();
    for (const LabelDrug& one : all)
      json["drugs"].push_back(
          {{"code", static_cast<std::uint16_t>(one.drug)}, {"ng_per_ml", one.concentration.raw()}});
  }
  void operator()(const LabelRead& s) {
    drugs(s.drugs);
    json["lot"] = s.lot;
    json["expires"] = day_number(s.expires);
  }
  void operator()(const SyringeConfirmed& s) { drugs(s.drugs); }
  void operator()(const PortFound&) {}
  void operator()(const TakenOut& s) { json["volume_nl"] = s.volume.raw(); }
  void operator()(const LookedAt& s) { json["note"] = s.note; }
  void operator()(const NeedleProven& s) {
    json["in_nl"] = s.in.raw();
    json["back_nl"] = s.back.raw();
  }
  void operator()(const PortionIn& s) { json["volume_nl"] = s.volume.raw(); }
  void operator()(const AllIn&) {}
  void operator()(const FillStated& s) {
    json["statement"] = to_base64url(s.statement);
    json["reading"] = s.reading;
  }
  void operator()(const PumpTold&) {}
  void operator()(const VolumeSensed& s) { json["volume_nl"] = s.volume.raw(); }
  void operator()(const PatientWatched& s) {
    json["signs"] = s.signs;
    json["note"] = s.note;
  }
  void operator()(const BrokenOff& s) {
    json["why"] = s.why;
    if (s.left) json["left_nl"] = s.left->raw();
    if (s.untouched) json["untouched"] = true;
  }
  void operator()(const LeftUntold& s) { json["why"] = s.why; }
};

/// Numbers up to what any volume or concentration can be.
std::int64_t number(const Read& json, const char* name) {
  const Read& value = json.at(name);
  if (!value.is_number_integer()) throw std::invalid_argument(fmt::format("{} is no whole number", name));
  return value.get<std::int64_t>();
}
Volume volume(const Read& json, const char* name) { return Volume{number(json, name)}; }

std::vector<LabelDrug> drugs_in(const Read& json) {
  std::vector<LabelDrug> drugs;
  for (const Read& one : json.at("drugs")) {
    const std::int64_t code = number(one, "code");
    if (code < 0 || code > UINT16_MAX) throw std::invalid_argument("a drug's code is none");
    drugs.push_back({static_cast<DrugCode>(code), Concentration{number(one, "ng_per_ml")}});
  }
  return drugs;
}

RefillStep step_of(const std::string& is, const Read& json) {
  if (is == "label") {
    LabelRead s;
    s.drugs = drugs_in(json);
    s.lot = json.at("lot").get<std::string>();
    s.expires = day_of_number(static_cast<std::uint32_t>(number(json, "expires")));
    return s;
  }
  if (is == "confirmed") return SyringeConfirmed{drugs_in(json)};
  if (is == "port") return PortFound{};
  if (is == "out") return TakenOut{volume(json, "volume_nl")};
  if (is == "looked") return LookedAt{json.at("note").get<std::string>()};
  if (is == "proof") return NeedleProven{volume(json, "in_nl"), volume(json, "back_nl")};
  if (is == "portion") return PortionIn{volume(json, "volume_nl")};
  if (is == "all_in") return AllIn{};
  if (is == "stated") {
    FillStated s;
    if (!read_bytes(json.at("statement"), s.statement))
      throw std::invalid_argument("a statement of another length");
    s.reading = number(json, "reading");
    return s;
  }
  if (is == "told") return PumpTold{};
  if (is == "sensed") return VolumeSensed{volume(json, "volume_nl")};
  if (is == "watched")
    return PatientWatched{json.at("signs").get<bool>(), json.at("note").get<std::string>()};
  if (is == "broken_off")
    return BrokenOff{json.at("why").get<std::string>(),
                     json.contains("left_nl") ? std::optional{volume(json, "left_nl")} : std::nullopt,
                     json.contains("untouched")};
  if (is == "untold") return LeftUntold{json.at("why").get<std::string>()};
  throw std::invalid_argument("no step is called " + is);
}

}  // namespace

std::string text_of(const RefillStep& step) {
  Writing writing{Json{{"is", name_of(step)}}};
  std::visit(writing, step);
  return writing.json.dump();
}

std::expected<RefillStep, std::string> parse_refill_step(std::string_view text) {
  const auto json = parse_strictly(text, {.most_bytes = kMostBytes, .most_depth = 4});
  if (!json) return Wrong("a kept step " + json.error());
  try {
    return step_of(json->at("is").get<std::string>(), *json);
  } catch (const std::exception& error) {  // of the JSON library, and ours
    return Wrong(fmt::format("a kept step cannot be read: {}", error.what()));
  }
}

}  // namespace theca
