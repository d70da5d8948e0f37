#pragma once
/// What went wrong, in the form of RFC 9457: each error says which field, what happened, what the pump is
/// doing when that is known, and what to do.

#include <optional>
#include <string>
#include <vector>

#include "http/http.hpp"

namespace theca::http {

struct FieldError {
  std::string field;  // "patient_bolus.lockout_minutes", "doses[2]"; empty: the request as a whole
  std::string happened;
  std::string to_do;
  std::optional<std::string> pump;  // what the pump is doing, when it is known
};

struct Problem {
  int status = 400;
  std::string title;
  std::vector<FieldError> errors;
  std::vector<Header> headers;  // Retry-After, Allow
};

Problem problem(int status, std::string happened, std::string to_do);
Response to_response(const Problem& problem);

/// "Not Found"; "Error" for a status without a name here.
const char* title_of(int status);

}  // namespace theca::http
