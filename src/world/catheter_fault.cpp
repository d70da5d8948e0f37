#include "world/catheter_fault.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "quantity/text.hpp"

namespace theca {
namespace {

/// The part of a piece between two moments.
TipPiece part_of(const TipPiece& piece, Instant from, Instant until) {
  const Instant end = piece.begin + piece.lasts;
  if (piece.lasts == Duration{}) return piece;
  TipPiece part = piece;
  part.begin = std::max(piece.begin, from);
  part.lasts = std::min(end, until) - part.begin;
  const double share = static_cast<double>(part.lasts.raw()) / static_cast<double>(piece.lasts.raw());
  part.ug *= share;
  part.nl *= share;
  return part;
}

std::array<double, kDestinations> ways_of(const CatheterFault& fault) {
  std::array<double, kDestinations> ways{};
  switch (fault.kind) {
    case CatheterFaultKind::kLeak:
      ways[to_index(Destination::kFluid)] = 1 - fault.share;
      ways[to_index(Destination::kUnderSkin)] = fault.share;
      break;
    case CatheterFaultKind::kDisconnection:
      ways[to_index(Destination::kUnderSkin)] = 1;
      break;
    case CatheterFaultKind::kMigration:
      ways[to_index(Destination::kEpidural)] = 1;
      break;
    case CatheterFaultKind::kOcclusion:
      break;
  }
  return ways;
}

}  // namespace

Way through(const std::vector<TipPiece>& pieces, const std::vector<CatheterFault>& faults,
            Instant end_of_run) {
  std::vector<TipPiece> out;
  std::size_t next = 0;  // fault
  double held_ug = 0, held_nl = 0;
  const auto open = [&] {
    const CatheterFault& fault = faults[next++];
    if (fault.until >= end_of_run || held_ug <= 0) return;
    const bool another = next < faults.size() && faults[next].from == fault.until;
    if (another && faults[next].kind == CatheterFaultKind::kOcclusion) return;  // it never opened
    TipPiece burst{fault.until, Duration{}, held_ug, held_nl};
    if (another) burst.ways = ways_of(faults[next]);
    out.push_back(burst);
    held_ug = held_nl = 0;
  };
  const auto past = [&](Instant t) {  // faults that are over by then
    while (next < faults.size() && faults[next].until <= t) open();
  };
  for (const TipPiece& whole : pieces) {
    TipPiece rest = whole;
    for (;;) {
      past(rest.begin);
      const Instant end = rest.begin + rest.lasts;
      const bool at_once = rest.lasts == Duration{};
      if (next >= faults.size() || (at_once ? faults[next].from > rest.begin : faults[next].from >= end)) {
        out.push_back(rest);
        break;
      }
      const CatheterFault& fault = faults[next];
      if (!at_once && fault.from > rest.begin) out.push_back(part_of(rest, rest.begin, fault.from));
      TipPiece hit = at_once ? rest : part_of(rest, fault.from, fault.until);
      if (fault.kind == CatheterFaultKind::kOcclusion) {
        const double room = static_cast<double>(fault.holds.raw()) - held_nl;
        const double kept = hit.nl > 0 ? std::clamp(room / hit.nl, 0.0, 1.0) : 1;
        held_ug += kept * hit.ug;
        held_nl += kept * hit.nl;
        hit.ug *= 1 - kept;
        hit.nl *= 1 - kept;
        hit.ways = {};
        hit.ways[to_index(Destination::kUnderSkin)] = 1;
      } else {
        hit.ways = ways_of(fault);
      }
      out.push_back(hit);
      if (at_once || fault.until >= end) break;
      rest = part_of(rest, fault.until, end);
    }
  }
  // What opens after the last piece.
  while (next < faults.size()) open();
  return {std::move(out), held_ug};
}

Way way_of(const RunResult& run, std::size_t drug, const std::vector<CatheterFault>& faults,
           const std::vector<PocketFill>& pockets) {
  constexpr double kFemtogramsPerMicrogram = 1e9;
  Way way = through(tip_flow(run, drug), faults, Instant{} + run.lasts);
  std::vector<TipPiece>& pieces = way.pieces;
  for (const PocketFill& pocket : pockets) {
    const auto fluid = std::ranges::find(run.fluids, pocket.fluid, &FluidName::name);
    if (fluid == run.fluids.end()) continue;
    const auto strength =
        static_cast<double>(concentration_of(fluid->formulation, run.drugs[drug].code).raw());
    TipPiece beside{pocket.at, Duration{},
                    strength * static_cast<double>(pocket.volume.raw()) / kFemtogramsPerMicrogram,
                    static_cast<double>(pocket.volume.raw())};
    if (beside.ug <= 0) continue;
    beside.ways = {};
    beside.ways[to_index(Destination::kUnderSkin)] = 1;
    auto after = std::ranges::find_if(
        pieces, [&](const TipPiece& piece) { return piece.begin + piece.lasts > pocket.at; });
    if (after != pieces.end() && after->begin < pocket.at) {  // within a piece
      const TipPiece late = part_of(*after, pocket.at, after->begin + after->lasts);
      *after = part_of(*after, after->begin, pocket.at);
      after = pieces.insert(after + 1, late);
    }
    pieces.insert(after, beside);
  }
  std::erase_if(pieces, [](const TipPiece& piece) { return piece.ug <= 0; });
  return way;
}

std::vector<PatientEvent> events_of(const std::vector<CatheterFault>& faults,
                                    const std::vector<PocketFill>& pockets, Instant end) {
  std::vector<PatientEvent> events;
  for (const CatheterFault& fault : faults) {
    const auto said = [&]() -> std::pair<std::string, std::string> {
      switch (fault.kind) {
        case CatheterFaultKind::kLeak:
          return {fmt::format("the catheter leaks: {:.0f} % goes under the skin", 100 * fault.share),
                  "the leak is mended"};
        case CatheterFaultKind::kDisconnection:
          return {"the catheter is off the pump: all of it goes under the skin",
                  "the catheter is connected again"};
        case CatheterFaultKind::kMigration:
          return {"the tip has slipped into the epidural space", "the tip lies in the fluid again"};
        case CatheterFaultKind::kOcclusion:
          return {"the catheter is shut", "the catheter opens, and what it held comes at once"};
      }
      return {};
    }();
    events.push_back({fault.from, said.first});
    if (fault.until < end) events.push_back({fault.until, said.second});
  }
  for (const PocketFill& pocket : pockets)
    events.push_back({pocket.at, fmt::format("{} of \"{}\" are injected beside the pump",
                                             to_text(pocket.volume), pocket.fluid)});
  std::ranges::stable_sort(events, {}, &PatientEvent::at);
  return events;
}

}  // namespace theca
