#include "server/attempts.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace theca::server {

std::string address_group(const std::string& address) {
  in6_addr six{};
  if (inet_pton(AF_INET6, address.c_str(), &six) != 1) return address;
  if (IN6_IS_ADDR_V4MAPPED(&six)) {
    std::array<char, INET_ADDRSTRLEN> text{};
    inet_ntop(AF_INET, &six.s6_addr[12], text.data(), text.size());
    return text.data();
  }
  std::fill(six.s6_addr + 8, six.s6_addr + 16, std::uint8_t{0});
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(AF_INET6, &six, text.data(), text.size());
  return std::string{text.data()} + "/64";
}

std::chrono::milliseconds Attempts::wait(Book& book, const std::string& key, std::size_t most,
                                         Moment now) const {
  const auto found = book.times.find(key);
  if (found == book.times.end()) return {};
  Times& times = found->second;
  while (!times.empty() && now - times.front() >= rules_.window) times.pop_front();
  if (times.size() < most) return {};
  return times[times.size() - most] + rules_.window - now;
}

void Attempts::note(Book& book, const std::string& key, Moment now) const {
  if (!book.times.contains(key) && book.times.size() >= rules_.most_keys) {
    std::erase_if(book.times, [&](const auto& entry) {
      return entry.second.empty() || now - entry.second.back() >= rules_.window;
    });
    if (book.times.size() >= rules_.most_keys) {
      book.times.erase(
          std::ranges::min_element(book.times, {}, [](const auto& entry) { return entry.second.back(); }));
    }
  }
  book.times[key].push_back(now);
}

void Attempts::take_back(Book& book, const std::string& key, Moment at) {
  const auto found = book.times.find(key);
  if (found == book.times.end()) return;
  Times& times = found->second;
  const auto one = std::ranges::find(times, at);
  if (one != times.end()) times.erase(one);
  if (times.empty()) book.times.erase(found);
}

std::expected<Attempts::Attempt, TooMany> Attempts::begin(const std::string& account,
                                                          const std::string& address, Moment now) {
  const std::string group = address_group(address);
  const std::lock_guard lock{mutex_};
  const auto longest = std::max(wait(accounts_, account, rules_.per_account, now),
                                wait(addresses_, group, rules_.per_address, now));
  if (longest > std::chrono::milliseconds{0}) return std::unexpected(TooMany{longest});
  note(accounts_, account, now);
  note(addresses_, group, now);
  return Attempt{account, group, now};
}

void Attempts::succeeded(const Attempt& attempt) {
  const std::lock_guard lock{mutex_};
  take_back(accounts_, attempt.account, attempt.at);
  take_back(addresses_, attempt.address, attempt.at);
}

}  // namespace theca::server
