#include <type_traits>

#include "therapy/prescription.hpp"

namespace theca {
namespace {

constexpr std::uint8_t kLayoutVersion = 2;

/// Every volume, flow and concentration field is a u32 with this limit: 1 L, 1 L/day, 1 g/mL.
constexpr std::uint64_t kQuantityLimit = 1'000'000'000;
constexpr std::uint64_t kLatestUtcSecond = 253'402'300'799;  // 9999-12-31T23:59:59Z
static_assert(kMaxVolume.raw() == kQuantityLimit && kMaxFlowRate.raw() == kQuantityLimit &&
              kMaxConcentration.raw() == kQuantityLimit);

/// The layout, told once; Writer and Reader walk it alike.
template <class Archive, class P>
constexpr void walk(Archive& a, P& p) {
  a.version(kLayoutVersion);
  a.number(p.number);
  a.number(p.formulation.number);
  a.count(p.formulation.count, kMaxComponents);
  for (std::size_t i = 0; i < kMaxComponents; ++i) {
    auto& part = p.formulation.components[i];
    a.slot(i < p.formulation.count);
    a.enumerator(part.drug, UINT16_MAX);
    a.enumerator(part.drug_class, kDrugClassCount - 1);
    a.quantity32(part.concentration);
  }
  a.slot(true);
  a.enumerator(p.safe_state.action, 2);
  a.quantity32(p.safe_state.emergency_rate);
  a.utc_seconds(p.starts_utc_s);
  a.utc_seconds(p.expires_utc_s);
  a.enumerator(p.fallback, 2);
  a.number(p.zone.offset_minutes);
  a.number(p.zone.offset_after_minutes);
  a.utc_seconds(p.zone.change_utc_s);

  a.enumerator(p.basal.mode, 3);
  a.quantity32(p.basal.rate);
  a.count(p.basal.profile_count, kMaxProfiles);
  for (auto& profile : p.basal.profile_of_weekday) a.count(profile, kMaxProfiles - 1);
  for (std::size_t i = 0; i < kMaxProfiles; ++i) {
    auto& profile = p.basal.profiles[i];
    a.slot(i < p.basal.profile_count);
    a.count(profile.count, kMaxProfileSteps);
    for (std::size_t j = 0; j < kMaxProfileSteps; ++j) {
      a.slot(i < p.basal.profile_count && j < profile.count);
      a.count16(profile.steps[j].from_minute, kMinutesPerDay - 1);
      a.quantity32(profile.steps[j].rate);
    }
  }
  a.slot(true);

  a.enumerator(p.schedule.kind, 2);
  bolus(a, p.schedule.dose);
  a.number(p.schedule.interval_s);
  a.number(p.schedule.first_after_s);
  a.count(p.schedule.count, kMaxDailyBoluses);
  for (std::size_t i = 0; i < kMaxDailyBoluses; ++i) {
    a.slot(i < p.schedule.count);
    a.count16(p.schedule.minutes[i], kMinutesPerDay - 1);
  }
  a.slot(true);

  bolus(a, p.patient.dose);
  a.number(p.patient.lockout_s);
  a.number(p.patient.window_s);
  a.count(p.patient.allotted, kMaxAllotted);
  a.count16(p.patient.from_minute, kMinutesPerDay - 1);
  a.count16(p.patient.to_minute, kMinutesPerDay - 1);
  a.quantity32(p.patient.during_bridge);

  bolus(a, p.prime);
  a.quantity32(p.bridge.volume);
  a.quantity32(p.bridge.rate);
  a.number(p.bridge.from_formulation);
  bolus(a, p.single);
  a.number(p.supervised.lasts_s);
  a.number(p.supervised.lockout_s);
  a.count(p.supervised.allotted, kMaxAllotted);
}

template <class Archive, class B>
constexpr void bolus(Archive& a, B& dose) {
  a.quantity32(dose.volume);
  a.quantity32(dose.rate);
}

class Measurer {
 public:
  std::size_t size = 0;
  constexpr void version(std::uint8_t) { size += 1; }
  constexpr void slot(bool) {}
  template <class T>
  constexpr void number(T) {
    size += sizeof(T);
  }
  constexpr void utc_seconds(std::int64_t) { size += 8; }
  constexpr void count(std::uint8_t, std::size_t) { size += 1; }
  constexpr void count16(std::uint16_t, std::int64_t) { size += 2; }
  template <class E>
  constexpr void enumerator(E, std::size_t) {
    size += sizeof(E);
  }
  template <class Q>
  constexpr void quantity32(Q) {
    size += 4;
  }
};

static_assert([] {
  Measurer measurer;
  Prescription empty;
  walk(measurer, empty);
  return measurer.size == kPrescriptionBytes;
}());

class Writer {
 public:
  explicit Writer(PrescriptionBytes& bytes) : bytes_(bytes) {}
  void version(std::uint8_t v) { put<1>(v); }
  void slot(bool used) { used_ = used; }
  template <class T>
  void number(T value) {
    put<sizeof(T)>(static_cast<std::uint64_t>(static_cast<std::make_unsigned_t<T>>(value)));
  }
  void utc_seconds(std::int64_t value) { number(value); }
  void count(std::uint8_t value, std::size_t) { put<1>(value); }
  void count16(std::uint16_t value, std::int64_t) { put<2>(value); }
  template <class E>
  void enumerator(E value, std::size_t) {
    put<sizeof(E)>(static_cast<std::uint64_t>(value));
  }
  template <class Q>
  void quantity32(Q value) {
    put<4>(static_cast<std::uint32_t>(value.raw()));
  }

 private:
  /// Low byte first; unrolled, the compiler makes one store of it.
  template <std::size_t kWidth>
  void put(std::uint64_t value) {
    if (!used_) value = 0;
    std::uint8_t* const to = bytes_.data() + at_;
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kWidth; ++i) to[i] = static_cast<std::uint8_t>(value >> (8 * i));
    at_ += kWidth;
  }
  PrescriptionBytes& bytes_;
  std::size_t at_ = 0;
  bool used_ = true;
};

class Reader {
 public:
  explicit Reader(const PrescriptionBytes& bytes) : bytes_(bytes) {}
  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] DecodeFailure failure() const { return failure_; }

  void version(std::uint8_t expected) {
    if (get<1>() != expected) fail(DecodeError::kLayoutVersion);
  }
  void slot(bool used) { used_ = used; }
  template <class T>
  void number(T& value) {
    value = static_cast<T>(static_cast<std::make_unsigned_t<T>>(get<sizeof(T)>()));
  }
  void utc_seconds(std::int64_t& value) { value = static_cast<std::int64_t>(bounded<8>(kLatestUtcSecond)); }
  void count(std::uint8_t& value, std::size_t limit) { value = static_cast<std::uint8_t>(bounded<1>(limit)); }
  void count16(std::uint16_t& value, std::int64_t limit) {
    value = static_cast<std::uint16_t>(bounded<2>(static_cast<std::uint64_t>(limit)));
  }
  template <class E>
  void enumerator(E& value, std::size_t last) {
    value = static_cast<E>(bounded<sizeof(E)>(last));
  }
  template <class Q>
  void quantity32(Q& value) {
    value = Q{static_cast<std::int64_t>(bounded<4>(kQuantityLimit))};
  }

 private:
  template <std::size_t kWidth>
  std::uint64_t get() {
    start_ = at_;
    const std::uint8_t* const from = bytes_.data() + at_;
    std::uint64_t value = 0;
#pragma GCC unroll 8
    for (std::size_t i = 0; i < kWidth; ++i) value |= static_cast<std::uint64_t>(from[i]) << (8 * i);
    at_ += kWidth;
    if (used_ || value == 0) return value;
    fail(DecodeError::kUnusedNotZero);
    return 0;
  }
  template <std::size_t kWidth>
  std::uint64_t bounded(std::uint64_t limit) {
    const std::uint64_t value = get<kWidth>();
    if (value <= limit) return value;
    fail(DecodeError::kValueOutOfRange);
    return value % (limit + 1);
  }
  void fail(DecodeError error) {
    if (!failed_) failure_ = {error, static_cast<std::uint16_t>(start_)};
    failed_ = true;
  }
  const PrescriptionBytes& bytes_;
  std::size_t at_ = 0;
  std::size_t start_ = 0;
  bool used_ = true;
  bool failed_ = false;
  DecodeFailure failure_{};
};

}  // namespace

PrescriptionBytes encode(const Prescription& prescription) {
  PrescriptionBytes bytes{};
  Writer writer{bytes};
  walk(writer, prescription);
  return bytes;
}

std::expected<Prescription, DecodeFailure> decode(const PrescriptionBytes& bytes) {
  Prescription prescription;
  Reader reader{bytes};
  walk(reader, prescription);
  if (reader.failed()) return std::unexpected(reader.failure());
  return prescription;
}

Prescription decode_unchecked(const PrescriptionBytes& bytes) {
  Prescription prescription;
  Reader reader{bytes};
  walk(reader, prescription);
  return prescription;
}

}  // namespace theca
