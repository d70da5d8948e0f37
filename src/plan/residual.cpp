#include "plan/residual.hpp"

#include <algorithm>
#include <array>

#include "quantity/exact.hpp"
#include "quantity/text.hpp"

namespace theca {
namespace {

constexpr std::int64_t kMillion = 1'000'000;

using Words = std::string_view;
constexpr std::array<Words, 1> kDiversionSources = {"S50"};
constexpr std::array<Words, 3> kOverInfusionSources = {"S10", "S38", "S99"};
constexpr std::array<Words, 1> kLeakSources = {"S10"};
constexpr std::array<Words, 2> kPocketSources = {"S10", "S95"};
constexpr std::array<Words, 1> kReasoning = {"theca"};

constexpr std::array kCauses = {
    ResidualCauseRow{
        ResidualCause::kDiversion, "diversion",
        "drug taken out through the port. In one death 8 mL were found instead of 17 mL four days "
        "after a revision, and the pump was sound",
        "fresh punctures over the port, who had access, a drug screen, withdrawal or overdose",
        kDiversionSources, true},
    ResidualCauseRow{
        ResidualCause::kOverInfusion, "over-infusion",
        "the pump gave more than programmed. Fewer than 1 in 700 pumps of one make; it can begin after "
        "months, abruptly, and the low-reservoir alarm does not sound",
        "signs of overdose now; the event log, and the trend of earlier refills", kOverInfusionSources, true},
    ResidualCauseRow{ResidualCause::kLeak, "leak", "drug left the pump on a way that is not the catheter",
                     "swelling, fluid at pump or port", kLeakSources, true},
    ResidualCauseRow{ResidualCause::kPocketFill, "pocket fill",
                     "part of the last fill went beside the pump, under the skin. About 1 in 10 000 refills, "
                     "under-reported",
                     "swelling over the pump, and how the patient was in the hours after the last fill",
                     kPocketSources, true},
    ResidualCauseRow{ResidualCause::kStall, "stall", "the motor stood still for a time",
                     "the event log, a magnet or a scan, a rotor study", kReasoning, false},
    ResidualCauseRow{ResidualCause::kOcclusion, "occlusion", "the way out is blocked or kinked",
                     "aspiration through the side port by those who may, imaging", kReasoning, false},
    ResidualCauseRow{ResidualCause::kCatheter, "catheter problem",
                     "the catheter is kinked, displaced or closed by tissue", "imaging of the whole catheter",
                     kReasoning, false},
};

constexpr std::array kTooLittle = {ResidualCause::kOverInfusion, ResidualCause::kLeak,
                                   ResidualCause::kPocketFill, ResidualCause::kDiversion};
constexpr std::array kTooLittleSoon = {ResidualCause::kDiversion, ResidualCause::kPocketFill,
                                       ResidualCause::kLeak, ResidualCause::kOverInfusion};
constexpr std::array kTooMuch = {ResidualCause::kStall, ResidualCause::kOcclusion, ResidualCause::kCatheter};

std::span<const ResidualCause> ranking(const Residual& residual) {
  if (!residual.flagged()) return {};
  if (residual.difference.raw() > 0) return kTooMuch;
  if (residual.young) return kTooLittleSoon;
  return kTooLittle;
}

/// What the difference says by itself.
void weigh(Residual& residual, std::optional<Duration> fill_age) {
  const Volume off{std::max(residual.difference.raw(), -residual.difference.raw())};
  residual.beyond = off > kResidualFlag;
  residual.young = residual.difference.raw() < 0 && residual.beyond && fill_age && *fill_age <= kYoungFill;
}

}  // namespace

const ResidualCauseRow& row_of(ResidualCause cause) { return kCauses[static_cast<std::size_t>(cause)]; }

std::expected<Residual, PlanErrors> check_residual(const ResidualRequest& request) {
  PlanErrors errors;
  const auto refuse = [&](PlanFault fault, const char* what, Volume value, const char* remedy) {
    errors.push_back({fault, what, to_text(value), to_text(request.fill), remedy});
  };
  constexpr const char* kLook = "one of the two volumes is wrong, or something else is in the pump";
  if (request.expected > request.fill) {
    refuse(PlanFault::kAboveFill, "expected", request.expected, kLook);
  } else if (request.expected == request.fill) {
    refuse(PlanFault::kNothingGiven, "expected", request.expected, "");
  }
  if (request.aspirated > request.fill) refuse(PlanFault::kAboveFill, "aspirated", request.aspirated, kLook);
  if (!errors.empty()) return std::unexpected(errors);

  Residual residual;
  residual.given = request.fill - request.aspirated;
  residual.due = request.fill - request.expected;
  residual.difference = request.aspirated - request.expected;
  const auto ratio = multiply_divide(residual.given.raw(), kMillion, residual.due.raw(), Round::kNearest)
                         .value_or(INT64_MAX);
  residual.ratio_ppm = ratio;
  // given x 10^6 against due x (10^6 +- accuracy): within int64 for volumes up to 1 L.
  const std::int64_t given = residual.given.raw() * kMillion;
  residual.over = given > residual.due.raw() * (kMillion + request.accuracy_ppm);
  residual.under = given < residual.due.raw() * (kMillion - request.accuracy_ppm);
  weigh(residual, request.fill_age);
  const auto causes = ranking(residual);
  residual.causes.assign(causes.begin(), causes.end());
  return residual;
}

std::vector<ResidualCause> causes_of(Volume difference, std::optional<Duration> fill_age) {
  Residual residual;
  residual.difference = difference;
  weigh(residual, fill_age);
  const auto causes = ranking(residual);
  return {causes.begin(), causes.end()};
}

FillCheck check_fill(Volume injected, Volume sensed, Volume capacity) {
  constexpr Volume kLargePump = millilitres(40);
  constexpr Volume kLimit = millilitres(1);
  constexpr Volume kLimitOfLargePump = millilitres(2);
  return {injected - sensed, capacity >= kLargePump ? kLimitOfLargePump : kLimit};
}

}  // namespace theca
