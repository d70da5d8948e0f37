#pragma once
/// A clinic, its people and an implant in a patient, all from fixed keys: what the targets and their seeds
/// speak of.

#include "implant/implant_testing.hpp"
#include "verify/fuzz/fuzz.hpp"

namespace theca::fuzz {

using link::Sodium;

/// A certificate that the clinic has issued, and the key that it is about.
struct Issued {
  std::array<std::uint8_t, link::kCertificateBytes> bytes{};
  link::Key subject{};
};
/// By a clinic of fixed keys: for speaking, for signing, for any implant, of an older epoch, long over.
const std::vector<Issued>& issued();
link::CertificateNow issued_now();

/// An implant's memory with the keys of everybody who may speak to it, and what was said to it.
struct Snapshot {
  std::unique_ptr<FlashModel> memory;
  link::Key public_key{}, card{};
  link::ShortId id{};
  example::Person physician, nurse, patient, service, signer, second;
  link::Key clinic_secret{}, patient_secret{}, clinic_seed{};
  std::vector<Blob> to_implant, from_implant;  // frames, as they went over the air
};
/// As it leaves the factory; in a patient, delivering, after visits of everybody; the same explanted.
enum class Life : std::uint8_t { kFresh, kDelivering, kExplanted };
inline constexpr std::size_t kLives = 3;
const Snapshot& snapshot(Life life);

/// A prescription with a basal flow and boluses that the patient may ask for.
Prescription usual(std::uint32_t number);
/// What the physician of the snapshots would sign for it.
link::Order usual_order(link::OrderKind kind, std::uint32_t number);

/// An implant that goes on from a snapshot, with a motor that obeys. Time passes when it is told to.
template <link::Crypto C>
class Rig {
 public:
  Rig(const FlashModel& memory, std::uint8_t seed) : memory_(memory.clone()), random_(seed) {
    memory_->mirror([this](std::uint32_t address, Word value) { writes.emplace_back(address, value); });
    implant_.emplace(example::kRoller, *memory_, random_);
    Effects out;
    const MotorReading from = implant_->boot({}, out);
    now_ = from.now;
    before_ = from.reported;
    carry_out(out);
  }
  Implant<C>& implant() { return *implant_; }
  [[nodiscard]] const FlashModel& memory() const { return *memory_; }
  [[nodiscard]] Instant now() const { return now_; }

  void pass(Duration time) {
    const Instant until = now_ + time;
    while (implant_->stored().next_wake() <= until) {
      now_ = std::max(now_, implant_->stored().next_wake());
      Effects out;
      implant_->stored().wake(reading(), out);
      carry_out(out);
    }
    now_ = until;
    call([&](Effects& out, Air& air) { implant_->look(reading(), out, air); });
  }
  void field(bool there) {
    near_ = there;
    call([&](Effects& out, Air& air) { implant_->field(reading(), there, out, air); });
  }
  [[nodiscard]] bool near() const { return near_; }
  void radio(Bytes frame) {
    call([&](Effects& out, Air& air) { implant_->radio(reading(), frame, out, air); });
  }
  /// Something said by coil, without a key.
  void coil(Bytes frame) {
    told.reset();
    call([&](Effects& out, Air& air) { implant_->coil(reading(), frame, out, air); });
  }
  std::vector<link::Frame> heard;   // from the implant, by radio
  std::optional<link::Frame> told;  // by coil
  std::optional<link::NearFieldNonce> number;
  std::vector<std::pair<std::uint32_t, Word>> writes;  // to its memory

 private:
  template <class Call>
  void call(Call&& what) {
    Effects out;
    Air air;
    what(out, air);
    carry_out(out);
    if (air.radio) heard.push_back(*air.radio);
    if (!air.coil) return;
    if (air.coil->type() == link::FrameType::kTold) {
      told = air.coil;
    } else {
      number = exactly<sizeof(link::NearFieldNonce)>(air.coil->body());
    }
  }
  [[nodiscard]] MotorReading reading() const {
    return {now_, before_ + (running_ ? train_.made_by(now_) : 0)};
  }
  void carry_out(const Effects& out) {
    if (out.motor == MotorOrder::kNone) return;
    before_ = reading().reported;
    running_ = out.motor == MotorOrder::kRun;
    train_ = out.train;
  }

  std::unique_ptr<FlashModel> memory_;
  example::SeededRandom random_;
  std::optional<Implant<C>> implant_;
  bool near_ = false;
  Instant now_;
  std::int64_t before_ = 0;
  bool running_ = false;
  Train train_;
};

}  // namespace theca::fuzz
