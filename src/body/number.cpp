#include "body/number.hpp"

#include <fmt/format.h>

namespace theca {

Number need_number(TableReader& reader, std::string_view key, std::string_view unit, const Sources& sources,
                   Zero zero) {
  Number number;
  if (!reader.present(key)) return number;
  reader.one(key, [&](TableReader& entry) {
    const auto value = entry.need_decimal("value"), low = entry.need_decimal("low"),
               high = entry.need_decimal("high");
    number.unit = entry.need_text("unit").value_or(std::string{unit});
    if (number.unit != unit) entry.error("unit", fmt::format("\"{}\": allowed: \"{}\"", number.unit, unit));
    Pedigree pedigree = read_pedigree(entry, sources);
    number.sources = std::move(pedigree.sources);
    number.verified = pedigree.verified;
    number.note = entry.text("note").value_or("");
    if (!value || !low || !high) return;
    number.value = *value;
    number.low = *low;
    number.high = *high;
    if (*low < 0) entry.error("low", fmt::format("{}: allowed: zero or more", *low));
    if (*value == 0 && zero == Zero::kRefused) entry.error("value", "0: allowed: above zero");
    number.outside = *value < *low || *value > *high;
    if (*value < 0) entry.error("value", fmt::format("{}: allowed: zero or more", *value));
    if (number.outside && !entry.errors().allows_outside()) {
      entry.error("value", fmt::format("{} is outside of its own range, {} to {} {} (--allow takes it)",
                                       *value, *low, *high, unit));
    }
  });
  return number;
}

}  // namespace theca
