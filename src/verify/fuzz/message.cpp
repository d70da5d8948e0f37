#include "link/message.hpp"

#include "verify/fuzz/round_trip.hpp"
#include "verify/fuzz/targets.hpp"

namespace theca::fuzz {
namespace {

/// Codes that no record has, for what travels in a handshake.
constexpr std::uint8_t kFirstPayload = 0x7E, kSecondPayload = 0x7F;
/// A tag with this bit: the body is cut or filled up to the message's length.
constexpr std::uint16_t kFits = 0x8000;

template <class M>
void message_holds(const link::MessageView& message) {
  const auto fitted = exactly<link::kWireBytes<M>>(message.body);
  const Bytes body = (message.tag & kFits) != 0 ? Bytes{fitted} : message.body;
  const auto read = reads_back<M>(body);
  if (!read) return;
  if constexpr (link::kWireBytes<M> + link::kMessageHead <= link::kMostPlain) {
    const link::Plain plain{message.code, message.tag, *read};
    const auto again = link::message_of(plain.bytes());
    hold(again && again->code == message.code && again->tag == message.tag && same(again->body, body),
         "a plain text holds what it was made of");
  }
}

}  // namespace

void message(Bytes data) {
  const auto view = link::message_of(data);
  hold(view.has_value() == (data.size() >= link::kMessageHead), "a plain text has a head");
  if (!view) return;
  link::for_each_request([&]<class M>() {
    const auto code = static_cast<std::uint8_t>(M::kOpcode);
    if (view->code == code) message_holds<M>(*view);
    if constexpr (requires { typename M::Reply; }) {
      if (view->code == (code | link::kReplyBit)) message_holds<typename M::Reply>(*view);
    }
  });
  if (view->code == link::kOutcomeByte) message_holds<link::Outcome>(*view);
  if (view->code == kFirstPayload) message_holds<link::FirstPayload>(*view);
  if (view->code == kSecondPayload) message_holds<link::SecondPayload>(*view);
}

}  // namespace theca::fuzz
