#pragma once
/// The first order of a pump that was just paired, from a scenario's prescription.

#include <expected>
#include <string>

#include "clinic/draft.hpp"
#include "world/scenario.hpp"

namespace theca {

/// Largest rise per visit that one signer may order from then on: 20 %, as the signer has it
/// (docs/signer.md).
inline constexpr std::uint32_t kFirstLargestRisePpm = 200'000;

/// The error is a sentence.
std::expected<Draft, std::string> first_order(const Scenario& scenario, const Running& running,
                                              const link::ShortId& implant, std::uint32_t author,
                                              std::int64_t issued_utc_s, const std::string& reason,
                                              const Library& library);

}  // namespace theca
