#include "cli/validation_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/study_text.hpp"

namespace theca {
namespace {

std::string joined_sources(const std::vector<std::string>& sources) {
  std::string text;
  for (const std::string& source : sources) text += (text.empty() ? "" : ", ") + source;
  return text;
}

std::string told(double value) { return quantity_text(value, "1"); }

std::string escaped_text(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : std::string{c};
  return out;
}

}  // namespace

std::string validation_tables(const std::vector<ValidationRow>& rows,
                              const std::vector<Sensitivity>& sensitivity, std::int64_t patients,
                              std::uint64_t seed) {
  std::size_t counted = 0, passed = 0, tests = 0, tests_passed = 0;
  for (const ValidationRow& row : rows) {
    if (!row.counts) continue;
    ++counted;
    passed += row.pass ? 1 : 0;
    if (row.quantity->split != Split::kTest) continue;
    ++tests;
    tests_passed += row.pass ? 1 : 0;
  }
  std::string text = fmt::format(
      "{} of {} rows pass; of those that were not used for fitting {} of {}. Median and 5 to 95 % of {} "
      "patients, seed {}.\n\n"
      "| row | split | quantity | patients | published (band) | | sources |\n|---|---|---|---|---|---|---|\n",
      passed, counted, tests_passed, tests, patients, seed);
  for (const ValidationRow& row : rows) {
    const Number& published = *row.quantity->published;
    const std::string unit = row.quantity->unit == "1" ? "" : " " + row.quantity->unit;
    text +=
        fmt::format("| {} | {} | {} | {}{} | {} ({} to {}){}{} | {} | {} |\n", row.quantity->row,
                    name_of(row.quantity->split), row.quantity->says, spread_text(*row.quantity, row.answer),
                    unit, told(published.value), told(published.low), told(published.high), unit,
                    published.verified ? "" : ", not verified", row.pass ? "pass" : "**fail**",
                    joined_sources(published.sources));
  }
  text += "\n**Why rows fail**, as far as is known:\n\n";
  for (const ValidationRow& row : rows) {
    if (!row.pass)
      text += fmt::format("- **{}.** {}\n", row.quantity->row,
                          row.quantity->diagnosis.empty() ? "Not known." : row.quantity->diagnosis);
  }
  text +=
      "\n**What the least known numbers do.** The middle patient, with a number at the lowest and the "
      "highest end of "
      "its range, all\nelse as it is:\n\n| row | as it is |";
  for (const Sensitivity& of : sensitivity) text += fmt::format(" {} |", of.name);
  text += "\n|---|---|";
  for (std::size_t i = 0; i < sensitivity.size(); ++i) text += "---|";
  text += '\n';
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i].counts || is_of_all(rows[i].quantity->kind)) continue;
    text += fmt::format("| {} ({}) | {} |", rows[i].quantity->row, rows[i].quantity->unit,
                        told(rows[i].answer.middle));
    for (const Sensitivity& of : sensitivity)
      text += fmt::format(" {} to {} |", told(of.ends[0].values[i]), told(of.ends[1].values[i]));
    text += '\n';
  }
  return text;
}

std::string validation_svg(const std::vector<ValidationRow>& rows) {
  constexpr double kLeft = 440, kWide = 420, kLine = 26, kTop = 46, kDecades = 1;  // each way of 1
  const double height = kTop + kLine * static_cast<double>(rows.size()) + 40;
  const auto x = [&](double ratio) {
    const double place = std::isfinite(ratio) && ratio > 0 ? std::log10(ratio) : -kDecades;
    return kLeft + kWide * (std::clamp(place, -kDecades, kDecades) + kDecades) / (2 * kDecades);
  };
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 900 {:.0f}\" font-family=\"system-ui, "
      "sans-serif\" "
      "font-size=\"12\">\n<title>Published bands and what patients show</title>\n"
      "<rect width=\"900\" height=\"{:.0f}\" fill=\"#ffffff\"/>\n"
      "<text x=\"{:.0f}\" y=\"18\" fill=\"#333333\">over the published value: band (grey), 5 to 95 % of "
      "patients (line), "
      "median or mean (dot)</text>\n",
      height, height, 16.0);
  for (const double tick : {0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0}) {
    svg += fmt::format(
        "<path d=\"M{0:.1f} {1:.0f}V{2:.0f}\" stroke=\"{3}\"/>\n<text x=\"{0:.1f}\" y=\"{4:.0f}\" "
        "text-anchor=\"middle\" fill=\"#555555\">{5}</text>\n",
        x(tick), kTop - 12, height - 28, tick == 1 ? "#888888" : "#e4e4e4", height - 12, told(tick));
  }
  double y = kTop;
  for (const ValidationRow& row : rows) {
    const Number& published = *row.quantity->published;
    const Quantiles q =
        row.answer.spread.value_or(Quantiles{row.value, row.value, row.value, row.value, row.value});
    const auto over = [&](double value) { return value / published.value; };
    const char* colour = row.pass ? "#1b6ca8" : "#c0392b";
    svg += fmt::format("<text x=\"{:.0f}\" y=\"{:.1f}\" text-anchor=\"end\" fill=\"#222222\">{}  {}</text>\n",
                       kLeft - 12, y + 4, row.quantity->row, escaped_text(row.quantity->says));
    svg += fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"12\" fill=\"#d5d8dc\"/>\n",
                       x(over(published.low)), y - 6, x(over(published.high)) - x(over(published.low)));
    svg += fmt::format("<path d=\"M{:.1f} {:.1f}H{:.1f}\" stroke=\"{}\" stroke-width=\"2\"/>\n",
                       x(over(q.p5)), y, x(over(q.p95)), colour);
    svg += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"4\" fill=\"{}\"/>\n", x(over(row.value)), y,
                       colour);
    if (row.quantity->split == Split::kTest)
      svg += fmt::format("<text x=\"{:.0f}\" y=\"{:.1f}\" fill=\"#555555\">test</text>\n", kLeft + kWide + 8,
                         y + 4);
    y += kLine;
  }
  return svg + "</svg>\n";
}

}  // namespace theca
