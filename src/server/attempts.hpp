#pragma once
/// How often somebody may fail to sign in. An attempt counts from its beginning, so that a hundred at once
/// are a hundred; one that succeeds is taken back.

#include <chrono>
#include <cstdint>
#include <deque>
#include <expected>
#include <map>
#include <mutex>
#include <string>

#include "http/clock.hpp"
#include "server/uses_http.hpp"

namespace theca::server {

struct AttemptRules {
  std::chrono::milliseconds window = std::chrono::hours{1};
  std::size_t per_account = 100;  // OWASP ASVS 4.0.3, 2.2.1: no more than 100 an hour
  /// Half of it: no single address can shut an account.
  std::size_t per_address = 50;
  std::size_t most_keys = 20'000;  // of accounts, and of addresses; the one quiet for longest makes room
};

/// What somebody must wait for before the next attempt.
struct TooMany {
  std::chrono::milliseconds wait;
};

/// May be called from any thread.
class Attempts {
 public:
  explicit Attempts(AttemptRules rules = {}) : rules_(rules) {}

  struct Attempt {
    std::string account, address;
    Moment at;
  };
  /// `account` as it was typed, or the key's own number; it need not exist.
  std::expected<Attempt, TooMany> begin(const std::string& account, const std::string& address, Moment now);
  void succeeded(const Attempt& attempt);

 private:
  using Times = std::deque<Moment>;
  struct Book {
    std::map<std::string, Times> times;
  };
  [[nodiscard]] std::chrono::milliseconds wait(Book& book, const std::string& key, std::size_t most,
                                               Moment now) const;
  void note(Book& book, const std::string& key, Moment now) const;
  static void take_back(Book& book, const std::string& key, Moment at);

  AttemptRules rules_;
  std::mutex mutex_;
  Book accounts_, addresses_;
};

/// What counts as one address: of IPv6 the first 64 bits, all of which one household has.
std::string address_group(const std::string& address);

}  // namespace theca::server
