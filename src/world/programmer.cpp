#include "world/programmer.hpp"

#include <algorithm>
#include <utility>

namespace theca {

void Line::hold() {
  heard_.clear();
  number_.reset();
  if (held_ || ether_ != nullptr) carry(device_.coil(false));
  held_ = true;
  carry(device_.coil(true));
}

void Line::let_go() {
  if (!held_) return;
  held_ = false;
  carry(device_.coil(false));
}

void Line::send(link::Bytes frame) {
  if (ether_ == nullptr) return carry(device_.radio(frame));
  for (const OnAir& arrives : ether_->pass({frame.begin(), frame.end()}, true)) carry(device_.radio(arrives));
}

void Line::carry(const Air& air) {
  if (air.coil) {
    if (ether_ != nullptr) ether_->near_field(air.coil->bytes());
    if (held_ && air.coil->type() == link::FrameType::kNonce) {
      number_.emplace();
      std::copy_n(air.coil->body().begin(), number_->size(), number_->begin());
    }
  }
  if (!air.radio) return;
  if (ether_ == nullptr) {
    heard_.push_back(*air.radio);
    return;
  }
  const auto sent = air.radio->bytes();
  for (const OnAir& arrives : ether_->pass({sent.begin(), sent.end()}, false)) {
    if (const auto frame = link::frame_of(arrives)) heard_.emplace_back(frame->type, frame->body);
  }
}

void Line::wait(Duration time) {
  if (ether_ == nullptr) return;
  device_.run_until(device_.now() + time);
  carry(device_.look_at_link());
}

std::optional<link::Frame> Line::radio(Duration patience) {
  if (heard_.empty()) wait(patience);
  if (heard_.empty()) return std::nullopt;
  const link::Frame frame = heard_.front();
  heard_.pop_front();
  return frame;
}

std::optional<link::NearFieldNonce> Line::number(Duration patience) {
  if (!number_) wait(patience);
  return std::exchange(number_, std::nullopt);
}

}  // namespace theca
