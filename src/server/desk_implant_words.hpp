#pragma once
/// A first therapy in the words of the interface.

#include "clinic/implanting.hpp"
#include "clinic/kept_drafts.hpp"
#include "server/desk_words.hpp"

namespace theca::server {

/// What a page says of pump and catheter beside the therapy.
struct ImplantWords {
  Length catheter, cut_off;
  Volume filled;
  bool prime = true;
  Zone zone;
};
/// `body` has "implant", of the shape that its route asks for.
std::expected<ImplantWords, Problem> implant_in(const Json& body);
Json hours_json(const FirstHours& hours);

struct ImplantDraft {
  Volume filled;  // zero: it is no first therapy
  Json hours;     // null, or as hours_json() had it
};
ImplantDraft implant_of(const records::KeptDraft& kept);

}  // namespace theca::server
