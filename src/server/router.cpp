#include "server/router.hpp"

#include <sodium.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace theca::server {
namespace {

constexpr std::size_t kLongestPathValue = 64;
constexpr std::size_t kShortestKey = 16, kLongestKey = 64;

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

std::vector<std::string_view> segments(std::string_view path) {
  std::vector<std::string_view> out;
  while (!path.empty()) {
    path.remove_prefix(1);
    out.push_back(path.substr(0, path.find('/')));
    path.remove_prefix(out.back().size());
  }
  return out;
}

bool is_name(std::string_view segment) { return segment.starts_with('{') && segment.ends_with('}'); }

std::optional<std::map<std::string, std::string, std::less<>>> match(const Route& route,
                                                                     std::string_view path) {
  const auto wanted = segments(route.path), have = segments(path);
  if (wanted.size() != have.size()) return std::nullopt;
  std::map<std::string, std::string, std::less<>> values;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (!is_name(wanted[i])) {
      if (wanted[i] != have[i]) return std::nullopt;
      continue;
    }
    if (have[i].empty() || have[i].size() > kLongestPathValue || !is_plain(have[i])) return std::nullopt;
    values.emplace(wanted[i].substr(1, wanted[i].size() - 2), have[i]);
  }
  return values;
}

bool same_requests(const Route& a, const Route& b) {
  const auto left = segments(a.path), right = segments(b.path);
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (left[i] != right[i] && !is_name(left[i]) && !is_name(right[i])) return false;
  }
  return true;
}

bool is_about_patients(Action action) {
  return std::ranges::any_of(permit_table::kTable[static_cast<std::size_t>(action)].reach, [](Reach reach) {
    return reach == Reach::kCareTeam || reach == Reach::kCareOrBroken;
  });
}

std::optional<std::string> broken_rule(const Route& route) {
  if (!route.path.starts_with("/api/")) return "its path does not begin with /api/";
  if (route.name.empty() || !is_plain(route.name)) return "its name is not of letters and digits";
  if (static_cast<std::size_t>(route.action) >= kActionCount) return "its action is in no table";
  if (route.method == Method::kHead || route.method == Method::kOptions)
    return "HEAD and OPTIONS are answered from the other rows";
  if (route.method == Method::kPost && !route.idempotency_key) return "a POST needs an idempotency key";
  if (is_safe(route.method) && (route.request || route.idempotency_key))
    return "what only reads has neither body nor idempotency key";
  if (!route.handle) return "nobody handles it";
  const bool one = !path_names(route.path).empty() || is_about_patients(route.action);
  if (one && !is_public(route.action) && !route.object) return "nothing finds what it acts on";
  if ((route.status == 204) != !route.response) return "204 and a response exclude each other";
  if (route.status < 200 || route.status > 299) return "its status is not one of success";
  return std::nullopt;
}

/// The query's values as JSON, numbers as numbers.
std::expected<nlohmann::json, Problem> query_of(const Route& route, const Request& request) {
  nlohmann::json out = nlohmann::json::object();
  for (const auto& [name, value] : request.target.query) {
    if (out.contains(name))
      return std::unexpected(problem(400, "The value " + name + " stands twice.", "Send it once."));
    const auto field = std::ranges::find(route.query, name, &Field::name);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    const bool whole = error == std::errc{} && end == value.data() + value.size();
    if (field != route.query.end() && field->shape.kind == Shape::Kind::kInteger && whole) {
      out[name] = number;
    } else {
      out[name] = value;
    }
  }
  if (auto errors = check(out, object(route.query)); !errors.empty())
    return std::unexpected(Problem{422, title_of(422), std::move(errors), {}});
  return out;
}

bool is_json(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  constexpr std::string_view kJson = "application/json";
  return std::ranges::equal(type.substr(0, type.find(' ')), kJson, {},
                            [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
}

std::expected<nlohmann::json, Problem> body_of(const Route& route, const Request& request) {
  if (!route.request) {
    if (request.body.empty()) return nlohmann::json{};
    return std::unexpected(problem(400, "This request has no body.", "Send it without one."));
  }
  if (!is_json(request.header("content-type")))
    return std::unexpected(problem(415, "The content is not application/json.", "Send JSON and say so."));
  auto body = parse_json(request.body);
  if (!body)
    return std::unexpected(problem(400, "The body cannot be read: " + body.error() + ".", "Correct it."));
  if (auto errors = check(*body, *route.request); !errors.empty())
    return std::unexpected(Problem{422, title_of(422), std::move(errors), {}});
  return *std::move(body);
}

Digest digest_of(const Request& request) {
  Digest out{};
  crypto_generichash_state state{};
  crypto_generichash_init(&state, nullptr, 0, out.size());
  for (const std::string_view part :
       {name_of(request.method), std::string_view{request.target.path}, std::string_view{request.body}}) {
    const std::uint64_t size = part.size();  // where one part ends counts
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(&size), sizeof size);
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(part.data()), part.size());
  }
  crypto_generichash_final(&state, out.data(), out.size());
  return out;
}

Response allowed(const std::set<std::string_view>& methods, bool asked) {
  std::string list;
  for (const std::string_view method : methods) (list += list.empty() ? "" : ", ") += method;
  if (asked) return {204, {}, {}, {{"Allow", list}}};
  Problem no = problem(405, "This cannot be done here.", "Possible here: " + list + ".");
  no.headers.push_back({"Allow", list});
  return to_response(no);
}

}  // namespace

std::vector<std::string> path_names(const std::string& path) {
  std::vector<std::string> names;
  for (const std::string_view segment : segments(path)) {
    if (is_name(segment)) names.emplace_back(segment.substr(1, segment.size() - 2));
  }
  return names;
}

Problem problem_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kNotSignedIn:
      return problem(401, "Nobody is signed in, or the session is over.", "Sign in and do it again.");
    case Verdict::kNotFound:
      return problem(404, "There is no such thing in this clinic.", "Look for it again.");
    case Verdict::kNotInCareTeam:
      return problem(403, "You are not in this patient's care team.",
                     "Ask somebody who is to add you; in an emergency, open the chart with a reason.");
    case Verdict::kSamePerson:
      return problem(403, "You have signed this as the first.", "A second person must sign it.");
    case Verdict::kNotThisRole:
    case Verdict::kYes:
      break;
  }
  return problem(403, "Your role does not do this.", "Ask somebody whose role does.");
}

std::expected<Router, std::string> Router::make(std::vector<Route> routes, RouterParts parts) {
  if (sodium_init() < 0) return std::unexpected("the cryptographic library does not start");
  Route interface {
    .method = Method::kGet, .path = kInterfacePath, .name = "readInterface", .summary = "This description.",
    .action = Action::kReadInterface, .response = object({}), .handle = [](const Call&) { return Answer{}; }
  };
  routes.push_back(std::move(interface));
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const auto named = "route " + std::string{name_of(routes[i].method)} + " " + routes[i].path + ": ";
    if (const auto why = broken_rule(routes[i])) return std::unexpected(named + *why);
    for (std::size_t j = 0; j < i; ++j) {
      if (routes[j].name == routes[i].name) return std::unexpected(named + "its name stands twice");
      if (routes[j].method == routes[i].method && same_requests(routes[j], routes[i]))
        return std::unexpected(named + routes[j].path + " takes the same requests");
    }
  }
  return Router{std::move(routes), std::move(parts)};
}

Response Router::answer(const Request& request) const {
  const Method method = request.method == Method::kHead ? Method::kGet : request.method;
  std::set<std::string_view> methods;
  for (const Route& route : routes_) {
    auto values = match(route, request.target.path);
    if (!values) continue;
    if (route.method != method) {
      methods.insert({name_of(route.method), name_of(Method::kOptions)});
      if (route.method == Method::kGet) methods.insert(name_of(Method::kHead));
      continue;
    }
    if (route.path == kInterfacePath)
      return {200, "application/json", openapi(routes_).dump(), {{"Cache-Control", "no-cache"}}};
    Call call{.request = request,
              .actor = {},
              .path = *std::move(values),
              .query = {},
              .body = {},
              .idempotency_key = std::string{request.header("idempotency-key")},
              .cookie = std::string{session_cookie(request)},
              .now = parts_.now()};
    auto response = answer_row(route, std::move(call));
    return response ? *std::move(response) : to_response(response.error());
  }
  if (!methods.empty()) return allowed(methods, request.method == Method::kOptions);
  return to_response(problem_of(Verdict::kNotFound));
}

std::expected<Response, Problem> Router::answer_row(const Route& route, Call call) const {
  if (const auto session = parts_.sessions.use(call.cookie, call.now)) call.actor = session->actor;
  // Before the object is looked for: whoever may not do this to anything learns nothing of what there is.
  const Reach reach = static_cast<std::size_t>(call.actor.role) < kStaffRoleCount
                          ? permit_table::reach(route.action, call.actor.role)
                          : Reach::kNever;
  Object object{.clinic = call.actor.clinic};
  if (route.object && reach != Reach::kNever && reach != Reach::kAnybody) {
    auto found = route.object(call);
    if (!found) return std::unexpected(found.error());  // not that there is none: nobody knows
    object = *found;
  }
  if (const Verdict verdict = permit(call.actor, route.action, object); verdict != Verdict::kYes)
    return std::unexpected(problem_of(verdict));

  const std::string& key = call.idempotency_key;
  if (route.idempotency_key && (key.size() < kShortestKey || key.size() > kLongestKey || !is_plain(key)))
    return std::unexpected(
        problem(428, "The header Idempotency-Key is missing or not 16 to 64 letters, digits, '-' or '_'.",
                "Send a new one for each new thing, and the same one when you repeat it."));
  auto query = query_of(route, call.request);
  if (!query) return std::unexpected(query.error());
  call.query = *std::move(query);
  auto body = body_of(route, call.request);
  if (!body) return std::unexpected(body.error());
  call.body = *std::move(body);
  // Without a person there is nobody whose keys these would be; and a sign-in is never answered from memory.
  if (!route.idempotency_key || is_public(route.action)) return run(route, call);

  const ReplyKey reply_key{call.actor.clinic, call.actor.person, key};
  const Claim claim = parts_.replies.claim(reply_key, digest_of(call.request), call.now);
  switch (claim.state) {
    case Claim::State::kAnswered:
      return *claim.response;
    case Claim::State::kRunning:
      return std::unexpected(problem(409, "The same request is being done just now.",
                                     "Ask again with the same key in a moment."));
    case Claim::State::kAnother:
      return std::unexpected(problem(422, "The Idempotency-Key was used for another request.",
                                     "Send a new key for a new request."));
    case Claim::State::kTooMany:
      return std::unexpected(problem(429, "More requests than are kept for one person in a day.",
                                     "Go on tomorrow, or ask whoever runs this server."));
    case Claim::State::kNew:
      break;
  }
  const auto keep = [&](Response response) {
    std::erase_if(response.headers, [](const Header& header) { return header.name == "Set-Cookie"; });
    parts_.replies.answered(reply_key, response);
  };
  constexpr int kUnknown = 500;  // perhaps it was done: a repeated request must not do it again
  try {
    auto response = run(route, call);
    if (response) {
      keep(*response);
    } else if (response.error().status == kUnknown) {
      keep(to_response(response.error()));
    } else {
      parts_.replies.dropped(reply_key);
    }
    return response;
  } catch (...) {
    keep(to_response(problem(kUnknown,
                             "This was tried before and broke off; it may or may not have been done.",
                             "Look at the record, then send what is still to be done with a new key.")));
    throw;
  }
}

std::expected<Response, Problem> Router::run(const Route& route, const Call& call) const {
  auto answer = route.handle(call);
  if (!answer) return std::unexpected(std::move(answer.error()));
  std::optional<std::string> why;
  if (!route.response && !answer->body.is_null()) why = "a body where none was told";
  if (route.response) {
    if (const auto errors = check(answer->body, *route.response); !errors.empty())
      why = errors.front().field + ": " + errors.front().to_do;
  }
  if (why) {
    if (parts_.fault) parts_.fault(route.name, *why);
    return std::unexpected(
        problem(500, "The server's answer is not as its interface says; it is not shown.",
                "Look at the record before doing it again, and tell whoever runs this server."));
  }
  Response response{route.status, {}, {}, std::move(answer->headers)};
  if (route.response) {
    response.content_type = "application/json";
    response.body = answer->body.dump();
  }
  return response;
}

}  // namespace theca::server
