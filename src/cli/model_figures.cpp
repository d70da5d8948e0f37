// Along the canal and over time: figures of docs/model.md that the compartments make.
#include "cli/model_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "body/comb.hpp"
#include "body/reduced_model.hpp"
#include "body/reference_solver.hpp"
#include "cli/svg_picture.hpp"

namespace theca {
namespace {

constexpr double kMinutesPerHour = 60, kSecondsPerMinute = 60;
constexpr double kNanogramsPerMicrogram = 1'000, kMicrolitresPerMillilitre = 1'000;

const PatientSetting kUsual{};

// ---- the canal --------------------------------------------------------------------------------------------

constexpr double kCanalTop = 132, kCanalHigh = 570;
constexpr double kMostCord = 1, kMostArea = 2.4;  // cm2
constexpr double kLeastDispersion = 1e-4;         // cm2/s

/// The patient with dispersion at one end of its range.
Physiology with_dispersion(Anatomy anatomy, double Number::*end) {
  anatomy.dispersion_caudal.value = anatomy.dispersion_caudal.*end;
  anatomy.dispersion_rostral.value = anatomy.dispersion_rostral.*end;
  return centre_of(anatomy);
}

/// D in cm2/s by z.
std::vector<Place> dispersion_along(const Physiology& patient) {
  std::vector<Place> along;
  for (const Knot& knot : patient.dispersion) along.push_back({knot.value / kSecondsPerMinute, knot.z});
  return along;
}

/// What lies between zero and the knots, as an outline with z upwards.
std::vector<Place> outline_of(const std::vector<Knot>& knots, double side) {
  std::vector<Place> outline{{0, knots.front().z}};
  for (const Knot& knot : knots) outline.push_back({side * knot.value, knot.z});
  outline.push_back({0, knots.back().z});
  return outline;
}

/// Names left of a ruler, each with a line to its place.
void ruler(SvgPicture& picture, double x, const std::vector<NamedLevel>& levels, const Panel& panel,
           std::string_view title) {
  constexpr double kLead = 12, kGap = 3, kApart = 13, kHalfLine = 4;
  std::vector<double> heights;  // from the head down
  for (auto level = levels.rbegin(); level != levels.rend(); ++level)
    heights.push_back(panel.at({0, level->z}).y);
  const std::vector<double> names = kept_apart(heights, kApart);
  picture.line({x, kCanalTop}, {x, kCanalTop + kCanalHigh}, {.colour = colour::kRule});
  std::vector<NamedLevel> down(levels.rbegin(), levels.rend());
  for (std::size_t i = 0; i < down.size(); ++i) {
    picture.line({x - kLead, names[i]}, {x, heights[i]}, {.colour = colour::kRule});
    picture.text({x - kLead - kGap, names[i] + kHalfLine}, down[i].name, {.anchor = Anchor::kEnd});
  }
  picture.text({x + kHalfLine, kCanalTop - kLead}, title, {.anchor = Anchor::kEnd, .bold = true});
}

/// The tip and the painful segment across a panel.
void places_across(const BodyData& data, SvgPicture& picture, const Panel& panel) {
  const Span pain = *data.anatomy.cord_span(kUsual.pain);
  const double tip = *data.anatomy.vertebra(kUsual.tip);
  const Box& box = panel.box();
  const double high = panel.at({0, pain.high}).y, low = panel.at({0, pain.low}).y;
  const Place band[] = {
      {box.left, high}, {box.left + box.wide, high}, {box.left + box.wide, low}, {box.left, low}};
  picture.area(band, colour::kPurple, 0.25);
  picture.line({box.left, panel.at({0, tip}).y}, {box.left + box.wide, panel.at({0, tip}).y},
               {.colour = colour::kRed, .width = 1.5, .dashes = "5 3"});
}

void name_places(const BodyData& data, Panel& areas) {
  const double tip = *data.anatomy.vertebra(kUsual.tip), pain = *data.anatomy.cord_segment(kUsual.pain);
  areas.note({kMostArea, pain}, {-4, -12}, fmt::format("pain, cord {}", kUsual.pain),
             {.anchor = Anchor::kEnd, .colour = colour::kPurple});
  areas.note({kMostArea, tip}, {-4, 16}, fmt::format("tip, vertebra {}", kUsual.tip),
             {.anchor = Anchor::kEnd, .colour = colour::kRed});
}

/// Cord to the left of nothing, fluid to the right of it; the names of levels beside them.
void draw_areas(const BodyData& data, SvgPicture& picture, Panel& areas) {
  const Physiology patient = centre_of(data.anatomy);
  for (const double tick : {-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0}) {
    const Place foot = areas.at({tick, 0});
    picture.line({foot.x, kCanalTop}, {foot.x, foot.y + 4}, {.colour = colour::kGrid});
    picture.text({foot.x, foot.y + 17}, fmt::format("{:g}", std::abs(tick)),
                 {.anchor = Anchor::kMiddle, .colour = colour::kSoft});
  }
  areas.area(outline_of(patient.cord_area, -1), colour::kOrange, 0.55);
  areas.area(outline_of(patient.csf_area, 1), colour::kSky, 0.55);
  const TextLook inside{.anchor = Anchor::kMiddle, .upwards = true};
  areas.note({-0.2, 39}, {0, 0}, "cord and roots", inside);
  areas.note({0.6, 39}, {0, 0}, "fluid", inside);
  ruler(picture, 66, data.anatomy.vertebrae, areas, "vertebra");
  ruler(picture, 128, data.anatomy.cord_segments, areas, "cord");
}

/// That of the middle patient, and between the ends of its range.
void draw_dispersion(const BodyData& data, Panel& panel) {
  std::vector<Place> range = dispersion_along(with_dispersion(data.anatomy, &Number::low));
  const std::vector<Place> upper = dispersion_along(with_dispersion(data.anatomy, &Number::high));
  range.insert(range.end(), upper.rbegin(), upper.rend());
  panel.area(range, colour::kGreen, 0.18);
  panel.curve(dispersion_along(centre_of(data.anatomy)), {.colour = colour::kGreen, .width = 2});
  double below = 0;
  for (const char* says : {"line: in use", "shade: published or", "thought possible"}) {
    panel.note({kLeastDispersion, 57}, {8, below}, says, {.colour = colour::kGreen});
    below += 16;
  }
}

/// The cistern above the canal, and what flows in and out of it.
void draw_cistern(const BodyData& data, SvgPicture& picture, const Panel& areas, const Panel& flow) {
  const Anatomy& a = data.anatomy;
  const Box box{areas.box().left, 66, areas.box().wide, 34};
  picture.box(box, "#cfe3f1", colour::kBlue, 6);
  picture.text({box.left + box.wide / 2, box.top + 22},
               fmt::format("cistern, {:.0f} mL, well mixed", a.cistern_volume.value),
               {.anchor = Anchor::kMiddle});
  const double x = flow.box().left + flow.box().wide / 2;
  picture.text({x, 40}, fmt::format("{:.2f} mL/min of fluid made;", a.production.value),
               {.anchor = Anchor::kMiddle});
  picture.text({x, 56}, fmt::format("{:.0f} % of it goes down", a.spinal_absorption.value * 100),
               {.anchor = Anchor::kMiddle});
  picture.text({x, 72}, "the canal, the rest is", {.anchor = Anchor::kMiddle});
  picture.text({x, 88}, "absorbed at the cistern", {.anchor = Anchor::kMiddle});
}

void draw_flow(const BodyData& data, SvgPicture& picture, const Panel& panel) {
  const Anatomy& a = data.anatomy;
  const double length = a.length.value,
               entering = a.spinal_absorption.value * a.production.value * kMicrolitresPerMillilitre;
  const Place wedge[] = {{0, 0}, {entering, length}, {0, length}};
  std::vector<Place> outline;
  for (const Place& place : wedge) outline.push_back(panel.at(place));
  picture.area(outline, colour::kBlue, 0.18);
  const Place edge[] = {outline[0], outline[1]};
  picture.line(edge, {.colour = colour::kBlue, .width = 2});
  // As long as the flow is strong.
  constexpr double kArrowX = 10, kLongest = 60;
  for (const double z : {55.0, 42.0, 29.0, 16.0}) {
    const Place from = panel.at({kArrowX, z});
    picture.arrow(from, {from.x, from.y + kLongest * z / length}, {.colour = colour::kBlue, .width = 2});
  }
}

// ---- over a day -------------------------------------------------------------------------------------------

/// The initial volume of distribution of an injection by hand (SJOSTROM-1987), as in the study of this dose.
constexpr double kInjectionMixes = 22;  // mL
constexpr double kInjectedUg = 300;
constexpr const char* kInjectedAt = "L3";
constexpr double kSoon = 20;  // min
constexpr double kFirstHours = 3, kDayHours = 24;

/// A level that is looked at, and what its line looks like.
struct Looked {
  std::string name;
  double z = 0;  // cm; of those in the canal
  enum class In { kCanal, kCistern, kBlood } in = In::kCanal;
  LineLook look;
};

double level_of(const ReferenceSolver& solver, const Looked& looked) {
  if (looked.in == Looked::In::kBlood) return solver.plasma();
  if (looked.in == Looked::In::kCistern) return solver.fluid(solver.axis().cells());
  const std::vector<double> share = source_at(solver.axis(), looked.z);
  double level = 0;
  for (std::size_t i = 0; i < share.size(); ++i) level += share[i] > 0 ? share[i] * solver.fluid(i) : 0;
  return level;
}

/// Hours, ng/mL.
std::vector<std::vector<Place>> day_after_injection(const BodyData& data, const std::vector<Looked>& looked) {
  const Kinetics kinetics = centre_of(*find_substance(data.substances, "morphine"));
  ReferenceSolver solver{make_neuraxis(centre_of(data.anatomy), kinetics), kinetics};
  solver.give(kInjectedUg,
              source_in_volume(solver.axis(), *data.anatomy.vertebra(kInjectedAt), kInjectionMixes));
  std::vector<std::vector<Place>> courses(looked.size());
  double now = 0;
  const auto look = [&] {
    for (std::size_t i = 0; i < looked.size(); ++i)
      courses[i].push_back({now / kMinutesPerHour, level_of(solver, looked[i]) * kNanogramsPerMicrogram});
  };
  look();
  while (now < kDayHours * kMinutesPerHour) {
    const double step = now < kSoon ? 1 : now < kFirstHours * kMinutesPerHour ? 5 : 20;
    solver.advance(step);
    now += step;
    look();
  }
  return courses;
}

// ---- at rest ----------------------------------------------------------------------------------------------

struct Infused {
  const char* drug;
  const char* colour;
};

/// Levels of fluid at rest, ug/mL for each ug/min at the usual tip: z in cm; the cistern behind the end.
std::vector<Place> level_at_rest(const BodyData& data, const Physiology& patient, const char* drug) {
  const Neuraxis axis = make_neuraxis(patient, centre_of(*find_substance(data.substances, drug)));
  std::vector<double> fluid =
      source_in_volume(axis, *data.anatomy.vertebra(kUsual.tip), data.anatomy.bolus_mixing_volume.value);
  std::vector<double> tissue(axis.nodes());
  CombFactor{axis, 0, 1}.solve(fluid, tissue);
  std::vector<Place> along;
  for (std::size_t i = 0; i < axis.nodes(); ++i) along.push_back({axis.middle(i), fluid[i] / axis.volume[i]});
  return along;
}

/// Over the highest of them, which is at the tip.
std::vector<Place> over_highest(std::vector<Place> along) {
  const double highest = std::ranges::max_element(along, {}, &Place::y)->y;
  for (Place& place : along) place.y /= highest;
  return along;
}

}  // namespace

std::string canal_figure(const BodyData& data) {
  SvgPicture picture{900, 760,
                     "The spinal canal of the model: areas, dispersion and flow from sacrum to head"};
  const Axis z{"z, cm above the lower end of the sac",
               0,
               data.anatomy.length.value,
               Steps::kEven,
               {0, 10, 20, 30, 40, 50, 60}};
  Axis bare = z;
  bare.label = "";
  Panel areas{
      picture, {205, kCanalTop, 285, kCanalHigh}, {"area, cm2", -kMostCord, kMostArea, Steps::kEven, {}}, z};
  Panel dispersion{picture,
                   {540, kCanalTop, 170, kCanalHigh},
                   {"dispersion D, cm2/s", kLeastDispersion, 1, Steps::kDecades, {}},
                   bare};
  Panel flow{picture,
             {750, kCanalTop, 120, kCanalHigh},
             {"flow down, uL/min", 0, 100, Steps::kEven, {0, 50, 100}},
             bare};
  draw_areas(data, picture, areas);
  draw_dispersion(data, dispersion);
  draw_flow(data, picture, flow);
  draw_cistern(data, picture, areas, flow);
  for (const Panel* panel : {&areas, &dispersion, &flow}) places_across(data, picture, *panel);
  name_places(data, areas);
  return picture.svg();
}

std::string bolus_figure(const BodyData& data) {
  const auto in_fluid = [&](const char* level, const char* line) {
    return Looked{fmt::format("fluid at {}", level),
                  *data.anatomy.vertebra(level),
                  Looked::In::kCanal,
                  {.colour = line, .width = 2}};
  };
  const std::vector<Looked> looked{
      in_fluid(kInjectedAt, colour::kBlack),
      in_fluid("T12", colour::kBlue),
      in_fluid("T6", colour::kSky),
      in_fluid("C7", colour::kGreen),
      {"cistern", 0, Looked::In::kCistern, {.colour = colour::kOrange, .width = 2}},
      {"plasma", 0, Looked::In::kBlood, {.colour = colour::kRed, .width = 2, .dashes = "7 3"}}};
  SvgPicture picture{900, 520, "Morphine 0.3 mg into the lumbar fluid: levels over a day"};
  const Axis level{"morphine, ng/mL", 0.01, 100'000, Steps::kDecades, {}};
  Axis bare = level;
  bare.label = "";
  Panel early{picture,
              {80, 44, 300, 416},
              {"hours after the injection", 0, kFirstHours, Steps::kEven, {0, 1, 2, 3}},
              level,
              "The first three hours"};
  Panel day{picture,
            {530, 44, 340, 416},
            {"hours after the injection", 0, kDayHours, Steps::kEven, {0, 4, 8, 12, 16, 20, 24}},
            bare,
            "The whole day"};
  const double half =
      find_substance(data.substances, "morphine")->relief_ec50->value * kNanogramsPerMicrogram;
  const Place half_relief[] = {{0, half}, {kDayHours, half}};
  for (Panel* panel : {&early, &day}) panel->curve(half_relief, {.colour = colour::kSoft, .dashes = "2 3"});
  day.note({kDayHours, half}, {0, -6}, "EC50 of relief in the cord",
           {.anchor = Anchor::kEnd, .colour = colour::kSoft});
  const auto courses = day_after_injection(data, looked);
  std::vector<EndName> names;
  for (std::size_t i = 0; i < looked.size(); ++i) {
    early.curve(courses[i], looked[i].look);
    day.curve(courses[i], looked[i].look);
    const Place last = *std::ranges::find_if(courses[i], [](const Place& p) { return p.x >= kFirstHours; });
    names.push_back({early.at(last).y, looked[i].name, looked[i].look.colour});
  }
  end_names(picture, early.box().left + early.box().wide + 8, names);
  return picture.svg();
}

std::string infusion_figure(const BodyData& data) {
  constexpr double kDoseUg = 1'000, kCisternAt = 64, kEnd = 66, kLowest = 0.1, kHighest = 1.2;
  constexpr Infused kDrugs[] = {
      {"morphine", colour::kBlue}, {"baclofen", colour::kRed}, {"ziconotide", colour::kGreen}};
  const Anatomy& anatomy = data.anatomy;
  const Physiology patient = centre_of(anatomy);
  SvgPicture picture{900, 540, "Infusions at rest: how the level falls along the canal"};
  Panel panel{picture,
              {80, 74, 690, 400},
              {"z, cm above the lower end of the sac", 0, kEnd, Steps::kEven, {0, 10, 20, 30, 40, 50, 60}},
              {"level over that at the tip", kLowest, kHighest, Steps::kDecades, {0.1, 0.2, 0.5, 1}}};
  const double top = panel.box().top;
  for (const char* level : {"S1", "L3", "L1", "T10", "T6", "T2", "C7", "C4"})
    panel.note({*anatomy.vertebra(level), kHighest}, {0, -8}, level, {.anchor = Anchor::kMiddle});
  panel.note({kCisternAt, kHighest}, {0, -8}, "cistern", {.anchor = Anchor::kMiddle});
  picture.text({panel.box().left, top - 28},
               fmt::format("An infusion at {} that has come to rest, in the middle patient", kUsual.tip),
               {.bold = true});

  std::vector<Place> range =
      over_highest(level_at_rest(data, with_dispersion(anatomy, &Number::low), kDrugs[0].drug));
  std::vector<Place> upper =
      over_highest(level_at_rest(data, with_dispersion(anatomy, &Number::high), kDrugs[0].drug));
  range.pop_back();
  upper.pop_back();
  range.insert(range.end(), upper.rbegin(), upper.rend());
  panel.area(range, kDrugs[0].colour, 0.12);

  constexpr double kSaysAt = 20, kLine = 16;
  double below = -5 * kLine;  // pixels above the lower axis
  panel.note({kSaysAt, kLowest}, {0, below - kLine}, "fluid at the tip, for each mg a day");
  std::vector<EndName> names;
  for (const Infused& infused : kDrugs) {
    const std::vector<Place> levels = level_at_rest(data, patient, infused.drug);
    std::vector<Place> along = over_highest(levels);
    const double cistern = along.back().y, highest = std::ranges::max_element(levels, {}, &Place::y)->y *
                                                     kDoseUg / static_cast<double>(kMinutesPerDay);
    along.pop_back();
    panel.curve(along, {.colour = infused.colour, .width = 2});
    panel.dot({kCisternAt, cistern}, infused.colour);
    names.push_back({panel.at({0, cistern}).y, infused.drug, infused.colour});
    panel.note({kSaysAt, kLowest}, {0, below}, fmt::format("{}: {:.2g} ug/mL", infused.drug, highest),
               {.colour = infused.colour});
    below += kLine;
  }
  panel.note({kSaysAt, kLowest}, {0, below + kLine / 2},
             "shade: morphine, dispersion from the lowest to the highest thought possible",
             {.colour = colour::kSoft});
  end_names(picture, panel.box().left + panel.box().wide + 8, names);
  return picture.svg();
}

std::string reduction_figure(const std::vector<ReductionError>& errors) {
  constexpr double kAsked = 1e-4, kLowest = 1e-8;
  SvgPicture picture{900, 480, "Error of the reduced model by its number of decays"};
  Panel panel{picture,
              {90, 44, 620, 376},
              {"decays kept", 5, 25, Steps::kEven, {6, 8, 10, 12, 14, 16, 18, 20, 22, 24}},
              {"largest relative error", kLowest, 1, Steps::kDecades, {}},
              "Morphine 0.3 mg at T10, five places in the fluid, 3 to 72 h"};
  std::vector<Place> reduced, slowest;
  for (const ReductionError& error : errors) {
    const auto decays = static_cast<double>(error.decays);
    reduced.push_back({decays, error.reduced});
    slowest.push_back({decays, error.slowest});
  }
  const auto used = static_cast<double>(kReducedOrder);
  const Place asked[] = {{5, kAsked}, {25, kAsked}}, in_use[] = {{used, kLowest}, {used, 1}};
  panel.curve(asked, {.colour = colour::kRule, .dashes = "3 3"});
  panel.curve(in_use, {.colour = colour::kRule, .dashes = "3 3"});
  panel.note({5, kAsked}, {8, -6}, "what is asked of it", {.colour = colour::kSoft});
  panel.note({used, kLowest}, {6, -8}, "in use", {.colour = colour::kSoft});
  panel.curve(reduced, {.colour = colour::kBlue, .width = 2});
  panel.curve(slowest, {.colour = colour::kRed, .width = 2});
  for (const Place& place : reduced) panel.dot(place, colour::kBlue);
  for (const Place& place : slowest) panel.dot(place, colour::kRed);
  end_names(picture, panel.box().left + panel.box().wide + 8,
            {{panel.at(slowest.back()).y, "slowest decays of", colour::kRed},
             {panel.at(slowest.back()).y + 1, "the whole", colour::kRed},
             {panel.at(reduced.back()).y, "answers to a few", colour::kBlue},
             {panel.at(reduced.back()).y + 1, "frequencies", colour::kBlue}});
  return picture.svg();
}

}  // namespace theca
