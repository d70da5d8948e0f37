#pragma once
/// What went wrong with such pumps, row by row, and how each is played: the therapy as it was meant, the
/// error, and the error with the one guard taken away that is said to matter. docs/incidents.md

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plan/library.hpp"
#include "quantity/quantity.hpp"
#include "world/play.hpp"

namespace theca::verify {

/// A part of a scenario's text and what stands there instead; an empty part: the end of the text.
struct Edit {
  std::string_view part, by;
};

enum class Harm : std::uint8_t { kExcess, kShortfall };

/// What the guard is worth: the harm does not reach its threshold; it does, and somebody is told sooner.
enum class Worth : std::uint8_t { kPrevents, kTells };

struct Incident {
  std::string_view row;   // the year, or where it stands
  std::string_view what;  // with its sources
  std::string_view file;  // of scenarios/incidents, without its ending
  std::string_view at;    // the error's moment
  std::string_view day;   // the daily dose that was meant
  std::vector<Edit> meant{};
  std::string_view guard;  // and how it is taken away
  std::vector<Edit> without{};
  bool widest_ceilings = false;  // without
  PlayOptions worse{};           // without
  Harm harm = Harm::kExcess;
  int percent = 0;  // of the daily dose in 24 h: from here on it is harm
  Worth worth = Worth::kPrevents;
  bool befalls_meant =
      false;               // what breaks breaks in the meant therapy as well: what people make of it differs
  std::string_view first;  // what stops or tells it
};
std::span<const Incident> incidents();

/// A row that is not played, and why. On the page it stands before the incident of the file `before`; at the
/// end when that is empty.
struct NotPlayed {
  std::string_view before, row, what, why;
};
std::span<const NotPlayed> not_played();

/// The first thing that stops or tells an error: something that the meant therapy did not bring.
struct First {
  std::string what;
  Duration after;
};

/// Of the drug that the doses are of, over any 24 h, the error's run against the meant one.
struct Worst {
  Mass excess, shortfall;  // both 0 or more
};

/// How one incident went.
struct Outcome {
  std::optional<First> first;          // with the guards
  std::optional<First> first_alone;    // the same when nobody comes: who comes, comes after it
  std::optional<First> first_without;  // without the one
  bool limit_told = false;             // a soft limit of the library spoke when the order was made
  Worst with, without;
  Mass day;
};
/// `scenarios` is the folder of the incidents' files. Throws what cannot be read or played.
Outcome played(const Incident& incident, const Library& library, const std::filesystem::path& scenarios);

/// Share of the daily dose in percent, nearest.
std::int64_t percent_of_day(Mass mass, const Outcome& outcome);

}  // namespace theca::verify
