#pragma once
/// Whole numbers of a JSON file. The library takes 5e47 for one as well, and cuts off what does not fit.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>

namespace theca {

/// Throws for what is no whole number of this type's range.
template <class Number, class Json>
Number whole_number(const Json& json) {
  if (json.is_number_unsigned()) {
    const auto value = json.template get<std::uint64_t>();
    if (std::in_range<Number>(value)) return static_cast<Number>(value);
  } else if (json.is_number_integer()) {
    const auto value = json.template get<std::int64_t>();
    if (std::in_range<Number>(value)) return static_cast<Number>(value);
  }
  throw std::out_of_range(json.dump(-1, ' ', true, Json::error_handler_t::replace) +
                          " is no whole number of its range");
}

}  // namespace theca
