#include "air/socket_line.hpp"

#include <poll.h>

#include <algorithm>

#include "link/sodium.hpp"

namespace theca::air {

std::expected<SocketLine, std::string> SocketLine::reach(const Address& address, bool near) {
  auto radio = connect_to(address.radio);
  if (!radio) return std::unexpected(radio.error());
  if (!near) return SocketLine{std::move(*radio), Socket{}};
  auto coil = connect_to(address.coil);
  if (!coil) return std::unexpected(coil.error());
  return SocketLine{std::move(*radio), std::move(*coil)};
}

Instant SocketLine::now() const {
  using std::chrono::duration_cast;
  return Instant{duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start_).count()};
}

link::Key SocketLine::random() {
  link::Key key{};
  link::Sodium::random(key);
  return key;
}

std::optional<link::Frame> SocketLine::next(Socket& socket, FrameStream& stream, Duration patience) {
  const Instant until = now() + patience;
  for (;;) {
    if (const auto bytes = stream.next()) {
      const auto view = link::frame_of(*bytes);
      if (view) return link::Frame{view->type, view->body};
      continue;
    }
    const Duration left = until - now();
    if (!socket.open() || left.raw() < 0) return std::nullopt;
    pollfd polled{socket.fd(), POLLIN, 0};
    if (::poll(&polled, 1, static_cast<int>(left.raw())) > 0) stream.add(socket.receive());
    if (left.raw() == 0) return std::nullopt;
  }
}

std::optional<link::Frame> SocketLine::radio(Duration patience) {
  return next(radio_, radio_stream_, patience);
}

std::optional<link::NearFieldNonce> SocketLine::number(Duration patience) {
  std::optional<link::NearFieldNonce> newest;
  for (;;) {
    // once there is one, only what has come already
    const auto frame = next(coil_, coil_stream_, newest ? Duration{} : patience);
    if (!frame) return newest;
    link::NearFieldNonce number{};
    if (frame->type() != link::FrameType::kNonce || frame->body().size() != number.size()) continue;
    std::ranges::copy(frame->body(), number.begin());
    newest = number;
  }
}

}  // namespace theca::air
