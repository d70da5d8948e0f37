#pragma once
/// A refill at the bedside, step by step: what comes next, what is refused before it is done, and what is
/// known of the pump when it is broken off. Nothing is stored here: the steps that were kept are played
/// through again.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "clinic/bedside.hpp"
#include "drug/formulation.hpp"
#include "plan/library.hpp"
#include "plan/refill.hpp"
#include "plan/residual.hpp"
#include "quantity/quantity.hpp"
#include "therapy/prescription.hpp"
#include "therapy/pump_model.hpp"

namespace theca {

/// What needle, tube and syringe leave or miss. As the implant itself reckons; not verified.
inline constexpr Volume kNeedleMisses = microlitres(500);
/// About 5 mL go in, come back, and only then the rest goes in (S51). How far from 5 mL is Theca's own,
/// not verified.
inline constexpr Volume kProofLeast = millilitres(4), kProofMost = millilitres(6);
/// So little came out of an empty pump: as the implant itself judges it. Nobody knows since when nothing was
/// given, and the old dose may be an overdose (S73).
inline constexpr Volume kFoundEmpty = kNeedleMisses;
/// What was confirmed in front of the syringe holds no longer. Theca's own, not verified.
inline constexpr Duration kSyringeLasts = hours(4);
/// A refill is one visit: what it set out from, as the pump was read, holds no longer. Theca's own, not
/// verified.
inline constexpr Duration kVisitLasts = hours(8);
/// What is told to the pump later than this has run on since, and is reckoned back. Theca's own, not
/// verified.
inline constexpr Duration kToldAtOnce = hours(1);
/// How long the patient is watched for signs of drug beside the pump. Theca's own, not verified: no source
/// that was read gives a time.
inline constexpr Duration kWatched = minutes(30);
inline constexpr std::size_t kLongestLot = 32, kLongestNote = 500;

/// What it sets out from, as the pump said it.
struct RefillAim {
  Formulation fluid;  // that is to be in the pump afterwards
  Volume capacity;
  Volume counted;                    // what the pump counts as left
  std::int64_t accuracy_ppm = 0;     // labelled, one-sided
  std::optional<Volume> last_fill;   // that the pump was told of; nothing: its journal does not reach so far
  std::optional<Duration> fill_age;  // since then
  bool ordered = false;              // another fluid comes, under an order of its own that is signed already
};

// ---- steps ----------------------------------------------------------------------------------------------

struct LabelDrug {
  DrugCode drug = DrugCode::kNone;
  Concentration concentration;
};
/// What stands on the syringe, read from it and not from a page.
struct LabelRead {
  std::vector<LabelDrug> drugs;
  std::string lot;
  std::chrono::year_month_day expires;
};
/// Another person has read the syringe as well, by himself, and held it against the program.
struct SyringeConfirmed {
  std::vector<LabelDrug> drugs;
};
/// The needle stands in the middle, over the filling port; the port at the side leads into the spine.
struct PortFound {};
/// All that came out of the reservoir so far.
struct TakenOut {
  Volume volume;
};
/// What came out does not fit, and it goes on all the same.
struct LookedAt {
  std::string note;
};
/// So much went in, and so much came back.
struct NeedleProven {
  Volume in, back;
};
struct PortionIn {
  Volume volume;
};
struct AllIn {};
/// What the pump is to be told; it may be written anew as long as the pump has not heard it.
struct FillStated {
  StatementBytes statement{};
  std::int64_t reading = 0;  // of the pump, for which it was written
};
/// The pump has said that it counts what is in it now.
struct PumpTold {};
/// What the pump's fill sensor reads behind the fill.
struct VolumeSensed {
  Volume volume;
};
struct PatientWatched {
  bool signs = false;  // of drug beside the pump
  std::string note;
};
/// `left` is what is still in the pump of the old fluid, or was put back, as far as anybody knows; nothing
/// where the pump was not touched.
struct BrokenOff {
  std::string why;
  std::optional<Volume> left = std::nullopt;
  bool untouched = false;  // the needle was placed, and nothing was drawn or put in
};
/// The pump cannot be told, and somebody has looked after it on another way: it holds another fluid now, say,
/// or it was taken out.
struct LeftUntold {
  std::string why;
};

using RefillStep =
    std::variant<LabelRead, SyringeConfirmed, PortFound, TakenOut, LookedAt, NeedleProven, PortionIn, AllIn,
                 FillStated, PumpTold, VolumeSensed, PatientWatched, BrokenOff, LeftUntold>;
/// "label", "confirmed", "port", ...: in the order of the variant.
const char* name_of(const RefillStep& step);

struct RefillAct {
  RefillStep step;
  std::int64_t by = 0;  // person
  std::int64_t at_ms = 0;
};

// ---- where it stands ------------------------------------------------------------------------------------

/// What has to be done next.
enum class RefillStage : std::uint8_t {
  kLabel,
  kConfirm,
  kPort,
  kEmpty,
  kLook,
  kProve,
  kFill,
  kTell,
  kWatch,
  kOver
};
inline constexpr std::size_t kRefillStages = 10;
const char* name_of(RefillStage stage);
std::optional<RefillStage> stage_of(std::string_view name);

struct RefillState {
  bool ordered = false;  // as in the aim
  std::optional<LabelRead> label;
  std::int64_t label_by = 0, label_at_ms = 0;
  std::int64_t confirmed_by = 0;       // of that label; 0: nobody yet
  std::optional<LabelRead> confirmed;  // the newest that somebody has confirmed
  std::int64_t confirmed_label_at_ms = 0;
  bool port = false, looked = false, proven = false, all_in = false, told = false, over = false;
  std::optional<Volume> out;
  std::optional<Residual> residual;   // of `out`; nothing where the last fill is not known
  std::vector<ResidualCause> causes;  // of what came out, likeliest first; empty when it fits
  Volume in;                          // went into the reservoir, for certain
  Volume astray;                      // went in at a proof and did not come back
  std::optional<std::string> broken_off;
  Volume left;                        // of the old fluid, when it was broken off
  std::optional<std::string> untold;  // why the pump was never told
  std::optional<StatementBytes> stated;
  std::int64_t stated_reading = 0;
  std::int64_t touched_at_ms = 0;  // when something last went in or came out
  std::int64_t told_at_ms = 0;
  std::optional<Volume> sensed;

  [[nodiscard]] RefillStage stage() const;
  [[nodiscard]] bool found_empty() const { return out && *out <= kFoundEmpty; }
  /// What may still go in. What is astray may be in it.
  [[nodiscard]] Volume room(const RefillAim& aim) const {
    return std::max(Volume{}, aim.capacity - in - astray);
  }
  /// What went in and came out, for the pump. Of an empty pump it is not told what came out: it would refuse
  /// the fill, and is only to know that it is empty.
  [[nodiscard]] link::Bedside bedside() const;
  /// The same for a pump that has given `since` meanwhile. What came out then says nothing about what it
  /// counts now.
  [[nodiscard]] link::Bedside bedside_after(Volume since) const;
  /// What went in against what is sensed; nothing where no sensor has read it.
  [[nodiscard]] std::optional<FillCheck> fill_check(const RefillAim& aim) const;
  [[nodiscard]] std::int64_t watched_until_ms() const { return told_at_ms + kWatched.raw(); }
};

struct StepRefused {
  std::string field;    // of the step
  std::string message;  // what was read, which limit it broke
  std::string to_do;
};

/// What was done, in a sentence.
std::string words_of(const RefillStep& step, const Library& library);

/// When the pump has to be filled again at the latest, if it holds this much now: with every bolus taken, at
/// the upper end of its accuracy, or when the drug keeps no longer. Nothing where that cannot be reckoned.
std::optional<Refill> next_refill(const Prescription& prescription, const PumpModel& model, Volume holds,
                                  Volume alarm, const Library& library);

/// A step as it is kept: one JSON object.
std::string text_of(const RefillStep& step);
std::expected<RefillStep, std::string> parse_refill_step(std::string_view text);

/// The state behind one more step, or why it is none.
std::expected<RefillState, StepRefused> after(const RefillState& state, const RefillAct& act,
                                              const RefillAim& aim, const Library& library);

}  // namespace theca
