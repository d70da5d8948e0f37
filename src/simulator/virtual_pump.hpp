#pragma once
/// One virtual implant in its patient, behind a radio and a coil.

#include <chrono>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "air/hub.hpp"
#include "plan/library.hpp"
#include "simulator/state_file.hpp"
#include "simulator/trail.hpp"
#include "world/device.hpp"
#include "world/patient_twin.hpp"
#include "world/run_result.hpp"
#include "world/scenario.hpp"

namespace theca {

struct VirtualPumpSetting {
  air::Address address;
  double speed = 1;             // while nobody is near
  std::filesystem::path state;  // empty: it is forgotten with the process
  std::filesystem::path card;   // where the card of its pack is written when it is new
};

/// What happened, for whoever shows it.
struct PumpNews {
  Instant at;
  std::int64_t local_ms = 0;  // on the patient's wall clock
  std::string text;
  std::optional<Event> event;  // the pump's own; none: something of the world
};

/// The patient at a moment.
struct PatientNow {
  std::string drug;
  double fluid_at_pain = 0;  // ug/mL
  double relief = 0, ventilation = 1;
  bool has_relief = false, has_ventilation = false;
};

class VirtualPump {
 public:
  using Tell = std::function<void(const PumpNews&)>;

  /// `scenario`, `library` and `body` outlive it. The error is a sentence.
  static std::expected<std::unique_ptr<VirtualPump>, std::string> start(const VirtualPumpSetting& setting,
                                                                        const Scenario& scenario,
                                                                        const Library& library,
                                                                        const BodyData& body, Tell tell);

  /// Serves the air for at most `wait_ms`, and lets as much of the world's time pass as went by.
  void step(int wait_ms);

  [[nodiscard]] const Device& device() const { return *device_; }
  [[nodiscard]] Instant now() const { return device_->now(); }
  /// On the patient's wall clock.
  [[nodiscard]] std::int64_t local_ms() const { return wall().local_ms(now()); }
  [[nodiscard]] bool near() const { return hub_.near(); }
  [[nodiscard]] bool fresh() const { return fresh_; }
  /// By the twin; nothing for a drug that it does not know, and before anything was given.
  [[nodiscard]] std::optional<PatientNow> patient() const;

 private:
  VirtualPump(air::Hub hub, const VirtualPumpSetting& setting, const Scenario& scenario,
              const Library& library, const BodyData& body, Tell tell);
  void begin(const TrailRead& past);
  void follow(const Device& device, const Effects& effects);
  void carry(const Air& air);
  void sample();
  void pass_time();
  [[nodiscard]] WallClock wall() const;

  VirtualPumpSetting setting_;
  const Scenario& scenario_;
  const BodyData& body_;
  Tell tell_;
  air::Hub hub_;
  std::optional<StateFile> file_;
  std::optional<Trail> trail_;
  std::unique_ptr<Device> device_;
  RunResult run_;  // what the twin is told
  std::chrono::steady_clock::time_point last_;
  double rest_ms_ = 0;
  Instant next_beat_;
  bool fresh_ = true;
  std::optional<std::pair<std::uint32_t, Volume>> filled_;  // by the pump's record, not yet in the world
  bool path_changed_ = false;
};

}  // namespace theca
