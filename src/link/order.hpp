#pragma once
/// What a clinic signs: a prescription with all that must be right around it. One fixed, canonical form.

#include <array>
#include <cstdint>

#include "link/certificate.hpp"
#include "therapy/check.hpp"
#include "therapy/prescription.hpp"
#include "therapy/pump_model.hpp"

namespace theca::link {

enum class OrderKind : std::uint8_t {
  kImplant = 0,  // first fill and first prescription of a pump in a patient
  kPrescribe,    // another prescription for what the reservoir holds
  kRefill,       // another fluid, and the prescription for it
  kRevise,       // another catheter, or another fluid in it
};
inline constexpr std::array<const char*, 4> kOrderKindNames{"implant", "prescribe", "refill", "revise"};

inline constexpr std::uint8_t kOrderVersion = 1;
/// How long break-glass may hold delivery low: always for a while, never for good.
inline constexpr std::uint32_t kShortestHoldS = 15 * 60;
inline constexpr std::uint32_t kLongestHoldS = static_cast<std::uint32_t>(kLongestLowered.raw() / 1'000);
/// Largest rise per visit that one signer may be given: tenfold would be no limit any more.
inline constexpr std::uint32_t kMostRisePpm = 1'000'000;

struct Order {
  std::uint8_t version = kOrderVersion;
  OrderKind kind = OrderKind::kPrescribe;
  ShortId implant{};
  std::uint32_t number = 0;  // the prescription's
  Hash parent{};             // digest of the order that runs; zeros: none
  std::uint32_t author = 0;  // serial of who wrote it
  std::int64_t issued_utc_s = 0;
  FluidPath path;
  Ceilings ceilings;
  Volume low_alarm;
  std::uint32_t largest_rise_ppm = 0;  // of the daily dose of any drug, at the next visit, by one signer
  std::uint32_t emergency_hold_s = kShortestHoldS;
  bool patient_may_pause = false;
  Formulation path_contents;  // implant, revise: what the path holds; else nothing
  PrescriptionBytes prescription{};

  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.upto("version", "1", m.version, kOrderVersion);
    io.upto("kind", "0 implant, 1 prescribe, 2 refill, 3 revise", m.kind, OrderKind::kRevise);
    io.bytes("implant", "the implant's id", m.implant);
    io.number("number", "the prescription's, above the last one taken", m.number);
    io.bytes("parent", "digest of the order that runs; zeros: none", m.parent);
    io.number("author", "serial of who wrote it", m.author);
    io.number("issued_utc_s", "when it was written", m.issued_utc_s);
    io.upto("tubing_nl", "of the pump", m.path.tubing, kMaxReservoir);
    io.upto("catheter_nl", "of the catheter", m.path.catheter, kMaxReservoir);
    io.upto("hour_nl", "ceiling of any hour", m.ceilings.hour, kMostCeiling);
    io.upto("day_nl", "ceiling of any day", m.ceilings.day, kMostCeiling);
    io.upto("thirty_days_nl", "ceiling of any 30 days", m.ceilings.thirty_days, kMostCeiling);
    io.upto("low_alarm_nl", "level of the low-reservoir alarm", m.low_alarm, kMaxReservoir);
    io.upto("largest_rise_ppm", "of the daily dose of any drug, at the next visit, by one signer",
            m.largest_rise_ppm, kMostRisePpm);
    io.upto("emergency_hold_s", "how long break-glass holds delivery low, at least 900", m.emergency_hold_s,
            kLongestHoldS);
    io.flag("patient_may_pause", "the patient may stop and go on", m.patient_may_pause);
    io.number("path_fluid", "implant, revise: number of the fluid in the path; 0: none",
              m.path_contents.number);
    io.upto("path_drugs", "how many", m.path_contents.count, std::uint8_t{kMaxComponents});
    for (std::size_t i = 0; i < kMaxComponents; ++i) {
      auto& part = m.path_contents.components[i];
      io.number("path_drug", "code in the library", part.drug);
      io.upto("path_class", "class of drug", part.drug_class, DrugClass{kDrugClassCount - 1});
      io.upto("path_ng_per_ml", "concentration", part.concentration, kMaxConcentration);
    }
    io.bytes("prescription", "docs/prescription.md", m.prescription);
  }
  /// Slots that are not used hold nothing, and a path is told where the kind asks for one.
  [[nodiscard]] constexpr bool consistent() const {
    const bool tells_path = kind == OrderKind::kImplant || kind == OrderKind::kRevise;
    if (version != kOrderVersion || number == 0 || issued_utc_s < 0) return false;
    if (emergency_hold_s < kShortestHoldS) return false;
    if (!tells_path && !(path_contents == Formulation{})) return false;
    if ((path_contents.number == 0) != (path_contents.count == 0)) return false;
    for (std::size_t i = path_contents.count; i < kMaxComponents; ++i) {
      if (!(path_contents.components[i] == Component{})) return false;
    }
    return true;
  }

  /// 30 days at the largest flow of any model.
  static constexpr Volume kMostCeiling = Volume{kMaxFlowRate.raw() * 31};
};
inline constexpr std::size_t kOrderBytes = kWireBytes<Order>;
using OrderBytes = std::array<std::uint8_t, kOrderBytes>;

inline constexpr std::size_t kBlockBytes = 192;
inline constexpr std::size_t kOrderBlocks = (kOrderBytes + kBlockBytes - 1) / kBlockBytes;
using Block = std::array<std::uint8_t, kBlockBytes>;

/// The block with this index; the last is filled up with zeros.
constexpr Block block_of(const OrderBytes& order, std::size_t index) {
  Block block{};
  for (std::size_t i = 0; i < kBlockBytes && index * kBlockBytes + i < kOrderBytes; ++i)
    block[i] = order[index * kBlockBytes + i];
  return block;
}

/// What names an order: SHA-256 of its bytes.
template <Crypto C>
Hash digest_of(const OrderBytes& order) {
  const std::array<Bytes, 1> parts{Bytes{order}};
  return C::sha256(parts);
}

/// What is signed for it: the hash of a purpose and the digest.
template <Crypto C>
Hash signed_of(const Hash& digest) {
  static constexpr auto kPurpose = purpose("theca order 1");
  const std::array<Bytes, 2> parts{Bytes{kPurpose}, Bytes{digest}};
  return C::sha256(parts);
}

}  // namespace theca::link
