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

bool plain(const std::string& text, std::size_t most, bool prose) {
  const auto stands = [&](unsigned char c) {
    if (prose) return c >= 0x20 && c != 0x7f;
    return c > 0x20 && c < 0x7f;
  };
  return !text.empty() && text.size() <= most && std::ranges::all_of(text, stands) &&
         text.find_first_not_of(' ') != std::string::npos;
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
    if (!plain(label.lot, kLongestLot, /*prose=*/false))
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
    if (s_.found_empty())
      s_.broken_off = fmt::format(
          "Nothing came out of the pump, or {} at the most. Nobody knows since when nothing was given: at "
          "the old "
          "dose a filled pump may now give too much. A physician looks at the patient and orders anew.",
          to_text(kFoundEmpty));
    return {};
  }
  Wrong operator()(const LookedAt& look) {
    if (!plain(look.note, kLongestNote, /*prose=*/true))
      return StepRefused{"note", "What came out does not fit, and nothing is written about it.",
                         "Write what was found when it was looked into, and why it goes on."};
    s_.looked = true;
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
    const Volume missing = proof.in - proof.back;
    if (missing > kNeedleMisses) {
      // It may lie under the skin, or in the pump; the needle is placed anew.
      if (s_.room(aim_) < missing) return above(missing);
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
    if (!statement || !same(*statement, s_.bedside()))
      return StepRefused{"", "The statement does not say what was done.", "Have it written anew."};
    s_.stated = stated.statement;
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
    if (checked && checked->possible_pocket_fill() && watched.note.empty())
      return StepRefused{"note", "The pump senses less than went in, and nothing is written about it.",
                         "Look for drug beside the pump, and write what is seen and what was done."};
    const bool early = act_.at_ms < s_.watched_until_ms();
    const bool said = plain(watched.note, kLongestNote, /*prose=*/true);
    if (!watched.note.empty() && !said)
      return StepRefused{"note", fmt::format("A note is plain text of 1 to {} characters.", kLongestNote),
                         "Shorten it."};
    if ((early || watched.signs) && !said)
      return StepRefused{
          "note",
          watched.signs ? "Signs of drug beside the pump were seen, and nothing is written about them."
                        : "The time is not over yet, and nothing is written about why it ends.",
          watched.signs ? "Write what is seen and what was done." : "Wait, or write why it ends here."};
    s_.over = true;
    return {};
  }
  Wrong operator()(const BrokenOff& off) {
    if (!plain(off.why, kLongestNote, /*prose=*/true))
      return StepRefused{"why", "Nothing is written about why it is broken off.",
                         "Write why: the next visit reads it."};
    s_.broken_off = off.why;
    if (!s_.out && s_.in.raw() == 0 && s_.astray.raw() == 0) s_.over = true;  // the pump is as it was
    return {};
  }

  Wrong operator()(const LeftUntold& left) {
    if (!plain(left.why, kLongestNote, /*prose=*/true))
      return StepRefused{"why", "Nothing is written about why the pump is not told.",
                         "Write why, and who looks after what the pump counts."};
    s_.untold = left.why;
    s_.over = true;
    return {};
  }

 private:
  static bool same(const link::Bedside& a, const link::Bedside& b) {
    return a.filled == b.filled && a.left_in == b.left_in && a.aspirated_told == b.aspirated_told &&
           a.aspirated == b.aspirated;
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
  [[nodiscard]] StepRefused above(Volume volume) const {
    return {"volume",
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
bool fits(const RefillStep& step, RefillStage stage) {
  using enum RefillStage;
  const auto before_tell = stage < kTell;
  switch (step.index()) {
    case 0:
      return before_tell && stage != kLook;  // another syringe may be taken at any time
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
    case 7:
      return stage == kFill;
    case 8:
    case 9:
      return stage == kTell;
    case 10:
    case 11:
      return stage == kWatch;
    case 12:
      return before_tell;
    default:
      return stage == kTell;
  }
}

/// Steps with a needle in the pump.
bool needs_fresh_syringe(const RefillStep& step) {
  return std::holds_alternative<SyringeConfirmed>(step) || std::holds_alternative<PortFound>(step) ||
         std::holds_alternative<NeedleProven>(step) || std::holds_alternative<PortionIn>(step);
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
  bedside.aspirated_told = out.has_value() && !found_empty();
  if (bedside.aspirated_told) bedside.aspirated = *out;
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
  if (!causes.empty() && !looked) return kLook;
  return proven ? kFill : kProve;
}

std::expected<RefillState, StepRefused> after(const RefillState& state, const RefillAct& act,
                                              const RefillAim& aim, const Library& library) {
  const RefillStage stage = state.stage();
  if (!fits(act.step, stage))
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
