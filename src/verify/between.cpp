#include "verify/between.hpp"

#include <poll.h>

#include <array>
#include <stdexcept>

namespace theca::verify {
namespace {

constexpr int kLookEvery_ms = 20;

void send_all(air::Socket& socket, const std::vector<RadioFrame>& frames) {
  for (const RadioFrame& frame : frames) socket.send(frame);
}

}  // namespace

Between::Between(const air::Address& implant, const std::filesystem::path& folder)
    : implant_(implant.radio), at_((folder / "between").string()) {
  const air::Address own = *air::parse_address(at_);
  std::filesystem::create_symlink(implant.coil.path, own.coil.path);
  auto listener = air::listen_at(own.radio);
  if (!listener) throw std::runtime_error(listener.error());
  listener_ = std::move(*listener);
  thread_ = std::jthread{[this](const std::stop_token& over) { stand(over); }};
}

void Between::touch(Touch touch) {
  const std::scoped_lock lock{mutex_};
  touch_ = std::move(touch);
}

std::vector<RadioFrame> Between::heard() {
  const std::scoped_lock lock{mutex_};
  return heard_;
}

/// One programmer at a time.
void Between::stand(const std::stop_token& over) {
  Side programmer, implant;
  while (!over.stop_requested()) {
    if (!programmer.socket.open() || !implant.socket.open()) {
      programmer = {};
      implant = {};
      programmer.socket = air::accept_from(listener_);
      if (programmer.socket.open()) {
        if (auto reached = air::connect_to(implant_)) implant.socket = std::move(*reached);
      }
    }
    std::array<pollfd, 3> polled{
        {{listener_.fd(), POLLIN, 0}, {programmer.socket.fd(), POLLIN, 0}, {implant.socket.fd(), POLLIN, 0}}};
    const bool speaks = programmer.socket.open() && implant.socket.open();
    ::poll(speaks ? &polled[1] : polled.data(), speaks ? 2 : 1, kLookEvery_ms);
    if (!speaks) continue;
    carry(programmer, implant, false);
    carry(implant, programmer, true);
  }
}

void Between::carry(Side& from, Side& to, bool from_implant) {
  from.stream.add(from.socket.receive());
  while (const auto frame = from.stream.next()) {
    const std::scoped_lock lock{mutex_};
    if (from_implant) heard_.push_back(*frame);
    const Passed passed = touch_ ? touch_(*frame, from_implant) : Passed{{*frame}, {}};
    send_all(to.socket, passed.on);
    send_all(from.socket, passed.back);
  }
}

}  // namespace theca::verify
