#pragma once
/// What `theca link` shows: a state, an order old against new.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "clinic/order_rows.hpp"
#include "link/message.hpp"

namespace theca {

std::string status_text(const link::StatusReply& status, const std::string& id);
nlohmann::ordered_json json_of(const link::StatusReply& status, const std::string& id);
std::string own_text(const link::OwnReply& own);
nlohmann::ordered_json json_of(const link::OwnReply& own);
std::string page_text(const link::PageReply& page);
nlohmann::ordered_json json_of(const link::PageReply& page);
nlohmann::ordered_json json_of(const link::Outcome& outcome);

/// Both beside each other, what differs marked.
std::string side_by_side(const std::vector<ComparedRow>& rows);

}  // namespace theca
