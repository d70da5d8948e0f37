#pragma once
/// What a POST was answered, kept so that a repeated one is not done again. The record store keeps these in
/// the transaction of the change itself; MemoryReplies is for whatever changes nothing that outlives the
/// process.

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "http/clock.hpp"
#include "http/http.hpp"
#include "server/uses_http.hpp"

namespace theca::server {

using Digest = std::array<std::uint8_t, 32>;

struct ReplyKey {
  std::int64_t clinic = 0, person = 0;  // nobody else's keys are seen
  std::string key;                      // the header Idempotency-Key
  friend auto operator<=>(const ReplyKey&, const ReplyKey&) = default;
};

struct Claim {
  enum class State : std::uint8_t {
    kNew,       // do it, then say answered() or dropped()
    kRunning,   // the first one has not been answered yet
    kAnswered,  // `response` is what the first one got
    kAnother,   // the key came with another request before
    kTooMany,   // the person has used more keys than are kept
  };
  State state = State::kNew;
  std::optional<Response> response;
};

class ReplyStore {
 public:
  virtual ~ReplyStore() = default;
  /// `request` is the hash of method, path and body.
  virtual Claim claim(const ReplyKey& key, const Digest& request, Moment now) = 0;
  virtual void answered(const ReplyKey& key, const Response& response) = 0;
  /// Nothing was done: the key may be used again.
  virtual void dropped(const ReplyKey& key) = 0;
};

class MemoryReplies final : public ReplyStore {
 public:
  static constexpr std::chrono::hours kKept{24};
  static constexpr std::size_t kMostPerPerson = 2'000;

  Claim claim(const ReplyKey& key, const Digest& request, Moment now) override;
  void answered(const ReplyKey& key, const Response& response) override;
  void dropped(const ReplyKey& key) override;

 private:
  struct Entry {
    Digest request{};
    Moment since;
    std::optional<Response> response;
  };
  std::mutex mutex_;
  std::map<ReplyKey, Entry> entries_;
};

}  // namespace theca::server
