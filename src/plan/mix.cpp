#include "plan/mix.hpp"

#include <algorithm>
#include <limits>

#include "drug/formulation.hpp"
#include "quantity/exact.hpp"
#include "quantity/text.hpp"

namespace theca {
namespace {

constexpr std::int64_t kMillion = 1'000'000;

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

/// The parts between plus signs.
std::vector<std::string_view> parts_of(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t plus = text.find('+');
    parts.push_back(trimmed(text.substr(0, plus)));
    if (plus == std::string_view::npos) return parts;
    text.remove_prefix(plus + 1);
  }
}

template <class T>
struct NamedPart {
  const DrugEntry* drug;
  T value;
};

bool starts_with_a_number(std::string_view text) {
  return !text.empty() && ((text[0] >= '0' && text[0] <= '9') || text[0] == '.' || text[0] == '-');
}

/// "morphine 20 mg/mL": the name goes up to the first word that begins with a digit.
template <class T>
std::expected<NamedPart<T>, std::string> parse_part(std::string_view text, const Library& library,
                                                    Parsed<T> (*parse)(std::string_view)) {
  std::size_t value_at = 0;
  while (value_at < text.size() && !starts_with_a_number(text.substr(value_at))) {
    const std::size_t space = text.find(' ', value_at);
    value_at = space == std::string_view::npos ? text.size() : space + 1;
  }
  const std::string_view name = trimmed(text.substr(0, value_at));
  const DrugEntry* drug = nullptr;
  if (!name.empty()) {
    drug = library.find_drug(name);
    if (drug == nullptr) {
      std::string message = in_quotes(name) + " is not in the library";
      for (const std::string& near : library.suggest_drugs(name))
        message += (message.ends_with("library") ? "; did you mean " : " or ") + near;
      return std::unexpected(message);
    }
  }
  const auto value = parse(text.substr(value_at));
  if (!value) return std::unexpected(value.error().message);
  if (value->raw() == 0) return std::unexpected(in_quotes(text) + " is zero; leave the drug out");
  return NamedPart<T>{drug, *value};
}

template <class T>
std::expected<std::vector<NamedPart<T>>, std::string> parse_parts(std::string_view text,
                                                                  const Library& library,
                                                                  Parsed<T> (*parse)(std::string_view),
                                                                  bool name_needed) {
  std::vector<NamedPart<T>> parts;
  const auto texts = parts_of(text);
  if (texts.size() > kMaxComponents) {
    return std::unexpected(in_quotes(text) + " holds " + std::to_string(texts.size()) +
                           " drugs; a pump keeps at most " + std::to_string(kMaxComponents));
  }
  for (const std::string_view one : texts) {
    const auto part = parse_part(one, library, parse);
    if (!part) return std::unexpected(part.error());
    if (part->drug == nullptr && (name_needed || texts.size() > 1))
      return std::unexpected(in_quotes(one) + " has no drug's name before it");
    if (std::ranges::any_of(parts, [&](const auto& known) { return known.drug == part->drug; }))
      return std::unexpected(part->drug->name + " stands there twice");
    parts.push_back(*part);
  }
  return parts;
}

Concentration concentration_in(const Fluid& fluid, const DrugEntry* drug) {
  const auto found = std::ranges::find(fluid, drug, &FluidPart::drug);
  return found == fluid.end() ? Concentration{} : found->concentration;
}

/// Old fluid's share of a concentration difference, in ng/mL x nL, that may stay: tolerance x what is
/// intended, or of what it was when none is intended.
Concentration tolerated(const MixedPart& part) {
  const Concentration base = part.new_c.raw() > 0 ? part.new_c : part.old_c;
  return Concentration{base.raw() / (kMillion / kMixTolerancePpm)};
}

std::int64_t distance(const MixedPart& part) {
  return std::max(part.old_c.raw() - part.new_c.raw(), part.new_c.raw() - part.old_c.raw());
}

/// Distance of the reservoir's residual from the new fluid after `rinses`, in ng/mL, rounded up each time.
std::int64_t after_rinses(std::int64_t off, Volume residual, const Rinses& rinses) {
  for (int i = 0; i < rinses.times; ++i)
    off = multiply_divide(off, residual.raw(), (residual + rinses.each).raw(), Round::kUp).value_or(off);
  return off;
}

bool within_after(const Mix& mix, Volume residual, const Rinses& rinses) {
  return std::ranges::all_of(mix.parts, [&](const MixedPart& part) {
    const std::int64_t left = after_rinses(distance(part), residual, rinses);
    // left x V_res <= tolerated x V_total; both below 10^18.
    return left * residual.raw() <= tolerated(part).raw() * mix.total.raw();
  });
}

std::vector<Rinses> ways_of(const Mix& mix, const MixRequest& request) {
  std::vector<Rinses> ways;
  if (mix.within) return ways;
  if (request.rinse) {
    for (Rinses way{1, *request.rinse}; way.times <= kMostRinses; ++way.times) {
      if (!within_after(mix, request.residual, way)) continue;
      ways.push_back(way);
      break;
    }
    return ways;
  }
  constexpr Volume kStep = microlitres(100);
  constexpr int kWays = 3;
  for (int times = 1; times <= kWays; ++times) {
    std::int64_t low = 1;
    std::int64_t high = request.capacity.raw() / kStep.raw();
    if (high < 1 || !within_after(mix, request.residual, {times, kStep * high})) continue;
    while (low < high) {
      const std::int64_t middle = low + (high - low) / 2;
      if (within_after(mix, request.residual, {times, kStep * middle})) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    ways.push_back({times, kStep * high});
  }
  return ways;
}

MixedPart mixed_part(const DrugEntry* drug, Concentration old_c, Concentration new_c, const MixRequest& q,
                     Volume total) {
  MixedPart part{drug, old_c, new_c, {}, {}, false};
  // V_res x C_old + V_fill x C_new <= total x the larger C: below 10^18 by the stated ranges.
  const Mass mass = mass_in(q.residual, old_c) + mass_in(q.fill, new_c);
  part.mixed = Concentration{(mass.raw() + total.raw() / 2) / total.raw()};
  const std::int64_t off = distance(part);
  if (new_c.raw() > 0) {
    const Mass share = mass_in(q.residual, Concentration{off});
    const auto ppm = multiply_divide(share.raw(), kMillion, mass_in(total, new_c).raw(), Round::kNearest);
    const std::int64_t size = ppm.value_or(std::numeric_limits<std::int64_t>::max());
    part.off_ppm = old_c < new_c ? -size : size;
  }
  part.within = off * q.residual.raw() <= tolerated(part).raw() * total.raw();
  return part;
}

}  // namespace

std::expected<Fluid, std::string> parse_fluid(std::string_view text, const Library& library) {
  if (same_name(trimmed(text), "saline")) return Fluid{};
  const auto parts = parse_parts(text, library, parse_concentration, false);
  if (!parts) return std::unexpected(parts.error());
  Fluid fluid;
  for (const auto& part : *parts) fluid.push_back({part.drug, part.value});
  return fluid;
}

std::expected<std::vector<DosePart>, std::string> parse_doses(std::string_view text, const Library& library) {
  const auto parts = parse_parts(text, library, parse_dose_rate, true);
  if (!parts) return std::unexpected(parts.error());
  std::vector<DosePart> doses;
  for (const auto& part : *parts) doses.push_back({part.drug, part.value});
  return doses;
}

std::expected<Mix, PlanErrors> plan_mix(const Fluid& old_fluid, const Fluid& new_fluid,
                                        const MixRequest& request) {
  PlanErrors errors;
  const auto above = [&](const char* what, Volume value) {
    errors.push_back({PlanFault::kAboveCapacity, what, to_text(value), to_text(request.capacity), {}});
  };
  if (request.fill.raw() <= 0) errors.push_back({PlanFault::kZero, "fill", "0", "more than 0", {}});
  if (request.fill > request.capacity) above("fill", request.fill);
  if (request.residual > request.capacity) above("residual", request.residual);
  if (request.rinse && request.rinse->raw() <= 0)
    errors.push_back({PlanFault::kZero, "rinse", "0", "more than 0", {}});
  if (request.rinse && *request.rinse > request.capacity) above("rinse", *request.rinse);
  if (!errors.empty()) return std::unexpected(errors);

  Mix mix;
  mix.total = request.residual + request.fill;
  const auto add = [&](const DrugEntry* drug) {
    mix.parts.push_back(mixed_part(drug, concentration_in(old_fluid, drug), concentration_in(new_fluid, drug),
                                   request, mix.total));
  };
  for (const FluidPart& part : new_fluid) add(part.drug);
  for (const FluidPart& part : old_fluid)
    if (concentration_in(new_fluid, part.drug).raw() == 0) add(part.drug);
  mix.within = std::ranges::all_of(mix.parts, &MixedPart::within);
  mix.ways = ways_of(mix, request);
  return mix;
}

std::expected<Concentration, PlanError> concentration_for(std::string_view what, DoseRate dose,
                                                          FlowRate flow) {
  const std::string name{what};
  if (flow.raw() <= 0)
    return std::unexpected(PlanError{PlanFault::kZero, "flow (" + name + ")", "0", "", {}});
  const std::int64_t exact = multiply_divide(dose.raw(), 1, flow.raw(), Round::kNearest).value_or(0);
  if (exact <= 0) {
    return std::unexpected(
        PlanError{PlanFault::kZero, "concentration (" + name + ")", "less than 1 ng/mL", "", {}});
  }
  if (Concentration{exact} > kMaxConcentration) {
    return std::unexpected(PlanError{PlanFault::kAboveConcentration, name, to_text(Concentration{exact}),
                                     to_text(kMaxConcentration), "a larger flow would bring it in"});
  }
  return Concentration{exact};
}

}  // namespace theca
