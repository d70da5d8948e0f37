#include "cli/run_json.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <string_view>

#include "cli/run_words.hpp"
#include "quantity/text_write.hpp"

namespace theca::run_json {

Json number(const std::string& decimal) { return Json::parse(decimal); }

Json four_digits(double value) {
  constexpr double kWholeBelow = 1e15;
  if (!std::isfinite(value)) return nullptr;
  const double read = std::strtod(fmt::format("{:.4g}", value).c_str(), nullptr);
  if (read == std::floor(read) && std::abs(read) < kWholeBelow) return static_cast<std::int64_t>(read);
  return read;
}
Json ml(Volume volume) { return number(decimal_ml(volume)); }
Json mg(Mass mass) { return number(decimal_mg(mass)); }
Json hour_count(Duration duration) { return number(decimal_hours(duration)); }

Json moment(const RunResult& run, Instant at) {
  return {{"t_h", hour_count(at - Instant{})}, {"local", local_text(run, at)}};
}
Json moment(const RunResult& run, const std::optional<Instant>& at) {
  return at ? moment(run, *at) : Json(nullptr);
}

Json path_json(const FluidPath& path) {
  return {{"tubing_ml", ml(path.tubing)}, {"catheter_ml", ml(path.catheter)}, {"total_ml", ml(path.total())}};
}

Mass at(const std::vector<Mass>& masses, std::size_t i) { return i < masses.size() ? masses[i] : Mass{}; }

Json fluids_json(const RunResult& run) {
  Json list = Json::array();
  for (const FluidName& fluid : run.fluids) {
    Json components = Json::array();
    for (const DrugColumn& drug : run.drugs) {
      const Concentration c = concentration_of(fluid.formulation, drug.code);
      if (c > Concentration{}) {
        components.push_back(
            {{"drug", drug.name}, {"concentration_mg_per_ml", number(decimal_mg_per_ml(c))}});
      }
    }
    list.push_back({{"number", fluid.number},
                    {"name", fluid.name},
                    {"contents", fluid.contents},
                    {"components", std::move(components)}});
  }
  return list;
}

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string column_name(const std::string& drug) {
  std::string name;
  for (const char c : drug) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    const bool capital = c >= 'A' && c <= 'Z';
    name += plain ? c : capital ? static_cast<char>(c - 'A' + 'a') : '_';
  }
  return name;
}

}  // namespace theca::run_json
