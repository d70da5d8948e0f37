#pragma once
/// Records in lasting memory: a run of words with a head that tells what they are, how many, and their sum.
/// Fields are packed low byte first; the same list of fields writes and reads (image.hpp).

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "pump/checksum.hpp"
#include "pump/nvm.hpp"
#include "quantity/quantity.hpp"

namespace theca {

/// In the order they are written. Each can be read without the others.
enum class RecordId : std::uint8_t {
  kTherapy = 0,
  kLimits,
  kSafeStates,
  kFluids,
  kReservoir,
  kDelivery,
  kKeeper
};
inline constexpr std::size_t kRecordCount = 7;

/// Head of a record: id (8), version of its fields (8), words (16), sum of the words (32).
struct RecordHead {
  static constexpr std::uint8_t kVersion = 2;
  static Word make(RecordId id, std::uint32_t words, Crc32c sum) {
    const Word head = Word{static_cast<std::uint8_t>(id)} | Word{kVersion} << 8 | Word{words} << 16;
    sum.add(head);
    return head | Word{sum.value()} << 32;
  }
};

/// Where a record's words stand, if its sum is right.
struct RecordPlace {
  std::uint32_t first = 0;
  std::uint32_t words = 0;
};
using RecordPlaces = std::array<std::optional<RecordPlace>, kRecordCount>;

/// Packs values into words, low byte first; `flush(word)` takes each that is full.
class WordPacker {
 public:
  /// `bytes` 1 ..= 8.
  template <class Flush>
  void put(std::uint64_t value, unsigned bytes, Flush&& flush) {
    if (bytes < 8) value &= (std::uint64_t{1} << (8 * bytes)) - 1;
    word_ |= value << bits_;
    const unsigned filled = bits_ + 8 * bytes;
    if (filled < 64) {
      bits_ = filled;
      return;
    }
    flush(word_);
    word_ = filled > 64 ? value >> (64 - bits_) : 0;
    bits_ = filled - 64;
  }
  /// What is left, filled up with zeros; the last call to it.
  template <class Flush>
  void end(Flush&& flush) {
    if (bits_ > 0) flush(word_);
  }

 private:
  Word word_ = 0;
  unsigned bits_ = 0;
};

/// Programs records one behind the other.
class RecordWriter {
 public:
  static constexpr bool kReads = false;

  RecordWriter(Nvm& nvm, std::uint32_t first, std::uint32_t words)
      : nvm_(nvm), next_(first), end_(first + words) {}

  void begin(RecordId id) {
    id_ = id;
    head_ = next_++;
    sum_ = Crc32c{};
    packer_ = WordPacker{};
  }
  /// `bytes` 1 ..= 8.
  void put(std::uint64_t value, unsigned bytes) {
    packer_.put(value, bytes, [this](Word word) { flush(word); });
  }
  void end() {
    packer_.end([this](Word word) { flush(word); });
    write(head_, RecordHead::make(id_, next_ - head_ - 1, sum_));
    places_[static_cast<std::size_t>(id_)] = RecordPlace{head_ + 1, next_ - head_ - 1};
  }
  /// Every word so far reads back as it was meant.
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::uint32_t next() const { return next_; }
  [[nodiscard]] const RecordPlaces& places() const { return places_; }

 private:
  void flush(Word word) {
    sum_.add(word);
    write(next_++, word);
  }
  void write(std::uint32_t address, Word value) {
    ok_ = address < end_ && nvm_.program(address, value) && ok_;
  }

  Nvm& nvm_;
  std::uint32_t next_, end_;
  std::uint32_t head_ = 0;
  RecordId id_ = RecordId::kTherapy;
  Crc32c sum_;
  WordPacker packer_;
  bool ok_ = true;
  RecordPlaces places_{};
};

/// Walks over the records of a slot. A record whose head is wrong hides those behind it in this copy.
RecordPlaces find_records(const Nvm& nvm, std::uint32_t first, std::uint32_t words);

class RecordReader {
 public:
  static constexpr bool kReads = true;

  RecordReader(const Nvm& nvm, RecordPlace place)
      : nvm_(nvm), next_(place.first), end_(place.first + place.words) {}

  std::uint64_t get(unsigned bytes) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < bytes; ++i) value |= std::uint64_t{byte()} << (8 * i);
    return value;
  }
  /// A value that no writer writes: the record is not to be used.
  void fail() { ok_ = false; }
  [[nodiscard]] bool ok() const { return ok_; }
  /// All of it was read, and nothing beyond.
  [[nodiscard]] bool finished() const { return ok_ && next_ == end_; }

 private:
  std::uint8_t byte() {
    if (left_ == 0) {
      if (next_ >= end_) {
        ok_ = false;
        return 0;
      }
      word_ = nvm_.read(next_++);
      left_ = 8;
    }
    const auto byte = static_cast<std::uint8_t>(word_);
    word_ >>= 8;
    --left_;
    return byte;
  }

  const Nvm& nvm_;
  std::uint32_t next_, end_;
  Word word_ = 0;
  unsigned left_ = 0;
  bool ok_ = true;
};

// ---- one field, either way ------------------------------------------------------------------------------

template <class Io, class T>
requires std::is_integral_v<std::remove_const_t<T>>
void field(Io& io, T& value) {
  if constexpr (Io::kReads) {
    value = static_cast<T>(io.get(sizeof(T)));
  } else {
    io.put(static_cast<std::uint64_t>(value), sizeof(T));
  }
}

template <class Io>
void field(Io& io, const bool& value) {
  io.put(value ? 1U : 0U, 1);
}
template <class Io>
void field(Io& io, bool& value) {
  if constexpr (Io::kReads) {
    const std::uint64_t read = io.get(1);
    if (read > 1) io.fail();
    value = read == 1;
  } else {
    io.put(value ? 1U : 0U, 1);
  }
}

template <class Io, class Kind>
void field(Io& io, const Quantity<Kind>& value) {
  io.put(static_cast<std::uint64_t>(value.raw()), 8);
}
template <class Io, class Kind>
void field(Io& io, Quantity<Kind>& value) {
  if constexpr (Io::kReads) {
    value = Quantity<Kind>{static_cast<std::int64_t>(io.get(8))};
  } else {
    io.put(static_cast<std::uint64_t>(value.raw()), 8);
  }
}
template <class Io>
void field(Io& io, const Instant& value) {
  io.put(static_cast<std::uint64_t>(value.raw()), 8);
}
template <class Io>
void field(Io& io, Instant& value) {
  if constexpr (Io::kReads) {
    value = Instant{static_cast<std::int64_t>(io.get(8))};
  } else {
    io.put(static_cast<std::uint64_t>(value.raw()), 8);
  }
}

/// An enumerator, or an index or count: no larger than `last`.
template <class Io, class E>
requires(std::is_enum_v<std::remove_const_t<E>> || std::is_integral_v<std::remove_const_t<E>>) void field(
    Io& io, E& value, std::type_identity_t<std::remove_const_t<E>> last) {
  if constexpr (Io::kReads) {
    const std::uint64_t read = io.get(sizeof(E));
    if (read > static_cast<std::uint64_t>(last)) {
      io.fail();
    } else {
      value = static_cast<E>(read);
    }
  } else {
    io.put(static_cast<std::uint64_t>(value), sizeof(E));
  }
}

template <class Io, class... Values>
void fields(Io& io, Values&... values) {
  (field(io, values), ...);
}

}  // namespace theca
