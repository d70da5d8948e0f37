#include "clinic/sends.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "clinic/encoding.hpp"
#include "clinic/patients.hpp"
#include "clinic/pump_record.hpp"

namespace theca::records {
namespace {

constexpr const char* kTable = "sends";
constexpr std::size_t kLongestIntent = 40;
constexpr std::array<const char*, 5> kStateWords{"pending", "confirmed", "failed", "unknown", "refused"};

bool may_become(SendState from, SendState to) {
  // Refused by a signer that had signed it already, for another server: its number is taken.
  if (from == SendState::kRefused) return to == SendState::kFailed;
  if (from == SendState::kPending) return to != SendState::kPending;
  return from == SendState::kUnknown && (to == SendState::kConfirmed || to == SendState::kFailed);
}

std::unexpected<RecordError> no_send(SendId id) {
  return failed(RecordFault::kMissing, fmt::format("no send {} in this clinic", id.value));
}

/// The sends whose `column` has this value.
Recorded<std::vector<Send>> sends_where(Work& work, const char* column, std::int64_t value) {
  Send one;
  std::string digest, state;
  std::int64_t draft = 0, settled_ms = 0;
  soci::indicator has_draft = soci::i_null, has_settled = soci::i_null;
  soci::statement query =
      (work.sql.prepare
           << "SELECT id, patient, pump, draft, request, person, intent, order_digest, state, begun_ms, "
              "settled_ms FROM sends WHERE "
           << column << " = :value AND clinic = :clinic ORDER BY begun_ms DESC, id",
       soci::into(one.id.value), soci::into(one.patient.value), soci::into(one.wish.pump.value),
       soci::into(draft, has_draft), soci::into(one.request.text), soci::into(one.by.value),
       soci::into(one.wish.intent), soci::into(digest), soci::into(state), soci::into(one.begun_ms),
       soci::into(settled_ms, has_settled), soci::use(value), soci::use(work.actor.clinic.value));
  std::vector<Send> all;
  for (query.execute(); query.fetch();) {
    const auto read = send_state_of(state);
    if (!read) return std::unexpected(read.error());
    const auto bytes = from_hex(digest);
    if (!bytes || bytes->size() != one.wish.order_digest.size())
      return failed(RecordFault::kSpoilt,
                    fmt::format("sends.order_digest of row {}: is no digest", one.id.value));
    std::ranges::copy(*bytes, one.wish.order_digest.begin());
    one.state = *read;
    one.wish.draft = has_draft == soci::i_ok ? std::optional{DraftId{draft}} : std::nullopt;
    one.settled_ms = has_settled == soci::i_ok ? std::optional{settled_ms} : std::nullopt;
    all.push_back(one);
  }
  return all;
}

}  // namespace

Recorded<SendState> send_state_of(const std::string& word) {
  const auto found = std::ranges::find(kStateWords, word);
  if (found == kStateWords.end()) return failed(RecordFault::kSpoilt, "a send's state is none there is");
  return static_cast<SendState>(found - kStateWords.begin());
}
const char* word_of(SendState state) { return kStateWords.at(static_cast<std::size_t>(state)); }

Recorded<SendId> begin_send(Database& database, const Actor& actor, const RequestId& request,
                            const SendWish& wish) {
  const std::string digest = hex(wish.order_digest);
  const std::int64_t draft = wish.draft.value_or(DraftId{}).value;
  const auto id = database.change(
      actor, request, {"begin send", kTable},
      joined({std::to_string(wish.pump.value), std::to_string(draft), wish.intent, digest}),
      [&](Work& work) -> Recorded<std::int64_t> {
        if (wish.intent.empty() || wish.intent.size() > kLongestIntent ||
            wish.intent.find_first_not_of("abcdefghijklmnopqrstuvwxyz ") != std::string::npos)
          return failed(
              RecordFault::kInvalid,
              fmt::format("an intent is a word of the catalogue, a-z and spaces, to {}", kLongestIntent));
        const auto patient = patient_of_pump(work, wish.pump);
        if (!patient) return std::unexpected(patient.error());
        if (const auto key = data_key(work, *patient); !key) return std::unexpected(key.error());
        if (wish.draft) {
          std::int64_t fits = 0;
          work.sql << "SELECT COUNT(*) FROM drafts WHERE id = :id AND pump = :pump AND clinic = :clinic",
              soci::into(fits), soci::use(draft), soci::use(wish.pump.value), soci::use(actor.clinic.value);
          if (fits != 1)
            return failed(RecordFault::kMissing,
                          fmt::format("no draft {} for pump {}", draft, wish.pump.value));
        }
        const SendId send{new_id()};
        const std::string state = word_of(SendState::kPending);
        soci::indicator has_draft = wish.draft ? soci::i_ok : soci::i_null;
        work.sql
            << "INSERT INTO sends (id, clinic, patient, pump, draft, request, person, intent, order_digest, "
               "state, begun_ms) VALUES (:id, :clinic, :patient, :pump, :draft, :request, :person, :intent, "
               ":order_digest, :state, :begun_ms)",
            soci::use(send.value), soci::use(actor.clinic.value), soci::use(patient->value),
            soci::use(wish.pump.value), soci::use(draft, has_draft), soci::use(request.text),
            soci::use(actor.person.value), soci::use(wish.intent), soci::use(digest), soci::use(state),
            soci::use(work.now_ms);
        work.deed.detail = fmt::format("{}, order {}", wish.intent, digest);
        return send.value;
      });
  if (!id) return std::unexpected(id.error());
  return SendId{*id};
}

Recorded<void> settle_send(Database& database, const Actor& actor, const RequestId& request, SendId id,
                           SendState state, std::optional<SendState> only_from) {
  const std::string word = word_of(state);
  const auto done = database.change(
      actor, request, {"settle send", kTable, id.value}, joined({std::to_string(id.value), word}),
      [&](Work& work) -> Recorded<std::int64_t> {
        const auto sends = sends_where(work, "id", id.value);
        if (!sends) return std::unexpected(sends.error());
        if (sends->empty()) return no_send(id);
        const Send& one = sends->front();
        work.deed.patient = one.patient.value;
        if (!may_become(one.state, state) || one.state != only_from.value_or(one.state))
          return failed(RecordFault::kConflict, fmt::format("send {} is {} and does not become {}", id.value,
                                                            word_of(one.state), word));
        work.sql << "UPDATE sends SET state = :state, settled_ms = :settled_ms WHERE id = :id AND clinic = "
                    ":clinic",
            soci::use(word), soci::use(work.now_ms), soci::use(id.value), soci::use(actor.clinic.value);
        work.deed.detail = fmt::format("{} to {}", word_of(one.state), word);
        return id.value;
      });
  if (!done) return std::unexpected(done.error());
  return {};
}

Recorded<Send> send(Database& database, const Actor& actor, SendId id) {
  return database.act<Send>(actor, {"read send", kTable, id.value}, [&](Work& work) -> Recorded<Send> {
    auto sends = sends_where(work, "id", id.value);
    if (!sends) return std::unexpected(sends.error());
    if (sends->empty()) return no_send(id);
    work.deed.patient = sends->front().patient.value;
    return std::move(sends->front());
  });
}

Recorded<std::vector<Send>> sends_of(Database& database, const Actor& actor, PumpId pump) {
  return database.act<std::vector<Send>>(actor, {"list sends", kTable, pump.value},
                                         [&](Work& work) -> Recorded<std::vector<Send>> {
                                           if (const auto patient = patient_of_pump(work, pump); !patient)
                                             return std::unexpected(patient.error());
                                           return sends_where(work, "pump", pump.value);
                                         });
}

}  // namespace theca::records
