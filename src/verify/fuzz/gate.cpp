#include "verify/fuzz/gate.hpp"

#include "verify/fuzz/targets.hpp"

namespace theca::fuzz {

void gate(Bytes data) { gate_holds<Sodium>(data); }

}  // namespace theca::fuzz
