#pragma once
/// A session of `theca link` with an implant, and its words.

#include <CLI/CLI.hpp>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "air/socket_line.hpp"
#include "cli/link_keys.hpp"
#include "link/dialogue.hpp"
#include "link/order_talk.hpp"
#include "link/sodium.hpp"

namespace theca {

using LinkTalk = link::Dialogue<link::Sodium, air::SocketLine>;

/// What every `theca link` command is told.
struct LinkOptions {
  std::string to = air::kUsualAddress;
  std::string keys = "out/keys";
  std::string implant;
  bool near = false;
  bool json = false;
};
/// --to, --keys, --implant, --near, --json
void link_options(CLI::App& command, LinkOptions& options);

/// What did not work, in a sentence, and the exit code that says so.
struct LinkFailure {
  std::string why;
  int exit_code;
};
template <class T>
using Linked = std::expected<T, LinkFailure>;

LinkFailure failure_of(link::NoAnswer why, const LinkOptions& options);
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
Linked<std::unique_ptr<LinkSession>> open_session(const LinkOptions& options, const link::CallerKeys& keys);

/// The keys, the pairing that --implant names, and a session of this role.
struct OpenLink {
  LinkKeys keys;
  Pairing pairing;
  std::unique_ptr<LinkSession> session;
};
Linked<OpenLink> open_link(const LinkOptions& options, Role role);

/// Prints the failure, on stderr and with --json on stdout; its exit code.
int tell_failure(const LinkOptions& options, const std::string& command, const LinkFailure& failure);

/// Asks for something with a reply of its own.
template <class M>
Linked<typename M::Reply> ask(LinkTalk& talk, const LinkOptions& options, const M& message) {
  const auto answered = talk.ask(message);
  if (!answered) return std::unexpected(failure_of(answered.error(), options));
  if (!*answered) return std::unexpected(LinkFailure{text_of(answered->error()), 1});
  return **answered;
}

}  // namespace theca
