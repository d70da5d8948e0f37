#pragma once
/// Where the libraries lie, and loading them with every error told.

#include <optional>

#include "body/variability.hpp"
#include "plan/conversions.hpp"
#include "plan/library.hpp"
#include "world/patient_twin.hpp"

namespace theca {

/// $THECA_DATA_DIR, else the directory named at build time.
const char* data_dir();

/// Errors go to stderr.
std::optional<Library> load_library_or_tell();
/// The figures for converting doses, beside the library and naming its drugs.
std::optional<Conversions> load_conversions_or_tell(const Library& library);

/// Anatomy and substances, beside the library and standing on its sources.
std::optional<BodyData> load_body_or_tell(const Library& library, Outside outside = Outside::kRefused);
/// How patients differ.
std::optional<Variability> load_variability_or_tell(const Library& library,
                                                    Outside outside = Outside::kRefused);

}  // namespace theca
