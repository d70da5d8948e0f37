// INV-6: power goes at every single write of every change that comes over the link. Keys, the order that
// runs, the prescription, its ceilings and the count of changes are then all old or all new, together, and
// somebody can still open the implant.
#include <gtest/gtest.h>

#include <cstdlib>
#include <tuple>

#include "implant/implant_testing.hpp"
#include "link/order_talk.hpp"

namespace theca::example {
namespace {

using Torn = FlashModel::Torn;

Prescription therapy(std::uint32_t number, std::uint32_t fluid = 1, std::int64_t mg_per_ml = 1) {
  Prescription p = continuous(number, morphine(fluid, mg_per_ml), microlitres_per_day(288));
  p.patient = quarter_millilitre_a_day();
  return p;
}

/// All that must be old or new together.
struct Snapshot {
  std::uint32_t sequence, intent, number, newest, epoch, fluid, doses, changes, told;  // of keys
  link::Hash order, running;  // by the pump; of what can be read. Zeros: nothing
  std::array<std::int64_t, 5> settings;
  Paired paired;
  bool card, clinic, patient;  // whose secret opens it, of the time before
  DeviceState state;
  bool traces;  // of a patient, in the pages of the order
  friend bool operator==(const Snapshot&, const Snapshot&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Snapshot& s) {
    return out << "sequence " << s.sequence << ", intent " << s.intent << ", prescription " << s.number
               << " of " << s.newest << ", epoch " << s.epoch << ", fluid " << s.fluid << ", doses "
               << s.doses << ", changes of keys " << s.changes << " told " << s.told << ", order "
               << int{s.order[0]} << " read " << int{s.running[0]} << ", hour " << s.settings[0] << ", path "
               << s.settings[3] << ", paired " << static_cast<int>(s.paired) << ", opened by " << s.card
               << s.clinic << s.patient << ", " << kDeviceStateNames[static_cast<std::size_t>(s.state)]
               << ", traces " << s.traces;
  }
};

Snapshot seen(Practice& practice) {
  Snapshot s{};
  Bench& bench = practice.bench;
  s.state = bench.implant().state();
  s.paired = bench.implant().paired();
  s.epoch = bench.implant().epoch();
  s.sequence = bench.stored().sequence();
  s.intent = bench.stored().intent();
  s.order = bench.stored().order();
  const Pump& pump = bench.pump();
  s.number = pump.prescription().number;
  s.newest = pump.newest_prescription();
  s.fluid = pump.front().in_reservoir().number;
  s.doses = bench.stored().last_request();
  s.changes = bench.implant().key_changes();
  s.told =
      static_cast<std::uint32_t>(std::ranges::count(bench.journal(), EventCode::kKeysChanged, &Event::code));
  s.settings = {pump.ceilings().hour.raw(), pump.ceilings().day.raw(), pump.ceilings().thirty_days.raw(),
                pump.path().tubing.raw(), pump.path().catheter.raw()};
  for (std::uint32_t page = 0; page < 4; ++page)
    s.traces = s.traces || bench.flash().read(word_of_page(kOrderPage + page) + 20) != kErased;
  // Everybody has a certificate of the epoch that counts.
  practice.clinic.epoch = s.epoch;
  practice.physician = practice.clinic.speaker(Role::kPhysician);
  practice.patient = practice.clinic.speaker(Role::kPatient);
  // The card opens it as long as it is not paired for good; so it is asked before the clinic is.
  s.card = practice.talk(practice.card_keys()) != nullptr;
  s.patient = s.paired != Paired::kNo && practice.as(practice.patient) != nullptr;
  if (auto talk = s.paired != Paired::kNo ? practice.as(practice.physician) : nullptr) {
    s.clinic = true;
    if (const auto bytes = link::read_order(*talk, link::WhichOrder::kRunning))
      s.running = link::digest_of<Sodium>(*bytes);
  }
  return s;
}

struct Workflow {
  const char* name;
  std::function<void(Practice&)> prepare;
  std::function<void(Practice&)> act;
  std::int64_t at_least;  // writes
};

std::function<void(Practice&)> taking(link::OrderKind kind, Prescription p, auto&& alter) {
  return [=](Practice& practice) {
    auto talk = practice.as(practice.physician);
    if (!talk) return;
    link::Order order = practice.order(kind, p);
    alter(order);
    if (practice.offer(*talk, order, {practice.signer, practice.second}).answer != LinkAnswer::kDone)
      throw std::logic_error("not offered");
    (void)talk->tell(practice.commit_of(order));
  };
}

std::vector<Workflow> workflows() {
  const auto nothing = [](link::Order&) {};
  const auto fresh = [](Practice&) {};
  const auto paired = [](Practice& p) { p.pair(); };
  const auto delivers = [](Practice& p) {
    p.implant(therapy(1));
    p.bench.pass(hours(3));
    p.take(link::OrderKind::kPrescribe, therapy(2), {p.signer});
    p.bench.pass(minutes(7));
  };
  const auto prescribe = taking(link::OrderKind::kPrescribe, therapy(3), [](link::Order& o) {
    o.ceilings = {microlitres(300), millilitres(3), millilitres(80)};
  });
  return {
      {"pair", fresh,
       [](Practice& p) {
         auto card = p.talk(p.card_keys());
         if (card) (void)card->ask(p.clinic.pairing(card->number()));
       },
       40},
      {"pair the patient anew", paired,
       [](Practice& p) {
         auto talk = p.as(p.physician);
         if (talk) (void)talk->ask(link::PairPatient{});
       },
       40},
      {"raise the epoch", paired,
       [](Practice& p) {
         link::RaiseEpoch raise;
         raise.statement = {4, kSummer2026, p.clinic.implant, {}};
         raise.signature = link::sign_epoch(p.clinic.seed, raise.statement);
         auto talk = p.as(p.physician);
         if (talk) (void)talk->tell(raise);
       },
       40},
      {"renew the clinic's secret", paired,
       [](Practice& p) {
         auto talk = p.as(p.physician);
         if (talk) (void)talk->ask(link::signed_renew(p.clinic.seed, p.clinic.implant, {}, talk->number()));
       },
       40},
      {"use a new secret",
       [](Practice& p) {
         p.pair();
         auto talk = p.as(p.physician);
         p.clinic_secret = p.new_secret(*talk, link::Renew{});
       },
       [](Practice& p) { (void)p.as(p.physician); }, 40},
      {"promise", paired,
       [](Practice& p) {
         auto talk = p.as(p.physician);
         if (talk) (void)talk->ask(p.promise(p.clinic.key()));
       },
       40},
      {"claim", paired,
       [](Practice& p) {
         link::Claim ask;
         ask.token = p.promise(p.clinic.key()).token;
         for (const std::uint8_t i : {std::uint8_t{0}, std::uint8_t{1}})
           ask.signatures[i] = {i, link::sign_transfer(vendor_seed(i), ask.token)};
         ask.card = link::card_proof<Sodium>(p.bench.implant().card(), ask.token);
         p.bench.near(true);
         (void)p.bench.by_coil(link::Frame{link::FrameType::kAsked, link::asking(1, ask).bytes()}.bytes());
       },
       40},
      {"refuse a promise",
       [](Practice& p) {
         p.pair();
         auto talk = p.as(p.physician);
         (void)p.new_secret(*talk, p.promise(p.clinic.key()));
       },
       [](Practice& p) {
         auto talk = p.as(p.physician);
         if (talk) (void)talk->tell(link::RefuseTransfer{1});
       },
       40},
      {"implant", paired, taking(link::OrderKind::kImplant, therapy(1), nothing), 1'100},
      {"prescribe with other ceilings", delivers, prescribe, 1'100},
      {"refill with another fluid", delivers,
       taking(
           link::OrderKind::kRefill,
           [] {
             Prescription p = therapy(3, 2, 2);
             p.bridge = {kPath.total(), microlitres_per_day(288), 1};
             return p;
           }(),
           nothing),
       1'100},
      {"revise", delivers,
       taking(link::OrderKind::kRevise, therapy(3),
              [](link::Order& o) {
                o.path.catheter = microlitres(150);
                o.path_contents = morphine(1, 1);
              }),
       1'100},
      {"erase secrets",
       [delivers](Practice& p) {
         delivers(p);
         auto talk = p.as(p.physician);
         p.told(*talk, p.change<link::Explant>());
       },
       [](Practice& p) {
         auto talk = p.as(p.physician);
         link::EraseSecrets erase;
         erase.entries = p.bench.stored().entries_told();
         if (talk) (void)talk->tell(p.change(erase));
       },
       1'000},
      {"bolus", delivers,
       [](Practice& p) {
         auto talk = p.as(p.patient);
         if (talk) (void)talk->tell(link::RequestBolus{1});
       },
       10},
  };
}

#ifdef THECA_SANITIZED
constexpr std::int64_t kStride = 25;
#else
constexpr std::int64_t kStride = 5;
#endif

class PowerCut : public testing::TestWithParam<std::size_t> {};
INSTANTIATE_TEST_SUITE_P(OverTheLink, PowerCut, testing::Range(std::size_t{0}, workflows().size()),
                         [](const auto& param) {
                           std::string name = workflows()[param.param].name;
                           std::ranges::replace(name, ' ', '_');
                           std::erase(name, '\'');
                           return name;
                         });

TEST_P(PowerCut, INV_6_INV_8_at_every_write_leaves_all_old_or_all_new_and_a_way_in) {
  const Workflow workflow = workflows()[GetParam()];
  Practice prepared;
  workflow.prepare(prepared);
  const auto after = [&](std::int64_t cut, Torn torn) {
    Practice practice{prepared, 7};
    if (cut > 0) practice.bench.flash().cut_after(cut, torn, static_cast<std::uint64_t>(cut));
    const std::int64_t before = practice.bench.flash().writes();
    workflow.act(practice);
    const std::int64_t writes = practice.bench.flash().writes() - before;
    practice.bench.reboot();
    EXPECT_EQ(practice.bench.flash().broken_rules(), 0);
    const bool shut = practice.bench.implant().shut();
    return std::tuple{seen(practice), writes, shut};
  };
  Practice untouched{prepared, 7};
  untouched.bench.reboot();
  Snapshot old = seen(untouched);
  const auto [fresh, writes, none] = after(0, Torn::kNothing);
  if (fresh.traces) old.traces = true;
  ASSERT_FALSE(old == fresh) << "the change does nothing: " << old;
  EXPECT_GE(writes, workflow.at_least);
  if (fresh.state == DeviceState::kDelivering) {
    EXPECT_EQ(fresh.running, fresh.order) << "the order that runs can be read";
  }
  int olds = 0, news = 0;
  const bool all = std::getenv("THECA_LONG") != nullptr;
  for (std::int64_t cut = 1; cut <= writes && !HasFailure(); ++cut) {
    for (int torn = 0; torn < 3; ++torn) {
      // A long change: every fifth write, torn in turn (sanitizers are slow: every 25th); with THECA_LONG
      // each in every way.
      if (!all && writes > 100 && (cut % kStride != 0 || torn != cut / kStride % 3)) continue;
      SCOPED_TRACE(std::string{workflow.name} + ", cut at " + std::to_string(cut) + " of " +
                   std::to_string(writes) + ", torn " + std::to_string(torn));
      auto [found, made, shut] = after(cut, static_cast<Torn>(torn));
      if (fresh.traces) found.traces = true;  // an order that does not count yet may stand there
      EXPECT_FALSE(shut);
      EXPECT_TRUE(found == old || found == fresh)
          << "neither old nor new\n  found " << found << "\n  old   " << old << "\n  new   " << fresh;
      EXPECT_TRUE(found.card || found.clinic || fresh.paired == Paired::kBegun) << "nobody can open it";
      (found == old ? olds : news) += 1;
    }
  }
  EXPECT_GT(olds, 0);
  EXPECT_GT(news, 0);
}

}  // namespace
}  // namespace theca::example
