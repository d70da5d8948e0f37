#pragma once
/// What a patient is found by without a name, a birth date or a record number standing in the database: a
/// keyed hash of each. Equal text gives equal tokens, so whoever has the database sees how often a token
/// stands in it.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "clinic/secret_key.hpp"

namespace theca::records {

/// A name is found by the first 3 to 12 letters of any of its words; a shorter word by all of it.
inline constexpr int kShortestPrefix = 3, kLongestPrefix = 12;

/// Lower case, without accents, in Latin letters where there are such, cut at whatever is no letter or digit:
/// "Ødegård-Müller" is "odegard", "muller".
std::vector<std::string> folded_words(std::string_view text);

/// The tokens that a name is kept under.
std::vector<std::string> name_tokens(const SecretKey& key, std::string_view name);
/// The tokens that all of a name's must hold for it to be found; empty when there is nothing to look for.
std::vector<std::string> asked_name_tokens(const SecretKey& key, std::string_view words);
/// Does every word asked for begin a word of the name? What asked_name_tokens finds is held against it.
bool begins_words_of(std::string_view words, std::string_view name);

std::string birth_date_token(const SecretKey& key, std::chrono::year_month_day date);
/// Letters and digits of the number alone, so that "12-34 A" and "1234a" are one.
std::string record_number_token(const SecretKey& key, std::string_view number);

/// "1956-03-09"; nothing for what is no such day.
std::string text_of(std::chrono::year_month_day date);
std::optional<std::chrono::year_month_day> date_of(std::string_view text);

}  // namespace theca::records
