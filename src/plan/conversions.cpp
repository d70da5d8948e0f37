#include "plan/conversions.hpp"

#include <algorithm>
#include <span>

#include "quantity/exact.hpp"
#include "quantity/text_number.hpp"
#include "source/table_reader.hpp"

namespace theca {
namespace {

constexpr std::int64_t kSchema = 1;
constexpr std::int64_t kThousandths = 1'000;
constexpr std::int64_t kLargestPart = 1'000 * kThousandths;

/// "300:1", "1:3.3"
Parsed<Ratio> parse_ratio(std::string_view text) {
  constexpr std::string_view kWrite = "does not read as a ratio; write two numbers such as 300:1 or 1:3.3";
  const std::string plain = typed::plain_text(text);
  const auto part = [](std::string_view number) -> std::optional<std::int64_t> {
    const auto taken = typed::take_number(number, typed::TrailingZeros::kRefused);
    if (!taken || !taken->rest.empty()) return std::nullopt;
    const auto raw = typed::scaled(taken->number, kThousandths, kLargestPart);
    if (!raw || !raw->exact || raw->down == 0) return std::nullopt;
    return raw->down;
  };
  const std::size_t colon = plain.find(':');
  if (colon == std::string::npos) return refused(text, kWrite);
  const auto from = part(std::string_view(plain).substr(0, colon));
  const auto to = part(std::string_view(plain).substr(colon + 1));
  if (!from || !to) return refused(text, kWrite);
  return Ratio{*from, *to};
}

/// Is what `a` makes of a dose less than what `b` makes of it?
bool less(const Ratio& a, const Ratio& b) { return a.to * b.from < b.to * a.from; }

/// Would `there` and then `back` return less than the start?
bool returns_less(const Ratio& there, const Ratio& back) {
  return there.to * back.to < there.from * back.from;
}

RoutedDrug read_end(TableReader& reader, std::string_view key, const Library& library) {
  const auto text = reader.need_text(key);
  if (!text) return {};
  const auto read = parse_routed_drug(*text, library);
  if (read) return *read;
  reader.error(key, read.error());
  return {};
}

bool read_figure(TableReader& reader, const Library& library, ConversionFigure& out) {
  out.line = reader.line();
  const auto kind = reader.present("kind") ? reader.word("kind", kFigureKindNames) : std::nullopt;
  const auto ratio = reader.need_quantity("ratio", parse_ratio, &out.ratio.text);
  Pedigree common = read_pedigree(reader, library.sources);
  out.ratio.sources = std::move(common.sources);
  out.ratio.verified = common.verified;
  out.ratio.note = reader.text("note").value_or("");
  if (!kind || !ratio) return false;
  out.kind = static_cast<FigureKind>(std::ranges::find(kFigureKindNames, *kind) - kFigureKindNames.begin());
  out.ratio.value = *ratio;
  return true;
}

void read_conversion(TableReader& reader, const Library& library, Conversions& out) {
  Conversion one;
  one.from = read_end(reader, "from", library);
  one.to = read_end(reader, "to", library);
  std::size_t rules = 0;
  reader.present("figure");
  reader.each("figure", [&](TableReader& entry) {
    ConversionFigure figure;
    if (!read_figure(entry, library, figure)) return;
    if (figure.kind == FigureKind::kRule && ++rules > 1)
      entry.error("kind", "\"rule\": a second rule of thumb; allowed: one");
    one.figures.push_back(std::move(figure));
  });
  if (one.from.drug == nullptr || one.to.drug == nullptr) return;
  if (one.from == one.to) return reader.error("to", "the same as from; allowed: another route or drug");
  if (out.find(one.from, one.to) != nullptr) return reader.error("", "this way stands here twice");
  const bool spread = std::ranges::any_of(one.figures, [&](const ConversionFigure& figure) {
    return less(figure.ratio.value, one.figures.front().ratio.value) ||
           less(one.figures.front().ratio.value, figure.ratio.value);
  });
  if (reader.has("figure") && !spread)
    reader.error("figure", "one bare number; allowed: at least two figures that differ");
  out.all.push_back(std::move(one));
}

struct Ends {
  const ConversionFigure& low;
  const ConversionFigure& high;
};
Ends ends_of(const Conversion& conversion) {
  const auto [least, most] = std::ranges::minmax_element(
      conversion.figures, [](const ConversionFigure& a, const ConversionFigure& b) {
        return less(a.ratio.value, b.ratio.value);
      });
  return {*least, *most};
}

/// Do `there` and then `back` return exactly the start?
bool mirror(const Ratio& there, const Ratio& back) { return there.to * back.to == there.from * back.from; }

/// What can be seen only when all are read: the two ways of a pair.
void check_ways_back(const Conversions& all, FileErrors& errors) {
  for (const Conversion& there : all.all) {
    if (there.figures.empty()) continue;
    const std::uint32_t line = there.figures.front().line;
    const std::string name = to_text(there.from) + " to " + to_text(there.to);
    const Conversion* back = all.find(there.to, there.from);
    if (back == nullptr) {
      errors.add(line, name, "its way back is missing; allowed: both ways of a pair");
      continue;
    }
    const ConversionFigure* rule = there.rule();
    if ((rule == nullptr) == (back->rule() == nullptr)) {
      errors.add(line, name, "a pair has a rule on one of its two ways; allowed: exactly one");
      continue;
    }
    if (rule == nullptr) continue;
    for (const ConversionFigure& figure : back->figures) {
      if (returns_less(rule->ratio.value, figure.ratio.value)) continue;
      errors.add(figure.line, to_text(back->from) + " to " + to_text(back->to),
                 in_quotes(figure.ratio.text) + ": there by " + rule->ratio.text +
                     " and back would return the start or more; allowed: what returns less");
    }
    const Ends out = ends_of(there);
    const Ends home = ends_of(*back);
    const auto refuse_mirror = [&](const ConversionFigure& one, const ConversionFigure& other) {
      if (!mirror(one.ratio.value, other.ratio.value)) return;
      errors.add(other.line, to_text(back->from) + " to " + to_text(back->to),
                 in_quotes(other.ratio.text) + ": mirrors " + one.ratio.text +
                     " at the same end of the spread and would return the start");
    };
    refuse_mirror(out.low, home.low);
    refuse_mirror(out.high, home.high);
  }
}

}  // namespace

std::string to_text(const RoutedDrug& drug) {
  return std::string(name_of(drug.route)) + " " + drug.drug->name;
}

std::expected<RoutedDrug, std::string> parse_routed_drug(std::string_view text, const Library& library) {
  const auto routes = [] {
    return "allowed: " + joined(kRouteNames) + " and a drug, such as \"oral morphine\"";
  };
  const std::string plain = typed::plain_text(text);
  const std::size_t space = plain.find(' ');
  const std::string route = plain.substr(0, space);
  if (same_name(route, "IV") || same_name(route, "IT")) {
    return std::unexpected(in_quotes(text) +
                           ": IV and IT differ by one letter and a hundredfold dose; write intravenous or "
                           "intrathecal");
  }
  const auto known = std::ranges::find_if(kRouteNames, [&](auto name) { return same_name(name, route); });
  if (known == kRouteNames.end() || space == std::string::npos)
    return std::unexpected(in_quotes(text) + ": " + routes());
  const std::string name = plain.substr(space + 1);
  const DrugEntry* drug = library.find_drug(name);
  if (drug == nullptr) {
    std::string message = in_quotes(name) + " is not in the library";
    for (const std::string& near : library.suggest_drugs(name)) message += "; did you mean " + near + "?";
    return std::unexpected(message);
  }
  return RoutedDrug{static_cast<Route>(known - kRouteNames.begin()), drug};
}

const ConversionFigure* Conversion::rule() const {
  const auto found = std::ranges::find(figures, FigureKind::kRule, &ConversionFigure::kind);
  return found == figures.end() ? nullptr : &*found;
}

const Conversion* Conversions::find(const RoutedDrug& from, const RoutedDrug& to) const {
  const auto found =
      std::ranges::find_if(all, [&](const Conversion& one) { return one.from == from && one.to == to; });
  return found == all.end() ? nullptr : &*found;
}

std::expected<Conversions, std::vector<DataError>> load_conversions(const std::filesystem::path& directory,
                                                                    const Library& library) {
  std::vector<DataError> all;
  FileErrors errors("conversions.toml", all);
  Conversions conversions;
  if (const auto table = parse_toml_file(directory / "conversions.toml", errors)) {
    TableReader reader(*table, "", errors);
    reader.need_integer("schema", kSchema, kSchema);
    reader.present("conversion");
    reader.each("conversion", [&](TableReader& entry) { read_conversion(entry, library, conversions); });
    reader.finish();
    if (all.empty()) check_ways_back(conversions, errors);
  }
  if (!all.empty()) return std::unexpected(std::move(all));
  return conversions;
}

std::optional<Converted> convert(DoseRate dose, const Conversion& conversion) {
  const auto by = [&](const ConversionFigure& figure) -> std::optional<ConvertedDose> {
    const Ratio& ratio = figure.ratio.value;
    const auto raw = multiply_divide(dose.raw(), ratio.to, ratio.from, Round::kNearest);
    if (!raw) return std::nullopt;
    return ConvertedDose{DoseRate{*raw}, &figure};
  };
  const auto [least, most] = ends_of(conversion);
  const auto low = by(least);
  const auto high = by(most);
  if (!low || !high) return std::nullopt;
  const ConversionFigure* rule = conversion.rule();
  return Converted{*low, rule != nullptr ? by(*rule) : std::nullopt, *high};
}

}  // namespace theca
