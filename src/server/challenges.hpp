#pragma once
/// Questions for authenticators: random, good for one answer and for two minutes.

#include <chrono>
#include <map>
#include <mutex>
#include <string>

#include "files/base64url.hpp"
#include "http/clock.hpp"
#include "server/uses_http.hpp"

namespace theca::server {

/// May be called from any thread.
class Challenges {
 public:
  static constexpr std::chrono::minutes kLasts{2};
  static constexpr std::size_t kMost = 10'000;  // the oldest makes room

  /// In base64url.
  std::string ask(Moment now);
  /// Is it one, and was it not answered yet? It is from here on.
  bool take(const ByteString& challenge, Moment now);

 private:
  std::mutex mutex_;
  std::map<ByteString, Moment> open_;  // until when
};

}  // namespace theca::server
