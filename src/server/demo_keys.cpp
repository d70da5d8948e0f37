#include "server/demo_keys.hpp"

#include <algorithm>

#include "clinic/passkey_json.hpp"
#include "files/base64url.hpp"
#include "link/sodium.hpp"

namespace theca::server {
namespace {

using No = std::unexpected<Problem>;

std::string hash_of(const std::string& ticket) {
  const std::array<link::Bytes, 1> parts{
      link::Bytes{reinterpret_cast<const std::uint8_t*>(ticket.data()), ticket.size()}};
  return to_base64url(link::Sodium::sha256(parts));
}

}  // namespace

DemoKeys::DemoKeys(PasskeySite site, const std::vector<DemoSecret>& secrets,
                   std::function<void(records::PersonId, const std::string&)> fresh_ticket)
    : site_(std::move(site)), fresh_ticket_(std::move(fresh_ticket)) {
  for (const DemoSecret& one : secrets)
    keys_.emplace_back(one.person, SoftwareKey{PasskeyAlgorithm::kEs256, one.secret, /*counts=*/false});
}

void DemoKeys::offer() {
  const std::scoped_lock lock{mutex_};
  for (const auto& [person, key] : keys_) offer(person);
}

void DemoKeys::offer(records::PersonId person) {
  link::Key random{};
  link::Sodium::random(random);
  const std::string ticket = to_base64url(random);
  tickets_.emplace(hash_of(ticket), person);
  fresh_ticket_(person, ticket);
}

DemoKeys::Answered DemoKeys::asserted(records::PersonId person, const Call& call) {
  const auto key = std::ranges::find(keys_, person, &std::pair<records::PersonId, SoftwareKey>::first);
  if (key == keys_.end())
    return No(problem(403, "You have no software security key here.", "Use your own passkey."));
  const auto challenge = from_base64url(call.body["challenge"].get<std::string>());
  if (!challenge) return No(problem(422, "The challenge cannot be read.", "Ask for another one."));
  return Answer{{{"credential", text_of(key->second.assertion(site_, *challenge))}}, {}};
}

DemoKeys::Answered DemoKeys::spend(const Call& call) {
  const std::scoped_lock lock{mutex_};
  const auto ticket = tickets_.find(hash_of(call.body["ticket"].get<std::string>()));
  if (ticket == tickets_.end())
    return No(problem(401, "This sign-in link was used, or was never given.",
                      "Open the newest link that stands in the terminal of ./theca up."));
  const records::PersonId person = ticket->second;
  auto answer = asserted(person, call);
  if (!answer) return answer;
  tickets_.erase(ticket);
  offer(person);
  return answer;
}

DemoKeys::Answered DemoKeys::assert_as_self(const Call& call) {
  const std::scoped_lock lock{mutex_};
  return asserted(records::PersonId{call.actor.person}, call);
}

std::vector<Route> DemoKeys::routes() {
  const auto by = [this](Answered (DemoKeys::*handler)(const Call&)) {
    return [this, handler](const Call& call) { return (this->*handler)(call); };
  };
  const Shape credential = object({needed("credential", text(kMostPasskeyJson))});
  return {{.method = Method::kPut,
           .path = "/api/demo/ticket",
           .name = "spendTicket",
           .summary = "Of a demo: what the software security key behind a one-time link says to a challenge.",
           .action = Action::kSignIn,
           .request = object({needed("ticket", text(64)), needed("challenge", text(64))}),
           .response = credential,
           .handle = by(&DemoKeys::spend)},
          {.method = Method::kPut,
           .path = "/api/demo/assertion",
           .name = "assertInDemo",
           .summary = "Of a demo: what one's own software security key says to a challenge.",
           .action = Action::kOwnAccount,
           .request = object({needed("challenge", text(64))}),
           .response = credential,
           .handle = by(&DemoKeys::assert_as_self)}};
}

}  // namespace theca::server
