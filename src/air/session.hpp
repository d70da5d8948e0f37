#pragma once
/// A session of a clinic's or patient's programmer with an implant under its coil, over the air's sockets.

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "air/socket_line.hpp"
#include "link/dialogue.hpp"
#include "link/sodium.hpp"

namespace theca {

using LinkTalk = link::Dialogue<link::Sodium, air::SocketLine>;

/// What did not work, in a sentence, and whose turn it is.
struct LinkFailure {
  enum class Kind : std::uint8_t {
    kInput,    // an address, a key or a file that is none: nothing was sent
    kRefused,  // the implant or a check said no, or nobody answered
  };
  std::string why;
  Kind kind = Kind::kRefused;
};
template <class T>
using Linked = std::expected<T, LinkFailure>;

/// Where an implant is, and whether the coil is held to the skin.
struct Reach {
  std::string to;
  bool near = false;
};

LinkFailure failure_of(link::NoAnswer why, const Reach& reach);
/// The implant's own words: what it answered, and the pump's reason with value and limit.
std::string text_of(const link::Outcome& outcome);

/// An open line with a session on it.
struct LinkSession {
  air::SocketLine line;
  LinkTalk talk;
  LinkSession(air::SocketLine&& reached, const link::CallerKeys& keys)
      : line(std::move(reached)), talk(keys, line) {}
  LinkSession(const LinkSession&) = delete;
};
using SessionPtr = std::unique_ptr<LinkSession>;
Linked<SessionPtr> open_session(const Reach& reach, const link::CallerKeys& keys);

/// With the first of these secrets that opens, the newest first: which of them the implant has heard of last
/// is not sure. `which` is its place.
struct OpenedWith {
  SessionPtr session;
  std::size_t which = 0;
};
Linked<OpenedWith> open_session(const Reach& reach, link::CallerKeys keys,
                                const std::vector<link::Key>& known);

/// Asks for something with a reply of its own.
template <class M>
Linked<typename M::Reply> ask(LinkTalk& talk, const Reach& reach, const M& message) {
  const auto answered = talk.ask(message);
  if (!answered) return std::unexpected(failure_of(answered.error(), reach));
  if (!*answered) return std::unexpected(LinkFailure{text_of(answered->error())});
  return **answered;
}

}  // namespace theca
