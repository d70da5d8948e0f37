#include "verify/fuzz/handshake.hpp"

#include "verify/fuzz/targets.hpp"

namespace theca::fuzz {

void handshake(Bytes data) { handshake_holds<link::Sodium>(data); }

}  // namespace theca::fuzz
