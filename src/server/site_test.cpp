#include "server/site.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

namespace theca::server {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr const char* kOrigin = "https://clinic.example";
constexpr const char* kKey = "0123456789abcdef";

Route row(Method method, const char* path, const char* name, Action action) {
  Route route;
  route.method = method;
  route.path = path;
  route.name = name;
  route.summary = "A row of the tests.";
  route.action = action;
  route.response = object({needed("number", integer(0, 1'000'000))});
  route.idempotency_key = method == Method::kPost;
  route.handle = [](const Call&) { return Answer{{{"number", 1}}, {}}; };
  return route;
}

/// A clinic of two patients: p-1 of clinic 1 with Anna (1) in the care team, p-2 of clinic 2.
class Clinic {
 public:
  Clinic() {
    std::vector<Route> routes;
    routes.push_back(row(Method::kGet, "/api/patients/{patient}", "readPatient", Action::kReadPatient));
    routes.back().object = find();
    routes.push_back(row(Method::kPut, "/api/patients/{patient}", "enrolPatient", Action::kEnrolPatient));
    routes.back().object = find();
    routes.back().request = object({needed("number", integer(1, 9))});
    routes.push_back(row(Method::kPost, "/api/search", "search", Action::kSearch));
    routes.back().request = object({needed("words", text(40))});
    routes.back().query = {optional("page", integer(1, 9)), optional("order", choice({"name", "date"}))};
    routes.back().handle = [this](const Call& call) -> std::expected<Answer, Problem> {
      ++done;
      const std::string words = call.body["words"];
      if (words == "throw") throw std::runtime_error("secret");
      if (words == "refuse") return std::unexpected(problem(409, "No.", "Nothing."));
      if (words == "lie") return Answer{{{"other", 1}}, {}};
      return Answer{{{"number", done}}, {{"Set-Cookie", "a=b"}}};
    };
    routes.push_back(row(Method::kPost, "/api/sign-in", "signIn", Action::kSignIn));
    routes.back().handle = [this](const Call&) {
      ++done;
      return Answer{{{"number", done}}, {set_cookie("x")}};
    };
    routes.push_back(row(Method::kDelete, "/api/people/{person}", "dropPerson", Action::kManagePeople));
    routes.back().object = [](const Call& call) { return Object{.clinic = call.actor.clinic}; };
    routes.back().status = 204;
    routes.back().response.reset();
    routes.back().handle = [](const Call&) { return Answer{}; };
    auto router = Router::make(std::move(routes), {sessions, replies, [this] { return now; }, {}});
    if (!router) throw std::runtime_error(router.error());
    site = std::make_unique<Site>(
        SiteParts{front,
                  *std::move(router),
                  {{"/api/live", Action::kOwnAccount, [](const Actor&) { return Ears{}; }}},
                  sessions,
                  [this] { return now; }});
  }

  std::function<Object(const Call&)> find() {
    return [this](const Call& call) {
      ++looked;
      const std::string& patient = call.path.at("patient");
      if (patient == "p-1") return Object{.clinic = 1, .in_care_team = call.actor.person == 1};
      if (patient == "p-2") return Object{.clinic = 2, .in_care_team = true};
      return Object{};
    };
  }
  std::string sign_in(StaffRole role, std::int64_t person = 1) {
    return sessions.sign_in({role, 1, person}, "", now);
  }
  Request request(Method method, const std::string& path, const std::string& cookie,
                  const std::string& body = "") {
    Request out;
    out.method = method;
    out.target.path = path;
    out.body = body;
    out.headers = {{"host", "clinic.example"}, {"origin", kOrigin}, {"content-type", "application/json"}};
    if (method == Method::kPost) out.headers.push_back({"idempotency-key", kKey});
    if (!cookie.empty()) out.headers.push_back({"cookie", "__Host-theca=" + cookie});
    return out;
  }
  Response ask(Method method, const std::string& path, const std::string& cookie,
               const std::string& body = "") {
    return site->answer(request(method, path, cookie, body));
  }

  Moment now{1000h};
  Sessions sessions;
  MemoryReplies replies;
  int done = 0, looked = 0;
  Front front{http::own_origins(true, {"clinic.example"}, 443),
              Assets{{{"/index.html", "text/html", "page", "", ""}}}};
  std::unique_ptr<Site> site;
};

std::string value(const Response& response, const char* name) {
  const auto found = std::ranges::find(response.headers, name, &Header::name);
  return found == response.headers.end() ? std::string{} : found->value;
}
void set(Request& request, const char* name, const char* to) {
  std::erase_if(request.headers, [&](const Header& header) { return header.name == name; });
  if (to != nullptr) request.headers.push_back({name, to});
}

TEST(Site, who_may_reads_and_another_clinics_patient_does_not_exist) {
  Clinic clinic;
  const std::string anna = clinic.sign_in(StaffRole::kPhysician);
  EXPECT_EQ(clinic.ask(Method::kGet, "/api/patients/p-1", anna).status, 200);
  const Response other = clinic.ask(Method::kGet, "/api/patients/p-2", anna),
                 none = clinic.ask(Method::kGet, "/api/patients/p-3", anna);
  EXPECT_EQ(other.status, 404);
  EXPECT_EQ(other.body, none.body) << "the answer tells what another clinic has";
  EXPECT_EQ(clinic.ask(Method::kGet, "/api/patients/p-1", clinic.sign_in(StaffRole::kNurse, 2)).status, 403);
  EXPECT_EQ(clinic.ask(Method::kGet, "/api/patients/p-1", "").status, 401);
  EXPECT_EQ(clinic.ask(Method::kGet, "/api/patients/p-1", std::string(43, 'A')).status, 401);
}

TEST(Site, nothing_is_looked_up_for_whoever_may_not_do_it_to_anything) {
  Clinic clinic;
  EXPECT_EQ(clinic.ask(Method::kGet, "/api/patients/p-1", clinic.sign_in(StaffRole::kAdministrator)).status,
            403);
  EXPECT_EQ(clinic.ask(Method::kGet, "/api/patients/p-1", "").status, 401);
  EXPECT_EQ(clinic.looked, 0);
}

TEST(Site, a_session_that_is_over_is_nobody) {
  Clinic clinic;
  const std::string anna = clinic.sign_in(StaffRole::kPhysician);
  clinic.now += 10min - 1ms;
  EXPECT_EQ(clinic.ask(Method::kGet, "/api/patients/p-1", anna).status, 200);
  clinic.now += 10min;
  EXPECT_EQ(clinic.ask(Method::kGet, "/api/patients/p-1", anna).status, 401);
}

TEST(Site, what_changes_something_comes_from_an_own_page) {
  Clinic clinic;
  const std::string anna = clinic.sign_in(StaffRole::kPhysician);
  const auto search = [&](const char* name, const char* to) {
    Request request = clinic.request(Method::kPost, "/api/search", anna, R"({"words":"a"})");
    set(request, name, to);
    return clinic.site->answer(request).status;
  };
  EXPECT_EQ(search("origin", kOrigin), 200);
  EXPECT_EQ(search("origin", "https://evil.example"), 403);
  EXPECT_EQ(search("origin", "null"), 403);
  EXPECT_EQ(search("origin", nullptr), 403);
  EXPECT_EQ(search("sec-fetch-site", "cross-site"), 403);
  EXPECT_EQ(search("host", "evil.example"), 421);
  EXPECT_EQ(search("host", nullptr), 421);
  EXPECT_EQ(clinic.done, 1);
}

TEST(Site, a_repeated_post_is_answered_and_not_done_again) {
  Clinic clinic;
  const std::string anna = clinic.sign_in(StaffRole::kPhysician);
  const std::string body = R"({"words":"a"})";
  const Response first = clinic.ask(Method::kPost, "/api/search", anna, body);
  const Response again = clinic.ask(Method::kPost, "/api/search", anna, body);
  EXPECT_EQ(first.status, 200);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(clinic.done, 1);
  EXPECT_EQ(value(first, "Set-Cookie"), "a=b");
  EXPECT_EQ(value(again, "Set-Cookie"), "") << "a cookie is kept in memory";
  EXPECT_EQ(clinic.ask(Method::kPost, "/api/search", anna, R"({"words":"b"})").status, 422);
  EXPECT_EQ(clinic.done, 1);
  // Somebody else's key of the same letters is another key.
  EXPECT_EQ(clinic.ask(Method::kPost, "/api/search", clinic.sign_in(StaffRole::kNurse, 2), body).status, 200);
  EXPECT_EQ(clinic.done, 2);
}

TEST(Site, after_a_refusal_the_key_is_free_and_after_an_error_it_is_not) {
  Clinic clinic;
  const std::string anna = clinic.sign_in(StaffRole::kPhysician);
  EXPECT_EQ(clinic.ask(Method::kPost, "/api/search", anna, R"({"words":"refuse"})").status, 409);
  EXPECT_EQ(clinic.ask(Method::kPost, "/api/search", anna, R"({"words":"refuse"})").status, 409);
  EXPECT_EQ(clinic.done, 2);
  EXPECT_THROW(clinic.ask(Method::kPost, "/api/search", anna, R"({"words":"throw"})"), std::runtime_error);
  const Response again = clinic.ask(Method::kPost, "/api/search", anna, R"({"words":"throw"})");
  EXPECT_EQ(again.status, 500);
  EXPECT_FALSE(again.body.contains("secret"));
  EXPECT_EQ(clinic.done, 3);
}

TEST(Site, an_answer_that_is_not_as_told_is_not_shown) {
  Clinic clinic;
  const std::string anna = clinic.sign_in(StaffRole::kPhysician);
  const Response response = clinic.ask(Method::kPost, "/api/search", anna, R"({"words":"lie"})");
  EXPECT_EQ(response.status, 500);
  EXPECT_FALSE(response.body.contains("other"));
}

TEST(Site, a_sign_in_is_never_answered_from_memory) {
  Clinic clinic;
  EXPECT_EQ(value(clinic.ask(Method::kPost, "/api/sign-in", ""), "Set-Cookie"), set_cookie("x").value);
  EXPECT_EQ(clinic.ask(Method::kPost, "/api/sign-in", "").status, 200);
  EXPECT_EQ(clinic.done, 2);
}

TEST(Site, what_is_sent_must_be_as_told) {
  Clinic clinic;
  const std::string anna = clinic.sign_in(StaffRole::kPhysician);
  const auto search = [&](const std::string& body, const char* name = "x-none", const char* to = nullptr,
                          std::vector<std::pair<std::string, std::string>> query = {}) {
    Request request = clinic.request(Method::kPost, "/api/search", anna, body);
    set(request, name, to);
    request.target.query = std::move(query);
    return clinic.site->answer(request).status;
  };
  const char* good = R"({"words":"a"})";
  EXPECT_EQ(search(good, "idempotency-key", nullptr), 428);
  EXPECT_EQ(search(good, "idempotency-key", "short"), 428);
  EXPECT_EQ(search(good, "idempotency-key", "0123456789abcde!"), 428);
  EXPECT_EQ(search(good, "idempotency-key", std::string(65, 'a').c_str()), 428);
  EXPECT_EQ(search(good, "content-type", "text/plain"), 415);
  EXPECT_EQ(search(good, "content-type", nullptr), 415);
  EXPECT_EQ(search("{", "x-none"), 400);
  EXPECT_EQ(search(""), 400);
  EXPECT_EQ(search(R"({"words":7})"), 422);
  EXPECT_EQ(search(R"({"words":"a","more":1})"), 422);
  EXPECT_EQ(search(good, "x-none", nullptr, {{"page", "x"}}), 422);
  EXPECT_EQ(search(good, "x-none", nullptr, {{"page", "1"}, {"page", "2"}}), 400);
  EXPECT_EQ(search(good, "x-none", nullptr, {{"pages", "1"}}), 422);
  EXPECT_EQ(clinic.done, 0);
  EXPECT_EQ(
      search(good, "content-type", "Application/JSON; charset=utf-8", {{"page", "2"}, {"order", "date"}}),
      200);
  EXPECT_EQ(
      clinic.ask(Method::kDelete, "/api/people/7", clinic.sign_in(StaffRole::kAdministrator), "x").status,
      400);
}

TEST(Site, an_error_says_field_what_happened_and_what_to_do) {
  Clinic clinic;
  const std::string anna = clinic.sign_in(StaffRole::kPhysician);
  const Response response = clinic.ask(Method::kPost, "/api/search", anna, R"({"words":7})");
  EXPECT_EQ(response.content_type, "application/problem+json");
  const json body = json::parse(response.body);
  EXPECT_EQ(body["status"], 422);
  ASSERT_EQ(body["errors"].size(), 1U);
  EXPECT_EQ(body["errors"][0]["field"], "words");
  EXPECT_FALSE(body["errors"][0]["happened"].get<std::string>().empty());
  EXPECT_FALSE(body["errors"][0]["do"].get<std::string>().empty());
  EXPECT_FALSE(body["errors"][0].contains("pump"));
  const Response pumped =
      to_response(Problem{409, title_of(409), {{"dose_ng", "Too much.", "Less.", "It gives 2 mg/day."}}, {}});
  EXPECT_EQ(json::parse(pumped.body)["errors"][0]["pump"], "It gives 2 mg/day.");
  const Response odd = to_response(Problem{422, "x", {{"\xff", "h", "d", {}}}, {}});
  EXPECT_TRUE(json::accept(odd.body));
}

TEST(Site, methods_that_are_not_there) {
  Clinic clinic;
  const Response no = clinic.ask(Method::kDelete, "/api/patients/p-1", "");
  EXPECT_EQ(no.status, 405);
  EXPECT_EQ(value(no, "Allow"), "GET, HEAD, OPTIONS, PUT");
  const Response options = clinic.ask(Method::kOptions, "/api/patients/p-1", "");
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(value(options, "Allow"), "GET, HEAD, OPTIONS, PUT");
  EXPECT_EQ(value(options, "Access-Control-Allow-Origin"), "");
  EXPECT_EQ(clinic.ask(Method::kPost, "/", "").status, 405);
  EXPECT_EQ(clinic.ask(Method::kOptions, "/", "").status, 204);
  EXPECT_EQ(clinic.ask(Method::kGet, "/nowhere", "").status, 404);
  EXPECT_EQ(clinic.ask(Method::kGet, "/api/nowhere", "").status, 404);
  EXPECT_EQ(clinic.ask(Method::kGet, "/api/patients/a%20b", "").status, 404);
  EXPECT_EQ(clinic.ask(Method::kGet, "/", "").body, "page");
  EXPECT_EQ(clinic.ask(Method::kGet, "/api/live", "").status, 426);
}

TEST(Site, reports_of_the_content_policy_are_counted_and_nothing_else) {
  Clinic clinic;
  Request report = clinic.request(Method::kPost, "/csp-report", "", "{}");
  set(report, "origin", nullptr);
  set(report, "idempotency-key", nullptr);
  EXPECT_EQ(clinic.site->answer(report).status, 415);
  set(report, "content-type", "application/csp-report");
  EXPECT_EQ(clinic.site->answer(report).status, 204);
  set(report, "content-type", "application/reports+json");
  EXPECT_EQ(clinic.site->answer(report).status, 204);
  EXPECT_EQ(clinic.front.policy_reports(), 2U);
  EXPECT_EQ(clinic.ask(Method::kGet, "/csp-report", "").status, 405);
}

TEST(Site, a_websocket_ends_with_its_session) {
  Clinic clinic;
  const std::string anna = clinic.sign_in(StaffRole::kPhysician);
  Request request = clinic.request(Method::kGet, "/api/live", anna);
  const auto ears = clinic.site->open(request);
  ASSERT_TRUE(ears);
  EXPECT_TRUE(ears->may_stay());
  clinic.now += 9min;
  EXPECT_TRUE(ears->may_stay()) << "asked, not used";
  clinic.now += 1min;
  EXPECT_FALSE(ears->may_stay()) << "a page that only listens kept its session alive";

  const std::string again = clinic.sign_in(StaffRole::kPhysician);
  const auto second = clinic.site->open(clinic.request(Method::kGet, "/api/live", again));
  ASSERT_TRUE(second);
  clinic.sessions.revoke(1, 1);
  EXPECT_FALSE(second->may_stay());
  EXPECT_EQ(clinic.site->open(request).error().status, 401);
  set(request, "origin", nullptr);
  EXPECT_EQ(clinic.site->open(request).error().status, 403);
  EXPECT_EQ(clinic.site->open(clinic.request(Method::kGet, "/api/none", "")).error().status, 404);
}

TEST(Openapi, holds_every_row_and_nothing_else) {
  Clinic clinic;
  const Response response = clinic.ask(Method::kGet, "/api/openapi.json", "");
  ASSERT_EQ(response.status, 200);
  const json api = json::parse(response.body);
  EXPECT_EQ(api["openapi"], "3.1.0");
  std::set<std::string> found;
  for (const auto& [path, methods] : api["paths"].items()) {
    for (const auto& [method, operation] : methods.items()) {
      found.insert(method + " " + path);
      ASSERT_TRUE(operation["operationId"].is_string() && operation["summary"].is_string());
      std::set<std::string> in_path, parameters;
      for (const std::string& name : path_names(path)) in_path.insert(name);
      bool key = false;
      for (const json& parameter : operation["parameters"]) {
        if (parameter["in"] == "path") parameters.insert(parameter["name"]);
        key = key || parameter["name"] == "Idempotency-Key";
        EXPECT_TRUE(parameter["schema"].contains("type"));
      }
      EXPECT_EQ(in_path, parameters) << path;
      EXPECT_EQ(key, method == "post") << path;
      EXPECT_EQ(operation["responses"]["default"]["$ref"], "#/components/responses/Problem");
      EXPECT_EQ(operation["responses"].size(), 2U);
      if (operation.contains("requestBody")) {
        const json& schema = operation["requestBody"]["content"]["application/json"]["schema"];
        EXPECT_EQ(schema["type"], "object");
        EXPECT_EQ(schema["additionalProperties"], false);
      }
    }
  }
  const std::set<std::string> wanted{"get /api/openapi.json",       "get /api/patients/{patient}",
                                     "put /api/patients/{patient}", "post /api/search",
                                     "post /api/sign-in",           "delete /api/people/{person}"};
  EXPECT_EQ(found, wanted);
  EXPECT_TRUE(api["components"]["responses"]["Problem"]["content"].contains("application/problem+json"));
  EXPECT_EQ(api["components"]["securitySchemes"]["session"]["name"], "__Host-theca");
  EXPECT_TRUE(api["paths"]["/api/sign-in"]["post"]["security"].empty());
  EXPECT_FALSE(api["paths"]["/api/search"]["post"]["security"].empty());
  EXPECT_EQ(api["paths"]["/api/people/{person}"]["delete"]["x-roles"], json::array({"administrator"}));
}

TEST(Router, refuses_a_row_that_breaks_a_rule) {
  Sessions sessions;
  MemoryReplies replies;
  const auto make = [&](std::vector<Route> routes) {
    const auto router = Router::make(std::move(routes), {sessions, replies, BootClock::now, {}});
    return router ? std::string{} : router.error();
  };
  const Route good = row(Method::kPost, "/api/search", "search", Action::kSearch);
  EXPECT_EQ(make({good}), "");
  const auto with = [&](auto change) {
    Route bad = good;
    change(bad);
    return make({bad});
  };
  EXPECT_NE(with([](Route& r) { r.idempotency_key = false; }), "");
  EXPECT_NE(with([](Route& r) { r.path = "/search"; }), "");
  EXPECT_NE(with([](Route& r) { r.handle = nullptr; }), "");
  EXPECT_NE(with([](Route& r) { r.action = static_cast<Action>(kActionCount); }), "");
  EXPECT_NE(with([](Route& r) { r.action = Action::kReadPatient; }), "") << "a patient that nothing finds";
  EXPECT_NE(with([](Route& r) { r.path = "/api/search/{list}"; }), "") << "a thing that nothing finds";
  EXPECT_NE(with([](Route& r) { r.status = 204; }), "");
  EXPECT_NE(with([](Route& r) { r.status = 302; }), "");
  EXPECT_NE(with([](Route& r) { r.method = Method::kHead; }), "");
  Route twice = good;
  EXPECT_NE(make({good, twice}), "");
  twice.path = "/api/find";
  EXPECT_NE(make({good, twice}), "") << "one name for two rows";
  twice.name = "find";
  EXPECT_EQ(make({good, twice}), "");
  Route one = row(Method::kGet, "/api/{what}", "readThing", Action::kSearch);
  one.object = [](const Call&) { return Object{}; };
  EXPECT_NE(make({one}), "") << "it takes the description's own request";
}

TEST(MemoryReplies, are_kept_a_day_and_no_more_than_they_may) {
  MemoryReplies replies;
  const Digest request{};
  Moment now{1000h};
  using enum Claim::State;
  for (std::size_t i = 0; i < MemoryReplies::kMostPerPerson; ++i) {
    const ReplyKey key{1, 1, std::to_string(i)};
    ASSERT_EQ(replies.claim(key, request, now).state, kNew);
    EXPECT_EQ(replies.claim(key, request, now).state, kRunning);
    if (i != 0) replies.answered(key, {});
  }
  EXPECT_EQ(replies.claim({1, 1, "more"}, request, now).state, kTooMany);
  EXPECT_EQ(replies.claim({1, 2, "more"}, request, now).state, kNew);
  now += 24h;
  EXPECT_EQ(replies.claim({1, 1, "more"}, request, now).state, kNew);
  EXPECT_EQ(replies.claim({1, 1, "0"}, request, now).state, kRunning) << "what runs is forgotten";
}

}  // namespace
}  // namespace theca::server
