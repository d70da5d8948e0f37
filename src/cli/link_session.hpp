#pragma once
/// A session of `theca link` with an implant, and its words.

#include <CLI/CLI.hpp>
#include <string>

#include "air/session.hpp"
#include "cli/link_keys.hpp"

namespace theca {

/// What every `theca link` command is told.
struct LinkOptions {
  Reach reach{air::kUsualAddress};
  std::string keys = "out/keys";
  std::string implant;
  bool json = false;
};
/// --to, --keys, --implant, --near, --json
void link_options(CLI::App& command, LinkOptions& options);

/// The keys, the pairing that --implant names, and a session of this role.
struct OpenLink {
  LinkKeys keys;
  Pairing pairing;
  SessionPtr session;
};
Linked<OpenLink> open_link(const LinkOptions& options, Role role);

int exit_code_of(const LinkFailure& failure);
/// Prints the failure, on stderr and with --json on stdout; its exit code.
int tell_failure(const LinkOptions& options, const std::string& command, const LinkFailure& failure);

}  // namespace theca
