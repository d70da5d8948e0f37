#pragma once
/// An implant on the bench with a motor that obeys, a clinic with its people, and the air between them.

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "implant/sodium_implant.hpp"
#include "link/dialogue.hpp"
#include "link/sodium_issue.hpp"
#include "pump/flash_model.hpp"
#include "therapy/prescription_testing.hpp"

namespace theca::example {

using link::Sodium;

/// Different numbers for ever, the same for the same seed.
class SeededRandom final : public RandomSource {
 public:
  explicit SeededRandom(std::uint8_t seed) { key_.fill(seed); }
  bool fill(std::span<std::uint8_t> room) override {
    if (stuck) {
      std::ranges::fill(room, std::uint8_t{0x5A});
      return true;
    }
    if (broken) return false;
    for (std::size_t at = 0; at < room.size(); at += 32) {
      const link::Key block = next();
      std::copy_n(block.begin(), std::min<std::size_t>(32, room.size() - at),
                  room.begin() + static_cast<std::ptrdiff_t>(at));
    }
    return true;
  }
  link::Key next() {
    ++count_;
    std::array<std::uint8_t, 8> bytes{};
    for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(count_ >> (8 * i));
    const std::array<link::Bytes, 1> parts{link::Bytes{bytes}};
    return Sodium::hmac(key_, parts);
  }
  bool stuck = false, broken = false;

 private:
  link::Key key_{};
  std::uint64_t count_ = 0;
};

/// Secret halves of a vendor's three keys; the implant knows the public ones.
inline link::Key vendor_seed(std::uint8_t which) {
  link::Key seed;
  seed.fill(static_cast<std::uint8_t>(0xE0 + which));
  return seed;
}
inline link::Vendor a_vendor() {
  link::Vendor vendor;
  vendor.device_class = 7;
  for (std::uint8_t i = 0; i < link::kVendorKeys; ++i)
    vendor.keys[i] = Sodium::signing_public_of(vendor_seed(i));
  return vendor;
}

inline constexpr std::int64_t kSummer2026 = 1'782'000'000;  // UTC seconds

/// Somebody with a key of his own.
struct Person {
  link::Key secret{};  // of sessions, or the seed of a signer
  std::array<std::uint8_t, link::kCertificateBytes> certificate{};
};

struct Clinic {
  link::Key seed{};
  SeededRandom random{200};
  std::uint32_t epoch = 0;
  std::uint32_t next_serial = 100;
  std::int64_t ahead_s = 0;  // of its clock
  link::ShortId implant{};

  Clinic() { seed.fill(77); }
  [[nodiscard]] link::Key key() const { return Sodium::signing_public_of(seed); }
  link::Pair pairing(const link::NearFieldNonce& number) {
    return link::signed_pair(seed, implant, random.next(), number);
  }

  Person speaker(Role role, bool any_implant = false) {
    Person person;
    person.secret = random.next();
    person.certificate = certificate(role, link::kMaySpeak, Sodium::public_of(person.secret), any_implant);
    return person;
  }
  Person signer(Role role = Role::kPhysician) {
    Person person;
    person.secret = random.next();
    person.certificate = certificate(role, link::kMaySign, Sodium::signing_public_of(person.secret), false);
    return person;
  }
  std::array<std::uint8_t, link::kCertificateBytes> certificate(Role role, std::uint32_t capabilities,
                                                                const link::Key& subject, bool any_implant) {
    link::RoleCertificate draft;
    draft.role = role;
    draft.capabilities = capabilities;
    if (!any_implant) draft.implant = implant;
    draft.epoch = epoch;
    draft.not_before = static_cast<std::uint32_t>(kSummer2026 + ahead_s);
    draft.not_after = draft.not_before + 86'400;
    draft.serial = next_serial++;
    return link::written(link::issue(seed, draft, subject));
  }
};

/// The implant, its memory and its motor; time passes when it is told to.
class Bench {
 public:
  explicit Bench(std::uint8_t seed = 1, const PumpModel& model = kRoller,
                 const std::function<void(SeededRandom&)>& at_first = {})
      : model_(model), random(seed), flash_(std::make_unique<FlashModel>()) {
    if (at_first) at_first(random);
    boot({});
  }
  Bench(const Bench&) = delete;
  /// The same memory in another implant, which starts with the clock and the count of the first.
  Bench(const Bench& first, std::uint8_t seed)
      : model_(first.model_), random(seed), flash_(first.flash_->clone()) {
    PowerReturn power;
    power.reading = first.reading();
    power.kept = true;
    boot(power);
  }

  Implant<Sodium>& implant() { return *implant_; }
  [[nodiscard]] const StoredPump& stored() const { return implant_->stored(); }
  [[nodiscard]] const Pump& pump() const { return implant_->stored().pump(); }
  FlashModel& flash() { return *flash_; }
  [[nodiscard]] Instant now() const { return now_; }

  /// Power goes and is back, at once unless said; the clock and the count went on, or did not.
  void reboot(bool kept = true, Duration off = {}) {
    stop_motor();
    now_ = now_ + off;
    PowerReturn power;
    power.reading = reading();
    power.kept = kept;
    flash_->power_on();
    boot(power);
    field_ = false;
  }
  void pass(Duration time) {
    const Instant until = now_ + time;
    while (implant_->stored().next_wake() <= until) {
      now_ = std::max(now_, implant_->stored().next_wake());
      call([&](Effects& out, Air&) { implant_->stored().wake(reading(), out); });
    }
    now_ = until;
    call([&](Effects& out, Air& air) { implant_->look(reading(), out, air); });
  }

  /// The board has tested itself after a start.
  void self_tested(bool passed) {
    call([&](Effects& out, Air&) { implant_->self_tested(reading(), passed, out); });
  }
  [[nodiscard]] link::Program running() const { return running_program_; }
  /// What the motor has made.
  [[nodiscard]] std::int64_t steps() const { return reading().reported; }

  /// The motor has made so many steps that nobody commanded.
  void run_away(std::int64_t steps) { before_ += steps; }
  /// A bit turns in both copies of one record of the pump's newest generation.
  void spoil(RecordId id) {
    Store store{*flash_};
    if (store.find() != Store::Found::kState) throw std::logic_error("no generation");
    for (std::size_t copy = 0; copy < kCopies; ++copy)
      for (std::uint32_t bit = 0; bit < 3; ++bit)
        flash_->flip(store.copy(copy)[static_cast<std::size_t>(id)]->first + 1, static_cast<int>(7 * bit));
  }
  /// A bit turns in both pages of both places of a twin.
  void spoil_pages(std::uint32_t first_page) {
    for (std::uint32_t page = 0; page < 4; ++page) flash_->flip(word_of_page(first_page + page) + 2, 5);
  }
  /// Everything that stands in the journal.
  [[nodiscard]] std::vector<Event> journal() const {
    std::vector<Event> told;
    const Journal& journal = stored().journal();
    if (!journal.any()) return told;
    for (std::uint32_t page = journal.oldest_page(); page <= journal.newest_page(); ++page) {
      for (std::uint32_t place = 0; place < kEntriesPerPage; ++place) {
        if (const auto entry = journal.read(page, place)) told.push_back(entry->event);
      }
    }
    return told;
  }
  [[nodiscard]] std::optional<Event> newest_change() const {
    std::optional<Event> newest;
    for (const Event& event : journal())
      if (event.code == EventCode::kChangeTaken) newest = event;
    return newest;
  }

  // ---- the air ------------------------------------------------------------------------------------------
  std::deque<link::Frame> heard;                  // by whoever listens to the radio
  std::deque<link::NearFieldNonce> numbers;       // by whoever holds the coil
  std::vector<std::vector<std::uint8_t>> to_air;  // everything that was ever sent to the implant
  std::vector<std::vector<std::uint8_t>> from_air;

  void near(bool there) {
    field_ = there;
    call([&](Effects& out, Air& air) { implant_->field(reading(), there, out, air); });
  }
  /// Something said by coil; what comes back by coil.
  std::optional<link::Frame> by_coil(link::Bytes frame) {
    told_by_coil_.reset();
    call([&](Effects& out, Air& air) { implant_->coil(reading(), frame, out, air); });
    return told_by_coil_;
  }
  [[nodiscard]] bool is_near() const { return field_; }
  void transmit(link::Bytes frame) {
    to_air.emplace_back(frame.begin(), frame.end());
    call([&](Effects& out, Air& air) { implant_->radio(reading(), frame, out, air); });
  }
  std::vector<Event> events;

 private:
  template <class F>
  void call(F&& f) {
    Effects out;
    Air air;
    f(out, air);
    carry_out(out);
    for (const Event& event : out.events()) events.push_back(event);
    if (air.radio) {
      heard.push_back(*air.radio);
      const auto bytes = air.radio->bytes();
      from_air.emplace_back(bytes.begin(), bytes.end());
    }
    if (air.coil && air.coil->type() == link::FrameType::kTold) {
      told_by_coil_ = *air.coil;
    } else if (air.coil) {
      link::NearFieldNonce number{};
      std::copy_n(air.coil->body().begin(), number.size(), number.begin());
      numbers.push_back(number);
    }
  }
  void boot(const PowerReturn& power) {
    running_program_ = boot_stage<Sodium>(*flash_, vendor_);
    implant_.emplace(model_, *flash_, random, vendor_, running_program_);
    Effects out;
    const MotorReading from = implant_->boot(power, out);
    now_ = from.now;
    before_ = from.reported;
    carry_out(out);
    for (const Event& event : out.events()) events.push_back(event);
  }
  [[nodiscard]] MotorReading reading() const {
    return {now_, before_ + (running_ ? train_.made_by(now_) : 0)};
  }
  void stop_motor() {
    before_ = reading().reported;
    running_ = false;
  }
  void carry_out(const Effects& out) {
    if (out.motor == MotorOrder::kNone) return;
    stop_motor();
    if (out.motor != MotorOrder::kRun) return;
    train_ = out.train;
    running_ = true;
  }

  PumpModel model_;
  link::Vendor vendor_ = a_vendor();
  link::Program running_program_ = link::Program::kMade;

 public:
  SeededRandom random;

 private:
  std::unique_ptr<FlashModel> flash_;
  std::optional<Implant<Sodium>> implant_;
  Instant now_;
  std::int64_t before_ = 0;
  bool running_ = false;
  Train train_;
  bool field_ = false;
  std::optional<link::Frame> told_by_coil_;
};

/// The way between a programmer and the implant on the bench. `lose` may swallow a frame either way.
class BenchLine {
 public:
  explicit BenchLine(Bench& bench, std::uint8_t seed = 9) : bench_(bench), random_(seed) {}
  std::function<bool(link::Bytes, bool to_implant)> lose;  // true: it does not arrive

  void send(link::Bytes frame) {
    if (lose && lose(frame, true)) return;
    bench_.transmit(frame);
  }
  std::optional<link::Frame> radio(Duration patience) {
    while (!bench_.heard.empty()) {
      const link::Frame frame = bench_.heard.front();
      bench_.heard.pop_front();
      if (!lose || !lose(frame.bytes(), false)) return frame;
    }
    bench_.pass(patience);
    return std::nullopt;
  }
  std::optional<link::NearFieldNonce> number(Duration patience) {
    if (bench_.numbers.empty()) {
      bench_.pass(patience);
      if (bench_.numbers.empty()) return std::nullopt;
    }
    const auto number = bench_.numbers.back();
    bench_.numbers.clear();
    return number;
  }
  [[nodiscard]] Instant now() const { return bench_.now(); }
  link::Key random() { return random_.next(); }

 private:
  Bench& bench_;
  SeededRandom random_;
};

using Talk = link::Dialogue<Sodium, BenchLine>;

/// The whole of it: an implant that a clinic has paired with, and its physician.
class Practice {
 public:
  explicit Practice(std::uint8_t seed = 1) : bench(seed), line(bench, static_cast<std::uint8_t>(seed + 50)) {
    clinic.implant = bench.implant().id();
    physician = clinic.speaker(Role::kPhysician);
    nurse = clinic.speaker(Role::kNurse);
    patient = clinic.speaker(Role::kPatient);
    service = clinic.speaker(Role::kService);
    signer = clinic.signer();
    second = clinic.signer();
  }

  /// The same people around a copy of the implant that has just started.
  Practice(const Practice& first, std::uint8_t seed)
      : bench(first.bench, seed), line(bench, static_cast<std::uint8_t>(seed + 50)) {
    clinic.seed = first.clinic.seed;
    clinic.epoch = first.clinic.epoch;
    clinic.implant = first.clinic.implant;
    for (const auto person : {&Practice::physician, &Practice::nurse, &Practice::patient, &Practice::service,
                              &Practice::signer, &Practice::second})
      this->*person = first.*person;
    clinic_secret = first.clinic_secret;
    patient_secret = first.patient_secret;
    intent = first.intent;
  }

  [[nodiscard]] link::CallerKeys card_keys() {
    link::CallerKeys keys;
    keys.secret = clinic.random.next();
    keys.implant = bench.implant().public_key();
    keys.pairing = bench.implant().card();
    return keys;
  }
  [[nodiscard]] link::CallerKeys keys_of(const Person& person, const link::Key& pairing) {
    return {person.secret, person.certificate, bench.implant().public_key(), pairing};
  }
  /// A session of this person, the coil held to the patient.
  std::unique_ptr<Talk> talk(const link::CallerKeys& keys) {
    if (bench.is_near()) bench.near(false);
    bench.numbers.clear();
    bench.heard.clear();
    bench.near(true);
    auto talk = std::make_unique<Talk>(keys, line);
    if (!talk->open()) return nullptr;
    return talk;
  }
  std::unique_ptr<Talk> as(const Person& person) {
    return talk(keys_of(person, &person == &patient ? patient_secret : clinic_secret));
  }

  void pair() {
    auto card = talk(card_keys());
    if (!card) throw std::runtime_error("no session with the card");
    const link::Pair ask = clinic.pairing(card->number());
    const auto reply = card->ask(ask);
    if (!reply || !*reply) throw std::runtime_error("not paired");
    clinic_secret = link::paired_secret<Sodium>(ask.share, (*reply)->share, link::SecretFor::kClinic);
    auto first = as(physician);
    if (!first) throw std::runtime_error("no session with the clinic's secret");
    link::PairPatient own;
    own.share = clinic.random.next();
    const auto patients = first->ask(own);
    if (!patients || !*patients) throw std::runtime_error("the patient's programmer was not paired");
    patient_secret = link::paired_secret<Sodium>(own.share, (*patients)->share, link::SecretFor::kPatient);
  }

  /// What comes of a message that makes a secret with the implant.
  template <class M>
  link::Key new_secret(Talk& talk, M message) {
    message.share = clinic.random.next();
    if constexpr (std::is_same_v<M, link::Pair>)
      message = link::signed_pair(clinic.seed, clinic.implant, message.share, talk.number());
    if constexpr (std::is_same_v<M, link::Renew>)
      message = link::signed_renew(clinic.seed, clinic.implant, message.share, talk.number());
    const auto reply = talk.ask(message);
    if (!reply || !*reply) throw std::runtime_error("no new secret");
    return link::paired_secret<Sodium>(message.share, (*reply)->share, M::kSecretFor);
  }
  /// The clinic's promise of the implant to another one.
  link::Transfer promise(const link::Key& heir, std::uint32_t number = 1) {
    link::Transfer transfer;
    transfer.token = {link::kTransferVersion, clinic.implant, link::heir_of<Sodium>(heir), number};
    transfer.signature = link::sign_transfer(clinic.seed, transfer.token);
    return transfer;
  }

  /// An order around a prescription, as the physician would write it now.
  link::Order order(link::OrderKind kind, const Prescription& p) {
    link::Order order;
    order.kind = kind;
    order.implant = clinic.implant;
    order.number = p.number;
    order.parent = bench.stored().order();
    order.author = 7;
    order.issued_utc_s = kSummer2026;
    order.path = kPath;
    order.ceilings = kWidest;
    order.low_alarm = kRoller.low_alarm;
    order.largest_rise_ppm = 200'000;
    order.emergency_hold_s = 4 * 3'600;
    if (kind == link::OrderKind::kImplant) order.path_contents = p.formulation;
    order.prescription = encode(p);
    return order;
  }
  /// Hands it over; the answer to its last block.
  link::Outcome offer(Talk& talk, const link::Order& order, std::vector<Person> signers) {
    return offer(talk, link::written(order), std::move(signers));
  }
  link::Outcome offer(Talk& talk, const link::OrderBytes& bytes, std::vector<Person> signers) {
    digest = link::digest_of<Sodium>(bytes);
    link::Outcome last = told(talk, link::Offer{digest, static_cast<std::uint8_t>(signers.size())});
    for (std::size_t i = 0; i < signers.size(); ++i) {
      link::OfferSignature signature;
      signature.index = static_cast<std::uint8_t>(i);
      signature.certificate = signers[i].certificate;
      signature.key = Sodium::signing_public_of(signers[i].secret);
      signature.signature = link::sign_order(signers[i].secret, digest);
      last = told(talk, signature);
    }
    for (std::size_t i = 0; i < link::kOrderBlocks; ++i)
      last = told(talk, link::OfferBlock{static_cast<std::uint8_t>(i), link::block_of(bytes, i)});
    return last;
  }
  link::Commit commit_of(const link::Order& order) {
    link::Commit commit;
    commit.sequence = bench.stored().sequence();
    commit.intent = ++intent;
    commit.number = order.number;
    commit.digest = link::digest_of<Sodium>(link::written(order));
    if (order.kind == link::OrderKind::kImplant) {
      commit.utc_ms = kSummer2026 * 1'000;
      commit.filled = kRoller.capacity;
    }
    return commit;
  }
  template <class M>
  link::Outcome told(Talk& talk, const M& message) {
    const auto outcome = talk.tell(message);
    if (!outcome) throw std::runtime_error("no answer");
    return *outcome;
  }
  /// A change that knows of all before it.
  template <class M>
  M change(M message = {}) {
    message.sequence = bench.stored().sequence();
    message.intent = ++intent;
    return message;
  }
  /// Offers and commits, by the physician.
  link::Outcome take(link::OrderKind kind, const Prescription& p, std::vector<Person> signers) {
    auto talk = as(physician);
    if (!talk) throw std::runtime_error("no session");
    const link::Order written = order(kind, p);
    const link::Outcome offered = offer(*talk, written, std::move(signers));
    return offered.answer == LinkAnswer::kDone ? told(*talk, commit_of(written)) : offered;
  }
  /// Paired, implanted, delivering.
  void implant(const Prescription& p) {
    pair();
    auto physicians = as(physician);
    const link::Order first = order(link::OrderKind::kImplant, p);
    const link::Outcome offered = offer(*physicians, first, {signer});
    if (offered.answer != LinkAnswer::kDone)
      throw std::runtime_error(std::string{"not offered: "} + row_of(offered.answer).name);
    const link::Outcome done = told(*physicians, commit_of(first));
    if (done.answer != LinkAnswer::kDone)
      throw std::runtime_error(std::string{"not taken: "} + row_of(done.answer).name + ", " +
                               row_of(done.refusal).name);
  }

  Bench bench;
  Clinic clinic;
  BenchLine line;
  Person physician, nurse, patient, service, signer, second;
  link::Key clinic_secret{}, patient_secret{};
  link::Hash digest{};
  std::uint32_t intent = 0;
};

}  // namespace theca::example
