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

Json next_json(const std::optional<Refill>& next) {
  if (!next) return nullptr;
  return {{"days", whole_days(next->earliest)},
          {"basal_days", whole_days(next->basal_only)},
          {"because", std::string{name_of(next->because)}}};
}

std::string days_text(const std::optional<Refill>& next) {
  return next ? fmt::format("within {} days", whole_days(next->earliest)) : "cannot be reckoned";
}

}  // namespace

Json json_of(const RefillAim& aim, const RefillState& state, const Found& found, const Library& library) {
  Json json{{"fluid", contents(aim.fluid, library)},
            {"drugs", aim.fluid.count},
            {"capacity_nl", aim.capacity.raw()},
            {"counted_nl", aim.counted.raw()},
            {"in_nl", state.in.raw()},
            {"astray_nl", state.astray.raw()},
            {"room_nl", state.room(aim).raw()},
            {"causes", Json::array()},
            {"choices", Json::array()}};
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
  for (const DrugEntry& drug : library.drugs)
    json["choices"].push_back({{"code", static_cast<std::uint16_t>(drug.code)},
                               {"name", drug.name},
                               {"unit", spoken_unit(&drug) == MassUnit::kMilligram ? "mg/mL" : "mcg/mL"}});
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
  if (state.stage() == RefillStage::kTell) json["tells_nl"] = state.in.raw();
  if (state.told) {
    if (const auto checked = state.fill_check(aim))
      json["sensed"] = {{"sensed_nl", state.sensed->raw()},
                        {"missing_nl", checked->missing.raw()},
                        {"limit_nl", checked->limit.raw()},
                        {"pocket_fill", checked->possible_pocket_fill()}};
    json["watched_until_ms"] = state.watched_until_ms();
    if (const auto next = next_refill(*found.running.prescription, found.model, state.in,
                                      found.running.status.low_alarm, library))
      json["next"] = next_json(next);
  }
  return json;
}

std::vector<ComparedRow> rows_of_fill(const RefillAim& aim, const RefillState& state, const Running& now,
                                      const PumpModel& model, const Library& library) {
  constexpr int kDigits = 4;
  const Volume counted = std::max(Volume{}, now.status.reservoir_nominal);
  const Volume alarm = now.status.low_alarm;
  const Prescription& runs = *now.prescription;
  const std::string fluid = contents(aim.fluid, library);
  const std::string dose = to_text(daily_dose(runs, model.minimum_rate), Rounding::significant(kDigits));
  std::vector<ComparedRow> rows{
      {"in the reservoir, as the pump counts", to_text(counted, Rounding::significant(kDigits)),
       to_text(state.in)},
      {"taken out before", "-", state.out ? to_text(*state.out) : "nothing"},
      {"next refill", days_text(next_refill(runs, model, counted, alarm, library)),
       days_text(next_refill(runs, model, state.in, alarm, library))},
      {"fluid", fluid, fluid},
      {"daily dose", dose, dose},
      {"prescription", std::to_string(now.status.prescription), std::to_string(now.status.prescription)}};
  if (state.label) rows.insert(rows.begin() + 2, {"lot", "-", state.label->lot});
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
