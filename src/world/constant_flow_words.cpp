#include "world/constant_flow_words.hpp"

#include <fmt/format.h>

#include "quantity/text_write.hpp"

namespace theca {

std::string signed_percent_text(std::int64_t ppm) {
  return (ppm > 0 ? "+" : "") + percent_text(ppm, Rounding::decimals(1));
}

std::string band_text(const FlowBand& band) {
  if (band.low_ppm == band.high_ppm) return "flow " + signed_percent_text(band.middle_ppm());
  return fmt::format("flow {}, the middle of {} to {}", signed_percent_text(band.middle_ppm()),
                     signed_percent_text(band.low_ppm), signed_percent_text(band.high_ppm));
}

std::string pedigree_text(const FlowInfluence& row) {
  std::string text = fmt::format("{}: {}", row.what, row.because);
  for (const std::string_view source : row.sources)
    if (!source.empty()) text += fmt::format("; {}", source);
  return text + (row.verified ? "" : "; not verified");
}

}  // namespace theca
