#pragma once
/// What holds of a prescription's canonical bytes, whoever decodes them.

#include "therapy/check.hpp"
#include "therapy/prescription_testing.hpp"
#include "verify/fuzz/fuzz.hpp"

namespace theca::fuzz {

template <class Decode>
std::expected<Prescription, DecodeFailure> prescription_holds(const PrescriptionBytes& bytes,
                                                              Decode&& decode) {
  const std::expected<Prescription, DecodeFailure> decoded = decode(bytes);
  if (decoded) {
    hold(encode(*decoded) == bytes, "accepted bytes are the encoding of what was decoded");
  } else {
    hold(decoded.error().offset < kPrescriptionBytes, "the offset lies in the bytes");
  }
  const Prescription made = decode_unchecked(bytes);
  const auto again = decode(encode(made));
  hold(again.has_value() && *again == made, "what is made of any bits is a prescription with one form");
  // Neither counts more than fits, nor flows that overflow what is reckoned from them.
  (void)check(made, example::kRoller, example::kPath, example::kWidest, 1);
  (void)check(made, example::kValve, example::kPath, example::kWidest, made.number);
  return decoded;
}

}  // namespace theca::fuzz
