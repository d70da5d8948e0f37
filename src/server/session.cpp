#include "server/session.hpp"

#include <sodium.h>

#include <stdexcept>

namespace theca::server {
namespace {

constexpr std::size_t kIdBytes = 32;
constexpr std::size_t kCookieLength = 43;  // of 32 bytes in base64 for addresses, without padding
constexpr int kForm = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
constexpr std::string_view kAttributes = "; Path=/; Secure; HttpOnly; SameSite=Strict";

void ready() {
  if (sodium_init() < 0) throw std::runtime_error("the cryptographic library does not start");
}

}  // namespace

std::string Sessions::new_cookie() {
  ready();
  std::array<std::uint8_t, kIdBytes> id{};
  randombytes_buf(id.data(), id.size());
  std::string text(kCookieLength + 1, '\0');
  sodium_bin2base64(text.data(), text.size(), id.data(), id.size(), kForm);
  text.pop_back();
  sodium_memzero(id.data(), id.size());
  return text;
}

std::optional<Sessions::Hash> Sessions::hash_of(std::string_view cookie) {
  ready();
  std::array<std::uint8_t, kIdBytes> id{};
  std::size_t size = 0;
  const char* end = nullptr;
  const bool read = cookie.size() == kCookieLength &&
                    sodium_base642bin(id.data(), id.size(), cookie.data(), cookie.size(), nullptr, &size,
                                      &end, kForm) == 0 &&
                    size == id.size() && end == cookie.data() + cookie.size();
  if (!read) return std::nullopt;
  Hash hash{};
  crypto_generichash(hash.data(), hash.size(), id.data(), id.size(), nullptr, 0);
  sodium_memzero(id.data(), id.size());
  return hash;
}

bool Sessions::over(const Session& session, Moment now) const {
  return now - session.last_used >= rules_.idle || now - session.signed_in >= rules_.absolute;
}

void Sessions::make_room(const Actor& actor, Moment now) {
  std::erase_if(sessions_, [&](const auto& entry) { return over(entry.second, now); });
  while (true) {
    std::size_t own = 0;
    auto oldest = sessions_.end();
    for (auto it = sessions_.begin(); it != sessions_.end(); ++it) {
      const Session& session = it->second;
      if (session.actor.person != actor.person || session.actor.clinic != actor.clinic) continue;
      ++own;
      if (oldest == sessions_.end() || session.last_used < oldest->second.last_used) oldest = it;
    }
    if (own < rules_.most_per_person) return;
    sessions_.erase(oldest);
  }
}

std::string Sessions::sign_in(const Actor& actor, std::string_view old_cookie, Moment now) {
  std::string cookie = new_cookie();
  const auto old = hash_of(old_cookie);
  const std::lock_guard lock{mutex_};
  if (old) sessions_.erase(*old);
  make_room(actor, now);
  sessions_[*hash_of(cookie)] = {actor, now, now};
  return cookie;
}

std::optional<Session> Sessions::use(std::string_view cookie, Moment now) {
  const auto hash = hash_of(cookie);
  if (!hash) return std::nullopt;
  const std::lock_guard lock{mutex_};
  const auto found = sessions_.find(*hash);
  if (found == sessions_.end()) return std::nullopt;
  if (over(found->second, now)) {
    sessions_.erase(found);
    return std::nullopt;
  }
  found->second.last_used = now;
  return found->second;
}

std::optional<Session> Sessions::look(std::string_view cookie, Moment now) const {
  const auto hash = hash_of(cookie);
  if (!hash) return std::nullopt;
  const std::lock_guard lock{mutex_};
  const auto found = sessions_.find(*hash);
  if (found == sessions_.end() || over(found->second, now)) return std::nullopt;
  return found->second;
}

std::optional<std::string> Sessions::rotate(std::string_view cookie, const Actor& actor, Moment now) {
  const auto hash = hash_of(cookie);
  if (!hash) return std::nullopt;
  std::string fresh = new_cookie();
  const std::lock_guard lock{mutex_};
  const auto found = sessions_.find(*hash);
  if (found == sessions_.end()) return std::nullopt;
  Session session = found->second;
  sessions_.erase(found);
  if (over(session, now)) return std::nullopt;
  session.actor = actor;
  session.last_used = now;
  sessions_[*hash_of(fresh)] = session;
  return fresh;
}

void Sessions::sign_out(std::string_view cookie) {
  const auto hash = hash_of(cookie);
  if (!hash) return;
  const std::lock_guard lock{mutex_};
  sessions_.erase(*hash);
}

std::size_t Sessions::revoke(std::int64_t clinic, std::int64_t person) {
  const std::lock_guard lock{mutex_};
  return std::erase_if(sessions_, [&](const auto& entry) {
    return entry.second.actor.clinic == clinic && entry.second.actor.person == person;
  });
}

void Sessions::sweep(Moment now) {
  const std::lock_guard lock{mutex_};
  std::erase_if(sessions_, [&](const auto& entry) { return over(entry.second, now); });
}

std::size_t Sessions::size() const {
  const std::lock_guard lock{mutex_};
  return sessions_.size();
}

std::string_view session_cookie(const Request& request) {
  std::string_view rest = request.header("cookie");
  std::string_view found;
  bool once = false;
  while (!rest.empty()) {
    std::string_view pair = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || pair.substr(0, equals) != kSessionCookie) continue;
    if (std::exchange(once, true)) return {};
    found = pair.substr(equals + 1);
  }
  return found;
}

Header set_cookie(std::string_view value) {
  return {"Set-Cookie", std::string{kSessionCookie} + "=" + std::string{value} + std::string{kAttributes}};
}
Header drop_cookie() {
  return {"Set-Cookie", std::string{kSessionCookie} + "=" + std::string{kAttributes} + "; Max-Age=0"};
}

}  // namespace theca::server
