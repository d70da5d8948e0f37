#include "http/front.hpp"

#include <string>
#include <string_view>

#include "http/problem.hpp"
#include "http/security_headers.hpp"

namespace theca::http {
namespace {

constexpr std::string_view kEverything = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

}  // namespace

Response refusal(int status, std::string happened, std::string to_do) {
  return to_response(problem(status, std::move(happened), std::move(to_do)));
}

Response not_allowed(std::string_view allowed) {
  Problem no = problem(405, "This cannot be done here.", "Possible here: " + std::string{allowed} + ".");
  no.headers.push_back({"Allow", std::string{allowed}});
  return to_response(no);
}

std::optional<Response> Front::guard(const Request& request) const {
  if (!own_.has_host(request.header("host")))
    return refusal(421, "This server is not known by the name in the header Host.",
                   "Use the address that was given out for it.");
  // The browser itself sends reports; they change a count.
  if (request.target.path != kReportPath && !may_change(request, own_))
    return refusal(403, "The request does not come from a page of this server.",
                   "Open this server's own page and do it there.");
  return std::nullopt;
}

Response Front::count_report(const Request& request) {
  if (request.method == Method::kOptions) return {204, {}, {}, {{"Allow", "POST, OPTIONS"}}};
  if (request.method != Method::kPost) return not_allowed("POST, OPTIONS");
  const std::string_view type = request.header("content-type");
  if (!type.starts_with("application/csp-report") && !type.starts_with("application/reports+json"))
    return refusal(415, "The content is no report of a browser.", "Nothing is to be done.");
  ++reports_;
  return {204, {}, {}, {}};
}

std::optional<Response> Front::answer(const Request& request) {
  if (auto no = guard(request)) return no;
  const std::string& path = request.target.path;
  if (path == "*") return Response{204, {}, {}, {{"Allow", std::string{kEverything}}}};
  if (path == kReportPath) return count_report(request);
  if (path.starts_with("/api/")) return std::nullopt;
  if (auto asset = assets_.answer(request)) return asset;
  if (!assets_.has(path))
    return refusal(404, "There is no page under this address.", "Begin at the first page.");
  if (request.method == Method::kOptions) return Response{204, {}, {}, {{"Allow", "GET, HEAD, OPTIONS"}}};
  return not_allowed("GET, HEAD, OPTIONS");
}

}  // namespace theca::http
