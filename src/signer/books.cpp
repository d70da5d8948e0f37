#include "signer/books.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "files/strict_json.hpp"

namespace theca::signer {
namespace {

using Json = nlohmann::ordered_json;
using Wrong = std::unexpected<std::string>;

constexpr const char* kCounters = "counters.json";
constexpr JsonLimits kLimits{.most_bytes = PrivateFolder::kMostBytes, .most_depth = 5};

std::string name_of(const link::ShortId& implant) {
  return fmt::format("implant-{:02x}.json", fmt::join(implant, ""));
}

SignedOrder order_of(const nlohmann::json& json) {
  SignedOrder order;
  order.number = json.at("number").get<std::uint32_t>();
  order.at_utc_s = json.at("at_utc_s").get<std::int64_t>();
  if (!from_base64url(json.at("digest").get<std::string>(), order.digest))
    throw std::invalid_argument("a digest has no 32 bytes");
  for (const auto& one : json.at("uncounted")) {
    auto id = from_base64url(one.get<std::string>());
    if (!id) throw std::invalid_argument("a passkey's id is no base64url");
    order.uncounted.push_back(std::move(*id));
  }
  return order;
}

CheckedSyringe check_of(const nlohmann::json& json) {
  CheckedSyringe check;
  check.by = json.at("by").get<std::uint32_t>();
  check.at_utc_s = json.at("at_utc_s").get<std::int64_t>();
  auto passkey = from_base64url(json.at("passkey").get<std::string>());
  if (!passkey || !from_base64url(json.at("digest").get<std::string>(), check.digest))
    throw std::invalid_argument("a check's digest or passkey is none");
  check.passkey = std::move(*passkey);
  return check;
}

/// From where the newest of them begin.
template <class Kept>
auto newest_of(const Kept& kept) {
  return kept.size() > kMostBedside ? kept.end() - kMostBedside : kept.begin();
}

}  // namespace

const CheckedSyringe* ImplantBook::find_check(const link::Hash& digest) const {
  const auto check = std::ranges::find(checks, digest, &CheckedSyringe::digest);
  return check == checks.end() ? nullptr : &*check;
}

const SignedOrder* ImplantBook::find(const link::Hash& digest) const {
  const auto order = std::ranges::find(orders, digest, &SignedOrder::digest);
  return order == orders.end() ? nullptr : &*order;
}

std::expected<ImplantBook, std::string> read_book(const Files& files, const link::ShortId& implant) {
  const std::string name = name_of(implant);
  const auto text = files.read(name);
  if (!text) return Wrong(text.error());
  if (!*text) return ImplantBook{};
  const auto json = parse_strictly(**text, kLimits);
  if (!json) return Wrong(name + ": " + json.error());
  ImplantBook book;
  try {
    book.model = json->at("model").get<std::uint16_t>();
    for (const auto& one : json->at("orders")) {
      book.orders.push_back(order_of(one));
      const std::size_t count = book.orders.size();
      if (count > 1 && book.orders[count - 2].number >= book.orders[count - 1].number)
        throw std::invalid_argument("its numbers do not grow");
    }
    // Of a signer that knew no refills there are none.
    if (json->contains("checks"))
      for (const auto& one : json->at("checks")) book.checks.push_back(check_of(one));
    if (json->contains("fills")) {
      for (const auto& one : json->at("fills")) {
        if (!from_base64url(one.get<std::string>(), book.statements.emplace_back()))
          throw std::invalid_argument("a statement's digest has no 32 bytes");
      }
    }
  } catch (const std::exception& error) {  // of the JSON library, and ours
    return Wrong(name + ": " + error.what());
  }
  return book;
}

std::expected<void, std::string> keep_book(Files& files, const link::ShortId& implant,
                                           const ImplantBook& book) {
  Json orders = Json::array();
  for (const SignedOrder& one : book.orders) {
    Json uncounted = Json::array();
    for (const ByteString& id : one.uncounted) uncounted.push_back(to_base64url(id));
    orders.push_back({{"number", one.number},
                      {"digest", to_base64url(one.digest)},
                      {"at_utc_s", one.at_utc_s},
                      {"uncounted", uncounted}});
  }
  Json checks = Json::array(), statements = Json::array();
  for (auto one = newest_of(book.checks); one != book.checks.end(); ++one)
    checks.push_back({{"digest", to_base64url(one->digest)},
                      {"by", one->by},
                      {"passkey", to_base64url(one->passkey)},
                      {"at_utc_s", one->at_utc_s}});
  for (auto one = newest_of(book.statements); one != book.statements.end(); ++one)
    statements.push_back(to_base64url(*one));
  return files.write(
      name_of(implant),
      Json{{"model", book.model}, {"orders", orders}, {"checks", checks}, {"fills", statements}}.dump(1) +
          "\n");
}

std::expected<Counters, std::string> Counters::read(const Files& files) {
  Counters counters;
  const auto text = files.read(kCounters);
  if (!text) return Wrong(text.error());
  if (!*text) return counters;
  const auto json = parse_strictly(**text, kLimits);
  if (!json) return Wrong(std::string{kCounters} + ": " + json.error());
  if (!json->is_object()) return Wrong(std::string{kCounters} + ": holds no counters");
  for (const auto& [id, counter] : json->items()) {
    if (!counter.is_number_unsigned() || counter.get<std::uint64_t>() > UINT32_MAX)
      return Wrong(fmt::format("{}: {} is no counter", kCounters, counter.dump()));
    counters.list_.emplace_back(id, counter.get<std::uint32_t>());
  }
  return counters;
}

std::uint32_t Counters::of(const Passkey& passkey) const {
  const std::string id = to_base64url(passkey.id);
  const auto one = std::ranges::find(list_, id, [](const auto& pair) { return pair.first; });
  return one == list_.end() ? passkey.counter : std::max(one->second, passkey.counter);
}

void Counters::set(const ByteString& credential, std::uint32_t counter) {
  const std::string id = to_base64url(credential);
  const auto one = std::ranges::find(list_, id, [](const auto& pair) { return pair.first; });
  if (one == list_.end()) {
    list_.emplace_back(id, counter);
  } else {
    one->second = counter;
  }
}

std::expected<void, std::string> Counters::keep(Files& files) const {
  Json json = Json::object();
  for (const auto& [id, counter] : list_) json[id] = counter;
  return files.write(kCounters, json.dump(1) + "\n");
}

}  // namespace theca::signer
