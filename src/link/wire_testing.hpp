#pragma once
/// Two more walkers of a message's one description: what lists its fields, and what makes one at random; and
/// what every form on the wire must hold.

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "link/message.hpp"

namespace theca::link::example {

/// A field as its description tells it.
struct FieldRow {
  std::string name, meaning, type;
  std::size_t at = 0, size = 0;
  std::optional<std::int64_t> most{};  // nothing: every value is one
  std::int64_t value = 0;              // of a field that is no string of bytes
  std::vector<std::uint8_t> bytes{};   // of one that is
  friend bool operator==(const FieldRow&, const FieldRow&) = default;
};

/// Documents a message, and what it holds.
class FieldLister {
 public:
  static constexpr bool kReads = false;
  std::vector<FieldRow> rows;

  template <class T>
  void number(const char* name, const char* meaning, const T& value) {
    add(name, meaning, type_of<T>(), OnWire<T>::kBytes).value = OnWire<T>::raw(value);
  }
  template <class T>
  void upto(const char* name, const char* meaning, const T& value, std::type_identity_t<T> most) {
    number(name, meaning, value);
    rows.back().most = OnWire<T>::raw(most);
  }
  void flag(const char* name, const char* meaning, const bool& value) {
    FieldRow& row = add(name, meaning, "u8", 1);
    row.most = 1;
    row.value = value ? 1 : 0;
  }
  template <std::size_t N>
  void bytes(const char* name, const char* meaning, const std::array<std::uint8_t, N>& value) {
    add(name, meaning, "bytes", N).bytes = {value.begin(), value.end()};
  }

 private:
  template <class T>
  static std::string type_of() {
    const std::string bits = std::to_string(8 * OnWire<T>::kBytes);
    if constexpr (std::is_integral_v<T>) return (std::is_signed_v<T> ? "i" : "u") + bits;
    return (std::is_enum_v<T> ? "u" : "i") + bits;
  }
  FieldRow& add(const char* name, const char* meaning, std::string type, std::size_t size) {
    rows.push_back({name, meaning, std::move(type), at_, size});
    at_ += size;
    return rows.back();
  }
  std::size_t at_ = 0;
};
template <class M>
std::vector<FieldRow> fields_of(const M& message = {}) {
  FieldLister lister;
  M::fields(lister, message);
  return lister.rows;
}

/// Fills a message with anything that its fields allow; the ends of a range come often.
class FieldMaker {
 public:
  static constexpr bool kReads = false;
  explicit FieldMaker(std::uint64_t seed) : random_(seed) {}

  template <class T>
  void number(const char*, const char*, T& value) {
    std::uint64_t raw = random_();
    if (one_in(4)) raw = one_in(2) ? 0 : ~std::uint64_t{0};
    if (one_in(4)) raw &= 0xFF;
    value = OnWire<T>::of(static_cast<std::int64_t>(raw));
  }
  template <class T>
  void upto(const char*, const char*, T& value, std::type_identity_t<T> most) {
    const auto end = static_cast<std::uint64_t>(OnWire<T>::raw(most));
    std::uint64_t raw = end == UINT64_MAX ? random_() : random_() % (end + 1);
    if (one_in(4)) raw = one_in(2) ? 0 : end;
    value = OnWire<T>::of(static_cast<std::int64_t>(raw));
  }
  void flag(const char*, const char*, bool& value) { value = one_in(2); }
  template <std::size_t N>
  void bytes(const char*, const char*, std::array<std::uint8_t, N>& value) {
    for (std::uint8_t& byte : value) byte = static_cast<std::uint8_t>(random_());
  }

  bool one_in(std::uint64_t n) { return random_() % n == 0; }
  std::uint64_t below(std::uint64_t n) { return random_() % n; }

 private:
  std::mt19937_64 random_;
};

// What hangs together in a message that has `consistent`, set right by hand.
template <class M>
void set_right(M& message) {
  if constexpr (std::is_same_v<M, RoleCertificate>) {
    message.version = kCertificateVersion;
    if (message.capabilities == 0) message.capabilities = kMaySpeak;
    if (message.not_before > message.not_after) std::swap(message.not_before, message.not_after);
  } else if constexpr (std::is_same_v<M, Order>) {
    message.version = kOrderVersion;
    if (message.number == 0) message.number = 1;
    if (message.emergency_hold_s < kShortestHoldS) message.emergency_hold_s = kShortestHoldS;
    if (message.issued_utc_s < 0) message.issued_utc_s = 0;
    const bool tells_path = message.kind == OrderKind::kImplant || message.kind == OrderKind::kRevise;
    if (!tells_path || message.path_contents.count == 0) {
      message.path_contents = {};
    } else if (message.path_contents.number == 0) {
      message.path_contents.number = 1;
    }
    for (std::size_t i = message.path_contents.count; i < kMaxComponents; ++i)
      message.path_contents.components[i] = {};
  } else if constexpr (std::is_same_v<M, OfferFirmware>) {
    set_right(message.firmware.header);
  } else if constexpr (std::is_same_v<M, FirmwareHeader>) {
    if (message.counter == 0) message.counter = 1;
    if (message.size == 0) message.size = 1;
  } else if constexpr (std::is_same_v<M, Offer>) {
    if (message.signers == 0) message.signers = 1;
  } else if constexpr (std::is_same_v<M, RequestBolus>) {
    if (message.request == 0) message.request = 1;
  } else if constexpr (std::is_same_v<M, Transfer> || std::is_same_v<M, Claim>) {
    message.token.version = kTransferVersion;
    if (message.token.number == 0) message.token.number = 1;
  } else if constexpr (std::is_base_of_v<Change, M>) {
    if (message.intent == 0) message.intent = 1;
  }
  if constexpr (std::is_base_of_v<Bedside, M>) {
    if (!message.aspirated_told) message.aspirated = Volume{};
  }
}
template <class M>
M made(FieldMaker& maker) {
  M message{};
  M::fields(maker, message);
  set_right(message);
  return message;
}

/// Bytes of a message by what its list says: a second writer.
inline std::vector<std::uint8_t> bytes_by_list(const std::vector<FieldRow>& rows) {
  std::vector<std::uint8_t> out;
  for (const FieldRow& row : rows) {
    out.insert(out.end(), row.bytes.begin(), row.bytes.end());
    auto left = static_cast<std::uint64_t>(row.value);
    for (std::size_t i = 0; row.bytes.empty() && i < row.size; ++i, left >>= 8)
      out.push_back(static_cast<std::uint8_t>(left & 0xFF));
  }
  return out;
}

/// Does each value of these bytes lie in its range? From the list alone.
inline bool in_range(const std::vector<FieldRow>& rows, Bytes bytes) {
  for (const FieldRow& row : rows) {
    if (!row.most) continue;
    std::uint64_t raw = 0;
    for (std::size_t i = row.size; i-- > 0;) raw = raw << 8 | bytes[row.at + i];
    if (raw > static_cast<std::uint64_t>(*row.most)) return false;
  }
  return true;
}

/// What is accepted is the form of exactly what was read; what is not is out of its range or contradicts
/// itself.
template <class M>
void hold_accepted(const std::vector<std::uint8_t>& bytes) {
  const auto back = read<M>(bytes);
  const bool fits = in_range(fields_of<M>(), bytes);
  if (!back) {
    constexpr bool hangs_together = requires(const M& m) { m.consistent(); };
    RC_ASSERT(!fits || hangs_together);
    return;
  }
  RC_ASSERT(fits);
  RC_ASSERT(bytes_by_list(fields_of(*back)) == bytes);
  const auto again = written(*back);
  RC_ASSERT((std::vector<std::uint8_t>{again.begin(), again.end()}) == bytes);
}

/// All that a form must hold, for one message made from this seed.
template <class M>
void hold_form(std::uint64_t seed) {
  FieldMaker maker{seed};
  const M message = made<M>(maker);
  const auto form = written(message);
  std::vector<std::uint8_t> bytes{form.begin(), form.end()};
  RC_ASSERT(bytes == bytes_by_list(fields_of(message)));
  const auto back = read<M>(bytes);
  RC_ASSERT(back.has_value());
  RC_ASSERT(fields_of(*back) == fields_of(message));

  // One byte changed; and bytes that nobody has written.
  if (!bytes.empty()) {
    auto changed = bytes;
    changed[maker.below(changed.size())] ^= static_cast<std::uint8_t>(1 + maker.below(255));
    hold_accepted<M>(changed);
  }
  std::vector<std::uint8_t> junk(bytes.size());
  for (std::uint8_t& byte : junk) byte = static_cast<std::uint8_t>(maker.below(256));
  hold_accepted<M>(junk);

  // Each value just beyond its range.
  for (const FieldRow& row : fields_of(message)) {
    if (!row.most) continue;
    auto raw = static_cast<std::uint64_t>(*row.most) + 1;
    if (row.size < 8 && raw >> (8 * row.size) != 0) continue;  // every value of so many bytes is in its range
    auto beyond = bytes;
    for (std::size_t i = 0; i < row.size; ++i, raw >>= 8)
      beyond[row.at + i] = static_cast<std::uint8_t>(raw & 0xFF);
    RC_ASSERT(!read<M>(beyond).has_value());
  }

  // Another length.
  for (std::size_t length = 0; length < bytes.size(); ++length)
    RC_ASSERT(!read<M>(Bytes{bytes}.first(length)).has_value());
  for (int more = 0; more < 3; ++more) {
    bytes.push_back(0);
    RC_ASSERT(!read<M>(bytes).has_value());
  }
}

/// Calls `what.template operator()<M>(name)` for everything that has a form of its own beside the requests.
template <class What>
void for_each_reply_and_payload(What&& what) {
  what.template operator()<FirstPayload>("payload of the first message");
  what.template operator()<SecondPayload>("payload of the second message");
  what.template operator()<RoleCertificate>("role certificate");
  what.template operator()<Order>("order");
  what.template operator()<FirmwareHeader>("firmware header");
  what.template operator()<Outcome>("outcome");
  for_each_request([&]<class M>() {
    if constexpr (requires { typename M::Reply; }) {
      what.template operator()<typename M::Reply>(kOpcodes[*place_of(M::kOpcode)].name);
    }
  });
}

}  // namespace theca::link::example
