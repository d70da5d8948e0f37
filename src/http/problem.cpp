#include "http/problem.hpp"

#include <array>
#include <nlohmann/json.hpp>

namespace theca::http {
namespace {

struct Title {
  int status;
  const char* text;
};
constexpr std::array kTitles{
    Title{400, "The request was not understood"},
    Title{401, "Not signed in"},
    Title{403, "Not permitted"},
    Title{404, "Not found"},
    Title{405, "Not possible here"},
    Title{408, "The request took too long"},
    Title{409, "In conflict with what is there"},
    Title{413, "The request is too large"},
    Title{414, "The address is too long"},
    Title{415, "The content is of another type"},
    Title{417, "An expectation that is not met"},
    Title{421, "Another server is meant"},
    Title{422, "A value is not acceptable"},
    Title{426, "Something else is spoken here"},
    Title{428, "Something must be sent with it"},
    Title{429, "Too many attempts"},
    Title{431, "The header is too large"},
    Title{500, "An error in the server"},
    Title{501, "Not supported"},
    Title{503, "The server is busy"},
    Title{505, "Another version of HTTP"},
};

}  // namespace

const char* title_of(int status) {
  const auto found = std::ranges::find(kTitles, status, &Title::status);
  return found == kTitles.end() ? "Error" : found->text;
}

Problem problem(int status, std::string happened, std::string to_do) {
  return {status, title_of(status), {{"", std::move(happened), std::move(to_do), std::nullopt}}, {}};
}

Response to_response(const Problem& problem) {
  nlohmann::ordered_json errors = nlohmann::ordered_json::array();
  for (const FieldError& error : problem.errors) {
    nlohmann::ordered_json one{{"field", error.field}, {"happened", error.happened}};
    if (error.pump) one["pump"] = *error.pump;
    one["do"] = error.to_do;
    errors.push_back(std::move(one));
  }
  const nlohmann::ordered_json body{
      {"type", "about:blank"}, {"title", problem.title}, {"status", problem.status}, {"errors", errors}};
  // A field's name may come from the request: bytes that are no UTF-8 are replaced, not thrown at.
  constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;
  return {problem.status, "application/problem+json", body.dump(-1, ' ', false, kReplace), problem.headers};
}

}  // namespace theca::http
