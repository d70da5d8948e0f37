#include "server/challenges.hpp"

#include <sodium.h>

#include <algorithm>

namespace theca::server {

std::string Challenges::ask(Moment now) {
  ByteString challenge(32);
  randombytes_buf(challenge.data(), challenge.size());
  const std::scoped_lock lock{mutex_};
  std::erase_if(open_, [&](const auto& one) { return one.second <= now; });
  if (open_.size() >= kMost)
    open_.erase(std::ranges::min_element(open_, {}, &std::pair<const ByteString, Moment>::second));
  open_.emplace(challenge, now + kLasts);
  return to_base64url(challenge);
}

bool Challenges::take(const ByteString& challenge, Moment now) {
  const std::scoped_lock lock{mutex_};
  const auto one = open_.find(challenge);
  if (one == open_.end()) return false;
  const bool open = one->second > now;
  open_.erase(one);
  return open;
}

}  // namespace theca::server
