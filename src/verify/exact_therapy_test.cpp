// What a prescription gives, told by `therapy` and by the reference model: the same to the unit. Ten years
// without drift. The one canonical byte form.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cstdio>

#include "verify/played_life.hpp"

namespace theca::verify {
namespace {

Wide units(Amount a) { return Wide{a.floor().raw()} * kDayMs + a.rest_units(); }

struct Written {
  Prescription p;
  PumpModel model;
  Occasion on;
};

std::optional<Written> write(Random& random) {
  Written w;
  w.model = random_model(random);
  w.on.model = w.model;
  w.on.path = {microlitres(100), microlitres(100)};
  w.on.life_ms = random.spread(3'600'000, 30 * kDayMs);
  w.on.now_ms = random.between(0, 5 * kDayMs);
  w.on.utc_ms_at_zero = 1'785'000'000'000 + random.between(0, 400 * kDayMs);
  w.on.reservoir = fluid(1, random);
  w.on.daylight_saving = true;
  for (int i = 0; i < 40; ++i) {
    w.p = random_prescription(random, w.on);
    if (least_ceilings(w.p, w.model, w.on.path)) return w;
  }
  return std::nullopt;
}

TEST(Therapy, INV_1_delivered_volume_is_what_the_reference_model_prescribes) {
  const Campaign campaign{2'000};
  std::int64_t changes = 0, flex = 0, expired = 0, scheduled = 0, compared = 0;
  for (std::int64_t i = campaign.first; i < campaign.end; ++i) {
    Random random{campaign.seed_of(i)};
    const auto w = write(random);
    if (!w) continue;
    const std::int64_t start = w->on.now_ms;
    const std::int64_t length = random.spread(1, 8 * kDayMs);
    for (int k = 0; k < 3; ++k) {
      const std::int64_t from = start + random.between(0, length), to = from + random.spread(1, 4 * kDayMs);
      const Amount told = delivered_volume(w->p, ClockOffset{w->on.utc_ms_at_zero}, w->model.minimum_rate,
                                           Instant{start}, Instant{from}, Instant{to});
      const Wide reference =
          reference_delivered(w->p, w->on.utc_ms_at_zero, w->model.minimum_rate.raw(), start, from, to);
      ASSERT_TRUE(units(told) == reference)
          << campaign.name(i) << ": [" << from << ", " << to << ") therapy " << told.floor().raw()
          << " nL, reference " << static_cast<std::int64_t>(reference / kDayMs) << " nL";
      ++compared;
      const std::int64_t change = w->p.zone.change_utc_s * 1'000 - w->on.utc_ms_at_zero;
      changes += w->p.zone.change_utc_s != 0 && change > from && change < to ? 1 : 0;
      expired += w->p.expires_utc_s != 0 && w->p.expires_utc_s * 1'000 - w->on.utc_ms_at_zero < to ? 1 : 0;
    }
    flex += w->p.basal.mode == BasalMode::kFlex ? 1 : 0;
    scheduled += w->p.schedule.dose.volume.raw() > 0 ? 1 : 0;
  }
  std::printf(
      "delivered_volume: %lld windows, %lld over a clock change, %lld past expiry; %lld flex, %lld with "
      "scheduled boluses\n",
      static_cast<long long>(compared), static_cast<long long>(changes), static_cast<long long>(expired),
      static_cast<long long>(flex), static_cast<long long>(scheduled));
  if (campaign.whole()) {
    EXPECT_GE(changes, compared / 50);
    EXPECT_GE(expired, compared / 40);
  }
}

TEST(Therapy, INV_4_worst_case_volume_covers_what_is_prescribed_in_any_window) {
  const Campaign campaign{2'000};
  std::int64_t tight = 0;
  for (std::int64_t i = campaign.first; i < campaign.end; ++i) {
    Random random{campaign.seed_of(i)};
    const auto w = write(random);
    if (!w || w->p.expires_utc_s != 0) continue;
    const std::int64_t start = w->on.now_ms;
    for (int k = 0; k < 20; ++k) {
      const std::int64_t window = random.spread(60'000, 2 * kDayMs);
      // Windows that begin or end at a whole hour of the day's local time hold the extremes.
      std::int64_t from = start + random.between(0, 3 * kDayMs);
      from -= floor_modulo(w->on.utc_ms_at_zero + from, 60'000);
      const Amount told = delivered_volume(w->p, ClockOffset{w->on.utc_ms_at_zero}, w->model.minimum_rate,
                                           Instant{start}, Instant{from}, Instant{from + window});
      const Volume worst = worst_case_volume(w->p, w->model.minimum_rate, Duration{window});
      ASSERT_LE(told, Amount::of(worst)) << campaign.name(i);
      tight += told.floor() * 10 > worst * 9 ? 1 : 0;
    }
  }
  std::printf("worst case: %lld windows within a tenth of the bound\n", static_cast<long long>(tight));
}

// ---- ten years
// ---------------------------------------------------------------------------------------------

constexpr std::int64_t kTenYears = 3'652 * kDayMs + 12'345'678;

/// Runs a constant flow on a reservoir that is filled up again in time.
void ten_years(const PumpModel& model, std::int64_t rate) {
  Random random{1};
  Pump pump{model};
  Implantation setup;
  setup.path = {microlitres(100), microlitres(100)};
  setup.refill = {millilitres(39), Volume{0}, fluid(1, random)};
  setup.path_contents = setup.refill.formulation;
  setup.ceilings = widest_ceilings(model);
  setup.clock = ClockOffset{1'785'000'000'000};
  Prescription p;
  p.number = 1;
  p.formulation = setup.refill.formulation;
  p.basal.mode = BasalMode::kSimpleContinuous;
  p.basal.rate = FlowRate{rate};
  Effects out;
  const auto taken = pump.implant({Instant{0}, 0}, setup, encode(p), out);
  ASSERT_TRUE(taken) << row_of(taken.error().refusal).name << " at " << rate << " nL/day";
  // A motor in bulk: at a wake it has made all steps whose time has come. No list of steps.
  const std::int64_t refill_every = millilitres(30).raw() * kDayMs / rate;
  std::int64_t made = 0, next_refill = refill_every;
  Train train;
  bool running = false;
  const auto obey = [&] {
    ASSERT_EQ(out.lost(), 0U);
    if (out.motor == MotorOrder::kRun) {
      running = true;
      train = out.train;
    } else if (out.motor != MotorOrder::kNone) {
      running = false;
    }
    for (const Event& e : out.events()) {
      ASSERT_TRUE(e.code != EventCode::kGateCut && e.code != EventCode::kMotorHeld &&
                  e.code != EventCode::kStepsMissed)
          << row_of(e.code).name;
    }
    out.clear();
  };
  obey();
  std::int64_t before = 0;
  const auto go = [&](std::int64_t t) {
    const std::int64_t in_train = running ? train.made_by(Instant{t}) : 0;
    made = before + in_train;
    return MotorReading{Instant{t}, made};
  };
  for (std::int64_t t = 0; t < kTenYears;) {
    t = std::min({pump.next_wake().raw(), kTenYears, next_refill});
    const MotorReading reading = go(t);
    if (t == next_refill) {
      next_refill += refill_every;
      ASSERT_TRUE(pump.refill(reading, {millilitres(39), Volume{0}, setup.refill.formulation}, nullptr, out));
    } else {
      pump.wake(reading, out);
    }
    if (out.motor != MotorOrder::kNone) before = made;
    obey();
    const Wide exact = Wide{rate} * t / (Wide{model.step.raw()} * kDayMs);
    ASSERT_EQ(pump.commanded(), static_cast<std::int64_t>(exact)) << "at " << t << " ms";
  }
  std::printf("ten years at %lld nL/day: %lld steps, none too many, none missing\n",
              static_cast<long long>(rate), static_cast<long long>(made));
}

TEST(Therapy, INV_1_INV_3_ten_years_of_a_roller_without_drift) { ten_years(roller_model(), 300'000); }
TEST(Therapy, INV_1_INV_3_ten_years_of_a_roller_at_its_largest_flow) {
  ten_years(roller_model(), roller_model().max_flow.raw());
}
TEST(Therapy, INV_1_INV_3_ten_years_of_a_valve_at_its_smallest_flow) { ten_years(valve_model(), 48'000); }
TEST(Therapy, INV_1_INV_3_ten_years_of_a_third_of_a_millilitre) { ten_years(valve_model(), 333'333); }

// ---- the change of the clock, by hand
// ----------------------------------------------------------------------

/// Local 01:30, 02:30, 03:30; the zone changes at 01:00 UTC, from or to UTC+1.
std::vector<std::int64_t> starts_on_change_day(std::int16_t before, std::int16_t after) {
  Random random{3};
  const std::int64_t midnight_s = 1'785'024'000;  // 2026-07-26T00:00Z
  Pump pump{roller_model()};
  BenchActuator motor{pump};
  Implantation setup;
  setup.path = {microlitres(10), microlitres(10)};
  setup.refill = {millilitres(39), Volume{0}, fluid(1, random)};
  setup.path_contents = setup.refill.formulation;
  setup.ceilings = widest_ceilings(roller_model());
  setup.clock = ClockOffset{midnight_s * 1'000 - 6 * 3'600'000};
  Prescription p;
  p.number = 1;
  p.formulation = setup.refill.formulation;
  p.basal.mode = BasalMode::kSimpleContinuous;
  p.basal.rate = microlitres_per_day(100);
  p.zone = {before, after, midnight_s + 3'600};
  p.schedule.kind = ScheduleKind::kTimesOfDay;
  p.schedule.dose = {nanolitres(1'000), FlowRate{1'000 * 288}};
  p.schedule.count = 3;
  p.schedule.minutes = {90, 150, 210};
  EXPECT_TRUE(pump.implant(motor.reading(), setup, encode(p), motor.out));
  motor.obey();
  motor.run_to(16 * 3'600'000);
  std::vector<std::int64_t> starts;
  for (const Event& e : motor.events) {
    if (e.code == EventCode::kBolusGranted) starts.push_back((e.at.raw() - 6 * 3'600'000) / 60'000);
  }
  return starts;
}

TEST(Therapy, INV_7_a_bolus_in_the_skipped_hour_is_given_at_its_end) {
  // Local 01:30 is 00:30 UTC (before, UTC+1 is 60); at 01:00 UTC local 02:00 becomes 03:00.
  EXPECT_EQ(starts_on_change_day(60, 120), (std::vector<std::int64_t>{30, 60, 90}));
}
TEST(Therapy, INV_7_a_bolus_in_the_repeated_hour_is_given_once_the_first_time) {
  // UTC+2: local 01:30 is 23:30 UTC, 02:30 is 00:30 UTC; at 01:00 UTC local 03:00 becomes 02:00; 03:30 is
  // 02:30 UTC.
  EXPECT_EQ(starts_on_change_day(120, 60), (std::vector<std::int64_t>{-30, 30, 150}));
}

// ---- the canonical form
// ------------------------------------------------------------------------------------

RC_GTEST_PROP(Canonical, INV_11_decode_gives_back_what_was_encoded, (std::uint64_t seed)) {
  Random random{seed};
  const auto w = write(random);
  RC_PRE(w.has_value());
  const auto back = decode(encode(w->p));
  RC_ASSERT(back.has_value());
  RC_ASSERT(*back == w->p);
}

TEST(Canonical, INV_11_every_accepted_byte_string_is_the_encoding_of_one_prescription) {
  const Campaign campaign{20'000};
  std::int64_t accepted = 0;
  Random random{campaign.seed};
  std::optional<Written> w;
  for (std::int64_t i = 0; i < campaign.end; ++i) {
    if (i % 20 == 0 || !w) w = write(random);
    if (!w) continue;
    PrescriptionBytes bytes = encode(w->p);
    const std::int64_t turned = random.between(1, 3);
    for (std::int64_t k = 0; k < turned; ++k) {
      bytes[static_cast<std::size_t>(random.between(0, kPrescriptionBytes - 1))] ^=
          static_cast<std::uint8_t>(1U << random.between(0, 7));
    }
    const auto read = decode(bytes);
    if (!read) continue;
    ++accepted;
    ASSERT_EQ(encode(*read), bytes) << i;
    ASSERT_TRUE(decode_unchecked(bytes) == *read) << i;
  }
  std::printf("INV_11: %lld changed byte strings accepted\n", static_cast<long long>(accepted));
  EXPECT_GE(accepted, campaign.end / 100);
}

TEST(Canonical, INV_4_any_bits_make_a_prescription_of_bounded_shape) {
  const Campaign campaign{20'000};
  Random random{campaign.seed + 1};
  for (std::int64_t i = 0; i < campaign.end; ++i) {
    PrescriptionBytes bytes;
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random.bits());
    const Prescription p = decode_unchecked(bytes);
    ASSERT_TRUE(decode(encode(p)).has_value()) << i;
    const WallClock clock{ClockOffset{1'785'000'000'000}, p.zone};
    const BasalSegment segment =
        basal_at(p.basal, clock, microlitres_per_day(6), Instant{random.between(0, 30 * kDayMs)});
    ASSERT_GE(segment.rate, FlowRate{0});
    const Ceilings most = widest_ceilings(roller_model());
    (void)check(p, roller_model(), {microlitres(100), microlitres(100)}, most, 1);
    (void)next_scheduled_bolus(p.schedule, clock, Instant{0}, kNoBolusYet);
  }
}

}  // namespace
}  // namespace theca::verify
