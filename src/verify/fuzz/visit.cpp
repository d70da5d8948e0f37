#include "verify/fuzz/people.hpp"
#include "verify/fuzz/targets.hpp"
#include "verify/stored_pump_access.hpp"

namespace theca::fuzz {
namespace {

using namespace link;

/// A session of somebody who has his keys, and says anything.
class Visit {
 public:
  Visit(const Snapshot& from, Role role)
      : from_(from), role_(role), rig_(*from.memory, 111), caller_(keys(from, role)) {}

  bool open() {
    rig_.field(true);
    if (!rig_.number) return false;
    Key ephemeral;
    ephemeral.fill(3);
    rig_.radio(caller_.call(*rig_.number, ephemeral).bytes());
    if (rig_.heard.empty() || !caller_.opens(rig_.now(), rig_.heard.back().bytes())) return false;
    const auto answer = say(asking(0, Ready{}).bytes());
    return answer && rig_.implant().in_session();
  }

  void deed(Script& script) {
    const std::uint8_t what = script.byte();
    switch (what % 8) {
      case 0:
        return message(script, (what & 0x80) != 0);
      case 1:
        return offer(script, (what & 0x80) != 0);
      case 2:
        return commit(script);
      case 3:
        rig_.pass(Duration{std::int64_t{script.byte()} * 199});
        return;
      case 4: {
        const auto frame = caller_.say(rig_.now(), asking(++tag_, ReadStatus{}));
        if (frame) rig_.radio(changed(frame->bytes(), script));
        return;
      }
      case 5:
        rig_.field((what & 0x80) != 0);
        return;
      case 6:
        if ((what & 0x80) != 0) return coil(script);
        raise_epoch(static_cast<std::uint32_t>(script.number(4)));
        return;
      default:
        if ((what & 0x80) != 0) return (void)open();
        rig_.radio(script.chunk());
        return;
    }
  }

  void holds() {
    const StoredPump& pump = rig_.implant().stored();
    hold(pump.sequence() >= sequence_, "the sequence of changes does not fall");
    const std::uint32_t sequence = pump.sequence(), number = pump.pump().newest_prescription();
    if (role_ != Role::kPhysician) hold(number == number_, "a physician prescribes, and nobody else");
    if (role_ == Role::kService) hold(sequence == sequence_, "service changes nothing");
    if (pump.pump().standstill() == Standstill::kNone)
      hold(pump.pump().prescription().number <= number, "what runs was taken");
    sequence_ = sequence;
  }
  /// Power goes, and everything that was taken is still there; then hours pass.
  void ends() {
    const Paired paired = rig_.implant().paired();
    const std::uint32_t epoch = rig_.implant().epoch();
    Rig<Sodium> again{rig_.memory(), 7};
    hold(again.implant().stored().sequence() == sequence_, "a change outlives power");
    hold(again.implant().paired() == paired && again.implant().epoch() == epoch, "and so do keys");
    rig_.pass(hours(2));
    again.pass(hours(2));
  }

 private:
  static CallerKeys keys(const Snapshot& from, Role role) {
    Key secret;
    secret.fill(5);
    switch (role) {
      case Role::kPhysician:
        return {from.physician.secret, from.physician.certificate, from.public_key, from.clinic_secret};
      case Role::kNurse:
        return {from.nurse.secret, from.nurse.certificate, from.public_key, from.clinic_secret};
      case Role::kService:
        return {from.service.secret, from.service.certificate, from.public_key, from.clinic_secret};
      case Role::kPatient:
        return {from.patient.secret, from.patient.certificate, from.public_key, from.patient_secret};
      default:
        return {secret, {}, from.public_key, from.card};
    }
  }

  std::optional<Blob> say(Bytes text) {
    // Plain holds messages; anything else is said in the same way.
    const auto view = frame_of_text(text);
    if (!view) return std::nullopt;
    const std::size_t heard = rig_.heard.size();
    const bool alive = rig_.implant().in_session();
    rig_.radio(view->bytes());
    if (rig_.heard.size() == heard) {
      // Without the coil's field the link may have no energy left.
      hold(!alive || !rig_.near() || text.size() < kMessageHead || !caller_.open(rig_.now()) ||
               !rig_.implant().in_session(),
           "a question in a session is answered");
      return std::nullopt;
    }
    const auto answer = caller_.hear(rig_.now(), rig_.heard.back().bytes());
    if (!answer) return std::nullopt;
    const auto asked = message_of(text), said = message_of(*answer);
    hold(asked && said && said->tag == asked->tag, "with the tag of the question");
    const bool outcome = said->code == kOutcomeByte;
    hold(outcome || said->code == (asked->code | kReplyBit), "by what was asked");
    if (outcome) {
      const auto told = read<Outcome>(said->body);
      hold(told && static_cast<std::uint8_t>(told->to) == asked->code, "in words that read");
      hold(told->sequence == rig_.implant().stored().sequence(), "with the sequence as it is now");
    }
    return blob(*answer);
  }
  /// Any plain text as a record: the programmer's own way takes only messages that it knows.
  std::optional<Frame> frame_of_text(Bytes text) { return caller_.say(rig_.now(), AnyPlain{text}.plain); }
  /// Anything as a plain text: a message whose fields are these bytes.
  struct AnyPlain {
    template <std::size_t N>
    struct Body {
      std::array<std::uint8_t, N> bytes{};
      template <class Io, class M>
      static constexpr void fields(Io& io, M& m) {
        io.bytes("bytes", "", m.bytes);
      }
    };
    explicit AnyPlain(Bytes text) {
      const auto head = exactly<kMessageHead>(text);
      const Bytes body = text.size() < kMessageHead ? Bytes{} : text.subspan(kMessageHead);
      make(head, body, std::make_index_sequence<kMostPlain - kMessageHead + 1>{});
    }
    Plain plain;

   private:
    template <std::size_t... N>
    void make(const std::array<std::uint8_t, kMessageHead>& head, Bytes body, std::index_sequence<N...>) {
      const auto tag = static_cast<std::uint16_t>(head[1] | head[2] << 8);
      const std::size_t size = std::min(body.size(), kMostPlain - kMessageHead);
      ((size == N ? void(plain = Plain{head[0], tag, Body<N>{exactly<N>(body)}}) : void()), ...);
    }
  };

  /// A message with this code: `fits` gives it the length it should have, and the sequence as it stands.
  void message(Script& script, bool fits) {
    const std::uint8_t code = script.byte();
    Blob text{code, static_cast<std::uint8_t>(++tag_), static_cast<std::uint8_t>(tag_ >> 8)};
    Blob body = blob(script.chunk());
    for_each_request([&]<class M>() {
      if (!fits || static_cast<std::uint8_t>(M::kOpcode) != code) return;
      body.resize(kWireBytes<M>);
      if constexpr (std::is_base_of_v<Change, M>) {
        const std::uint32_t sequence = rig_.implant().stored().sequence();
        for (std::size_t i = 0; i < 4; ++i) body[i] ^= static_cast<std::uint8_t>(sequence >> (8 * i));
      }
    });
    text.insert(text.end(), body.begin(), body.end());
    say(Bytes{text}.first(std::min(text.size(), kMostPlain)));
  }
  /// An order of any content, signed by whom the implant believes: the usual one, with bytes of it changed.
  void offer(Script& script, bool two) {
    const auto kind = static_cast<OrderKind>(script.byte() % 4);
    const StoredPump& pump = rig_.implant().stored();
    Order order = usual_order(kind, pump.pump().newest_prescription() + 1);
    order.parent = pump.order();
    OrderBytes bytes = written(order);
    for (int i = script.byte() % 8; i > 0; --i) {
      const std::size_t at = script.number(2) % bytes.size();
      const Bytes other = script.chunk();
      std::copy_n(other.begin(), std::min(other.size(), bytes.size() - at),
                  bytes.begin() + static_cast<std::ptrdiff_t>(at));
    }
    const Hash digest = digest_of<Sodium>(bytes);
    say(asking(++tag_, Offer{digest, static_cast<std::uint8_t>(two ? 2 : 1)}).bytes());
    const std::array<const example::Person*, 2> people{&from_.signer, &from_.second};
    for (std::uint8_t i = 0; i < (two ? 2 : 1); ++i) {
      OfferSignature signature;
      signature.index = i;
      signature.certificate = people[i]->certificate;
      signature.key = Sodium::signing_public_of(people[i]->secret);
      signature.signature = sign_order(people[i]->secret, digest);
      say(asking(++tag_, signature).bytes());
    }
    for (std::uint8_t i = 0; i < kOrderBlocks; ++i)
      say(asking(++tag_, OfferBlock{i, block_of(bytes, i)}).bytes());
    offered_ = digest;
    offered_number_ = read<Order>(bytes) ? read<Order>(bytes)->number : 0;
  }
  void commit(Script& script) {
    Commit commit;
    commit.sequence = rig_.implant().stored().sequence();
    commit.intent = 1 + script.byte();
    commit.number = offered_number_;
    commit.digest = offered_;
    commit.filled = Volume{static_cast<std::int64_t>(script.number(script.byte() % 5))};
    commit.left_in = Volume{static_cast<std::int64_t>(script.number(script.byte() % 5))};
    commit.aspirated_told = (script.byte() & 1) != 0;
    if (commit.aspirated_told) commit.aspirated = Volume{static_cast<std::int64_t>(script.number(4))};
    commit.utc_ms = static_cast<std::int64_t>(script.number(script.byte() % 9));
    say(asking(++tag_, commit).bytes());
  }
  /// Somebody else, who has a coil and no key.
  void coil(Script& script) {
    const std::uint8_t code = script.byte();
    const Blob text{code, 1, 2};
    const Bytes body = script.chunk();
    Blob whole = text;
    whole.insert(whole.end(), body.begin(), body.end());
    const std::uint32_t sequence = rig_.implant().stored().sequence();
    const auto paired = rig_.implant().paired();
    rig_.coil(Frame{FrameType::kAsked, whole}.bytes());
    hold(rig_.implant().stored().sequence() == sequence && rig_.implant().paired() == paired,
         "nobody without a key makes a change that counts as one");
    if (!rig_.told) return;
    const auto view = frame_of(rig_.told->bytes());
    const auto said = view ? message_of(view->body) : std::nullopt;
    hold(said && said->tag == 0x0201, "with the tag of the question");
    if (said->code == kOutcomeByte) {
      const auto outcome = read<Outcome>(said->body);
      hold(outcome.has_value(), "in words that read");
      hold(outcome->answer != LinkAnswer::kDone || code == static_cast<std::uint8_t>(Opcode::kLower),
           "break-glass is all that is done for him");
    } else {
      hold(said->code == (static_cast<std::uint8_t>(Opcode::kReadPage) | kReplyBit) &&
               read<PageReply>(said->body).has_value(),
           "and one page is all that he is told");
    }
  }
  void raise_epoch(std::uint32_t epoch) {
    const EpochStatement statement{epoch, 0, rig_.implant().id(), {}};
    say(asking(++tag_, RaiseEpoch{statement, sign_epoch(from_.clinic_seed, statement)}).bytes());
  }

  const Snapshot& from_;
  Role role_;
  Rig<Sodium> rig_;
  Caller<Sodium> caller_;
  std::uint16_t tag_ = 0;
  Hash offered_{};
  std::uint32_t offered_number_ = 0;
  std::uint32_t sequence_ = rig_.implant().stored().sequence();
  const std::uint32_t number_ = rig_.implant().stored().pump().newest_prescription();
};

}  // namespace

void visit(Bytes data) {
  constexpr int kMostDeeds = 24;
  constexpr std::array kWho{Role::kPhysician, Role::kNurse, Role::kPatient, Role::kService,
                            Role::kCardHolder};
  Script script{data};
  const std::uint8_t who = script.byte();
  const Role role = kWho[who % kWho.size()];
  const Life life = role == Role::kCardHolder ? Life::kFresh
                    : (who & 0x80) != 0       ? Life::kExplanted
                                              : Life::kDelivering;
  Visit visit{snapshot(life), role};
  hold(visit.open(), "who has his keys is let in");
  for (int i = 0; i < kMostDeeds && script.any(); ++i) {
    visit.deed(script);
    visit.holds();
  }
  visit.ends();
}

}  // namespace theca::fuzz
