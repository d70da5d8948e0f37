#include "gateway/pairing.hpp"

#include "link/sodium.hpp"

namespace theca::gateway {

using link::Sodium;

Linked<OpenPairing> open_with_card(const Reach& coil, const air::Card& card, const link::Key& secret) {
  if (card.implant != link::short_id<Sodium>(card.public_key))
    return std::unexpected(
        LinkFailure{"the card's id and key are not of one implant", LinkFailure::Kind::kInput});
  auto session = open_session(
      coil, {.secret = secret, .certificate = {}, .implant = card.public_key, .pairing = card.secret});
  if (!session)
    return std::unexpected(LinkFailure{
        session.error().why +
            ". Where the coil lies on the implant, this is another one's card, or one that was used",
        session.error().kind});
  return OpenPairing{
      .implant = {.id = card.implant, .public_key = card.public_key, .secrets = {}, .reach = coil},
      .session = std::move(*session)};
}

std::expected<link::Key, std::optional<link::Outcome>> make_ours(OpenPairing& open, const link::Pair& pair) {
  const auto reply = open.session->talk.ask(pair);
  if (!reply) return std::unexpected(std::nullopt);
  if (!*reply) return std::unexpected(reply->error());
  return link::paired_secret<Sodium>(pair.share, (*reply)->share, link::Pair::kSecretFor);
}

std::optional<link::Key> make_patients_secret(LinkSession& session, const Reach& reach) {
  link::PairPatient message;
  Sodium::random(message.share);
  const auto reply = ask(session.talk, reach, message);
  if (!reply) return std::nullopt;
  return link::paired_secret<Sodium>(message.share, reply->share, link::PairPatient::kSecretFor);
}

}  // namespace theca::gateway
