// A reader of typed numbers is only as good as the texts it has been held against: data/entry/cases.json,
// which the pages' reader is held against too. Broken twins stand at the end: each is seen by that table.
#include "clinic/number_entry.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "clinic/entry_texts.hpp"

namespace theca::clinic {
namespace {

using Json = nlohmann::json;

__extension__ using Wide = __int128;
constexpr std::size_t kLeastCases = 80;
constexpr std::size_t kMeasured = 6;  // rows

const Json& table() {
  static const Json kTable = [] {
    std::ifstream in{std::filesystem::path{THECA_DATA_DIR} / "entry/cases.json"};
    return Json::parse(in);
  }();
  return kTable;
}

auto field_of(const Json& row) {
  const Json& step = row.at("step");
  return EntryField::make(
      row.at("unit"), {step.at(0), step.at(1)}, row.at("least").get<std::string>(),
      row.at("most").get<std::string>(),
      row.value("zeros", "refused") == "allowed" ? TrailingZeros::kAllowed : TrailingZeros::kRefused);
}

const EntryField& field(const std::string& name) {
  static std::map<std::string, EntryField> made;
  if (const auto known = made.find(name); known != made.end()) return known->second;
  auto field = field_of(table().at("fields").at(name));
  if (!field) throw std::logic_error{name + ": " + field.error()};
  return made.emplace(name, *std::move(field)).first->second;
}

using Answer = std::expected<Entered, EntryError>;
using Reader = std::function<Answer(std::string_view, const EntryField&)>;

/// What differs from the table's row; empty when nothing does.
std::string difference(const Json& row, const Answer& answer) {
  if (row.contains("fault")) {
    if (answer) return "taken as " + answer->number.text;
    if (name_of(answer.error().fault) != row.at("fault").get<std::string>())
      return std::string{name_of(answer.error().fault)};
    return answer.error().message == row.at("says").get<std::string>() ? "" : answer.error().message;
  }
  if (!answer) return answer.error().message;
  const Json read{{"value", answer->number.text},
                  {"mantissa", answer->number.mantissa},
                  {"decimals", answer->number.decimals},
                  {"steps", answer->steps},
                  {"words", answer->words}};
  for (const auto& [key, value] : read.items())
    if (row.at(key) != value) return key + " " + value.dump();
  return "";
}

/// The texts whose rows the reader gets wrong.
std::set<std::string> wrong(const Reader& reader) {
  std::set<std::string> out;
  for (const Json& row : table().at("cases"))
    if (const auto text = row.at("text").get<std::string>();
        !difference(row, reader(text, field(row.at("field")))).empty())
      out.insert(text);
  return out;
}

/// The row of `text`, which has to be in the table, as the reader reads it.
Answer played(const std::string& text, const std::string& in) {
  for (const Json& row : table().at("cases"))
    if (row.at("text") == text && row.at("field") == in) return read_entry(text, field(in));
  throw std::logic_error{"no row for " + text};
}
EntryFault fault_of(const Answer& answer) {
  if (answer) throw std::logic_error{"taken as " + answer->number.text};
  return answer.error().fault;
}

TEST(NumberEntry, reads_every_row_of_the_table) {
  std::size_t measured = 0;
  std::set<std::string> faults;
  for (const Json& row : table().at("cases")) {
    const auto text = row.at("text").get<std::string>();
    EXPECT_EQ(difference(row, read_entry(text, field(row.at("field")))), "") << '\'' << text << '\'';
    if (row.value("measured", false)) ++measured;
    faults.insert(row.value("fault", ""));
  }
  EXPECT_GE(table().at("cases").size(), kLeastCases);
  EXPECT_EQ(measured, kMeasured);
  EXPECT_EQ(faults.size(), kEntryFaults + 1) << "every fault has a row, and no fault too";
}

/// Digits and marks for the most part, so that many of them are numbers.
rc::Gen<std::string> typed_text() {
  const auto one = rc::gen::weightedOneOf<std::string>(
      {{12, rc::gen::map(rc::gen::inRange('0', static_cast<char>('9' + 1)),
                         [](char c) { return std::string{c}; })},
       {3, rc::gen::element<std::string>(".", ",")},
       {1,
        rc::gen::element<std::string>(" ", "-", "e", "\u00A0", "\u202E", "\u0661", "\xFF", "\xE2\x80", "m")},
       {1, rc::gen::map(rc::gen::arbitrary<char>(), [](char c) { return std::string{c}; })}});
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(one),
                      [](const std::vector<std::string>& parts) {
                        std::string out;
                        for (const std::string& part : parts) out += part;
                        return out;
                      });
}

std::string printed(const DecimalNumber& number) {
  std::string digits = std::to_string(number.mantissa);
  const auto places = static_cast<std::size_t>(number.decimals);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  if (places > 0) digits.insert(digits.size() - places, 1, '.');
  return digits;
}

RC_GTEST_PROP(NumberEntry, any_text_is_refused_or_prints_back_to_itself, ()) {
  const std::string text = *typed_text();
  const auto zeros = *rc::gen::element(TrailingZeros::kAllowed, TrailingZeros::kRefused);
  const auto number = read_number(text, zeros);
  if (!number) {
    RC_ASSERT(!number.error().message.empty());
    RC_ASSERT(number.error().message.find('{') == std::string::npos || text.find('{') != std::string::npos);
    return;
  }
  RC_TAG("a number");
  std::string with_point = text;
  std::ranges::replace(with_point, ',', '.');
  RC_ASSERT(printed(*number) == with_point);
  RC_ASSERT(number->text == with_point);
  const auto again = read_number(number->text, zeros);
  RC_ASSERT(again.has_value());
  RC_ASSERT((*again == *number));
}

RC_GTEST_PROP(NumberEntry, what_is_taken_is_exactly_so_many_steps_within_the_limits, ()) {
  const auto names = table().at("fields");
  const auto at = *rc::gen::inRange<std::size_t>(0, names.size());
  const Json& row = std::next(names.begin(), static_cast<std::ptrdiff_t>(at)).value();
  const EntryField& of = field(std::next(names.begin(), static_cast<std::ptrdiff_t>(at)).key());
  const auto whole = *rc::gen::inRange(0, 60);
  const auto decimals = *rc::gen::container<std::string>(rc::gen::inRange('0', static_cast<char>('9' + 1)));
  const auto answer = read_entry(std::to_string(whole) + (decimals.empty() ? "" : "." + decimals), of);
  if (!answer) return;
  RC_TAG("taken");
  const DecimalNumber& number = answer->number;
  const auto power = [](int exponent) {
    Wide out = 1;
    while (exponent-- > 0) out *= 10;
    return out;
  };
  const Wide numerator = row.at("step").at(0).get<std::int64_t>();
  const Wide denominator = row.at("step").at(1).get<std::int64_t>();
  RC_ASSERT(Wide{number.mantissa} * denominator == Wide{answer->steps} * numerator * power(number.decimals));
  const auto above = [&](const DecimalNumber& a, const DecimalNumber& b) {
    return Wide{a.mantissa} * power(b.decimals) > Wide{b.mantissa} * power(a.decimals);
  };
  RC_ASSERT(!above(number, of.most()));
  RC_ASSERT(!above(of.least(), number));
}

RC_GTEST_PROP(NumberEntry, the_two_values_offered_may_be_written_and_lie_around_what_was, ()) {
  const EntryField& of =
      field(*rc::gen::element<std::string>("box", "morphine", "in_10_nl", "hourly", "quarter"));
  const auto text =
      "0." + *rc::gen::container<std::string>(8, rc::gen::inRange('1', static_cast<char>('9' + 1)));
  const auto answer = read_entry(text, of);
  if (answer || answer.error().fault != EntryFault::kBetweenSteps) return;
  RC_TAG("between");
  const std::string& says = answer.error().message;
  const std::size_t write = says.find("Write ") + 6, middle = says.find(" or ", write);
  const auto below = read_entry(says.substr(write, middle - write), of);
  const auto above = read_entry(says.substr(middle + 4, says.size() - middle - 5), of);
  RC_ASSERT(below.has_value());
  RC_ASSERT(above.has_value());
  RC_ASSERT(above->steps - below->steps == of.steps_per_writable());
  RC_ASSERT(std::stod(below->number.text) < std::stod(text));
  RC_ASSERT(std::stod(text) < std::stod(above->number.text));
}

TEST(NumberEntry, a_field_that_is_described_badly_is_not_made) {
  for (const Json& row : table().at("bad_fields")) {
    const auto made = field_of(row);
    ASSERT_FALSE(made.has_value()) << row.at("why");
    EXPECT_FALSE(made.error().empty());
  }
}

// --- slips

TEST(NumberEntry, SLIP_01_a_mark_that_was_lost_after_a_zero_is_asked_for) {
  const Answer answer = played("05", "box");
  EXPECT_EQ(fault_of(answer), EntryFault::kLeadingZeros);
  EXPECT_NE(answer.error().message.find("Write 5, or 0.5 if a mark is missing"), std::string::npos);
}

TEST(NumberEntry, SLIP_02_two_marks_and_a_fraction_of_zeros_are_refused) {
  EXPECT_EQ(fault_of(played("1..5", "box")), EntryFault::kMarks);
  EXPECT_EQ(fault_of(played("15.0", "box")), EntryFault::kTrailingZeros);
}

TEST(NumberEntry, SLIP_03_a_comma_is_a_decimal_mark_and_never_groups) {
  EXPECT_EQ(played("1,5", "box")->number, played("1.5", "box")->number);
  EXPECT_EQ(fault_of(played("1,234.5", "wide")), EntryFault::kMarks);
}

TEST(NumberEntry, SLIP_04_a_number_above_the_most_is_told_and_not_moved) {
  EXPECT_EQ(fault_of(played("30", "box")), EntryFault::kAboveMost);
}

TEST(NumberEntry, SLIP_05_no_decimal_is_rounded_away) {
  const Answer answer = played("0.0625", "box");
  EXPECT_EQ(fault_of(answer), EntryFault::kBetweenSteps);
  EXPECT_NE(answer.error().message.find("Write 0.062 or 0.063"), std::string::npos);
}

TEST(NumberEntry, SLIP_06_a_leading_mark_is_refused_with_its_zero) {
  const Answer answer = played(".5", "box");
  EXPECT_EQ(fault_of(answer), EntryFault::kNoLeadingZero);
  EXPECT_NE(answer.error().message.find("Write 0.5."), std::string::npos);
}

TEST(NumberEntry, SLIP_07_two_equal_digits_of_one_bounce_are_found) {
  for (const Json& row : table().at("bounces")) {
    std::vector<Keystroke> keys;
    for (const Json& key : row.at("keys")) keys.push_back({key.at(0).get<std::string>().front(), key.at(1)});
    const auto at = bounced(keys);
    EXPECT_EQ(at ? Json(*at) : Json(nullptr), row.at("at")) << row;
  }
}

TEST(NumberEntry, SLIP_11_signs_powers_spaces_and_other_scripts_are_refused) {
  EXPECT_EQ(fault_of(played("1e3", "box")), EntryFault::kExponent);
  EXPECT_EQ(fault_of(played("-2", "box")), EntryFault::kSign);
  EXPECT_EQ(fault_of(played("１.5", "box")), EntryFault::kOtherDigits);
  EXPECT_EQ(fault_of(played("1 000", "wide")), EntryFault::kSpace);
}

TEST(NumberEntry, SLIP_12_what_the_pump_cannot_give_is_refused_with_its_neighbours) {
  const Answer answer = played("0.12345", "in_10_nl");
  EXPECT_EQ(fault_of(answer), EntryFault::kBetweenSteps);
  EXPECT_NE(answer.error().message.find("Write 0.1234 or 0.1236"), std::string::npos);
}

// --- broken twins: what number fields do, put before the reader

Reader after(const std::function<std::string(std::string, const EntryField&)>& changed) {
  return [changed](std::string_view text, const EntryField& of) {
    return read_entry(changed(std::string{text}, of), of);
  };
}

std::string without(std::string text, std::string_view characters) {
  std::erase_if(text, [&](char c) { return characters.find(c) != std::string_view::npos; });
  return text;
}

TEST(NumberEntryTable, sees_a_reader_that_groups) {
  const auto seen =
      wrong(after([](std::string text, const EntryField&) { return without(std::move(text), ","); }));
  EXPECT_TRUE(seen.contains("1,5"));
  EXPECT_TRUE(seen.contains("1,234,567"));
}

TEST(NumberEntryTable, sees_a_reader_that_moves_a_number_to_the_limit) {
  const auto clamps = [](std::string_view text, const EntryField& of) {
    auto answer = read_entry(text, of);
    if (!answer && answer.error().fault == EntryFault::kAboveMost) return read_entry(of.most().text, of);
    if (!answer && answer.error().fault == EntryFault::kBelowLeast) return read_entry(of.least().text, of);
    return answer;
  };
  EXPECT_TRUE(wrong(clamps).contains("30"));
  EXPECT_TRUE(wrong(clamps).contains("0.09998"));
}

TEST(NumberEntryTable, sees_a_reader_that_cuts_decimals) {
  const auto cuts = [](std::string text, const EntryField& of) {
    const std::size_t mark = text.find_first_of(".,");
    if (mark == std::string::npos) return text;
    return text.substr(0, mark + 1 + static_cast<std::size_t>(of.writable_step().decimals));
  };
  EXPECT_TRUE(wrong(after(cuts)).contains("0.0625"));
}

TEST(NumberEntryTable, sees_a_reader_that_helps_along) {
  const auto trims = [](std::string text, const EntryField&) { return without(std::move(text), " \t"); };
  EXPECT_TRUE(wrong(after(trims)).contains("1 000"));
  const auto adds_zero = [](const std::string& text, const EntryField&) {
    return text.starts_with('.') && text.size() > 1 ? "0" + text : text;
  };
  EXPECT_TRUE(wrong(after(adds_zero)).contains(".5"));
  const auto drops_mark = [](std::string text, const EntryField&) {
    if (text.ends_with('.')) text.pop_back();
    return text;
  };
  EXPECT_TRUE(wrong(after(drops_mark)).contains("5."));
  const auto drops_zeros = [](std::string text, const EntryField&) {
    while (text.size() > 1 && text.front() == '0' && text[1] != '.' && text[1] != ',') text.erase(0, 1);
    return text;
  };
  EXPECT_TRUE(wrong(after(drops_zeros)).contains("007"));
}

TEST(NumberEntryTable, sees_no_fault_in_the_reader_itself) {
  EXPECT_EQ(wrong(read_entry), std::set<std::string>{});
}

TEST(NumberEntryTexts, name_a_unit_in_the_singular_and_in_the_plural) {
  for (const auto& [unit, words] : texts_of_entry().at("units").items()) {
    EXPECT_EQ(in_words({1, 0, "1"}, unit), "one " + words.at("one").get<std::string>());
    EXPECT_EQ(in_words({15, 1, "1.5"}, unit), "one point five " + words.at("many").get<std::string>());
  }
  EXPECT_EQ(in_words({0, 0, "0"}, ""), "zero");
}

}  // namespace
}  // namespace theca::clinic
