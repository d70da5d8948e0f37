#include "server/reply_store.hpp"

namespace theca::server {

Claim MemoryReplies::claim(const ReplyKey& key, const Digest& request, Moment now) {
  using enum Claim::State;
  const std::lock_guard lock{mutex_};
  // One person's entries stand side by side. One that still runs is never forgotten.
  std::size_t own = 0;
  auto it = entries_.lower_bound({key.clinic, key.person, ""});
  while (it != entries_.end() && it->first.clinic == key.clinic && it->first.person == key.person) {
    if (it->second.response && now - it->second.since >= kKept) {
      it = entries_.erase(it);
    } else {
      ++own;
      ++it;
    }
  }
  const auto found = entries_.find(key);
  if (found == entries_.end()) {
    if (own >= kMostPerPerson) return {kTooMany, {}};
    entries_[key] = {request, now, {}};
    return {kNew, {}};
  }
  if (found->second.request != request) return {kAnother, {}};
  if (!found->second.response) return {kRunning, {}};
  return {kAnswered, found->second.response};
}

void MemoryReplies::answered(const ReplyKey& key, const Response& response) {
  const std::lock_guard lock{mutex_};
  const auto found = entries_.find(key);
  if (found != entries_.end()) found->second.response = response;
}

void MemoryReplies::dropped(const ReplyKey& key) {
  const std::lock_guard lock{mutex_};
  entries_.erase(key);
}

}  // namespace theca::server
