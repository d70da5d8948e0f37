#pragma once
/// Somebody on the air of a life who has no key: hears all frames, loses, doubles and delays those of visits,
/// and sends what was heard, whole or changed, and junk, between visits and within, near the coil's field and
/// far from it. What is done at a visit follows from the seed and the visit's own time alone, so that a life
/// from which other visits are left out is attacked at this one as before.

#include <cstdint>
#include <functional>
#include <random>
#include <vector>

#include "world/device.hpp"
#include "world/link_watch.hpp"
#include "world/programmer.hpp"

namespace theca {

struct AttackKinds {
  bool disturbs = true;  // frames of visits are lost, doubled and late; programmers take each other's place
  bool within = true;    // foreign frames come in the middle of visits
  bool speaks = true;    // else all is as with an attacker, but the foreign frames do not reach the implant
};

class Attacker final : public Ether {
 public:
  Attacker(std::uint64_t seed, Device& device, LinkWatch& watch, const AttackKinds& kinds)
      : seed_(seed), device_(device), watch_(watch), kinds_(kinds) {}

  /// Another programmer, who takes the place of whoever is in a session.
  void intruder(std::function<void()> visit) { intruder_ = std::move(visit); }

  void visit_begins();
  void visit_ends();
  /// When it strikes between visits; kNever: not before the next visit.
  [[nodiscard]] Instant next_strike() const { return strike_at_; }
  /// True: somebody should come and look whether the implant still answers.
  bool strike();

  std::vector<OnAir> pass(OnAir frame, bool to_implant) override;
  void near_field(link::Bytes frame) override;
  [[nodiscard]] Instant disturbed() const override { return disturbed_; }

 private:
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }
  bool one_in(std::size_t n) { return n > 0 && below(n) == 0; }
  void draw_from(Instant at);
  void disturb() {
    disturbed_ = device_.now();
    --left_;
  }
  void remember(const OnAir& frame);
  OnAir foreign_frame();
  template <class Call>
  void foreign(Call&& call);
  void send_foreign(const OnAir& frame);
  void befall();

  std::uint64_t seed_;
  Device& device_;
  LinkWatch& watch_;
  AttackKinds kinds_;
  std::mt19937_64 random_;
  /// What foreign frames hold hangs on what was heard before: from numbers of their own, it moves nothing
  /// else.
  std::mt19937_64 frames_random_;
  std::function<void()> intruder_;

  // of the visit that runs
  bool busy_ = false;      // another visit comes in between: that one is left alone
  std::int64_t left_ = 0;  // what may still be done to it: every attack ends
  std::size_t loses_ = 0, doubles_ = 0, delays_ = 0, sends_ = 0;  // one frame in so many
  std::int64_t frames_ = 0, intrudes_at_ = -1, restarts_at_ = -1;
  struct Late {
    OnAir frame;
    bool to_implant;
  };
  std::vector<Late> late_;
  std::vector<OnAir> lost_;  // and not sent again before the next visit: that would be to deliver them

  Instant strike_at_ = kNever;
  Instant disturbed_{INT64_MIN / 2};
  std::vector<OnAir> heard_;
  std::size_t next_heard_ = 0;
};

}  // namespace theca
