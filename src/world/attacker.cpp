#include "world/attacker.hpp"

#include <algorithm>

namespace theca {
namespace {

/// What is remembered of the air; older frames are forgotten.
constexpr std::size_t kMostHeard = 256;
/// What is done to one visit at most, so that it ends while its people are still there.
constexpr std::size_t kMostDone = 14;
constexpr std::size_t kMostFrames = 12;  // of a strike

}  // namespace

void Attacker::draw_from(Instant at) {
  const auto moment = static_cast<std::uint64_t>(at.raw());
  random_.seed(seed_ ^ (moment * 0x9E37'79B9'7F4A'7C15U));
  frames_random_.seed(random_());
}

void Attacker::visit_begins() {
  if (busy_) return;
  draw_from(device_.now());
  for (OnAir& frame : lost_) remember(frame);
  lost_.clear();
  late_.clear();
  frames_ = 0;
  left_ = one_in(2) ? 0 : static_cast<std::int64_t>(1 + below(kMostDone));
  const std::size_t how_often = 2 + below(5);
  const auto drawn = [&](std::size_t one_of) { return one_in(one_of) ? how_often : 0; };
  loses_ = kinds_.disturbs ? drawn(2) : drawn(2) * 0;
  doubles_ = kinds_.disturbs ? drawn(2) : drawn(2) * 0;
  delays_ = kinds_.disturbs ? drawn(3) : drawn(3) * 0;
  sends_ = kinds_.within ? drawn(2) : drawn(2) * 0;
  const bool intrudes = one_in(4), restarts = one_in(6);
  intrudes_at_ = intrudes && kinds_.disturbs ? static_cast<std::int64_t>(below(12)) : -1;
  restarts_at_ = restarts && kinds_.disturbs ? static_cast<std::int64_t>(below(20)) : -1;
}

void Attacker::visit_ends() {
  if (busy_) return;
  left_ = 0;
  if (one_in(2)) strike_at_ = device_.now() + seconds(static_cast<std::int64_t>(60 + below(20'000)));
}

void Attacker::remember(const OnAir& frame) {
  if (heard_.size() < kMostHeard) {
    heard_.push_back(frame);
  } else {
    heard_[next_heard_++ % kMostHeard] = frame;
  }
}

void Attacker::near_field(link::Bytes frame) {
  watch_.seen(frame);
  remember({frame.begin(), frame.end()});
}

/// Heard before, changed, cut short, of another type, or junk.
OnAir Attacker::foreign_frame() {
  const auto drawn = [this](std::size_t n) { return static_cast<std::size_t>(frames_random_() % n); };
  const std::size_t kind = heard_.empty() ? 5 : drawn(6);
  if (kind == 5) {
    OnAir junk(1 + drawn(link::kMostFrame));
    for (std::uint8_t& byte : junk) byte = static_cast<std::uint8_t>(frames_random_());
    if ((drawn(2) == 0)) junk[0] = static_cast<std::uint8_t>(junk.size() - 1);
    if (junk.size() > 1 && (drawn(2) == 0)) junk[1] = static_cast<std::uint8_t>(1 + drawn(4));
    return junk;
  }
  OnAir frame = heard_[drawn(heard_.size())];
  if (kind == 2 || kind == 3) {
    for (std::size_t bits = 1 + drawn(3); bits > 0; --bits)
      frame[drawn(frame.size())] ^= static_cast<std::uint8_t>(1U << drawn(8));
  }
  if (kind == 4 && frame.size() > link::kFrameHead) {
    frame.resize(link::kFrameHead + drawn(frame.size() - link::kFrameHead));
    frame[0] = static_cast<std::uint8_t>(frame.size() - 1);
  }
  return frame;
}

template <class Call>
void Attacker::foreign(Call&& call) {
  watch_.foreign_begins(device_);
  const Air air = call();
  watch_.foreign_ends(device_);
  if (air.radio) watch_.seen(air.radio->bytes());
  if (air.coil) near_field(air.coil->bytes());
}

/// What comes back is heard and is of no use: it is not answered.
void Attacker::send_foreign(const OnAir& frame) {
  ++watch_.tally.foreign;
  if (!kinds_.speaks) return;
  foreign([&] { return frames_random_() % 4 == 0 ? device_.by_coil(frame) : device_.radio(frame); });
}

void Attacker::befall() {
  const std::int64_t now = frames_++;
  if (now == restarts_at_) {
    ++watch_.tally.restarts;
    disturb();
    device_.lose_power(seconds(static_cast<std::int64_t>(below(3))), one_in(2));
  }
  if (now == intrudes_at_ && intruder_) {
    ++watch_.tally.taken_over;
    busy_ = true;
    intruder_();
    busy_ = false;
    disturb();
  }
  if (one_in(sends_)) {
    for (std::size_t times = 1 + below(2); times > 0; --times) send_foreign(foreign_frame());
    disturb();
  }
}

std::vector<OnAir> Attacker::pass(OnAir frame, bool to_implant) {
  ++watch_.tally.frames;
  watch_.seen(frame);
  std::vector<OnAir> arrives;
  if (busy_ || left_ <= 0) {
    arrives.push_back(std::move(frame));
  } else {
    befall();
    if (one_in(loses_)) {
      ++watch_.tally.lost;
      lost_.push_back(std::move(frame));
      disturb();
    } else if (one_in(delays_)) {
      ++watch_.tally.late;
      late_.push_back({std::move(frame), to_implant});
      disturb();
      return {};
    } else {
      arrives.push_back(std::move(frame));
      if (one_in(doubles_)) {
        ++watch_.tally.doubled;
        arrives.push_back(arrives.front());
        disturb();
      }
    }
  }
  for (auto late = late_.begin(); !busy_ && late != late_.end();) {
    if (late->to_implant != to_implant) {
      ++late;
      continue;
    }
    arrives.push_back(std::move(late->frame));
    late = late_.erase(late);
  }
  for (const OnAir& arrived : arrives) remember(arrived);
  return arrives;
}

bool Attacker::strike() {
  draw_from(strike_at_);
  strike_at_ = kNever;
  ++watch_.tally.strikes;
  device_.look_at_link();  // what time has ended is not the stranger's work
  const bool near = one_in(2);
  if (near && kinds_.speaks) foreign([&] { return device_.coil(true); });
  for (std::size_t left = 1 + below(kMostFrames); left > 0; --left) {
    const OnAir frame = foreign_frame();
    send_foreign(frame);
    if (one_in(3)) send_foreign(frame);
    if (one_in(3)) device_.run_until(device_.now() + milliseconds(static_cast<std::int64_t>(below(3'000))));
  }
  disturbed_ = device_.now();
  if (near && kinds_.speaks) foreign([&] { return device_.coil(false); });
  return one_in(2);
}

}  // namespace theca
