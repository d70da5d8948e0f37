#include "cohort/study_run.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cmath>
#include <limits>
#include <numeric>
#include <thread>
#include <tuple>

#include "cohort/draw.hpp"
#include "cohort/many_patients.hpp"
#include "world/tip_flow.hpp"

namespace theca {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// A row on the median of fewer patients than this share does not pass.
constexpr double kEnoughHaveIt = 0.5;

/// By study, by quantity.
using Values = std::vector<std::vector<double>>;

struct Place {
  std::size_t study, quantity;
};
Place place_of(const std::vector<Study>& studies, const std::string& name) {
  const std::size_t slash = name.find('/');
  const auto study = std::ranges::find(studies, name.substr(0, slash), &Study::id);
  const auto quantity = std::ranges::find(study->quantities, name.substr(slash + 1), &StudyQuantity::id);
  return {static_cast<std::size_t>(study - studies.begin()),
          static_cast<std::size_t>(quantity - study->quantities.begin())};
}

/// Every quantity in one patient; `deviation`: none of the middle one.
Values values_in(const std::vector<Study>& studies, const BodyData& data, const Variability& variability,
                 const Deviation& by) {
  Values values;
  for (const Study& study : studies) {
    const Substance* substance = find_substance(data.substances, study.substance);
    const Individual who = deviated(centre_of(data.anatomy, std::array{substance}), variability, by);
    const bool looks = std::ranges::any_of(
        study.quantities, [](const StudyQuantity& quantity) { return is_of_courses(quantity.kind); });
    const Implanted implanted{tip_shift(variability, by), pump_flow_error(variability, by), by.proneness};
    const StudyCourses courses = looks ? courses_of(study, who, data.anatomy, implanted) : StudyCourses{};
    auto& of = values.emplace_back();
    for (const StudyQuantity& quantity : study.quantities) {
      if (quantity.kind == QuantityKind::kDoseGrowth)
        of.push_back(dose_growth(who.responses.front(), quantity.keep, in_minutes(*quantity.from),
                                 in_minutes(*quantity.to)) /
                     quantity.scale);
      else if (is_of_quantities(quantity.kind))
        of.push_back(kNone);
      else if (quantity.kind == QuantityKind::kPumpFlow)
        of.push_back((1 + pump_flow_error(variability, by)) / quantity.scale);
      else
        of.push_back(value_of(study, quantity, courses));
    }
  }
  for (std::size_t s = 0; s < studies.size(); ++s) {
    for (std::size_t q = 0; q < studies[s].quantities.size(); ++q) {
      const StudyQuantity& quantity = studies[s].quantities[q];
      const auto plain = [&](const std::string& name) {
        const Place place = place_of(studies, name);
        return values[place.study][place.quantity] * studies[place.study].quantities[place.quantity].scale;
      };
      if (quantity.kind == QuantityKind::kOver)
        values[s][q] = plain(quantity.of) / plain(quantity.over) / quantity.scale;
      if (quantity.kind == QuantityKind::kShareAbove) {
        const Place of = place_of(studies, quantity.of);
        const double value = values[of.study][of.quantity];
        values[s][q] = std::isfinite(value) ? (value > quantity.above ? 1 : 0) / quantity.scale : kNone;
      }
    }
  }
  return values;
}

/// By least squares: how much less `of` is where `over` is ten times as large, and how many patients say so.
struct Fall {
  double value = kNone, patients = 0;
};
Fall fall_over_patients(const std::vector<Values>& all, const Place& of, const Place& over) {
  double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (const Values& one : all) {
    const double y = one[of.study][of.quantity], x = std::log10(one[over.study][over.quantity]);
    if (!std::isfinite(x) || !std::isfinite(y)) continue;
    n += 1;
    sx += x;
    sy += y;
    sxx += x * x;
    sxy += x * y;
  }
  const double spread = n * sxx - sx * sx;
  return {n > 2 && spread > 0 ? -(n * sxy - sx * sy) / spread : kNone, n};
}

/// Over the patients who have it.
double mean_of(const std::vector<Values>& all, const Place& of) {
  double sum = 0, n = 0;
  for (const Values& one : all) {
    const double value = one[of.study][of.quantity];
    if (!std::isfinite(value)) continue;
    sum += value;
    n += 1;
  }
  return sum / n;
}
double scale_of(const std::vector<Study>& studies, const Place& of) {
  return studies[of.study].quantities[of.quantity].scale;
}

/// "3b" is 3 and "b".
std::tuple<int, std::string> order_of(const std::string& row) {
  int number = 0;
  const auto read = std::from_chars(row.data(), row.data() + row.size(), number);
  return {number, std::string{read.ptr, row.data() + row.size()}};
}

}  // namespace

StudyAnswers run_studies(const std::vector<Study>& studies, const BodyData& data,
                         const Variability& variability, const StudyRequest& request) {
  const auto patients = static_cast<std::size_t>(request.patients);
  const Values middle = values_in(studies, data, variability, {});
  std::vector<Values> all(patients);
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < patients; i = next++)
      all[i] = values_in(studies, data, variability, draw(request.seed, i));
  };
  std::vector<std::thread> others;
  for (unsigned k = 1; k < request.threads; ++k) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();

  StudyAnswers answers;
  for (std::size_t s = 0; s < studies.size(); ++s) {
    auto& of = answers.emplace_back();
    for (std::size_t q = 0; q < studies[s].quantities.size(); ++q) {
      const StudyQuantity& quantity = studies[s].quantities[q];
      StudyAnswer answer;
      answer.middle = middle[s][q];
      std::vector<double> values;
      for (const Values& one : all) {
        if (std::isfinite(one[s][q])) values.push_back(one[s][q]);
      }
      if (!all.empty()) answer.share = static_cast<double>(values.size()) / static_cast<double>(all.size());
      if (!values.empty()) {
        const double sum = std::accumulate(values.begin(), values.end(), 0.0);
        answer.of_all = sum / static_cast<double>(values.size());
        if (!is_of_all(quantity.kind)) answer.spread = quantiles_of(values);
      }
      if (quantity.kind == QuantityKind::kFall && !all.empty()) {
        const Fall fall =
            fall_over_patients(all, place_of(studies, quantity.of), place_of(studies, quantity.over));
        answer.of_all = fall.value;
        answer.share = fall.patients / static_cast<double>(all.size());
      }
      if (quantity.kind == QuantityKind::kOver && quantity.by_mean && !all.empty()) {
        // Of means, not the mean of ratios: it is what series of patients report.
        const Place above = place_of(studies, quantity.of), below = place_of(studies, quantity.over);
        answer.of_all = mean_of(all, above) * scale_of(studies, above) /
                        (mean_of(all, below) * scale_of(studies, below)) / quantity.scale;
      }
      of.push_back(answer);
    }
  }
  return answers;
}

double told(const StudyQuantity& quantity, const StudyAnswer& answer) {
  const bool by_all = quantity.by_mean || is_of_all(quantity.kind);
  if (by_all && answer.of_all) return *answer.of_all;
  return answer.spread ? answer.spread->median : answer.middle;
}

std::vector<ValidationRow> validation_rows(const std::vector<Study>& studies, const StudyAnswers& answers) {
  std::vector<ValidationRow> rows;
  for (std::size_t s = 0; s < studies.size(); ++s) {
    for (std::size_t q = 0; q < studies[s].quantities.size(); ++q) {
      const StudyQuantity& quantity = studies[s].quantities[q];
      if (quantity.row.empty() || !quantity.published) continue;
      ValidationRow row;
      row.study = &studies[s];
      row.quantity = &quantity;
      row.answer = answers[s][q];
      row.value = told(quantity, row.answer);
      row.pass = row.answer.share >= kEnoughHaveIt && row.value >= quantity.published->low &&
                 row.value <= quantity.published->high;
      row.counts = quantity.split != Split::kConsistency;
      rows.push_back(row);
    }
  }
  std::ranges::sort(rows, {}, [](const ValidationRow& row) { return order_of(row.quantity->row); });
  return rows;
}

std::vector<Sensitivity> sensitivity_of(const std::vector<Study>& studies, const BodyData& data,
                                        const std::vector<ValidationRow>& rows) {
  using Numbers = std::vector<Number*> (*)(BodyData&);
  static constexpr auto kOfEach = [](BodyData& of, Number Substance::*number) {
    std::vector<Number*> all;
    for (Substance& substance : of.substances) all.push_back(&(substance.*number));
    return all;
  };
  const std::vector<std::pair<const char*, Numbers>> what{
      {"dispersion",
       [](BodyData& of) {
         return std::vector{&of.anatomy.dispersion_caudal, &of.anatomy.dispersion_rostral};
       }},
      {"spinal share of absorption", [](BodyData& of) { return std::vector{&of.anatomy.spinal_absorption}; }},
      {"loss through the dura", [](BodyData& of) { return kOfEach(of, &Substance::dural_loss); }},
      {"partition of the cord", [](BodyData& of) { return kOfEach(of, &Substance::cord_partition); }},
      {"exchange of the cord", [](BodyData& of) { return kOfEach(of, &Substance::cord_exchange); }},
  };
  const Variability nobody;  // of the middle patient alone nothing is read of it
  std::vector<Sensitivity> out;
  for (const auto& [name, numbers] : what) {
    Sensitivity of{name, {}};
    for (const bool high : {false, true}) {
      BodyData moved = data;
      for (Number* number : numbers(moved)) number->value = high ? number->high : number->low;
      const StudyAnswers answers = run_studies(studies, moved, nobody, {});
      Sensitivity::End end{high ? "highest" : "lowest", {}};
      for (const ValidationRow& row : rows) {
        const auto study = static_cast<std::size_t>(row.study - studies.data());
        const auto quantity = static_cast<std::size_t>(row.quantity - row.study->quantities.data());
        end.values.push_back(answers[study][quantity].middle);
      }
      of.ends.push_back(std::move(end));
    }
    out.push_back(std::move(of));
  }
  return out;
}

}  // namespace theca
