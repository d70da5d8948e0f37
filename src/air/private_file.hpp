#pragma once
/// Files with keys in them: readable by their owner alone, written whole or not at all.

#include <expected>
#include <filesystem>
#include <optional>
#include <string>

#include "link/crypto.hpp"

namespace theca::air {

/// Errors are sentences that begin with the path.
std::expected<void, std::string> write_private(const std::filesystem::path& path, const std::string& text);
/// Refuses a file that anybody else may read or write, and one of somebody else.
std::expected<std::string, std::string> read_private(const std::filesystem::path& path);
/// A folder for them: made when it is missing, refused when it is open to others.
std::expected<void, std::string> private_folder(const std::filesystem::path& path);

std::string to_hex(link::Bytes bytes);
/// Nothing for what is not exactly so many bytes in hexadecimal digits.
bool from_hex(const std::string& text, link::Room out);

}  // namespace theca::air
