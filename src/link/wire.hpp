#pragma once
/// A message is described once, as a list of its fields with name, meaning and range; what writes it, reads
/// it, measures it, documents it and makes one at random walks the same list. Integers are little endian, the
/// length is fixed, and every accepted string of bytes is the form of exactly one message.
///
/// A message is a struct with
///     template <class Io, class M> static constexpr void fields(Io& io, M& m) {
///       io.number("number", "of the order", m.number);
///       io.upto("mode", "of delivery", m.mode, Mode{kModeCount - 1});
///       io.bytes("digest", "SHA-256 of the order", m.digest);
///     }
/// and, where fields hang together, `bool consistent() const`.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>

#include "link/crypto.hpp"
#include "quantity/quantity.hpp"

namespace theca::link {

/// A number above the last that was taken, and not by so much that nothing could follow it any more: whoever
/// may sign one must not be able to use them all up.
inline constexpr std::uint32_t kLongestLeap = 1'000;
constexpr bool follows(std::uint32_t number, std::uint32_t last) {
  return number > last && number - last <= kLongestLeap;
}

/// What stands on the wire for a field of this type.
template <class T>
struct OnWire {
  static_assert(std::is_integral_v<T> || std::is_enum_v<T>);
  static constexpr std::size_t kBytes = sizeof(T);
  static constexpr std::int64_t raw(T value) { return static_cast<std::int64_t>(value); }
  static constexpr T of(std::int64_t raw) { return static_cast<T>(raw); }
};
template <class Kind>
struct OnWire<Quantity<Kind>> {
  static constexpr std::size_t kBytes = 8;
  static constexpr std::int64_t raw(Quantity<Kind> value) { return value.raw(); }
  static constexpr Quantity<Kind> of(std::int64_t raw) { return Quantity<Kind>{raw}; }
};
template <>
struct OnWire<Instant> {
  static constexpr std::size_t kBytes = 8;
  static constexpr std::int64_t raw(Instant value) { return value.raw(); }
  static constexpr Instant of(std::int64_t raw) { return Instant{raw}; }
};

/// Writes; the room is as large as the message.
class WireWriter {
 public:
  static constexpr bool kReads = false;
  constexpr explicit WireWriter(Room out) : out_(out) {}

  template <class T>
  constexpr void number(const char*, const char*, const T& value) {
    put(OnWire<T>::raw(value), OnWire<T>::kBytes);
  }
  template <class T>
  constexpr void upto(const char* name, const char* meaning, const T& value, std::type_identity_t<T>) {
    number(name, meaning, value);
  }
  constexpr void flag(const char*, const char*, const bool& value) { put(value ? 1 : 0, 1); }
  template <std::size_t N>
  constexpr void bytes(const char*, const char*, const std::array<std::uint8_t, N>& value) {
    for (const std::uint8_t byte : value) out_[at_++] = byte;
  }

 private:
  constexpr void put(std::int64_t value, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      out_[at_++] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> (8 * i));
  }
  Room out_;
  std::size_t at_ = 0;
};

/// Reads; `ok()` is false after a value outside its range.
class WireReader {
 public:
  static constexpr bool kReads = true;
  constexpr explicit WireReader(Bytes in) : in_(in) {}

  template <class T>
  constexpr void number(const char*, const char*, T& value) {
    value = OnWire<T>::of(get<T>());
  }
  template <class T>
  constexpr void upto(const char*, const char*, T& value, std::type_identity_t<T> most) {
    const std::int64_t raw = get<T>();
    ok_ = ok_ && raw >= 0 && raw <= OnWire<T>::raw(most);
    value = ok_ ? OnWire<T>::of(raw) : T{};
  }
  constexpr void flag(const char*, const char*, bool& value) {
    const std::uint8_t byte = in_[at_++];
    ok_ = ok_ && byte <= 1;
    value = byte == 1;
  }
  template <std::size_t N>
  constexpr void bytes(const char*, const char*, std::array<std::uint8_t, N>& value) {
    for (std::uint8_t& byte : value) byte = in_[at_++];
  }
  [[nodiscard]] constexpr bool ok() const { return ok_; }

 private:
  template <class T>
  constexpr std::int64_t get() {
    std::uint64_t raw = 0;
    for (std::size_t i = 0; i < OnWire<T>::kBytes; ++i) raw |= std::uint64_t{in_[at_++]} << (8 * i);
    if constexpr (std::is_integral_v<T>) return static_cast<std::int64_t>(static_cast<T>(raw));
    return static_cast<std::int64_t>(raw);
  }
  Bytes in_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

class WireMeasurer {
 public:
  static constexpr bool kReads = false;
  std::size_t size = 0;
  template <class T>
  constexpr void number(const char*, const char*, const T&) {
    size += OnWire<T>::kBytes;
  }
  template <class T>
  constexpr void upto(const char*, const char*, const T&, std::type_identity_t<T>) {
    size += OnWire<T>::kBytes;
  }
  constexpr void flag(const char*, const char*, const bool&) { ++size; }
  template <std::size_t N>
  constexpr void bytes(const char*, const char*, const std::array<std::uint8_t, N>&) {
    size += N;
  }
};

template <class M>
constexpr std::size_t measured() {
  WireMeasurer measurer;
  const M message{};
  M::fields(measurer, message);
  return measurer.size;
}
template <class M>
inline constexpr std::size_t kWireBytes = measured<M>();

/// `out` holds kWireBytes<M>.
template <class M>
constexpr void write(const M& message, Room out) {
  WireWriter writer{out};
  M::fields(writer, message);
}
template <class M>
constexpr std::array<std::uint8_t, kWireBytes<M>> written(const M& message) {
  std::array<std::uint8_t, kWireBytes<M>> out{};
  write(message, out);
  return out;
}

/// Nothing when the length is another, a value lies outside its range, or fields contradict each other.
template <class M>
constexpr std::optional<M> read(Bytes in) {
  if (in.size() != kWireBytes<M>) return std::nullopt;
  M message{};
  WireReader reader{in};
  M::fields(reader, message);
  if (!reader.ok()) return std::nullopt;
  if constexpr (requires { message.consistent(); }) {
    if (!message.consistent()) return std::nullopt;
  }
  return message;
}

}  // namespace theca::link
