#include "cli/report_page.hpp"

#include <regex>

#include "quantity/text_write.hpp"

namespace theca::report {

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string prose(const std::string& text) {
  static const std::regex together(
      R"(day \d+ \d\d:\d\d|\d{4}-\d\d-\d\d( \d\d:\d\d)?|\d[\d.]* (mL|µL|mg|mcg|ng|%|h|min)(/\w+)?)");
  return std::regex_replace(escaped(text), together, "<span class=\"nb\">$&</span>");
}

std::string counted(std::int64_t n, std::string_view one, std::string_view many) {
  const std::string plural = many.empty() ? std::string{one} + 's' : std::string{many};
  return std::to_string(n) + ' ' + (n == 1 ? std::string{one} : plural);
}

std::string joined(const std::vector<std::string>& parts, std::string_view between, std::string_view last) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) text += i + 1 == parts.size() ? last : between;
    text += parts[i];
  }
  return text;
}

std::string ml(Volume volume) { return to_text(volume, Rounding::decimals(3)); }
std::string mass(Mass m) { return to_text(m, Rounding::significant(4)); }
std::string strength(Concentration c) { return to_text(c, Rounding::significant(4)); }
std::string span(Duration d) {
  const std::int64_t whole_days = d.raw() / days(1).raw();
  if (whole_days > 0 && d == days(whole_days)) return counted(whole_days, "day");
  return to_text(d, d >= hours(1) ? minutes(1) : seconds(1));
}

Mass at(const std::vector<Mass>& masses, std::size_t i) { return i < masses.size() ? masses[i] : Mass{}; }

Sample last_sample(const RunResult& run) { return run.samples.empty() ? Sample{} : run.samples.back(); }

std::string tile(std::string_view label, const std::string& value, const std::string& below,
                 std::string_view look) {
  return "<div class=\"" + std::string{look} + "\"><dt>" + escaped(label) + "</dt><dd>" + prose(value) +
         "<small>" + prose(below) + "</small></dd></div>\n";
}

std::string figure(std::string_view chart, std::string_view title, const std::string& sentence,
                   std::optional<std::size_t> drug) {
  const std::string number = drug ? std::to_string(*drug) : "";
  const std::string id = std::string{chart} + (drug ? "-" + number : "");
  return "<figure class=\"chart\" id=\"" + id + "\" data-chart=\"" + std::string{chart} + "\" data-drug=\"" +
         number + "\">\n<figcaption><h3>" + escaped(title) + "</h3><p class=\"sentence\">" + prose(sentence) +
         "</p></figcaption>\n</figure>\n";
}

std::string table(const std::string& caption, const Row& head, const std::vector<Row>& rows) {
  std::string html = "<div class=\"scroll\"><table><caption>" + escaped(caption) + "</caption><thead><tr>";
  for (const std::string& cell : head) html += "<th scope=\"col\">" + escaped(cell) + "</th>";
  html += "</tr></thead><tbody>\n";
  for (const Row& row : rows) {
    html += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) {
      html += (i == 0 ? "<th scope=\"row\">" : "<td>") + prose(row[i]) + (i == 0 ? "</th>" : "</td>");
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

}  // namespace theca::report
