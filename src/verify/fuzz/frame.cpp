#include "verify/fuzz/frame.hpp"

#include "verify/fuzz/targets.hpp"

namespace theca::fuzz {

void frame(Bytes data) {
  Script script{data};
  const std::size_t piece = 1 + std::size_t{script.byte()};
  const Bytes rest = script.bytes(data.size());
  frame_holds(rest, link::frame_of);
  stream_holds<air::FrameStream>(rest, piece);
  if (rest.size() < link::kFrameHead) return;
  // The same as a frame of the type that it names, whose length is right.
  const link::Frame made{static_cast<link::FrameType>(rest[1]), rest.subspan(link::kFrameHead)};
  frame_holds(made.bytes(), link::frame_of);
  for (const Blob& one : frames_of<air::FrameStream>(rest, piece)) frame_holds(one, link::frame_of);
}

}  // namespace theca::fuzz
