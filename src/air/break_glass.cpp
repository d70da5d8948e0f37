#include "air/break_glass.hpp"

#include "air/address.hpp"
#include "link/frame.hpp"

namespace theca {
namespace {

/// Nothing when nothing comes back.
template <class M>
std::optional<link::Frame> by_coil(air::SocketLine& line, const M& message) {
  line.send_coil(link::Frame{link::FrameType::kAsked, link::asking(1, message).bytes()}.bytes());
  const Instant until = line.now() + link::kPatience;
  while (line.now() < until) {
    const auto frame = line.coil(until - line.now());
    if (frame && frame->type() == link::FrameType::kTold) return frame;
  }
  return std::nullopt;
}

template <class Reply>
std::optional<Reply> reply_in(const std::optional<link::Frame>& told) {
  const auto message = told ? link::message_of(told->body()) : std::nullopt;
  return message ? link::read<Reply>(message->body) : std::nullopt;
}

Linked<air::SocketLine> line_to(const Reach& reach) {
  const auto input = [](std::string why) {
    return std::unexpected(LinkFailure{std::move(why), LinkFailure::Kind::kInput});
  };
  const auto address = air::parse_address(reach.to);
  if (!address) return input(address.error());
  if (!reach.near) return std::unexpected(failure_of(link::NoAnswer::kNoField, reach));
  auto line = air::SocketLine::reach(*address, true);
  if (!line) return input(line.error());
  return std::move(*line);
}

}  // namespace

Linked<link::PageReply> look_by_coil(const Reach& reach) {
  auto line = line_to(reach);
  if (!line) return std::unexpected(line.error());
  const auto page = reply_in<link::PageReply>(by_coil(*line, link::ReadPage{}));
  if (!page) return std::unexpected(LinkFailure{"no answer: is there an implant under the coil?"});
  return *page;
}

Linked<Lowered> lower_by_coil(const Reach& reach) {
  auto line = line_to(reach);
  if (!line) return std::unexpected(line.error());
  Lowered out;
  out.outcome = reply_in<link::Outcome>(by_coil(*line, link::Lower{}));
  if (!out.outcome || out.outcome->answer != LinkAnswer::kDone) return out;
  // An implant listens to who has no key once a second.
  const Instant then = line->now() + seconds(1);
  while (line->now() < then) (void)line->coil(then - line->now());
  out.page = reply_in<link::PageReply>(by_coil(*line, link::ReadPage{}));
  return out;
}

}  // namespace theca
