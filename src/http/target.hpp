#pragma once
/// The first line's address, taken apart once and strictly: what two readers could read in two ways is
/// refused.

#include <expected>
#include <string>
#include <string_view>

#include "http/http.hpp"

namespace theca::http {

inline constexpr std::size_t kLongestTarget = 2048;
inline constexpr std::size_t kMostQueryValues = 32;

/// The error is a sentence. Only printable ASCII, also after decoding: names of people do not belong into an
/// address, which browsers and logs keep.
std::expected<Target, std::string> parse_target(std::string_view raw);

}  // namespace theca::http
