// What a clinician compares is all that an order decides: no byte of it can change without a row that does.
#include "clinic/order_rows.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "plan/library.hpp"
#include "quantity/text.hpp"
#include "therapy/prescription_testing.hpp"

namespace theca {
namespace {

using namespace example;

const Library& library() {
  static const Library kLibrary = *load_library(THECA_DATA_DIR);
  return kLibrary;
}

/// Orders that between them use every field.
std::array<link::Order, 3> orders() {
  link::Order simple;
  simple.number = 4;
  simple.parent.fill(9);
  simple.author = 12;
  simple.issued_utc_s = kMonday8UtcMs / 1'000;
  simple.path = kPath;
  simple.ceilings = kWidest;
  simple.low_alarm = millilitres(2);
  simple.largest_rise_ppm = 200'000;
  Prescription p = continuous(4, morphine(2, 20), microlitres_per_day(300));
  p.patient = quarter_millilitre_a_day();
  p.schedule = each(over(microlitres(10), minutes(4)), 6 * 3'600, 3'600);
  p.single = over(microlitres(20), minutes(10));
  simple.prescription = encode(p);

  link::Order flex = simple;
  flex.kind = link::OrderKind::kRefill;
  p = continuous(4, baclofen(3, 500), FlowRate{0});
  every_day(p.basal, {{0, microlitres_per_day(100)}, {480, microlitres_per_day(400)}});
  p.basal.profile_count = 2;
  p.basal.profiles[1] = p.basal.profiles[0];
  p.basal.profile_of_weekday[6] = 1;
  p.schedule = at_minutes(over(microlitres(10), minutes(4)), {360, 1'320});
  p.bridge = {microlitres(370), microlitres_per_day(200), 2};
  p.patient = quarter_millilitre_a_day();
  p.patient.during_bridge = microlitres(10);
  p.safe_state = {SafeAction::kEmergencyRate, microlitres_per_day(90)};
  p.zone = {60, 120, kMonday8UtcMs / 1'000 + 86'400};
  flex.prescription = encode(p);

  link::Order first = simple;
  first.kind = link::OrderKind::kImplant;
  first.path_contents = fluid(1, {{kMorphine, DrugClass::kOpioid, milligrams_per_millilitre(1)},
                                  {kBupivacaine, DrugClass::kNeither, milligrams_per_millilitre(5)}});
  p = continuous(4, morphine(2, 20), microlitres_per_day(300));
  p.prime = over(microlitres(375), minutes(30));
  p.supervised = {86'400, 6 * 3'600, 2};
  p.starts_utc_s = kMonday8UtcMs / 1'000;
  p.expires_utc_s = kMonday8UtcMs / 1'000 + 86'400;
  first.prescription = encode(p);
  return {simple, flex, first};
}

/// Something differs, for these two orders, in what is shown.
bool seen(const link::OrderBytes& before, const link::OrderBytes& now, const std::string& hidden = "") {
  const auto rows = [&](const link::OrderBytes& bytes) {
    const auto order = *link::read<link::Order>(bytes);
    auto all = rows_of(order, *decode(order.prescription), kRoller.minimum_rate, library());
    std::erase_if(all, [&](const OrderRow& row) { return row.what == hidden; });
    return all;
  };
  return std::ranges::any_of(compare(rows(before), rows(now)), &ComparedRow::changed);
}

bool readable(const link::OrderBytes& bytes) {
  const auto order = link::read<link::Order>(bytes);
  return order && decode(order->prescription);
}

/// Every bit of every order that can be turned and still be read as an order.
template <class Told>
void each_turned_bit(Told told) {
  for (const link::Order& order : orders()) {
    const link::OrderBytes bytes = link::written(order);
    ASSERT_TRUE(readable(bytes));
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      link::OrderBytes other = bytes;
      other[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
      if (readable(other)) told(bytes, other, bit);
    }
  }
}

TEST(OrderRows, INV_11_every_bit_that_an_order_can_differ_in_is_seen) {
  std::size_t turned = 0;
  each_turned_bit([&](const link::OrderBytes& bytes, const link::OrderBytes& other, std::size_t bit) {
    ++turned;
    EXPECT_TRUE(seen(bytes, other)) << "bit " << bit << " of byte " << bit / 8;
  });
  EXPECT_GT(turned, 3'000U);
}

/// And is seen in one row alone, more often than not: a list that lacks any one row lets something through.
TEST(OrderRowsBrokenTwin, a_list_without_the_flow_or_the_ceilings_hides_something) {
  for (const std::string hidden : {"flow", "ceilings", "low alarm", "local time", "prime", "  lockout"}) {
    std::size_t unseen = 0;
    each_turned_bit([&](const link::OrderBytes& bytes, const link::OrderBytes& other, std::size_t) {
      if (!seen(bytes, other, hidden)) ++unseen;
    });
    EXPECT_GT(unseen, 0U) << hidden;
  }
}

RC_GTEST_PROP(OrderRows, compare_tells_every_row_of_both_once, ()) {
  const auto names = rc::gen::unique<std::vector<std::string>>(
      rc::gen::elementOf(std::vector<std::string>{"a", "b", "c", "d", "e", "f"}));
  const auto some = [&] {
    std::vector<OrderRow> rows;
    for (const auto& name : *rc::gen::resize(4, names))
      rows.push_back({name, std::to_string(*rc::gen::inRange(0, 3))});
    return rows;
  };
  const auto before = some(), now = some();
  const auto rows = compare(before, now);
  const auto value = [](const std::vector<OrderRow>& list, const std::string& what) {
    const auto row = std::ranges::find(list, what, &OrderRow::what);
    return row == list.end() ? std::string{"-"} : row->value;
  };
  std::size_t both = 0;
  for (const ComparedRow& row : rows) {
    RC_ASSERT(row.before == value(before, row.what));
    RC_ASSERT(row.now == value(now, row.what));
    if (row.before != "-" && row.now != "-") ++both;
  }
  RC_ASSERT(rows.size() == before.size() + now.size() - both);
}

/// A working day gives 312.5 mcg, a day of the weekend 315; the 24 hours from Sunday to Monday morning give
/// more than either, and nobody reckons with those.
TEST(DailyDose, of_a_flex_schedule_is_that_of_the_day_that_gives_most) {
  Prescription p = continuous(4, baclofen(3, 2'000), FlowRate{0});
  const auto dose = [](std::int64_t mcg) { return FlowRate{mcg * 500}; };
  every_day(p.basal, {{0, dose(240)}, {330, dose(480)}, {480, dose(300)}, {1'260, dose(360)}});
  EXPECT_EQ(daily_dose(p, kRoller.minimum_rate), *parse_dose_rate("312.5 mcg/day"));
  p.basal.profile_count = 2;
  p.basal.profiles[1] = {};
  p.basal.profiles[1].count = 2;
  p.basal.profiles[1].steps[0] = {0, dose(240)};
  p.basal.profiles[1].steps[1] = {540, dose(360)};
  p.basal.profile_of_weekday[5] = p.basal.profile_of_weekday[6] = 1;
  EXPECT_EQ(daily_dose(p, kRoller.minimum_rate), *parse_dose_rate("315 mcg/day"));
  EXPECT_FALSE(not_confirmed("315 mcg/day", p, kRoller.minimum_rate));
  EXPECT_TRUE(not_confirmed("342.5 mcg/day", p, kRoller.minimum_rate));
}

TEST(OrderRows, a_sum_that_cannot_be_written_out_is_confirmed_as_it_is_rounded) {
  Prescription p = continuous(4, baclofen(3, 2'000), FlowRate{0});
  every_day(p.basal, {{0, FlowRate{300 * 500}}, {480, FlowRate{400 * 500}}});  // 366.667 mcg a day
  for (const char* typed : {"366.7 mcg/day", "366.67 mcg/day", "366.6667 mcg/day"})
    EXPECT_FALSE(not_confirmed(typed, p, kRoller.minimum_rate)) << typed;
  for (const char* typed : {"367 mcg/day", "366 mcg/day", "366.9 mcg/day", "363.7 mcg/day", "3667 mcg/day"})
    EXPECT_TRUE(not_confirmed(typed, p, kRoller.minimum_rate)) << typed;
}

}  // namespace
}  // namespace theca
