#pragma once
/// The programmer's end of the air: what a link::Dialogue speaks through.

#include <chrono>
#include <expected>
#include <optional>
#include <string>

#include "air/socket.hpp"
#include "link/wake_gate.hpp"

namespace theca::air {

class SocketLine {
 public:
  /// `near`: the coil is held to the skin as well.
  static std::expected<SocketLine, std::string> reach(const Address& address, bool near);

  void send(link::Bytes frame) { radio_.send(frame); }
  std::optional<link::Frame> radio(Duration patience);
  std::optional<link::NearFieldNonce> number(Duration patience);
  [[nodiscard]] Instant now() const;
  link::Key random();

  /// By coil, without a key, and what comes back.
  void send_coil(link::Bytes frame) { coil_.send(frame); }
  std::optional<link::Frame> coil(Duration patience) { return next(coil_, coil_stream_, patience); }

  /// The sockets are there still.
  [[nodiscard]] bool open() const { return radio_.open(); }

 private:
  SocketLine(Socket radio, Socket coil) : radio_(std::move(radio)), coil_(std::move(coil)) {}
  /// The next frame of a stream within this time.
  std::optional<link::Frame> next(Socket& socket, FrameStream& stream, Duration patience);

  Socket radio_, coil_;
  FrameStream radio_stream_, coil_stream_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace theca::air
