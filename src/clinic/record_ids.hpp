#pragma once
/// Names of rows that cannot be confused. An id is random, of 52 bits, so that a page's number holds it
/// exactly and nobody counts a clinic's patients by it.

#include <compare>
#include <cstdint>

namespace theca::records {

template <class Of>
struct Id {
  std::int64_t value = 0;
  friend auto operator<=>(const Id&, const Id&) = default;
};

using ClinicId = Id<struct OfClinic>;
using PersonId = Id<struct OfPerson>;
using PatientId = Id<struct OfPatient>;
using PumpId = Id<struct OfPump>;
using ReadingId = Id<struct OfReading>;
using DraftId = Id<struct OfDraft>;
using SendId = Id<struct OfSend>;
using VisitId = Id<struct OfVisit>;
using RefillId = Id<struct OfRefill>;
using GlassId = Id<struct OfGlass>;

/// Who acts, and for which clinic. Both are held against the clinic's people at every call.
struct Actor {
  ClinicId clinic;
  PersonId person;
};

}  // namespace theca::records
