#pragma once
/// What holds of everything that is described once as a list of fields.

#include "link/wire.hpp"
#include "verify/fuzz/fuzz.hpp"

namespace theca::fuzz {

/// The library's own reader; broken twins stand in its place.
struct WireReads {
  template <class M>
  static std::optional<M> read(Bytes bytes) {
    return link::read<M>(bytes);
  }
};

/// Looks again whether every value lies in its range; knows nothing of the reader.
class InRange {
 public:
  static constexpr bool kReads = false;
  template <class T>
  void number(const char*, const char*, const T&) {}
  template <class T>
  void upto(const char*, const char*, const T& value, std::type_identity_t<T> most) {
    all_ =
        all_ && link::OnWire<T>::raw(value) >= 0 && link::OnWire<T>::raw(value) <= link::OnWire<T>::raw(most);
  }
  void flag(const char*, const char*, const bool&) {}
  template <std::size_t N>
  void bytes(const char*, const char*, const std::array<std::uint8_t, N>&) {}
  [[nodiscard]] bool all() const { return all_; }

 private:
  bool all_ = true;
};

/// Accepted bytes are the form of what was read from them, and of one length.
template <class M, class Reads = WireReads>
std::optional<M> reads_back(Bytes bytes) {
  const std::optional<M> read = Reads::template read<M>(bytes);
  if (!read) return std::nullopt;
  hold(bytes.size() == link::kWireBytes<M>, "of the message's length");
  hold(same(link::written(*read), bytes), "the accepted bytes are the form of what was read");
  InRange ranges;
  M::fields(ranges, *read);
  hold(ranges.all(), "every value lies in its range");
  const auto again = Reads::template read<M>(link::written(*read));
  hold(again.has_value() && link::written(*again) == link::written(*read), "what was written reads");
  return read;
}

}  // namespace theca::fuzz
