#pragma once
/// The air between a programmer and a pump, with somebody in it who can take away what the pump says.

#include <poll.h>

#include <atomic>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "air/socket.hpp"

namespace theca::example {

class Relay {
 public:
  /// At `at`, for the pump at `pump_at`; both FOLDER/NAME.
  Relay(const std::string& at, const std::string& pump_at) {
    const auto here = air::parse_address(at), there = air::parse_address(pump_at);
    if (!here || !there) throw std::runtime_error("no addresses");
    radio_ = {must(air::listen_at(here->radio)), there->radio, {}};
    coil_ = {must(air::listen_at(here->coil)), there->coil, {}};
    thread_ = std::jthread{[this](const std::stop_token& stop) {
      while (!stop.stop_requested()) turn();
    }};
  }

  /// So many frames of the pump's radio come through from now on; then whoever listens is cut off, once.
  void cut_after(int frames) { left_ = frames; }
  /// Has somebody been?
  [[nodiscard]] bool has_cut() const { return left_ == kNever; }
  static constexpr int kNever = -1;

 private:
  struct Pair {
    air::Socket programmer, pump;
    air::FrameStream stream;  // from the pump
  };
  struct Side {
    air::Socket listener;
    air::Endpoint pump;
    std::vector<Pair> pairs;
  };
  static air::Socket must(std::expected<air::Socket, std::string> socket) {
    if (!socket) throw std::runtime_error(socket.error());
    return std::move(*socket);
  }

  void turn() {
    std::vector<pollfd> polled;
    for (Side* side : {&radio_, &coil_}) {
      polled.push_back({side->listener.fd(), POLLIN, 0});
      for (Pair& pair : side->pairs) {
        polled.push_back({pair.programmer.fd(), POLLIN, 0});
        polled.push_back({pair.pump.fd(), POLLIN, 0});
      }
    }
    ::poll(polled.data(), polled.size(), 20);
    for (Side* side : {&radio_, &coil_}) {
      for (;;) {
        air::Socket programmer = air::accept_from(side->listener);
        if (!programmer.open()) break;
        auto pump = air::connect_to(side->pump);
        if (pump) side->pairs.push_back({std::move(programmer), std::move(*pump), {}});
      }
      for (Pair& pair : side->pairs) carry(pair, side == &radio_);
      std::erase_if(side->pairs,
                    [](const Pair& pair) { return !pair.programmer.open() || !pair.pump.open(); });
    }
  }
  void carry(Pair& pair, bool radio) {
    if (const auto bytes = pair.programmer.receive(); !bytes.empty()) pair.pump.send(bytes);
    pair.stream.add(pair.pump.receive());
    while (const auto frame = pair.stream.next()) {
      if (radio && left_ == 0) {
        left_ = kNever;
        pair.programmer = air::Socket{};
        return;
      }
      if (radio && left_ > 0) --left_;
      pair.programmer.send(*frame);
    }
  }

  Side radio_, coil_;
  std::atomic<int> left_ = kNever;
  std::jthread thread_;
};

}  // namespace theca::example
