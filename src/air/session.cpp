#include "air/session.hpp"

#include <fmt/format.h>

namespace theca {

LinkFailure failure_of(link::NoAnswer why, const Reach& reach) {
  switch (why) {
    case link::NoAnswer::kNoField:
      return {reach.near ? "the coil gave no number: is there an implant under it?"
                         : "not near: an implant speaks only to a coil on the skin; add --near"};
    case link::NoAnswer::kSilence:
      return {
          fmt::format("no answer from {}: it is another implant, these keys are not its, or the certificate "
                      "is over; an implant does not say which",
                      reach.to)};
    case link::NoAnswer::kLost:
      return {"the answer did not come"};
    case link::NoAnswer::kOver:
      return {"the session has ended"};
    case link::NoAnswer::kMalformed:
      return {"the implant said what this programmer does not understand"};
  }
  return {""};
}

std::string text_of(const link::Outcome& outcome) {
  std::string text =
      outcome.refusal == Refusal::kNone ? row_of(outcome.answer).text : row_of(outcome.refusal).text;
  if (outcome.rule > 0)
    text += fmt::format(" (rule {}: read {}, limit {})", outcome.rule, outcome.value, outcome.limit);
  return text;
}

Linked<SessionPtr> open_session(const Reach& reach, const link::CallerKeys& keys) {
  const auto input = [](std::string why) {
    return std::unexpected(LinkFailure{std::move(why), LinkFailure::Kind::kInput});
  };
  const auto address = air::parse_address(reach.to);
  if (!address) return input("--to " + address.error());
  auto line = air::SocketLine::reach(*address, reach.near);
  if (!line) return input(line.error() + "; is `theca pump` running there?");
  auto session = std::make_unique<LinkSession>(std::move(*line), keys);
  if (!reach.near) return std::unexpected(failure_of(link::NoAnswer::kNoField, reach));
  if (const auto opened = session->talk.open(); !opened)
    return std::unexpected(failure_of(opened.error(), reach));
  return session;
}

Linked<OpenedWith> open_session(const Reach& reach, link::CallerKeys keys,
                                const std::vector<link::Key>& known) {
  OpenedWith opened;
  auto session = open_session(reach, keys);
  while (!session && opened.which + 1 < known.size()) {  // the implant may have heard of no newer one
    keys.pairing = known.at(++opened.which);
    session = open_session(reach, keys);
  }
  if (!session) return std::unexpected(session.error());
  opened.session = std::move(*session);
  return opened;
}

}  // namespace theca
