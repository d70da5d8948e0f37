#pragma once
/// Numbers as people read them: so many digits, never a power of ten.

#include <string>

namespace theca {

/// 123456 with three digits is "123000", 0.000012345 "0.0000123", what is no number "none". No zero stands at
/// the end of a fraction.
std::string plain_digits(double value, int digits = 3);

}  // namespace theca
