#include <algorithm>

#include "server/route.hpp"
#include "server/session.hpp"

namespace theca::server {
namespace {

using Json = nlohmann::ordered_json;

std::string lower(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

Json parameter(const std::string& name, const char* where, bool needed, Json schema) {
  return {{"name", name}, {"in", where}, {"required", needed}, {"schema", std::move(schema)}};
}

Json in_json(const char* type, Json schema) { return {{type, {{"schema", std::move(schema)}}}}; }

Json operation(const Route& route) {
  Json out{{"operationId", route.name}, {"summary", route.summary}, {"x-action", name_of(route.action)}};
  Json roles = Json::array();
  for (std::size_t role = 0; role < kStaffRoleCount; ++role) {
    if (permit_table::reach(route.action, static_cast<StaffRole>(role)) != Reach::kNever)
      roles.push_back(kStaffRoleNames[role]);
  }
  out["x-roles"] = std::move(roles);
  out["security"] = Json::array();
  if (!is_public(route.action)) out["security"].push_back({{"session", Json::array()}});

  Json parameters = Json::array();
  for (const std::string& name : path_names(route.path))
    parameters.push_back(parameter(name, "path", true, {{"type", "string"}, {"pattern", kPathValueForm}}));
  for (const Field& field : route.query)
    parameters.push_back(parameter(field.name, "query", field.needed, to_json_schema(field.shape)));
  if (route.idempotency_key)
    parameters.push_back(
        parameter("Idempotency-Key", "header", true, {{"type", "string"}, {"pattern", kIdempotencyKeyForm}}));
  out["parameters"] = std::move(parameters);
  if (route.request)
    out["requestBody"] = {{"required", true},
                          {"content", in_json("application/json", to_json_schema(*route.request))}};

  Json good{{"description", route.response ? "As asked." : "Done."}};
  if (route.response) good["content"] = in_json("application/json", to_json_schema(*route.response));
  out["responses"] = {{std::to_string(route.status), std::move(good)},
                      {"default", {{"$ref", "#/components/responses/Problem"}}}};
  return out;
}

Json problem_response() {
  const Json text{{"type", "string"}};
  const Json error{{"type", "object"},
                   {"properties", {{"field", text}, {"happened", text}, {"pump", text}, {"do", text}}},
                   {"required", Json::array({"field", "happened", "do"})}};
  const Json schema{{"type", "object"},
                    {"properties",
                     {{"type", text},
                      {"title", text},
                      {"status", {{"type", "integer"}}},
                      {"errors", {{"type", "array"}, {"items", error}}}}},
                    {"required", Json::array({"type", "title", "status", "errors"})}};
  return {{"description",
           "Each error: which field, what happened, what the pump is doing when that is known, what to do."},
          {"content", in_json("application/problem+json", schema)}};
}

}  // namespace

Json openapi(const std::vector<Route>& routes) {
  Json paths = Json::object();
  for (const Route& route : routes) paths[route.path][lower(name_of(route.method))] = operation(route);
  const Json session{
      {"type", "apiKey"},
      {"in", "cookie"},
      {"name", kSessionCookie},
      {"description", "Whatever changes something must also come from one of the server's own pages."}};
  return {{"openapi", "3.1.0"},
          {"info", {{"title", "Theca clinic server"}, {"version", THECA_VERSION}}},
          {"paths", std::move(paths)},
          {"components",
           {{"securitySchemes", {{"session", session}}}, {"responses", {{"Problem", problem_response()}}}}}};
}

}  // namespace theca::server
