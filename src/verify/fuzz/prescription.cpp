#include "verify/fuzz/prescription.hpp"

#include "verify/fuzz/targets.hpp"

namespace theca::fuzz {

void prescription(Bytes data) { (void)prescription_holds(exactly<kPrescriptionBytes>(data), decode); }

}  // namespace theca::fuzz
