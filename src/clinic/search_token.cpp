#include "clinic/search_token.hpp"

#include <fmt/format.h>
#include <unicode/translit.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <stdexcept>

namespace theca::records {
namespace {

constexpr std::string_view kName = "name", kBirthDate = "birth date", kRecordNumber = "record number";

const icu::Transliterator& folding() {
  thread_local const std::unique_ptr<icu::Transliterator> fold = [] {
    UErrorCode status = U_ZERO_ERROR;
    return std::unique_ptr<icu::Transliterator>{icu::Transliterator::createInstance(
        "NFKD; [:M:] Remove; Any-Latin; Latin-ASCII; Lower; NFKD; [:M:] Remove", UTRANS_FORWARD, status)};
  }();
  if (fold == nullptr) throw std::runtime_error("ICU has no transliteration to Latin letters");
  return *fold;
}

std::vector<icu::UnicodeString> words_of(std::string_view text) {
  icu::UnicodeString folded =
      icu::UnicodeString::fromUTF8({text.data(), static_cast<std::int32_t>(text.size())});
  folding().transliterate(folded);
  std::vector<icu::UnicodeString> words;
  bool inside = false;
  for (std::int32_t at = 0; at < folded.length(); at = folded.moveIndex32(at, 1)) {
    const UChar32 point = folded.char32At(at);
    if (u_isalnum(point) == 0) {
      if (point != '\'' && point != 0x2019) inside = false;  // O'Brien is one word
      continue;
    }
    if (!inside) words.emplace_back();
    words.back().append(point);
    inside = true;
  }
  return words;
}

std::string utf8(const icu::UnicodeString& text) {
  std::string out;
  text.toUTF8String(out);
  return out;
}

std::string prefix(const icu::UnicodeString& word, std::int32_t letters) {
  return utf8(icu::UnicodeString{word, 0, word.moveIndex32(0, letters)});
}

std::vector<std::string> unique(std::vector<std::string> tokens) {
  std::ranges::sort(tokens);
  tokens.erase(std::ranges::unique(tokens).begin(), tokens.end());
  return tokens;
}

std::string asked_token(const SecretKey& key, const icu::UnicodeString& word) {
  return token_of(key, kName, prefix(word, std::min(word.countChar32(), std::int32_t{kLongestPrefix})));
}

}  // namespace

std::vector<std::string> folded_words(std::string_view text) {
  std::vector<std::string> words;
  for (const icu::UnicodeString& word : words_of(text)) words.push_back(utf8(word));
  return words;
}

std::vector<std::string> name_tokens(const SecretKey& key, std::string_view name) {
  std::vector<std::string> tokens;
  for (const icu::UnicodeString& word : words_of(name)) {
    const std::int32_t letters = word.countChar32();
    for (std::int32_t length = kShortestPrefix; length <= std::min(letters, std::int32_t{kLongestPrefix});
         ++length)
      tokens.push_back(token_of(key, kName, prefix(word, length)));
    if (letters < kShortestPrefix) tokens.push_back(asked_token(key, word));
  }
  return unique(std::move(tokens));
}

std::vector<std::string> asked_name_tokens(const SecretKey& key, std::string_view words) {
  std::vector<std::string> tokens;
  for (const icu::UnicodeString& word : words_of(words)) tokens.push_back(asked_token(key, word));
  return unique(std::move(tokens));
}

bool begins_words_of(std::string_view words, std::string_view name) {
  const auto in_name = folded_words(name);
  return std::ranges::all_of(folded_words(words), [&](const std::string& word) {
    return std::ranges::any_of(in_name, [&](const std::string& one) { return one.starts_with(word); });
  });
}

std::string birth_date_token(const SecretKey& key, std::chrono::year_month_day date) {
  return token_of(key, kBirthDate, text_of(date));
}

std::string record_number_token(const SecretKey& key, std::string_view number) {
  std::string folded;
  for (const std::string& word : folded_words(number)) folded += word;
  return token_of(key, kRecordNumber, folded);
}

std::string text_of(std::chrono::year_month_day date) {
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

std::optional<std::chrono::year_month_day> date_of(std::string_view text) {
  int year = 0;
  unsigned month = 0, day = 0;
  if (text.size() != std::string_view{"YYYY-MM-DD"}.size()) return std::nullopt;
  std::from_chars(text.data(), text.data() + 4, year);
  std::from_chars(text.data() + 5, text.data() + 7, month);
  std::from_chars(text.data() + 8, text.data() + 10, day);
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                         std::chrono::day{day}};
  if (!date.ok() || text_of(date) != text) return std::nullopt;
  return date;
}

}  // namespace theca::records
