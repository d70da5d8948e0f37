#pragma once
/// The dose that gives a relief by each way, given for long: levels, and all that acts on them but for the
/// effects themselves, are proportional to the dose, so that it is reckoned and not searched for.

#include <expected>
#include <string>
#include <vector>

#include "body/individual.hpp"
#include "body/route.hpp"

namespace theca {

/// What is wanted, where.
struct SameReliefRequest {
  double relief = 0;             // share, taken away all the time
  double tip_cm = 0;             // of the catheter, in the fluid or beside it
  Span pain;                     // cm
  double tolerance = 1;          // T: of EC50; of harm to the power that the drug has
  double swallowed_every = 240;  // min; by the other ways it flows evenly
};

/// One drug by one way in one patient, when nothing rises any more.
struct SameRelief {
  double dose = 0;            // ug/day
  SiteLevels levels;          // ug/mL, means over the day; tissue as the fluid in balance with it
  double highest_plasma = 0;  // ug/mL
  double ventilation = 1;     // lowest, as a share of that without
  /// Highest share of patients, by Response::sides; not a number where a way that comes by the blood alone is
  /// not known to bring it about.
  std::vector<double> side_effects;
};

/// One drug in one patient; made once for all ways.
class SteadyPatient {
 public:
  /// `drug`: a number of the individual's substances.
  SteadyPatient(const Individual& who, std::size_t drug, const SameReliefRequest& request);

  /// An error says which number this way has none of, or what the drug cannot do.
  [[nodiscard]] std::expected<SameRelief, std::string> by(DoseRoute route) const;

 private:
  /// For a microgram a day.
  struct Unit {
    SiteLevels levels;
    double highest_plasma = 0;
    double least_acting = 0, most_acting = 0;  // plasma behind its delay
  };
  [[nodiscard]] Unit infused(double into_fluid) const;
  [[nodiscard]] Unit swallowed() const;

  Kinetics kinetics_;
  Response response_;
  SameReliefRequest request_;
  SiteLevels fluid_;  // for a microgram a day into the fluid; of plasma: by whatever way
};

}  // namespace theca
