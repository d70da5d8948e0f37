#pragma once
/// Somebody between the radios of a programmer and of an implant: whatever is sent reaches the other one only
/// as he makes it. The coil he does not touch.

#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "air/socket.hpp"

namespace theca::verify {

using RadioFrame = std::vector<std::uint8_t>;

/// What goes on to whom it was sent, and what comes back to whom it came from.
struct Passed {
  std::vector<RadioFrame> on, back;
};

class Between {
 public:
  using Touch = std::function<Passed(const RadioFrame& frame, bool from_implant)>;

  /// At `folder`/between. Throws std::runtime_error with a sentence when he cannot be there.
  Between(const air::Address& implant, const std::filesystem::path& folder);
  /// For a programmer's `--to`.
  [[nodiscard]] const std::string& at() const { return at_; }
  /// From now on; without it everything goes on as it is.
  void touch(Touch touch);
  /// Everything that the implant has sent so far.
  std::vector<RadioFrame> heard();

 private:
  struct Side {
    air::Socket socket;
    air::FrameStream stream;
  };
  void stand(const std::stop_token& over);
  void carry(Side& from, Side& to, bool from_implant);

  air::Endpoint implant_;
  std::string at_;
  air::Socket listener_;
  std::mutex mutex_;
  Touch touch_;
  std::vector<RadioFrame> heard_;
  std::jthread thread_;  // last: it uses all the others
};

}  // namespace theca::verify
