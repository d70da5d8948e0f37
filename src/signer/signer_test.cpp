// RT-30: who holds the server, its database and its line to the signer gets no signature on an order that
// clinicians have not asserted themselves, nor on one that takes two of them and has one.
#include <gtest/gtest.h>
// before rapidcheck
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "implant/acceptance.hpp"
#include "signer/books.hpp"
#include "signer/rules.hpp"
#include "signer/signer_testing.hpp"

namespace theca::signer::example {
namespace {

using enum SigningRefusal;

struct Rt30 : testing::Test {
  std::optional<Desk> own{std::in_place};
  Desk& desk = *own;

  void refused(const SigningAnswer& answer, SigningRefusal why, const char* what,
               const char* in_message = "") {
    ASSERT_FALSE(answer) << what << ": signed";
    EXPECT_EQ(row_of(answer.error().why).name, std::string{row_of(why).name})
        << what << ": " << answer.error().message;
    EXPECT_NE(answer.error().message.find(in_message), std::string::npos) << answer.error().message;
  }
  void signed_by(const SigningAnswer& answer, const link::Order& order,
                 const std::vector<std::uint32_t>& serials) {
    ASSERT_TRUE(answer) << answer.error().message;
    ASSERT_EQ(answer->signatures.size(), serials.size());
    const link::Hash digest = link::digest_of<Sodium>(link::written(order));
    for (std::size_t i = 0; i < serials.size(); ++i)
      EXPECT_EQ(signer_of(answer->signatures[i], desk.signer->clinic_key(), desk, digest), serials[i]);
  }
  /// A second order behind the one that runs.
  template <class F>
  link::Order next(const link::Order& running, std::int64_t ul_per_day, F&& change) {
    link::Order made = desk.order(Desk::therapy(running.number + 1, ul_per_day), running);
    change(made);
    return made;
  }
  link::Order next(const link::Order& running, std::int64_t ul_per_day = 300) {
    return next(running, ul_per_day, [](link::Order&) {});
  }
};

TEST_F(Rt30, RT_30_an_order_that_a_physician_asserts_is_signed) {
  const link::Order first = desk.running();
  const link::Order second = next(first);
  signed_by(desk.sign(second, first, {&desk.doctor}), second, {kDoctor});
  desk.now += 86'400;
  const link::Order third = next(second);
  const auto both = desk.sign(third, second, {&desk.second, &desk.doctors_other});
  signed_by(both, third, {kSecond, kDoctor});
  EXPECT_NE(both->signatures[0].key, both->signatures[1].key);
}

TEST_F(Rt30, RT_30_an_order_changed_after_its_assertion_is_not_signed) {
  const link::Order good = desk.order(Desk::therapy(1, 300));
  SigningRequest request = Desk::request(link::written(good), std::nullopt, {&desk.doctor});
  request.order = link::written(desk.order(Desk::therapy(1, 301)));
  refused(desk.signer->sign(request, desk.now), kAssertion, "another dose", "challenge");
  request.order = link::written(good);
  signed_by(desk.signer->sign(request, desk.now), good, {kDoctor});
}

TEST_F(Rt30, RT_30_no_assertion_counts_twice) {
  const link::Order order = desk.order(Desk::therapy(1));
  const SigningRequest request = Desk::request(link::written(order), std::nullopt, {&desk.doctor});
  const auto once = desk.signer->sign(request, desk.now);
  signed_by(once, order, {kDoctor});
  refused(desk.signer->sign(request, desk.now), kAssertion, "again", "must be above");
  desk.start();
  refused(desk.signer->sign(request, desk.now), kAssertion, "again after a start", "must be above");
  // Asserted afresh, the same order gets the same signature.
  const auto again = desk.sign(order, std::nullopt, {&desk.doctor});
  signed_by(again, order, {kDoctor});
  EXPECT_EQ(again->signatures[0].signature, once->signatures[0].signature);
  EXPECT_EQ(again->signatures[0].key, once->signatures[0].key);
}

TEST_F(Rt30, RT_30_an_authenticator_that_does_not_count_asserts_an_order_once) {
  const link::Order order = desk.order(Desk::therapy(1));
  signed_by(desk.sign(order, std::nullopt, {&desk.uncounted}), order, {kSecond});
  desk.start();
  refused(desk.sign(order, std::nullopt, {&desk.uncounted}), kAssertion, "again", "does not count");
  signed_by(desk.sign(order, std::nullopt, {&desk.second}), order, {kSecond});
  const link::Order other = desk.order(Desk::therapy(2));
  signed_by(desk.sign(other, std::nullopt, {&desk.uncounted}), other, {kSecond});
}

TEST_F(Rt30, RT_30_a_refused_order_does_not_use_up_its_assertion) {
  const link::Order first = desk.running();
  const link::Order far = next(first, 400);
  SigningRequest request = Desk::request(link::written(far), first, {&desk.doctor});
  refused(desk.signer->sign(request, desk.now), kSecondClinician, "alone");
  request.assertions.push_back(Desk::asserted(desk.second, request.order));
  signed_by(desk.signer->sign(request, desk.now), far, {kDoctor, kSecond});
}

TEST_F(Rt30, RT_30_two_are_two_people) {
  const link::Order first = desk.running();
  const link::Order far = next(first, 400);
  refused(desk.sign(far, first, {&desk.doctor, &desk.doctors_other}), kOnePerson, "one with two keys",
          "Ada Okafor");
  refused(desk.sign(far, first, {&desk.doctor, &desk.doctor}), kOnePerson, "one key, used twice");
  SigningRequest same = Desk::request(link::written(far), first, {&desk.doctor});
  same.assertions.push_back(same.assertions.front());
  refused(desk.signer->sign(same, desk.now), kOnePerson, "one assertion, told twice");
  SigningRequest renamed = Desk::request(link::written(far), first, {&desk.doctor, &desk.doctor});
  renamed.assertions[1].credential = desk.second.id();
  refused(desk.signer->sign(renamed, desk.now), kAssertion, "one key under another's name", "does not hold");
  SigningRequest three = Desk::request(link::written(far), first, {&desk.doctor, &desk.second, &desk.nurse});
  refused(desk.signer->sign(three, desk.now), kRequest, "three");
  signed_by(desk.sign(far, first, {&desk.doctor, &desk.second}), far, {kDoctor, kSecond});
}

TEST_F(Rt30, RT_30_one_authenticator_is_never_two_people_s) {
  const link::Key challenge = filled(9);
  const auto twice = enrol(desk.files, 20, "Eve Moss", Role::kPhysician,
                           desk.doctor.registration(kSite, challenge), challenge);
  ASSERT_FALSE(twice);
  EXPECT_NE(twice.error().find("stands in the list already"), std::string::npos) << twice.error();
  // Nor where somebody has written it into the file: by its id or, under another id, by its key.
  const std::string good = desk.files.files["people.json"];
  auto json = nlohmann::json::parse(good);
  json["people"][1]["passkeys"][0] = json["people"][0]["passkeys"][0];
  desk.files.files["people.json"] = json.dump();
  const link::Order order = desk.order(Desk::therapy(1));
  refused(desk.sign(order, std::nullopt, {&desk.doctor}), kBooks, "by id", "an own authenticator");
  json["people"][1]["passkeys"][0]["id"] = "AAAA";
  desk.files.files["people.json"] = json.dump();
  refused(desk.sign(order, std::nullopt, {&desk.doctor}), kBooks, "by key", "an own authenticator");
  desk.files.files["people.json"] = good;
  signed_by(desk.sign(order, std::nullopt, {&desk.doctor}), order, {kDoctor});
}

TEST_F(Rt30, RT_30_physicians_of_the_list_sign_and_nobody_else) {
  const link::Order order = desk.order(Desk::therapy(1));
  refused(desk.sign(order, std::nullopt, {&desk.stranger}), kAssertion, "a stranger", "nobody is enrolled");
  refused(desk.sign(order, std::nullopt, {&desk.nurse}), kRole, "a nurse", "physician");
  refused(desk.sign(order, std::nullopt, {&desk.doctor, &desk.nurse}), kRole, "a nurse as the second");
  auto json = nlohmann::json::parse(desk.files.files["people.json"]);
  json["people"].erase(0);
  desk.files.files["people.json"] = json.dump();
  refused(desk.sign(order, std::nullopt, {&desk.doctor}), kAssertion, "who was taken off the list");
}

TEST_F(Rt30, RT_30_an_assertion_made_elsewhere_is_none) {
  const link::Order order = desk.order(Desk::therapy(1));
  const auto digest = link::digest_of<Sodium>(link::written(order));
  SigningRequest request = Desk::request(link::written(order), std::nullopt, {&desk.doctor});
  request.assertions[0] = desk.doctor.assertion({"clinic.example", "https://evil.example"}, digest);
  refused(desk.signer->sign(request, desk.now), kAssertion, "another page", "only https://clinic.example");
  SoftwareKey::Said said = desk.doctor.said("webauthn.get", kSite, digest);
  said.counter = 100;
  said.flags = kUserPresent;
  request.assertions[0] = desk.doctor.assertion(said);
  refused(desk.signer->sign(request, desk.now), kAssertion, "whoever it was", "PIN or finger");
}

TEST_F(Rt30, RT_30_the_parent_is_the_order_s_own) {
  const link::Order first = desk.running();
  const link::Order order = next(first);
  link::Order gentler = first;
  gentler.prescription = encode(Desk::therapy(1, 3'000));  // behind which a large dose is no rise
  refused(desk.sign(order, gentler, {&desk.doctor}), kParent, "another parent", "the order names");
  refused(desk.sign(order, std::nullopt, {&desk.doctor}), kParent, "none");
  refused(desk.sign(desk.order(Desk::therapy(2)), first, {&desk.doctor}), kParent, "one for a first order");
  refused(desk.sign(next(first, 300, [](link::Order& o) { o.parent = {}; }), first, {&desk.doctor}), kParent,
          "none is named");
  refused(desk.sign(next(first, 300, [](link::Order& o) { o.parent = {}; }), std::nullopt, {&desk.doctor}),
          kParent, "a first order of another kind");
  link::Order elsewhere = first;
  elsewhere.implant[0] ^= 1;
  refused(desk.sign(desk.order(Desk::therapy(2), elsewhere), elsewhere, {&desk.doctor}), kParent,
          "another implant's");
  link::Order torn = first;
  torn.prescription[0] = 99;
  refused(desk.sign(desk.order(Desk::therapy(2), torn), torn, {&desk.doctor}), kParent, "no prescription");
  link::Order never = first;
  never.ceilings.day = microlitres(100);
  refused(desk.sign(desk.order(Desk::therapy(2), never), never, {&desk.doctor, &desk.second}), kParent,
          "one that no implant has taken", "never ran");
}

TEST_F(Rt30, RT_30_an_order_has_one_form) {
  const auto with = [&](auto&& change) {
    link::OrderBytes bytes = link::written(desk.order(Desk::therapy(1)));
    change(bytes);
    return desk.signer->sign(Desk::request(bytes, std::nullopt, {&desk.doctor}), desk.now);
  };
  refused(with([](link::OrderBytes& b) { b.back() = 200; }), kOrder, "a count beyond its table");
  refused(with([](link::OrderBytes& b) { b[0] = 2; }), kOrder, "another version");
  refused(with([](link::OrderBytes& b) { b[1] = 9; }), kOrder, "a kind that is none");
  refused(with([](link::OrderBytes& b) { b[link::kOrderBytes - kPrescriptionBytes - 1] = 1; }), kOrder,
          "a slot that is not used");
  link::Order other = desk.order(Desk::therapy(1));
  other.number = 2;
  refused(desk.sign(other, std::nullopt, {&desk.doctor}), kOrder, "two numbers", "number 2");
}

TEST_F(Rt30, RT_30_a_number_names_one_order) {
  const link::Order first = desk.running();
  const link::Order second = next(first, 300);
  signed_by(desk.sign(second, first, {&desk.doctor}), second, {kDoctor});
  refused(desk.sign(next(first, 301), first, {&desk.doctor}), kNumber, "another with this number", "take 3");
  desk.start();
  refused(desk.sign(next(first, 301), first, {&desk.doctor}), kNumber, "after a start", "take 3");
  const auto numbered = [&](std::uint32_t number) { return desk.order(Desk::therapy(number), first); };
  refused(desk.sign(numbered(2 + kLargestGap + 1), first, {&desk.doctor}), kNumber, "far above", "3 to 12");
  signed_by(desk.sign(numbered(2 + kLargestGap), first, {&desk.doctor}), numbered(2 + kLargestGap),
            {kDoctor});
  refused(desk.sign(numbered(1), first, {&desk.doctor}), kNumber, "the parent's own");
  Desk fresh;
  fresh.implant[0] = 77;
  const link::Order unknown = fresh.order(Desk::therapy(1));
  fresh.now += 86'400;
  refused(fresh.sign(fresh.order(Desk::therapy(2'000), unknown), unknown, {&fresh.doctor, &fresh.second}),
          kNumber, "where an implant would not follow", "1000");
}

TEST_F(Rt30, RT_30_orders_are_of_today) {
  const auto at = [&](std::int64_t ahead) {
    link::Order order = desk.order(Desk::therapy(1));
    order.issued_utc_s += ahead;
    return desk.sign(order, std::nullopt, {&desk.doctor});
  };
  refused(at(-kOldestOrderS - 1), kTime, "yesterday's", "86401 s ago");
  refused(at(kClocksDifferS + 1), kTime, "tomorrow's", "301 s ahead");
  EXPECT_TRUE(at(-kOldestOrderS));
}

TEST_F(Rt30, RT_30_a_hard_limit_is_one_for_two_clinicians_as_well) {
  const std::vector<SoftwareKey*> both{&desk.doctor, &desk.second};
  const DrugEntry* zic = library().find_drug("ziconotide");
  ASSERT_NE(zic, nullptr);
  const Formulation fluid_25 = fluid(1, {{zic->code, zic->drug_class(), micrograms_per_millilitre(25)}});
  const auto dose = [&](std::int64_t ul) {
    return desk.order(continuous(1, fluid_25, microlitres_per_day(ul)));
  };
  refused(desk.sign(dose(800), std::nullopt, both), kLimit, "20 µg/day", "19.2");
  EXPECT_TRUE(desk.sign(dose(760), std::nullopt, both));  // 19 µg/day
  const Formulation lied = fluid(1, {{kMorphine, DrugClass::kNeither, milligrams_per_millilitre(1)}});
  desk.implant[0] = 50;
  refused(desk.sign(desk.order(continuous(1, lied, microlitres_per_day(300))), std::nullopt, both), kLimit,
          "another class than the library's");
}

TEST_F(Rt30, RT_30_what_a_pump_cannot_run_is_not_signed) {
  link::Order order = desk.order(Desk::therapy(1));
  order.ceilings.day = microlitres(100);
  refused(desk.sign(order, std::nullopt, {&desk.doctor}), kRule, "a ceiling below the dose");
  order = desk.order(Desk::therapy(1));
  SigningRequest request = Desk::request(link::written(order), std::nullopt, {&desk.doctor});
  request.model = 999;
  refused(desk.signer->sign(request, desk.now), kPump, "a pump that is none", "999");
  request.model = library().find_pump("constant-flow") ? library().find_pump("constant-flow")->code : 5;
  refused(desk.signer->sign(request, desk.now), kPump, "a pump that cannot be programmed");
  const link::Order first = desk.running();
  request = Desk::request(link::written(next(first)), first, {&desk.doctor});
  request.model = kValve.code;
  refused(desk.signer->sign(request, desk.now), kPump, "another pump than before", "model 2");
}

// ---- when it takes two ----------------------------------------------------------------------------------

TEST_F(Rt30, RT_30_a_rise_beyond_20_percent_takes_a_second_clinician) {
  struct Case {
    std::int64_t ul_per_day;
    bool two;
  };
  for (const auto& [ul, two] :
       {Case{357, false}, Case{360, false}, Case{361, true}, Case{363, true}, Case{150, false}}) {
    own.emplace();
    const link::Order first = desk.running(300);
    const link::Order order = next(first, ul);
    const auto alone = desk.sign(order, first, {&desk.doctor});
    if (two) {
      refused(alone, kSecondClinician, "alone", "from 300 mcg/day");
      signed_by(desk.sign(order, first, {&desk.doctor, &desk.second}), order, {kDoctor, kSecond});
    } else {
      signed_by(alone, order, {kDoctor});
    }
  }
}

TEST_F(Rt30, RT_30_what_loosens_takes_a_second_clinician) {
  const link::Order first = desk.running(300);
  std::uint32_t number = 1;
  const auto takes_two = [&](const char* what, const char* message, auto&& change) {
    SCOPED_TRACE(what);
    Prescription p = Desk::therapy(++number);
    link::Order order = desk.order(p, first);
    change(order, p);
    order.prescription = encode(p);
    refused(desk.sign(order, first, {&desk.doctor}), kSecondClinician, what, message);
    signed_by(desk.sign(order, first, {&desk.doctor, &desk.second}), order, {kDoctor, kSecond});
  };
  using link::Order;
  takes_two("hour", "ceiling of an hour",
            [](Order& o, Prescription&) { o.ceilings.hour = microlitres(900); });
  takes_two("day", "ceiling of a day", [](Order& o, Prescription&) { o.ceilings.day = millilitres(25); });
  takes_two("month", "ceiling of 30 days",
            [](Order& o, Prescription&) { o.ceilings.thirty_days = millilitres(700); });
  takes_two("low alarm", "low-reservoir alarm",
            [](Order& o, Prescription&) { o.low_alarm = millilitres(1); });
  takes_two("rise", "largest rise", [](Order& o, Prescription&) { o.largest_rise_ppm = 300'000; });
  takes_two("concentration", "another", [](Order& o, Prescription& p) {
    o.kind = link::OrderKind::kRefill;
    p = continuous(p.number, morphine(2, 2), microlitres_per_day(150));  // the same dose
  });
  takes_two("drug", "baclofen", [](Order& o, Prescription& p) {
    o.kind = link::OrderKind::kRefill;
    const DrugEntry& drug = *library().find_drug("baclofen");
    p = continuous(p.number, fluid(2, {{drug.code, drug.drug_class(), micrograms_per_millilitre(500)}}),
                   microlitres_per_day(150));
  });
  takes_two("boluses of the patient", "most in a day",
            [](Order&, Prescription& p) { p.patient = quarter_millilitre_a_day(); });
  takes_two("a single bolus", "most in a day",
            [](Order&, Prescription& p) { p.single = over(microlitres(100), minutes(30)); });
  takes_two("basal for boluses", "basal of a day",
            [](Order&, Prescription& p) { p.basal.rate = microlitres_per_day(500); });
}

TEST_F(Rt30, RT_30_basal_may_not_hide_behind_fewer_boluses) {
  Prescription from = Desk::therapy(1, 300);
  from.patient = quarter_millilitre_a_day();  // 100 µL a day and more
  const link::Order first = desk.order(from);
  ASSERT_TRUE(desk.sign(first, std::nullopt, {&desk.doctor}));
  desk.now += 86'400;
  refused(desk.sign(next(first, 400), first, {&desk.doctor}), kSecondClinician, "400 for 300 and boluses",
          "basal of a day");
}

TEST_F(Rt30, RT_30_a_single_bolus_that_was_given_makes_no_room) {
  Prescription from = Desk::therapy(1, 300);
  from.single = over(microlitres(200), minutes(30));
  const link::Order first = desk.order(from);
  ASSERT_TRUE(desk.sign(first, std::nullopt, {&desk.doctor}));
  desk.now += 86'400;
  Prescription to = Desk::therapy(2, 300);
  to.patient = quarter_millilitre_a_day();
  refused(desk.sign(desk.order(to, first), first, {&desk.doctor}), kSecondClinician,
          "boluses for a single one", "most in a day");
}

TEST_F(Rt30, RT_30_within_a_visit_one_clinician_raises_nothing) {
  const link::Order first = desk.running(300);
  desk.now -= 86'400 - 11 * 3'600;
  refused(desk.sign(next(first, 301), first, {&desk.doctor}), kSecondClinician, "after 11 h", "within 12 h");
  const link::Order same = next(first, 300);
  signed_by(desk.sign(same, first, {&desk.doctor}), same, {kDoctor});
  desk.now += 3'600;
  const link::Order later = desk.order(Desk::therapy(3, 301), first);
  signed_by(desk.sign(later, first, {&desk.doctor}), later, {kDoctor});
}

TEST_F(Rt30, RT_30_the_order_before_may_allow_less_and_never_more) {
  for (const std::uint32_t allowed : {100'000U, 500'000U}) {
    own.emplace();
    link::Order first = desk.order(Desk::therapy(1, 300));
    first.largest_rise_ppm = allowed;
    ASSERT_TRUE(desk.sign(first, std::nullopt, {&desk.doctor}));
    desk.now += 86'400;
    const auto rise = [&](std::int64_t ul) {
      return next(first, ul, [&](link::Order& o) { o.largest_rise_ppm = allowed; });
    };
    const std::int64_t most = allowed == 100'000 ? 330 : 360;
    refused(desk.sign(rise(most + 1), first, {&desk.doctor}), kSecondClinician, "more");
    signed_by(desk.sign(rise(most), first, {&desk.doctor}), rise(most), {kDoctor});
  }
}

TEST_F(Rt30, RT_30_an_order_that_runs_and_is_not_known_takes_a_second_clinician) {
  const link::Order first = desk.order(Desk::therapy(1));
  desk.now += 86'400;
  refused(desk.sign(next(first), first, {&desk.doctor}), kSecondClinician, "alone", "not signed here");
  signed_by(desk.sign(next(first), first, {&desk.doctor, &desk.second}), next(first), {kDoctor, kSecond});
}

/// As strict as the implant at the least: what its own rule calls too far has no one signer.
RC_GTEST_FIXTURE_PROP(Rt30, RT_30_is_no_looser_than_the_implant, ()) {
  const auto any = [](std::uint32_t number) {
    Prescription p = Desk::therapy(number, *rc::gen::inRange<std::int64_t>(200, 400));
    if (*rc::gen::arbitrary<bool>()) {
      p.patient = quarter_millilitre_a_day();
      p.patient.allotted = *rc::gen::inRange<std::uint8_t>(1, 6);
    }
    if (*rc::gen::arbitrary<bool>())
      p.schedule =
          each(over(microlitres(*rc::gen::inRange<std::int64_t>(1, 20)), minutes(10)), 6 * 3'600, 3'600);
    return p;
  };
  const Prescription from = any(1), to = any(2);
  own.emplace();
  const link::Order first = desk.order(from);
  RC_ASSERT(desk.sign(first, std::nullopt, {&desk.doctor}).has_value());
  desk.now += 86'400;
  const link::Order then = desk.order(to, first);
  const auto alone = desk.sign(then, first, {&desk.doctor});
  RC_TAG(alone ? "one" : "two");
  RC_ASSERT((alone || alone.error().why == kSecondClinician));
  RC_ASSERT((!alone || !rises_too_far(from, to, kRoller.minimum_rate, 200'000)));
  RC_ASSERT((alone || desk.sign(then, first, {&desk.doctor, &desk.second}).has_value()));
}

// ---- the line ------------------------------------------------------------------------------------------

TEST_F(Rt30, RT_30_nothing_on_the_line_reaches_the_list) {
  const std::string list = desk.files.files["people.json"], keys = desk.files.files["signer.key"];
  const link::Order order = desk.order(Desk::therapy(1));
  const std::string good = text_of(Desk::request(link::written(order), std::nullopt, {&desk.doctor}));
  const std::string person = R"({"serial":66,"name":"Eve","role":"physician","passkeys":[]})";
  for (const std::string& line :
       {std::string{}, std::string{"{}"}, std::string{"[]"}, std::string{"null"},
        "{\"enrol\":" + person + "}", good.substr(0, good.size() - 1) + ",\"people\":[" + person + "]}",
        "{\"sign\":\"\"," + good.substr(1), std::string(kMostSigningBytes + 1, ' '), good + good}) {
    const auto answer = parse_signing_answer(text_of(desk.signer->answer_to(line, desk.now)));
    ASSERT_TRUE(answer);
    refused(*answer, kRequest, line.substr(0, 40).c_str());
  }
  const auto answer = parse_signing_answer(text_of(desk.signer->answer_to(good, desk.now)));
  ASSERT_TRUE(answer);
  signed_by(*answer, order, {kDoctor});
  EXPECT_EQ(desk.files.files["people.json"], list);
  EXPECT_EQ(desk.files.files["signer.key"], keys);
}

/// A byte of the request turned, or several: if there is a signature at all it is on the order that was
/// asserted.
RC_GTEST_FIXTURE_PROP(Rt30, RT_30_no_changed_request_gets_another_order_signed, ()) {
  own.emplace();
  const link::Order first = desk.running();
  const link::Order order = next(first, 310);
  std::string line = text_of(Desk::request(link::written(order), first, {&desk.doctor}));
  const int changes = *rc::gen::inRange(1, 4);
  for (int i = 0; i < changes; ++i)
    line[*rc::gen::inRange<std::size_t>(0, line.size())] = *rc::gen::arbitrary<char>();
  const std::string list = desk.files.files["people.json"];
  const auto answer = parse_signing_answer(text_of(desk.signer->answer_to(line, desk.now)));
  RC_ASSERT(answer.has_value());
  RC_TAG(answer->has_value() ? "signed" : "refused");
  if (*answer) {
    for (const link::SignedBy& by : (*answer)->signatures)
      RC_ASSERT(signer_of(by, desk.signer->clinic_key(), desk,
                          link::digest_of<Sodium>(link::written(order))) == kDoctor);
  }
  RC_ASSERT(desk.files.files["people.json"] == list);
}

// ---- its books ------------------------------------------------------------------------------------------

TEST_F(Rt30, RT_30_a_kill_between_the_books_and_the_answer_loses_no_counter) {
  const link::Order order = desk.order(Desk::therapy(1));
  const SigningRequest request = Desk::request(link::written(order), std::nullopt, {&desk.doctor});
  desk.files.killed_after = 1;
  EXPECT_THROW((void)desk.signer->sign(request, desk.now), Killed);
  desk.start();
  refused(desk.signer->sign(request, desk.now), kAssertion, "the assertion is used up", "must be above");
  refused(desk.sign(desk.order(Desk::therapy(1, 301)), std::nullopt, {&desk.doctor}), kNumber,
          "the number as well");
  signed_by(desk.sign(order, std::nullopt, {&desk.doctor}), order, {kDoctor});
}

TEST_F(Rt30, RT_30_killed_at_any_write_it_signs_one_order_for_a_number_and_once_for_an_assertion) {
  int writes = 0;
  for (int at = 0;; ++at) {
    for (const bool after : {false, true}) {
      SCOPED_TRACE(at * 2 + (after ? 1 : 0));
      own.emplace();
      const link::Order order = desk.order(Desk::therapy(1)), other = desk.order(Desk::therapy(1, 301));
      const SigningRequest request = Desk::request(link::written(order), std::nullopt, {&desk.doctor});
      (after ? desk.files.killed_after : desk.files.killed_before) = at;
      int signatures = 0;
      try {
        if (desk.signer->sign(request, desk.now)) ++signatures;
        writes = desk.files.writes;
      } catch (const Killed&) {
      }
      desk.start();
      const bool named =
          read_book(desk.files, desk.implant)->find(link::digest_of<Sodium>(request.order)) != nullptr;
      EXPECT_TRUE(named || signatures == 0);
      if (desk.signer->sign(request, desk.now)) ++signatures;
      desk.start();
      if (desk.signer->sign(request, desk.now)) ++signatures;
      EXPECT_LE(signatures, 1);
      EXPECT_TRUE(desk.sign(order, std::nullopt, {&desk.doctor}));
      refused(desk.sign(other, std::nullopt, {&desk.doctor}), kNumber, "another order");
    }
    if (writes != 0) break;
  }
  EXPECT_EQ(writes, 2);
}

TEST_F(Rt30, RT_30_what_cannot_be_kept_is_not_signed) {
  for (const int at : {0, 1}) {
    own.emplace();
    desk.files.fails = at;
    refused(desk.sign(desk.order(Desk::therapy(1)), std::nullopt, {&desk.doctor}), kBooks, "a full disk",
            "No space");
  }
  for (const char* file : {"people.json", "counters.json", "implant-0102030405060708.json"}) {
    own.emplace();
    desk.files.files[file] = "{\"torn\":";
    refused(desk.sign(desk.order(Desk::therapy(1)), std::nullopt, {&desk.doctor}), kBooks, file, file);
    EXPECT_EQ(desk.files.writes, 0);
  }
}

TEST_F(Rt30, RT_40_certificates_carry_the_epoch_that_only_grows) {
  const link::Order order = desk.order(Desk::therapy(1));
  ASSERT_TRUE(raise_epoch(desk.files, 3));
  EXPECT_FALSE(raise_epoch(desk.files, 3));
  const auto answer = desk.sign(order, std::nullopt, {&desk.doctor});
  ASSERT_TRUE(answer);
  const auto certificate = link::read<link::RoleCertificate>(answer->signatures[0].certificate);
  ASSERT_TRUE(certificate);
  EXPECT_EQ(certificate->epoch, 3U);
  EXPECT_EQ(certificate->not_before, desk.now);
  EXPECT_EQ(certificate->not_after, desk.now + 86'400);
}

TEST_F(Rt30, RT_30_a_pass_is_about_the_gateway_that_the_signer_was_told_of_alone) {
  const link::Order first = desk.order(Desk::therapy(1));
  const auto without = desk.sign(first, std::nullopt, {&desk.doctor});
  ASSERT_TRUE(without);
  EXPECT_FALSE(without->pass);

  const link::Key gateway = filled(40), other = filled(41);
  ASSERT_TRUE(name_gateway(desk.files, gateway));
  desk.now += 86'400;
  const link::Order second = next(first);
  const auto with = desk.sign(second, first, {&desk.second, &desk.doctor});
  ASSERT_TRUE(with && with->pass);
  const auto check = [&](const CertificateBytes& bytes, const link::Key& subject, std::int64_t at) {
    return link::check<Sodium>(*link::read<link::RoleCertificate>(bytes), subject, link::kMaySpeak,
                               {desk.signer->clinic_key(), desk.implant, 0, at});
  };
  EXPECT_EQ(check(*with->pass, gateway, desk.now), link::CertificateFault::kNone);
  EXPECT_EQ(check(*with->pass, other, desk.now), link::CertificateFault::kSignature);
  EXPECT_EQ(check(*with->pass, gateway, desk.now + kPassLastsS + 1), link::CertificateFault::kOver);
  const auto certificate = *link::read<link::RoleCertificate>(*with->pass);
  EXPECT_EQ(certificate.serial, kSecond);  // who asserted first
  EXPECT_EQ(certificate.implant, desk.implant);
  EXPECT_EQ(certificate.capabilities, link::kMaySpeak);  // signs nothing

  // What is refused gives none.
  const auto refused_one = desk.sign(next(second, 900), second, {&desk.doctor});
  EXPECT_FALSE(refused_one);

  const auto reads = Keys::read(desk.files)->read_pass(gateway, 0, desk.now);
  EXPECT_EQ(check(reads, gateway, desk.now), link::CertificateFault::kNone);
  EXPECT_EQ(check(reads, gateway, desk.now + kReadPassLastsS + 1), link::CertificateFault::kOver);
  EXPECT_EQ(link::read<link::RoleCertificate>(reads)->implant,
            link::ShortId{});  // so an implant lets it read only
  desk.files.files["gateway.json"] = "{}";
  refused(desk.sign(next(second), second, {&desk.doctor}), kBooks, "a spoilt file");
}

TEST_F(Rt30, keys_are_made_once_and_nobody_is_enrolled_on_a_word) {
  EXPECT_FALSE(make(desk.files, kSite, std::nullopt));
  EXPECT_FALSE(Keys::make(desk.files, std::nullopt));
  const link::Key asked = filled(30), other = filled(31);
  const std::string list = desk.files.files["people.json"];
  EXPECT_FALSE(
      enrol(desk.files, 21, "Eve", Role::kPhysician, desk.stranger.registration(kSite, other), asked));
  EXPECT_FALSE(
      enrol(desk.files, kDoctor, "Eve", Role::kPhysician, desk.stranger.registration(kSite, asked), asked));
  EXPECT_FALSE(enrol(desk.files, kNurse, "Mia Sato", Role::kPhysician,
                     desk.stranger.registration(kSite, asked), asked));
  EXPECT_FALSE(enrol(desk.files, 21, "", Role::kPhysician, desk.stranger.registration(kSite, asked), asked));
  EXPECT_EQ(desk.files.files["people.json"], list);
  EXPECT_TRUE(
      enrol(desk.files, 21, "Eve", Role::kPhysician, desk.stranger.registration(kSite, asked), asked));
  MemoryFiles empty;
  EXPECT_FALSE(Signer::open(empty, library()));
}

}  // namespace
}  // namespace theca::signer::example
