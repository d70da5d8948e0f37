#include "verify/fuzz/certificate.hpp"

#include "verify/fuzz/targets.hpp"

namespace theca::fuzz {

void certificate(Bytes data) { certificate_holds(data); }

}  // namespace theca::fuzz
