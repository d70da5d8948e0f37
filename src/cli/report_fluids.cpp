#include "cli/report_fluids.hpp"

#include <vector>

#include "cli/report_page.hpp"
#include "cli/run_words.hpp"
#include "quantity/text_write.hpp"

namespace theca::report {

std::string path_text(const FluidPath& path) {
  return to_text(path.total()) + " (tubing " + to_text(path.tubing) + ", catheter " + to_text(path.catheter) +
         ')';
}

std::string front_text(const RunResult& run, const FrontArrival& front) {
  const std::string name = '"' + fluid_name(run, front.fluid) + '"';
  if (!front.reckoned && !front.truly) return "The fluid " + name + " did not reach the catheter's tip.";
  std::string text = "The fluid " + name + " reaches the catheter's tip";
  if (front.reckoned) text += " by the pump's own reckoning on " + day_text(run, *front.reckoned);
  if (front.truly && front.reckoned) text += ',';
  if (front.truly) {
    text += " in the true catheter on " + day_text(run, *front.truly);
    if (front.early + front.late > Duration{}) {
      text += ": 5 % of it from " + day_text(run, *front.truly - front.early) + ", 95 % by " +
              day_text(run, *front.truly + front.late);
    }
  } else {
    text += "; in the true catheter it had not arrived when the run ended";
  }
  return text + '.';
}

std::string concentration_sentence(const RunResult& run, std::size_t i) {
  const DrugCode drug = run.drugs[i].code;
  std::vector<std::string> parts;
  for (const FrontArrival& front : run.fronts) {
    const Concentration before = concentration_in(run, front.fluid_before, drug);
    const Concentration after = concentration_in(run, front.fluid, drug);
    if (before == after) continue;
    std::string part = "from " + strength(before) + " to " + strength(after) + " with the fluid \"" +
                       fluid_name(run, front.fluid) + "\"";
    part += front.truly ? " on " + day_text(run, *front.truly) : ", not within this run";
    if (front.truly && front.early + front.late > Duration{})
      part += ", 5 to 95 % of it within " + span(front.early + front.late);
    parts.push_back(part);
  }
  return parts.empty() ? "At the tip the concentration stays as it is."
                       : "At the tip it changes " + joined(parts, "; ", "; ") + '.';
}

}  // namespace theca::report
