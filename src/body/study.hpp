#pragma once
/// A study as somebody published it, or would like to: who gets what by which way, where is looked at, and
/// what is made of it. data/studies/*.toml; docs/studies.md tells every key.

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "body/anatomy.hpp"
#include "body/individual.hpp"
#include "body/posture.hpp"
#include "body/route.hpp"
#include "body/titration.hpp"
#include "quantity/quantity.hpp"

namespace theca {

/// Where a study looks: a concentration, an effect, or the daily dose of a titration.
enum class ProbeSite : std::uint8_t {
  kFluid,
  kCord,
  kCistern,
  kBrain,
  kPlasma,
  kVentilation,
  kRelief,
  kDose
};

struct StudyDose {
  DoseRoute route = DoseRoute::kIntrathecal;
  double ug = 0;
  Duration at, over;       // 0: at once
  std::string level;       // vertebra of the needle or tip; empty by vein and mouth
  double mixes_in_ml = 0;  // 0: the anatomy's bolus_mixing_volume
  Baricity baricity = Baricity::kIsobaric;
};

struct Probe {
  std::string name;
  ProbeSite site = ProbeSite::kFluid;
  std::string level;            // vertebra of fluid; segment of cord and relief
  std::vector<Duration> times;  // when it is looked at; empty: all the time
};

/// What is made of probes. Times are minutes, levels ug/mL, doses ug/day.
enum class QuantityKind : std::uint8_t {
  kLevel,  // of a probe, at a time
  kPeak,   // highest (of ventilation: lowest)
  kPeakTime,
  kHalfLife,       // by a line through the logarithms, from one time to another
  kAuc,            // to the end, and on by its last half-life
  kClearance,      // dose over AUC
  kMeanResidence,  // AUMC over AUC, half of an infusion taken off
  kSteadyVolume,   // clearance times mean residence time
  kRatio,          // of two probes, at a time
  kShareLeft,      // of the dose, in a volume at the probe's level
  kShareAbsorbed,  // of the dose, that has come to the blood by the end
  kGrowth,         // of a probe, from one time to another: the later level over the earlier
  kRise,           // the later level less the earlier
  kTotalEffect,    // of an effect: its integral from one time to another
  kOver,           // of two quantities, of this study or another
  kDoseGrowth,     // of doses raised so that a relief stays, from one time to another
  kPumpFlow,       // delivered over programmed
  kShareAbove,     // of patients in whom a quantity is above a number
  kFall,           // over patients: how much less one quantity is where another is tenfold
};
std::string_view name_of(QuantityKind kind);

/// Is it made of courses? Others are of a patient or a pump alone, or of other quantities.
constexpr bool is_of_courses(QuantityKind kind) { return kind < QuantityKind::kOver; }
/// Is it made of other quantities?
constexpr bool is_of_quantities(QuantityKind kind) {
  return kind == QuantityKind::kOver || kind == QuantityKind::kShareAbove || kind == QuantityKind::kFall;
}
/// Is it one number of all patients, not one of each?
constexpr bool is_of_all(QuantityKind kind) {
  return kind == QuantityKind::kShareAbove || kind == QuantityKind::kFall;
}

/// What is counted in ug/mL, 1, ug/day, min, ug min/mL, mL, mL/min and 1.
enum class Dimension : std::uint8_t { kLevel, kEffect, kDose, kTime, kLevelTime, kVolume, kFlow, kShare };

enum class Split : std::uint8_t { kNone, kCalibrate, kTest, kConsistency };
std::string_view name_of(Split split);

struct StudyQuantity {
  std::string id;    // "csf_at_1_h"
  std::string row;   // of the validation table, "1"; empty: of none
  std::string says;  // "Morphine in the fluid after 1 h"
  QuantityKind kind = QuantityKind::kLevel;
  std::string of, over;  // probes, or quantities as "study/id"
  std::optional<Duration> at, from, to;
  double volume_ml = 0;
  double keep = 0;       // relief
  double above = 0;      // in the unit of what it is made of
  bool by_mean = false;  // told as the mean over patients, not as their median
  Dimension dimension = Dimension::kShare;
  std::string unit;  // as told; `scale` of it make one of its dimension
  double scale = 1;
  Split split = Split::kNone;
  std::optional<Number> published;  // value, and the band that passes
  std::string diagnosis;            // why it does not pass, as far as is known
};

struct Study {
  std::string file, id;  // the file's stem
  std::string title, about;
  std::string substance;
  std::string pain = "T12";  // segment that relief is reckoned at
  std::vector<std::string> sources;
  Duration lasts;
  Posture posture = Posture::kFlat;
  double opioid_tolerance = 1;   // T at the begin, as of a patient who is used to opioids
  std::vector<StudyDose> doses;  // none where there is a titration
  std::optional<Titration> titration;
  std::vector<Probe> probes;
  std::vector<StudyQuantity> quantities;
};

/// One file, held against the anatomy's levels and the substances' ways in. All errors at once.
std::expected<Study, std::vector<DataError>> load_study(const std::filesystem::path& file,
                                                        const Anatomy& anatomy,
                                                        const std::vector<Substance>& substances,
                                                        const Sources& sources);
/// All of `directory`/studies, by name; also what they ask of each other.
std::expected<std::vector<Study>, std::vector<DataError>> load_studies(
    const std::filesystem::path& directory, const Anatomy& anatomy, const std::vector<Substance>& substances,
    const Sources& sources);

/// What the studies ask of each other ("study/quantity") and do not find.
std::vector<DataError> unmet(const std::vector<Study>& studies);

}  // namespace theca
