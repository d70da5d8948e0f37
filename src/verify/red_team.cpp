#include "verify/red_team.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <random>
#include <set>
#include <stdexcept>
#include <thread>

#include "link/sodium_issue.hpp"
#include "verify/arena.hpp"
#include "verify/between.hpp"
#include "verify/clinic_arena.hpp"

namespace theca::verify {
namespace {

constexpr const char* kOpioid = "morphine_with_patient_boluses";
constexpr const char* kAntispastic = "baclofen_flex";

link::FrameType type_of(const std::vector<std::uint8_t>& frame) {
  return static_cast<link::FrameType>(frame[1]);
}
/// Frames that an implant sends by radio.
std::int64_t answers(const Frames& frames) {
  return std::ranges::count_if(frames, [](const auto& frame) {
    return type_of(frame) == link::FrameType::kSecond || type_of(frame) == link::FrameType::kFromImplant;
  });
}
void pause(Duration time) { std::this_thread::sleep_for(std::chrono::milliseconds(time.raw())); }

std::vector<std::uint8_t> junk(std::mt19937_64& random, std::size_t size, link::FrameType type) {
  std::vector<std::uint8_t> frame(size);
  for (std::uint8_t& byte : frame) byte = static_cast<std::uint8_t>(random());
  frame[0] = static_cast<std::uint8_t>(size - 1);
  frame[1] = static_cast<std::uint8_t>(type);
  return frame;
}

/// A visit with everything in it that one may want to overhear.
void visit(Arena& arena) {
  auto physician = arena.as(Role::kPhysician);
  if (!physician) throw std::runtime_error("the physician got no session");
  link::Outcome outcome;
  arena.order(*physician, 0.9, 1, outcome);
  if (outcome.answer != LinkAnswer::kDone) throw std::runtime_error("the visit's order was not taken");
  auto patient = arena.as(Role::kPatient);
  if (!patient) throw std::runtime_error("the patient got no session");
  const auto own = patient->talk.ask(link::ReadOwn{});
  if (!own || !*own) throw std::runtime_error("the patient was told nothing");
  (void)patient->talk.change(link::RequestBolus{(*own)->last_request + 1});
}

bool holds(const std::vector<std::uint8_t>& frame, link::Bytes what) {
  return !std::ranges::search(frame, what).empty();
}

/// What the patient's own programmer says and is told.
void patients_visit(Arena& arena) {
  auto patient = arena.as(Role::kPatient);
  const auto own = patient ? patient->talk.ask(link::ReadOwn{})
                           : std::expected<link::Answered<link::ReadOwn>, link::NoAnswer>{
                                 std::unexpected(link::NoAnswer::kSilence)};
  if (!own || !*own) throw std::runtime_error("the patient was told nothing");
  (void)patient->talk.change(link::RequestBolus{(*own)->last_request + 1});
}

Sight overheard(Arena& arena, void (*visit)(Arena&)) {
  arena.start(kOpioid);
  arena.implant();
  Listener listener{arena.address()};
  std::mt19937_64 random{1};
  std::optional near = arena.field();
  listener.send(junk(random, 100, link::FrameType::kFirst));  // a scan
  listener.hear(milliseconds(200));
  near.reset();
  visit(arena);
  visit(arena);
  const Frames all = [&] {
    listener.hear(milliseconds(300));
    return listener.all();
  }();
  Sight sight{.attempted = static_cast<std::int64_t>(all.size())};
  std::set<std::vector<std::uint8_t>> seen;
  for (const auto& frame : all) {
    if (holds(frame, arena.card().implant)) sight.broken = true;
    if (holds(frame, arena.card().public_key)) sight.broken = true;
    const std::string drug = "morphine";
    if (holds(frame, {reinterpret_cast<const std::uint8_t*>(drug.data()), drug.size()})) sight.broken = true;
    for (std::size_t at = 2 + link::kRecordHeader; at + 8 <= frame.size(); ++at) {
      const std::vector<std::uint8_t> part(frame.begin() + static_cast<std::ptrdiff_t>(at),
                                           frame.begin() + static_cast<std::ptrdiff_t>(at + 8));
      if (!seen.insert(part).second) sight.broken = true;  // two frames, or two visits, share something
    }
  }
  sight.happened = fmt::format("{} frames of two visits and a scan: {}", all.size(),
                               sight.broken ? "something in them tells one implant from another"
                                            : "no id, no key, no drug, and no 8 bytes twice");
  return sight;
}
Sight overhear(Arena& arena) { return overheard(arena, visit); }
Sight overhear_patient(Arena& arena) { return overheard(arena, patients_visit); }

link::CallerKeys card_keys(const Arena& arena) {
  link::CallerKeys keys;
  link::Sodium::random(keys.secret);
  keys.implant = arena.card().public_key;
  keys.pairing = arena.card().secret;
  return keys;
}

link::Pair pairing(const Arena& arena, const link::NearFieldNonce& number) {
  link::Key share{};
  link::Sodium::random(share);
  return link::signed_pair(arena.clinic_seed, arena.card().implant, share, number);
}

/// Calls with each of these as the secret, a coil at hand; how many were answered, or got so far that the
/// implant began to reckon.
Sight try_secrets(Arena& arena, const std::vector<link::Key>& secrets, std::int64_t handshakes_of_others) {
  Sight sight;
  for (const link::Key& secret : secrets) {
    link::CallerKeys keys;
    link::Sodium::random(keys.secret);
    keys.implant = arena.card().public_key;
    keys.pairing = secret;
    auto [line, number] = arena.field();  // one that comes forgives what was before
    link::Caller<link::Sodium> caller{keys};
    line.send(caller.call(number, line.random()).bytes());
    ++sight.attempted;
    const auto heard = line.radio(milliseconds(40));
    sight.broken = sight.broken || (heard && caller.opens(line.now(), heard->bytes()));
  }
  sight.broken = sight.broken || arena.counted("handshakes") > handshakes_of_others;
  return sight;
}

/// Somebody has overheard the pairing and comes back with a coil.
Sight transcript(Arena& arena) {
  arena.start(kOpioid);
  Listener listener{arena.address()};
  constexpr std::int64_t kPairings = 3;  // its answer was lost, says the clinic, and pairs again
  for (std::int64_t i = 0; i < kPairings; ++i) {
    auto session = arena.with(card_keys(arena));
    if (!session) throw std::runtime_error("no session with the card");
    const auto reply = session->talk.ask(pairing(arena, session->talk.number()));
    if (!reply || !*reply) throw std::runtime_error("not paired");
  }
  listener.hear(milliseconds(200));
  std::vector<link::Key> guesses{link::Key{}, arena.card().public_key};
  for (const auto& frame : listener.all()) {
    for (std::size_t at = 2; at + 32 <= frame.size(); at += 23) {
      link::Key guess{};
      std::copy_n(frame.begin() + static_cast<std::ptrdiff_t>(at), guess.size(), guess.begin());
      guesses.push_back(guess);
      guesses.push_back(link::paired_secret<link::Sodium>(guess, guess, link::SecretFor::kClinic));
    }
  }
  Sight sight = try_secrets(arena, guesses, kPairings);
  sight.happened = fmt::format("{} secrets made of what was overheard of {} pairings, with a coil: {}",
                               sight.attempted, kPairings, sight.broken ? "one opened the gate" : "silence");
  return sight;
}

/// A fuzzer that knows no format: frames of two visits, changed, while a coil is near.
Sight fuzz_from_capture(Arena& arena) {
  arena.start(kOpioid);
  arena.implant();
  Listener listener{arena.address()};
  visit(arena);
  visit(arena);
  constexpr std::int64_t kOwn = 3 + 2 * 2;
  listener.hear(milliseconds(300));
  const Frames captured = listener.all();
  std::mt19937_64 random{9};
  Sight sight;
  for (int round = 0; round < 60; ++round) {
    const auto near = arena.field();
    for (int i = 0; i < 8; ++i) {
      std::vector<std::uint8_t> frame = captured[random() % captured.size()];
      const auto& other = captured[random() % captured.size()];
      if (random() % 3 == 0 && other.size() > 4)  // spliced
        frame.insert(frame.end(), other.begin() + static_cast<std::ptrdiff_t>(random() % other.size()),
                     other.end());
      for (auto flips = random() % 4; flips > 0; --flips)
        frame[random() % frame.size()] ^= static_cast<std::uint8_t>(1U << random() % 8);
      if (frame.size() > link::kMostFrame) frame.resize(link::kMostFrame);
      frame[0] = static_cast<std::uint8_t>(frame.size() - 1);
      listener.send(frame);
      ++sight.attempted;
    }
    listener.hear(milliseconds(30));
  }
  const std::int64_t begun = arena.counted("handshakes");
  sight.broken = begun > kOwn;
  sight.happened =
      fmt::format("{} frames made of captured ones: {} got past the gate", sight.attempted, begun - kOwn);
  return sight;
}

/// Shares, numbers of the coil: anything that comes twice makes a recording worth something.
Sight pairing_keys(Arena& arena) {
  arena.start(kOpioid);
  std::set<link::Key> shares;
  std::set<link::NearFieldNonce> numbers;
  Sight sight;
  for (int i = 0; i < 40; ++i) {
    auto session = arena.with(card_keys(arena));
    const auto reply = session ? session->talk.ask(pairing(arena, session->talk.number()))
                               : std::expected<link::Answered<link::Pair>, link::NoAnswer>{
                                     std::unexpected(link::NoAnswer::kSilence)};
    if (!reply || !*reply) throw std::runtime_error("not paired");
    sight.broken = !shares.insert((*reply)->share).second || sight.broken;
    session.reset();
    auto [line, number] = arena.field();
    sight.broken = !numbers.insert(number).second || sight.broken;
    ++sight.attempted;
  }
  sight.happened = fmt::format("{} pairings of one implant: {} different shares, {} different numbers",
                               sight.attempted, shares.size(), numbers.size());
  return sight;
}

/// A programmer with the card that speaks another version of the protocol, or another suite.
Sight downgrade(Arena& arena) {
  arena.start(kOpioid);
  Sight sight;
  for (const int version : {0, 2, 3, 16, 255}) {
    for (const int suite : {0, 2, 255}) {
      auto [line, number] = arena.field();
      const link::CallerKeys keys = card_keys(arena);
      auto prologue = link::prologue_of(number);
      prologue[10] = static_cast<std::uint8_t>(version);
      prologue[11] = static_cast<std::uint8_t>(suite);
      link::Handshake<link::Sodium> handshake{
          link::kIkPsk2, link::Side::kInitiator, prologue,
          link::Keys{keys.secret, line.random(), keys.implant,
                     link::session_psk<link::Sodium>(keys.pairing, number)}};
      std::array<std::uint8_t, link::kMostBody> body{};
      const auto size = handshake.write(link::written(link::FirstPayload{keys.certificate}), body);
      const link::Bytes message = link::Bytes{body}.first(size.value_or(0));
      const auto tag =
          link::gate_tag<link::Sodium>(link::gate_key<link::Sodium>(keys.pairing), message, number);
      std::ranges::copy(tag, body.begin() + static_cast<std::ptrdiff_t>(message.size()));
      line.send(
          link::Frame{link::FrameType::kFirst, link::Bytes{body}.first(message.size() + tag.size())}.bytes());
      ++sight.attempted;
      const auto heard = line.radio(milliseconds(40));
      sight.broken = sight.broken || (heard && heard->type() == link::FrameType::kSecond);
    }
  }
  sight.happened = fmt::format("{} calls in other versions and suites, with the card and a coil: {}",
                               sight.attempted, sight.broken ? "one was answered" : "silence");
  return sight;
}

/// While the clinic pairs, somebody at the radio pairs as well: with his own clinic's key, what is printed on
/// the pack, and everything that he hears, changed.
Sight at_the_pairing(Arena& arena) {
  arena.start(kOpioid);
  Listener listener{arena.address()};
  link::Key own{};
  link::Sodium::random(own);
  std::mt19937_64 random{17};
  Sight sight;
  std::vector<link::Key> guesses{link::Key{}, arena.card().public_key};
  std::optional near = arena.field();  // the clinic's coil: its number is not on the radio
  for (int i = 0; i < 12; ++i) {
    for (const link::Key& guess : guesses) {
      link::CallerKeys keys = card_keys(arena);
      keys.pairing = guess;
      link::Caller<link::Sodium> caller{keys};
      link::Key ephemeral{};
      link::Sodium::random(ephemeral);
      listener.send(caller.call(link::NearFieldNonce{}, ephemeral).bytes());
      ++sight.attempted;
      for (const auto& frame : listener.hear(milliseconds(60))) {
        if (type_of(frame) != link::FrameType::kSecond || !caller.opens(Instant{}, frame)) continue;
        sight.broken = true;
      }
    }
  }
  near.reset();
  if (!sight.broken) {
    arena.pair();  // and the clinic gets what it came for
    (void)arena.status();
  }
  sight.happened =
      fmt::format("{} calls from the radio while the clinic's coil lay there: {}", sight.attempted,
                  sight.broken ? "one opened a session" : "silence, and the clinic has paired");
  return sight;
}

Sight replay(Arena& arena) {
  arena.start(kOpioid);
  arena.implant();
  Listener listener{arena.address()};
  std::int64_t answered = 0, sent = 0;
  const auto say_again = [&](const Frames& frames) {
    for (const auto& frame : frames) {
      if (type_of(frame) == link::FrameType::kSecond || type_of(frame) == link::FrameType::kFromImplant)
        continue;
      listener.send(frame);
      ++sent;
    }
    answered += answers(listener.hear(milliseconds(300)));
  };
  {
    auto physician = arena.as(Role::kPhysician);
    for (int i = 0; i < 3; ++i) (void)physician->talk.ask(link::ReadStatus{});
    listener.hear(milliseconds(200));
    say_again(Frames{listener.all().back()});  // one by one, in the same session
    for (const auto& frame : Frames{listener.all()}) say_again({frame});
  }
  const auto before = arena.status();
  listener.hear(milliseconds(200));
  say_again(listener.all());  // whole, after its end
  arena.kill();
  arena.start(kOpioid);
  Listener later{arena.address()};
  std::optional near = arena.field();
  for (const auto& frame : listener.all()) later.send(frame);
  sent += static_cast<std::int64_t>(listener.all().size());
  answered += answers(later.hear(milliseconds(500)));
  near.reset();
  const auto after = arena.status();
  Sight sight{.attempted = sent};
  sight.broken = answered > 0 || after.sequence != before.sequence;
  sight.happened =
      fmt::format("{} frames again, in their session, after it and after a reboot: {} answered, {} changes",
                  sent, answered, after.sequence - before.sequence);
  return sight;
}

Sight from_afar(Arena& arena) {
  arena.start(kOpioid);
  arena.implant();
  // The clinic's secret was stolen, with a certificate that is good still. What is missing is the coil.
  Listener listener{arena.address()};
  Sight sight;
  link::Caller<link::Sodium> caller{arena.keys_of(Role::kPhysician)};
  std::mt19937_64 random{3};
  for (int i = 0; i < 50; ++i) {
    link::NearFieldNonce number{};
    if (i > 0) {
      for (std::uint8_t& byte : number) byte = static_cast<std::uint8_t>(random());
    }
    link::Key ephemeral{};
    link::Sodium::random(ephemeral);
    listener.send(caller.call(number, ephemeral).bytes());
    ++sight.attempted;
    for (const auto& frame : listener.hear(milliseconds(i < 3 ? 300 : 20)))
      sight.broken = sight.broken || type_of(frame) == link::FrameType::kSecond;
  }
  sight.happened = fmt::format("{} calls with all keys and no coil: {}", sight.attempted,
                               sight.broken ? "one was answered" : "silence");
  return sight;
}

Sight serial_number(Arena& arena) {
  arena.start(kOpioid);  // on the table, not paired yet
  // Everything that is printed on the outside, and a coil.
  std::vector<link::Key> guesses{link::Key{}, arena.card().public_key};
  link::Key id{};
  std::ranges::copy(arena.card().implant, id.begin());
  guesses.push_back(id);
  Sight sight;
  for (const link::Key& guess : guesses) {
    link::CallerKeys keys;
    link::Sodium::random(keys.secret);
    keys.implant = arena.card().public_key;
    keys.pairing = guess;
    auto [line, number] = arena.field();
    link::Caller<link::Sodium> caller{keys};
    line.send(caller.call(number, line.random()).bytes());
    ++sight.attempted;
    const auto heard = line.radio(milliseconds(400));
    sight.broken = sight.broken || (heard && caller.opens(line.now(), heard->bytes()));
  }
  sight.happened = fmt::format("{} sessions asked for with what stands on the label: {}", sight.attempted,
                               sight.broken ? "one opened" : "silence");
  return sight;
}

Sight scan(Arena& arena) {
  arena.start(kOpioid);
  arena.implant();
  Listener listener{arena.address()};
  std::mt19937_64 random{5};
  Sight sight;
  std::int64_t answered = 0;
  for (int round = 0; round < 6; ++round) {
    const auto near = arena.field();  // somebody's coil is there
    for (const auto type :
         {link::FrameType::kFirst, link::FrameType::kSecond, link::FrameType::kToImplant,
          link::FrameType::kFromImplant, link::FrameType::kNonce, link::FrameType::kAsked}) {
      for (const std::size_t size : {2U, 3U, 17U, 40U, 130U, 200U, 240U}) {
        listener.send(junk(random, size, type));
        ++sight.attempted;
      }
    }
    answered += answers(listener.hear(milliseconds(250)));
  }
  sight.broken = answered > 0;
  sight.happened = fmt::format("{} frames of every type and length: {} answered", sight.attempted, answered);
  return sight;
}

template <class M>
bool done(Talk& talk, const M& message) {
  const auto outcome = talk.tell(message);
  return outcome && outcome->answer == LinkAnswer::kDone;
}
template <class M>
M as_next(Talk& talk, std::uint32_t sequence) {
  (void)talk;
  M message;
  message.sequence = sequence;
  message.intent = 0xC0FFEE;
  return message;
}

Sight beyond_the_role(Arena& arena) {
  arena.start(kOpioid);
  arena.implant();
  const std::uint32_t sequence = arena.status().sequence;
  auto nurse = arena.as(Role::kNurse);
  if (!nurse) throw std::runtime_error("the nurse got no session");
  Talk& talk = nurse->talk;
  std::vector<std::string> taken;
  Sight sight;
  const auto tried = [&](const char* what, bool was_done) {
    ++sight.attempted;
    if (was_done) taken.emplace_back(what);
  };
  tried("offer", done(talk, link::Offer{}));
  auto clock = as_next<link::SetClock>(talk, sequence);
  clock.utc_ms = 1;
  tried("set clock", done(talk, clock));
  const auto patients = talk.ask(link::PairPatient{});
  tried("pair patient", patients && *patients);
  const auto pairing = talk.ask(link::Pair{});
  tried("pair", pairing && *pairing);
  tried("lower", done(talk, link::Lower{}));
  tried("bolus", done(talk, link::RequestBolus{1}));
  tried("explant", done(talk, as_next<link::Explant>(talk, sequence)));
  sight.broken = !taken.empty();
  sight.happened =
      fmt::format("{} operations that are not a nurse's: {}", sight.attempted,
                  taken.empty() ? "all refused" : fmt::format("done: {}", fmt::join(taken, ", ")));
  return sight;
}

Sight little_by_little(Arena& arena) {
  arena.start(kOpioid);
  arena.implant();
  auto physician = arena.as(Role::kPhysician);
  if (!physician) throw std::runtime_error("the physician got no session");
  Sight sight;
  double dose = 1;
  for (const double wanted : {3.0, 1.5, 1.15, 1.3, 1.45, 1.7}) {
    link::Outcome outcome;
    arena.order(*physician, wanted, 1, outcome);
    ++sight.attempted;
    if (outcome.answer == LinkAnswer::kDone) dose = wanted;
  }
  sight.broken = dose > 1.2;
  sight.happened =
      fmt::format("{} orders of one signer in one visit, at once and little by little: {:.2f} of the dose",
                  sight.attempted, dose);
  return sight;
}

Sight magnet(Arena& arena) {
  arena.start(kAntispastic);
  arena.implant();
  const auto before = arena.status();
  Sight sight;
  std::optional field = arena.field();
  for (int i = 0; i < 3; ++i) {
    field->line.send_coil(
        link::Frame{link::FrameType::kAsked, link::asking(1, link::Lower{}).bytes()}.bytes());
    pause(milliseconds(1'100));
    ++sight.attempted;
  }
  field.reset();
  const auto after = arena.status();
  sight.broken = after.flow.raw() == 0 || after.flow > before.flow || after.state != DeviceState::kDelivering;
  sight.happened =
      fmt::format("break-glass {} times in a patient on baclofen: {} uL/day before, {} uL/day after",
                  sight.attempted, before.flow.raw() / 1'000, after.flow.raw() / 1'000);
  return sight;
}

Sight hostile_patient(Arena& arena) {
  arena.start(kOpioid);
  arena.implant();
  const std::uint32_t sequence = arena.status().sequence;
  auto patient = arena.as(Role::kPatient);
  if (!patient) throw std::runtime_error("the patient got no session");
  Talk& talk = patient->talk;
  Sight sight;
  std::vector<std::string> taken;
  const auto tried = [&](const char* what, bool was_done) {
    ++sight.attempted;
    if (was_done) taken.emplace_back(what);
  };
  tried("offer", done(talk, link::Offer{}));
  tried("stop", done(talk, as_next<link::Stop>(talk, sequence)));
  auto refill = as_next<link::Refill>(talk, sequence);
  refill.fluid = 1;
  refill.filled = millilitres(10);
  tried("refill", done(talk, refill));
  int granted = 0;
  for (std::uint32_t request = 1; request <= 20; ++request) {
    granted += done(talk, link::RequestBolus{request}) ? 1 : 0;
    ++sight.attempted;
  }
  sight.broken = !taken.empty() || granted > 1;
  sight.happened = fmt::format("{} of 20 doses at once granted; of the rest {}", granted,
                               taken.empty() ? "nothing" : fmt::format("{}", fmt::join(taken, ", ")));
  return sight;
}

Sight garbage(Arena& arena) {
  arena.start(kOpioid);
  arena.implant();
  const auto before = arena.status();
  Listener listener{arena.address()};
  std::mt19937_64 random{36};
  Sight sight;
  std::optional near = arena.field();
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(12);
  while (std::chrono::steady_clock::now() < until) {
    listener.send(junk(random, 2 + random() % 238, static_cast<link::FrameType>(1 + random() % 4)));
    ++sight.attempted;
    pause(milliseconds(3));
  }
  near.reset();
  const auto after = arena.status();
  // What was due in that time, whole steps; one more or less by where in its step each reading fell.
  const Volume due = Amount::over(before.flow, after.now - before.now).floor();
  const std::int64_t steps = whole_steps(due, arena.scenario().model.step);
  const std::int64_t made = after.steps - before.steps;
  sight.broken = std::abs(made - steps) > 1 || (after.alarms & ~before.alarms) != 0;
  sight.happened = fmt::format("{} frames of garbage in {} s: {} steps made, {} due, {}", sight.attempted,
                               (after.now - before.now).raw() / 1'000, made, steps,
                               after.alarms == before.alarms ? "no alarm" : "an alarm");
  return sight;
}

Sight denial_of_sleep(Arena& arena) {
  arena.start(kOpioid);
  arena.implant();
  Listener listener{arena.address()};
  std::mt19937_64 random{38};
  Sight sight;
  {
    const auto near = arena.field();
    for (int i = 0; i < 150; ++i) {
      listener.send(junk(random, 190, link::FrameType::kFirst));
      ++sight.attempted;
      pause(milliseconds(50));
    }
  }
  const auto began = std::chrono::steady_clock::now();
  const bool connected = arena.as(Role::kPhysician) != nullptr;
  const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  const std::int64_t looks = arena.counted("gate_looks") - 3;  // those of the clinic's own sessions
  constexpr std::int64_t kMost = 15;                           // 4 at once, then 1, 2, 4, 8 s apart
  sight.broken = looks > kMost || !connected || took > 60;
  sight.happened =
      fmt::format("{} junk calls in 8 s: the gate looked at {}; the physician was in after {:.1f} s",
                  sight.attempted, looks, took);
  return sight;
}

Sight stolen_programmer(Arena& arena) {
  arena.start(kOpioid);
  arena.implant();
  Sight sight;
  arena.certificate_age_s = 3 * 86'400;  // taken from the programmer that was stolen on Thursday
  sight.attempted = 1;
  sight.broken = arena.as(Role::kPhysician) != nullptr;
  sight.happened = sight.broken ? "a certificate that was over opened a session"
                                : "a certificate that was over: silence, although secret and coil were right";
  return sight;
}

Sight revoked_programmer(Arena& arena) {
  arena.start(kOpioid);
  arena.implant();
  const link::CallerKeys stolen = arena.keys_of(Role::kPhysician);
  arena.epoch = 1;
  {
    const link::EpochStatement statement{1, 0, arena.card().implant, {}};
    auto nurse = arena.as(Role::kNurse);  // anybody's session carries what the clinic signed
    if (!nurse ||
        !done(nurse->talk, link::RaiseEpoch{statement, link::sign_epoch(arena.clinic_seed, statement)}))
      throw std::runtime_error("the epoch was not raised");
  }
  Sight sight{.attempted = 1};
  sight.broken = arena.with(stolen) != nullptr;
  sight.happened = sight.broken
                       ? "a certificate of an old epoch opened a session"
                       : "a certificate of an old epoch: silence, although it is good for hours still";
  return sight;
}

Sight found_signature(Arena& arena) {
  arena.start(kOpioid);
  arena.implant();
  auto thief = arena.as(Role::kPhysician);
  if (!thief) throw std::runtime_error("the stolen programmer got no session");
  const link::Pair& found = arena.said_at_pairing();
  const auto reply = thief->talk.ask(link::Renew{found.share, found.signature});
  if (!reply) throw std::runtime_error("no answer to the renewal");
  Sight sight{.attempted = 1};
  sight.broken = reply->has_value();
  sight.happened = fmt::format(
      "what the clinic signed at the pairing, said again for a new secret: {}",
      sight.broken ? "the thief has made a secret of his own" : row_of(reply->error().answer).text);
  return sight;
}

Sight old_order(Arena& arena) {
  arena.start(kOpioid);
  arena.implant();
  auto physician = arena.as(Role::kPhysician);
  if (!physician) throw std::runtime_error("the physician got no session");
  link::Outcome outcome;
  const link::OrderBytes high = arena.order(*physician, 0.95, 1, outcome);
  arena.order(*physician, 0.5, 1, outcome);
  if (outcome.answer != LinkAnswer::kDone) throw std::runtime_error("the lower order was not taken");
  Sight sight{.attempted = 1};
  outcome = arena.offer(*physician, high, 2);
  if (outcome.answer == LinkAnswer::kDone) outcome = arena.commit(*physician, high);
  sight.broken = outcome.answer == LinkAnswer::kDone;
  sight.happened =
      fmt::format("the order before the last, signed by two, offered again: {}", row_of(outcome.answer).text);
  return sight;
}

// ---- somebody between programmer and implant --------------------------------------------------------------

/// Of an outcome that goes from the implant to a programmer as a record: where its plain text stands.
constexpr std::size_t kPlainAt = link::kFrameHead + link::kRecordHeader;
constexpr std::size_t kOutcomeAt = kPlainAt + link::kMessageHead;
constexpr std::size_t kOutcomeFrame = kOutcomeAt + link::kWireBytes<link::Outcome> + link::kTagBytes;
constexpr std::size_t kDoseFrame = kOutcomeAt + link::kWireBytes<link::RequestBolus> + link::kTagBytes;

/// Sizes alone tell what a record is.
bool asks_for_a_dose(const RadioFrame& frame) {
  return type_of(frame) == link::FrameType::kToImplant && frame.size() == kDoseFrame;
}
bool tells_an_outcome(const RadioFrame& frame) {
  return type_of(frame) == link::FrameType::kFromImplant && frame.size() == kOutcomeFrame;
}

link::Outcome answer_to_a_dose(bool yes) {
  link::Outcome outcome;
  outcome.to = Opcode::kRequestBolus;
  outcome.answer = yes ? LinkAnswer::kDone : LinkAnswer::kRefusedByPump;
  outcome.refusal = yes ? Refusal::kNone : Refusal::kLockout;
  return outcome;
}
/// A yes becomes a no, a no a yes: who knows what a sealed answer says can turn its bits.
RadioFrame turned(RadioFrame frame) {
  const auto yes = link::written(answer_to_a_dose(true)), no = link::written(answer_to_a_dose(false));
  for (std::size_t i = 0; i < yes.size(); ++i)
    frame[kOutcomeAt + i] ^= static_cast<std::uint8_t>(yes[i] ^ no[i]);
  return frame;
}
/// Made up, for every message that the programmer may be waiting for.
void make_up(const RadioFrame& like, bool yes, Frames& out) {
  constexpr std::uint16_t kMessages = 8;
  for (std::uint16_t tag = 1; tag <= kMessages; ++tag) {
    const link::Plain plain{link::kOutcomeByte, tag, answer_to_a_dose(yes)};
    std::ranges::copy(plain.bytes(), out.emplace_back(like).begin() + kPlainAt);
  }
}

/// The patient's programmer is told that a dose was not given that was, and that one was given that was not.
enum class Lie { kAnswers, kLateRequests };
Sight lied_to(Arena& arena, Lie lie) {
  arena.start(kOpioid);
  const std::string implant = arena.listens_at();
  const auto must = [&](const std::vector<std::string>& words, const std::string& to) {
    auto said = arena.programmer(words, to);
    if (!said.is_object()) throw std::runtime_error("`theca link " + words[0] + "` told nothing");
    return said;
  };
  must({"pair", "--card", arena.card_file().string()}, implant);
  Between between{arena.address(), arena.folder()};
  if (must({"prescribe", arena.scenario().file, "--dose", "6 mg/day"}, between.at()).value("delivery", "") !=
      "confirmed")
    throw std::runtime_error("nothing is prescribed");
  const Frames older = between.heard();
  Listener listener{arena.address()};

  Sight sight;
  std::string lies;
  RadioFrame answer(kOutcomeFrame);  // the last that went by
  bool asked = false;                // for a dose, in this visit
  Frames kept;                       // requests that have not arrived
  const auto answers_dose = [&](const RadioFrame& frame) {
    if (type_of(frame) == link::FrameType::kFirst) asked = false;
    asked = asked || asks_for_a_dose(frame);
    if (tells_an_outcome(frame)) answer = frame;
    return asked && tells_an_outcome(frame);
  };
  const auto turns = [&](bool to_yes) -> Between::Touch {
    return [&, to_yes](const RadioFrame& frame, bool) {
      if (!answers_dose(frame)) return Passed{{frame}, {}};
      Passed passed{{turned(frame)}, {}};
      make_up(frame, to_yes, passed.on);
      sight.attempted += static_cast<std::int64_t>(passed.on.size());
      return passed;
    };
  };
  const Between::Touch keeps = [&](const RadioFrame& frame, bool) {
    (void)answers_dose(frame);
    if (!asks_for_a_dose(frame)) return Passed{{frame}, {}};
    kept.push_back(frame);
    Passed passed{{}, older};
    passed.back.push_back(answer);
    make_up(answer, true, passed.back);
    sight.attempted += static_cast<std::int64_t>(passed.back.size());
    return passed;
  };
  const auto ask_for_a_dose = [&](const char* what, Between::Touch touch) {
    const auto left = [&] {
      return must({"status", "--as", "patient"}, implant).at("doses_left").get<int>();
    };
    const int before = left();
    between.touch(std::move(touch));
    const auto told = arena.programmer({"bolus"}, between.at());
    between.touch({});
    if (!kept.empty()) {  // they arrive after all, in their session, with a coil that keeps it alive
      const auto coil = arena.field();
      for (const RadioFrame& frame : kept) listener.send(frame);
      listener.hear(milliseconds(200));
      kept.clear();
    }
    const bool given = left() < before;
    const std::string delivery = told.is_object() ? told.value("delivery", "nothing") : "nothing";
    lies += fmt::format("{}{}: {}, told {}", lies.empty() ? "" : "; ", what, given ? "given" : "not given",
                        delivery);
    sight.broken = sight.broken || delivery == (given ? "failed" : "confirmed");
    return given;
  };
  if (lie == Lie::kLateRequests) {
    ask_for_a_dose("a request kept back until later", keeps);
  } else {
    if (!ask_for_a_dose("a yes turned", turns(false))) throw std::runtime_error("no dose was given");
    ask_for_a_dose("a no turned", turns(true));
  }
  sight.happened = lies;
  return sight;
}
Sight forged_answers(Arena& arena) { return lied_to(arena, Lie::kAnswers); }
Sight late_requests(Arena& arena) { return lied_to(arena, Lie::kLateRequests); }

/// The server is the attacker's: its memory with every assertion that it was ever shown, and its sockets. It
/// wants another order to run than those that a physician asserted.
Sight server_taken(Arena& arena) {
  arena.start(kOpioid);
  ClinicArena clinic{arena};
  Sight sight;
  const auto asserted = [&](const Running& running, const link::OrderBytes& order) {
    const auto digest = link::digest_of<link::Sodium>(order);
    return ClinicArena::asked(running, order, clinic.asserts(digest));
  };
  const auto taken = [](const VisitAnswer& answer) {
    return answer && std::get<SendOutcome>(*answer).delivery == link::Delivery::kConfirmed;
  };
  // What is honest comes first: the implant delivers what a physician has asserted.
  const Running shelf = clinic.read();
  const link::OrderBytes first = clinic.order(shelf, 1);
  const SigningAnswer signed_first = clinic.sign(asserted(shelf, first));
  if (!signed_first) throw std::runtime_error(signed_first.error().message);
  SendOrder implanting = ClinicArena::sending(shelf, first, *signed_first, 1);
  implanting.bedside.filled = arena.scenario().first_volume;
  if (!taken(clinic.hand_over(implanting))) throw std::runtime_error("the first order was not taken");

  const Running running = clinic.read();
  const link::OrderBytes meant = clinic.order(running, 0.9), evil = clinic.order(running, 0.2);
  const SigningRequest honest = asserted(running, meant);  // passes through the server's hands
  const PasskeyAssertion& assertion = honest.assertions.front();
  link::Key own_secret{}, sign_in{};
  link::Sodium::random(own_secret);
  link::Sodium::random(sign_in);
  SoftwareKey own{PasskeyAlgorithm::kEs256, own_secret};
  const auto digest = link::digest_of<link::Sodium>(evil);

  std::vector<PasskeyAssertion> stolen{assertion};
  stolen.push_back(clinic.asserts(sign_in));  // of a sign-in, over the server's own random challenge
  PasskeyAssertion relabelled = own.assertion(clinic.site(), digest);
  relabelled.credential = assertion.credential;
  stolen.push_back(relabelled);
  PasskeyAssertion rewritten = assertion;  // the browser's words changed, its signature left
  rewritten.client_data = own.assertion(clinic.site(), digest).client_data;
  stolen.push_back(rewritten);
  stolen.push_back(own.assertion(clinic.site(), digest));

  std::size_t signed_for_it = 0;
  SendOrder sending = ClinicArena::sending(running, evil, {}, 2);
  for (const PasskeyAssertion& one : stolen) {
    ++sight.attempted;
    if (const SigningAnswer answer = clinic.sign(ClinicArena::asked(running, evil, one))) {
      ++signed_for_it;
      sending = ClinicArena::sending(running, evil, *answer, 2);
      break;
    }
  }
  // Past the signer: with nothing, then with what was signed for the order that was meant.
  ++sight.attempted;
  bool evil_runs = taken(clinic.hand_over(sending));
  if (!evil_runs) {
    const SigningAnswer for_meant = clinic.sign(honest);
    if (!for_meant) throw std::runtime_error("the honest order: " + for_meant.error().message);
    ++sight.attempted;
    evil_runs = taken(clinic.hand_over(ClinicArena::sending(running, evil, *for_meant, 3)));
    if (!taken(clinic.hand_over(ClinicArena::sending(running, meant, *for_meant, 4))))
      throw std::runtime_error("the honest order was not taken");
    // What was signed before, once more.
    const Running now = clinic.read();
    ++sight.attempted;
    (void)clinic.hand_over(ClinicArena::sending(now, first, *signed_first, 5));
  }
  const Running after = clinic.read();
  const bool as_meant = after.order && link::written(*after.order) == meant;
  sight.broken = evil_runs || !as_meant;
  sight.happened =
      fmt::format("{} of {} requests for another order signed; the implant runs {}", signed_for_it,
                  sight.attempted, as_meant ? "what was asserted" : "what nobody asserted");
  return sight;
}

constexpr std::array kAttacks{
    Attack{"RT-01", "Overhearing", "Halperin 2008 (ICD): telemetry in clear told name, id and therapy",
           "a radio listens to two visits and a scan, and looks for ids, keys, drugs and anything that comes "
           "twice",
           "silence", overhear},
    Attack{"RT-02", "Replay", "Halperin 2008: therapy changed by what was recorded before",
           "every frame of a visit again: in its session, after it, after a reboot", "record counts", replay},
    Attack{"RT-03", "From afar", "Halperin 2008: the radio woke without anybody near",
           "calls with stolen secrets and a good certificate, and without the coil", "coil number",
           from_afar},
    Attack{"RT-04", "The serial number", "Radcliffe 2011: the serial number was the only access control",
           "sessions with whatever stands on the label, a coil included", "pairing secret", serial_number},
    Attack{"RT-05", "Scan", "Jack 2011: pumps answered a broadcast with their id",
           "frames of every type and length, while somebody's coil is near", "silence", scan},
    Attack{"RT-06", "Beyond the role", "Jack 2012: hidden functions without authorisation",
           "a nurse's session asks for what is a physician's, a patient's and a maker's", "table",
           beyond_the_role},
    Attack{"RT-07", "Transcript of a pairing",
           "Li 2011: a static PIN in clear, and whoever heard it was the remote",
           "secrets made of everything that was overheard of three pairings, with a coil", "gate",
           transcript},
    Attack{"RT-08", "Little by little", "Hei: chronic small excess inside of the limits",
           "a programmer raises the dose with one signature, at once and little by little in one visit",
           "largest rise", little_by_little},
    Attack{"RT-09", "Fuzz from capture", "Marin 2016: a proprietary protocol turned round from its frames",
           "frames of two visits, changed and spliced, while a coil is near", "gate", fuzz_from_capture},
    Attack{"RT-11", "The magnet", "Pycroft 2016: blind attacks that stop therapy",
           "anybody's coil asks for less, again and again, in a patient whose withdrawal is dangerous",
           "floor", magnet},
    Attack{"RT-12", "The patient's link overheard", "Rapid7 2016 (CVE-2016-5084): the remote spoke in clear",
           "a radio listens to two visits of the patient's own programmer and a scan", "silence",
           overhear_patient},
    Attack{"RT-13", "Pairing keys that repeat", "CVE-2016-5085: each pairing gave the same key",
           "one implant paired 40 times: shares and numbers of the coil held against each other",
           "random numbers", pairing_keys},
    Attack{"RT-14", "Forged acknowledgements", "CVE-2016-5086: any answer was believed",
           "between the patient's programmer and the implant: answers turned and made up", "sealed answers",
           forged_answers},
    Attack{"RT-14", "Late requests", "CVE-2016-5086: commands had no numbers",
           "requests kept back, answered with what was heard before, and let through, with a coil, once the "
           "patient knows",
           "settling", late_requests},
    Attack{"RT-16", "Downgrade", "ICSMA-19-178-01: what was there before authentication could not go",
           "calls in other versions and suites, with the card and a coil", "prologue", downgrade},
    Attack{"RT-17", "An attacker at the pairing",
           "CVE-2022-32537: whoever was there when it was paired had it all",
           "calls from the radio, with what stands on the pack, while the clinic's coil lies there",
           "coil number,pairing secret", at_the_pairing},
    Attack{"RT-19", "A hostile patient's programmer", "SOOIL Dana RS: checks on the client's side",
           "a patched patient's programmer asks for everything, and for 20 doses at once", "table",
           hostile_patient},
    Attack{"RT-36", "Garbage", "SweynTooth: crashes and dead-locks in the radio's own software",
           "garbage as fast as it goes, and the motor's steps counted meanwhile", "delivery apart", garbage},
    Attack{"RT-38", "Denial of sleep", "Siddiqi 2019: endless authentication requests",
           "junk calls while a coil is near; then the true programmer", "back-off", denial_of_sleep},
    Attack{"RT-40", "A stolen programmer", "WhiteScope 2017: second-hand programmers are master keys",
           "secret and coil are right, the certificate is over", "certificate life", stolen_programmer},
    Attack{"RT-40", "A revoked programmer", "WhiteScope 2017",
           "the certificate is good for hours still, and the clinic has raised the epoch", "epoch",
           revoked_programmer},
    Attack{"RT-40", "Signatures in a stolen programmer", "WhiteScope 2017",
           "the certificate counts, and the clinic's share and signature of the pairing lie beside it",
           "session of a secret", found_signature},
    Attack{"RT-42", "Rollback", "update frameworks: signed, but old",
           "the order before the last, with all its signatures", "numbers", old_order},
    Attack{"RT-21", "Home monitor", "CVE-2019-6540", "", "", nullptr, "the clinic's server"},
    Attack{"RT-22", "Data on a lost programmer", "CVE-2018-8849", "", "", nullptr, "the clinic's programmer"},
    Attack{"RT-27", "Update swapped between check and use", "ICSMA-20-345-01", "", "", nullptr,
           "the implant's own tests hold it so far"},
    Attack{"RT-30", "The server is the attacker's",
           "FDA 2015 (Symbiq): the dose could be changed over the hospital's network",
           "another order with every assertion, signature and pass that went through the server's hands, at "
           "the signer's socket and at the gateway's",
           "assertion", server_taken},
    Attack{"RT-31", "The radio's software writes therapy", "ICSMA-17-250-02", "", "", nullptr,
           "the firmware image"},
};

}  // namespace

std::span<const Attack> attacks() { return kAttacks; }

std::string_view name_of(AttackOutcome outcome) {
  switch (outcome) {
    case AttackOutcome::kHeld:
      return "held";
    case AttackOutcome::kBroken:
      return "broken";
    case AttackOutcome::kPending:
      return "pending";
  }
  return "";
}

AttackResult play(const Attack& attack, const RedTeam& team) {
  AttackResult result{
      .attack = &attack, .sight = {}, .outcome = AttackOutcome::kPending, .control = {}, .trouble = {}};
  if (attack.play == nullptr) return result;
  const auto once = [&](bool weak) {
    Arena arena{team, weak, weak ? attack.without : std::string_view{}};
    return attack.play(arena);
  };
  try {
    result.sight = once(false);
    result.outcome = result.sight.broken ? AttackOutcome::kBroken : AttackOutcome::kHeld;
    if (team.controls) result.control = once(true);
  } catch (const std::exception& error) {
    result.trouble = error.what();
    result.outcome = AttackOutcome::kPending;
  }
  return result;
}

}  // namespace theca::verify
