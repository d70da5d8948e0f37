#pragma once
/// One row of the interface: what may be asked, by whom, with what, and what comes back. Router,
/// authorisation and the interface's description read the same rows.

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "http/clock.hpp"
#include "http/http.hpp"
#include "http/problem.hpp"
#include "http/schema.hpp"
#include "server/permit.hpp"
#include "server/uses_http.hpp"

namespace theca::server {

/// What a handler is given. Everything in it was checked against the row.
struct Call {
  const Request& request;
  Actor actor;
  std::map<std::string, std::string, std::less<>> path;  // "patient" -> "p-12"
  nlohmann::json query = nlohmann::json::object();
  nlohmann::json body;
  std::string idempotency_key;
  std::string cookie;  // of the session
  Moment now;
};

struct Answer {
  nlohmann::json body;  // null: none
  std::vector<Header> headers;
};

struct Route {
  Method method = Method::kGet;
  std::string path;  // "/api/patients/{patient}"; a name in braces stands for letters, digits, '-' and '_'
  std::string name;  // "readPatient", once in the table
  std::string summary;
  Action action = Action::kEmergencyPage;
  std::vector<Field> query{};      // texts, whole numbers, choices
  std::optional<Shape> request{};  // of the JSON body; none: no body
  int status = 200;                // when it goes well
  std::optional<Shape> response{};
  bool idempotency_key = false;  // every POST needs one
  /// What is acted on, from the path alone. Unset: the actor's own clinic as a whole.
  std::function<std::expected<Object, Problem>(const Call&)> object{};
  std::function<std::expected<Answer, Problem>(const Call&)> handle;
};

inline constexpr const char* kInterfacePath = "/api/openapi.json";
inline constexpr const char* kIdempotencyKeyForm = "^[A-Za-z0-9_-]{16,64}$";
inline constexpr const char* kPathValueForm = "^[A-Za-z0-9_-]{1,64}$";

/// The names in braces, in their order.
std::vector<std::string> path_names(const std::string& path);

/// The rows as OpenAPI 3.1.
nlohmann::ordered_json openapi(const std::vector<Route>& routes);

}  // namespace theca::server
