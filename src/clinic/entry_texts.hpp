#pragma once
/// data/entry/texts.json, embedded by the build (cmake/embed.cmake).

#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace theca::clinic {

extern const std::string_view entry_texts;
/// The same, read. A key that is missing throws where it is asked for; the tests ask for every one.
const nlohmann::json& texts_of_entry();

}  // namespace theca::clinic
