#pragma once
/// An order in words, row by row, so that it can be held against another.

#include <optional>
#include <string>
#include <vector>

#include "link/order.hpp"
#include "plan/library.hpp"
#include "quantity/print.hpp"
#include "therapy/prescription.hpp"

namespace theca {

/// "simple continuous", "flex", ...
const char* basal_name(BasalMode mode);

/// A drug of which nobody is given more than this in a day is spoken of in micrograms. Theca's own rule: it
/// puts morphine, hydromorphone and bupivacaine into milligrams, as their labels have them, and baclofen,
/// clonidine, fentanyl, sufentanil and ziconotide into micrograms.
inline constexpr DoseRate kMostInMicrograms{2'000'000'000'000};  // 2 mg/day
/// By the largest dose that the library names; milligrams for a drug that it does not know.
MassUnit spoken_unit(const DrugEntry* drug);

/// The most basal that any day of the calendar gives, of the fluid's first drug: what a clinician types to
/// confirm. Of a flex schedule to the nearest nanolitre.
DoseRate daily_dose(const Prescription& prescription, FlowRate minimum_rate);

/// Why a typed daily dose is not the order's, in a sentence; nothing where it is, give or take the pump's own
/// rounding, or half a thousandth: 366.7 is 366.667 as anybody types it. A slip is seen when the dose is
/// typed once more from the chart.
std::optional<std::string> not_confirmed(const std::string& typed, const Prescription& prescription,
                                         FlowRate minimum_rate);

struct OrderRow {
  std::string what, value;
};
/// Every number that the order decides. Doses are computed back from the stored rates; `minimum_rate` is the
/// pump model's.
std::vector<OrderRow> rows_of(const link::Order& order, const Prescription& prescription,
                              FlowRate minimum_rate, const Library& library);

/// A row of both; "-" where one has none.
struct ComparedRow {
  std::string what, before, now;
  [[nodiscard]] bool changed() const { return before != now; }
};
/// Every row of either, in the new order's order.
std::vector<ComparedRow> compare(const std::vector<OrderRow>& before, const std::vector<OrderRow>& now);

}  // namespace theca
