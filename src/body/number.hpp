#pragma once
/// A number of the model with what was published about it. data/body, data/substances

#include <string>
#include <string_view>
#include <vector>

#include "source/table_reader.hpp"

namespace theca {

struct Number {
  double value = 0;
  double low = 0, high = 0;  // published, or thought possible; low <= value <= high
  std::string unit;
  std::vector<std::string> sources;
  bool verified = false;
  bool outside = false;  // of low to high; only where that is allowed
  std::string note;
};

enum class Zero { kRefused, kAllowed };
/// What becomes of a value outside of its own range: an error, or it is taken and marked.
enum class Outside { kRefused, kAllowed };

/// The table `[key]`: value, low, high, unit, sources, verified, note. Its unit must be `unit`, for nothing
/// here converts. Errors: missing or not finite, another unit, low > value or value > high, below zero, zero
/// where something is divided by it.
Number need_number(TableReader& reader, std::string_view key, std::string_view unit, const Sources& sources,
                   Zero zero = Zero::kRefused);

/// A number of a file: its key, its unit and where it goes. One table is read and shown by.
template <class Of>
struct NumberRow {
  const char* key;
  const char* unit;
  Number Of::*number;
  Zero zero = Zero::kRefused;
};

}  // namespace theca
