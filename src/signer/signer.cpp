#include "signer/signer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "link/sodium.hpp"
#include "signer/bedside_rules.hpp"
#include "signer/books.hpp"
#include "signer/rules.hpp"

namespace theca::signer {
namespace {

using enum SigningRefusal;

std::unexpected<SigningRefused> refuse(SigningRefusal why, std::string message) {
  return std::unexpected(SigningRefused{why, std::move(message)});
}

/// Somebody who said yes, and where the authenticator's counter stands since.
struct Yes {
  const Enrolled* person;
  const Passkey* passkey;
  std::uint32_t counter;
};

/// What of an assertion hangs on nothing but the list, the counters and the digest. Orders are signed by
/// physicians; at a bedside everybody who is enrolled says yes.
std::expected<Yes, SigningRefused> yes_of(const PasskeyAssertion& assertion, const link::Hash& digest,
                                          const People& people, const Counters& counters, bool signs_orders) {
  for (const Enrolled& person : people.list) {
    for (const Passkey& enrolled : person.passkeys) {
      if (enrolled.id != assertion.credential) continue;
      if (signs_orders && person.role != Role::kPhysician)
        return refuse(kRole, fmt::format("{} is enrolled as {}, and a {} signs orders", person.name,
                                         row_of(person.role).name, row_of(Role::kPhysician).name));
      Passkey passkey = enrolled;
      passkey.counter = counters.of(enrolled);
      const auto counter = check_assertion(assertion, passkey, people.site, digest);
      if (!counter)
        return refuse(kAssertion,
                      fmt::format("the assertion of {} {}", person.name, counter.error().message));
      return Yes{&person, &enrolled, *counter};
    }
  }
  return refuse(kAssertion,
                fmt::format("nobody is enrolled with passkey {}", to_base64url(assertion.credential)));
}

/// The book with this order in it, asserted now. A passkey that does not count asserts an order once.
std::expected<void, SigningRefused> enter(ImplantBook& book, const SigningRequest& request,
                                          const link::Order& order, const link::Hash& digest,
                                          const std::vector<Yes>& said, std::int64_t now_utc_s) {
  auto entry = std::ranges::find(book.orders, digest, &SignedOrder::digest);
  if (entry == book.orders.end()) entry = book.orders.insert(entry, {order.number, digest, 0, {}});
  for (const Yes& yes : said) {
    if (yes.counter != 0) continue;
    if (std::ranges::find(entry->uncounted, yes.passkey->id) != entry->uncounted.end())
      return refuse(kAssertion,
                    fmt::format("the authenticator of {} does not count, and has asserted this order before; "
                                "write the order anew, with another number",
                                yes.person->name));
    entry->uncounted.push_back(yes.passkey->id);
  }
  entry->at_utc_s = std::max(entry->at_utc_s, now_utc_s);
  book.model = request.model;
  return {};
}

}  // namespace

std::expected<void, std::string> make(Files& files, const PasskeySite& site,
                                      const std::optional<link::Key>& clinic_seed) {
  if (const auto made = begin_people(files, site); !made) return made;
  return Keys::make(files, clinic_seed);
}

std::expected<Signer, std::string> Signer::open(Files& files, const Library& library) {
  auto keys = Keys::read(files);
  if (!keys) return std::unexpected(keys.error());
  if (const auto people = read_people(files); !people) return std::unexpected(people.error());
  if (const auto counters = Counters::read(files); !counters) return std::unexpected(counters.error());
  return Signer{files, library, std::move(*keys)};
}

SigningAnswer Signer::answer_to(std::string_view line, std::int64_t now_utc_s) {
  const auto request = parse_signing_request(line);
  if (!request) return refuse(kRequest, request.error());
  if (const auto* check = std::get_if<CheckRequest>(&*request)) return confirm(*check, now_utc_s);
  if (const auto* fill = std::get_if<FillRequest>(&*request)) return let_fill(*fill, now_utc_s);
  if (const auto* wanted = std::get_if<PairRequest>(&*request)) return pair(*wanted, now_utc_s);
  return sign(std::get<SigningRequest>(*request), now_utc_s);
}

SigningAnswer Signer::sign(const SigningRequest& request, std::int64_t now_utc_s) {
  if (request.assertions.empty() || request.assertions.size() > kMostSigners)
    return refuse(kRequest, fmt::format("the request has {} assertions, and 1 to {} are taken",
                                        request.assertions.size(), kMostSigners));
  // Read anew each time: whoever was taken off the list signs no more.
  const auto people = read_people(*files_);
  if (!people) return refuse(kBooks, people.error());
  const auto gateway = named_gateway(*files_);
  if (!gateway) return refuse(kBooks, gateway.error());
  auto counters = Counters::read(*files_);
  if (!counters) return refuse(kBooks, counters.error());

  const link::Hash digest = link::digest_of<link::Sodium>(request.order);
  std::vector<Yes> said;
  for (const PasskeyAssertion& assertion : request.assertions) {
    const auto yes = yes_of(assertion, digest, *people, *counters, /*signs_orders=*/true);
    if (!yes) return std::unexpected(yes.error());
    for (const Yes& other : said)
      if (other.person == yes->person || other.passkey == yes->passkey)
        return refuse(kOnePerson, fmt::format("both assertions are of {}; the second must be another's",
                                              yes->person->name));
    said.push_back(*yes);
  }

  const auto named = decode_order(request.order);
  if (!named) return std::unexpected(named.error());
  auto book = read_book(*files_, named->implant);
  if (!book) return refuse(kBooks, book.error());
  const auto judged = judge(request, *book, *library_, now_utc_s);
  if (!judged) return std::unexpected(judged.error());
  if (said.size() < 2 && !judged->second.empty())
    return refuse(kSecondClinician,
                  fmt::format("it takes another clinician: {}", fmt::join(judged->second, "; ")));

  // First the books, then the signature. Whatever stops in between, a number stays with its order and an
  // assertion gives no second signature.
  if (const auto fine = enter(*book, request, judged->order, digest, said, now_utc_s); !fine)
    return std::unexpected(fine.error());
  for (const Yes& yes : said) counters->set(yes.passkey->id, yes.counter);
  if (const auto kept = keep_book(*files_, judged->order.implant, *book); !kept)
    return refuse(kBooks, kept.error());
  if (const auto kept = counters->keep(*files_); !kept) return refuse(kBooks, kept.error());

  SignedAnswer answer;
  for (const Yes& yes : said)
    answer.signatures.push_back(keys_.sign(*yes.person, judged->order, digest, people->epoch, now_utc_s));
  if (*gateway)
    answer.pass =
        keys_.pass(*said.front().person, judged->order.implant, **gateway, people->epoch, now_utc_s);
  return answer;
}

SigningAnswer Signer::confirm(const CheckRequest& request, std::int64_t now_utc_s) {
  const auto people = read_people(*files_);
  if (!people) return refuse(kBooks, people.error());
  auto counters = Counters::read(*files_);
  if (!counters) return refuse(kBooks, counters.error());
  const link::Hash digest = digest_of(request.check);
  const auto yes = yes_of(request.assertion, digest, *people, *counters, /*signs_orders=*/false);
  if (!yes) return std::unexpected(yes.error());
  const auto check = judge_check(request.check, now_utc_s);
  if (!check) return std::unexpected(check.error());
  auto book = read_book(*files_, check->implant);
  if (!book) return refuse(kBooks, book.error());
  // The first yes stands: one that comes later must not become the other person's.
  if (book->find_check(digest) == nullptr)
    book->checks.push_back({digest, yes->person->serial, yes->passkey->id, now_utc_s});
  counters->set(yes->passkey->id, yes->counter);
  if (const auto kept = keep_book(*files_, check->implant, *book); !kept) return refuse(kBooks, kept.error());
  if (const auto kept = counters->keep(*files_); !kept) return refuse(kBooks, kept.error());
  return SignedAnswer{};
}

SigningAnswer Signer::let_fill(const FillRequest& request, std::int64_t now_utc_s) {
  const auto people = read_people(*files_);
  if (!people) return refuse(kBooks, people.error());
  const auto gateway = named_gateway(*files_);
  if (!gateway) return refuse(kBooks, gateway.error());
  auto counters = Counters::read(*files_);
  if (!counters) return refuse(kBooks, counters.error());
  const link::Hash digest = digest_of(request.statement);
  const auto yes = yes_of(request.assertion, digest, *people, *counters, /*signs_orders=*/false);
  if (!yes) return std::unexpected(yes.error());
  if (yes->person->role != Role::kNurse && yes->person->role != Role::kPhysician)
    return refuse(kRole, fmt::format("{} is enrolled as {}, who fills no pump", yes->person->name,
                                     row_of(yes->person->role).name));
  const auto named = decode_statement(request.statement);
  if (!named) return std::unexpected(named.error());
  auto book = read_book(*files_, named->implant);
  if (!book) return refuse(kBooks, book.error());
  const auto statement = judge_fill(request, *book, *library_, now_utc_s);
  if (!statement) return std::unexpected(statement.error());
  const CheckedSyringe& check = *book->find_check(statement->check);
  if (check.by == yes->person->serial || check.passkey == yes->passkey->id)
    return refuse(kOnePerson,
                  fmt::format("{} has confirmed the syringe and states the fill; one of the two must be "
                              "another's",
                              yes->person->name));
  if (std::ranges::find(book->statements, digest) != book->statements.end())
    return refuse(kAssertion, "this statement was asserted before; read the pump, and write it anew");

  // First the books, then the pass.
  book->statements.push_back(digest);
  book->model = request.model;
  counters->set(yes->passkey->id, yes->counter);
  if (const auto kept = keep_book(*files_, statement->implant, *book); !kept)
    return refuse(kBooks, kept.error());
  if (const auto kept = counters->keep(*files_); !kept) return refuse(kBooks, kept.error());
  SignedAnswer answer;
  if (*gateway)
    answer.pass = keys_.pass(*yes->person, statement->implant, **gateway, people->epoch, now_utc_s);
  return answer;
}

SigningAnswer Signer::pair(const PairRequest& request, std::int64_t now_utc_s) {
  const auto people = read_people(*files_);
  if (!people) return refuse(kBooks, people.error());
  const auto gateway = named_gateway(*files_);
  if (!gateway) return refuse(kBooks, gateway.error());
  if (!*gateway) return refuse(kPairing, "no gateway was named for whom an implant could be paired");
  auto counters = Counters::read(*files_);
  if (!counters) return refuse(kBooks, counters.error());
  const link::Hash digest = digest_of(request.statement);
  const auto yes = yes_of(request.assertion, digest, *people, *counters, /*signs_orders=*/false);
  if (!yes) return std::unexpected(yes.error());
  if (yes->person->role != Role::kPhysician)
    return refuse(kRole, fmt::format("{} is enrolled as {}, and a {} pairs implants", yes->person->name,
                                     row_of(yes->person->role).name, row_of(Role::kPhysician).name));
  const auto statement = judge_pairing(request.statement, *library_, now_utc_s);
  if (!statement) return std::unexpected(statement.error());
  auto book = read_book(*files_, statement->implant);
  if (!book) return refuse(kBooks, book.error());
  if (std::ranges::find(book->statements, digest) != book->statements.end())
    return refuse(kAssertion, "this statement was asserted before; read the card again");
  if (!book->orders.empty() && book->model != statement->model)
    return refuse(kPump, fmt::format("orders were signed for this implant as model {}, and it says {}",
                                     book->model, statement->model));

  // First the books, then the signature.
  book->statements.push_back(digest);
  book->model = statement->model;
  counters->set(yes->passkey->id, yes->counter);
  if (const auto kept = keep_book(*files_, statement->implant, *book); !kept)
    return refuse(kBooks, kept.error());
  if (const auto kept = counters->keep(*files_); !kept) return refuse(kBooks, kept.error());
  SignedAnswer answer;
  answer.pass = keys_.pass(*yes->person, statement->implant, **gateway, people->epoch, now_utc_s);
  answer.pairing = sealed_for(**gateway, keys_.pair(statement->implant, statement->number));
  return answer;
}

}  // namespace theca::signer
