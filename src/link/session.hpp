#pragma once
/// Records after the handshake. A record is
///
///     version u8 | epoch u8 | count u32 little endian | sealed
///
/// The header is sealed with it. Counts of an epoch rise; one that was there, or lies before it, is dropped.
/// The sender takes the next key after kRecordsPerKey records or kKeyAge; the receiver follows when a record
/// of the next epoch opens, and what comes late of the one before opens no more.

#include <cstdint>
#include <expected>
#include <ranges>

#include "link/handshake.hpp"
#include "quantity/quantity.hpp"

namespace theca::link {

inline constexpr std::uint8_t kRecordVersion = 1;
inline constexpr std::size_t kCountAt = 2, kRecordHeader = 6, kRecordOverhead = kRecordHeader + kTagBytes;
inline constexpr std::uint32_t kRecordsPerKey = 65'536;
inline constexpr Duration kKeyAge = minutes(15);
// A session ends by itself.
inline constexpr Duration kMostIdle = seconds(60), kMostFieldLost = seconds(5);
inline constexpr int kMostBadTags = 3;

enum class RecordError : std::uint8_t {
  kDead,       // the session is over
  kMalformed,  // no record of this version
  kOld,        // it was there before, or lies before one that was
  kWrong,      // its tag
  kNoRoom,
};

template <Crypto C>
class Session {
 public:
  /// Of a handshake that is done, on this side; of another it is dead.
  Session(const Handshake<C>& handshake, Side side, Instant now)
      : heard_(now), keyed_(now), alive_(handshake.done()) {
    if (!alive_) return;
    auto ciphers = handshake.split();
    out_ = side == Side::kInitiator ? ciphers.to_responder : ciphers.to_initiator;
    in_ = side == Side::kInitiator ? ciphers.to_initiator : ciphers.to_responder;
  }

  [[nodiscard]] bool alive() const { return alive_; }

  /// `out` holds plain.size() + kRecordOverhead; how long the record is.
  std::expected<std::size_t, RecordError> seal(Instant now, Bytes plain, Room out) {
    look(now);
    if (!alive_) return std::unexpected(RecordError::kDead);
    if (out.size() < plain.size() + kRecordOverhead) return std::unexpected(RecordError::kNoRoom);
    if (out_.count() >= kRecordsPerKey || now - keyed_ >= kKeyAge) {
      out_.rekey();
      ++out_epoch_;
      keyed_ = now;
    }
    out[0] = kRecordVersion;
    out[1] = out_epoch_;
    auto left = static_cast<std::uint32_t>(out_.count());
    for (std::uint8_t& byte : out.template subspan<kCountAt, sizeof left>()) {
      byte = static_cast<std::uint8_t>(left);
      left >>= 8;
    }
    out_.seal(out.subspan(kRecordHeader), out.first(kRecordHeader), plain);
    return plain.size() + kRecordOverhead;
  }

  /// What a record holds, into `out`; how long it is. A record that was there does not harm the session, one
  /// with a wrong tag does.
  std::expected<std::size_t, RecordError> open(Instant now, Bytes record, Room out) {
    look(now);
    if (!alive_) return std::unexpected(RecordError::kDead);
    if (record.size() < kRecordOverhead || record[0] != kRecordVersion)
      return std::unexpected(RecordError::kMalformed);
    const std::size_t length = record.size() - kRecordOverhead;
    if (out.size() < length) return std::unexpected(RecordError::kNoRoom);
    std::uint32_t count = 0;
    for (const std::uint8_t byte : std::views::reverse(record.template subspan<kCountAt, sizeof count>()))
      count = count << 8 | byte;
    const auto ahead = static_cast<std::uint8_t>(record[1] - in_epoch_);
    if (ahead > 1 || (ahead == 0 && count < next_)) return std::unexpected(RecordError::kOld);
    Cipher<C> key = in_;
    if (ahead == 1) key.rekey();
    if (count >= kRecordsPerKey ||
        !key.open_at(count, out.first(length), record.first(kRecordHeader), record.subspan(kRecordHeader))) {
      if (++bad_tags_ >= kMostBadTags) end();
      return std::unexpected(RecordError::kWrong);
    }
    if (ahead == 1) {
      in_ = key;
      in_epoch_ = record[1];
    }
    next_ = count + 1;
    heard_ = now;
    return length;
  }

  /// The coil's field is there, or is not, at this moment.
  void field(Instant now, bool there) {
    look(now);
    if (there) {
      lost_.reset();
    } else if (!lost_) {
      lost_ = now;
    }
  }
  /// What time alone ends.
  void look(Instant now) {
    if (now - heard_ > kMostIdle || (lost_ && now - *lost_ > kMostFieldLost)) end();
  }
  void end() {
    alive_ = false;
    out_ = {};
    in_ = {};
  }

 private:
  Cipher<C> out_, in_;
  std::uint8_t out_epoch_ = 0, in_epoch_ = 0;
  std::uint32_t next_ = 0;  // count that is still to come
  Instant heard_, keyed_;
  std::optional<Instant> lost_;
  int bad_tags_ = 0;
  bool alive_;
};

}  // namespace theca::link
