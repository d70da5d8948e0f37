#include "simulator/trail.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <system_error>

#include "world/json_number.hpp"

namespace theca {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Formulation& fluid) {
  Json parts = Json::array();
  for (const Component& part : fluid.parts())
    parts.push_back(
        {static_cast<int>(part.drug), static_cast<int>(part.drug_class), part.concentration.raw()});
  return {{"number", fluid.number}, {"parts", parts}};
}

Formulation fluid_of(const Json& json) {
  Formulation fluid;
  fluid.number = whole_number<std::uint32_t>(json.at("number"));
  for (const Json& part : json.at("parts")) {
    fluid.components.at(fluid.count++) = {static_cast<DrugCode>(whole_number<std::uint16_t>(part.at(0))),
                                          static_cast<DrugClass>(whole_number<std::uint8_t>(part.at(1))),
                                          Concentration{whole_number<std::int64_t>(part.at(2))}};
    if (static_cast<std::size_t>(fluid.components.at(fluid.count - 1).drug_class) >= kDrugClassCount)
      throw std::out_of_range("no such class of drug");
  }
  return fluid;
}

constexpr std::array<const char*, 3> kKinds{"moved", "filled", "path"};

void take(const std::string& line, TrailRead& out) {
  const Json json = Json::parse(line);
  out.now = std::max(out.now, Instant{whole_number<std::int64_t>(json.at("at_ms"))});
  if (!json.contains("kind")) return;
  DeviceAct act;
  const auto* const kind = std::ranges::find(kKinds, json.at("kind").get<std::string>());
  if (kind == kKinds.end()) throw std::out_of_range("no such kind");
  act.kind = static_cast<DeviceAct::Kind>(kind - kKinds.begin());
  act.at = Instant{whole_number<std::int64_t>(json.at("at_ms"))};
  act.steps = whole_number<std::int64_t>(json.at("steps"));
  act.volume = Volume{whole_number<std::int64_t>(json.at("nl"))};
  if (json.contains("fluid")) act.fluid = fluid_of(json.at("fluid"));
  out.acts.push_back(act);
}

}  // namespace

std::expected<TrailRead, std::string> Trail::read(const std::filesystem::path& path) {
  TrailRead out;
  std::ifstream in{path, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  std::size_t number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string::npos) break;
    ++number;
    try {
      take(text.substr(at, end - at), out);
    } catch (const std::exception& error) {
      return std::unexpected(path.string() + ":" + std::to_string(number) + ": " + error.what());
    }
    at = end + 1;
  }
  return out;
}

std::expected<Trail, std::string> Trail::append_to(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::exists(path, error)) {
    std::ifstream in{path, std::ios::binary};
    const std::string text{std::istreambuf_iterator<char>{in}, {}};
    const std::size_t last = text.rfind('\n');
    const std::size_t whole = last == std::string::npos ? 0 : last + 1;
    if (whole != text.size()) std::filesystem::resize_file(path, whole, error);
  }
  Trail trail;
  trail.out_.open(path, std::ios::binary | std::ios::app);
  if (!trail.out_ || error) return std::unexpected(path.string() + ": cannot be written");
  return trail;
}

void Trail::add(const DeviceAct& act) {
  Json json{{"at_ms", act.at.raw()},
            {"kind", kKinds.at(static_cast<std::size_t>(act.kind))},
            {"steps", act.steps},
            {"nl", act.volume.raw()}};
  if (act.kind != DeviceAct::Kind::kMoved) json["fluid"] = json_of(act.fluid);
  out_ << json.dump() << '\n' << std::flush;
}

void Trail::beat(Instant now) { out_ << Json{{"at_ms", now.raw()}}.dump() << '\n' << std::flush; }

}  // namespace theca
