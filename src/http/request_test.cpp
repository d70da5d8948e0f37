// What is read of a request before anybody acts on it: its address, where it comes from, its JSON, and which
// variant of a file it may have.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>

#include "http/asset.hpp"
#include "http/origin.hpp"
#include "http/schema.hpp"
#include "http/target.hpp"

namespace theca::http {
namespace {

// --- the address

RC_GTEST_PROP(Target, any_bytes_give_a_safe_path_or_none, (const std::string& bytes)) {
  const auto pieces = *rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("/", "..", ".", "%2e", "%2F", "%5c", "\\", "a", "%00", "%", "%zz", "?",
                                    "&", "=", "+", "//", "#", bytes));
  std::string raw = "/";
  for (const std::string& piece : pieces) raw += piece;
  const auto target = parse_target(raw);
  if (!target) return;
  RC_ASSERT(target->path.starts_with("/"));
  for (const char c : target->path) RC_ASSERT(c > ' ' && c <= '~' && c != '\\');
  const std::string path = target->path + "/";
  RC_ASSERT(!path.contains("/../") && !path.contains("/./"));
  RC_ASSERT(!target->path.contains("//"));
  RC_ASSERT(target->query.size() <= kMostQueryValues);
}

TEST(Target, what_is_plain_comes_through) {
  const auto target = parse_target("/api/patients/p%2D1?name=a+b&empty=&x=%26");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/api/patients/p-1");
  const std::vector<std::pair<std::string, std::string>> query{{"name", "a b"}, {"empty", ""}, {"x", "&"}};
  EXPECT_EQ(target->query, query);
  EXPECT_TRUE(parse_target("/assets/"));
  EXPECT_TRUE(parse_target("*"));
}

TEST(Target, what_two_readers_could_read_in_two_ways_is_refused) {
  for (const char* raw : {"",          "a",           "http://localhost/",
                          "//a",       "/a//b",       "/../a",
                          "/a/..",     "/a/%2e%2e/b", "/a%2fb",
                          "/a\\b",     "/a%5Cb",      "/%00",
                          "/a%0d%0ab", "/a%",         "/a%4",
                          "/a%+4",     "/a b",        "/a#b",
                          "/\xc3\xbc", "/%c3%bc",     "/a?x=%c3%bc"})
    EXPECT_FALSE(parse_target(raw)) << raw;
  EXPECT_TRUE(parse_target("/" + std::string(2047, 'a')));
  EXPECT_FALSE(parse_target("/" + std::string(2048, 'a')));
  std::string many = "/?";
  for (int i = 0; i < 33; ++i) many += "a=b&";
  EXPECT_FALSE(parse_target(many));
}

// --- where it comes from

const OwnOrigins kOwn = own_origins(true, {"clinic.example", "::1"}, 8443);

Request from(Method method, const char* origin, const char* site) {
  Request request;
  request.method = method;
  if (origin != nullptr) request.headers.push_back({"origin", origin});
  if (site != nullptr) request.headers.push_back({"sec-fetch-site", site});
  return request;
}

struct From {
  const char *origin, *site;
};

/// Every method with every pair of headers against the short list of what may be.
template <class MayChange>
std::vector<std::string> matrix_differences(MayChange may) {
  const auto is = [](const char* a, const char* b) {
    return a == nullptr || b == nullptr ? a == b : std::string_view{a} == b;
  };
  constexpr const char* kMine = "https://clinic.example:8443";
  const std::array<From, 3> accepted{{{kMine, nullptr}, {kMine, "same-origin"}, {nullptr, "same-origin"}}};
  std::vector<std::string> out;
  for (const Method method : {Method::kGet, Method::kHead, Method::kOptions, Method::kPost, Method::kPut,
                              Method::kPatch, Method::kDelete}) {
    for (const char* origin : {static_cast<const char*>(nullptr), kMine, "https://clinic.example",
                               "http://clinic.example:8443", "https://evil.example", "null",
                               "https://clinic.example:8443.evil.example", "https://CLINIC.example:8443/"}) {
      for (const char* site : {static_cast<const char*>(nullptr), "same-origin", "same-site", "cross-site",
                               "none", "Same-Origin"}) {
        const bool reads = method == Method::kGet || method == Method::kHead || method == Method::kOptions;
        const bool listed = std::ranges::any_of(
            accepted, [&](const From& one) { return is(one.origin, origin) && is(one.site, site); });
        if (may(from(method, origin, site)) != (reads || listed))
          out.push_back(std::string{name_of(method)} + " from " + (origin ? origin : "nowhere") + ", " +
                        (site ? site : "no site"));
      }
    }
  }
  return out;
}

TEST(Origin, only_own_pages_change_anything) {
  const auto found = matrix_differences([](const Request& request) { return may_change(request, kOwn); });
  EXPECT_TRUE(found.empty()) << found.size() << ", the first: " << found.front();
}

TEST(OriginBrokenTwin, a_check_of_one_header_alone_is_seen) {
  const auto without = [](const char* header) {
    return [header](Request request) {
      std::erase_if(request.headers, [&](const Header& one) { return one.name == header; });
      return may_change(request, kOwn);
    };
  };
  EXPECT_FALSE(matrix_differences(without("origin")).empty());
  EXPECT_FALSE(matrix_differences(without("sec-fetch-site")).empty());
  EXPECT_FALSE(matrix_differences([](const Request& request) {  // lets pass what says nothing
                 return may_change(request, kOwn) || provenance(request, kOwn) == Provenance::kUnknown;
               })
                   .empty());
}

TEST(Origin, a_websocket_needs_the_header_origin_itself) {
  EXPECT_TRUE(may_open_socket(from(Method::kGet, "https://clinic.example:8443", nullptr), kOwn));
  EXPECT_FALSE(may_open_socket(from(Method::kGet, nullptr, "same-origin"), kOwn));
  EXPECT_FALSE(may_open_socket(from(Method::kGet, "https://evil.example", "same-origin"), kOwn));
  EXPECT_FALSE(may_open_socket(from(Method::kGet, "https://clinic.example:8443", "cross-site"), kOwn));
}

TEST(Origin, hosts_are_those_of_the_own_origins) {
  EXPECT_TRUE(kOwn.has_host("clinic.example:8443"));
  EXPECT_TRUE(kOwn.has_host("Clinic.Example:8443"));
  EXPECT_TRUE(kOwn.has_host("[::1]:8443"));
  EXPECT_FALSE(kOwn.has_host("clinic.example"));
  EXPECT_FALSE(kOwn.has_host("evil.example:8443"));
  EXPECT_FALSE(kOwn.has_host(""));
  EXPECT_TRUE(own_origins(true, {"clinic.example"}, 443).has("https://clinic.example"));
  EXPECT_TRUE(own_origins(false, {"localhost"}, 80).has("http://localhost"));
}

// --- JSON

const Shape kBolus = object({needed("dose_ng", integer(1, 1'000'000)), needed("drug", choice({"morphine"})),
                             optional("note", text(5)), optional("times", list(integer(0, 1439), 3)),
                             optional("lockout", object({needed("minutes", integer(1, 1440))}))});

std::vector<std::string> fields_of(const std::string& json) {
  const auto value = parse_json(json);
  if (!value) return {"cannot be read"};
  std::vector<std::string> out;
  for (const FieldError& error : check(*value, kBolus)) {
    out.push_back(error.field);
    EXPECT_FALSE(error.happened.empty());
    EXPECT_FALSE(error.to_do.empty());
  }
  return out;
}
using Fields = std::vector<std::string>;

TEST(Schema, each_error_names_its_field) {
  EXPECT_EQ(fields_of(R"({"dose_ng":5,"drug":"morphine"})"), Fields{});
  EXPECT_EQ(
      fields_of(R"({"dose_ng":5,"drug":"morphine","note":"ünüé5","times":[0,1439],"lockout":{"minutes":1}})"),
      Fields{});
  EXPECT_EQ(fields_of(R"({"drug":"morphine"})"), Fields{"dose_ng"});
  EXPECT_EQ(fields_of(R"({"dose_ng":5.0,"drug":"morphine"})"), Fields{"dose_ng"});
  EXPECT_EQ(fields_of(R"({"dose_ng":5e0,"drug":"morphine"})"), Fields{"dose_ng"});
  EXPECT_EQ(fields_of(R"({"dose_ng":"5","drug":"morphine"})"), Fields{"dose_ng"});
  EXPECT_EQ(fields_of(R"({"dose_ng":0,"drug":"morphine"})"), Fields{"dose_ng"});
  EXPECT_EQ(fields_of(R"({"dose_ng":1000001,"drug":"morphine"})"), Fields{"dose_ng"});
  EXPECT_EQ(fields_of(R"({"dose_ng":18446744073709551615,"drug":"morphine"})"), Fields{"dose_ng"});
  EXPECT_EQ(fields_of(R"({"dose_ng":18446744073709551621,"drug":"morphine"})"), Fields{"dose_ng"});
  EXPECT_EQ(fields_of(R"({"dose_ng":true,"drug":7})"), (Fields{"dose_ng", "drug"}));
  EXPECT_EQ(fields_of(R"({"dose_ng":5,"drug":"Morphine"})"), Fields{"drug"});
  EXPECT_EQ(fields_of(R"({"dose_ng":5,"drug":"morphine","Dose_ng":6})"), Fields{"Dose_ng"});
  EXPECT_EQ(fields_of(R"({"dose_ng":5,"drug":"morphine","note":"123456"})"), Fields{"note"});
  EXPECT_EQ(fields_of(R"({"dose_ng":5,"drug":"morphine","note":"\u0000"})"), Fields{"note"});
  EXPECT_EQ(fields_of(R"({"dose_ng":5,"drug":"morphine","times":[1,2,3,4]})"), Fields{"times"});
  EXPECT_EQ(fields_of(R"({"dose_ng":5,"drug":"morphine","times":[1,-1]})"), Fields{"times[1]"});
  EXPECT_EQ(fields_of(R"({"dose_ng":5,"drug":"morphine","lockout":{"minutes":1,"hours":1}})"),
            Fields{"lockout.hours"});
  EXPECT_EQ(fields_of("[]"), Fields{""});
  EXPECT_EQ(fields_of("null"), Fields{""});
}

TEST(Json, what_two_readers_could_read_in_two_ways_is_refused) {
  for (const std::string text :
       {"", "{", R"({"a":1,"a":2})", R"({"x":{"a":1,"a":1}})", R"([{"a":1,"b":{"a":1},"a":1}])", "1 2", "NaN",
        "{\"a\":01}", "{'a':1}", "\"\xff\"", "\"\\ud800\"", "/**/1", "[1,]", "1e999"})
    EXPECT_FALSE(parse_json(text)) << text;
  EXPECT_TRUE(parse_json(R"([{"a":1},{"a":1}])"));
  EXPECT_TRUE(parse_json(R"({"a":{"a":1}})"));
  EXPECT_TRUE(parse_json(std::string(kDeepestJson, '[') + std::string(kDeepestJson, ']')));
  EXPECT_FALSE(parse_json(std::string(kDeepestJson + 1, '[') + std::string(kDeepestJson + 1, ']')));
  EXPECT_FALSE(parse_json(std::string(200'000, '[')));
}

RC_GTEST_PROP(Json, any_bytes_are_read_or_refused, (const std::string& bytes)) {
  const auto pieces = *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
      "{", "}", "[", "]", "\"a\"", ":", ",", "1", "-", "e9", "null", "\"\\u0041\"", bytes));
  std::string text;
  for (const std::string& piece : pieces) text += piece;
  const auto value = parse_json(text);
  RC_ASSERT((value.has_value() || !value.error().empty()));
  if (value) check(*value, kBolus);
}

// --- files

TEST(Asset, the_coding_is_one_that_was_accepted) {
  using enum Coding;
  const auto chosen = [](const char* header, bool gzip = true, bool br = true) {
    return choose_coding(header, gzip, br);
  };
  EXPECT_EQ(chosen(""), kPlain);
  EXPECT_EQ(chosen("gzip, deflate, br, zstd"), kBr);
  EXPECT_EQ(chosen("gzip, deflate, br", true, false), kGzip);
  EXPECT_EQ(chosen("gzip"), kGzip);
  EXPECT_EQ(chosen("br;q=0, gzip"), kGzip);
  EXPECT_EQ(chosen("br;q=0.5, gzip;q=0.9"), kGzip);
  EXPECT_EQ(chosen("br;q=0.000, gzip;q=0"), kPlain);
  EXPECT_EQ(chosen("*"), kBr);
  EXPECT_EQ(chosen("*;q=0"), kPlain);
  EXPECT_EQ(chosen("br;q=0.2, identity"), kPlain);
  EXPECT_EQ(chosen("brotli, gzipped"), kPlain);
  EXPECT_EQ(chosen("br;q=nan, gzip;q=7"), kPlain);
}

TEST(Asset, only_a_name_that_holds_its_content_is_kept_for_ever) {
  EXPECT_TRUE(is_hashed_name("/assets/index-BZ3fQ9x1.js"));
  EXPECT_TRUE(is_hashed_name("/assets/index-D_k-9aZ0.css.map"));
  EXPECT_FALSE(is_hashed_name("/index.html"));
  EXPECT_FALSE(is_hashed_name("/service-worker.js"));
  EXPECT_FALSE(is_hashed_name("/theca-manifest.webmanifest"));
  EXPECT_FALSE(is_hashed_name("/BZ3fQ9x1.js"));
  EXPECT_FALSE(is_hashed_name("/assets-BZ3fQ9x1/index"));
}

TEST(Asset, each_variant_has_its_own_tag_and_a_known_one_is_not_sent_again) {
  const Assets assets{{{"/index.html", "text/html", "plain", "zipped", "brotlied"},
                       {"/assets/a-12345678.js", "text/javascript", "code", "", ""}}};
  const auto ask = [&](const char* path, const char* accept, const std::string& known = "") {
    Request request;
    request.target.path = path;
    request.headers = {{"accept-encoding", accept}, {"if-none-match", known}};
    return assets.answer(request);
  };
  const auto value = [](const Response& response, const char* name) {
    const auto found = std::ranges::find(response.headers, name, &Header::name);
    return found == response.headers.end() ? std::string{} : found->value;
  };
  const auto plain = ask("/", ""), br = ask("/", "br"), zipped = ask("/index.html", "gzip");
  ASSERT_TRUE(plain && br && zipped);
  EXPECT_EQ(plain->body, "plain");
  EXPECT_EQ(br->body, "brotlied");
  EXPECT_EQ(zipped->body, "zipped");
  EXPECT_EQ(value(*br, "Content-Encoding"), "br");
  EXPECT_EQ(value(*plain, "Content-Encoding"), "");
  EXPECT_EQ(value(*plain, "Vary"), "Accept-Encoding");
  EXPECT_EQ(value(*plain, "Cache-Control"), "no-cache");
  const std::string tag = value(*plain, "ETag");
  EXPECT_NE(tag, value(*br, "ETag"));
  EXPECT_EQ(ask("/", "", tag)->status, 304);
  EXPECT_EQ(ask("/", "", "\"x\", W/" + tag)->status, 304);
  EXPECT_EQ(ask("/", "br", tag)->status, 200);
  EXPECT_EQ(ask("/", "", "\"x\"")->status, 200);
  EXPECT_TRUE(ask("/", "", tag)->body.empty());
  EXPECT_EQ(value(*ask("/assets/a-12345678.js", "br"), "Cache-Control"),
            "public, max-age=31536000, immutable");
  EXPECT_FALSE(ask("/assets", ""));
  EXPECT_FALSE(ask("/../etc/passwd", ""));
}

}  // namespace
}  // namespace theca::http
