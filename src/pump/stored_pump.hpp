#pragma once
/// The pump whose state outlives its power: what a `Pump` is told is written down before anything comes of
/// it.
///
/// Each call is first made in RAM, where the pump is deterministic, then remembered with the word that makes
/// it count, then told to the journal; only when it returns can the caller obey its motor order. A call that
/// was cut short by a power cut either never was, or is made again at boot with the same outcome. What a call
/// carries more than a few numbers of (a prescription, a refill) is remembered as a new generation of the
/// whole state.

#include <array>
#include <cstddef>
#include <cstdint>

#include "catalogue/key_change.hpp"
#include "catalogue/role.hpp"
#include "pump/journal.hpp"
#include "pump/nvm.hpp"
#include "pump/pump.hpp"
#include "pump/store.hpp"

namespace theca {

/// Who asks for a change over the link, as the journal tells it.
struct Asked {
  Role role = Role::kPhysician;
  std::uint32_t certificate = 0;  // its number
  std::uint32_t intent = 0;       // of the change
  Digest order{};                 // a prescription's: what it was signed in
};

class StoredPump {
 public:
  StoredPump(const PumpModel& model, Nvm& nvm) : pump_(model), store_(nvm), journal_(nvm) {}

  /// To be called once, first. Builds the pump from its memory, or begins a new one on a blank memory, and
  /// tells what the board's time and step count go on from.
  MotorReading boot(const PowerReturn& power, Effects& out);

  // ---- commands, as `Pump` takes them -----------------------------------------------------------------
  // One that was asked for over the link brings by whom; taken, it counts in sequence(), stands in the
  // journal, and all of that is remembered together with it.
  CommandResult implant(MotorReading reading, const Implantation& setup,
                        const PrescriptionBytes& prescription, Effects& out, const Asked* asked = nullptr);
  CommandResult refill(MotorReading reading, const RefillRecord& refill, const PrescriptionBytes* with,
                       Effects& out, const Asked* asked = nullptr);
  CommandResult prescribe(MotorReading reading, const PrescriptionBytes& bytes, Effects& out,
                          const Ceilings* ceilings = nullptr, const Asked* asked = nullptr);
  CommandResult stop(MotorReading reading, Effects& out, const Asked* asked = nullptr);
  CommandResult resume(MotorReading reading, Effects& out, const Asked* asked = nullptr);
  CommandResult set_ceilings(MotorReading reading, const Ceilings& ceilings, Effects& out);
  CommandResult revise(MotorReading reading, const Revision& revision, const PrescriptionBytes& prescription,
                       Effects& out, const Asked* asked = nullptr);
  CommandResult explant(MotorReading reading, Effects& out, const Asked* asked = nullptr);
  /// Erases all that tells of a patient, in the state, in the calls and in the journal, of a pump that is in
  /// none. `entries` is what the clinic holds of the journal: all of it. A power cut does not end it.
  CommandResult erase_secrets(MotorReading reading, std::uint32_t entries, Effects& out,
                              const Asked* asked = nullptr);
  void set_clock(MotorReading reading, ClockOffset offset, Effects& out, const Asked* asked = nullptr);
  void acknowledge_alarms(MotorReading reading, Effects& out, const Asked* asked = nullptr);
  /// The clinic holds the first `entries` of the journal safely.
  void acknowledge_journal(MotorReading reading, std::uint32_t entries, Effects& out,
                           const Asked* asked = nullptr);
  /// Break-glass: delivery goes down for a time.
  CommandResult lower(MotorReading reading, Duration hold, Effects& out);
  CommandResult cut_bolus(MotorReading reading, Effects& out, const Asked* asked = nullptr);
  /// Somebody has shown who he is. It stands in the journal and changes nothing else.
  void access(MotorReading reading, Role role, std::uint32_t certificate, Effects& out);
  /// The implant's keys have changed for the `number`-th time; it is told once.
  void keys_changed(MotorReading reading, KeyChange what, std::uint32_t certificate, std::uint32_t number,
                    Effects& out);
  /// The implant's keys are lost, or its memory does not take them: the alarm.
  void keys_unsafe(MotorReading reading, Effects& out);
  /// An update of the firmware has come so far. It stands in the journal and changes nothing else.
  void firmware(MotorReading reading, FirmwareStage stage, std::uint32_t certificate, std::uint32_t version,
                Effects& out);
  BolusAnswer request_bolus(MotorReading reading, std::uint32_t number, Effects& out);

  void magnetic_field(MotorReading reading, bool present, Effects& out);
  void sense_volume(MotorReading reading, Volume sensed, Effects& out);
  void telemetry(MotorReading reading, Telemetry what, Effects& out);

  // ---- time and the motor -----------------------------------------------------------------------------
  void wake(MotorReading reading, Effects& out);
  void observe(MotorReading reading, Effects& out);
  [[nodiscard]] Instant next_wake() const { return pump_.next_wake(); }

  // ---- what it knows ----------------------------------------------------------------------------------
  [[nodiscard]] const Pump& pump() const { return pump_; }
  [[nodiscard]] Status status() const { return pump_.status(); }
  [[nodiscard]] const Journal& journal() const { return journal_; }
  [[nodiscard]] const Store& store() const { return store_; }
  /// Entries told since manufacture, those folded included.
  [[nodiscard]] std::uint32_t entries_told() const { return told_; }
  [[nodiscard]] std::uint32_t entries_acknowledged() const { return acknowledged_; }
  /// Changes taken over the link since manufacture; it never decreases (INV-8).
  [[nodiscard]] std::uint32_t sequence() const { return sequence_; }
  /// Intent of the newest of them.
  [[nodiscard]] std::uint32_t intent() const { return intent_; }
  /// What the prescription that was taken last was signed in; zeros: none, or forgotten.
  [[nodiscard]] const Digest& order() const { return order_; }
  /// Whoever stopped the pump, while it is stopped over the link.
  [[nodiscard]] std::optional<Role> stopped_by() const { return stopped_by_; }
  /// Number of the newest dose that was asked for, and what became of it.
  [[nodiscard]] std::uint32_t last_request() const { return last_request_; }
  [[nodiscard]] Refusal last_refusal() const { return last_refusal_; }
  /// Number of the newest change of keys that the journal was told of, as far as it is remembered.
  static constexpr std::uint32_t kKeyChangesMask = (1U << 23) - 1;
  [[nodiscard]] std::uint32_t keys_told() const { return keys_told_; }
  /// The newest change was made, and the memory has not taken it: a loss of power would undo it.
  [[nodiscard]] bool unwritable() const { return unwritable_; }

 private:
  friend struct StoredPumpTestAccess;

  static constexpr std::size_t kFloods = 4;
  struct Flood {
    std::int64_t hour = -1;
    std::uint32_t told = 0;  // in that hour
  };

  template <class Call>
  void logged(CallKind kind, MotorReading reading, std::int64_t argument, Effects& out, Call&& call);
  template <class Call>
  auto kept(Effects& out, Call&& call);
  template <class Call>
  CommandResult asked_for(const Asked& asked, Effects& out, Call&& call);
  template <class Call>
  CommandResult prescribed(const Asked* asked, Effects& out, Call&& call);
  void took(const Asked& asked, Effects& out);
  void tell_access(std::int64_t argument, Effects& out);
  void tell_keys(std::int64_t argument, Effects& out);
  void tell_firmware(std::int64_t argument, Effects& out);
  BolusAnswer request(MotorReading reading, std::uint32_t number, Effects& out);
  void make_again(const LoggedCall& call);
  struct Restored {
    LostRecords lost;
    bool keeper = false;
    bool older = false;  // than the prescription that the journal knows of
    int damaged = 0;     // places that could not be read
  };
  Restored restore();
  Standstill standstill(const Restored& restored);
  [[nodiscard]] StillKnown still_known(const Restored& restored) const;
  [[nodiscard]] std::optional<JournalEntry> newest_since_implanted(EventCode code) const;
  [[nodiscard]] bool refilled_since(std::uint32_t told) const;
  [[nodiscard]] bool motor_power_went() const;
  void journal_read(std::uint32_t entries, Effects& out);
  void keep(Effects& out, std::size_t first_event);
  void account(Effects& out, std::size_t first_event);
  void journal_entry(const Event& event);
  bool too_many(const Event& event);
  void follow_journal(Effects& out);
  void look_after(Effects& out);
  void look_at_self(Effects& out);
  void finish_erasing(Effects& out);

  template <class Io, class P>
  static void keeper(Io& io, P& pump);

  Pump pump_;
  Store store_;
  Journal journal_;

  bool unwritable_ = false;  // the last generation could not be written to either copy
  Instant keep_again_at_;    // then: when it is tried again

  // What the keeper itself remembers, in a record of its own.
  std::uint32_t told_ = 0;          // entries, the next one's sequence
  std::uint32_t acknowledged_ = 0;  // entries the clinic has
  std::uint32_t folded_ = 0;        // entries for which there was no room, not told as such yet
  std::int64_t delivered_bucket_ = -1;
  std::array<Flood, kFloods> floods_{};
  std::uint32_t sequence_ = 0;
  std::uint32_t intent_ = 0;
  Digest order_{};
  std::optional<Role> stopped_by_;
  std::uint32_t last_request_ = 0;
  Refusal last_refusal_ = Refusal::kNone;
  std::uint32_t keys_told_ = 0;
  // Secrets are being erased: 0 no, then not asked for over the link, then by whom it was.
  static constexpr std::uint8_t kErasing = 1, kErasingAsked = 2;
  std::uint8_t erasing_ = 0;
  std::int64_t looked_at_ = -1;  // when the pump looked at itself, in kSelfLook
  /// Events of the call that made this generation: the journal may lack them after a power cut.
  Effects outbox_;
};

}  // namespace theca
