#pragma once
/// A prescription tried before it is sent: on many patients like this one, for the days to come, beside the
/// one that runs. docs/trial.md
///
/// Patients are prepared once for their drugs; what runs before is played in each of them once; a draft after
/// that is one run of the reduced model, so that it can be tried while it is being written.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "body/pharmacodynamics.hpp"
#include "body/reduced_model.hpp"
#include "body/variability.hpp"
#include "plan/library.hpp"
#include "therapy/prescription.hpp"
#include "world/patient_run.hpp"
#include "world/patient_twin.hpp"

namespace theca {

inline constexpr Duration kTrialLasts = days(30);
/// What leaves the tip, levels and effects are reckoned in steps of this; boluses come at the begin of
/// theirs.
inline constexpr Duration kTrialStep = hours(1);
/// So long what runs now has run in every patient before. Theca's own, not verified.
inline constexpr Duration kRunsBefore = days(10);
/// A moment of the bands.
inline constexpr Duration kTrialMoment = hours(6);
inline constexpr std::int64_t kTrialPatients = 500, kFewestTrialPatients = 20;
/// Somebody whose ventilation falls below this share of its lowest on what runs is counted: he lives on that,
/// and how much less he bears nobody knows. Ventilation is 1 / (1 + p) of a level in proportion to the dose,
/// so that no doubling ever halves it: half would count nobody before three times the dose. And below this
/// share of what it is without a drug, of one who had none before. Both are Theca's own, not verified.
inline constexpr double kBreathesLess = 0.8, kBreathesTooLittle = 0.5;

/// What the patient asks for: nothing, or each dose of his own as soon as he may have it.
enum class Asks : std::uint8_t { kNothing, kAllAllotted };

/// One drug of a course, ug in each step.
struct TipDrug {
  DrugCode drug = DrugCode::kNone;
  std::vector<double> evenly, at_once;
};
using TipCourse = std::vector<TipDrug>;

/// What a prescription that begins now lets out of the tip, step by step, by the functions that the pump runs
/// by. `clock`: of now, Instant 0. The fluid that it is for is at the tip already, but for what its bridge
/// gives first, of `before`, and for `dry`, which holds no drug.
TipCourse tip_course(const Prescription& prescription, const Formulation& before, ClockOffset clock,
                     FlowRate minimum_rate, Duration lasts, Asks asks, Volume dry = {});

/// Shares of patients in whom something happens, with the interval that so many patients leave open (Wilson
/// 1927, 95 %).
struct SharePlus {
  std::int64_t of = 0, patients = 0;
  double low = 0, high = 0;
};
SharePlus share_of(std::int64_t of, std::int64_t patients);

/// One prescription in all patients, the patient asking one way.
struct TrialArm {
  Band relief;  // over Trial::times: of the effect that the drug is given for
  Band ventilation;
  Quantiles relief_at_end;       // mean of the last day
  Quantiles lowest_ventilation;  // at a fixed CO2 tension, of what it is without a drug
  /// In each patient, over the lowest on what runs as long as he asks for nothing; where there was no drug
  /// before, over what it is without.
  Quantiles lowest_of_before;
  SharePlus breathes_too_little;  // below kBreathesLess, or kBreathesTooLittle where there was no drug before
  Quantiles most_withdrawal;      // occupancy that is missing of what receptors are used to
};

struct Trial {
  std::int64_t patients = 0;
  std::vector<double> days;  // of the bands
  std::string tip, pain;
  Relieves relieves = Relieves::kNothing;
  bool breathing = false, withdrawal = false;  // a drug of it acts on that
  double tolerance = 1;                        // opioids: EC50 over that of one who never had any
  std::array<TrialArm, 2> runs, draft;         // by Asks
  /// After so many hours the level at the painful segment stays within 5 % of its change from that at the
  /// same hour of the last day (week); the latest of the drugs; nobody asks for a dose. None: it does not
  /// change.
  std::optional<Quantiles> steady_hours;
  std::vector<std::string> breathing_unknown;  // drugs that depress breathing by ways that are not reckoned
};

/// Patients of one seed with these substances, made once; any number of trials read them.
class TrialPatients {
 public:
  struct Way {
    std::unique_ptr<ReducedModel> model;
    std::vector<double> pain, cord;  // rows of the model
    double cord_partition = 1, brain_partition = 1;
  };
  struct One {
    std::vector<Way> ways;  // by substance
    std::vector<Response> responses;
    double flow = 1;  // of the specimen of a pump: what comes of what is counted
  };

  /// Nothing when it was stopped. `patients` >= kFewestTrialPatients.
  static std::optional<TrialPatients> prepare(const BodyData& body, const Variability& variability,
                                              const PatientSetting& setting,
                                              std::vector<const Substance*> substances, std::int64_t patients,
                                              std::uint64_t seed, unsigned threads,
                                              const std::stop_token& stop = {});

  [[nodiscard]] const std::vector<One>& all() const { return all_; }
  [[nodiscard]] const One& middle() const { return middle_; }
  [[nodiscard]] const std::vector<const Substance*>& substances() const { return substances_; }
  [[nodiscard]] std::size_t cistern() const { return cistern_; }
  [[nodiscard]] const PatientSetting& setting() const { return setting_; }

 private:
  static One made(const BodyData& body, const PatientSetting& setting, const Individual& who, double tip_cm);

  std::vector<const Substance*> substances_;
  PatientSetting setting_;
  One middle_;
  std::vector<One> all_;
  std::size_t cistern_ = 0;
};

/// The substances of these drugs; a name where the library of substances has none.
struct TriedDrugs {
  std::vector<DrugCode> drugs;
  std::vector<const Substance*> substances;
  std::vector<std::string> unknown;
};
TriedDrugs tried_drugs(const Prescription& runs, const Prescription& draft, const Library& library,
                       const BodyData& body);

/// What is known of the patient before now.
struct TrialPast {
  Volume dry;              // so much leaves the tip before any drug does, and none has before
  bool used_to_it = true;  // to opioids, as one who lives on what runs; false: nothing was given before
  [[nodiscard]] bool had_nothing() const { return dry.raw() > 0 || !used_to_it; }
  friend bool operator==(const TrialPast&, const TrialPast&) = default;
};

/// What was given, in all of them, day by day.
struct Lived {
  std::int64_t patients = 0;
  Relieves relieves = Relieves::kNothing;
  std::vector<Quantiles> relief;  // mean of each day of 24 h; the last may be shorter
  std::vector<Quantiles> lowest;  // ventilation of it, at a fixed CO2 tension, of what it is without a drug
};
/// `course`: of the patients' substances, from somebody on who had none of them. Nothing when it was stopped.
std::optional<Lived> lived(const TrialPatients& patients, std::span<const DrugCode> drugs,
                           const TipCourse& course, unsigned threads, const std::stop_token& stop = {});

/// What runs, in all of them: where it has brought each, and what it does in the days to come.
class WhatRuns {
 public:
  /// `drugs`: of the patients' substances, in their order. Nothing when it was stopped.
  static std::optional<WhatRuns> play(std::shared_ptr<const TrialPatients> patients,
                                      std::vector<DrugCode> drugs, const Prescription& runs,
                                      ClockOffset clock, FlowRate minimum_rate, unsigned threads,
                                      const std::stop_token& stop = {}, const TrialPast& past = {});

  /// Nothing when it was stopped. `draft` is of the same drugs.
  [[nodiscard]] std::optional<Trial> tried(const Prescription& draft, unsigned threads,
                                           const std::stop_token& stop = {}) const;

 private:
  friend std::optional<Lived> lived(const TrialPatients& patients, std::span<const DrugCode> drugs,
                                    const TipCourse& course, unsigned threads, const std::stop_token& stop);
  struct State {
    std::vector<ReducedSolver> solvers;  // by substance
    Pharmacodynamics effects;
    std::vector<double> last_day;  // at the pain, by substance: its mean
  };
  class Player;
  using States = std::vector<State>;

  WhatRuns() = default;
  [[nodiscard]] double tolerance_of(const Prescription& runs) const;

  struct Told;
  std::optional<Told> told_of(const States& from, const TipCourse& course, unsigned threads,
                              const std::stop_token& stop, bool steady, bool weekly) const;
  [[nodiscard]] TrialArm arm_of(Told&& told) const;

  std::shared_ptr<const TrialPatients> patients_;
  std::vector<DrugCode> drugs_;
  Prescription runs_;
  ClockOffset clock_;
  FlowRate minimum_rate_;
  TrialPast past_;
  double tolerance_ = 1;
  std::array<States, 2> states_;  // now, by Asks
  std::array<TrialArm, 2> arms_;
  std::vector<double> lowest_;  // by patient, who asks for nothing
};

}  // namespace theca
