#include "server/session.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <vector>

#include "server/attempts.hpp"

namespace theca::server {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kClinic = 1;
const Actor kAnna{StaffRole::kPhysician, kClinic, 1};

/// One step of a random day. `which` chooses among all cookies ever given out, also those that ended.
struct Step {
  enum class Kind { kSignIn, kUse, kLook, kRotate, kSignOut, kRevoke, kSweep, kGarbage } kind;
  std::int64_t person;
  std::size_t which;
  std::chrono::milliseconds later;
};

rc::Gen<std::vector<Step>> steps() {
  // Times that lie about where something ends.
  const auto later = rc::gen::element<std::chrono::milliseconds>(1ms, 10s, 4min, 9min + 59s, 10min - 1ms,
                                                                 10min, 10min + 1ms, 1h, 8h);
  return rc::gen::container<std::vector<Step>>(rc::gen::build<Step>(
      rc::gen::set(&Step::kind, rc::gen::weightedElement<Step::Kind>({{4, Step::Kind::kSignIn},
                                                                      {8, Step::Kind::kUse},
                                                                      {3, Step::Kind::kLook},
                                                                      {2, Step::Kind::kRotate},
                                                                      {1, Step::Kind::kSignOut},
                                                                      {1, Step::Kind::kRevoke},
                                                                      {1, Step::Kind::kSweep},
                                                                      {1, Step::Kind::kGarbage}})),
      rc::gen::set(&Step::person, rc::gen::inRange<std::int64_t>(1, 4)),
      rc::gen::set(&Step::which, rc::gen::inRange<std::size_t>(0, 12)),
      rc::gen::set(&Step::later, rc::gen::weightedOneOf<std::chrono::milliseconds>(
                                     {{3, rc::gen::just<std::chrono::milliseconds>(1ms)}, {2, later}}))));
}

/// The rules in one list, without hash, map or lock.
struct Model {
  struct One {
    std::string cookie;
    Actor actor;
    Moment signed_in, last_used;
    bool dead = false;
  };
  std::vector<One> all;

  static bool over(const One& one, Moment now) {
    return one.dead || now - one.last_used >= 10min || now - one.signed_in >= 8h;
  }
  One* find(const std::string& cookie, Moment now) {
    for (One& one : all) {
      if (one.cookie == cookie && !over(one, now)) return &one;
    }
    return nullptr;
  }
  void make_room(std::int64_t person, Moment now) {
    while (true) {
      std::vector<One*> own;
      for (One& one : all) {
        if (one.actor.person == person && !over(one, now)) own.push_back(&one);
      }
      if (own.size() < 8) return;
      (*std::ranges::min_element(own, {}, [](const One* one) { return one->last_used; }))->dead = true;
    }
  }
};

/// The first difference between a table of sessions and the model.
template <class Table>
std::string difference(Table& table, const std::vector<Step>& steps) {
  Model model;
  std::vector<std::string> cookies{""};
  Moment now{1000h};
  int number = 0;
  for (const Step& step : steps) {
    ++number;
    now += step.later;
    const std::string& cookie = cookies[step.which % cookies.size()];
    const auto at = [&](const char* what) { return "step " + std::to_string(number) + ": " + what; };
    const auto same = [](const std::optional<Session>& one, const Model::One* other) {
      if (!one || other == nullptr) return !one && other == nullptr;
      return one->actor == other->actor && one->signed_in == other->signed_in;
    };
    switch (step.kind) {
      case Step::Kind::kSignIn: {
        const Actor actor{StaffRole::kNurse, kClinic, step.person};
        if (Model::One* old = model.find(cookie, now)) old->dead = true;
        model.make_room(step.person, now);
        const std::string fresh = table.sign_in(actor, cookie, now);
        if (std::ranges::find(cookies, fresh) != cookies.end()) return at("a number was given twice");
        model.all.push_back({fresh, actor, now, now});
        cookies.push_back(fresh);
        break;
      }
      case Step::Kind::kUse: {
        Model::One* wanted = model.find(cookie, now);
        if (!same(table.use(cookie, now), wanted)) return at("use");
        if (wanted != nullptr) wanted->last_used = now;
        break;
      }
      case Step::Kind::kLook:
        if (!same(table.look(cookie, now), model.find(cookie, now))) return at("look");
        break;
      case Step::Kind::kRotate: {
        const Actor actor{StaffRole::kPhysician, kClinic, step.person};
        Model::One* wanted = model.find(cookie, now);
        const auto fresh = table.rotate(cookie, actor, now);
        if (fresh.has_value() != (wanted != nullptr)) return at("rotate");
        if (!fresh) break;
        const Model::One kept{*fresh, actor, wanted->signed_in, now};
        wanted->dead = true;
        model.all.push_back(kept);
        cookies.push_back(*fresh);
        break;
      }
      case Step::Kind::kSignOut:
        if (Model::One* wanted = model.find(cookie, now)) wanted->dead = true;
        table.sign_out(cookie);
        break;
      case Step::Kind::kRevoke:
        for (Model::One& one : model.all) one.dead = one.dead || one.actor.person == step.person;
        table.revoke(kClinic, step.person);
        break;
      case Step::Kind::kSweep: {
        table.sweep(now);
        const auto alive = static_cast<std::size_t>(
            std::ranges::count_if(model.all, [&](const auto& one) { return !Model::over(one, now); }));
        if (table.size() != alive) return at("sweep");
        break;
      }
      case Step::Kind::kGarbage: {
        std::string bent = cookie.empty() ? "A" : cookie;
        bent[step.which % bent.size()] = bent[step.which % bent.size()] == 'B' ? 'C' : 'B';
        if (table.use(bent, now)) return at("a number that nobody gave out");
        break;
      }
    }
  }
  return "";
}

RC_GTEST_PROP(Sessions, behave_like_their_model, ()) {
  Sessions sessions;
  const auto found = difference(sessions, *steps());
  if (!found.empty()) RC_FAIL(found);
}

struct EndlessWhenRotated : Sessions {
  std::optional<std::string> rotate(std::string_view cookie, const Actor& actor, Moment now) {
    if (!use(cookie, now)) return std::nullopt;
    return sign_in(actor, cookie, now);
  }
};
struct KeepsTheOldNumber : Sessions {
  std::string sign_in(const Actor& actor, std::string_view, Moment now) {
    return Sessions::sign_in(actor, "", now);
  }
};
struct UsedByLooking : Sessions {
  std::optional<Session> look(std::string_view cookie, Moment now) { return use(cookie, now); }
};
struct DeafToRevocation : Sessions {
  std::size_t revoke(std::int64_t, std::int64_t) { return 0; }
};
struct LongIdle : Sessions {
  LongIdle() : Sessions(SessionRules{10min + 1ms, 8h, 8}) {}
};
struct LongDay : Sessions {
  LongDay() : Sessions(SessionRules{10min, 8h + 1ms, 8}) {}
};

template <class Twin>
bool is_seen() {
  std::uint64_t seed = 1;
  for (int tries = 0; tries < 2'000; ++tries) {
    Twin twin;
    const auto day = steps()(rc::Random{seed++}, 60).value();
    if (!difference(twin, day).empty()) return true;
  }
  return false;
}

TEST(SessionsBrokenTwin, each_missing_rule_is_seen) {
  EXPECT_TRUE(is_seen<KeepsTheOldNumber>());
  EXPECT_TRUE(is_seen<UsedByLooking>());
  EXPECT_TRUE(is_seen<DeafToRevocation>());
  EXPECT_TRUE(is_seen<LongIdle>());
  EXPECT_FALSE(is_seen<Sessions>());
}

// Random days seldom last eight hours without a pause of ten minutes.
template <class Table>
bool lives_past_eight_hours(bool rotating) {
  Table sessions;
  Moment now{1000h};
  std::string cookie = sessions.sign_in(kAnna, "", now);
  const Moment end = now + 8h;
  while (now < end) {
    now += 5min;
    if (!rotating) {
      if (!sessions.use(cookie, now)) return false;
    } else if (const auto fresh = sessions.rotate(cookie, kAnna, now)) {
      cookie = *fresh;
    } else {
      return false;
    }
  }
  return true;
}
TEST(Sessions, end_after_eight_hours_whatever_is_done) {
  EXPECT_FALSE(lives_past_eight_hours<Sessions>(false));
  EXPECT_FALSE(lives_past_eight_hours<Sessions>(true));
  EXPECT_TRUE(lives_past_eight_hours<LongDay>(false));
  EXPECT_TRUE(lives_past_eight_hours<EndlessWhenRotated>(true));
}

TEST(Sessions, the_cookie_is_256_random_bits_bound_to_this_host) {
  Sessions sessions;
  std::set<std::string> seen;
  for (int i = 0; i < 2'000; ++i) {
    const std::string cookie = sessions.sign_in({StaffRole::kNurse, kClinic, i + 1}, "", Moment{1h});
    ASSERT_EQ(cookie.size(), 43U);
    seen.insert(cookie);
  }
  EXPECT_EQ(seen.size(), 2'000U);
  // Each of the 43 characters takes many values: none of the bits stands still.
  for (std::size_t place = 0; place < 43; ++place) {
    std::set<char> values;
    for (const std::string& cookie : seen) values.insert(cookie[place]);
    EXPECT_GE(values.size(), place == 42 ? 16U : 64U) << place;
  }
  EXPECT_EQ(set_cookie("x").value, "__Host-theca=x; Path=/; Secure; HttpOnly; SameSite=Strict");
  EXPECT_EQ(drop_cookie().value, "__Host-theca=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0");
}

TEST(Sessions, a_cookie_that_stands_twice_counts_as_none) {
  const auto with = [](const std::string& cookie) {
    Request request;
    request.headers.push_back({"cookie", cookie});
    return std::string{session_cookie(request)};
  };
  EXPECT_EQ(with("__Host-theca=abc"), "abc");
  EXPECT_EQ(with("a=b; __Host-theca=abc; c=d"), "abc");
  EXPECT_EQ(with("__Host-theca=abc; __Host-theca=def"), "");
  EXPECT_EQ(with("x__Host-theca=abc"), "");
  EXPECT_EQ(with("__host-theca=abc"), "");
  EXPECT_EQ(with("theca=abc"), "");
  EXPECT_EQ(with(""), "");
}

struct Try {
  int account, address;
  bool good;
  std::chrono::milliseconds later;
};

/// The attempts that a book let through, against a list of all of them.
template <class Begin>
std::string attempts_difference(Begin begin, Attempts& attempts, const AttemptRules& rules,
                                const std::vector<Try>& tries) {
  struct Failed {
    int account, address;
    Moment at;
  };
  std::vector<Failed> failed;
  Moment now{1000h};
  for (const Try& one : tries) {
    now += one.later;
    std::size_t of_account = 0, of_address = 0;
    for (const Failed& before : failed) {
      if (now - before.at >= rules.window) continue;
      if (before.account == one.account) ++of_account;
      if (before.address == one.address) ++of_address;
    }
    const bool may = of_account < rules.per_account && of_address < rules.per_address;
    const auto attempt = begin(std::to_string(one.account), "10.0.0." + std::to_string(one.address), now);
    if (attempt.has_value() != may) return may ? "refused too early" : "let through";
    if (!attempt) {
      if (attempt.error().wait <= 0ms || attempt.error().wait > rules.window) return "a wait of no sense";
      continue;
    }
    if (one.good) {
      attempts.succeeded(*attempt);
    } else {
      failed.push_back({one.account, one.address, now});
    }
  }
  return "";
}

rc::Gen<std::vector<Try>> tries() {
  return rc::gen::container<std::vector<Try>>(rc::gen::build<Try>(
      rc::gen::set(&Try::account, rc::gen::inRange(0, 3)),
      rc::gen::set(&Try::address, rc::gen::inRange(0, 4)),
      rc::gen::set(&Try::good, rc::gen::weightedElement<bool>({{3, false}, {1, true}})),
      rc::gen::set(&Try::later, rc::gen::element<std::chrono::milliseconds>(0ms, 1ms, 10s, 30s, 59'999ms))));
}

constexpr AttemptRules kFew{.window = 60s, .per_account = 6, .per_address = 4, .most_keys = 100};

RC_GTEST_PROP(Attempts, never_more_failures_in_any_window_than_the_rules_say_and_no_earlier_no, ()) {
  Attempts attempts{kFew};
  const auto begin = [&](const auto& account, const auto& address, Moment now) {
    return attempts.begin(account, address, now);
  };
  const auto found = attempts_difference(begin, attempts, kFew, *tries());
  if (!found.empty()) RC_FAIL(found);
}

TEST(AttemptsBrokenTwin, a_book_without_addresses_or_without_accounts_is_seen) {
  const auto is_seen_with = [](const char* account, const char* address) {
    for (std::uint64_t seed = 1; seed < 500; ++seed) {
      Attempts attempts{kFew};
      int number = 0;
      const auto begin = [&](std::string a, std::string b, Moment now) {
        // What does not count is given a name of its own every time.
        ++number;
        if (account != nullptr) a = account + std::to_string(number);
        if (address != nullptr) b = address + std::to_string(number);
        return attempts.begin(a, b, now);
      };
      if (!attempts_difference(begin, attempts, kFew, tries()(rc::Random{seed}, 80).value()).empty())
        return true;
    }
    return false;
  };
  EXPECT_TRUE(is_seen_with("account ", nullptr));
  EXPECT_TRUE(is_seen_with(nullptr, "address "));
  EXPECT_FALSE(is_seen_with(nullptr, nullptr));
}

TEST(Attempts, no_single_address_shuts_an_account) {
  Attempts attempts;
  int let = 0;
  while (attempts.begin("anna", "192.0.2.1", Moment{1h})) ++let;
  EXPECT_EQ(let, 50);
  EXPECT_TRUE(attempts.begin("anna", "192.0.2.2", Moment{1h}));
  EXPECT_FALSE(attempts.begin("bert", "192.0.2.1", Moment{1h}));
  EXPECT_TRUE(attempts.begin("bert", "192.0.2.1", Moment{2h}));
}

TEST(Attempts, one_household_is_one_address) {
  EXPECT_EQ(address_group("2001:db8:1:2:3:4:5:6"), address_group("2001:db8:1:2:ffff::1"));
  EXPECT_NE(address_group("2001:db8:1:2::1"), address_group("2001:db8:1:3::1"));
  EXPECT_EQ(address_group("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(address_group("192.0.2.1"), "192.0.2.1");
}

TEST(Attempts, grow_no_further_than_they_may) {
  Attempts attempts{{.window = 1h, .per_account = 5, .per_address = 5, .most_keys = 3}};
  Moment now{1h};
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE(attempts.begin("account " + std::to_string(i), "address " + std::to_string(i), now += 1s));
  // The last three are still known.
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(attempts.begin("account 99", "address 99", now));
  EXPECT_FALSE(attempts.begin("account 99", "address 99", now));
}

}  // namespace
}  // namespace theca::server
