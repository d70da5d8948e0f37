#pragma once
/// Who is signed in. The browser holds 256 random bits in a cookie that no script reads; the server holds
/// only their hash, so that whoever reads its memory or a crash dump cannot sign in with it.

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "http/clock.hpp"
#include "http/http.hpp"
#include "server/permit.hpp"
#include "server/uses_http.hpp"

namespace theca::server {

inline constexpr std::string_view kSessionCookie = "__Host-theca";

struct SessionRules {
  std::chrono::milliseconds idle = std::chrono::minutes{10};
  std::chrono::milliseconds absolute = std::chrono::hours{8};
  std::size_t most_per_person = 8;  // the one that was used longest ago makes room
};

struct Session {
  Actor actor;
  Moment signed_in;
  Moment last_used;
};

/// May be called from any thread. Times never go back (BootClock).
class Sessions {
 public:
  explicit Sessions(SessionRules rules = {}) : rules_(rules) {}

  /// A new session under a new number; what the browser held before is worth nothing from here on, so that a
  /// number slipped to it before the sign-in gives nobody this session. Answers the cookie's value.
  std::string sign_in(const Actor& actor, std::string_view old_cookie, Moment now);

  /// The session that a cookie's value stands for, and it counts as used. Nothing: there is none, or it is
  /// over.
  std::optional<Session> use(std::string_view cookie, Moment now);
  /// The same without using it: an open page that only listens does not keep its session alive.
  [[nodiscard]] std::optional<Session> look(std::string_view cookie, Moment now) const;

  /// The same session with other rights, under a new number; its eight hours go on. Nothing: there is none.
  std::optional<std::string> rotate(std::string_view cookie, const Actor& actor, Moment now);

  void sign_out(std::string_view cookie);
  /// All of one person's: the role changed, a key was lost. Answers how many there were.
  std::size_t revoke(std::int64_t clinic, std::int64_t person);
  /// Forgets what is over.
  void sweep(Moment now);
  [[nodiscard]] std::size_t size() const;

 private:
  using Hash = std::array<std::uint8_t, 32>;
  static std::optional<Hash> hash_of(std::string_view cookie);
  static std::string new_cookie();
  [[nodiscard]] bool over(const Session& session, Moment now) const;
  void make_room(const Actor& actor, Moment now);  // mutex held

  SessionRules rules_;
  mutable std::mutex mutex_;
  std::map<Hash, Session> sessions_;
};

/// The session's cookie in a request; empty when there is none, or more than one: then somebody else set one.
std::string_view session_cookie(const Request& request);
Header set_cookie(std::string_view value);
Header drop_cookie();

}  // namespace theca::server
