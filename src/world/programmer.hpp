#pragma once
/// A programmer at the patient's side: the coil that it holds to the skin, the radio between it and the
/// implant, and the session on it.
///
/// In clear air an answer comes at once or never, and nobody waits for it: the world's clock stands still.
/// Where somebody else is on the air, waiting takes its time, and the implant's life goes on meanwhile.

#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <optional>
#include <vector>

#include "link/dialogue.hpp"
#include "world/clinic.hpp"
#include "world/device.hpp"

namespace theca {

using OnAir = std::vector<std::uint8_t>;

/// Whoever else is on the air.
class Ether {
 public:
  Ether() = default;
  Ether(const Ether&) = delete;
  Ether& operator=(const Ether&) = delete;
  virtual ~Ether() = default;

  /// What arrives, in this order, when this is sent by radio.
  virtual std::vector<OnAir> pass(OnAir frame, bool to_implant) = 0;
  /// Seen in the coil's field; nobody reaches into that.
  virtual void near_field(link::Bytes frame) = 0;
  /// When it was that it last did something to the air.
  [[nodiscard]] virtual Instant disturbed() const = 0;
};

/// The way of one programmer to the implant, for link::Dialogue.
class Line {
 public:
  Line(Device& device, Clinic& clinic, Ether* ether) : device_(device), clinic_(clinic), ether_(ether) {}

  /// The coil to the skin, in the place of any that is there.
  void hold();
  void let_go();

  void send(link::Bytes frame);
  std::optional<link::Frame> radio(Duration patience);
  std::optional<link::NearFieldNonce> number(Duration patience);
  [[nodiscard]] Instant now() const { return device_.now(); }
  link::Key random() { return clinic_.random(); }

 private:
  void carry(const Air& air);
  void wait(Duration time);

  Device& device_;
  Clinic& clinic_;
  Ether* ether_;
  bool held_ = false;
  std::deque<link::Frame> heard_;
  std::optional<link::NearFieldNonce> number_;
};

using Talk = link::Dialogue<link::Sodium, Line>;

class Programmer {
 public:
  Programmer(Device& device, Clinic& clinic, Ether* ether) : line_(device, clinic, ether) {}
  Programmer(const Programmer&) = delete;
  Programmer& operator=(const Programmer&) = delete;
  ~Programmer() { line_.let_go(); }

  /// Holds the coil anew and opens a session with these keys.
  std::expected<void, link::NoAnswer> open(const link::CallerKeys& keys) {
    talk_.reset();
    line_.hold();
    talk_ = std::make_unique<Talk>(keys, line_);
    return talk_->open();
  }
  [[nodiscard]] Talk& talk() { return *talk_; }

 private:
  Line line_;
  std::unique_ptr<Talk> talk_;
};

}  // namespace theca
