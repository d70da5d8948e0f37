#pragma once
/// The implant on the host: over libsodium, translated once for all who run one.

#include "implant/implant.hpp"
#include "link/sodium.hpp"

namespace theca {

extern template class Implant<link::Sodium>;

}  // namespace theca
