#include "body/anatomy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

namespace theca {
namespace {

constexpr std::int64_t kSchema = 1;
constexpr double kLongest = 100;  // cm
constexpr double kWidest = 10;    // cm2

struct Region {
  char letter;
  int count;
};
constexpr std::array<Region, 4> kRegions{{{'C', 8}, {'T', 12}, {'L', 5}, {'S', 5}}};

/// Counted from C1, which is 0.
std::optional<int> order_of(std::string_view name, Column column) {
  std::string plain;
  for (const char c : name) {
    if (c != ' ') plain += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  if (plain.size() < 2) return std::nullopt;
  int number = 0;
  const auto read = std::from_chars(plain.data() + 1, plain.data() + plain.size(), number);
  if (read.ec != std::errc{} || read.ptr != plain.data() + plain.size()) return std::nullopt;
  int before = 0;
  for (const Region& region : kRegions) {
    const int count = region.count - (region.letter == 'C' && column == Column::kVertebrae ? 1 : 0);
    if (region.letter == plain[0]) {
      if (number < 1 || number > count) return std::nullopt;
      return before + number - 1;
    }
    before += count;
  }
  return std::nullopt;
}

/// `levels` from caudal to rostral, so their order falls.
std::optional<double> place(const std::vector<NamedLevel>& levels, std::optional<int> wanted, Column column) {
  if (!wanted || levels.empty()) return std::nullopt;
  const auto order = [&](const NamedLevel& level) { return order_of(level.name, column).value(); };
  if (*wanted > order(levels.front()) || *wanted < order(levels.back())) return std::nullopt;
  for (std::size_t i = 0; i + 1 < levels.size(); ++i) {
    const int low = order(levels[i]), high = order(levels[i + 1]);
    if (*wanted > low || *wanted < high) continue;
    const double share = static_cast<double>(low - *wanted) / (low - high);
    return levels[i].z + (levels[i + 1].z - levels[i].z) * share;
  }
  return levels.front().z;
}

/// What the values of knots may be.
struct KnotValues {
  std::string_view name, unit;
  double low, high;
  bool low_itself = false;
};
constexpr KnotValues kArea{"area", "cm2", 0, kWidest}, kHeight{"height", "cm", -kWidest, kWidest, true};

/// `[[key]]` with z and a value, z rising from 0.
std::vector<Knot> read_knots(TableReader& reader, std::string_view key, const KnotValues& what) {
  std::vector<Knot> knots;
  reader.present(key);
  reader.each(key, [&](TableReader& entry) {
    const auto z = entry.need_decimal("z"), value = entry.need_decimal(what.name);
    if (!z || !value) return;
    if (*z < 0 || *z > kLongest || (!knots.empty() && *z <= knots.back().z))
      return entry.error("z", fmt::format("{}: allowed: above the one before, up to {} cm", *z, kLongest));
    if (*value < what.low || (*value == what.low && !what.low_itself) || *value > what.high)
      return entry.error(
          what.name, fmt::format("{}: allowed: {}{}, up to {} {}", *value, what.low_itself ? "" : "above ",
                                 what.low, what.high, what.unit));
    knots.push_back({*z, *value});
  });
  if (knots.empty() || knots.front().z != 0)
    reader.error(key, "allowed: at least one entry, the first at z = 0");
  return knots;
}

/// From C1 down to `lowest`, inside the canal.
std::vector<NamedLevel> read_levels(TableReader& reader, std::string_view key, Column column,
                                    std::string_view lowest, double length) {
  std::vector<NamedLevel> levels;
  reader.present(key);
  reader.each(key, [&](TableReader& entry) {
    const auto name = entry.need_text("name");
    const auto z = entry.need_decimal("z");
    if (!name || !z) return;
    if (!order_of(*name, column))
      return entry.error("name", in_quotes(*name) + ": allowed: C1 to C8, T1 to T12, L1 to L5, S1 to S5");
    if (*z < 0 || *z > length)
      return entry.error("z", fmt::format("{}: allowed: 0 to the canal's length, {} cm", *z, length));
    levels.push_back({*name, *z});
  });
  std::ranges::sort(levels, {}, &NamedLevel::z);
  for (std::size_t i = 1; i < levels.size(); ++i) {
    if (order_of(levels[i].name, column) >= order_of(levels[i - 1].name, column))
      reader.error(key, fmt::format("{} lies above {}; allowed: C1 highest, S5 lowest", levels[i].name,
                                    levels[i - 1].name));
  }
  if (!place(levels, order_of("C1", column), column) || !place(levels, order_of(lowest, column), column))
    reader.error(key, fmt::format("allowed: a list that reaches from C1 to {}", lowest));
  return levels;
}

}  // namespace

double at(const std::vector<Knot>& knots, double z) {
  if (z <= knots.front().z) return knots.front().value;
  for (std::size_t i = 1; i < knots.size(); ++i) {
    if (z > knots[i].z) continue;
    const Knot &a = knots[i - 1], &b = knots[i];
    return a.value + (b.value - a.value) * (z - a.z) / (b.z - a.z);
  }
  return knots.back().value;
}

bool is_level_name(std::string_view name, Column column) { return order_of(name, column).has_value(); }

std::optional<double> Anatomy::vertebra(std::string_view name) const {
  return place(vertebrae, order_of(name, Column::kVertebrae), Column::kVertebrae);
}
std::optional<double> Anatomy::cord_segment(std::string_view name) const {
  return place(cord_segments, order_of(name, Column::kCord), Column::kCord);
}
std::optional<Span> Anatomy::cord_span(std::string_view name) const {
  const auto order = order_of(name, Column::kCord);
  const auto middle = place(cord_segments, order, Column::kCord);
  if (!middle) return std::nullopt;
  const auto below = place(cord_segments, *order + 1, Column::kCord),
             above = place(cord_segments, *order - 1, Column::kCord);
  // A segment at an end reaches as far out as in.
  const double down = below ? (*middle - *below) / 2 : (*above - *middle) / 2;
  const double up = above ? (*above - *middle) / 2 : down;
  return Span{*middle - down, *middle + up};
}

std::expected<Anatomy, std::vector<DataError>> load_anatomy(const std::filesystem::path& directory,
                                                            const Sources& sources, Outside outside) {
  std::vector<DataError> all;
  Anatomy anatomy;
  anatomy.file = "body/adult.toml";
  FileErrors errors(anatomy.file, all);
  if (outside == Outside::kAllowed) errors.allow_outside();
  if (const auto table = parse_toml_file(directory / anatomy.file, errors)) {
    TableReader reader(*table, "", errors);
    reader.need_integer("schema", kSchema, kSchema);
    for (const auto& row : kAnatomyNumbers)
      anatomy.*row.number = need_number(reader, row.key, row.unit, sources, row.zero);
    anatomy.csf_area = read_knots(reader, "csf_area", kArea);
    anatomy.cord_area = read_knots(reader, "cord_area", kArea);
    anatomy.curve = read_knots(reader, "curve", kHeight);
    anatomy.vertebrae = read_levels(reader, "vertebra", Column::kVertebrae, "L5", anatomy.length.value);
    anatomy.cord_segments = read_levels(reader, "cord_segment", Column::kCord, "S5", anatomy.length.value);
    const auto verified = [&](std::string_view key) {
      bool read = false;
      if (!reader.one(key, [&](TableReader& entry) {
            read = read_pedigree(entry, sources).verified;
            entry.text("note");
          }))
        reader.error(key, "missing");
      return read;
    };
    anatomy.shape_verified = verified("shape");
    anatomy.levels_verified = verified("levels");
    reader.finish();
  }
  if (!all.empty()) return std::unexpected(std::move(all));
  return anatomy;
}

}  // namespace theca
