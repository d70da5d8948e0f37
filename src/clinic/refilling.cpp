#include "clinic/refilling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "quantity/text.hpp"

namespace theca {
namespace {

using Refused = std::unexpected<StepRefused>;

constexpr std::array<const char*, std::variant_size_v<RefillStep>> kStepNames{
    "label",  "confirmed", "port", "out",    "looked",  "proof",      "portion",
    "all_in", "stated",    "told", "sensed", "watched", "broken_off", "untold"};
constexpr std::array<const char*, kRefillStages> kStageNames{"label", "confirm", "port", "empty", "look",
                                                             "prove", "fill",    "tell", "watch", "over"};

std::string drug_name(DrugCode code, const Library& library) {
  const DrugEntry* entry = library.find_drug(code);
  return entry == nullptr ? fmt::format("drug {}", static_cast<unsigned>(code)) : entry->name;
}
std::string drug_text(DrugCode code, Concentration c, const Library& library) {
  return fmt::format("{} {}", drug_name(code, library), to_text(c));
}

std::int64_t day_of(std::int64_t at_ms) { return at_ms / days(1).raw(); }

bool is_lot(const std::string& text) {
  return !text.empty() && text.size() <= kLongestLot &&
         std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
}

/// Why a note is none; nothing where it is one. `none` says what is missing.
std::optional<std::string> wrong_note(const std::string& text, const char* none) {
  if (text.find_first_not_of(' ') == std::string::npos) return none;
  const auto characters =
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; });
  if (static_cast<std::size_t>(characters) > kLongestNote)
    return fmt::format("A note has {} characters at the most; this one has {}.", kLongestNote, characters);
  const bool plain = std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
  return plain ? std::nullopt : std::optional<std::string>{"A note is plain text."};
}

Refused refuse(std::string field, std::string message, std::string to_do) {
  return Refused({std::move(field), std::move(message), std::move(to_do)});
}
Refused no_volume(const char* field, Volume volume) {
  return refuse(field, fmt::format("{} is no volume that a syringe moves.", to_text(volume)),
                "Write what it was.");
}

/// One step laid on a state. Each returns why it is none, or nothing.
class Laying {
 public:
  using Wrong = std::optional<StepRefused>;
  Laying(RefillState& state, const RefillAct& act, const RefillAim& aim, const Library& library)
      : s_(state), act_(act), aim_(aim), library_(library) {}

  Wrong operator()(const LabelRead& label) {
    if (const auto wrong = differs(label.drugs)) return wrong;
    if (!is_lot(label.lot))
      return StepRefused{
          "lot", fmt::format("A lot is 1 to {} letters, digits and marks without a space.", kLongestLot),
          "Write it as it stands on the syringe."};
    const std::chrono::sys_days last{label.expires};
    if (!label.expires.ok() || last.time_since_epoch().count() < day_of(act_.at_ms))
      return StepRefused{"expires", "The drug in this syringe is over its date.",
                         "Do not fill it in. Take another syringe, and read its label."};
    s_.label = label;
    s_.label_by = act_.by;
    s_.label_at_ms = act_.at_ms;
    // Another syringe, and the needle with it.
    s_.confirmed_by = 0;
    s_.port = s_.proven = false;
    return {};
  }
  Wrong operator()(const SyringeConfirmed& confirmed) {
    if (act_.by == s_.label_by)
      return StepRefused{"", "Whoever read the label cannot confirm it as the second person.",
                         "Ask a colleague to hold syringe and program against each other."};
    if (const auto wrong = differs(confirmed.drugs)) return wrong;
    s_.confirmed_by = act_.by;
    s_.confirmed = s_.label;
    s_.confirmed_label_at_ms = s_.label_at_ms;
    return {};
  }
  Wrong operator()(const PortFound&) {
    s_.port = true;
    return {};
  }
  Wrong operator()(const TakenOut& out) {
    if (out.volume.raw() < 0 || out.volume > kMaxReservoir) return no_volume("volume", out.volume).error();
    touched();
    s_.out = out.volume;
    s_.looked = false;
    s_.residual.reset();
    const Volume expected = std::max(Volume{}, aim_.counted);
    s_.causes = causes_of(out.volume - expected, aim_.fill_age);
    if (aim_.last_fill) {
      if (const auto judged = check_residual({.fill = *aim_.last_fill,
                                              .expected = expected,
                                              .aspirated = out.volume,
                                              .accuracy_ppm = aim_.accuracy_ppm,
                                              .fill_age = aim_.fill_age})) {
        s_.residual = *judged;
        s_.causes = judged->causes;
      }
    }
    // Soon after a fill little was given, and the ratio is that of the syringe's own error.
    const Volume off{std::abs((out.volume - expected).raw())};
    if (off <= kNeedleMisses) s_.causes.clear();
    return {};
  }
  Wrong operator()(const LookedAt& look) {
    if (const auto wrong =
            wrong_note(look.note, "What came out does not fit, and nothing is written about it."))
      return StepRefused{"note", *wrong, "Write what was found when it was looked into, and why it goes on."};
    s_.looked = true;
    if (s_.found_empty())
      s_.broken_off = fmt::format(
          "The pump was found empty: {} at the most came out. Nobody knows since when nothing was given, and "
          "at the "
          "old dose a filled pump may now give too much. A physician looks at the patient and orders anew.",
          to_text(kFoundEmpty));
    return {};
  }
  Wrong operator()(const NeedleProven& proof) {
    if (proof.in < kProofLeast || proof.in > kProofMost)
      return StepRefused{"in",
                         fmt::format("{} went in; a proof takes {} to {}.", to_text(proof.in),
                                     to_text(kProofLeast), to_text(kProofMost)),
                         "Put in about 5 mL, and draw them back."};
    if (proof.back.raw() < 0 || proof.back > proof.in + kNeedleMisses)
      return StepRefused{"back",
                         fmt::format("{} came back where {} went in: something else was drawn as well.",
                                     to_text(proof.back), to_text(proof.in)),
                         "Look at the fluid. Blood or clear fluid is no drug: take the needle out."};
    if (proof.in > s_.room(aim_)) return above(proof.in, "in");
    touched();
    const Volume missing = proof.in - proof.back;
    if (missing > kNeedleMisses) {
      // It may lie under the skin, or in the pump; the needle is placed anew.
      s_.astray = s_.astray + missing;
      s_.port = false;
      return {};
    }
    s_.proven = true;
    return {};
  }
  Wrong operator()(const PortionIn& portion) {
    if (portion.volume.raw() <= 0 || portion.volume > kMaxReservoir)
      return no_volume("volume", portion.volume).error();
    if (portion.volume > s_.room(aim_)) return above(portion.volume);
    touched();
    s_.in = s_.in + portion.volume;
    return {};
  }
  Wrong operator()(const AllIn&) {
    if (s_.in.raw() == 0)
      return StepRefused{"", "Nothing has gone in yet.", "Fill in a portion, or break the refill off."};
    s_.all_in = true;
    return {};
  }
  Wrong operator()(const FillStated& stated) {
    const auto statement = link::read<FillStatement>(stated.statement);
    if (!statement || !says(*statement))
      return StepRefused{"", "The statement does not say what was done.", "Have it written anew."};
    s_.stated = stated.statement;
    s_.stated_reading = stated.reading;
    return {};
  }
  Wrong operator()(const PumpTold&) {
    if (!s_.stated)
      return StepRefused{"", "Nothing was stated that the pump could have taken.", "State the fill."};
    s_.told = true;
    s_.told_at_ms = act_.at_ms;
    if (s_.in.raw() == 0 && s_.astray.raw() == 0)
      s_.over = true;  // nothing went in that could lie beside the pump
    return {};
  }
  Wrong operator()(const VolumeSensed& sensed) {
    if (sensed.volume.raw() < 0 || sensed.volume > kMaxReservoir)
      return no_volume("volume", sensed.volume).error();
    s_.sensed = sensed.volume;
    return {};
  }
  Wrong operator()(const PatientWatched& watched) {
    const auto checked = s_.fill_check(aim_);
    const bool early = act_.at_ms < s_.watched_until_ms();
    const char* none = nullptr;
    const char* to_do = "Wait, or write why it ends here.";
    if (early) none = "The time is not over yet, and nothing is written about why it ends.";
    if (checked && checked->possible_pocket_fill()) {
      none = "The pump senses less than went in, and nothing is written about it.";
      to_do = "Look for drug beside the pump, and write what is seen and what was done.";
    }
    if (watched.signs) {
      none = "Signs of drug beside the pump were seen, and nothing is written about them.";
      to_do = "Write what is seen and what was done.";
    }
    if (none != nullptr || !watched.note.empty())
      if (const auto wrong = wrong_note(watched.note, none == nullptr ? "The note is empty." : none))
        return StepRefused{"note", *wrong, to_do};
    s_.over = true;
    return {};
  }
  Wrong operator()(const BrokenOff& off) {
    if (const auto wrong = wrong_note(off.why, "Nothing is written about why it is broken off."))
      return StepRefused{"why", *wrong, "Write why: the next visit reads it."};
    const bool touched = s_.out || s_.in.raw() != 0 || s_.astray.raw() != 0 || off.left;
    if (touched && off.untouched)
      return StepRefused{"untouched", "Something was drawn or put in, by what was written before.",
                         "Say how much is still in the pump."};
    if (!touched && s_.port && !off.untouched)
      return StepRefused{"left", "The needle was placed, and nobody says whether anything was drawn.",
                         "Say whether the pump was touched, and how much is still in it."};
    if (touched && !off.left)
      return StepRefused{"left", "Nothing is written about what is still in the pump of the old fluid.",
                         "Write how much could not be drawn or was put back; 0 where it was emptied."};
    if (touched && (off.left->raw() < 0 || *off.left > s_.room(aim_)))
      return StepRefused{
          "left",
          fmt::format("{} are not left in a pump that holds {}.", to_text(*off.left), to_text(aim_.capacity)),
          "Write what is still in it, as far as anybody knows."};
    s_.broken_off = off.why;
    if (!touched) {
      s_.over = true;  // the pump is as it was
      return {};
    }
    s_.left = *off.left;
    if (!s_.out) this->touched();
    return {};
  }
  Wrong operator()(const LeftUntold& left) {
    if (const auto wrong = wrong_note(left.why, "Nothing is written about why the pump is not told."))
      return StepRefused{"why", *wrong, "Write why, and who looks after what the pump counts."};
    s_.untold = left.why;
    s_.over = true;
    return {};
  }

 private:
  void touched() { s_.touched_at_ms = act_.at_ms; }
  static bool same(const link::Bedside& a, const link::Bedside& b) {
    return a.filled == b.filled && a.left_in == b.left_in && a.aspirated_told == b.aspirated_told &&
           a.aspirated == b.aspirated;
  }
  /// What was done; told late, no more than that.
  [[nodiscard]] bool says(const link::Bedside& told) const {
    const link::Bedside done = s_.bedside();
    if (same(told, done)) return true;
    const bool late = act_.at_ms - s_.touched_at_ms > kToldAtOnce.raw();
    return late && !told.aspirated_told && told.filled <= done.filled && told.left_in <= done.left_in;
  }
  Wrong differs(const std::vector<LabelDrug>& drugs) const {
    const auto parts = aim_.fluid.parts();
    if (drugs.size() != parts.size())
      return StepRefused{
          "drugs",
          fmt::format("The label names {} drugs, and the program is for {}.", drugs.size(), parts.size()),
          "Do not fill it in. Call the pharmacy."};
    for (std::size_t i = 0; i < drugs.size(); ++i) {
      const LabelDrug& read = drugs[i];
      const auto twice = std::ranges::count(drugs, read.drug, &LabelDrug::drug);
      const auto part = std::ranges::find(parts, read.drug, &Component::drug);
      const std::string field = fmt::format("drugs[{}]", i);
      if (twice > 1 || part == parts.end())
        return StepRefused{field + ".drug",
                           fmt::format("The syringe holds {}, and the program is for {}.",
                                       drug_name(read.drug, library_), program()),
                           "Do not fill it in. Another drug takes an order of a physician."};
      if (part->concentration != read.concentration)
        return StepRefused{
            field + ".concentration",
            fmt::format("The syringe holds {}, and the program is for {}: every dose would be {} times "
                        "the one that was ordered.",
                        drug_text(read.drug, read.concentration, library_),
                        drug_text(part->drug, part->concentration, library_),
                        times(read.concentration, part->concentration)),
            "Do not fill it in. Another concentration takes an order of a physician."};
    }
    return {};
  }
  [[nodiscard]] std::string program() const {
    std::string text;
    for (const Component& part : aim_.fluid.parts())
      text += (text.empty() ? "" : ", ") + drug_text(part.drug, part.concentration, library_);
    return text;
  }
  static std::string times(Concentration read, Concentration meant) {
    constexpr int kDigits = 3;
    return fmt::format("{:.{}g}", static_cast<double>(read.raw()) / static_cast<double>(meant.raw()),
                       kDigits);
  }
  [[nodiscard]] StepRefused above(Volume volume, const char* field = "volume") const {
    return {field,
            fmt::format(
                "{} more do not go in: the pump holds {}, and {} {} in it{}.", to_text(volume),
                to_text(aim_.capacity), to_text(s_.in), s_.in.raw() == 1'000'000 ? "is" : "are",
                s_.astray.raw() > 0 ? fmt::format(", perhaps {} more from a proof", to_text(s_.astray)) : ""),
            fmt::format("Fill in {} at the most.", to_text(s_.room(aim_)))};
  }

  RefillState& s_;
  const RefillAct& act_;
  const RefillAim& aim_;
  const Library& library_;
};

/// At which stages a step may be made.
bool fits(const RefillStep& step, const RefillState& state) {
  using enum RefillStage;
  const RefillStage stage = state.stage();
  const bool filling =
      stage == kFill || ((stage == kConfirm || stage == kPort || stage == kProve) && state.in.raw() > 0);
  switch (step.index()) {
    case 0:
      return stage < kTell && stage != kLook;  // another syringe may be taken at any time
    case 1:
      return stage == kConfirm;
    case 2:
      return stage == kPort;
    case 3:
      return stage == kEmpty || stage == kLook;  // drawn once more: the whole of it
    case 4:
      return stage == kLook;
    case 5:
      return stage == kProve;
    case 6:
      return stage == kFill;
    case 7:
      return filling;  // also where a further syringe was begun and nothing of it goes in
    case 8:
    case 9:
      return stage == kTell;
    case 10:
    case 11:
      return stage == kWatch;
    case 12:
      return stage < kTell;
    default:
      return stage == kTell;
  }
}

/// Before the needle. What went in through it is written down however late.
bool needs_fresh_syringe(const RefillStep& step) {
  return std::holds_alternative<SyringeConfirmed>(step) || std::holds_alternative<PortFound>(step);
}

}  // namespace

const char* name_of(const RefillStep& step) { return kStepNames.at(step.index()); }
const char* name_of(RefillStage stage) { return kStageNames.at(static_cast<std::size_t>(stage)); }
std::optional<RefillStage> stage_of(std::string_view name) {
  const auto found = std::ranges::find(kStageNames, name);
  if (found == kStageNames.end()) return std::nullopt;
  return static_cast<RefillStage>(found - kStageNames.begin());
}

link::Bedside RefillState::bedside() const {
  link::Bedside bedside;
  bedside.filled = in;
  bedside.left_in = left;
  bedside.aspirated_told = out.has_value() && ((ordered && in.raw() > 0) || !found_empty());
  if (bedside.aspirated_told) bedside.aspirated = *out;
  return bedside;
}
link::Bedside RefillState::bedside_after(Volume since) const {
  link::Bedside bedside;
  const Volume old = std::min(left, since);  // what was in it first leaves it first
  bedside.left_in = left - old;
  bedside.filled = std::max(Volume{}, in - (since - old));
  return bedside;
}

std::optional<FillCheck> RefillState::fill_check(const RefillAim& aim) const {
  if (!sensed) return std::nullopt;
  return check_fill(in, *sensed, aim.capacity);
}

RefillStage RefillState::stage() const {
  using enum RefillStage;
  if (over) return kOver;
  if (told) return kWatch;
  if (broken_off || all_in) return kTell;
  if (!label) return kLabel;
  if (confirmed_by == 0) return kConfirm;
  if (!port) return kPort;
  if (!out) return kEmpty;
  if ((!causes.empty() || found_empty()) && !looked) return kLook;
  return proven ? kFill : kProve;
}

std::expected<RefillState, StepRefused> after(const RefillState& state, const RefillAct& act,
                                              const RefillAim& aim, const Library& library) {
  const RefillStage stage = state.stage();
  if (!fits(act.step, state))
    return refuse(
        "", fmt::format("The step \"{}\" does not come now; \"{}\" does.", name_of(act.step), name_of(stage)),
        "Look at where the refill stands, and go on from there.");
  if (needs_fresh_syringe(act.step) && act.at_ms - state.label_at_ms > kSyringeLasts.raw())
    return refuse("", fmt::format("The label was read more than {} ago.", to_text(kSyringeLasts)),
                  "Read the label of the syringe that is there now, and have it confirmed.");
  RefillState next = state;
  if (auto wrong = std::visit(Laying{next, act, aim, library}, act.step)) return Refused(*std::move(wrong));
  return next;
}

}  // namespace theca
