#pragma once
/// What can go wrong between a clinic and its records. The sentence says what was read, which limit it broke
/// and what to do; it never holds a patient's data.

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace theca::records {

enum class RecordFault : std::uint8_t {
  kAddress = 0,  // the address names no database
  kUnreachable,  // it cannot be opened, or does not keep what it acknowledges
  kNewerSchema,  // written by a newer Theca
  kOtherKind,    // a real clinic opened as a demo, or the other way round
  kKey,          // a clinic's key file is missing, open to others or not the right one
  kMissing,      // not there, or another clinic's: nobody can tell which
  kConflict,     // somebody else was first, or the step is not allowed from here
  kInvalid,      // outside its limits
  kErased,       // the patient's data key was dropped
  kSpoilt,       // a sealed value was changed or moved
  kAudit,        // the audit trail and its heads disagree
  kUnknown,      // the commit was not answered; ask again with the same request id
  kEngine,       // the database said no; nothing was written
};

struct RecordError {
  RecordFault fault = RecordFault::kEngine;
  std::string message;
};

template <class T>
using Recorded = std::expected<T, RecordError>;

inline std::unexpected<RecordError> failed(RecordFault fault, std::string message) {
  return std::unexpected(RecordError{fault, std::move(message)});
}

}  // namespace theca::records
