#include "cli/link_session.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/exit_code.hpp"

namespace theca {

void link_options(CLI::App& command, LinkOptions& options) {
  command.add_option("--to", options.reach.to, "where the implant is: HOST:PORT or FOLDER/NAME")
      ->type_name("ADDR")
      ->capture_default_str();
  command.add_option("--keys", options.keys, "the folder with the keys")
      ->type_name("FOLDER")
      ->capture_default_str();
  command.add_option("--implant", options.implant, "its id, where the folder knows several")->type_name("ID");
  command.add_flag("--near", options.reach.near,
                   "hold the coil to the patient's skin: nothing opens without");
  command.add_flag("--json", options.json, "print the answer as JSON");
}

Linked<OpenLink> open_link(const LinkOptions& options, Role role) {
  const auto input = [](const std::string& why) {
    return std::unexpected(LinkFailure{why, LinkFailure::Kind::kInput});
  };
  auto keys = LinkKeys::open(options.keys);
  if (!keys) return input(keys.error());
  auto pairing = keys->pairing(options.implant);
  if (!pairing) return input(pairing.error());
  const auto own = keys->of(role, *pairing);
  if (!own) return input(own.error());
  RenewedSecret& secret = secret_for(role, *pairing);
  auto opened = open_session(options.reach, *own, secret.known);
  if (!opened) return std::unexpected(opened.error());
  if (secret.known.size() > opened->which + 1) {
    secret.used(opened->which);
    if (const auto kept = keys->keep(*pairing); !kept) return input(kept.error());
  }
  return OpenLink{std::move(*keys), *pairing, std::move(opened->session)};
}

int exit_code_of(const LinkFailure& failure) {
  return failure.kind == LinkFailure::Kind::kInput ? kExitUsage : kExitRefused;
}

int tell_failure(const LinkOptions& options, const std::string& command, const LinkFailure& failure) {
  fmt::print(stderr, "theca link {}: {}\n", command, failure.why);
  if (options.json) fmt::print("{}\n", nlohmann::ordered_json{{"error", failure.why}}.dump(2));
  return exit_code_of(failure);
}

}  // namespace theca
