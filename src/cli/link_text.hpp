#pragma once
/// What `theca link` shows: a state, a prescription old against new.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "link/message.hpp"
#include "plan/library.hpp"

namespace theca {

std::string status_text(const link::StatusReply& status, const std::string& id);
nlohmann::ordered_json json_of(const link::StatusReply& status, const std::string& id);
std::string own_text(const link::OwnReply& own);
nlohmann::ordered_json json_of(const link::OwnReply& own);
std::string page_text(const link::PageReply& page);
nlohmann::ordered_json json_of(const link::PageReply& page);
nlohmann::ordered_json json_of(const link::Outcome& outcome);

/// The most basal that any day gives, of the fluid's first drug: what a clinician types to confirm.
DoseRate daily_dose(const Prescription& prescription, FlowRate minimum_rate);

/// An order row by row, each what and how much.
struct OrderRow {
  std::string what, value;
};
std::vector<OrderRow> rows_of(const link::Order& order, const Prescription& prescription,
                              FlowRate minimum_rate, const Library& library);
/// Both beside each other, what differs marked. `before` may be empty.
std::string side_by_side(const std::vector<OrderRow>& before, const std::vector<OrderRow>& now);

}  // namespace theca
