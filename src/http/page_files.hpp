#pragma once
/// The built pages, from their folder into memory.

#include <expected>
#include <filesystem>
#include <string>

#include "http/asset.hpp"

namespace theca::http {

/// Every file of the folder, with its ".gz" and ".br" beside it where there are such. The error is a sentence
/// that begins with the path: a file of a kind that no page has, a link, more than kMostPageBytes in all, no
/// index.html.
std::expected<Assets, std::string> read_pages(const std::filesystem::path& folder);
inline constexpr std::size_t kMostPageBytes = std::size_t{32} << 20;

}  // namespace theca::http
