#include "cli/study_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "cli/digits.hpp"
#include "cli/run_json.hpp"

namespace theca {
namespace {

using Json = nlohmann::ordered_json;
using run_json::four_digits;

std::string digits(double value) { return plain_digits(value); }

Json spread_json(const StudyAnswer& answer) {
  if (!answer.spread) return nullptr;
  const Quantiles& q = *answer.spread;
  return {{"p5", four_digits(q.p5)},           {"p25", four_digits(q.p25)},
          {"median", four_digits(q.median)},   {"p75", four_digits(q.p75)},
          {"p95", four_digits(q.p95)},         {"mean", four_digits(*answer.of_all)},
          {"share", four_digits(answer.share)}};
}

Json published_json(const Number& published) {
  return {{"value", four_digits(published.value)},
          {"low", four_digits(published.low)},
          {"high", four_digits(published.high)},
          {"sources", published.sources},
          {"verified", published.verified}};
}

}  // namespace

std::string quantity_text(double value, std::string_view unit) {
  if (!std::isfinite(value)) return "none";
  return unit == "1" ? digits(value) : fmt::format("{} {}", digits(value), unit);
}

std::string spread_text(const StudyQuantity& quantity, const StudyAnswer& answer) {
  const std::string value = digits(told(quantity, answer));
  if (!answer.spread) return value;
  const std::string patients =
      fmt::format("({} to {})", digits(answer.spread->p5), digits(answer.spread->p95));
  if (!quantity.by_mean) return value + " " + patients;
  return quantity.kind == QuantityKind::kOver ? fmt::format("{} of the means {}", value, patients)
                                              : fmt::format("on average {} {}", value, patients);
}

std::string study_text(const Study& study, const std::vector<StudyAnswer>& answers, std::int64_t patients,
                       const std::vector<std::string>& outside) {
  std::string text = study.title + "\n";
  for (const std::string& number : outside)
    text += fmt::format("  outside of its published range: {}\n", number);
  if (patients > 0) text += fmt::format("  the median of {} patients (5 to 95 %)\n", patients);
  for (std::size_t i = 0; i < study.quantities.size(); ++i) {
    const StudyQuantity& quantity = study.quantities[i];
    const StudyAnswer& answer = answers[i];
    text += fmt::format("  {}: {}{}", quantity.says, spread_text(quantity, answer),
                        quantity.unit == "1" ? "" : " " + quantity.unit);
    if (answer.share < 1) text += fmt::format(", in {:.0f} % of them", 100 * answer.share);
    if (quantity.published)
      text += fmt::format("; published {} ({} to {})", digits(quantity.published->value),
                          digits(quantity.published->low), digits(quantity.published->high));
    text += '\n';
  }
  return text;
}

Json study_json(const Study& study, const std::vector<StudyAnswer>& answers, std::int64_t patients,
                const std::vector<std::string>& outside) {
  Json json{
      {"study", study.id}, {"title", study.title}, {"patients", patients}, {"quantities", Json::array()}};
  if (!outside.empty()) json["outside"] = outside;
  for (std::size_t i = 0; i < study.quantities.size(); ++i) {
    const StudyQuantity& quantity = study.quantities[i];
    Json one{{"id", quantity.id},
             {"says", quantity.says},
             {"kind", name_of(quantity.kind)},
             {"unit", quantity.unit},
             {"middle", four_digits(answers[i].middle)},
             {"value", four_digits(told(quantity, answers[i]))},
             {"spread", spread_json(answers[i])}};
    if (quantity.published) one["published"] = published_json(*quantity.published);
    json["quantities"].push_back(std::move(one));
  }
  return json;
}

std::string validation_text(const std::vector<ValidationRow>& rows, std::int64_t patients,
                            std::uint64_t seed) {
  std::string text = fmt::format(
      "The median of {} patients (seed {}), 5 to 95 % of them, against what was published\n", patients, seed);
  std::size_t passed = 0, counted = 0;
  for (const ValidationRow& row : rows) {
    const Number& published = *row.quantity->published;
    text += fmt::format("  {:>3} {:<11} {:<4} {}: {}{}; published {} ({} to {}{})\n", row.quantity->row,
                        name_of(row.quantity->split), row.pass ? "pass" : "FAIL", row.quantity->says,
                        spread_text(*row.quantity, row.answer),
                        row.quantity->unit == "1" ? "" : " " + row.quantity->unit, digits(published.value),
                        digits(published.low), digits(published.high),
                        published.verified ? "" : ", not verified");
    if (!row.counts) continue;
    ++counted;
    passed += row.pass ? 1 : 0;
  }
  return text + fmt::format("{} of {} rows pass\n", passed, counted);
}

Json validation_json(const std::vector<ValidationRow>& rows, std::int64_t patients, std::uint64_t seed) {
  Json json{{"patients", patients}, {"seed", seed}, {"rows", Json::array()}};
  for (const ValidationRow& row : rows) {
    const Number& published = *row.quantity->published;
    json["rows"].push_back({{"id", row.quantity->row},
                            {"says", row.quantity->says},
                            {"study", row.study->id},
                            {"quantity", row.quantity->id},
                            {"unit", row.quantity->unit},
                            {"value", four_digits(row.value)},
                            {"low", four_digits(published.low)},
                            {"high", four_digits(published.high)},
                            {"pass", row.pass},
                            {"counts", row.counts},
                            {"split", name_of(row.quantity->split)},
                            {"spread", spread_json(row.answer)},
                            {"published", published_json(published)}});
  }
  return json;
}

std::string calibration_text(const Calibration& calibration) {
  std::string text =
      fmt::format("mean square misfit {} before, {} after {} tries (in half bands)\n",
                  digits(calibration.misfit_before), digits(calibration.misfit_after), calibration.tries);
  for (const FittedNumber& number : calibration.numbers)
    text += fmt::format("  {:<34} {:>8} -> {:>8} {:<6} ({} to {}){}\n", number.name, digits(number.before),
                        digits(number.after), number.unit, digits(number.low), digits(number.high),
                        number.at_edge ? "  at the edge" : "");
  return text;
}

Json calibration_json(const Calibration& calibration) {
  Json json{{"misfit_before", four_digits(calibration.misfit_before)},
            {"misfit_after", four_digits(calibration.misfit_after)},
            {"tries", calibration.tries},
            {"numbers", Json::array()}};
  for (const FittedNumber& of : calibration.numbers)
    json["numbers"].push_back({{"name", of.name},
                               {"unit", of.unit},
                               {"before", four_digits(of.before)},
                               {"after", four_digits(of.after)},
                               {"low", four_digits(of.low)},
                               {"high", four_digits(of.high)},
                               {"at_edge", of.at_edge}});
  return json;
}

}  // namespace theca
