#include "server/desk_refill_words.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "clinic/order_rows.hpp"
#include "link/sodium.hpp"
#include "plan/refill.hpp"
#include "quantity/text.hpp"

namespace theca::server {
namespace {

std::string contents(const Formulation& fluid, const Library& library) {
  std::string text;
  for (const Component& part : fluid.parts()) {
    const DrugEntry* entry = library.find_drug(part.drug);
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", entry == nullptr ? "a drug" : entry->name,
                        to_text(part.concentration));
  }
  return text;
}

Json next_json(const std::optional<Refill>& next, std::int64_t from_ms) {
  if (!next) return nullptr;
  return {{"days", whole_days(next->earliest)},
          {"due_ms", from_ms + days(whole_days(next->earliest)).raw()},
          {"basal_days", whole_days(next->basal_only)},
          {"because", std::string{name_of(next->because)}}};
}

std::string days_text(const std::optional<Refill>& next) {
  return next ? fmt::format("within {} days", whole_days(next->earliest)) : "cannot be reckoned";
}

}  // namespace

std::string words_of_untold(const RefillState& state, const RefillAim& aim, const Library& library) {
  std::string done = state.out ? fmt::format("{} had come out", to_text(*state.out)) : std::string{};
  if (const Volume in = state.in + state.astray; in.raw() > 0)
    done += fmt::format("{}{} of {} may have gone in", done.empty() ? "" : ", and ", to_text(in),
                        contents(aim.fluid, library));
  if (done.empty()) done = "the needle had been placed";
  return fmt::format(
      "The last refill was ended without telling the pump: {}. Note: {} What the pump says of its fluid and "
      "its "
      "volume may be wrong until it is told of a fill.",
      done, state.untold.value_or(""));
}

Json drugs_json(const Library& library) {
  Json all = Json::array();
  for (const DrugEntry& drug : library.drugs)
    all.push_back({{"code", static_cast<std::uint16_t>(drug.code)},
                   {"name", drug.name},
                   {"unit", spoken_unit(&drug) == MassUnit::kMilligram ? "mg/mL" : "mcg/mL"}});
  return all;
}

Json json_of(const RefillAim& aim, const RefillState& state, const Prescription& prescription,
             const Running& running, const PumpModel& model, const Library& library) {
  Json json{{"fluid", contents(aim.fluid, library)},
            {"drugs", aim.fluid.count},
            {"capacity_nl", aim.capacity.raw()},
            {"counted_nl", aim.counted.raw()},
            {"in_nl", state.in.raw()},
            {"astray_nl", state.astray.raw()},
            {"room_nl", state.room(aim).raw()},
            {"causes", Json::array()}};
  if (aim.last_fill) json["last_fill_nl"] = aim.last_fill->raw();
  if (aim.fill_age) json["fill_age_ms"] = aim.fill_age->raw();
  if (state.out) json["out_nl"] = state.out->raw();
  if (state.residual) json["ratio_ppm"] = state.residual->ratio_ppm;
  for (const ResidualCause cause : state.causes) {
    const ResidualCauseRow& row = row_of(cause);
    Json sources = Json::array();
    for (const std::string_view source : row.sources) sources.push_back(std::string{source});
    json["causes"].push_back({{"name", std::string{row.name}},
                              {"why", std::string{row.why}},
                              {"look_for", std::string{row.look_for}},
                              {"sources", sources},
                              {"verified", row.verified}});
  }
  // Every drug there is, so that the one on the syringe is chosen and not agreed to.
  json["choices"] = drugs_json(library);
  if (state.label) {
    std::string drugs;
    for (const LabelDrug& one : state.label->drugs) {
      const DrugEntry* entry = library.find_drug(one.drug);
      drugs += fmt::format("{}{} {}", drugs.empty() ? "" : ", ", entry == nullptr ? "a drug" : entry->name,
                           to_text(one.concentration));
    }
    json["label"] = {
        {"drugs", drugs}, {"lot", state.label->lot}, {"expires", date_text(state.label->expires)}};
  }
  if (state.broken_off) json["broken_off"] = *state.broken_off;
  if (state.untold) json["untold"] = *state.untold;
  const Volume holds = state.in + state.left;
  if (state.stage() == RefillStage::kTell) json["tells_nl"] = holds.raw();
  if (state.told) {
    if (const auto checked = state.fill_check(aim))
      json["sensed"] = {{"sensed_nl", state.sensed->raw()},
                        {"missing_nl", checked->missing.raw()},
                        {"limit_nl", checked->limit.raw()},
                        {"pocket_fill", checked->possible_pocket_fill()}};
    const auto statement = link::read<FillStatement>(*state.stated);
    const Volume told = statement ? statement->filled + statement->left_in : holds;
    json["counts_nl"] = told.raw();
    json["watched_until_ms"] = state.watched_until_ms();
    if (const auto next = next_refill(prescription, model, told, running.status.low_alarm, library))
      json["next"] = next_json(next, state.told_at_ms);
  }
  return json;
}

std::vector<ComparedRow> rows_of_fill(const RefillState& state, const link::Bedside& told, const Running& now,
                                      const Prescription& then, const PumpModel& model,
                                      const Library& library) {
  constexpr int kDigits = 4;
  const Volume counted = std::max(Volume{}, now.status.reservoir_nominal);
  const Volume alarm = now.status.low_alarm;
  const Prescription& runs = *now.prescription;
  const Volume holds = told.filled + told.left_in;
  const auto dose = [&](const Prescription& p) {
    return to_text(daily_dose(p, model.minimum_rate), Rounding::significant(kDigits));
  };
  std::vector<ComparedRow> rows{
      {"in the reservoir, as the pump counts", to_text(counted, Rounding::significant(kDigits)),
       to_text(holds)},
      {"taken out before", "-", state.out ? to_text(*state.out) : "nothing"},
      {"next refill", days_text(next_refill(runs, model, counted, alarm, library)),
       days_text(next_refill(then, model, holds, alarm, library))},
      {"fluid", contents(runs.formulation, library), contents(then.formulation, library)},
      {"daily dose", dose(runs), dose(then)},
      {"prescription", std::to_string(runs.number), std::to_string(then.number)}};
  if (state.in.raw() > 0 && state.confirmed)
    rows.insert(rows.begin() + 2, {"lot", "-", state.confirmed->lot});
  if (state.left.raw() > 0)
    rows.insert(rows.begin() + 1, {"of it not drawn, or put back", "-", to_text(told.left_in)});
  if (holds != state.in + state.left)
    rows.insert(rows.begin() + 1,
                {"when it was filled, before it ran on", "-", to_text(state.in + state.left)});
  return rows;
}

std::uint32_t named_by(std::string_view wish) {
  const std::array<link::Bytes, 1> parts{
      link::Bytes{reinterpret_cast<const std::uint8_t*>(wish.data()), wish.size()}};
  const link::Hash hash = link::Sodium::sha256(parts);
  std::uint32_t name = 0;
  for (unsigned i = 0; i < sizeof name; ++i) name |= std::uint32_t{hash[i]} << (8 * i);
  return name == 0 ? 1 : name;
}

}  // namespace theca::server
