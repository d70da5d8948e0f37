#pragma once
/// A demo's way in: software security keys of its people behind one-time links. What they assert goes through
/// the same verification as any authenticator's, here and at the signer. Of a demo's database alone.

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "clinic/record_ids.hpp"
#include "clinic/software_key.hpp"
#include "server/clinic_folder.hpp"
#include "server/route.hpp"

namespace theca::server {

/// May be called from any thread; outlives the router that its routes are given to.
class DemoKeys {
 public:
  /// `fresh_ticket` is told each new ticket with whose it is: at offer(), and whenever one was used.
  DemoKeys(PasskeySite site, const std::vector<DemoSecret>& secrets,
           std::function<void(records::PersonId, const std::string& ticket)> fresh_ticket);
  DemoKeys(const DemoKeys&) = delete;

  /// A ticket for everybody who has a key.
  void offer();
  std::vector<Route> routes();

 private:
  using Answered = std::expected<Answer, Problem>;
  Answered spend(const Call& call);
  Answered assert_as_self(const Call& call);
  Answered asserted(records::PersonId person, const Call& call);  // mutex held
  void offer(records::PersonId person);                           // mutex held

  PasskeySite site_;
  std::function<void(records::PersonId, const std::string&)> fresh_ticket_;
  std::mutex mutex_;
  std::vector<std::pair<records::PersonId, SoftwareKey>> keys_;
  std::map<std::string, records::PersonId> tickets_;  // by their hashes
};

}  // namespace theca::server
