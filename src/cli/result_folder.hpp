#pragma once
/// The folder that a command leaves its results in.

#include <expected>
#include <filesystem>
#include <span>
#include <string>

namespace theca {

struct ResultFile {
  std::string name;
  std::string text;
};

/// Writes `files` into `dir`, which is made when it is missing. All are complete in a folder beside it before
/// the first takes its place. The error is a sentence.
std::expected<void, std::string> write_results(std::span<const ResultFile> files,
                                               const std::filesystem::path& dir);

}  // namespace theca
