#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "therapy/prescription_testing.hpp"

namespace theca {
namespace {

using namespace example;

rc::Gen<std::int64_t> within(std::int64_t low, std::int64_t high) { return rc::gen::inRange(low, high + 1); }

// ---- any prescription that the form can hold
// -----------------------------------------------------------------

constexpr std::int64_t kQuantityLimit = 1'000'000'000;
constexpr std::int64_t kLatestUtcSecond = 253'402'300'799;

template <class Q>
Q any_quantity() {
  return Q{*rc::gen::oneOf(rc::gen::element<std::int64_t>(0, 1, kQuantityLimit), within(0, kQuantityLimit))};
}
template <class E>
E any_enum(int last) {
  return static_cast<E>(*within(0, last));
}
BolusDose any_bolus() { return {any_quantity<Volume>(), any_quantity<FlowRate>()}; }
std::uint32_t any_u32() { return *rc::gen::arbitrary<std::uint32_t>(); }
std::uint16_t any_minute() { return static_cast<std::uint16_t>(*within(0, 1'439)); }
std::uint8_t any_count(std::size_t most) {
  return static_cast<std::uint8_t>(*within(0, static_cast<std::int64_t>(most)));
}
std::int64_t any_utc() {
  return *rc::gen::oneOf(rc::gen::element<std::int64_t>(0, kLatestUtcSecond), within(0, kLatestUtcSecond));
}

Prescription any_prescription() {
  Prescription p;
  p.number = any_u32();
  p.formulation.number = any_u32();
  p.formulation.count = any_count(kMaxComponents);
  for (std::size_t i = 0; i < p.formulation.count; ++i) {
    p.formulation.components[i] = {static_cast<DrugCode>(*rc::gen::arbitrary<std::uint16_t>()),
                                   any_enum<DrugClass>(kDrugClassCount - 1), any_quantity<Concentration>()};
  }
  p.safe_state = {any_enum<SafeAction>(2), any_quantity<FlowRate>()};
  p.starts_utc_s = any_utc();
  p.expires_utc_s = any_utc();
  p.fallback = any_enum<Fallback>(2);
  p.zone = {static_cast<std::int16_t>(*within(-840, 840)), static_cast<std::int16_t>(*within(-840, 840)),
            any_utc()};
  p.basal.mode = any_enum<BasalMode>(3);
  p.basal.rate = any_quantity<FlowRate>();
  p.basal.profile_count = any_count(kMaxProfiles);
  for (auto& profile : p.basal.profile_of_weekday) profile = any_count(kMaxProfiles - 1);
  for (std::size_t i = 0; i < p.basal.profile_count; ++i) {
    p.basal.profiles[i].count = any_count(kMaxProfileSteps);
    for (std::size_t j = 0; j < p.basal.profiles[i].count; ++j)
      p.basal.profiles[i].steps[j] = {any_minute(), any_quantity<FlowRate>()};
  }
  p.schedule.kind = any_enum<ScheduleKind>(2);
  p.schedule.dose = any_bolus();
  p.schedule.interval_s = any_u32();
  p.schedule.first_after_s = any_u32();
  p.schedule.count = any_count(kMaxDailyBoluses);
  for (std::size_t i = 0; i < p.schedule.count; ++i) p.schedule.minutes[i] = any_minute();
  p.patient.dose = any_bolus();
  p.patient.lockout_s = any_u32();
  p.patient.window_s = any_u32();
  p.patient.allotted = any_count(kMaxAllotted);
  p.patient.from_minute = any_minute();
  p.patient.to_minute = any_minute();
  p.patient.during_bridge = any_quantity<Volume>();
  p.prime = any_bolus();
  p.bridge = {any_quantity<Volume>(), any_quantity<FlowRate>(), any_u32()};
  p.single = any_bolus();
  p.supervised = {any_u32(), any_u32(), any_count(kMaxAllotted)};
  return p;
}

RC_GTEST_PROP(Canonical, INV_11_what_was_written_is_what_is_read, ()) {
  const Prescription p = any_prescription();
  const auto read = decode(encode(p));
  RC_ASSERT(read.has_value());
  RC_ASSERT(*read == p);
  RC_ASSERT(decode_unchecked(encode(p)) == p);
}

RC_GTEST_PROP(Canonical, INV_11_what_is_accepted_has_exactly_one_form, ()) {
  PrescriptionBytes bytes = encode(any_prescription());
  for (const std::int64_t offset :
       *rc::gen::container<std::vector<std::int64_t>>(within(0, kPrescriptionBytes - 1))) {
    bytes[static_cast<std::size_t>(offset)] = *rc::gen::arbitrary<std::uint8_t>();
  }
  const auto read = decode(bytes);
  if (read) RC_ASSERT(encode(*read) == bytes);
}

/// Rotted bits make a prescription whose counts and indices stay in their arrays.
RC_GTEST_PROP(Canonical, INV_4_any_bits_make_a_prescription_of_bounded_shape, ()) {
  PrescriptionBytes bytes;
  std::uint64_t state = *rc::gen::arbitrary<std::uint64_t>();
  for (std::uint8_t& byte : bytes) {
    state = state * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    byte = static_cast<std::uint8_t>(state >> 56);
  }
  const Prescription p = decode_unchecked(bytes);
  RC_ASSERT(p.formulation.count <= kMaxComponents);
  RC_ASSERT(p.basal.profile_count <= kMaxProfiles);
  for (const std::uint8_t profile : p.basal.profile_of_weekday) RC_ASSERT(profile < kMaxProfiles);
  for (const DayProfile& day : p.basal.profiles) {
    RC_ASSERT(day.count <= kMaxProfileSteps);
    for (const ProfileStep& step : day.used())
      RC_ASSERT(step.from_minute < 1'440 && step.rate <= kMaxFlowRate);
  }
  RC_ASSERT(p.schedule.count <= kMaxDailyBoluses);
  RC_ASSERT(p.patient.allotted <= kMaxAllotted);
  RC_ASSERT(p.basal.rate <= kMaxFlowRate && p.single.volume <= kMaxVolume && p.bridge.volume <= kMaxVolume);
  RC_ASSERT(decode(encode(p)).has_value());
}

// ---- the layout, field by field
// --------------------------------------------------------------------------------

// docs/prescription.md names these offsets; a change of one is a change of the layout version.
constexpr std::size_t kNumber = 1, kFluidNumber = 5, kComponentCount = 9, kComponents = 10,
                      kComponentBytes = 7, kSafeAction = 52, kEmergencyRate = 53, kStarts = 57, kExpires = 65,
                      kFallback = 73, kZone = 74, kZoneChange = 78, kBasalMode = 86, kBasalRate = 87,
                      kProfileCount = 91, kWeekdays = 92, kProfiles = 99, kProfileBytes = 1 + 24 * 6,
                      kSchedule = kProfiles + 7 * kProfileBytes, kScheduleCount = kSchedule + 17,
                      kPatient = kScheduleCount + 1 + 48, kPrime = kPatient + 25, kBridge = kPrime + 8,
                      kSingle = kBridge + 12, kSupervised = kSingle + 8;
static_assert(kSupervised + 9 == kPrescriptionBytes);

TEST(Canonical, INV_11_has_a_size_that_never_changes) {
  EXPECT_EQ(sizeof(PrescriptionBytes), 1'242U);
  EXPECT_EQ(encode(Prescription{}).size(), kPrescriptionBytes);
}

TEST(Canonical, INV_11_each_field_stands_little_endian_at_its_offset) {
  Prescription p = continuous(
      0x04030201, fluid(0x08070605, {{DrugCode{0x0A09}, DrugClass::kBoth, Concentration{0x0E0D0C0B}}}),
      FlowRate{0x12345678});
  p.starts_utc_s = 0x1'02030405;
  p.zone = {-1, 2, 3};
  p.single = {Volume{0x11223344}, FlowRate{0x15161718}};
  p.supervised = {0x21222324, 0x31323334, 5};
  const PrescriptionBytes bytes = encode(p);
  const auto number_at = [&](std::size_t offset, std::size_t width) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < width; ++i) value |= static_cast<std::uint64_t>(bytes[offset + i]) << (8 * i);
    return value;
  };
  EXPECT_EQ(bytes[0], 2);
  EXPECT_EQ(number_at(kNumber, 4), 0x04030201U);
  EXPECT_EQ(number_at(kFluidNumber, 4), 0x08070605U);
  EXPECT_EQ(bytes[kComponentCount], 1);
  EXPECT_EQ(number_at(kComponents, 2), 0x0A09U);
  EXPECT_EQ(bytes[kComponents + 2], 4);
  EXPECT_EQ(number_at(kComponents + 3, 4), 0x0E0D0C0BU);
  EXPECT_EQ(number_at(kStarts, 8), 0x1'02030405U);
  EXPECT_EQ(number_at(kZone, 2), 0xFFFFU);
  EXPECT_EQ(bytes[kBasalMode], 2);
  EXPECT_EQ(number_at(kBasalRate, 4), 0x12345678U);
  EXPECT_EQ(number_at(kSingle, 4), 0x11223344U);
  EXPECT_EQ(number_at(kSingle + 4, 4), 0x15161718U);
  EXPECT_EQ(number_at(kSupervised, 4), 0x21222324U);
  EXPECT_EQ(number_at(kSupervised + 4, 4), 0x31323334U);
  EXPECT_EQ(bytes[kSupervised + 8], 5);
}

struct OutOfRange {
  const char* field;
  std::size_t offset;
  std::size_t width;
  std::uint64_t largest;
};

/// One prescription in which every slot is used, so that every field may take any value of its range.
Prescription full() {
  Prescription p = continuous(1, morphine(1, 20), FlowRate{1});
  p.formulation.count = kMaxComponents;
  p.basal.profile_count = kMaxProfiles;
  for (DayProfile& day : p.basal.profiles) day.count = kMaxProfileSteps;
  p.schedule.count = kMaxDailyBoluses;
  return p;
}

std::vector<OutOfRange> all_fields_with_a_range() {
  constexpr std::uint64_t q = kQuantityLimit;
  std::vector<OutOfRange> all = {
      {"component count", kComponentCount, 1, kMaxComponents},
      {"safe action", kSafeAction, 1, 2},
      {"emergency rate", kEmergencyRate, 4, q},
      {"start", kStarts, 8, kLatestUtcSecond},
      {"expiry", kExpires, 8, kLatestUtcSecond},
      {"fall-back", kFallback, 1, 2},
      {"zone change", kZoneChange, 8, kLatestUtcSecond},
      {"basal mode", kBasalMode, 1, 3},
      {"basal rate", kBasalRate, 4, q},
      {"profile count", kProfileCount, 1, kMaxProfiles},
      {"schedule kind", kSchedule, 1, 2},
      {"schedule volume", kSchedule + 1, 4, q},
      {"schedule rate", kSchedule + 5, 4, q},
      {"schedule count", kScheduleCount, 1, kMaxDailyBoluses},
      {"patient volume", kPatient, 4, q},
      {"patient rate", kPatient + 4, 4, q},
      {"allotted", kPatient + 16, 1, kMaxAllotted},
      {"from", kPatient + 17, 2, 1'439},
      {"to", kPatient + 19, 2, 1'439},
      {"during bridge", kPatient + 21, 4, q},
      {"prime volume", kPrime, 4, q},
      {"prime rate", kPrime + 4, 4, q},
      {"bridge volume", kBridge, 4, q},
      {"bridge rate", kBridge + 4, 4, q},
      {"single volume", kSingle, 4, q},
      {"single rate", kSingle + 4, 4, q},
      {"supervised allotted", kSupervised + 8, 1, kMaxAllotted},
  };
  for (std::size_t i = 0; i < kMaxComponents; ++i) {
    all.push_back({"class", kComponents + i * kComponentBytes + 2, 1, kDrugClassCount - 1});
    all.push_back({"concentration", kComponents + i * kComponentBytes + 3, 4, q});
  }
  for (std::size_t i = 0; i < kDaysPerWeek; ++i)
    all.push_back({"weekday", kWeekdays + i, 1, kMaxProfiles - 1});
  for (std::size_t i = 0; i < kMaxProfiles; ++i) {
    const std::size_t profile = kProfiles + i * kProfileBytes;
    all.push_back({"step count", profile, 1, kMaxProfileSteps});
    for (std::size_t j = 0; j < kMaxProfileSteps; ++j) {
      all.push_back({"step minute", profile + 1 + j * 6, 2, 1'439});
      all.push_back({"step rate", profile + 3 + j * 6, 4, q});
    }
  }
  for (std::size_t i = 0; i < kMaxDailyBoluses; ++i)
    all.push_back({"bolus minute", kScheduleCount + 1 + 2 * i, 2, 1'439});
  return all;
}

PrescriptionBytes with(std::size_t offset, std::size_t width, std::uint64_t value) {
  PrescriptionBytes bytes = encode(full());
  for (std::size_t i = 0; i < width; ++i) bytes[offset + i] = static_cast<std::uint8_t>(value >> (8 * i));
  return bytes;
}

TEST(Canonical, each_fields_range_ends_where_it_is_said_to_and_the_offset_is_told) {
  for (const OutOfRange& f : all_fields_with_a_range()) {
    SCOPED_TRACE(std::string{f.field} + " at " + std::to_string(f.offset));
    const bool count =
        std::string{f.field}.ends_with("count");  // a smaller count leaves slots that are not zero
    EXPECT_TRUE(count || decode(with(f.offset, f.width, 0)));
    EXPECT_TRUE(decode(with(f.offset, f.width, f.largest)));
    const std::uint64_t widest = f.width == 8 ? UINT64_MAX : (std::uint64_t{1} << (8 * f.width)) - 1;
    for (const std::uint64_t beyond : {f.largest + 1, widest}) {
      const auto refused = decode(with(f.offset, f.width, beyond));
      ASSERT_FALSE(refused);
      EXPECT_EQ(refused.error().error, DecodeError::kValueOutOfRange);
      EXPECT_EQ(refused.error().offset, f.offset);
    }
  }
}

TEST(Canonical, another_layout_version_is_none) {
  for (const int version : {0, 1, 3, 255}) {
    const auto refused = decode(with(0, 1, static_cast<std::uint64_t>(version)));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().error, DecodeError::kLayoutVersion);
    EXPECT_EQ(refused.error().offset, 0);
  }
}

TEST(Canonical, the_first_of_several_errors_is_told) {
  PrescriptionBytes bytes = with(kBasalMode, 1, 9);
  bytes[kFallback] = 9;
  EXPECT_EQ(decode(bytes).error().offset, kFallback);
}

TEST(Canonical, INV_11_every_byte_of_an_unused_slot_must_be_zero) {
  Prescription p = continuous(1, morphine(1, 20), FlowRate{300'000});
  every_day(p.basal, {{0, FlowRate{300'000}}, {60, FlowRate{100'000}}});
  p.schedule = at_minutes(over(microlitres(1), minutes(1)), {60, 120});
  const PrescriptionBytes good = encode(p);
  std::set<std::size_t> unused;
  for (std::size_t i = kComponents + kComponentBytes; i < kSafeAction; ++i) unused.insert(i);
  for (std::size_t i = kProfiles + 1 + 2 * 6; i < kSchedule; ++i) unused.insert(i);
  for (std::size_t i = kScheduleCount + 1 + 4; i < kPatient; ++i) unused.insert(i);
  for (const std::size_t offset : unused) {
    EXPECT_EQ(good[offset], 0) << offset;
    PrescriptionBytes bytes = good;
    bytes[offset] = 1;
    const auto refused = decode(bytes);
    ASSERT_FALSE(refused) << offset;
    EXPECT_EQ(refused.error().error, DecodeError::kUnusedNotZero) << offset;
    EXPECT_LE(refused.error().offset, offset);
    EXPECT_GT(refused.error().offset + 6, offset);
  }
}

TEST(Canonical, what_stands_in_an_unused_slot_of_memory_is_not_written) {
  Prescription p = continuous(1, morphine(1, 20), FlowRate{300'000});
  const PrescriptionBytes clean = encode(p);
  p.formulation.components[3] = {DrugCode{77}, DrugClass::kBoth, Concentration{5}};
  p.basal.profiles[2].steps[4] = {17, FlowRate{9}};
  p.schedule.minutes[20] = 3;
  EXPECT_EQ(encode(p), clean);
}

}  // namespace
}  // namespace theca
