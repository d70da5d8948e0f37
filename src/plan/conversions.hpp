#pragma once
/// Opioid doses between routes and drugs: data/conversions.toml. An answer is a spread with its figures,
/// never one number, and there and back does not return the start.

#include <array>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "plan/library.hpp"
#include "quantity/quantity.hpp"

namespace theca {

enum class Route : std::uint8_t { kOral = 0, kIntravenous = 1, kEpidural = 2, kIntrathecal = 3 };
inline constexpr std::array<std::string_view, 4> kRouteNames = {"oral", "intravenous", "epidural",
                                                                "intrathecal"};
constexpr std::string_view name_of(Route route) { return kRouteNames[static_cast<std::size_t>(route)]; }

/// A drug by one route: "intrathecal morphine".
struct RoutedDrug {
  Route route = Route::kOral;
  const DrugEntry* drug = nullptr;
  friend bool operator==(const RoutedDrug&, const RoutedDrug&) = default;
};
std::string to_text(const RoutedDrug& drug);
/// "oral morphine"; IV and IT are refused, because they differ by one letter and a hundredfold dose.
std::expected<RoutedDrug, std::string> parse_routed_drug(std::string_view text, const Library& library);

/// Amount of the one drug : amount of the other, in thousandths.
struct Ratio {
  std::int64_t from = 1;
  std::int64_t to = 1;
};

enum class FigureKind : std::uint8_t { kRule, kObserved, kTool, kQuoted, kAssumed };
inline constexpr std::array<std::string_view, 5> kFigureKindNames = {"rule", "observed", "tool", "quoted",
                                                                     "assumed"};
constexpr std::string_view name_of(FigureKind kind) {
  return kFigureKindNames[static_cast<std::size_t>(kind)];
}

struct ConversionFigure {
  FigureKind kind = FigureKind::kObserved;
  Sourced<Ratio> ratio;
  std::uint32_t line = 0;
};

struct Conversion {
  RoutedDrug from, to;
  std::vector<ConversionFigure> figures;  // at least two, not all alike

  [[nodiscard]] const ConversionFigure* rule() const;  // null on a way back
};

struct Conversions {
  std::vector<Conversion> all;
  /// Null when no figure is known.
  [[nodiscard]] const Conversion* find(const RoutedDrug& from, const RoutedDrug& to) const;
};

/// Reads `directory`/conversions.toml; all errors at once. Refused beside what docs/library.md says: fewer
/// than two different figures, two rules, a pair with a rule on both ways or none, a missing way back, and a
/// way back that returns the start of the rule, or more. `library` must outlive the answer.
std::expected<Conversions, std::vector<DataError>> load_conversions(const std::filesystem::path& directory,
                                                                    const Library& library);

/// One end of a spread, or the rule in it.
struct ConvertedDose {
  DoseRate dose;  // nearest fg/day
  const ConversionFigure* figure = nullptr;
};

struct Converted {
  ConvertedDose low;
  std::optional<ConvertedDose> rule;  // nothing on a way back
  ConvertedDose high;
};

/// dose x to / from for every figure: the least, the rule's and the most; nothing when one does not fit.
/// Source: docs/arithmetic.md#conversion
std::optional<Converted> convert(DoseRate dose, const Conversion& conversion);

}  // namespace theca
