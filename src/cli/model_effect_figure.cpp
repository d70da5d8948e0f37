// What morphine does at which level and for how long: a figure of docs/model.md that the effects make.
#include <fmt/format.h>

#include <cmath>

#include "body/pharmacodynamics.hpp"
#include "cli/model_figures.hpp"
#include "cli/svg_picture.hpp"

namespace theca {
namespace {

constexpr double kDayMinutes = 1'440, kDaysPerMonth = 365.25 / 12, kPercent = 100;
constexpr double kNanogramsPerMicrogram = 1'000;
constexpr double kUsedTo = 10;  // T of the second line
/// Mean relief of 429 patients of long use (PAICE-1996), at which data/studies/dose_growth.toml looks.
constexpr double kRelief = 0.61;

/// The same drug to whom T stays what it is.
Response at_tolerance(Response response, double used_to) {
  response.tolerance_gain = response.tolerance_k_off = 0;
  response.used_to = used_to;
  return response;
}

/// Long after the levels came to be what they are.
ClinicalEffects at_rest(const Response& response, const SiteLevels& levels) {
  constexpr double kLong = 1'000 * kDayMinutes;
  Pharmacodynamics effects{{response}};
  const SiteLevels all[] = {levels};
  effects.step(0, all);
  effects.step(kLong, all);
  return effects.effects();
}

/// %, by level on a scale of decades.
template <class Effect>
std::vector<Place> by_level(double low, double high, Effect&& effect) {
  constexpr int kPieces = 60;
  std::vector<Place> curve;
  for (int i = 0; i <= kPieces; ++i) {
    const double level = low * std::pow(high / low, static_cast<double>(i) / kPieces);
    curve.push_back({level, kPercent * effect(level)});
  }
  return curve;
}

Axis share_axis(std::string says) {
  return {std::move(says), 0, kPercent, Steps::kEven, {0, 20, 40, 60, 80, 100}};
}

void draw_relief(const Response& morphine, SvgPicture& picture, const Box& box) {
  Panel panel{picture,
              box,
              {"level in fluid at the painful segment, ug/mL", 0.01, 100, Steps::kDecades, {}},
              share_axis("relief, %"),
              "Relief of pain"};
  for (const double used_to : {1.0, kUsedTo}) {
    const Response response = at_tolerance(morphine, used_to);
    const auto relief = [&](double level) {
      return at_rest(response, {.fluid = level, .cord = level}).relief_of_pain;
    };
    panel.curve(by_level(0.01, 100, relief),
                {.colour = colour::kBlue, .width = 2, .dashes = used_to > 1 ? "7 3" : ""});
    const double half = used_to * response.relief_ec50;
    panel.dot({half, kPercent * relief(half)}, colour::kBlue);
    panel.note({half, kPercent * relief(half)}, {8, 14}, fmt::format("T = {:g}", used_to),
               {.colour = colour::kBlue});
  }
}

void draw_ventilation(const Response& morphine, SvgPicture& picture, const Box& box) {
  Panel panel{picture,
              box,
              {"w C_brain + Ce_plasma, ng/mL", 0.1, 1'000, Steps::kDecades, {}},
              share_axis("ventilation, %"),
              "Ventilation, over that without the drug"};
  for (const double used_to : {1.0, kUsedTo}) {
    const Response response = at_tolerance(morphine, used_to);
    const auto ventilation = [&](double level) {
      return at_rest(response, {.plasma = level / kNanogramsPerMicrogram}).ventilation;
    };
    panel.curve(by_level(0.1, 1'000, ventilation),
                {.colour = colour::kRed, .width = 2, .dashes = used_to > 1 ? "7 3" : ""});
    const double half = std::pow(used_to, response.tolerance_side_effects) * response.ventilation_c50 *
                        kNanogramsPerMicrogram;
    panel.dot({half, kPercent * ventilation(half)}, colour::kRed);
    panel.note({half, kPercent * ventilation(half)}, {8, -6}, fmt::format("T = {:g}", used_to),
               {.colour = colour::kRed});
  }
}

void draw_tolerance(const Response& morphine, SvgPicture& picture, const Box& box) {
  constexpr int kMonths = 24;
  Panel panel{
      picture,
      box,
      {"months, doses raised so that the relief stays", 0, kMonths, Steps::kEven, {0, 3, 6, 12, 18, 24}},
      {"T, times the first dose", 0, 12, Steps::kEven, {1, 3, 6, 9, 12}},
      "Tolerance, by the relief that is kept"};
  for (const double relief : {0.5, kRelief, 0.65}) {
    std::vector<Place> course;
    for (int month = 0; month <= kMonths; ++month)
      course.push_back({static_cast<double>(month),
                        dose_growth(morphine, relief, 0, month * kDaysPerMonth * kDayMinutes)});
    panel.curve(course, {.colour = colour::kGreen, .width = 2, .dashes = relief == kRelief ? "" : "7 3"});
    panel.note(course.back(), {6, 4}, fmt::format("{:.0f} %", kPercent * relief), {.colour = colour::kGreen});
  }
}

/// Two years of doses raised by the day so that relief stays, then none.
void draw_withdrawal(const Response& morphine, SvgPicture& picture, const Box& box) {
  constexpr int kDaysBefore = 731, kDaysAfter = 60;
  Panel panel{picture,
              box,
              {"days after the last dose", 0, kDaysAfter, Steps::kEven, {0, 10, 20, 30, 40, 50, 60}},
              share_axis("%"),
              fmt::format("Two years at {:.0f} % of relief, then none", kPercent * kRelief)};
  Pharmacodynamics effects{{morphine}};
  const double untouched =
      morphine.relief_ec50 * std::pow(kRelief / (morphine.relief_emax - kRelief), 1 / morphine.relief_hill);
  const auto go_on = [&](double level, double minutes) {
    const SiteLevels levels[] = {{.fluid = level, .cord = level}};
    effects.step(0, levels);
    effects.step(minutes, levels);
  };
  for (int day = 0; day < kDaysBefore; ++day) go_on(untouched * effects.tolerance(0), kDayMinutes);
  const double used_to = effects.tolerance(0);
  std::vector<Place> withdrawal, tolerance;
  const auto look = [&](double day) {
    withdrawal.push_back({day, kPercent * effects.effects().withdrawal});
    tolerance.push_back({day, kPercent * effects.tolerance(0) / used_to});
  };
  constexpr int kLooksADay = 4;
  look(0);
  for (int quarter = 1; quarter <= kLooksADay * kDaysAfter; ++quarter) {
    go_on(0, kDayMinutes / kLooksADay);
    look(static_cast<double>(quarter) / kLooksADay);
  }
  panel.curve(tolerance, {.colour = colour::kGreen, .width = 2});
  panel.curve(withdrawal, {.colour = colour::kPurple, .width = 2});
  panel.note({14, 72}, {0, 0}, fmt::format("T, % of its {:.1f} at the last dose", used_to),
             {.colour = colour::kGreen});
  panel.note({24, 40}, {0, 0}, "withdrawal W, % of receptors", {.colour = colour::kPurple});
}

}  // namespace

std::string effects_figure(const BodyData& data) {
  constexpr double kWide = 340, kHigh = 240, kLeft = 76, kRight = 512, kUpper = 48, kLower = 388;
  const Response morphine = response_of(*find_substance(data.substances, "morphine"));
  SvgPicture picture{900, 690, "Morphine: relief, ventilation, tolerance and withdrawal"};
  draw_relief(morphine, picture, {kLeft, kUpper, kWide, kHigh});
  draw_ventilation(morphine, picture, {kRight, kUpper, kWide, kHigh});
  draw_tolerance(morphine, picture, {kLeft, kLower, kWide, kHigh});
  draw_withdrawal(morphine, picture, {kRight, kLower, kWide, kHigh});
  return picture.svg();
}

}  // namespace theca
