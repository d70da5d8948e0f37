#pragma once
/// Holds what comes of the link against what the house promises of it: from what people say that they want,
/// from what is on the air, and from what the pump tells. docs/promises.md

#include <array>
#include <bitset>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "catalogue/command.hpp"
#include "catalogue/role.hpp"
#include "link/message.hpp"
#include "link/order_talk.hpp"
#include "world/device.hpp"

namespace theca {

/// What was done over the link in the lives that were watched.
struct LinkTally {
  std::int64_t frames = 0;  // of people and implants
  std::int64_t lost = 0, doubled = 0, late = 0;
  std::int64_t foreign = 0;     // frames that nobody of the clinic has sent
  std::int64_t strikes = 0;     // times at which they came, between visits
  std::int64_t taken_over = 0;  // visits whose place another programmer took
  std::int64_t restarts = 0;    // of the implant, in the middle of a visit
  std::int64_t sessions = 0;
  std::int64_t slowest_ms = 0;              // until one opened, once the air was free
  std::array<std::int64_t, 3> delivered{};  // what people wanted, by what became of it
  void add(const LinkTally& other);
};

class LinkWatch {
 public:
  /// `sound_memory`: no bit of it turns, so that what was counted stays counted.
  explicit LinkWatch(bool sound_memory) : sound_memory_(sound_memory) {}

  // ---- what people do
  /// Somebody sends a change with this intent, and later knows what became of it.
  void wants(Role role, Opcode opcode, std::uint32_t intent) { wishes_[intent] = {role, opcode}; }
  void ended(std::uint32_t intent, link::Delivery delivery);
  /// The patient's programmer sends a request for a dose.
  void wants_dose() { dose_ = Dose{}; }
  void dose_ended(link::Delivery delivery);
  /// What an implant says of itself when a session opens, and must not take back: at least what it had said
  /// when that person came.
  struct Counts {
    std::uint32_t boots = 0, epoch = 0;
  };
  [[nodiscard]] const Counts& counts() const { return counts_; }
  /// A session is open, so long after its person came near and nobody disturbed the air any more.
  void connected(const link::SecondPayload& implant, const Counts& at_least, Duration waited);
  /// None opens, though somebody was near for so long.
  void not_connected(Duration waited);

  // ---- on the air
  /// What must never be seen there.
  void keep_secret(const link::Key& secret);
  /// The same of what tells of the patient: of its stretches those that are no row of zeros.
  void keep_private(link::Bytes bytes);
  void seen(link::Bytes frame);
  /// What comes between is from somebody who is not of the clinic.
  void foreign_begins(const Device& device);
  void foreign_ends(const Device& device);

  // ---- the pump
  void look(const Device& device, const Effects& effects);

  /// The first promise that is broken, with its id.
  [[nodiscard]] const std::optional<std::string>& broken() const { return broken_; }
  LinkTally tally;

  /// A broken twin: what the watch sees is not what was done.
  struct Lie {
    bool dose_twice = false;          // each dose is granted twice
    bool change_twice = false;        // each change is taken twice
    bool says_failed = false;         // people are told that nothing came of what was taken
    std::uint32_t sequence_back = 0;  // told lower by this, once it is larger
    bool epoch_back = false;          // of the first session one more is told
    std::uint32_t boots_back = 0;     // the same, of every second session
    std::optional<Role> role = {};    // whose each change is told to be
    bool nobodys_intent = false;      // changes have other intents than people gave them
    bool nobodys_change = false;      // changes are not told as anybody's
    bool shows_secret = false;        // frames hold one
    std::int64_t foreign_steps = 0;   // made between foreign frames
    Duration connects_later = {};     // than it does
  };
  void lie(const Lie& lie) { lie_ = lie; }

 private:
  struct Wish {
    Role role = Role::kCardHolder;
    Opcode opcode = Opcode::kReady;
    int taken = 0;
    bool failed = false;
  };
  struct Dose {
    int granted = 0;
    bool over = false;  // known to be given, or never to be
  };
  struct Stand {
    std::int64_t steps;
    Instant next_wake;
    FlowRate flow;
    Mode mode;
    std::uint32_t sequence, last_request;
    friend bool operator==(const Stand&, const Stand&) = default;
  };
  [[nodiscard]] Stand stand_of(const Device& device) const;
  void keep_part(std::uint64_t part) {
    parts_.insert(part);
    first_bytes_.set(part & 0xFFFFU);
  }
  void breaks(std::string what) {
    if (!broken_) broken_ = std::move(what);
  }
  void took(const Event& event);
  void granted();

  bool sound_memory_;
  Lie lie_;
  std::optional<std::string> broken_;
  std::map<std::uint32_t, Wish> wishes_;
  std::optional<Dose> dose_;
  std::uint32_t sequence_ = 0;
  Counts counts_;
  std::vector<link::Key> secrets_;
  std::unordered_set<std::uint64_t> parts_;  // of what is secret or private
  std::bitset<65'536> first_bytes_;          // of those parts
  std::optional<Stand> before_;              // while foreign frames come
};

}  // namespace theca
