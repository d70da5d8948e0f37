#include "air/hub.hpp"

#include <poll.h>

#include <algorithm>

namespace theca::air {

std::expected<Hub, std::string> Hub::listen(const Address& address) {
  auto radio = listen_at(address.radio);
  if (!radio) return std::unexpected(radio.error());
  auto coil = listen_at(address.coil);
  if (!coil) return std::unexpected(coil.error());
  return Hub{std::move(*radio), std::move(*coil)};
}

void Hub::serve(int wait_ms, const Ears& ears) {
  std::vector<pollfd> polled{{radio_.fd(), POLLIN, 0}, {coil_.fd(), POLLIN, 0}};
  for (const auto* peers : {&radios_, &coils_}) {
    for (const Peer& peer : *peers) polled.push_back({peer.socket.fd(), POLLIN, 0});
  }
  if (::poll(polled.data(), polled.size(), wait_ms) <= 0) return;

  const auto come_in = [](const Socket& listener, std::vector<Peer>& peers) {
    for (;;) {
      Socket socket = accept_from(listener);
      if (!socket.open()) return;
      if (peers.size() < kMostPeers) peers.push_back({std::move(socket), {}});
    }
  };
  const auto gone = [](std::vector<Peer>& peers) {
    std::erase_if(peers, [](const Peer& peer) { return !peer.socket.open(); });
  };

  const bool was_near = near();
  const std::size_t coils = coils_.size();
  come_in(coil_, coils_);
  for (Peer& peer : coils_) peer.stream.add(peer.socket.receive());
  if (coils_.size() > coils) {  // another coil is another field, also when the one before goes in the same moment
    if (was_near) ears.field(false);
    ears.field(true);
  }
  for (Peer& peer : coils_) {
    while (const auto frame = peer.stream.next()) ears.coil(*frame);
  }
  gone(coils_);
  if (!near() && was_near) ears.field(false);

  come_in(radio_, radios_);
  for (std::size_t i = 0; i < radios_.size(); ++i) {
    radios_[i].stream.add(radios_[i].socket.receive());
    while (const auto frame = radios_[i].stream.next()) {
      for (std::size_t other = 0; other < radios_.size(); ++other) {
        if (other != i) radios_[other].socket.send(*frame);
      }
      ears.radio(*frame);
    }
  }
  gone(radios_);
}

void Hub::send_radio(link::Bytes frame) {
  for (Peer& peer : radios_) peer.socket.send(frame);
}

void Hub::send_coil(link::Bytes frame) {
  for (Peer& peer : coils_) peer.socket.send(frame);
}

}  // namespace theca::air
