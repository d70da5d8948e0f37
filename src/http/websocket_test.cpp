#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

#include "http/feed.hpp"
#include "http/http_testing.hpp"

namespace theca::http {
namespace {

/// What a page says comes back; what became of the line is written down.
struct Talk {
  std::mutex mutex;
  std::vector<std::string> told;
  std::shared_ptr<Line> line;
  std::atomic<bool> may_stay = true;
  Feed feed;

  void tell(std::string what) {
    const std::lock_guard lock{mutex};
    told.push_back(std::move(what));
  }
  std::vector<std::string> all() {
    const std::lock_guard lock{mutex};
    return told;
  }
  bool wait_for(const std::string& what) {
    for (int i = 0; i < 1'000; ++i) {
      if (std::ranges::count(all(), what) != 0) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }
  Application application() {
    Application out = echo();
    out.open = [this](const Request& request) -> std::expected<Ears, Response> {
      if (request.target.path != "/live") return std::unexpected(Response{403, "text/plain", "no", {}});
      return Ears{[this](std::shared_ptr<Line> opened) {
                    line = std::move(opened);
                    feed.subscribe("all", line);
                    tell("opened");
                  },
                  [this](std::string_view text) {
                    if (text == "throw") throw std::runtime_error("secret");
                    tell("heard " + std::string{text.substr(0, 20)});
                    line->send("echo " + std::string{text});
                  },
                  [this] {
                    tell("closed");
                    feed.unsubscribe(line);
                  },
                  [this] { return may_stay.load(); }};
    };
    return out;
  }
};

TEST(WebSocket, opens_talks_and_closes) {
  Talk talk;
  Running running{talk.application()};
  Client page{running.port()};
  const Reply opened = page.ask(upgrade("/live"));
  ASSERT_EQ(opened.status, 101);
  EXPECT_EQ(opened.header("sec-websocket-accept"), kSampleAccept);
  EXPECT_EQ(opened.header("x-content-type-options"), "nosniff");
  EXPECT_EQ(opened.header("server"), "") << "a banner";
  page.send(frame(kTextFrame, "one") + frame(kTextFrame, std::string(300, 'x')) +
            frame(kPingFrame, "are you there"));
  std::vector<std::string> texts;
  while (texts.size() < 2) {
    const Frame frame = read_frame(page);
    ASSERT_NE(frame.opcode, -1);
    if (frame.opcode == kTextFrame) texts.push_back(frame.payload);
    if (frame.opcode == kPongFrame) {
      EXPECT_EQ(frame.payload, "are you there");
    }
  }
  EXPECT_EQ(texts, (std::vector<std::string>{"echo one", "echo " + std::string(300, 'x')}));
  page.send(frame(kCloseFrame, "\x03\xe8"));
  while (read_frame(page).opcode != -1) {
  }
  EXPECT_TRUE(talk.wait_for("closed"));
  EXPECT_EQ(talk.all(),
            (std::vector<std::string>{"opened", "heard one", "heard xxxxxxxxxxxxxxxxxxxx", "closed"}));
  EXPECT_FALSE(talk.line->send("too late"));
}

TEST(WebSocket, works_over_tls) {
  Talk talk;
  const auto certificate = make_certificate();
  Running running{talk.application(), {}, Tls{certificate.certificate_pem, certificate.key_pem, ""}};
  Client page{running.port(), ClientTls{}};
  EXPECT_EQ(page.ask(upgrade("/live")).header("strict-transport-security"), "max-age=63072000");
  page.send(frame(kTextFrame, "one"));
  EXPECT_EQ(read_frame(page).payload, "echo one");
}

TEST(WebSocket, many_words_from_many_threads_arrive_whole) {
  Talk talk;
  Limits limits;
  limits.unsent_bytes = 8 * 1024 * 1024;
  Running running{talk.application(), limits};
  Client page{running.port()};
  ASSERT_EQ(page.ask(upgrade("/live")).status, 101);
  ASSERT_TRUE(talk.wait_for("opened"));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i)
        talk.feed.publish("all", std::to_string(t) + "/" + std::to_string(i) + "/" + std::string(1'000, 'y'));
    });
  }
  std::array<int, 4> next{};
  for (int i = 0; i < 400; ++i) {
    const Frame frame = read_frame(page);
    ASSERT_EQ(frame.opcode, kTextFrame);
    const auto thread = static_cast<std::size_t>(frame.payload[0] - '0');
    const std::string wanted = std::to_string(thread) + "/" + std::to_string(next.at(thread)++) + "/";
    ASSERT_TRUE(frame.payload.starts_with(wanted));
    ASSERT_EQ(frame.payload.size(), wanted.size() + 1'000);
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(WebSocket, a_refusal_is_a_response_as_any_other) {
  Talk talk;
  Running running{talk.application()};
  EXPECT_EQ(running.ask(upgrade("/other")).status, 403);
  EXPECT_EQ(running.ask(upgrade("/other")).header("x-content-type-options"), "nosniff");
  EXPECT_EQ(running.ask(get("/live")).status, 200) << "no upgrade: an ordinary request";
  EXPECT_EQ(running.ask(upgrade("/live") + "early").status, 400);
  EXPECT_TRUE(talk.all().empty());
}

int close_code_after(Client& page, const std::string& bytes) {
  page.send(bytes);
  while (true) {
    const Frame frame = read_frame(page);
    if (frame.opcode == kCloseFrame) return frame.close_code();
    if (frame.opcode == -1) return -1;
  }
}

TEST(WebSocket, what_breaks_the_rules_ends_it) {
  Talk talk;
  Limits limits;
  limits.message_bytes = 1'000;
  Running running{talk.application(), limits};
  const auto code = [&](const std::string& bytes) {
    Client page{running.port()};
    EXPECT_EQ(page.ask(upgrade("/live")).status, 101);
    return close_code_after(page, bytes);
  };
  EXPECT_EQ(code(frame(kTextFrame, std::string(1'001, 'a'))), 1009);
  EXPECT_EQ(code(frame(kBinaryFrame, "abc")), 1003);
  EXPECT_EQ(code(frame(kTextFrame, "\xff\xfe")), 1007);
  EXPECT_EQ(code(frame(3, "reserved")), 1002);
  EXPECT_EQ(code(std::string("\x81\x03"
                             "abc")),
            1002)
      << "not masked";
  EXPECT_EQ(code(frame(kTextFrame, "throw")), 1011);
}

TEST(WebSocket, who_may_not_stay_is_closed) {
  Talk talk;
  Limits limits;
  limits.recheck = 50ms;
  Running running{talk.application(), limits};
  Client page{running.port()};
  ASSERT_EQ(page.ask(upgrade("/live")).status, 101);
  page.send(frame(kTextFrame, "one"));
  EXPECT_EQ(read_frame(page).payload, "echo one");
  talk.may_stay = false;
  EXPECT_EQ(close_code_after(page, ""), 1008);
  page.send(frame(kCloseFrame, "\x03\xf0"));
  EXPECT_TRUE(talk.wait_for("closed"));
}

TEST(WebSocket, a_word_from_whoever_may_not_stay_is_not_heard) {
  Talk talk;
  Running running{talk.application()};  // asks again only after ten seconds
  Client page{running.port()};
  ASSERT_EQ(page.ask(upgrade("/live")).status, 101);
  ASSERT_TRUE(talk.wait_for("opened"));
  talk.may_stay = false;
  EXPECT_EQ(close_code_after(page, frame(kTextFrame, "one")), 1008);
  EXPECT_EQ(talk.all(), std::vector<std::string>{"opened"});
}

TEST(WebSocket, who_answers_no_ping_is_let_go) {
  Talk talk;
  Limits limits;
  limits.silence = 400ms;
  Running running{talk.application(), limits};
  Client page{running.port()};
  ASSERT_EQ(page.ask(upgrade("/live")).status, 101);
  EXPECT_EQ(read_frame(page).opcode, kPingFrame);
  EXPECT_TRUE(page.ends());
  EXPECT_TRUE(talk.wait_for("closed"));
}

TEST(WebSocket, who_answers_pings_stays) {
  Talk talk;
  Limits limits;
  limits.silence = 400ms;
  Running running{talk.application(), limits};
  Client page{running.port()};
  ASSERT_EQ(page.ask(upgrade("/live")).status, 101);
  for (int i = 0; i < 4; ++i) {
    const Frame ping = read_frame(page);
    ASSERT_EQ(ping.opcode, kPingFrame);
    page.send(frame(kPongFrame, ping.payload));
  }
  page.send(frame(kTextFrame, "one"));
  Frame answer = read_frame(page);
  while (answer.opcode == kPingFrame) answer = read_frame(page);
  EXPECT_EQ(answer.payload, "echo one");
}

TEST(WebSocket, who_does_not_read_is_cut) {
  Talk talk;
  Limits limits;
  limits.unsent_bytes = 100'000;
  Running running{talk.application(), limits};
  Client page{running.port()};
  ASSERT_EQ(page.ask(upgrade("/live")).status, 101);
  ASSERT_TRUE(talk.wait_for("opened"));
  bool taken = true;
  for (int i = 0; i < 10'000 && taken; ++i) taken = talk.line->send(std::string(10'000, 'z'));
  EXPECT_FALSE(taken);
  EXPECT_TRUE(talk.wait_for("closed"));
}

TEST(WebSocket, ends_with_the_server) {
  Talk talk;
  Running running{talk.application()};
  Client page{running.port()};
  ASSERT_EQ(page.ask(upgrade("/live")).status, 101);
  ASSERT_TRUE(talk.wait_for("opened"));
  std::thread stopping([&] { EXPECT_EQ(running.server().stop(5s), 0U); });
  EXPECT_EQ(close_code_after(page, ""), 1001);
  page.send(frame(kCloseFrame, "\x03\xe9"));
  stopping.join();
  EXPECT_TRUE(talk.wait_for("closed"));
}

class Written final : public Line {
 public:
  bool send(std::string text) override {
    texts.push_back(std::move(text));
    return true;
  }
  void close() override {}
  std::vector<std::string> texts;
};

TEST(Feed, tells_those_who_listen_and_nobody_else) {
  Feed feed;
  const auto one = std::make_shared<Written>(), two = std::make_shared<Written>();
  auto gone = std::make_shared<Written>();
  EXPECT_TRUE(feed.subscribe("a", one));
  EXPECT_TRUE(feed.subscribe("a", one)) << "again is the same";
  EXPECT_TRUE(feed.subscribe("b", one));
  EXPECT_TRUE(feed.subscribe("b", two));
  EXPECT_TRUE(feed.subscribe("b", gone));
  gone.reset();
  EXPECT_EQ(feed.publish("a", "x"), 1U);
  EXPECT_EQ(feed.publish("b", "y"), 2U);
  EXPECT_EQ(feed.publish("c", "z"), 0U);
  feed.unsubscribe(one);
  EXPECT_EQ(feed.publish("a", "w"), 0U);
  EXPECT_EQ(feed.publish("b", "v"), 1U);
  EXPECT_EQ(one->texts, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(two->texts, (std::vector<std::string>{"y", "v"}));
  for (std::size_t i = 0; i < Feed::kMostTopicsPerLine; ++i)
    EXPECT_TRUE(feed.subscribe("t" + std::to_string(i), one));
  EXPECT_FALSE(feed.subscribe("more", one));
}

}  // namespace
}  // namespace theca::http
