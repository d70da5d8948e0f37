// A refill step by step: whatever is done in whatever order, and the slips that have hurt people.
#include "clinic/refilling.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "clinic/bedside.hpp"

namespace theca {
namespace {

using namespace std::chrono_literals;
using enum RefillStage;

constexpr std::int64_t kNurse = 11, kColleague = 12;
constexpr std::int64_t kTenOClock = 1'790'000'000'000;  // a day in September 2026
constexpr std::chrono::year_month_day kGood{2027y / 5 / 31};

const Library& library() {
  static const Library kLibrary = *load_library(THECA_DATA_DIR);
  return kLibrary;
}
Component morphine(Concentration c) { return {library().find_drug("morphine")->code, DrugClass::kOpioid, c}; }

RefillAim aim() {
  RefillAim aim;
  aim.fluid.number = 3;
  aim.fluid.count = 1;
  aim.fluid.components[0] = morphine(milligrams_per_millilitre(20));
  aim.capacity = millilitres(40);
  aim.counted = microlitres(8'000);
  aim.accuracy_ppm = 145'000;
  aim.last_fill = millilitres(40);
  aim.fill_age = days(60);
  return aim;
}
LabelRead label(Concentration c = milligrams_per_millilitre(20)) {
  return {{{library().find_drug("morphine")->code, c}}, "L-4711", kGood};
}

SyringeConfirmed seen(Concentration c = milligrams_per_millilitre(20)) { return {label(c).drugs}; }

struct Visit {
  RefillAim from = aim();
  RefillState state;
  std::int64_t at_ms = kTenOClock;

  std::expected<void, StepRefused> step(const RefillStep& step, std::int64_t by = kNurse) {
    at_ms += minutes(1).raw();
    const auto next = after(state, {step, by, at_ms}, from, library());
    if (!next) return std::unexpected(next.error());
    state = *next;
    return {};
  }
  Visit& then(const RefillStep& done, std::int64_t by = kNurse) {
    const auto kept = step(done, by);
    if (!kept) throw std::runtime_error(std::string{name_of(done)} + ": " + kept.error().message);
    return *this;
  }
  /// Up to the needle in the port.
  Visit& at_the_port() { return then(label()).then(seen(), kColleague).then(PortFound{}); }
  Visit& emptied(Volume out = microlitres(8'100)) { return at_the_port().then(TakenOut{out}); }
  Visit& proven() { return emptied().then(NeedleProven{millilitres(5), millilitres(5)}); }
  Visit& stated() {
    FillStatement statement;
    static_cast<link::Bedside&>(statement) = state.bedside();
    statement.intent = 1;
    return then(FillStated{link::written(statement)});
  }
};

std::string why(const std::expected<void, StepRefused>& refused) {
  return refused ? "was taken" : refused.error().field + ": " + refused.error().message;
}
bool says(const std::expected<void, StepRefused>& refused, const std::string& words) {
  return why(refused).find(words) != std::string::npos;
}

TEST(Refilling, goes_from_the_label_to_the_patient_who_was_watched) {
  Visit visit;
  EXPECT_EQ(visit.state.stage(), kLabel);
  visit.then(label());
  EXPECT_EQ(visit.state.stage(), kConfirm);
  visit.then(seen(), kColleague);
  EXPECT_EQ(visit.state.stage(), kPort);
  visit.then(PortFound{});
  EXPECT_EQ(visit.state.stage(), kEmpty);
  visit.then(TakenOut{microlitres(8'100)});
  EXPECT_EQ(visit.state.stage(), kProve) << "8.1 mL where 8 are counted fit";
  visit.then(NeedleProven{millilitres(5), microlitres(4'900)});
  EXPECT_EQ(visit.state.stage(), kFill);
  visit.then(PortionIn{millilitres(20)}).then(PortionIn{millilitres(18)});
  EXPECT_EQ(visit.state.room(visit.from), millilitres(2));
  visit.then(AllIn{});
  EXPECT_EQ(visit.state.stage(), kTell);
  EXPECT_FALSE(visit.step(PumpTold{})) << "told without a statement";
  visit.stated().then(PumpTold{});
  EXPECT_EQ(visit.state.stage(), kWatch);
  const link::Bedside told = visit.state.bedside();
  EXPECT_EQ(told.filled, millilitres(38));
  EXPECT_TRUE(told.aspirated_told);
  EXPECT_EQ(told.aspirated, microlitres(8'100));
  EXPECT_TRUE(says(visit.step(PatientWatched{}), "not over yet"));
  visit.at_ms += kWatched.raw();
  visit.then(PatientWatched{});
  EXPECT_EQ(visit.state.stage(), kOver);
}

TEST(Refilling, SLIP_34_another_drug_is_stopped_at_its_label) {
  Visit visit;
  LabelRead wrong = label();
  wrong.drugs[0].drug = library().find_drug("hydromorphone")->code;
  const auto refused = visit.step(wrong);
  EXPECT_TRUE(says(
      refused, "drugs[0].drug: The syringe holds hydromorphone, and the program is for morphine 20 mg/mL"))
      << why(refused);
  LabelRead both = label();
  both.drugs.push_back(both.drugs[0]);
  EXPECT_TRUE(says(visit.step(both), "names 2 drugs")) << "a mixture for one drug";
  EXPECT_EQ(visit.state.stage(), kLabel);
}

TEST(Refilling, SLIP_35_another_concentration_is_stopped_and_told_how_many_times_the_dose_it_would_be) {
  Visit visit;
  EXPECT_TRUE(says(visit.step(label(milligrams_per_millilitre(10))), "every dose would be 0.5 times"));
  EXPECT_TRUE(says(visit.step(label(milligrams_per_millilitre(40))), "every dose would be 2 times"));
  EXPECT_EQ(visit.state.stage(), kLabel);
}

TEST(Refilling, SLIP_43_a_drug_over_its_date_is_not_filled_in) {
  Visit visit;
  LabelRead old = label();
  const std::chrono::sys_days today{std::chrono::floor<std::chrono::days>(
      std::chrono::sys_time<std::chrono::milliseconds>{std::chrono::milliseconds{kTenOClock}})};
  old.expires = today - std::chrono::days{1};
  EXPECT_TRUE(says(visit.step(old), "expires: "));
  old.expires = today;
  EXPECT_TRUE(visit.step(old)) << "its last day is a day of it";
  old.expires = {};
  EXPECT_FALSE(visit.step(old)) << "no date";
}

TEST(Refilling, the_second_person_is_another_and_comes_before_the_needle) {
  Visit visit;
  visit.then(label());
  EXPECT_FALSE(visit.step(PortFound{}));
  EXPECT_TRUE(says(visit.step(seen()), "cannot confirm it as the second"));
  EXPECT_TRUE(says(visit.step(seen(milligrams_per_millilitre(10)), kColleague), "0.5 times"))
      << "the second person has read something else";
  EXPECT_FALSE(visit.step(SyringeConfirmed{}, kColleague)) << "nothing was read";
  visit.then(seen(), kColleague).then(PortFound{});
  // Another syringe: the colleague looks at that one as well, and the needle is placed anew.
  visit.then(label());
  EXPECT_EQ(visit.state.stage(), kConfirm);
  EXPECT_FALSE(visit.step(TakenOut{millilitres(8)}));
  visit.then(seen(), kColleague);
  EXPECT_EQ(visit.state.stage(), kPort);
}

TEST(Refilling, a_syringe_that_was_confirmed_hours_ago_is_read_again) {
  Visit visit;
  visit.then(label()).then(seen(), kColleague);
  visit.at_ms += kSyringeLasts.raw();
  EXPECT_TRUE(says(visit.step(PortFound{}), "more than 4 h ago"));
  visit.then(label()).then(seen(), kColleague).then(PortFound{});
}

TEST(Refilling, SLIP_40_what_came_out_is_judged_and_somebody_has_to_look) {
  Visit visit;
  // 17 mL counted, 8 found, four days after the fill: the case of S50.
  visit.from.counted = millilitres(17);
  visit.from.last_fill = millilitres(18);
  visit.from.fill_age = days(4);
  visit.emptied(millilitres(8));
  EXPECT_EQ(visit.state.stage(), kLook);
  ASSERT_FALSE(visit.state.causes.empty());
  EXPECT_EQ(visit.state.causes.front(), ResidualCause::kDiversion);
  EXPECT_FALSE(visit.step(NeedleProven{millilitres(5), millilitres(5)}));
  EXPECT_FALSE(visit.step(label())) << "another syringe is no way past it";
  EXPECT_TRUE(says(visit.step(LookedAt{""}), "nothing is written"));
  EXPECT_TRUE(says(visit.step(LookedAt{"   "}), "nothing is written"));
  // Drawn once more: there was more in it.
  visit.then(TakenOut{microlitres(16'900)});
  EXPECT_EQ(visit.state.stage(), kProve);
  Visit other;
  other.emptied(millilitres(14)).then(LookedAt{"Motor stalled in a scan last week; radiology confirms."});
  EXPECT_EQ(other.state.stage(), kProve);
  EXPECT_EQ(other.state.causes.front(), ResidualCause::kStall);
}

TEST(Refilling, without_a_known_fill_the_millilitres_alone_speak) {
  Visit visit;
  visit.from.last_fill.reset();
  visit.from.fill_age.reset();
  visit.emptied(millilitres(10));
  EXPECT_EQ(visit.state.stage(), kProve) << "2 mL are not more than 2 mL";
  EXPECT_FALSE(visit.state.residual);
  Visit other;
  other.from = visit.from;
  other.emptied(microlitres(5'999));
  EXPECT_EQ(other.state.stage(), kLook);
  EXPECT_EQ(other.state.causes.front(), ResidualCause::kOverInfusion);
}

TEST(Refilling, soon_after_a_fill_the_error_of_the_syringe_is_no_finding) {
  Visit visit;
  visit.from.counted = microlitres(4'900);
  visit.from.last_fill = millilitres(5);
  visit.from.fill_age = hours(8);
  visit.emptied(microlitres(4'500));  // five times what was programmed, and 0.4 mL
  EXPECT_EQ(visit.state.stage(), kProve);
  EXPECT_GT(visit.state.residual->ratio_ppm, 4'000'000);
  Visit other;
  other.from = visit.from;
  other.emptied(microlitres(4'300));
  EXPECT_EQ(other.state.stage(), kLook);
}

TEST(Refilling, a_pump_that_is_found_empty_is_not_filled_at_the_old_dose) {
  Visit visit;
  visit.emptied(microlitres(500));
  EXPECT_EQ(visit.state.stage(), kLook) << "the needle may not have been in it";
  EXPECT_FALSE(visit.step(NeedleProven{millilitres(5), millilitres(5)}));
  Visit again = visit;
  again.then(TakenOut{millilitres(8)});
  EXPECT_EQ(again.state.stage(), kProve) << "placed anew, and drawn";
  visit.then(LookedAt{"Placed anew twice; nothing comes."});
  EXPECT_EQ(visit.state.stage(), kTell);
  ASSERT_TRUE(visit.state.broken_off);
  EXPECT_NE(visit.state.broken_off->find("physician"), std::string::npos);
  EXPECT_FALSE(visit.step(PortionIn{millilitres(20)}));
  EXPECT_EQ(visit.state.bedside().filled, Volume{});
  EXPECT_FALSE(visit.state.bedside().aspirated_told) << "the implant would refuse to hear of it";
  visit.stated().then(PumpTold{});
  EXPECT_EQ(visit.state.stage(), kOver) << "there is nothing to watch for";
  // Whoever ordered another fluid did not know of it either.
  Visit ordered;
  ordered.from.ordered = ordered.state.ordered = true;
  ordered.emptied(microlitres(100)).then(LookedAt{"Nothing comes."});
  EXPECT_EQ(ordered.state.stage(), kTell);
  EXPECT_TRUE(ordered.state.broken_off);
}

TEST(Refilling, SLIP_36_what_does_not_come_back_stops_the_filling) {
  Visit visit;
  visit.emptied().then(NeedleProven{millilitres(5), millilitres(2)});
  EXPECT_EQ(visit.state.astray, millilitres(3));
  EXPECT_EQ(visit.state.stage(), kPort) << "the needle is placed anew";
  EXPECT_FALSE(visit.step(PortionIn{millilitres(1)}));
  visit.then(PortFound{}).then(NeedleProven{millilitres(5), microlitres(4'500)});
  EXPECT_EQ(visit.state.room(visit.from), millilitres(37)) << "what is astray may be in the pump";
  EXPECT_FALSE(visit.step(PortionIn{microlitres(37'001)}));
  visit.then(PortionIn{millilitres(37)});
  EXPECT_EQ(visit.state.bedside().filled, millilitres(37)) << "the pump counts what is in it for certain";
}

TEST(Refilling, SLIP_37_more_than_went_in_is_no_drug_of_the_pump) {
  Visit visit;
  visit.emptied();
  EXPECT_TRUE(says(visit.step(NeedleProven{millilitres(5), microlitres(5'600)}), "back: "));
  EXPECT_TRUE(says(visit.step(NeedleProven{millilitres(1), millilitres(1)}), "in: "));
  EXPECT_TRUE(says(visit.step(NeedleProven{millilitres(20), millilitres(20)}), "in: "));
}

TEST(Refilling, SLIP_42_never_more_than_the_pump_holds) {
  Visit visit;
  visit.proven().then(PortionIn{millilitres(20)}).then(PortionIn{millilitres(18)});
  const auto refused = visit.step(PortionIn{millilitres(4)});
  EXPECT_TRUE(says(refused, "4 mL more do not go in: the pump holds 40 mL, and 38 mL are in it"))
      << why(refused);
  EXPECT_EQ(refused.error().to_do, "Fill in 2 mL at the most.");
  visit.then(PortionIn{millilitres(2)});
  EXPECT_FALSE(visit.step(PortionIn{microlitres(100)}));
}

TEST(Refilling, SLIP_41_broken_off_it_says_what_the_pump_has_to_hear) {
  {
    Visit before;
    before.then(label()).then(BrokenOff{"The patient does not want it today."});
    EXPECT_EQ(before.state.stage(), kOver) << "nothing was done to the pump";
  }
  {
    Visit placed;
    placed.at_the_port();
    EXPECT_TRUE(says(placed.step(BrokenOff{"The needle hurts."}), "nobody says whether anything was drawn"));
    Visit drawn = placed;
    placed.then(BrokenOff{"The needle hurts.", std::nullopt, true});
    EXPECT_EQ(placed.state.stage(), kOver);
    drawn.then(BrokenOff{"The patient jumped; half of it is in the syringe.", millilitres(4)});
    EXPECT_EQ(drawn.state.stage(), kTell) << "what was drawn and not written is told as well";
    EXPECT_EQ(drawn.state.bedside().left_in, millilitres(4));
  }
  {
    Visit half;
    half.proven().then(PortionIn{millilitres(5)});
    EXPECT_TRUE(says(half.step(BrokenOff{"The patient has fainted."}), "still in the pump"));
    EXPECT_TRUE(says(half.step(BrokenOff{"Fainted.", std::nullopt, true}), "was drawn or put in"));
    EXPECT_FALSE(half.step(BrokenOff{"Fainted.", microlitres(35'001)})) << "more than fits beside it";
    half.then(BrokenOff{"The patient has fainted.", Volume{}});
    EXPECT_EQ(half.state.stage(), kTell);
    EXPECT_EQ(half.state.bedside().filled, millilitres(5));
    EXPECT_FALSE(half.step(PortionIn{millilitres(1)}));
    half.stated().then(PumpTold{});
    EXPECT_EQ(half.state.stage(), kWatch);
  }
  {
    // What could not be drawn is in the pump still: it is not told that it is empty.
    Visit part;
    part.emptied(millilitres(3)).then(BrokenOff{"No more can be drawn.", millilitres(5)});
    EXPECT_EQ(part.state.bedside().left_in, millilitres(5));
    EXPECT_EQ(part.state.bedside().filled, Volume{});
  }
  Visit silent;
  silent.proven();
  EXPECT_FALSE(silent.step(BrokenOff{" ", Volume{}})) << "without a reason";
  EXPECT_TRUE(says(silent.step(BrokenOff{std::string(kLongestNote + 1, 'x'), Volume{}}),
                   "500 characters at the most"));
  std::string umlauts;
  for (std::size_t i = 0; i < kLongestNote; ++i) umlauts += "\u00e4";
  EXPECT_TRUE(silent.step(BrokenOff{umlauts, Volume{}})) << "characters, and not bytes";
}

TEST(Refilling, told_late_it_is_told_what_is_left_by_then) {
  Visit visit;
  visit.proven()
      .then(PortionIn{millilitres(18)})
      .then(BrokenOff{"Telling it was forgotten.", millilitres(2)});
  const link::Bedside late = visit.state.bedside_after(millilitres(8));
  EXPECT_EQ(late.left_in, Volume{}) << "what was in it first has left first";
  EXPECT_EQ(late.filled, millilitres(12));
  EXPECT_FALSE(late.aspirated_told) << "what came out a week ago says nothing about what is counted now";
  EXPECT_EQ(visit.state.bedside_after(millilitres(30)).filled, Volume{});
  FillStatement statement;
  static_cast<link::Bedside&>(statement) = late;
  statement.intent = 1;
  EXPECT_FALSE(visit.step(FillStated{link::written(statement), 1})) << "it was filled minutes ago";
  visit.at_ms += days(8).raw();
  statement.filled = millilitres(19);
  EXPECT_FALSE(visit.step(FillStated{link::written(statement), 1})) << "more than went in";
  statement.filled = millilitres(12);
  visit.then(FillStated{link::written(statement), 1});
}

TEST(Refilling, a_further_syringe_that_nothing_is_filled_from_is_no_dead_end) {
  Visit visit;
  visit.proven().then(PortionIn{millilitres(38)}).then(label());
  EXPECT_EQ(visit.state.stage(), kConfirm);
  Visit ended = visit;
  ended.then(AllIn{});
  EXPECT_EQ(ended.state.stage(), kTell);
  visit.then(seen(), kColleague).then(PortFound{});
  EXPECT_TRUE(says(visit.step(NeedleProven{millilitres(5), millilitres(5)}), "in: 5 mL more do not go in"))
      << "a proof would overfill it";
  visit.then(AllIn{});
}

TEST(Refilling, what_is_sensed_is_held_against_what_went_in) {
  Visit visit;
  visit.proven().then(PortionIn{millilitres(38)}).then(AllIn{}).stated().then(PumpTold{});
  visit.then(VolumeSensed{millilitres(37)});
  EXPECT_FALSE(visit.state.fill_check(visit.from)->possible_pocket_fill()) << "2 mL in a pump of 40";
  visit.then(VolumeSensed{microlitres(35'900)});
  ASSERT_TRUE(visit.state.fill_check(visit.from)->possible_pocket_fill());
  visit.at_ms += kWatched.raw();
  EXPECT_TRUE(says(visit.step(PatientWatched{}), "senses less")) << "nobody has looked";
  visit.then(
      PatientWatched{true, "Swelling over the pump; 2 mL drawn from the pocket; naloxone at the bed."});
}

TEST(Refilling, a_statement_says_what_was_done_and_nothing_else) {
  Visit visit;
  visit.proven().then(PortionIn{millilitres(20)}).then(AllIn{});
  FillStatement other;
  static_cast<link::Bedside&>(other) = visit.state.bedside();
  other.intent = 1;
  other.filled = millilitres(40);  // SLIP-33: 20 mL filled, 40 mL told
  EXPECT_FALSE(visit.step(FillStated{link::written(other)}));
  EXPECT_FALSE(visit.step(FillStated{}));
}

// ---- whatever is done -----------------------------------------------------------------------------------

RefillStep any_step() {
  const auto volume = [] { return Volume{*rc::gen::inRange<std::int64_t>(-1'000'000, 45'000'000)}; };
  switch (*rc::gen::inRange(0, 13)) {
    case 0:
      return label(*rc::gen::inRange(0, 5) == 0 ? milligrams_per_millilitre(10)
                                                : milligrams_per_millilitre(20));
    case 1:
      return seen();
    case 2:
      return PortFound{};
    case 3:
      return TakenOut{volume()};
    case 4:
      return LookedAt{"Looked at."};
    case 5:
      return NeedleProven{Volume{*rc::gen::inRange<std::int64_t>(3'500'000, 6'500'000)}, volume()};
    case 6:
      return PortionIn{volume()};
    case 7:
      return AllIn{};
    case 8:
      return PumpTold{};
    case 9:
      return VolumeSensed{volume()};
    case 10:
      return PatientWatched{*rc::gen::arbitrary<bool>(), "Seen."};
    case 11:
      return NeedleProven{millilitres(5), millilitres(5)};
    default:
      return BrokenOff{"Enough.", *rc::gen::arbitrary<bool>() ? std::optional{Volume{}} : std::nullopt};
  }
}

/// A step that fits where it stands, or nearly.
RefillStep likely_step(const Visit& visit) {
  const auto up_to = [](Volume most) { return Volume{*rc::gen::inRange<std::int64_t>(0, most.raw() + 1)}; };
  switch (visit.state.stage()) {
    case kLabel:
      return label();
    case kConfirm:
      return seen();
    case kPort:
      return PortFound{};
    case kEmpty:
      return TakenOut{up_to(millilitres(20))};
    case kLook:
      return LookedAt{"Looked at."};
    case kProve:
      return NeedleProven{millilitres(5),
                          Volume{millilitres(5).raw() - *rc::gen::inRange<std::int64_t>(0, 1'000'000)}};
    case kFill:
      if (visit.state.in.raw() > 0 && *rc::gen::inRange(0, 3) == 0) return AllIn{};
      return PortionIn{up_to(visit.state.room(visit.from) + millilitres(2))};
    case kTell:
      if (visit.state.stated) return PumpTold{};
      break;
    case kWatch:
      return PatientWatched{false, "Seen."};
    case kOver:
      return PortionIn{millilitres(1)};
  }
  FillStatement statement;
  static_cast<link::Bedside&>(statement) = visit.state.bedside();
  statement.intent = 1;
  return FillStated{link::written(statement)};
}

RC_GTEST_PROP(Refilling, INV_15_whatever_is_done_the_pump_is_never_overfilled_and_never_filled_unseen, ()) {
  Visit visit;
  visit.from.counted = Volume{*rc::gen::inRange<std::int64_t>(0, 20'000'000)};
  int refused = 0, taken = 0;
  Volume in;
  for (int i = 0; i < 60; ++i) {
    const RefillStep step = *rc::gen::inRange(0, 6) == 0 ? any_step() : likely_step(visit);
    const std::int64_t by = *rc::gen::element(kNurse, kColleague);
    const RefillState before = visit.state;
    const bool kept = visit.step(step, by).has_value();
    kept ? ++taken : ++refused;
    const RefillState& now = visit.state;
    if (!kept) RC_ASSERT(now.stage() == before.stage());
    if (kept && std::holds_alternative<PortionIn>(step)) {
      in = in + std::get<PortionIn>(step).volume;
      // Nothing is filled in but through a proven needle, from a syringe that two people have seen.
      RC_ASSERT(before.port && before.proven && before.out.has_value());
      RC_ASSERT(before.confirmed_by != 0 && before.confirmed_by != before.label_by);
      RC_ASSERT(!before.found_empty());
      RC_ASSERT((before.causes.empty() || before.looked));
    }
    RC_ASSERT(now.in == in);
    RC_ASSERT(now.in + now.astray <= visit.from.capacity);
    RC_ASSERT(now.bedside().filled == in);
    // Whoever comes next finds a refill that can be ended: it is over, or it can be broken off, told or
    // watched.
    if (now.stage() != kOver) {
      Visit next = visit;
      const bool placed = next.state.port || next.state.out || next.state.astray.raw() > 0;
      if (next.state.stage() < kTell)
        next.then(BrokenOff{"The next visit ends it.", placed ? std::optional{Volume{}} : std::nullopt});
      if (next.state.stage() == kTell) next.stated().then(PumpTold{});
      if (next.state.stage() == kWatch) next.then(PatientWatched{false, "Ended by the next visit."});
      RC_ASSERT(next.state.stage() == kOver);
      // An open refill whose pump was touched is told to the pump before it is over.
      RC_ASSERT((!next.state.out.has_value() || next.state.told));
    }
  }
  RC_CLASSIFY(in.raw() > 0, "filled");
  RC_CLASSIFY(taken > refused, "mostly taken");
}

RC_GTEST_PROP(Refilling, INV_16_a_kept_step_is_read_back_as_it_was, ()) {
  const RefillStep step = any_step();
  const auto again = parse_refill_step(text_of(step));
  RC_ASSERT(again.has_value());
  RC_ASSERT(text_of(*again) == text_of(step));
  RC_ASSERT(again->index() == step.index());
}

TEST(Refilling, a_spoilt_step_is_no_step) {
  for (const char* text :
       {"", "{}", R"({"is":"portion"})", R"({"is":"portion","volume_nl":"1"})", R"({"is":"x"})",
        R"({"is":"stated","statement":"AA"})", R"({"is":"label","drugs":3})"})
    EXPECT_FALSE(parse_refill_step(text)) << text;
}

TEST(Refilling, the_next_refill_is_reckoned_with_every_bolus_and_what_keeps_the_drug) {
  const PumpModel model = *pump_model(*library().find_pump("roller-40"));
  Prescription runs;
  runs.number = 2;
  runs.formulation = aim().fluid;
  runs.basal.mode = BasalMode::kSimpleContinuous;
  runs.basal.rate = microlitres_per_day(300);  // 6 mg/day
  runs.patient.dose = {microlitres(25), model.max_flow};
  runs.patient.allotted = 4;
  runs.patient.window_s = 86'400;
  const auto next = next_refill(runs, model, millilitres(40), millilitres(2), library());
  ASSERT_TRUE(next);
  // 38 mL / (0.3 + 4 x 0.025 = 0.4 mL/day) = 95 days; / 1.145 = 82.9; basal alone 126
  // (docs/arithmetic.md#refill).
  EXPECT_EQ(whole_days(next->every_bolus), 95);
  EXPECT_EQ(whole_days(next->basal_only), 126);
  EXPECT_EQ(whole_days(next->upper_accuracy), 82);
  EXPECT_FALSE(next_refill(runs, model, millilitres(1), millilitres(2), library())) << "less than the alarm";
  // Boluses by the clock are given on every day.
  runs.schedule.kind = ScheduleKind::kInterval;
  runs.schedule.interval_s = 6 * 3'600;
  runs.schedule.dose = {microlitres(25), model.max_flow};
  EXPECT_EQ(whole_days(next_refill(runs, model, millilitres(40), millilitres(2), library())->basal_only), 95);
}

}  // namespace
}  // namespace theca
