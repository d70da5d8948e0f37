// A first therapy: what the page says of volume, mass, time and front is what the order has, whatever
// catheter, fluid and dose; and a slip in a length is refused or named.
#include "clinic/implanting.hpp"

#include <gtest/gtest.h>
// before rapidcheck
#include <fmt/format.h>
#include <rapidcheck/gtest.h>

#include "plan/library.hpp"
#include "quantity/exact.hpp"
#include "quantity/text.hpp"
#include "therapy/prescription_testing.hpp"

namespace theca {
namespace {

const Library& library() {
  static const Library kLibrary = *load_library(THECA_DATA_DIR);
  return kLibrary;
}
const PumpEntry& pump() { return *library().find_pump("roller-40"); }

Running on_the_shelf() {
  Running running;
  running.status.state = DeviceState::kShelf;
  running.status.model = pump().code;
  return running;
}
Implanting some() {
  return {.catheter = centimetres(89),
          .cut_off = centimetres(9),
          .fluid = {library().find_drug("morphine")->code, parse_concentration("20 mg/mL").value()},
          .filled = millilitres(38),
          .prime = true,
          .zone = {60, 60, 0},
          .basal = {BasalMode::kSimpleContinuous, parse_dose_rate("1 mg/day").value(), {}},
          .patient = {},
          .implant = {1, 2, 3, 4, 5, 6, 7, 8},
          .pump = pump(),
          .model = pump_model(pump()).value(),
          .reason = "As the test has it.",
          .author = 10,
          .issued_utc_s = 1'790'000'000,
          .signed_up_to = 0};
}
std::string said(const Implanting& implanting, const Running& running = on_the_shelf()) {
  const auto made = first_therapy(implanting, running, library());
  if (made) return "";
  std::string all;
  for (const DraftError& error : made.error()) all += error.key + ": " + error.message + "\n";
  return all;
}

TEST(Implanting, INV_4_INV_11_what_is_said_of_the_prime_is_what_the_order_has) {
  const auto made = first_therapy(some(), on_the_shelf(), library());
  ASSERT_TRUE(made) << made.error().front().message;
  const FirstHours& hours = made->hours;
  // docs/arithmetic.md: 0.375 mL x 20 mg/mL = 7.5 mg, here of 0.199 + 80 x 0.0022 mL
  EXPECT_EQ(hours.path.total(), nanolitres(375'000));
  EXPECT_EQ(hours.given, nanolitres(375'000));
  EXPECT_EQ(hours.in_motion, parse_mass("7.5 mg").value());
  EXPECT_EQ(hours.shorter.mass, parse_mass("0.22 mg").value());
  EXPECT_EQ(hours.supervised, kProposedSupervision);
  EXPECT_EQ(made->draft.filled, millilitres(38));
  EXPECT_EQ(made->draft.order.path.total(), hours.path.total());
  EXPECT_EQ(made->draft.order.path_contents.number, 0U);
  EXPECT_EQ(made->draft.prescription.prime.volume, hours.given);
  EXPECT_EQ(made->draft.prescription.zone.offset_minutes, 60);
  EXPECT_FALSE(hours.constants.per_cm.verified);
  bool told = false;
  for (const std::string& note : made->draft.notes)
    told = told || note.find("could be verified") != std::string::npos;
  EXPECT_TRUE(told) << "a constant that nobody could verify is told";
}

RC_GTEST_PROP(Implanting, INV_4_the_sharp_front_of_the_pump_lies_between_the_first_drug_and_the_whole_fluid,
              ()) {
  Implanting one = some();
  one.catheter = Length{*rc::gen::inRange<std::int64_t>(300'000, kLongestCatheter.raw() + 1)};
  one.cut_off = Length{*rc::gen::inRange<std::int64_t>(0, one.catheter.raw() - 200'000)};
  one.prime = *rc::gen::arbitrary<bool>();
  one.basal.dose = DoseRate{*rc::gen::inRange<std::int64_t>(1'000, 6'000) * 1'000'000'000};
  const auto made = first_therapy(one, on_the_shelf(), library());
  if (!made) RC_FAIL(made.error().front().message);
  const FirstHours& hours = made->hours;
  RC_ASSERT(hours.lies == one.catheter - one.cut_off);
  RC_ASSERT(hours.given <= hours.path.total());
  RC_ASSERT((hours.given.raw() == 0) == !one.prime);
  RC_ASSERT(hours.in_motion == mass_in(hours.given, one.fluid.concentration));
  RC_ASSERT(hours.first_drug <= hours.whole);
  RC_ASSERT(hours.spread <= hours.path.catheter);
  const auto sharp = [&] {
    double ms = static_cast<double>(hours.prime_lasts.raw());
    const Volume left = hours.path.total() - hours.given;
    return ms + static_cast<double>(left.raw()) /
                    static_cast<double>(made->draft.prescription.basal.rate.raw()) * 86'400'000;
  }();
  RC_ASSERT(static_cast<double>(hours.first_drug.raw()) <= sharp + 1);
  RC_ASSERT(static_cast<double>(hours.whole.raw()) >= sharp - 1'000);
}

TEST(Implanting, a_length_that_cannot_lie_in_a_patient_is_refused_with_its_field) {
  const auto lying = [](Length catheter, Length cut_off) {
    Implanting one = some();
    one.catheter = catheter;
    one.cut_off = cut_off;
    return said(one);
  };
  for (const Length wrong : {Length{}, Length{-1}, centimetres(890)})  // a nought too many
    EXPECT_NE(lying(wrong, Length{}).find("implant.catheter: "), std::string::npos) << wrong.raw();
  for (const Length wrong : {centimetres(89), centimetres(90), Length{-1}})
    EXPECT_NE(lying(centimetres(89), wrong).find("implant.cut_off: "), std::string::npos) << wrong.raw();
  EXPECT_EQ(lying(kLongestCatheter, Length{}), "");
  // And one that could is told with what it would mean.
  const auto made = first_therapy(some(), on_the_shelf(), library());
  ASSERT_TRUE(made);
  EXPECT_NE(made->draft.notes.back().find("220 mcg"), std::string::npos) << made->draft.notes.back();
}

TEST(Implanting, what_was_filled_in_is_what_the_pump_can_hold_and_more_than_the_prime) {
  Implanting one = some();
  for (const Volume wrong : {Volume{}, nanolitres(375'000), millilitres(41)}) {
    one.filled = wrong;
    EXPECT_NE(said(one).find("implant.filled: "), std::string::npos) << to_text(wrong) << said(one);
  }
}

TEST(Implanting, INV_11_a_pump_that_had_an_order_is_not_begun_anew) {
  Running running = on_the_shelf();
  running.status.state = DeviceState::kDelivering;
  EXPECT_NE(said(some(), running).find("changed, and not begun"), std::string::npos);
  running = on_the_shelf();
  running.order.emplace();
  EXPECT_NE(said(some(), running).find("changed, and not begun"), std::string::npos);
}

TEST(Implanting, a_dose_above_a_hard_limit_is_refused) {
  Implanting one = some();
  one.basal.dose = parse_dose_rate("400 mg/day").value();
  EXPECT_NE(said(one), "");
}

}  // namespace
}  // namespace theca
