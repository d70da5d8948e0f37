#pragma once
/// Sealed values: XChaCha20-Poly1305 under a patient's data key, as base64url text. Table, column, row,
/// patient and clinic are sealed with it, so that a value opens in its own place alone. Lengths are hidden up
/// to 32 bytes.

#include <cstdint>
#include <string>
#include <string_view>

#include "clinic/record_error.hpp"
#include "clinic/record_ids.hpp"
#include "clinic/secret_key.hpp"

namespace theca::records {

struct SealedPlace {
  ClinicId clinic;
  PatientId patient;
  std::string_view table;
  std::string_view column;
  std::int64_t row = 0;
};

std::string seal(const SecretKey& key, const SealedPlace& place, std::string_view plain);
/// kSpoilt for anything but what was sealed with this key for this place.
Recorded<std::string> open_sealed(const SecretKey& key, const SealedPlace& place, std::string_view sealed);

}  // namespace theca::records
