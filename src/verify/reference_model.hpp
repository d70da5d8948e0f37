#pragma once
/// What is prescribed, told a second time: an independent model against which steps are held. It shares the
/// data types of `therapy` and nothing that computes. It walks second by second of the patient's wall clock
/// (and to the millisecond where something begins or ends), sums in 128 bits, and keeps its own calendar,
/// flex look-up, bolus accounting and expiry.
///
/// What ends by volume (prime, bridge, a dry reservoir) ends with a step, so the model is given the times of
/// the steps that were really made.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "pump/pump.hpp"
#include "therapy/prescription.hpp"
#include "therapy/pump_model.hpp"

namespace theca::verify {

__extension__ typedef __int128 Wide;  // nL x ms / day, unless said otherwise

inline constexpr std::int64_t kDayMs = 86'400'000;
inline constexpr std::int64_t kFar = INT64_MAX / 4;

/// Basal of the prescription alone at one millisecond; the clock in plain numbers.
std::int64_t reference_basal(const Prescription& p, std::int64_t utc_ms_at_zero, std::int64_t minimum_rate,
                             std::int64_t t);

/// Basal and scheduled boluses between two instants, fall-back after expiry, each bolus beside the others:
/// what therapy's delivered_volume promises. Walked second by second.
Wide reference_delivered(const Prescription& p, std::int64_t utc_ms_at_zero, std::int64_t minimum_rate,
                         std::int64_t start, std::int64_t from, std::int64_t to);

class ReferenceModel {
 public:
  /// `step_ms`: when each step was made, ascending; must outlive the model.
  ReferenceModel(const PumpModel& model, std::span<const std::int64_t> step_ms);

  // What was done to the pump and accepted by it, in the order it was done.
  void implant(std::int64_t t, std::int64_t utc_ms_at_zero, std::int64_t filled_nl, const Prescription& p,
               std::int64_t path_nl, std::uint32_t path_fluid);
  /// `put_off_to`: when it began instead, for one whose start the pump told that it put off; kFar: never.
  void prescribe(std::int64_t t, const Prescription& p,
                 std::optional<std::int64_t> put_off_to = std::nullopt);
  void refill(std::int64_t t, std::int64_t holds_nl, const Prescription* p);
  void stop(std::int64_t t);
  void resume(std::int64_t t);
  void cut_bolus(std::int64_t t);
  void set_clock(std::int64_t t, std::int64_t utc_ms_at_zero);

  /// May a request at `t` be granted, by everything the model knows: modes, other boluses, hours, lockout,
  /// window? It knows nothing of ceilings, of the front, and of room in a bridge.
  bool may_request(std::int64_t t);
  void grant(std::int64_t t);
  void run_to(std::int64_t t);

  /// Prescribed from the beginning to `t`, which must not lie ahead of the last call.
  [[nodiscard]] Wide prescribed(std::int64_t t) const;
  /// Prescribed less what pauses forgot of a step not yet made.
  [[nodiscard]] Wide owed(std::int64_t t) const;

  [[nodiscard]] int scheduled_started() const { return scheduled_started_; }
  [[nodiscard]] int scheduled_waited() const { return scheduled_waited_; }
  [[nodiscard]] int scheduled_skipped() const { return scheduled_skipped_; }

 private:
  enum class Phase { kPrime, kBridge, kTherapy };
  struct Piece {
    std::int64_t from;
    Wide before;
    Wide flow;
  };
  struct Forgotten {
    std::int64_t from;
    Wide total;
  };

  struct Drawn {
    std::uint32_t fluid;
    std::int64_t from_step;
  };

  [[nodiscard]] bool other_drug_at_tip() const;
  void draw(std::uint32_t fluid);
  void settle();
  void add_piece(std::int64_t until);
  [[nodiscard]] std::int64_t next_boundary(std::int64_t t) const;
  void begin(const Prescription& p);
  void enter(Phase phase);
  void scheduled_due(std::int64_t local);
  void start_scheduled(std::int64_t local_at);
  [[nodiscard]] bool crowds(std::int64_t at) const;
  [[nodiscard]] bool scheduled_may_start() const;
  void forget();
  [[nodiscard]] bool delivers() const { return !stopped_ && !dry(); }
  [[nodiscard]] bool dry() const;
  [[nodiscard]] bool empty() const;
  void fill(std::int64_t holds_nl);
  [[nodiscard]] std::int64_t local(std::int64_t t) const;
  [[nodiscard]] std::int64_t basal_flow() const;

  PumpModel model_;
  std::span<const std::int64_t> step_ms_;
  std::vector<Piece> pieces_;
  std::vector<Forgotten> forgotten_;
  std::int64_t now_ = 0;
  Wide total_ = 0;
  std::int64_t made_ = 0;

  std::int64_t utc_ms_at_zero_ = 0;
  Prescription p_;
  std::int64_t started_ = 0;
  std::optional<Prescription> pending_;
  std::int64_t pending_at_ = 0;
  bool pending_put_off_ = false;
  bool stopped_ = true;
  bool was_dry_ = false;
  bool expired_ = false;
  Phase phase_ = Phase::kTherapy;
  std::int64_t phase_last_ = 0;
  std::int64_t filled_ = 0;
  std::int64_t dry_at_ = 0;  // steps made when no whole step is left
  std::int64_t path_nl_ = 0;
  std::uint32_t path_fluid_ = 0;
  std::vector<Drawn> drawn_;  // what the reservoir held, and the first step that drew it
  std::int64_t made_at_fill_ = 0;

  Wide bolus_left_ = 0;
  std::int64_t bolus_rate_ = 0;
  std::vector<std::int64_t>
      waiting_;  // scheduled boluses whose turn comes after the running bolus: their local time
  std::int64_t next_interval_ = 0;
  std::int64_t high_water_ = 0;  // local ms up to which times of day are over
  struct Given {
    std::int64_t local, t;
  };
  std::optional<Given> given_;  // the last bolus at a time of day
  bool clock_was_set_ = false;  // and no bolus has come due since
  std::vector<std::int64_t> grants_;
  int scheduled_started_ = 0, scheduled_waited_ = 0, scheduled_skipped_ = 0;
};

}  // namespace theca::verify
