#include "cli/comparison_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "cli/digits.hpp"
#include "cli/page.hpp"
#include "cli/report_assets.hpp"
#include "cli/report_page.hpp"
#include "cli/run_json.hpp"
#include "quantity/text.hpp"
#include "quantity/text_write.hpp"

namespace theca {
namespace {

using Json = nlohmann::ordered_json;
using namespace report;
using run_json::four_digits;

constexpr double kNanogramsPerMicrogram = 1'000;
constexpr int kDigits = 3;

std::string way_text(const WayCompared& way, const Comparison& comparison) {
  switch (way.route) {
    case DoseRoute::kOral:
      return "by mouth every " + span(comparison.swallowed_every);
    case DoseRoute::kIntravenous:
      return "by vein";
    case DoseRoute::kEpidural:
      return "epidurally";
    case DoseRoute::kIntrathecal:
      return "into the fluid";
    case DoseRoute::kSubcutaneous:
      break;
  }
  return "under the skin";
}
/// As `way_text`, for the margin of a picture.
std::string short_text(const WayCompared& way) {
  return way.route == DoseRoute::kOral ? "by mouth" : way_text(way, {});
}

std::string digits(double value) { return value <= 0 ? "none" : plain_digits(value); }
std::string dose_text(double ug) {
  constexpr double kFemtogramsPerMicrogram = 1e9, kMost = 9e9;  // ug that a Mass holds
  return to_text(Mass{std::llround(std::min(ug, kMost) * kFemtogramsPerMicrogram)},
                 Rounding::significant(kDigits));
}
std::string level_text(double ug_per_ml) {
  constexpr double kMuch = 100;  // ug/mL; "100000 ng/mL" is hard to read
  if (ug_per_ml <= 0) return "none";
  return ug_per_ml >= kMuch ? digits(ug_per_ml) + " ug/mL"
                            : digits(kNanogramsPerMicrogram * ug_per_ml) + " ng/mL";
}
std::string share_text(double share) {
  if (std::isnan(share)) return "not reckoned";
  const double percent = 100 * share;
  return percent > 0 && percent < 0.95 ? "below 1 %" : fmt::format("{:.0f} %", percent);
}

using Write = std::string (*)(double);
std::string between(const Quantiles& q, Write write) {
  const std::string low = write(q.p5), high = write(q.p95);
  return low == high ? write(q.median) : fmt::format("{} ({} to {})", write(q.median), low, high);
}

/// What is told and drawn of each way, in this order.
struct Shown {
  std::string name;   // "in the blood"
  std::string brief;  // in the margin of a terminal
  std::string unit;   // of what is drawn and written as data
  double scale = 1;
  bool logarithmic = false;
  Write write = share_text;
  Quantiles WayCompared::*field = nullptr;  // none: a side effect
  std::size_t side = 0;

  [[nodiscard]] const Quantiles& of(const WayCompared& way) const {
    return field != nullptr ? way.*field : way.sides[side];
  }
};

std::vector<Shown> shown_of(const Comparison& comparison) {
  const auto level = [](std::string name, std::string brief, Quantiles WayCompared::*field) {
    return Shown{std::move(name), std::move(brief), "ng/mL", kNanogramsPerMicrogram, true, level_text, field};
  };
  constexpr double kPercent = 100;
  std::vector<Shown> all{
      {"dose a day", "dose a day", "mcg/day", 1, true, dose_text, &WayCompared::dose},
      level("in the blood, mean of the day", "blood", &WayCompared::plasma),
      level("in the fluid at " + comparison.pain, "fluid at " + comparison.pain, &WayCompared::at_pain),
      level("in the cistern, at the brainstem", "cistern", &WayCompared::cistern),
  };
  if (comparison.on_ventilation)
    all.push_back({"ventilation at a fixed CO2 tension", "ventilation", "%", kPercent, false, share_text,
                   &WayCompared::ventilation});
  for (std::size_t k = 0; k < comparison.sides.size(); ++k)
    all.push_back({comparison.sides[k], comparison.sides[k], "%", kPercent, false, share_text, nullptr, k});
  return all;
}

std::string title_of(const Comparison& comparison) {
  return fmt::format("{} % less {} at {}, by {}", digits(100 * comparison.relief),
                     comparison.on_spasticity ? "spasticity" : "pain", comparison.pain, comparison.drug);
}
std::string who_of(const Comparison& comparison) {
  std::string used;
  if (comparison.tolerance > 1)
    used = fmt::format(", needing {} times the level of one who never had any", digits(comparison.tolerance));
  else if (comparison.is_opioid)
    used = ", not used to opioids";
  return fmt::format(
      "{} patients (seed {}){}, tip or needle at {}. Given for so long that nothing rises any more.",
      comparison.patients, comparison.seed, used, comparison.tip);
}

// The picture: a panel for each quantity, a line for each way.

constexpr double kWide = 362, kLeft = 98, kRight = 262, kTop = 34, kLine = 26;

struct Scale {
  double low = 0, high = 1;
  bool logarithmic = false;
  [[nodiscard]] double x(double value) const {
    const auto place = [&](double v) { return logarithmic ? std::log10(v) : v; };
    const double share = (place(std::clamp(value, low, high)) - place(low)) / (place(high) - place(low));
    return kLeft + share * (kRight - kLeft);
  }
};

Scale scale_of(const Comparison& comparison, const Shown& quantity) {
  if (!quantity.logarithmic) return {0, 100, false};
  double low = std::numeric_limits<double>::infinity(), high = 0;
  for (const WayCompared& way : comparison.ways) {
    if (!way.why_not.empty() || quantity.of(way).median <= 0) continue;
    low = std::min(low, quantity.scale * quantity.of(way).p5);
    high = std::max(high, quantity.scale * quantity.of(way).p95);
  }
  if (high <= 0) return {1, 10, true};
  const double from = std::floor(std::log10(low)), to = std::ceil(std::log10(high));
  return {std::pow(10, from), std::pow(10, std::max(to, from + 1)), true};
}

std::vector<double> ticks_of(const Scale& scale) {
  if (!scale.logarithmic) return {0, 50, 100};
  const double decades = std::log10(scale.high / scale.low);
  const int every = decades > 3.5 ? 2 : 1;  // "100 mcg" needs room
  std::vector<double> ticks;
  for (double tick = scale.low; tick < scale.high * 1.001; tick *= std::pow(10, every)) ticks.push_back(tick);
  return ticks;
}

std::string tick_text(double tick, const Shown& quantity) {
  if (quantity.write == dose_text) return dose_text(tick);
  return tick == 0 ? "0" : digits(tick);
}

std::string panel(const Comparison& comparison, const Shown& quantity) {
  const Scale scale = scale_of(comparison, quantity);
  const double bottom = kTop + kLine * static_cast<double>(comparison.ways.size());
  const bool dose = quantity.write == dose_text;
  std::string svg = fmt::format(
      "<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"{}\">\n<text class=\"name\" x=\"0\" "
      "y=\"14\">{}{}</text>\n",
      kWide, bottom + 24, escaped(quantity.name), escaped(quantity.name), dose ? "" : ", " + quantity.unit);
  for (const double tick : ticks_of(scale)) {
    svg += fmt::format(
        "<path class=\"grid\" d=\"M{0:.1f} {1:.0f}V{2:.0f}\"/><text class=\"tick\" x=\"{0:.1f}\" "
        "y=\"{3:.0f}\">{4}</text>\n",
        scale.x(tick), kTop - 8, bottom, bottom + 15, tick_text(tick, quantity));
  }
  double y = kTop + kLine / 2;
  for (const WayCompared& way : comparison.ways) {
    svg += fmt::format("<text class=\"way\" x=\"{:.0f}\" y=\"{:.1f}\">{}</text>\n", kLeft - 8, y + 4,
                       short_text(way));
    if (!way.why_not.empty()) {
      svg += fmt::format("<text class=\"none\" x=\"{:.0f}\" y=\"{:.1f}\">no figures</text>\n", kRight + 8,
                         y + 4);
    } else {
      const Quantiles& q = quantity.of(way);
      const auto x = [&](double value) { return scale.x(quantity.scale * value); };
      if (quantity.logarithmic ? q.median > 0 : !std::isnan(q.median))
        svg += fmt::format(
            "<path class=\"most\" d=\"M{0:.1f} {1:.1f}H{2:.1f}\"/><path class=\"half\" d=\"M{3:.1f} "
            "{1:.1f}H{4:.1f}\"/><circle class=\"middle\" cx=\"{5:.1f}\" cy=\"{1:.1f}\" r=\"4.5\"/>\n",
            x(q.p5), y, x(q.p95), x(q.p25), x(q.p75), x(q.median));
      svg += fmt::format("<text class=\"value\" x=\"{:.0f}\" y=\"{:.1f}\">{}</text>\n", kRight + 8, y + 4,
                         quantity.write(q.median));
    }
    y += kLine;
  }
  return svg + "</svg>\n";
}

std::string panels(const Comparison& comparison) {
  std::string html = "<div class=\"ways\">\n";
  for (const Shown& quantity : shown_of(comparison)) html += panel(comparison, quantity);
  return html + "</div>\n";
}

std::string legend() {
  return "Dot: the median patient; thick: half of the patients (25 to 75 %); thin: most of them (5 to 95 %). "
         "Doses and "
         "levels on logarithmic scales.";
}

std::string limits(const Comparison& comparison) {
  std::string text =
      "Nothing goes from the blood back into the fluid here; what a drug does from there stands in its own "
      "numbers. "
      "What begins at the cord is reckoned from the fluid alone.";
  if (comparison.drug == "morphine")
    text +=
        " Metabolites that act are not in it: morphine's helps by mouth, so real doses by mouth are lower.";
  return text;
}

}  // namespace

std::string comparison_sentence(const Comparison& comparison) {
  std::vector<std::string> doses, times;
  for (const WayCompared& way : comparison.ways) {
    if (!way.why_not.empty()) continue;
    doses.push_back(between(way.dose, dose_text) + " " + way_text(way, comparison));
    if (way.route != DoseRoute::kIntrathecal)
      times.push_back(fmt::format("{} {} to {} times", short_text(way), digits(way.over_intrathecal.p5),
                                  digits(way.over_intrathecal.p95)));
  }
  std::string text =
      fmt::format("{}, all the time, asks for {} a day.", title_of(comparison), joined(doses, "; ", "; or "));
  if (!times.empty())
    text += fmt::format(
        " Over the dose into the fluid it is, from patient to patient, {}: no one factor leads from one way "
        "to "
        "another.",
        joined(times, ", ", ", and "));
  for (const WayCompared& way : comparison.ways) {
    if (!way.why_not.empty()) text += fmt::format(" Nothing is told {}: {}.", short_text(way), way.why_not);
  }
  return text;
}

std::string comparison_text(const Comparison& comparison) {
  Page page;
  page.line(title_of(comparison));
  page.paragraph(who_of(comparison) + " Medians, and 5 to 95 % of them.");
  const auto quantities = shown_of(comparison);
  for (const WayCompared& way : comparison.ways) {
    page.blank();
    page.line(way_text(way, comparison));
    if (!way.why_not.empty()) {
      page.row("", way.why_not);
      continue;
    }
    for (const Shown& quantity : quantities)
      page.row("  " + quantity.brief, between(quantity.of(way), quantity.write));
    if (way.route != DoseRoute::kIntrathecal)
      page.row("  over the fluid",
               fmt::format("{} to {} times the dose into the fluid", digits(way.over_intrathecal.p5),
                           digits(way.over_intrathecal.p95)));
  }
  page.blank();
  std::string outside;
  for (const std::string& number : comparison.unverified) {
    if (number.ends_with(kOutside)) outside += (outside.empty() ? "" : ", ") + number;
  }
  if (!outside.empty()) page.paragraph(outside + ".");
  page.paragraph(limits(comparison) + " Research software: decide no treatment by it.");
  return page.text();
}

std::string comparison_figure(const Comparison& comparison) {
  return "<figure class=\"still\" id=\"ways\">\n<figcaption><h3>The same relief by other ways: " +
         escaped(comparison.drug) + "</h3><p class=\"sentence\">" + prose(comparison_sentence(comparison)) +
         "</p></figcaption>\n" + panels(comparison) + "<p class=\"sentence\">" +
         prose(legend() + " " + who_of(comparison) + " " + limits(comparison)) + "</p>\n</figure>\n";
}

std::string comparison_html(const Comparison& comparison) {
  const std::string title = title_of(comparison);
  return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
         "content=\"width=device-width, initial-scale=1\">\n<meta http-equiv=\"Content-Security-Policy\" "
         "content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action "
         "'none'\">\n<meta "
         "name=\"color-scheme\" content=\"light dark\">\n<title>" +
         escaped(title) + " – Theca</title>\n<style>\n" + std::string{report_assets::style} +
         "</style>\n</head>\n<body>\n<header>\n<h1>" + escaped(title) + "</h1>\n<p class=\"about\">" +
         prose(who_of(comparison)) +
         "</p>\n<p class=\"notice\" role=\"note\"><strong>Research software.</strong> Virtual patients. Not "
         "a "
         "medical device; decide no treatment by it.</p>\n</header>\n<main>\n<p class=\"summary\">" +
         prose(comparison_sentence(comparison)) + "</p>\n<figure class=\"still\">\n<p class=\"sentence\">" +
         escaped(legend()) + "</p>\n" + panels(comparison) + "</figure>\n<p class=\"summary\">" +
         prose(limits(comparison)) + "</p>\n<p class=\"hint\">Numbers that no source says: " +
         escaped(joined(comparison.unverified, ", ", " and ")) +
         ".</p>\n</main>\n<footer>\n<p>Made by Theca " + std::string{THECA_VERSION} +
         ". The same call, data and version give the same page. How it is reckoned: "
         "docs/model.md.</p>\n</footer>\n</body>\n</html>\n";
}

Json comparison_json(const Comparison& comparison) {
  Json json{
      {"drug", comparison.drug},
      {"relieves", comparison.on_spasticity ? "spasticity" : "pain"},
      {"relief", four_digits(comparison.relief)},
      {"tip", comparison.tip},
      {"pain", comparison.pain},
      {"tolerance", four_digits(comparison.tolerance)},
      {"swallowed_every_h", four_digits(static_cast<double>(comparison.swallowed_every.raw()) / 3'600'000)},
      {"patients", comparison.patients},
      {"seed", comparison.seed},
      {"ways", Json::array()}};
  const auto quantiles = [](const Quantiles& q, double scale) {
    return Json{{"p5", four_digits(scale * q.p5)},
                {"p25", four_digits(scale * q.p25)},
                {"median", four_digits(scale * q.median)},
                {"p75", four_digits(scale * q.p75)},
                {"p95", four_digits(scale * q.p95)}};
  };
  for (const WayCompared& way : comparison.ways) {
    Json one{{"way", name_of(way.route)}};
    if (!way.why_not.empty()) {
      one["why_not"] = way.why_not;
    } else {
      one["dose_mcg_per_day"] = quantiles(way.dose, 1);
      one["times_intrathecal"] = quantiles(way.over_intrathecal, 1);
      one["plasma_ng_per_ml"] = quantiles(way.plasma, kNanogramsPerMicrogram);
      one["fluid_at_pain_ng_per_ml"] = quantiles(way.at_pain, kNanogramsPerMicrogram);
      one["cistern_ng_per_ml"] = quantiles(way.cistern, kNanogramsPerMicrogram);
      if (comparison.on_ventilation) one["ventilation"] = quantiles(way.ventilation, 1);
      one["side_effects"] = Json::object();
      for (std::size_t k = 0; k < comparison.sides.size(); ++k)
        one["side_effects"][comparison.sides[k]] = quantiles(way.sides[k], 1);
    }
    json["ways"].push_back(std::move(one));
  }
  json["unverified"] = comparison.unverified;
  return json;
}

std::string comparison_csv(const Comparison& comparison) {
  std::string csv = "way,quantity,unit,p5,p25,median,p75,p95\n";
  const auto quantities = shown_of(comparison);
  for (const WayCompared& way : comparison.ways) {
    if (!way.why_not.empty()) continue;
    const auto row = [&](const std::string& name, const std::string& unit, const Quantiles& q, double scale) {
      const auto cell = [&](double value) { return plain_digits(scale * value, 5); };
      csv += fmt::format("{},\"{}\",{},{},{},{},{},{}\n", name_of(way.route), name, unit, cell(q.p5),
                         cell(q.p25), cell(q.median), cell(q.p75), cell(q.p95));
    };
    for (const Shown& quantity : quantities) {
      if (std::isnan(quantity.of(way).median)) continue;
      row(quantity.name, quantity.unit, quantity.of(way), quantity.scale);
    }
    row("dose over that into the fluid", "1", way.over_intrathecal, 1);
  }
  return csv;
}

}  // namespace theca
