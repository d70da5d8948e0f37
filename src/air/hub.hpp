#pragma once
/// The implant's end of the air. Radio is a room in which everybody hears everybody; the coil reaches only
/// who holds it to the skin.

#include <cstdint>
#include <expected>
#include <functional>
#include <string>
#include <vector>

#include "air/socket.hpp"

namespace theca::air {

class Hub {
 public:
  static std::expected<Hub, std::string> listen(const Address& address);

  struct Ears {
    std::function<void(bool near)> field;  // the first coil is held to the skin; the last is taken away
    std::function<void(link::Bytes frame)> coil;   // a frame was sent by coil
    std::function<void(link::Bytes frame)> radio;  // a frame was sent by somebody
  };
  /// Waits at most `wait_ms` for something to happen, and tells what did.
  void serve(int wait_ms, const Ears& ears);
  void send_radio(link::Bytes frame);
  void send_coil(link::Bytes frame);
  [[nodiscard]] bool near() const { return !coils_.empty(); }
  [[nodiscard]] std::size_t listeners() const { return radios_.size(); }

 private:
  struct Peer {
    Socket socket;
    FrameStream stream;
  };
  Hub(Socket radio, Socket coil) : radio_(std::move(radio)), coil_(std::move(coil)) {}

  static constexpr std::size_t kMostPeers = 64;
  Socket radio_, coil_;
  std::vector<Peer> radios_, coils_;
};

}  // namespace theca::air
