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
#include "body/route.hpp"
#include "quantity/quantity.hpp"

namespace theca {

/// Where a study looks: a concentration, or an effect.
enum class ProbeSite : std::uint8_t { kFluid, kCord, kCistern, kBrain, kPlasma, kVentilation, kRelief };

struct StudyDose {
  DoseRoute route = DoseRoute::kIntrathecal;
  double ug = 0;
  Duration at, over;       // 0: at once
  std::string level;       // vertebra of the needle or tip; empty by vein and mouth
  double mixes_in_ml = 0;  // 0: the anatomy's bolus_mixing_volume
};

struct Probe {
  std::string name;
  ProbeSite site = ProbeSite::kFluid;
  std::string level;            // vertebra of fluid; segment of cord and relief
  std::vector<Duration> times;  // when it is looked at; empty: all the time
};

/// What is made of probes. Times are minutes, levels ug/mL.
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
  kOver,           // of two quantities, of this study or another
  kDoseGrowth,     // of doses raised so that a relief stays, from one time to another
  kPumpFlow,       // delivered over programmed
};
std::string_view name_of(QuantityKind kind);

/// Is it made of courses? Others are of a patient or a pump alone.
constexpr bool is_of_courses(QuantityKind kind) {
  return kind != QuantityKind::kOver && kind != QuantityKind::kDoseGrowth && kind != QuantityKind::kPumpFlow;
}
/// Quantities of one dimension may be held over each other.
bool same_dimension(QuantityKind a, QuantityKind b);

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
  double keep = 0;   // relief
  std::string unit;  // as told; `scale` of it make one of ug/mL, min, mL, mL/min or 1
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
  std::vector<StudyDose> doses;
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

/// What a study saw in one patient: a course for each probe, and how much came to the blood.
struct StudyCourses {
  std::vector<double> minutes;               // rising, 0 first; at a bolus twice, before and after it
  std::vector<std::vector<double>> courses;  // by probe, by time
  double dosed_ug = 0, absorbed_ug = 0;
};
StudyCourses courses_of(const Study& study, const Individual& who, const Anatomy& anatomy);

/// A quantity of its own study in its own unit; not a number when the courses do not have it, and of those
/// that are not made of courses (kOver, kDoseGrowth, kPumpFlow).
double value_of(const Study& study, const StudyQuantity& quantity, const StudyCourses& courses);

}  // namespace theca
