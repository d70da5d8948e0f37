// What exchanges with what: the figure of docs/model.md that shows the compartments.
#include <fmt/format.h>

#include <array>

#include "body/neuraxis.hpp"
#include "cli/model_figures.hpp"
#include "cli/svg_picture.hpp"

namespace theca {
namespace {

constexpr const char* kFluidFill = "#d3e8f6";
constexpr const char* kTissueFill = "#fbe6bd";
constexpr const char* kBloodFill = "#f7d9c6";
constexpr const char* kDepotFill = "#ececec";
constexpr const char* kEffectFill = "#ffffff";
constexpr double kLine = 15, kRound = 8;

struct Named {
  Box box;
  const char* fill;
  const char* stroke;
  std::vector<std::string> says;  // the first line bold
};

void draw(SvgPicture& picture, const Named& named) {
  picture.box(named.box, named.fill, named.stroke, kRound);
  double y =
      named.box.top + named.box.high / 2 - kLine * (static_cast<double>(named.says.size()) - 1) / 2 + 4;
  for (std::size_t i = 0; i < named.says.size(); ++i) {
    picture.text({named.box.left + named.box.wide / 2, y}, named.says[i],
                 {.anchor = Anchor::kMiddle, .bold = i == 0});
    y += kLine;
  }
}

void both_ways(SvgPicture& picture, Place a, Place b, const LineLook& look) {
  const Place middle{(a.x + b.x) / 2, (a.y + b.y) / 2};
  picture.arrow(middle, a, look);
  picture.arrow(middle, b, look);
}

constexpr LineLook kDrug{.colour = colour::kInk, .width = 1.5};
constexpr LineLook kDose{.colour = colour::kRed, .width = 2};
constexpr LineLook kWater{.colour = colour::kBlue, .width = 1.5, .dashes = "5 3"};
constexpr LineLook kActs{.colour = colour::kPurple, .width = 1.5, .dashes = "2 3"};

// Columns, from the left: ways in, fluid, tissue, effects; the blood below.
constexpr double kWays = 20, kWaysWide = 186;
constexpr double kFluid = 290, kTissue = 480, kWide = 140;
constexpr double kEffects = 700, kEffectsWide = 180;
constexpr double kCisternTop = 84, kCisternHigh = 50;
constexpr double kCellTop = 162, kCellHigh = 44, kRow = 72;
constexpr double kBloodTop = 540, kBloodHigh = 64;
constexpr double kLossX = 256, kPlasmaActsX = 660;

struct Cell {
  const char* fluid;
  const char* tissue;
};
constexpr std::array<Cell, 5> kCells{{{"cervical", "cord"},
                                      {"thoracic", "cord"},
                                      {"at the tip", "cord of the pain"},
                                      {"lumbar", "roots"},
                                      {"sacral", "roots"}}};
constexpr std::size_t kTip = 2, kLumbar = 3;

double row_top(std::size_t row) { return kCellTop + kRow * static_cast<double>(row); }
double row_middle(std::size_t row) { return row_top(row) + kCellHigh / 2; }

/// Fluid in a row with a leaf of tissue on each, the cistern and the brain above.
void draw_comb(const Anatomy& a, SvgPicture& picture) {
  constexpr double kMixingX = kFluid + kWide / 2 - 14, kFlowX = kFluid + kWide / 2 + 14;
  const double head = kCisternTop + kCisternHigh / 2;
  draw(picture, {{kFluid, kCisternTop, kWide, kCisternHigh},
                 kFluidFill,
                 colour::kBlue,
                 {"cistern", fmt::format("{:g} mL", a.cistern_volume.value)}});
  draw(picture, {{kTissue, kCisternTop, kWide, kCisternHigh},
                 kTissueFill,
                 colour::kOrange,
                 {"brain", fmt::format("{:g} mL", a.brain_volume.value)}});
  both_ways(picture, {kFluid + kWide, head}, {kTissue, head}, kDrug);
  for (std::size_t row = 0; row < kCells.size(); ++row) {
    const double top = row_top(row),
                 above = row == 0 ? kCisternTop + kCisternHigh : row_top(row - 1) + kCellHigh;
    draw(picture, {{kFluid, top, kWide, kCellHigh}, kFluidFill, colour::kBlue, {"fluid", kCells[row].fluid}});
    draw(picture, {{kTissue, top, kWide, kCellHigh}, kTissueFill, colour::kOrange, {kCells[row].tissue}});
    both_ways(picture, {kFluid + kWide, row_middle(row)}, {kTissue, row_middle(row)}, kDrug);
    both_ways(picture, {kMixingX, above}, {kMixingX, top}, kDrug);
    picture.arrow({kFlowX, above}, {kFlowX, top}, kWater);
  }
  picture.text({kMixingX - 8, row_top(1) - 10}, "D", {.anchor = Anchor::kEnd});
  picture.text({kFlowX + 8, row_top(1) - 10}, "Q", {.colour = colour::kBlue});
  picture.text({(kFluid + kWide + kTissue) / 2, row_middle(0) - 8}, "k_t, Kp", {.anchor = Anchor::kMiddle});
  picture.arrow({kFlowX, 54}, {kFlowX, kCisternTop}, kWater);
  picture.text({kFlowX + 8, 62}, fmt::format("fluid is made, {:g} mL/min", a.production.value),
               {.colour = colour::kBlue});
  picture.text({kFluid, 36}, "Spinal fluid", {.anchor = Anchor::kStart, .bold = true});
  picture.text({kFluid + kWide / 2, row_top(kCells.size() - 1) + kCellHigh + 18},
               fmt::format("{} cells, {:g} mL", kSpinalCells, a.spinal_csf_volume.value),
               {.anchor = Anchor::kMiddle, .colour = colour::kSoft});
  picture.text({kTissue, 36}, "Tissue", {.bold = true});
}

/// What the fluid loses, and where the blood takes it.
void draw_blood(SvgPicture& picture) {
  constexpr double kDeepTop = kBloodTop + kBloodHigh + 34, kDeepHigh = 40, kDeepWide = 116;
  const double into = kBloodTop + 8;
  picture.line({kFluid, kCisternTop + kCisternHigh / 2}, {kLossX, kCisternTop + kCisternHigh / 2}, kDrug);
  for (std::size_t row = 0; row < kCells.size(); ++row)
    picture.line({kFluid, row_top(row) + 8}, {kLossX, row_top(row) + 8}, kDrug);
  picture.line({kLossX, kCisternTop + kCisternHigh / 2}, {kLossX, into}, kDrug);
  picture.arrow({kLossX, into}, {kFluid, into}, kDrug);
  picture.text({kLossX - 6, row_middle(0)}, "absorbed with", {.anchor = Anchor::kEnd});
  picture.text({kLossX - 6, row_middle(0) + kLine}, "the fluid (q); through", {.anchor = Anchor::kEnd});
  picture.text({kLossX - 6, row_middle(0) + 2 * kLine}, "dura and vessels (k_d)", {.anchor = Anchor::kEnd});

  draw(picture,
       {{kFluid, kBloodTop, kWide, kBloodHigh}, kBloodFill, colour::kRed, {"plasma", "compartment 1"}});
  const double left = kFluid - 52, right = kFluid + kWide + 52 - kDeepWide;
  draw(picture, {{left, kDeepTop, kDeepWide, kDeepHigh}, kBloodFill, colour::kRed, {"compartment 2"}});
  draw(picture, {{right, kDeepTop, kDeepWide, kDeepHigh}, kBloodFill, colour::kRed, {"compartment 3"}});
  for (const double x : {kFluid + 20, kFluid + kWide - 20})
    both_ways(picture, {x, kBloodTop + kBloodHigh}, {x, kDeepTop}, kDrug);
  const double out = kBloodTop + kBloodHigh - 12;
  picture.arrow({kFluid + kWide, out}, {kTissue, out}, kDrug);
  picture.text({kTissue + 6, out + 4}, "eliminated");
}

void draw_ways_in(SvgPicture& picture) {
  struct Way {
    double middle;
    std::vector<std::string> says;
    const char* fill;
    Place to;
  };
  const double plasma = kBloodTop + kBloodHigh / 2;
  const Way ways[] = {
      {row_middle(kTip), {"pump and catheter"}, kEffectFill, {kFluid, row_middle(kTip)}},
      {378, {"needle"}, kEffectFill, {kFluid, row_middle(kLumbar)}},
      {434, {"epidural depot", "share to the fluid"}, kDepotFill, {kFluid, row_middle(kLumbar) + 14}},
      {490, {"epidural depot", "share to the blood"}, kDepotFill, {kFluid, plasma - 12}},
      {546, {"depot under the skin", "leak, pocket"}, kDepotFill, {kFluid, plasma}},
      {602, {"gut", "a share is lost on the way"}, kDepotFill, {kFluid, plasma + 12}},
      {654, {"vein"}, kEffectFill, {kFluid, plasma + 24}}};
  for (const Way& way : ways) {
    const double high = way.says.size() > 1 ? 44 : 32;
    draw(picture, {{kWays, way.middle - high / 2, kWaysWide, high}, way.fill, colour::kRule, way.says});
    picture.arrow({kWays + kWaysWide, way.middle}, way.to, kDose);
  }
  picture.text({kWays, row_middle(kTip) - 30}, "Ways in", {.bold = true});
}

void draw_effects(SvgPicture& picture) {
  const double head = kCisternTop + kCisternHigh / 2, pain = row_middle(kTip);
  constexpr double kHigh = 64;
  picture.text({kEffects, 36}, "Effects", {.bold = true});
  draw(picture, {{kEffects, head - kHigh / 2, kEffectsWide, kHigh},
                 kEffectFill,
                 colour::kPurple,
                 {"ventilation V", "brain, and plasma", "behind a delay"}});
  draw(picture, {{kEffects, pain - kHigh / 2, kEffectsWide, kHigh},
                 kEffectFill,
                 colour::kPurple,
                 {"relief E", "cord, and plasma,", "each behind a delay"}});
  draw(picture, {{kEffects, pain + kRow - 8, kEffectsWide, kHigh},
                 kEffectFill,
                 colour::kPurple,
                 {"receptors occupied O", "tolerance T", "withdrawal W"}});
  draw(picture, {{kEffects, pain + 2 * kRow + 16, kEffectsWide, kHigh},
                 kEffectFill,
                 colour::kPurple,
                 {"side effects", "each from its own place,", "behind a delay"}});
  both_ways(picture, {kEffects + kEffectsWide / 2, pain + kHigh / 2},
            {kEffects + kEffectsWide / 2, pain + kRow - 8}, kActs);
  picture.arrow({kTissue + kWide, head - 8}, {kEffects, head - 8}, kActs);
  picture.arrow({kTissue + kWide, pain - 8}, {kEffects, pain - 8}, kActs);
  const double from = kBloodTop + 12;
  picture.line({kFluid + kWide, from}, {kPlasmaActsX, from}, kActs);
  picture.line({kPlasmaActsX, from}, {kPlasmaActsX, head + 12}, kActs);
  picture.arrow({kPlasmaActsX, head + 12}, {kEffects, head + 12}, kActs);
  picture.arrow({kPlasmaActsX, pain + 12}, {kEffects, pain + 12}, kActs);
}

void draw_legend(SvgPicture& picture) {
  constexpr double kLeft = 600, kTop = 600, kSample = 44;
  struct Row {
    LineLook look;
    const char* says;
  };
  constexpr Row kRows[] = {{kDose, "a dose comes in"},
                           {kDrug, "the drug goes; two heads: and back"},
                           {kWater, "fluid flows and takes it along"},
                           {kActs, "a level acts, nothing is taken away"}};
  double y = kTop;
  for (const Row& row : kRows) {
    picture.arrow({kLeft, y}, {kLeft + kSample, y}, row.look);
    picture.text({kLeft + kSample + 10, y + 4}, row.says);
    y += 22;
  }
}

}  // namespace

std::string map_figure(const BodyData& data) {
  SvgPicture picture{900, 690, "Compartments of the model and the ways between them"};
  draw_comb(data.anatomy, picture);
  draw_blood(picture);
  draw_ways_in(picture);
  draw_effects(picture);
  draw_legend(picture);
  return picture.svg();
}

}  // namespace theca
