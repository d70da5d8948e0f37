#pragma once
/// What holds of frames, whoever cuts them.

#include "air/socket.hpp"
#include "verify/fuzz/fuzz.hpp"

namespace theca::fuzz {

/// What is accepted is a frame, made again from what was read; what is not is none.
template <class FrameOf>
void frame_holds(Bytes data, FrameOf&& frame_of) {
  using link::FrameType;
  constexpr std::array kTypes{FrameType::kFirst,       FrameType::kSecond, FrameType::kToImplant,
                              FrameType::kFromImplant, FrameType::kNonce,  FrameType::kAsked,
                              FrameType::kTold};
  const bool is_frame = data.size() >= link::kFrameHead && data.size() <= link::kMostFrame &&
                        std::size_t{data[0]} + 1 == data.size() &&
                        std::ranges::find(kTypes, static_cast<FrameType>(data[1])) != kTypes.end();
  const auto seen = frame_of(data);
  hold(seen.has_value() == is_frame, "a frame is what the page says and nothing else");
  if (!seen) return;
  const link::Frame again{seen->type, seen->body};
  hold(same(again.bytes(), data), "the frame made of what was read is the one that came");
  hold(again.type() == seen->type && same(again.body(), seen->body), "it holds what was read");
}

/// The frames of a stream that comes in pieces of this size.
template <class Stream>
std::vector<Blob> frames_of(Bytes data, std::size_t piece) {
  Stream stream;
  std::vector<Blob> frames;
  while (!data.empty()) {
    const Bytes part = data.first(std::min(piece, data.size()));
    data = data.subspan(part.size());
    stream.add(blob(part));
    while (auto frame = stream.next()) frames.push_back(std::move(*frame));
  }
  return frames;
}

/// However a stream is cut it holds the same frames, each as long as it says, none longer than a frame.
template <class Stream>
void stream_holds(Bytes data, std::size_t piece) {
  const auto whole = frames_of<Stream>(data, std::max<std::size_t>(data.size(), 1));
  hold(whole == frames_of<Stream>(data, piece), "the pieces do not matter");
  auto at = data.begin();
  for (const Blob& frame : whole) {
    hold(frame.size() >= link::kFrameHead && frame.size() <= link::kMostFrame, "of a frame's size");
    hold(std::size_t{frame[0]} + 1 == frame.size(), "as long as it says");
    const auto found = std::search(at, data.end(), frame.begin(), frame.end());
    hold(found != data.end(), "as it stands in the stream, in that order");
    at = found + static_cast<std::ptrdiff_t>(frame.size());
  }
}

}  // namespace theca::fuzz
