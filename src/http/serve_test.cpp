#include "http/serve.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "http/http_testing.hpp"
#include "http/security_headers.hpp"

namespace theca::http {
namespace {

/// A door that handlers wait at.
class Door {
 public:
  void wait() {
    std::unique_lock lock{mutex_};
    ++inside_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }
  void open() {
    const std::lock_guard lock{mutex_};
    open_ = true;
    changed_.notify_all();
  }
  bool wait_for_inside(int count) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, 10s, [&] { return inside_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int inside_ = 0;
};

Application several_ways() {
  Application application;
  application.answer = [](const Request& request) -> Response {
    const std::string& path = request.target.path;
    if (path == "/throw") throw std::runtime_error("the name of a patient");
    if (path == "/throw-int") throw 7;
    if (path == "/bent-header") return {200, "text/plain", "x", {{"X-A", "a\r\nX-B: b"}}};
    if (path == "/bent-name") return {200, "text/plain", "x", {{"X A", "a"}}};
    if (path == "/bent-length") return {200, "text/plain", "x", {{"content-length", "9"}}};
    if (path == "/bent-status") return {99, "text/plain", "x", {}};
    if (path == "/known") return {304, "", "", {{"ETag", "\"x\""}}};
    if (path == "/nothing") return {204, "", "", {}};
    if (path == "/kept") return {200, "text/plain", "x", {{"Cache-Control", "no-cache"}}};
    if (path == "/cookies") return {200, "text/plain", "x", {{"Set-Cookie", "a=b"}, {"Set-Cookie", "c=d"}}};
    if (path == "/other-policy") return {200, "text/plain", "x", {{"Content-Security-Policy", "none"}}};
    return {200, "text/plain", "hello", {}};
  };
  return application;
}

/// What is missing of the fixed headers, or stands twice.
std::string missing_headers(const Reply& reply, bool tls) {
  std::map<std::string, std::string> wanted{
      {"content-security-policy",
       "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
       "connect-src 'self'; manifest-src 'self'; worker-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
       "form-action 'self'; require-trusted-types-for 'script'; trusted-types theca-sw; report-uri "
       "/csp-report"},
      {"x-content-type-options", "nosniff"},
      {"cross-origin-opener-policy", "same-origin"},
      {"cross-origin-embedder-policy", "require-corp"},
      {"cross-origin-resource-policy", "same-origin"},
      {"referrer-policy", "no-referrer"}};
  if (tls) wanted["strict-transport-security"] = "max-age=63072000";
  std::string out;
  for (const auto& [name, value] : wanted) {
    if (reply.headers.count(name) != 1 || reply.header(name) != value) out += name + " ";
  }
  if (!tls && reply.headers.contains("strict-transport-security")) out += "transport security without TLS ";
  if (reply.headers.count("cache-control") != 1) out += "cache-control ";
  if (reply.headers.count("date") != 1) out += "date ";
  if (reply.headers.contains("server")) out += "a banner ";
  return out;
}

struct Kind {
  std::string request;
  int status;
};
const std::vector<Kind> kKinds{
    {get("/"), 200},
    {get("/throw"), 500},
    {get("/throw-int"), 500},
    {get("/bent-header"), 500},
    {get("/bent-name"), 500},
    {get("/bent-length"), 500},
    {get("/bent-status"), 500},
    {get("/known"), 304},
    {get("/nothing"), 204},
    {get("/other-policy"), 200},
    {"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n", 200},
    {"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n", 200},
    {"GET / HTTP/1.0\r\n\r\n", 200},
    {upgrade("/"), 404},
    {"TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n", 501},
    {"CONNECT / HTTP/1.1\r\nHost: localhost\r\n\r\n", 501},
    {"BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n", 501},
    {"GET / HTTP/1.1\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nHost:\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nCookie: a\r\nCookie: b\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nOrigin: a\r\norigin: b\r\n\r\n", 400},
    {"GET / HTTP/2.0\r\nHost: localhost\r\n\r\n", 505},
    {"GET / HTTP/3.1\r\nHost: localhost\r\n\r\n", 505},
    {"nonsense\r\n\r\n", 400},
    {"GET /\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: a\r\nX-A: \x01\r\n\r\n", 400},
    {"GET / HTTP/1.1\nHost: a\n\n\r\n\r\n", 505},
    {std::string("\x16\x03\x01\x00\x05\r\n\r\n", 9), 400},
    {"GET /../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET /%2e%2e/etc HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET http://localhost/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {get("/" + std::string(3'000, 'a')), 414},
    {get("/", "Content-Length: 3\r\n") + "abc", 400},
    {get("/", "Expect: miracles\r\n"), 417},
    {get("/", "X-A: " + std::string(17'000, 'a') + "\r\n"), 431},
    {get("/" + std::string(17'000, 'a')), 431},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 262145\r\n\r\n", 413},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na", 400},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na", 400},
    {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", 501},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", 501},
    {"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n40001\r\n", 413},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
    {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", 400},
};

void every_kind_has_its_headers(bool tls) {
  const auto certificate = make_certificate();
  std::optional<Tls> files;
  if (tls) files = Tls{certificate.certificate_pem, certificate.key_pem, ""};
  Running running{several_ways(), {}, files};
  for (const Kind& kind : kKinds) {
    const Reply reply = running.ask(kind.request);
    const std::string shown = kind.request.substr(0, 90);
    EXPECT_EQ(reply.status, kind.status) << shown;
    EXPECT_EQ(missing_headers(reply, tls), "") << shown;
    if (kind.status >= 400) {
      EXPECT_EQ(reply.header("content-type"), "application/problem+json") << shown;
    }
    EXPECT_FALSE(reply.body.contains("patient")) << "the text of an exception is shown";
  }
}
TEST(Serve, every_kind_of_response_carries_the_security_headers) { every_kind_has_its_headers(false); }
TEST(Serve, every_kind_of_response_carries_them_over_tls_too) { every_kind_has_its_headers(true); }

TEST(ServeBrokenTwin, a_response_without_one_of_them_is_seen) {
  Running running{several_ways()};
  const Reply good = running.ask(get("/"));
  ASSERT_EQ(missing_headers(good, false), "");
  for (const auto& [name, value] : good.headers) {
    if (name == "content-length" || name == "content-type") continue;
    Reply without = good;
    without.headers.erase(name);
    EXPECT_NE(missing_headers(without, false), "") << name;
  }
  EXPECT_NE(missing_headers(good, true), "");
}

TEST(Serve, what_the_response_says_of_caches_and_cookies_stands) {
  Running running{several_ways()};
  EXPECT_EQ(running.ask(get("/")).header("cache-control"), "no-store");
  EXPECT_EQ(running.ask(get("/kept")).header("cache-control"), "no-cache");
  EXPECT_EQ(running.ask(get("/cookies")).headers.count("set-cookie"), 2U);
}

TEST(Serve, an_exception_is_told_by_its_type_and_a_reference) {
  Application application = several_ways();
  std::mutex mutex;
  std::vector<std::pair<std::string, std::string>> faults;
  application.fault = [&](const std::string& reference, const std::string& type) {
    const std::lock_guard lock{mutex};
    faults.emplace_back(reference, type);
  };
  Running running{application};
  const Reply reply = running.ask(get("/throw"));
  EXPECT_EQ(reply.status, 500);
  const std::lock_guard lock{mutex};
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults[0].second, "std::runtime_error");
  EXPECT_TRUE(reply.body.contains(faults[0].first));
}

TEST(Serve, a_handler_sees_what_was_sent) {
  Request seen;
  Application application;
  application.answer = [&](const Request& request) {
    seen = request;
    return Response{200, "text/plain", request.body, {}};
  };
  Running running{application};
  const std::string body(100'000, 'b');
  EXPECT_EQ(running.ask(post("/a/b?c=d", body, "X-Thing:  value \r\n")).body, body);
  EXPECT_EQ(seen.method, Method::kPost);
  EXPECT_EQ(seen.target.path, "/a/b");
  EXPECT_EQ(seen.target.query.size(), 1U);
  EXPECT_EQ(seen.header("x-thing"), "value");
  EXPECT_EQ(seen.peer.address, "127.0.0.1");
  EXPECT_FALSE(seen.peer.tls);
  EXPECT_TRUE(seen.peer.certificate.empty());
}

TEST(Serve, chunks_are_put_together_and_what_comes_behind_them_is_no_header) {
  std::string cookie = "unset";
  Application application;
  application.answer = [&](const Request& request) {
    cookie = request.header("cookie");
    return Response{200, "text/plain", request.body, {}};
  };
  Running running{application};
  const Reply reply = running.ask(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n"
      "Cookie: smuggled\r\n\r\n");
  EXPECT_EQ(reply.body, "abcde");
  EXPECT_EQ(cookie, "");
}

TEST(Serve, a_body_in_chunks_has_the_same_limit) {
  Limits limits;
  limits.body_bytes = 1'000;
  Running running{echo(), limits};
  EXPECT_EQ(running.ask(post("/", std::string(1'000, 'a'))).status, 200);
  EXPECT_EQ(running.ask(post("/", std::string(1'001, 'a'))).status, 413);
  std::string chunks = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 3; ++i) chunks += "190\r\n" + std::string(400, 'a') + "\r\n";
  EXPECT_EQ(running.ask(chunks + "0\r\n\r\n").status, 413);
}

TEST(Serve, a_refusal_reaches_whoever_is_still_sending) {
  Running running{echo()};
  Client client{running.port()};
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n");
  client.send(std::string(300'000, 'x'));
  EXPECT_EQ(client.read().status, 413);
}

TEST(Serve, who_asks_first_whether_to_send_is_told) {
  Running running{echo()};
  Client client{running.port()};
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read().status, 100);
  EXPECT_EQ(client.ask("abc").body, "/|abc");
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read().status, 413);
}

TEST(Serve, head_tells_the_length_and_sends_no_body) {
  Running running{several_ways()};
  Client client{running.port()};
  client.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" + get("/"));
  const Reply head = client.read(false);
  EXPECT_EQ(head.header("content-length"), "5");
  EXPECT_EQ(client.read().body, "hello");
}

TEST(Serve, requests_behind_each_other_are_answered_in_their_order) {
  Limits limits;
  limits.requests_per_connection = 100;
  Running running{echo(), limits};
  Client client{running.port()};
  std::string many;
  for (int i = 0; i < 150; ++i) many += get("/" + std::to_string(i));
  client.send(many);
  for (int i = 0; i < 100; ++i) {
    const Reply reply = client.read();
    ASSERT_EQ(reply.body, "/" + std::to_string(i) + "|");
    EXPECT_EQ(reply.header("connection"), i == 99 ? "close" : "");
  }
  EXPECT_TRUE(client.ends());
}

TEST(Serve, http_1_0_closes_unless_it_asks_to_stay) {
  Running running{echo()};
  Client client{running.port()};
  EXPECT_EQ(client.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").status, 200);
  EXPECT_EQ(client.ask("GET / HTTP/1.0\r\n\r\n").status, 200);
  EXPECT_TRUE(client.ends());
}

// --- time

Limits hurried() {
  Limits limits;
  limits.handshake = limits.header = limits.body = limits.write = 300ms;
  limits.idle = 500ms;
  return limits;
}

TEST(Serve, a_header_byte_by_byte_ends_in_time) {
  Running running{echo(), hurried()};
  Client client{running.port()};
  const auto begin = std::chrono::steady_clock::now();
  std::thread dripping([&] {
    for (const char c : get("/", "X-A: " + std::string(200, 'a') + "\r\n")) {
      if (!client.send(std::string{c})) break;
      std::this_thread::sleep_for(20ms);
    }
  });
  EXPECT_EQ(client.read().status, 408);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);
  dripping.join();
}

TEST(Serve, a_body_byte_by_byte_ends_in_time) {
  Running running{echo(), hurried()};
  Client client{running.port()};
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n");
  std::thread dripping([&] {
    for (int i = 0; i < 200 && client.send("a"); ++i) std::this_thread::sleep_for(20ms);
  });
  EXPECT_EQ(client.read().status, 408);
  dripping.join();
}

TEST(Serve, who_says_nothing_is_let_go) {
  const auto certificate = make_certificate();
  Running plain{echo(), hurried()};
  Running secure{echo(), hurried(), Tls{certificate.certificate_pem, certificate.key_pem, ""}};
  Client silent{plain.port()}, no_handshake{secure.port()}, after_one{plain.port()};
  EXPECT_EQ(after_one.ask(get("/")).status, 200);
  EXPECT_TRUE(silent.ends());
  EXPECT_TRUE(no_handshake.ends());
  EXPECT_TRUE(after_one.ends());
}

TEST(Serve, who_does_not_read_is_let_go) {
  Application application;
  application.answer = [](const Request&) {
    return Response{200, "text/plain", std::string(30'000'000, 'x'), {}};
  };
  Running running{application, hurried()};
  Client client{running.port()};
  client.send(get("/"));
  for (int i = 0; i < 200 && running.server().connections() == 0; ++i) std::this_thread::sleep_for(10ms);
  for (int i = 0; i < 500 && running.server().connections() != 0; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(running.server().connections(), 0U);
}

// --- how many

TEST(Serve, more_connections_than_it_takes_are_refused_and_there_is_room_again) {
  Limits limits;
  limits.connections = 3;
  Running running{echo(), limits};
  {
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 3; ++i) {
      clients.push_back(std::make_unique<Client>(running.port()));
      EXPECT_EQ(clients.back()->ask(get("/")).status, 200);
    }
    Client more{running.port()};
    const Reply full = more.read();
    EXPECT_EQ(full.status, 503);
    EXPECT_EQ(missing_headers(full, false), "");
    EXPECT_TRUE(more.ends());
    EXPECT_EQ(clients[0]->ask(get("/")).status, 200) << "those who are there go on";
  }
  for (int i = 0; i < 500 && running.server().connections() != 0; ++i) std::this_thread::sleep_for(10ms);
  EXPECT_EQ(running.ask(get("/")).status, 200);
}

TEST(Serve, one_address_does_not_take_all_the_room) {
  Limits limits;
  limits.connections_per_address = 2;
  const auto certificate = make_certificate();
  Running running{echo(), limits, Tls{certificate.certificate_pem, certificate.key_pem, ""}};
  Client one{running.port(), ClientTls{}}, two{running.port(), ClientTls{}};
  EXPECT_EQ(one.ask(get("/")).status, 200);
  EXPECT_EQ(two.ask(get("/")).status, 200);
  Client three{running.port(), ClientTls{}};
  EXPECT_FALSE(three.connected());
}

TEST(Serve, more_requests_than_workers_can_take_are_told_so) {
  Limits limits;
  limits.workers = 1;
  limits.waiting = 1;
  Door door;
  Application application;
  application.answer = [&](const Request& request) {
    if (request.target.path == "/wait") door.wait();
    return Response{200, "text/plain", "x", {}};
  };
  Running running{application, limits};
  Client first{running.port()}, second{running.port()}, third{running.port()};
  first.send(get("/wait"));
  ASSERT_TRUE(door.wait_for_inside(1));
  second.send(get("/"));
  std::this_thread::sleep_for(100ms);  // it waits for the worker by now
  const Reply busy = third.ask(get("/"));
  EXPECT_EQ(busy.status, 503);
  EXPECT_EQ(busy.header("retry-after"), "1");
  door.open();
  EXPECT_EQ(first.read().status, 200);
  EXPECT_EQ(second.read().status, 200);
  EXPECT_EQ(third.ask(get("/")).status, 200);
}

TEST(Serve, a_handler_that_waits_holds_up_nobody_else) {
  Limits limits;
  limits.workers = 2;
  Door door;
  Application application;
  application.answer = [&](const Request& request) {
    if (request.target.path == "/wait") door.wait();
    return Response{200, "text/plain", "x", {}};
  };
  Running running{application, limits};
  Client waiting{running.port()};
  waiting.send(get("/wait"));
  ASSERT_TRUE(door.wait_for_inside(1));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(running.ask(get("/")).status, 200);
  // Malformed ones are refused without any worker.
  EXPECT_EQ(running.ask("nonsense\r\n\r\n").status, 400);
  door.open();
  EXPECT_EQ(waiting.read().status, 200);
}

TEST(Serve, many_at_once_get_each_their_own) {
  const auto certificate = make_certificate();
  Running running{echo(), {}, Tls{certificate.certificate_pem, certificate.key_pem, ""}};
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (std::size_t t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      Client client{running.port(), ClientTls{}};
      for (int i = 0; i < 50; ++i) {
        const std::string body = std::to_string(t) + " " + std::to_string(i) + std::string(1'000 * t, 'x');
        if (client.ask(post("/", body)).body == "/|" + body) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 400);
}

// --- the end

TEST(Serve, stops_after_what_runs_has_ended) {
  Door door;
  Application application;
  application.answer = [&](const Request&) {
    door.wait();
    return Response{200, "text/plain", "done", {}};
  };
  Running running{application};
  Client working{running.port()}, idle{running.port()};
  working.send(get("/"));
  ASSERT_TRUE(door.wait_for_inside(1));
  std::size_t left = 99;
  std::thread stopping([&] { left = running.server().stop(10s); });
  EXPECT_TRUE(idle.ends());
  Client late{running.port()};
  EXPECT_EQ(late.ask(get("/")).status, 0);
  door.open();
  const Reply reply = working.read();
  EXPECT_EQ(reply.body, "done");
  EXPECT_TRUE(working.ends());
  stopping.join();
  EXPECT_EQ(left, 0U);
  EXPECT_EQ(running.server().connections(), 0U);
}

TEST(Serve, stops_in_its_time_and_tells_what_has_not_come_back) {
  Door door;
  Application application;
  application.answer = [&](const Request&) {
    door.wait();
    return Response{};
  };
  Running running{application};
  Client client{running.port()};
  client.send(get("/"));
  ASSERT_TRUE(door.wait_for_inside(1));
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(running.server().stop(200ms), 1U);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
  EXPECT_EQ(client.read().status, 0);
  door.open();
}

TEST(Serve, a_server_that_never_served_ends_too) {
  const auto server = Server::listen({{{"127.0.0.1", 0}}, std::nullopt, {}});
  ASSERT_TRUE(server);
  EXPECT_NE((*server)->ports().front(), 0);
}

// --- certificates and addresses

std::string refusal_to_listen(const std::vector<Listen>& listen, std::optional<Tls> tls = std::nullopt) {
  const auto server = Server::listen({listen, std::move(tls), {}});
  return server ? std::string{} : server.error();
}

TEST(Serve, plain_text_never_leaves_the_machine) {
  for (const char* address : {"0.0.0.0", "::", "192.0.2.1", "169.254.0.1", "::ffff:0.0.0.0"})
    EXPECT_TRUE(refusal_to_listen({{address, 0}}).contains("give a certificate, or listen at 127.0.0.1"))
        << address;
  EXPECT_NE(refusal_to_listen({{"127.0.0.1", 0}, {"0.0.0.0", 0}}), "");
  EXPECT_EQ(refusal_to_listen({{"127.0.0.1", 0}}), "");
  EXPECT_EQ(refusal_to_listen({{"127.0.0.2", 0}}), "");
  const auto certificate = make_certificate();
  EXPECT_EQ(refusal_to_listen({{"0.0.0.0", 0}}, Tls{certificate.certificate_pem, certificate.key_pem, ""}),
            "");
}

TEST(Serve, what_it_cannot_start_with_is_told) {
  EXPECT_TRUE(refusal_to_listen({{"localhost", 0}}).contains("'localhost' is no address"));
  EXPECT_NE(refusal_to_listen({}), "");
  Running running{echo()};
  const std::string taken = refusal_to_listen({{"127.0.0.1", running.port()}});
  EXPECT_TRUE(taken.contains(std::to_string(running.port())) && taken.contains("Address already in use"))
      << taken;

  const auto one = make_certificate(), other = make_certificate(), ended = make_certificate(-1h);
  const std::vector<Listen> here{{"127.0.0.1", 0}};
  EXPECT_TRUE(
      refusal_to_listen(here, Tls{"nonsense", one.key_pem, ""}).contains("certificate cannot be read"));
  EXPECT_TRUE(refusal_to_listen(here, Tls{one.certificate_pem, "nonsense", ""}).contains("key"));
  EXPECT_TRUE(refusal_to_listen(here, Tls{one.certificate_pem, other.key_pem, ""}).contains("key"));
  EXPECT_TRUE(refusal_to_listen(here, Tls{ended.certificate_pem, ended.key_pem, ""}).contains("ended"));
  EXPECT_TRUE(
      refusal_to_listen(here, Tls{one.certificate_pem, one.key_pem, "nonsense"}).contains("authority"));
}

TEST(Serve, tells_when_its_certificate_ends) {
  const auto certificate = make_certificate(72h);
  Running running{echo(), {}, Tls{certificate.certificate_pem, certificate.key_pem, ""}};
  const auto ends = running.server().certificate_ends();
  ASSERT_TRUE(ends);
  EXPECT_LT(*ends - std::chrono::system_clock::now(), 73h);
  EXPECT_GT(*ends - std::chrono::system_clock::now(), 71h);
}

TEST(Serve, speaks_tls_1_3_and_nothing_older) {
  const auto certificate = make_certificate();
  Running running{echo(), {}, Tls{certificate.certificate_pem, certificate.key_pem, ""}};
  Client good{running.port(), ClientTls{}};
  ASSERT_TRUE(good.connected());
  EXPECT_STREQ(SSL_get_version(good.ssl()), "TLSv1.3");
  EXPECT_EQ(good.ask(get("/x")).body, "/x|");
  Client old{running.port(), ClientTls{.newest = TLS1_2_VERSION}};
  EXPECT_FALSE(old.connected());
  Client plain{running.port()};
  EXPECT_EQ(plain.ask(get("/")).status, 0) << "plain text over a port of TLS";
  EXPECT_TRUE(plain.ends());
}

TEST(Serve, agrees_on_http_1_1_only) {
  const auto certificate = make_certificate();
  Running running{echo(), {}, Tls{certificate.certificate_pem, certificate.key_pem, ""}};
  Client both{running.port(), ClientTls{.protocols = "\x02h2\x08http/1.1"}};
  EXPECT_EQ(both.ask(get("/")).status, 200);
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(both.ssl(), &chosen, &size);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), size), "http/1.1");
  Client other{running.port(), ClientTls{.protocols = "\x02h2"}};
  EXPECT_FALSE(other.connected());
}

TEST(Serve, knows_a_client_by_a_certificate_of_its_authority) {
  const auto own = make_certificate(), authority = make_certificate(), stranger = make_certificate();
  const auto gateway = make_certificate(24h, &authority), forged = make_certificate(24h, &stranger),
             ended = make_certificate(-1h, &authority);
  Application application;
  application.answer = [](const Request& request) {
    return Response{200, "text/plain", request.peer.certificate, {}};
  };
  Running running{application, {}, Tls{own.certificate_pem, own.key_pem, authority.certificate_pem}};
  const auto ask = [&](const KeyAndCertificate* certificate) {
    Client client{running.port(), ClientTls{.certificate = certificate}};
    return client.ask(get("/"));
  };
  EXPECT_EQ(ask(&gateway).body.size(), 64U);
  EXPECT_EQ(ask(&gateway).body, ask(&gateway).body);
  EXPECT_EQ(ask(nullptr).status, 200);
  EXPECT_EQ(ask(nullptr).body, "");
  EXPECT_EQ(ask(&forged).status, 0);
  EXPECT_EQ(ask(&ended).status, 0);
}

}  // namespace
}  // namespace theca::http
