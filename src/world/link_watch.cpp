#include "world/link_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "implant/authorisation.hpp"
#include "quantity/text.hpp"

namespace theca {
namespace {

/// How long a physician near the patient waits at most, once nobody disturbs the air (INV-13).
constexpr Duration kConnectsWithin = seconds(60);

/// So many bytes of a secret in a row are no chance.
constexpr std::size_t kPartBytes = sizeof(std::uint64_t);
constexpr std::int64_t kMostZeros = 3;

std::uint64_t part_at(link::Bytes bytes, std::size_t at) {
  std::uint64_t part = 0;
  std::memcpy(&part, bytes.data() + at, kPartBytes);
  return part;
}

/// What only a person may bring about: with each of them stands whose change it was.
bool is_change(EventCode code) {
  switch (code) {
    case EventCode::kImplanted:
    case EventCode::kRefilled:
    case EventCode::kPrescriptionTaken:
    case EventCode::kCeilingsSet:
    case EventCode::kStopped:
    case EventCode::kResumed:
    case EventCode::kClockSet:
    case EventCode::kAlarmsAcknowledged:
    case EventCode::kJournalAcknowledged:
    case EventCode::kExplanted:
    case EventCode::kSecretsErased:
    case EventCode::kCatheterRevised:
      return true;
    default:
      return false;
  }
}

bool table_allows(Role role, Opcode opcode) {
  const auto place = place_of(opcode);
  return place &&
         authorisation::kTable.at(*place).by_role.at(static_cast<std::size_t>(role)).states.bits != 0;
}

}  // namespace

void LinkTally::add(const LinkTally& other) {
  frames += other.frames;
  lost += other.lost;
  doubled += other.doubled;
  late += other.late;
  foreign += other.foreign;
  strikes += other.strikes;
  taken_over += other.taken_over;
  restarts += other.restarts;
  sessions += other.sessions;
  slowest_ms = std::max(slowest_ms, other.slowest_ms);
  for (std::size_t i = 0; i < delivered.size(); ++i) delivered.at(i) += other.delivered.at(i);
}

// ---- people ---------------------------------------------------------------------------------------------

void LinkWatch::ended(std::uint32_t intent, link::Delivery delivery) {
  ++tally.delivered.at(static_cast<std::size_t>(delivery));
  Wish& wish = wishes_[intent];
  if (lie_.says_failed && delivery == link::Delivery::kConfirmed) delivery = link::Delivery::kFailed;
  if (delivery == link::Delivery::kConfirmed && wish.taken == 0)
    breaks("INV-7: a change was confirmed and never taken");
  if (delivery == link::Delivery::kFailed && wish.taken > 0)
    breaks("INV-7: a change was told to have failed and was taken");
  wish.failed = delivery == link::Delivery::kFailed;
}

void LinkWatch::dose_ended(link::Delivery delivery) {
  ++tally.delivered.at(static_cast<std::size_t>(delivery));
  if (!dose_) return;
  if (delivery == link::Delivery::kConfirmed && dose_->granted == 0)
    breaks("INV-7: a dose was confirmed and never granted");
  if (delivery == link::Delivery::kFailed && dose_->granted > 0)
    breaks("INV-7: a dose was told to have failed and was granted");
  dose_->over = delivery != link::Delivery::kUncertain;
}

void LinkWatch::connected(const link::SecondPayload& implant, const Counts& at_least, Duration waited) {
  ++tally.sessions;
  tally.slowest_ms = std::max(tally.slowest_ms, waited.raw());
  const bool lies = lie_.boots_back > 0 && tally.sessions % 2 == 0;
  const std::uint32_t boots = lies ? implant.boots - std::min(implant.boots, lie_.boots_back) : implant.boots;
  if (sound_memory_ && boots < at_least.boots) breaks("INV-8: the count of starts went back");
  const std::uint32_t epoch = implant.epoch + (lie_.epoch_back && tally.sessions == 1 ? 1U : 0U);
  if (sound_memory_ && epoch < at_least.epoch) breaks("INV-8: the epoch went back");
  counts_ = {std::max(counts_.boots, boots), std::max(counts_.epoch, epoch)};
  if (waited + lie_.connects_later > kConnectsWithin) not_connected(waited + lie_.connects_later);
}

void LinkWatch::not_connected(Duration waited) {
  breaks(
      fmt::format("INV-13: {} near the patient and not connected, with nobody on the air", to_text(waited)));
}

// ---- the air --------------------------------------------------------------------------------------------

void LinkWatch::keep_secret(const link::Key& secret) {
  if (secret == link::Key{}) return;
  secrets_.push_back(secret);
  for (std::size_t at = 0; at + kPartBytes <= secret.size(); ++at) keep_part(part_at(secret, at));
}

void LinkWatch::keep_private(link::Bytes bytes) {
  for (std::size_t at = 0; at + kPartBytes <= bytes.size(); ++at) {
    const auto zeros = std::ranges::count(bytes.subspan(at, kPartBytes), 0);
    if (zeros <= kMostZeros) keep_part(part_at(bytes, at));
  }
}

void LinkWatch::seen(link::Bytes frame) {
  std::vector<std::uint8_t> longer;
  if (lie_.shows_secret && !secrets_.empty()) {
    longer.assign(frame.begin(), frame.end());
    longer.insert(longer.end(), secrets_.back().begin() + 1, secrets_.back().begin() + 1 + kPartBytes);
    frame = longer;
  }
  for (std::size_t at = 0; at + kPartBytes <= frame.size(); ++at) {
    const std::uint64_t part = part_at(frame, at);
    if (first_bytes_.test(part & 0xFFFFU) && parts_.contains(part))
      return breaks("INV-12: a key or an order in clear in a frame");
  }
}

LinkWatch::Stand LinkWatch::stand_of(const Device& device) const {
  const StoredPump& stored = device.stored();
  const Status status = stored.status();
  return {device.steps(), stored.next_wake(), status.flow,
          status.mode,    stored.sequence(),  stored.last_request()};
}

void LinkWatch::foreign_begins(const Device& device) { before_ = stand_of(device); }

void LinkWatch::foreign_ends(const Device& device) {
  if (!before_) return;
  Stand after = stand_of(device);
  after.steps += lie_.foreign_steps;
  if (!(after == *before_)) breaks("INV-13: frames of a stranger have changed what the pump gives");
  before_.reset();
}

// ---- the pump -------------------------------------------------------------------------------------------

void LinkWatch::took(const Event& event) {
  const auto role = lie_.role.value_or(static_cast<Role>(event.detail));
  const auto intent = static_cast<std::uint32_t>(event.value2) + (lie_.nobodys_intent ? 1U : 0U);
  const auto found = wishes_.find(intent);
  if (found == wishes_.end()) return breaks("INV-10: a change that nobody asked for");
  Wish& wish = found->second;
  if (!table_allows(role, wish.opcode))
    return breaks(fmt::format("INV-10: a change by the {}, who may not make it", row_of(role).name));
  if (role != wish.role) return breaks("INV-10: a change is told to be another's than whose it was");
  if (wish.failed) return breaks("INV-7: a change was told to have failed and was taken later");
  wish.taken += lie_.change_twice ? 2 : 1;
  if (wish.taken > 1) breaks("INV-7: a change was taken twice");
}

void LinkWatch::granted() {
  if (!dose_ || dose_->over) return breaks("INV-7: a dose that nobody asks for");
  dose_->granted += lie_.dose_twice ? 2 : 1;
  if (dose_->granted > 1) breaks("INV-7: a dose that was asked for once was granted twice");
}

void LinkWatch::look(const Device& device, const Effects& effects) {
  const auto events = effects.events();
  const bool whose = !lie_.nobodys_change && std::ranges::any_of(events, [](const Event& event) {
    return event.code == EventCode::kChangeTaken;
  });
  for (const Event& event : events) {
    if (event.code == EventCode::kChangeTaken) took(event);
    if (is_change(event.code) && !whose)
      breaks(fmt::format("INV-10: \"{}\", and nobody's change", row_of(event.code).name));
    if (event.code == EventCode::kLowered) breaks("INV-10: delivery is lowered, and nobody asked for it");
    if (event.code == EventCode::kBolusGranted && static_cast<BolusKind>(event.detail) == BolusKind::kPatient)
      granted();
    if (before_ && event.code != EventCode::kTelemetry)
      breaks(fmt::format("INV-13: \"{}\" by frames of a stranger", row_of(event.code).name));
  }
  const std::uint32_t told = device.stored().sequence();
  const std::uint32_t sequence = told > 1 ? told - std::min(told, lie_.sequence_back * (told % 2)) : told;
  if (sound_memory_ && sequence < sequence_) breaks("INV-8: the count of changes went back");
  sequence_ = sequence;
}

}  // namespace theca
