#pragma once
/// What is asserted at a refill, byte by byte: by a second person that this syringe is what the program is
/// for, and by whoever filled what was taken out and put in. docs/signer.md

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "link/certificate.hpp"
#include "link/message.hpp"
#include "link/wire.hpp"

namespace theca {

inline constexpr std::size_t kLotBytes = 32;
inline constexpr std::int64_t kLastUtcS = link::kLatestUtcMs / 1'000;

/// A day as 20270531; 0 for none.
constexpr std::uint32_t day_number(const std::chrono::year_month_day& day) {
  if (!day.ok() || int{day.year()} < 1'970 || int{day.year()} > 9'999) return 0;
  return static_cast<std::uint32_t>(int{day.year()}) * 10'000 + unsigned{day.month()} * 100 +
         unsigned{day.day()};
}
constexpr std::chrono::year_month_day day_of_number(std::uint32_t number) {
  return std::chrono::year{static_cast<int>(number / 10'000)} / std::chrono::month{number / 100 % 100} /
         std::chrono::day{number % 100};
}

/// Of one syringe, before the needle.
struct SyringeCheck {
  std::uint8_t version = 1;
  link::ShortId implant{};
  std::uint64_t refill = 0;  // of the clinic's records
  link::Hash order{};        // whose drug, concentration and doses the syringe was held against
  std::uint32_t fluid = 0;   // of that order
  std::array<std::uint8_t, kLotBytes> lot{};  // as it stands on the syringe; zeros behind
  std::uint32_t expires = 0;                  // 20270531
  std::int64_t written_utc_s = 0;

  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.upto("version", "1", m.version, std::uint8_t{1});
    io.bytes("implant", "the implant's id", m.implant);
    io.number("refill", "in the clinic's records", m.refill);
    io.bytes("order", "digest of the order that the syringe was held against", m.order);
    io.number("fluid", "number of its fluid", m.fluid);
    io.bytes("lot", "as it stands on the syringe, zeros behind", m.lot);
    io.number("expires", "the last day, as 20270531", m.expires);
    io.upto("written_utc_s", "when it was written", m.written_utc_s, kLastUtcS);
  }
  [[nodiscard]] constexpr bool consistent() const {
    return version == 1 && fluid != 0 && lot[0] != 0 && day_of_number(expires).ok() &&
           day_number(day_of_number(expires)) == expires;
  }
};

/// Of one refill, behind the needle: what the pump is to count from now on.
struct FillStatement : link::Bedside {
  std::uint8_t version = 1;
  link::ShortId implant{};
  link::Hash check{};          // digest of the syringe's check
  std::uint32_t sequence = 0;  // of the implant's changes, as it was read
  std::uint32_t intent = 0;    // names this change; never 0
  std::int64_t written_utc_s = 0;

  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.upto("version", "1", m.version, std::uint8_t{1});
    io.bytes("implant", "the implant's id", m.implant);
    io.bytes("check", "digest of the syringe's check", m.check);
    io.number("sequence", "of the implant's changes, as last read", m.sequence);
    io.number("intent", "not 0: tells this change from every other", m.intent);
    bedside_fields(io, m);
    io.upto("written_utc_s", "when it was written", m.written_utc_s, kLastUtcS);
  }
  [[nodiscard]] constexpr bool consistent() const {
    return version == 1 && intent != 0 && bedside_consistent();
  }
};

using CheckBytes = std::array<std::uint8_t, link::kWireBytes<SyringeCheck>>;
using StatementBytes = std::array<std::uint8_t, link::kWireBytes<FillStatement>>;

/// What an authenticator is asked about: the hash of a purpose and the bytes.
link::Hash digest_of(const CheckBytes& check);
link::Hash digest_of(const StatementBytes& statement);

/// Nothing for a lot that is longer, or none.
std::optional<std::array<std::uint8_t, kLotBytes>> lot_bytes(const std::string& lot);
std::string lot_text(const std::array<std::uint8_t, kLotBytes>& lot);

}  // namespace theca
