#pragma once
/// A dose, rate, volume or concentration as a person types it into a field whose unit is fixed: digits, or
/// digits, one mark (point or comma, in every language) and digits. Any other text is refused with what was
/// read and what to write; nothing is rounded, and nothing is moved to a limit. data/entry/cases.json holds
/// the rules case by case, for this reader and for the pages' own (web/shared/number_entry.ts); every
/// sentence stands in data/entry/texts.json.

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "quantity/text_number.hpp"

namespace theca::clinic {

using typed::TrailingZeros;

/// Longest number, in characters. Sixteen digits fit a mantissa, and no field needs more.
inline constexpr std::size_t kLongestNumber = 16;
/// Largest number of a step's numerator and denominator.
inline constexpr std::int64_t kMostOfStep = 1'000'000'000'000;
/// Most decimals that a field's own values may need.
inline constexpr int kMostStepDecimals = 12;
/// Most steps from zero to the most of a field: what a page's script holds exactly too.
inline constexpr std::int64_t kMostSteps = 1'000'000'000'000'000;

/// Two equal digits closer together than this are taken for one key that bounced. A proposal: no source gives
/// the time, and nobody has tried it on the clinic's own keyboards.
inline constexpr std::int64_t kBounceMs = 60;

enum class EntryFault : std::uint8_t {
  kEmpty,
  kTooLong,
  kSpace,
  kSign,
  kExponent,
  kOtherDigits,
  kUnseen,
  kCharacter,
  kMarks,
  kNoDigits,
  kNoLeadingZero,
  kNoDecimals,
  kLeadingZeros,
  kTrailingZeros,
  kBelowLeast,
  kAboveMost,
  kBetweenSteps,
};
inline constexpr std::size_t kEntryFaults = 17;

/// "empty", "too_long", ...: as the table of cases calls it.
std::string_view name_of(EntryFault fault);

struct EntryError {
  EntryFault fault;
  std::string message;  // what was read, which rule or limit it broke, what to write
};

/// mantissa / 10^decimals.
struct DecimalNumber {
  std::int64_t mantissa = 0;
  int decimals = 0;
  std::string text;  // digit by digit as typed, its mark a point
  friend bool operator==(const DecimalNumber&, const DecimalNumber&) = default;
};

/// The number alone, whatever its unit. `text` is UTF-8, or any bytes.
std::expected<DecimalNumber, EntryError> read_number(std::string_view text, TrailingZeros zeros);

/// A step of numerator / denominator units, exact.
struct Step {
  std::int64_t numerator = 1;
  std::int64_t denominator = 1;
};

/// What may be written into one field. A value that is no whole number of steps is refused; so is, by itself,
/// one that no decimal can write.
class EntryField {
 public:
  /// `unit` is one of the texts' units, `least` and `most` are numbers in it that may themselves be written.
  /// The error is a sentence for whoever describes the field.
  static std::expected<EntryField, std::string> make(std::string unit, Step step, std::string_view least,
                                                     std::string_view most, TrailingZeros zeros);

  [[nodiscard]] const std::string& unit() const { return unit_; }
  [[nodiscard]] const DecimalNumber& least() const { return least_; }
  [[nodiscard]] const DecimalNumber& most() const { return most_; }
  /// The smallest difference between two values that can be written: `step`, or the least multiple of it that
  /// is a decimal.
  [[nodiscard]] const DecimalNumber& writable_step() const { return writable_; }
  [[nodiscard]] std::int64_t steps_per_writable() const { return per_writable_; }
  [[nodiscard]] TrailingZeros zeros() const { return zeros_; }

 private:
  EntryField() = default;
  std::string unit_;
  DecimalNumber least_, most_, writable_;
  std::int64_t per_writable_ = 1;
  TrailingZeros zeros_ = TrailingZeros::kRefused;
};

struct Entered {
  DecimalNumber number;
  std::int64_t steps = 0;  // of the field's step, exactly
  std::string words;       // "one point five milligrams per day"
};

/// A number in the field's unit, within its limits, a whole number of its steps.
std::expected<Entered, EntryError> read_entry(std::string_view text, const EntryField& field);

/// "one point five milligrams per day"; `unit` is one of the texts' units, "" for the number alone.
std::string in_words(const DecimalNumber& number, std::string_view unit);

struct Keystroke {
  char key = 0;
  std::int64_t ms = 0;  // of any clock that does not go back
};

/// The second of the first two neighbours that are one digit within kBounceMs.
std::optional<std::size_t> bounced(std::span<const Keystroke> keys);

}  // namespace theca::clinic
