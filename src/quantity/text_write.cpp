#include "quantity/text_write.hpp"

#include <array>

namespace theca {
namespace {

using Buffer = std::array<char, kPrintBytes>;

std::string decimal(std::int64_t raw, std::int64_t raw_per_unit, Rounding rounding = Rounding::exact()) {
  Buffer buffer;
  return std::string{print_decimal(raw, raw_per_unit, buffer, rounding)};
}

}  // namespace

std::string to_text(Volume volume, Rounding rounding) {
  Buffer buffer;
  return std::string{print_volume(volume, buffer, VolumeUnit::kMillilitre, rounding)};
}
std::string to_text(FlowRate rate, Rounding rounding) {
  Buffer buffer;
  return std::string{print_flow(rate, buffer, VolumeUnit::kMillilitre, Per::kDay, rounding)};
}
std::string to_text(Concentration concentration, Rounding rounding) {
  Buffer buffer;
  return std::string{print_concentration(concentration, buffer, MassUnit::kAutomatic, rounding)};
}
std::string to_text(Mass mass, Rounding rounding) {
  Buffer buffer;
  return std::string{print_mass(mass, buffer, MassUnit::kAutomatic, rounding)};
}
std::string to_text(DoseRate rate, Rounding rounding) {
  Buffer buffer;
  return std::string{print_dose_rate(rate, buffer, MassUnit::kAutomatic, Per::kDay, rounding)};
}
std::string to_text(Duration duration, Duration finest) {
  Buffer buffer;
  return std::string{print_duration(duration, buffer, finest)};
}
std::string to_text(Length length, Rounding rounding) {
  Buffer buffer;
  return std::string{print_length(length, buffer, rounding)};
}
std::string volume_per_length_text(Volume per_cm, Rounding rounding) {
  Buffer buffer;
  return std::string{print_volume_per_length(per_cm, buffer, rounding)};
}
std::string percent_text(std::int64_t ppm, Rounding rounding) {
  Buffer buffer;
  return std::string{print_percent(ppm, buffer, rounding)};
}

std::string decimal_ml(Volume volume) { return decimal(volume.raw(), millilitres(1).raw()); }
std::string decimal_ml_per_day(FlowRate rate) { return decimal(rate.raw(), millilitres(1).raw()); }
std::string decimal_mg(Mass mass) { return decimal(mass.raw(), milligrams(1).raw()); }
std::string decimal_mg_per_day(DoseRate rate) { return decimal(rate.raw(), milligrams_per_day(1).raw()); }
std::string decimal_mg_per_ml(Concentration concentration) {
  return decimal(concentration.raw(), milligrams_per_millilitre(1).raw());
}
std::string decimal_percent(std::int64_t ppm) {
  constexpr std::int64_t kPpmPerPercent = 10'000;
  return decimal(ppm, kPpmPerPercent);
}
std::string decimal_hours(Duration duration) {
  constexpr int kDecimals = 6;
  return decimal(duration.raw(), hours(1).raw(), Rounding::decimals(kDecimals));
}

}  // namespace theca
