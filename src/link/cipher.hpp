#pragma once
/// A key and a count: each count seals one thing, and none twice.

#include <limits>

#include "link/crypto.hpp"

namespace theca::link {

template <Crypto C>
class Cipher {
 public:
  Cipher() = default;
  explicit Cipher(const Key& key) : key_(key), has_key_(true) {}
  Cipher(const Cipher&) = default;
  Cipher& operator=(const Cipher&) = default;
  ~Cipher() { C::wipe(key_); }

  [[nodiscard]] bool has_key() const { return has_key_; }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  /// The last one is kept for rekeying.
  [[nodiscard]] bool spent() const { return count_ == kLast; }

  /// `out` is plain.size() + kTagBytes long. False, and nothing written, when the counts are spent.
  bool seal(Room out, Bytes associated, Bytes plain) {
    if (spent()) return false;
    C::seal(out, key_, count_++, associated, plain);
    return true;
  }
  /// False when the tag is wrong; the count stays then.
  bool open(Room out, Bytes associated, Bytes sealed) {
    if (spent() || !C::open(out, key_, count_, associated, sealed)) return false;
    ++count_;
    return true;
  }
  /// At a count of the caller's, which does not move.
  bool open_at(std::uint64_t count, Room out, Bytes associated, Bytes sealed) const {
    return count != kLast && C::open(out, key_, count, associated, sealed);
  }
  /// The next key: what the last count makes of zeros. Counts begin anew.
  void rekey() {
    const Key zeros{};
    std::array<std::uint8_t, kKeyBytes + kTagBytes> sealed;
    C::seal(sealed, key_, kLast, {}, zeros);
    for (std::size_t i = 0; i < kKeyBytes; ++i) key_[i] = sealed[i];
    C::wipe(sealed);
    count_ = 0;
  }

 private:
  static constexpr std::uint64_t kLast = std::numeric_limits<std::uint64_t>::max();
  Key key_{};
  std::uint64_t count_ = 0;
  bool has_key_ = false;
};

}  // namespace theca::link
