#pragma once
/// Fields of JSON that must be there as told: bytes are base64url, and an object has the names it is told to
/// have, no more and no less.

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>

#include "files/base64url.hpp"

namespace theca {

inline bool has_names(const nlohmann::json& json, std::initializer_list<const char*> names) {
  return json.is_object() && json.size() == names.size() &&
         std::ranges::all_of(names, [&](const char* name) { return json.contains(name); });
}
template <std::size_t N>
bool read_bytes(const nlohmann::json& json, std::array<std::uint8_t, N>& out) {
  return json.is_string() && from_base64url(json.get_ref<const std::string&>(), out);
}
inline bool read_bytes(const nlohmann::json& json, ByteString& out) {
  if (!json.is_string()) return false;
  auto read = from_base64url(json.get_ref<const std::string&>());
  if (!read) return false;
  out = std::move(*read);
  return true;
}
/// Null, or bytes.
template <class Bytes>
bool read_bytes(const nlohmann::json& json, std::optional<Bytes>& out) {
  out.reset();
  return json.is_null() || read_bytes(json, out.emplace());
}
template <std::size_t N>
nlohmann::ordered_json json_of(const std::optional<std::array<std::uint8_t, N>>& bytes) {
  return bytes ? nlohmann::ordered_json(to_base64url(*bytes)) : nlohmann::ordered_json(nullptr);
}

inline bool read_number(const nlohmann::json& json, std::uint32_t& out) {
  if (!json.is_number_unsigned() || json.get<std::uint64_t>() > UINT32_MAX) return false;
  out = json.get<std::uint32_t>();
  return true;
}

}  // namespace theca
