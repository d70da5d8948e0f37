#include "body/substance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace theca {
namespace {

constexpr std::int64_t kSchema = 1;

constexpr std::array<Choice<Target>, kTargetCount> kTargets{{
    {"nothing", Target::kNothing},
    {"opioid receptor", Target::kOpioidReceptor},
    {"GABA-B receptor", Target::kGabaBReceptor},
    {"alpha-2 receptor", Target::kAlpha2Receptor},
    {"sodium channel", Target::kSodiumChannel},
    {"calcium channel", Target::kCalciumChannel},
}};
constexpr std::array<Choice<Relieves>, 2> kRelieves{
    {{"pain", Relieves::kPain}, {"spasticity", Relieves::kSpasticity}}};
constexpr std::array<Choice<Site>, 5> kSites{{{"fluid", Site::kFluid},
                                              {"cord", Site::kCord},
                                              {"cistern", Site::kCistern},
                                              {"brain", Site::kBrain},
                                              {"plasma", Site::kPlasma}}};

void need_share(TableReader& reader, std::string_view key, const Number& number) {
  if (number.high > 1) reader.error(key, fmt::format("a share up to {}: allowed: 0 to 1", number.high));
}

SideEffect read_side_effect(TableReader& reader, const Sources& sources) {
  SideEffect out;
  out.name = reader.need_text("name").value_or("");
  if (reader.present("site")) out.site = reader.choice<Site>("site", kSites).value_or(Site::kCord);
  out.grave = reader.need_boolean("grave").value_or(false);
  out.ec50 = need_number(reader, "ec50", "ug/mL", sources);
  out.emax = need_number(reader, "emax", "1", sources);
  need_share(reader, "emax", out.emax);
  out.hill = need_number(reader, "hill", "1", sources);
  out.ke0_half_life = need_number(reader, "ke0_half_life", "min", sources);
  return out;
}

/// The numbers of a group stand together, or none of them does.
void hold_groups_together(TableReader& reader) {
  std::map<std::string_view, std::vector<std::string_view>> there, missing;
  for (const auto& row : kOptionalSubstanceNumbers)
    (reader.has(row.key) ? there : missing)[row.group].push_back(row.key);
  for (const auto& [group, keys] : there) {
    if (missing.contains(group))
      reader.error(keys.front(), fmt::format("{}: needs {} as well", group, joined(missing[group])));
  }
}

Substance read_substance(TableReader& reader, const std::string& stem, const Sources& sources) {
  Substance out;
  reader.need_integer("schema", kSchema, kSchema);
  out.name = reader.need_text("name").value_or(stem);
  if (out.name != stem)
    reader.error("name", in_quotes(out.name) + ": allowed: the file's name, " + in_quotes(stem));
  if (reader.present("acts_on"))
    out.acts_on = reader.choice<Target>("acts_on", kTargets).value_or(Target::kNothing);
  out.relieves = reader.choice<Relieves>("relieves", kRelieves).value_or(Relieves::kNothing);
  for (const auto& row : kSubstanceNumbers)
    out.*row.number = need_number(reader, row.key, row.unit, sources, row.zero);
  for (const auto& row : kOptionalSubstanceNumbers) {
    if (reader.has(row.key)) out.*row.number = need_number(reader, row.key, row.unit, sources, row.zero);
  }
  hold_groups_together(reader);
  for (const auto& [key, share] :
       {std::pair{"oral_bioavailability", &Substance::oral_bioavailability},
        std::pair{"epidural_csf_availability", &Substance::epidural_csf_availability},
        std::pair{"relief_emax", &Substance::relief_emax},
        std::pair{"tolerance_side_effects", &Substance::tolerance_side_effects}}) {
    if (out.*share) need_share(reader, key, *(out.*share));
  }
  if (out.relieves != Relieves::kNothing && !out.relief_ec50)
    reader.error("relieves", "needs relief_ec50, relief_emax, relief_hill, relief_ke0_half_life");
  if (out.relief_ec50 && (out.relieves == Relieves::kNothing || out.acts_on == Target::kNothing))
    reader.error("relief_ec50", "needs relieves and acts_on, something other than nothing");
  for (const auto& [key, needs] : {std::pair{"plasma_ec50", &Substance::relief_ec50},
                                   std::pair{"ventilation_c50", &Substance::plasma_ec50},
                                   std::pair{"adaptation_time", &Substance::relief_ec50},
                                   std::pair{"tolerance_gain", &Substance::relief_ec50}}) {
    if (reader.has(key) && !(out.*needs))
      reader.error(key, needs == &Substance::plasma_ec50 ? "needs plasma_ec50 and plasma_ke0_half_life"
                                                         : "needs relief_ec50 and what belongs to it");
  }
  reader.each("side_effect",
              [&](TableReader& entry) { out.side_effects.push_back(read_side_effect(entry, sources)); });
  reader.finish();
  return out;
}

}  // namespace

std::string_view name_of(Target target) {
  return std::ranges::find(kTargets, target, [](const auto& choice) { return choice.second; })->first;
}

std::expected<std::vector<Substance>, std::vector<DataError>> load_substances(
    const std::filesystem::path& directory, const Sources& sources, Outside outside) {
  std::vector<DataError> all;
  std::vector<Substance> substances;
  for (const auto& path : files_of(directory, "substances", all)) {
    FileErrors errors("substances/" + path.filename().string(), all);
    if (outside == Outside::kAllowed) errors.allow_outside();
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
