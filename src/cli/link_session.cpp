#include "cli/link_session.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/exit_code.hpp"
#include "quantity/text.hpp"

namespace theca {

void link_options(CLI::App& command, LinkOptions& options) {
  command.add_option("--to", options.to, "where the implant is: HOST:PORT or FOLDER/NAME")
      ->type_name("ADDR")
      ->capture_default_str();
  command.add_option("--keys", options.keys, "the folder with the keys")
      ->type_name("FOLDER")
      ->capture_default_str();
  command.add_option("--implant", options.implant, "its id, where the folder knows several")->type_name("ID");
  command.add_flag("--near", options.near, "hold the coil to the patient's skin: nothing opens without");
  command.add_flag("--json", options.json, "print the answer as JSON");
}

LinkFailure failure_of(link::NoAnswer why, const LinkOptions& options) {
  switch (why) {
    case link::NoAnswer::kNoField:
      return {options.near ? "the coil gave no number: is there an implant under it?"
                           : "not near: an implant speaks only to a coil on the skin; add --near",
              kExitRefused};
    case link::NoAnswer::kSilence:
      return {
          fmt::format("no answer from {}: it is another implant, these keys are not its, or the certificate "
                      "is over; an implant does not say which",
                      options.to),
          kExitRefused};
    case link::NoAnswer::kLost:
      return {"the answer did not come", kExitRefused};
    case link::NoAnswer::kOver:
      return {"the session has ended", kExitRefused};
    case link::NoAnswer::kMalformed:
      return {"the implant said what this programmer does not understand", kExitRefused};
  }
  return {"", kExitBug};
}

std::string text_of(const link::Outcome& outcome) {
  std::string text =
      outcome.refusal == Refusal::kNone ? row_of(outcome.answer).text : row_of(outcome.refusal).text;
  if (outcome.rule > 0)
    text += fmt::format(" (rule {}: read {}, limit {})", outcome.rule, outcome.value, outcome.limit);
  return text;
}

Linked<std::unique_ptr<LinkSession>> open_session(const LinkOptions& options, const link::CallerKeys& keys) {
  const auto address = air::parse_address(options.to);
  if (!address) return std::unexpected(LinkFailure{"--to " + address.error(), kExitUsage});
  auto line = air::SocketLine::reach(*address, options.near);
  if (!line)
    return std::unexpected(LinkFailure{line.error() + "; is `theca pump` running there?", kExitUsage});
  auto session = std::make_unique<LinkSession>(std::move(*line), keys);
  if (!options.near) return std::unexpected(failure_of(link::NoAnswer::kNoField, options));
  if (const auto opened = session->talk.open(); !opened)
    return std::unexpected(failure_of(opened.error(), options));
  return session;
}

Linked<OpenLink> open_link(const LinkOptions& options, Role role) {
  auto keys = LinkKeys::open(options.keys);
  if (!keys) return std::unexpected(LinkFailure{keys.error(), kExitUsage});
  auto pairing = keys->pairing(options.implant);
  if (!pairing) return std::unexpected(LinkFailure{pairing.error(), kExitUsage});
  auto own = keys->of(role, *pairing);
  if (!own) return std::unexpected(LinkFailure{own.error(), kExitUsage});
  RenewedSecret& secret = secret_for(role, *pairing);
  auto session = open_session(options, *own);
  std::size_t which = 0;
  while (!session && which + 1 < secret.known.size()) {  // the implant may have heard of no newer one
    own->pairing = secret.known.at(++which);
    session = open_session(options, *own);
  }
  if (session && secret.known.size() > which + 1) {
    secret.used(which);
    if (const auto kept = keys->keep(*pairing); !kept)
      return std::unexpected(LinkFailure{kept.error(), kExitUsage});
  }
  if (!session) return std::unexpected(session.error());
  return OpenLink{std::move(*keys), *pairing, std::move(*session)};
}

int tell_failure(const LinkOptions& options, const std::string& command, const LinkFailure& failure) {
  fmt::print(stderr, "theca link {}: {}\n", command, failure.why);
  if (options.json) fmt::print("{}\n", nlohmann::ordered_json{{"error", failure.why}}.dump(2));
  return failure.exit_code;
}

}  // namespace theca
