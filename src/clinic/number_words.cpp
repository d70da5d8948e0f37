#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "clinic/entry_texts.hpp"
#include "clinic/number_entry.hpp"

namespace theca::clinic {
namespace {

constexpr std::int64_t kGroup = 1'000;

/// 1 to 999.
std::string group_in_words(std::int64_t number, const nlohmann::json& words) {
  std::string out;
  const auto add = [&](const std::string& word, char between) {
    if (!out.empty()) out += between;
    out += word;
  };
  if (number >= 100) {
    add(words.at("digits").at(static_cast<std::size_t>(number / 100)), ' ');
    add(words.at("hundred"), ' ');
  }
  const std::int64_t rest = number % 100;
  const auto& digits = words.at("digits");
  if (rest >= 20) {
    add(words.at("tens").at(static_cast<std::size_t>(rest / 10)), ' ');
    if (rest % 10 > 0) add(digits.at(static_cast<std::size_t>(rest % 10)), '-');
  } else if (rest > 0) {
    add(digits.at(static_cast<std::size_t>(rest)), ' ');
  }
  return out;
}

std::string whole_in_words(std::int64_t number, const nlohmann::json& words) {
  if (number == 0) return words.at("digits").at(0);
  std::string out;
  for (std::size_t group = 0; number > 0; number /= kGroup, ++group) {
    if (number % kGroup == 0) continue;
    const std::string name = words.at("groups").at(group);
    std::string part = group_in_words(number % kGroup, words);
    if (!name.empty()) part += ' ' + name;
    out = out.empty() ? part : part + ' ' + out;
  }
  return out;
}

}  // namespace

const nlohmann::json& texts_of_entry() {
  static const nlohmann::json kTexts = nlohmann::json::parse(entry_texts);
  return kTexts;
}

std::string in_words(const DecimalNumber& number, std::string_view unit) {
  const auto& texts = texts_of_entry();
  const auto& words = texts.at("words");
  std::int64_t power = 1;
  for (int i = 0; i < number.decimals; ++i) power *= 10;
  std::string out = whole_in_words(number.mantissa / power, words);
  if (number.decimals > 0) {
    out += ' ' + words.at("point").get<std::string>();
    for (power /= 10; power > 0; power /= 10) {
      const auto digit = static_cast<std::size_t>(number.mantissa / power % 10);
      out += ' ' + words.at("digits").at(digit).get<std::string>();
    }
  }
  if (unit.empty()) return out;
  const bool one = number.mantissa == 1 && number.decimals == 0;
  return out + ' ' + texts.at("units").at(std::string{unit}).at(one ? "one" : "many").get<std::string>();
}

}  // namespace theca::clinic
