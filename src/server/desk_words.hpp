#pragma once
/// What the parts of the desk share: records and orders in the words of the interface.

#include <cstdint>
#include <expected>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "clinic/change_fields.hpp"
#include "clinic/kept_drafts.hpp"
#include "clinic/order_rows.hpp"
#include "clinic/patients.hpp"
#include "clinic/pump_record.hpp"
#include "clinic/readings.hpp"
#include "clinic/running.hpp"
#include "clinic/sends.hpp"
#include "plan/library.hpp"
#include "server/desk.hpp"
#include "server/router.hpp"
#include "server/uses_http.hpp"

namespace theca::server {

using Json = nlohmann::json;
using No = std::unexpected<Problem>;

/// What tries many patients takes so many threads.
unsigned trial_threads();

/// On one page.
inline constexpr std::int64_t kMostPeople = 50;
inline constexpr std::size_t kMostToday = 200;
inline constexpr std::int64_t kAuditRows = 100;
inline constexpr std::int64_t kMostStaff = 500;
/// The field that a refusal names where it takes another clinician.
inline constexpr const char* kSecondField = "second_clinician";

Problem problem_for(const records::RecordError& error);
Problem out_of_reach(const std::string& why);
records::Actor at_records(const Actor& actor);
/// 0, which is nothing's id, for what is no number.
std::int64_t id_in(const Call& call, const char* name);
/// Several steps of one wish, each with a name of its own.
records::RequestId step_of(const Call& call, const char* step);
std::string date_text(const std::chrono::year_month_day& date);

/// What a pump said, as it was kept, and the pump that it is.
struct Found {
  records::Reading reading;
  records::PumpRecord pump;
  Running running;
  PumpModel model;
};

std::expected<Running, Problem> running_in(const std::vector<std::uint8_t>& said);
std::expected<PumpModel, Problem> model_of(std::uint16_t code, const Library& library);
std::expected<Found, Problem> found_reading(records::Database& database, const records::Actor& actor,
                                            records::ReadingId id, const Library& library);
std::vector<std::string> alarm_names(std::uint32_t bits);
std::string state_name(DeviceState state);
std::optional<Problem> too_old(const records::Reading& reading, std::int64_t now_ms);

Json rows_json(const std::vector<ComparedRow>& rows);
std::vector<OrderRow> rows_before(const Running& running, FlowRate minimum, const Library& library);
Json fields_json(const ChangeFields& fields);

std::expected<PasskeyAssertion, Problem> assertion_in(const Json& json, const char* field);
/// Of a dose that was typed to confirm.
Problem slip_of(const std::string& why);
link::OrderBytes order_in(const records::KeptDraft& kept);
/// The order and its prescription; a draft that is none was never kept.
struct DraftedOrder {
  link::OrderBytes bytes{};
  link::Order order;
  Prescription prescription;
};
DraftedOrder drafted_order(const records::KeptDraft& kept);

/// What its author was told to know; none for one of an earlier version.
Json notes_in(const records::KeptDraft& kept);

/// `runs`: what the implant said it runs when it was asked after it had taken the order.
Json sent_json(records::SendId id, records::SendState state, const std::string& message,
               const std::optional<link::OrderBytes>& runs = std::nullopt);
records::SendState state_of(link::Delivery delivery);
/// What a send is called that tells a pump of a fill; it has no draft.
inline constexpr const char* kFillIntent = "refill";
/// And one that has an order for another fluid signed, which the pump gets with its fill.
inline constexpr const char* kSignIntent = "sign for refill";
/// To whoever asks again.
const char* words_of_before(records::SendState state);

}  // namespace theca::server
