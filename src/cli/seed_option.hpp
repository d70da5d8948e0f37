#pragma once
/// A seed on the command line: 0 to 18 digits' worth, nothing else.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <string>

namespace theca {

inline CLI::Option* add_seed(CLI::App& command, std::uint64_t& seed, const std::string& about) {
  constexpr std::size_t kMostDigits = 18;
  return command.add_option("--seed", seed, about)
      ->type_name("N")
      ->check(CLI::Validator{[](std::string& text) {
                               const bool digits =
                                   std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
                               return digits && text.size() <= kMostDigits
                                          ? std::string{}
                                          : "a seed is a whole number of at most 18 digits, not " + text;
                             },
                             ""});
}

}  // namespace theca
