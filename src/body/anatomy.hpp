#pragma once
/// The spinal canal as it was published: data/body/*.toml. Lengths in cm along the sac, 0 at its caudal end
/// (S2), rostral positive.

#include <array>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "body/number.hpp"

namespace theca {

/// A value at a place; between two knots a straight line.
struct Knot {
  double z = 0;  // cm
  double value = 0;
};
/// Knots in rising order of z; beyond the ends their values go on.
double at(const std::vector<Knot>& knots, double z);

struct NamedLevel {
  std::string name;  // "T10"
  double z = 0;      // cm
};

/// From `low` to `high` along the canal, cm.
struct Span {
  double low = 0, high = 0;
};

struct Anatomy {
  std::string file;
  Number length;                            // cm
  Number spinal_csf_volume;                 // mL
  Number production;                        // mL/min
  Number spinal_absorption;                 // share of production
  Number cistern_volume;                    // mL
  Number brain_volume;                      // mL
  Number dispersion_caudal;                 // cm2/s
  Number dispersion_rostral;                // cm2/s
  Number dispersion_exponent;               // 1
  Number bolus_mixing_volume;               // mL
  Number subcutaneous_ka;                   // 1/min, of whatever lies under the skin into the blood
  Number posture_head_up, posture_legs_up;  // lumbosacral fluid over that of lying flat
  Number baricity_drift;                    // cm/min, of a heavy bolus straight down, at first
  Number baricity_half_life;                // min, of that speed
  bool shape_verified = false;              // of the areas' course along the canal
  bool levels_verified = false;             // of the places of vertebrae and segments
  std::vector<Knot> csf_area;               // cm2, of the shape alone: spinal_csf_volume scales it
  std::vector<Knot> cord_area;              // cm2
  std::vector<Knot> curve;                  // cm, height of the canal of one who lies flat
  std::vector<NamedLevel> vertebrae;        // caudal to rostral
  std::vector<NamedLevel> cord_segments;    // caudal to rostral

  /// Where a vertebra or a cord segment lies ("T10"; letter case and spaces do not matter); nothing for a
  /// name that is none. Levels without an entry lie between their neighbours, evenly.
  [[nodiscard]] std::optional<double> vertebra(std::string_view name) const;
  [[nodiscard]] std::optional<double> cord_segment(std::string_view name) const;
  /// How far a cord segment reaches: half of the way to its neighbours.
  [[nodiscard]] std::optional<Span> cord_span(std::string_view name) const;
};

enum class Column { kVertebrae, kCord };  // there is a segment C8 and no such vertebra

/// Is it the name of a level, "C1" to "S5"? Letter case and spaces do not matter.
bool is_level_name(std::string_view name, Column column);

inline constexpr std::array<NumberRow<Anatomy>, 15> kAnatomyNumbers{{
    {"length", "cm", &Anatomy::length},
    {"spinal_csf_volume", "mL", &Anatomy::spinal_csf_volume},
    {"production", "mL/min", &Anatomy::production},
    {"spinal_absorption", "1", &Anatomy::spinal_absorption, Zero::kAllowed},
    {"cistern_volume", "mL", &Anatomy::cistern_volume},
    {"brain_volume", "mL", &Anatomy::brain_volume},
    {"dispersion_caudal", "cm2/s", &Anatomy::dispersion_caudal},
    {"dispersion_rostral", "cm2/s", &Anatomy::dispersion_rostral},
    {"dispersion_exponent", "1", &Anatomy::dispersion_exponent},
    {"bolus_mixing_volume", "mL", &Anatomy::bolus_mixing_volume},
    {"subcutaneous_ka", "1/min", &Anatomy::subcutaneous_ka},
    {"posture_head_up", "1", &Anatomy::posture_head_up},
    {"posture_legs_up", "1", &Anatomy::posture_legs_up},
    {"baricity_drift", "cm/min", &Anatomy::baricity_drift, Zero::kAllowed},
    {"baricity_half_life", "min", &Anatomy::baricity_half_life},
}};

/// Calls f(key, number) for every number, in the file's order and words.
template <class F>
void for_each_number(const Anatomy& anatomy, F&& f) {
  for (const auto& row : kAnatomyNumbers) f(std::string_view{row.key}, anatomy.*row.number);
}

/// Reads `directory`/body/adult.toml. All errors at once.
std::expected<Anatomy, std::vector<DataError>> load_anatomy(const std::filesystem::path& directory,
                                                            const Sources& sources,
                                                            Outside outside = Outside::kRefused);

}  // namespace theca
