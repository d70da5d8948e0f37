#pragma once

#include <string_view>

#include "cli/arguments.hpp"
#include "plan/library.hpp"

namespace theca {

/// The half of `theca plan mix` about doses: what one flow carries of each drug of a mixture, before and
/// after a change. Reads --mixture and --dose, or --doses and --rate. The exit code.
int answer_mixture(std::string_view command, Arguments& args, const Library& library, bool as_json);

}  // namespace theca
