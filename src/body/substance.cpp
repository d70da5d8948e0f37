#include "body/substance.hpp"

#include <algorithm>

namespace theca {
namespace {

constexpr std::int64_t kSchema = 1;

Substance read_substance(TableReader& reader, const std::string& stem, const Sources& sources) {
  Substance out;
  reader.need_integer("schema", kSchema, kSchema);
  out.name = reader.need_text("name").value_or(stem);
  if (out.name != stem)
    reader.error("name", in_quotes(out.name) + ": allowed: the file's name, " + in_quotes(stem));
  for (const auto& row : kSubstanceNumbers)
    out.*row.number = need_number(reader, row.key, row.unit, sources, row.zero);
  for (const auto& row : kOptionalSubstanceNumbers) {
    if (reader.has(row.key)) out.*row.number = need_number(reader, row.key, row.unit, sources);
  }
  if (out.plasma_v2.has_value() != out.plasma_q2.has_value() ||
      out.plasma_v3.has_value() != out.plasma_q3.has_value()) {
    reader.error("plasma_v1", "a volume and its flow, v2 and q2 or v3 and q3, stand together or not at all");
  }
  reader.finish();
  return out;
}

}  // namespace

std::expected<std::vector<Substance>, std::vector<DataError>> load_substances(
    const std::filesystem::path& directory, const Sources& sources) {
  std::vector<DataError> all;
  std::vector<Substance> substances;
  for (const auto& path : files_of(directory, "substances", all)) {
    FileErrors errors("substances/" + path.filename().string(), all);
    const auto table = parse_toml_file(path, errors);
    if (!table) continue;
    TableReader reader(*table, "", errors);
    substances.push_back(read_substance(reader, path.stem().string(), sources));
    substances.back().file = errors.file();
  }
  if (!all.empty()) return std::unexpected(std::move(all));
  return substances;
}

const Substance* find_substance(const std::vector<Substance>& all, std::string_view name) {
  const auto found = std::ranges::find(all, name, &Substance::name);
  return found == all.end() ? nullptr : &*found;
}

}  // namespace theca
