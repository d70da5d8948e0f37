// Is an order one that this implant may take: every question at its bound, asked of the function itself, and
// the rise of a dose against the same arithmetic in wider numbers. What comes of it over the link stands in
// order_test.cpp.
#include "implant/acceptance.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <random>

#include "implant/implant_testing.hpp"
#include "therapy/schedule.hpp"

namespace theca::example {
namespace {

using link::Order;
using link::OrderKind;

Prescription therapy(std::uint32_t number, FlowRate rate = microlitres_per_day(288)) {
  return continuous(number, morphine(1, 1), rate);
}

struct Acceptance : testing::Test {
  /// What `judge` says of an order to the pump as it stands now.
  [[nodiscard]] Judged judged(const Order& order, std::size_t signers = 1) const {
    Pump pump = practice.bench.pump();
    Effects out;
    pump.wake({practice.bench.now(), practice.bench.steps()}, out);
    return judge(order, {pump, practice.clinic.implant, practice.bench.stored().order(), before, signers});
  }
  [[nodiscard]] LinkAnswer asked(const Order& order, std::size_t signers = 1) const {
    return judged(order, signers).outcome.answer;
  }
  Order next(OrderKind kind = OrderKind::kPrescribe, FlowRate rate = microlitres_per_day(288)) {
    return practice.order(kind, therapy(practice.bench.pump().newest_prescription() + 1, rate));
  }
  Practice practice;
  std::optional<Order> before;
};
struct AcceptanceInPatient : Acceptance {
  AcceptanceInPatient() {
    practice.implant(therapy(1));
    before = practice.order(OrderKind::kImplant, therapy(1));
  }
};

/// What each kind may set, and what it has to leave as it is.
TEST_F(AcceptanceInPatient, INV_10_each_kind_of_order_changes_only_what_is_its_own) {
  struct Row {
    OrderKind kind;
    bool path, ceilings, low_alarm;
  };
  for (const Row row :
       {Row{OrderKind::kPrescribe, false, true, false}, Row{OrderKind::kRefill, false, true, false},
        Row{OrderKind::kRevise, true, false, false}}) {
    SCOPED_TRACE(link::kOrderKindNames[static_cast<std::size_t>(row.kind)]);
    const auto with = [&](auto&& change) {
      Order order = next(row.kind);
      change(order);
      return asked(order, 2);
    };
    const auto may = [](bool yes) { return yes ? LinkAnswer::kDone : LinkAnswer::kSettingsDiffer; };
    EXPECT_EQ(with([](Order&) {}), LinkAnswer::kDone);
    for (const int by : {-1, 1}) {
      const Volume bit = nanolitres(by);
      EXPECT_EQ(with([&](Order& o) { o.path.tubing = o.path.tubing + bit; }), may(row.path));
      EXPECT_EQ(with([&](Order& o) { o.path.catheter = o.path.catheter + bit; }), may(row.path));
      EXPECT_EQ(with([&](Order& o) { o.ceilings.hour = o.ceilings.hour + bit; }), may(row.ceilings));
      EXPECT_EQ(with([&](Order& o) { o.ceilings.day = o.ceilings.day + bit; }), may(row.ceilings));
      EXPECT_EQ(with([&](Order& o) { o.ceilings.thirty_days = o.ceilings.thirty_days + bit; }),
                may(row.ceilings));
      EXPECT_EQ(with([&](Order& o) { o.low_alarm = o.low_alarm + bit; }), may(row.low_alarm));
    }
  }
}

TEST_F(AcceptanceInPatient, INV_11_what_is_taken_is_what_was_decoded) {
  const Judged good = judged(next(OrderKind::kPrescribe, microlitres_per_day(200)));
  EXPECT_EQ(good.outcome.answer, LinkAnswer::kDone);
  EXPECT_EQ(good.prescription, therapy(2, microlitres_per_day(200)));
  EXPECT_EQ(judged(next(OrderKind::kPrescribe, microlitres_per_day(900))).prescription, Prescription{})
      << "refused";
}

TEST_F(AcceptanceInPatient, INV_10_a_pump_is_implanted_once) {
  const Judged twice = judged(next(OrderKind::kImplant), 2);
  EXPECT_EQ(twice.outcome.answer, LinkAnswer::kRefusedByPump);
  EXPECT_EQ(twice.outcome.refusal, Refusal::kAlreadyImplanted);
  EXPECT_EQ(twice.outcome.value, 0);
  EXPECT_EQ(twice.outcome.limit, 0);
}
TEST_F(Acceptance, INV_10_of_a_pump_on_the_shelf_only_an_implantation_and_by_one_signer) {
  for (const OrderKind kind : {OrderKind::kPrescribe, OrderKind::kRefill, OrderKind::kRevise}) {
    const Judged early = judged(next(kind), 2);
    EXPECT_EQ(early.outcome.answer, LinkAnswer::kRefusedByPump);
    EXPECT_EQ(early.outcome.refusal, Refusal::kNotImplanted);
  }
  EXPECT_EQ(asked(next(OrderKind::kImplant)), LinkAnswer::kDone) << "no order before it is known";
  // The order of a patient before does not bind the next one.
  before = next(OrderKind::kImplant);
  before->ceilings = {nanolitres(1), nanolitres(1), nanolitres(1)};
  before->largest_rise_ppm = 0;
  Order other = next(OrderKind::kImplant, microlitres_per_day(900));
  other.path.catheter = other.path.catheter + nanolitres(1);
  other.low_alarm = other.low_alarm + nanolitres(1);
  EXPECT_EQ(asked(other), LinkAnswer::kDone);
}

/// What the pump's own rules have against it is told with rule, place, value and limit.
TEST_F(AcceptanceInPatient, what_a_rule_has_against_it_is_told) {
  struct Wrong {
    const char* why;
    std::function<void(Prescription&)> change;
  };
  for (const Wrong& wrong :
       {Wrong{"a flow below what the pump can give",
              [](Prescription& p) { p.basal.rate = microlitres_per_day(10); }},
        Wrong{"a bolus that is no whole step",
              [](Prescription& p) { p.single = over(nanolitres(10'001), hours(1)); }},
        Wrong{"above a ceiling", [](Prescription& p) { p.basal.rate = microlitres_per_day(23'900); }}}) {
    SCOPED_TRACE(wrong.why);
    Order order = next();
    order.ceilings = {microlitres(300), millilitres(3), millilitres(80)};
    Prescription p = therapy(2);
    wrong.change(p);
    order.prescription = encode(p);
    const auto found = check(p, practice.bench.pump().model(), order.path, order.ceilings, 2);
    ASSERT_FALSE(found.empty());
    const Violation first = found.all()[0];
    const link::Outcome told = judged(order, 2).outcome;
    EXPECT_EQ(told.answer, LinkAnswer::kRefusedByPump);
    EXPECT_EQ(told.refusal, Refusal::kPrescriptionRule);
    EXPECT_EQ(told.rule, 1 + static_cast<int>(first.rule));
    EXPECT_EQ(told.index, first.index);
    EXPECT_EQ(told.value, first.value);
    EXPECT_EQ(told.limit, first.limit);
  }
}
TEST_F(AcceptanceInPatient, where_a_prescription_cannot_be_read_is_told) {
  std::set<std::int64_t> places;
  for (std::size_t at = 0; at < kPrescriptionBytes; at += 7) {
    Order order = next();
    order.prescription[at] ^= 0xA5;
    const auto decoded = decode(order.prescription);
    if (decoded) continue;
    const link::Outcome told = judged(order, 2).outcome;
    EXPECT_EQ(told.refusal, Refusal::kPrescriptionMalformed);
    EXPECT_EQ(told.value, decoded.error().offset);
    places.insert(told.value);
  }
  EXPECT_GT(places.size(), 3U);
}

// ---- one signer or two
// ---------------------------------------------------------------------------------------

/// RT-08: within a visit one signer raises nothing; behind it, as much as the order before allows.
TEST_F(AcceptanceInPatient, RT_08_INV_10_one_signer_raises_nothing_until_a_visit_is_over) {
  const auto rise = [&](std::int64_t nl) {
    return next(OrderKind::kPrescribe, nanolitres_per_day(288'000 + nl));
  };
  const Instant over = practice.bench.pump().prescription_started() + kVisit;
  practice.bench.pass(over - practice.bench.now() - milliseconds(1));
  EXPECT_EQ(asked(rise(0)), LinkAnswer::kDone);
  EXPECT_EQ(asked(rise(-1'000)), LinkAnswer::kDone);
  EXPECT_EQ(asked(rise(1)), LinkAnswer::kSecondSigner);
  EXPECT_EQ(asked(rise(1), 2), LinkAnswer::kDone);
  practice.bench.pass(milliseconds(1));
  EXPECT_EQ(asked(rise(1)), LinkAnswer::kDone);
  EXPECT_EQ(asked(rise(57'600)), LinkAnswer::kDone) << "a fifth";
  EXPECT_EQ(asked(rise(57'601)), LinkAnswer::kSecondSigner);
  EXPECT_EQ(asked(rise(57'601), 2), LinkAnswer::kDone);
  before->largest_rise_ppm = 0;
  Order order = rise(1);
  order.largest_rise_ppm = 0;
  EXPECT_EQ(asked(order), LinkAnswer::kSecondSigner) << "it allows none";
  before.reset();
  EXPECT_EQ(asked(rise(0)), LinkAnswer::kSecondSigner) << "nobody knows what it allows";
  EXPECT_EQ(asked(rise(57'601), 2), LinkAnswer::kDone);
}

/// A thousandth of a thousandth is a rise as well: the least that a fast flow can rise by is half of that.
TEST_F(Acceptance, RT_08_within_a_visit_the_least_rise_of_all_needs_two) {
  const FlowRate rate = microlitres_per_day(2'000);
  practice.implant(therapy(1, rate));
  before = practice.order(OrderKind::kImplant, therapy(1, rate));
  EXPECT_EQ(asked(next(OrderKind::kPrescribe, rate)), LinkAnswer::kDone);
  EXPECT_EQ(asked(next(OrderKind::kPrescribe, rate + nanolitres_per_day(1))), LinkAnswer::kSecondSigner);
}

/// Each of what loosens alone, and each tightened beside it: no ceiling pays for another.
TEST_F(AcceptanceInPatient, RT_08_INV_4_a_tighter_ceiling_does_not_pay_for_a_wider_one) {
  practice.bench.pass(days(1));
  const auto low = [](Order& o) {
    o.ceilings = {microlitres(300), millilitres(3), millilitres(80)};
    o.largest_rise_ppm = 1'000;
  };
  low(*before);
  using Change = std::function<void(Order&, int)>;
  const std::array<Change, 4> parts{
      [](Order& o, int by) { o.ceilings.hour = o.ceilings.hour + nanolitres(by); },
      [](Order& o, int by) { o.ceilings.day = o.ceilings.day + nanolitres(by); },
      [](Order& o, int by) { o.ceilings.thirty_days = o.ceilings.thirty_days + nanolitres(by); },
      [](Order& o, int by) { o.largest_rise_ppm = static_cast<std::uint32_t>(1'000 + by); }};
  for (int bits = 0; bits < 81; ++bits) {
    Order order = next();
    low(order);
    int rest = bits;
    bool looser = false;
    for (const Change& change : parts) {
      const int by = rest % 3 - 1;
      rest /= 3;
      change(order, by);
      looser = looser || by > 0;
    }
    EXPECT_EQ(asked(order), looser ? LinkAnswer::kSecondSigner : LinkAnswer::kDone) << bits;
    EXPECT_EQ(asked(order, 2), LinkAnswer::kDone) << bits;
  }
}

Formulation two_drugs(std::int64_t morphine_ng, std::int64_t bupivacaine_ng) {
  return fluid(1, {{kMorphine, DrugClass::kOpioid, nanograms_per_millilitre(morphine_ng)},
                   {kBupivacaine, DrugClass::kNeither, nanograms_per_millilitre(bupivacaine_ng)}});
}

/// The same in numbers twice as wide, from the largest daily volume: of every drug, whatever the others do.
RC_GTEST_PROP(Rises, RT_08_INV_4_are_those_of_any_drugs_worst_day, (std::uint64_t seed)) {
  std::mt19937_64 random{seed};
  const auto within = [&](std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(high - low + 1));
  };
  const FlowRate minimum = microlitres_per_day(6);
  Prescription from = therapy(1, nanolitres_per_day(within(48'000, 24'000'000)));
  Prescription to = therapy(2, from.basal.rate + nanolitres_per_day(within(-40'000, 40'000)));
  from.formulation = two_drugs(within(1, 50'000'000), within(1, 50'000'000));
  to.formulation = from.formulation;
  for (std::size_t i = 0; i < 2; ++i) {
    if (within(0, 3) == 0)
      to.formulation.components[i].concentration =
          nanograms_per_millilitre(to.formulation.components[i].concentration.raw() + within(0, 100));
  }
  if (within(0, 1) == 0) to.single = over(nanolitres(within(1, 100) * 10), minutes(10));
  Prescription goes_on = from;
  if (within(0, 1) == 0)
    from.single = over(nanolitres(within(1, 100) * 10), minutes(10));  // once, and it was
  __extension__ using Wide = __int128;
  const Wide volume_from = worst_case_volume(goes_on, minimum, days(1)).raw(),
             volume_to = worst_case_volume(to, minimum, days(1)).raw();
  // The smallest rise that lets each of them through, in millionths.
  Wide least = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    const Wide was = volume_from * from.formulation.components[i].concentration.raw();
    const Wide will = volume_to * to.formulation.components[i].concentration.raw();
    if (will > was) least = std::max(least, ((will - was) * 1'000'000 + was - 1) / was);
  }
  RC_PRE(least <= UINT32_MAX);
  const auto ppm = static_cast<std::uint32_t>(least);
  RC_ASSERT(!rises_too_far(from, to, minimum, ppm));
  RC_ASSERT((ppm == 0 || rises_too_far(from, to, minimum, ppm - 1)));
}

/// A dose that was given once makes no room for one that is given every day.
TEST(Rises, RT_08_INV_4_a_single_bolus_that_was_given_is_no_dose_of_a_day) {
  const FlowRate minimum = microlitres_per_day(6);
  Prescription from = therapy(1, microlitres_per_day(300));
  from.single = over(microlitres(60), minutes(10));
  const Prescription same = therapy(2, microlitres_per_day(300)), more = therapy(2, microlitres_per_day(360));
  constexpr std::uint32_t kTenPercent = 100'000, kTwentyPercent = 200'000;
  EXPECT_FALSE(rises_too_far(from, same, minimum, 0));
  EXPECT_TRUE(rises_too_far(from, more, minimum, kTenPercent));
  EXPECT_FALSE(rises_too_far(from, more, minimum, kTwentyPercent));
  Prescription again = same;
  again.single = from.single;
  EXPECT_TRUE(rises_too_far(from, again, minimum, kTenPercent)) << "the same once more is more";
}

TEST(Rises, RT_08_INV_4_a_drug_that_was_not_given_rises_beyond_all_bounds) {
  const FlowRate minimum = microlitres_per_day(6);
  const Prescription from = therapy(1);
  Prescription to = therapy(2);
  EXPECT_FALSE(rises_too_far(from, to, minimum, 0));
  to.formulation = two_drugs(1'000'000, 1);
  EXPECT_TRUE(rises_too_far(from, to, minimum, UINT32_MAX));
  EXPECT_FALSE(rises_too_far(to, from, minimum, 0)) << "one that is not given any more";
  to.formulation = baclofen(2, 1);
  EXPECT_TRUE(rises_too_far(from, to, minimum, UINT32_MAX));
}

/// What cannot be counted any more is no bound that was kept.
TEST(Rises, RT_08_INV_4_beyond_what_can_be_counted_is_too_far) {
  Prescription from = therapy(1, microlitres_per_day(28'800));
  from.formulation.components[0].concentration = kMaxConcentration;
  const FlowRate minimum = microlitres_per_day(6);
  EXPECT_TRUE(rises_too_far(from, from, minimum, UINT32_MAX));
  EXPECT_FALSE(rises_too_far(from, from, minimum, link::kMostRisePpm));
}

}  // namespace
}  // namespace theca::example
