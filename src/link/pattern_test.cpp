// The tables against Noise's own notation (revision 34, sections 7.5 and 9.4).
#include "link/pattern.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace theca::link {
namespace {

std::string written(const Pattern& pattern) {
  static constexpr std::array<std::string_view, 8> kNames{"", "e", "s", "ee", "es", "se", "ss", "psk"};
  std::string out;
  for (std::size_t i = 0; i < pattern.messages; ++i) {
    if (i > 0) out += " |";
    for (const Token token : pattern.tokens[i]) {
      if (token == Token::kNone) continue;
      if (!out.empty()) out += " ";
      out += kNames[static_cast<std::size_t>(token)];
    }
  }
  return out;
}

struct Row {
  std::string_view name;
  const Pattern* of;         // without psk
  std::optional<int> place;  // of the psk
  std::string_view tokens;
};
const std::array kRows{
    Row{"XX", &kXx, {}, "e | e ee s es | s se"},        Row{"XXpsk0", &kXx, 0, "psk e | e ee s es | s se"},
    Row{"XXpsk1", &kXx, 1, "e psk | e ee s es | s se"}, Row{"XXpsk2", &kXx, 2, "e | e ee s es psk | s se"},
    Row{"XXpsk3", &kXx, 3, "e | e ee s es | s se psk"}, Row{"IK", &kIk, {}, "e es s ss | e ee se"},
    Row{"IKpsk0", &kIk, 0, "psk e es s ss | e ee se"},  Row{"IKpsk1", &kIk, 1, "e es s ss psk | e ee se"},
    Row{"IKpsk2", &kIk, 2, "e es s ss | e ee se psk"},  Row{"KK", &kKk, {}, "e es ss | e ee se"},
    Row{"KKpsk0", &kKk, 0, "psk e es ss | e ee se"},    Row{"KKpsk1", &kKk, 1, "e es ss psk | e ee se"},
    Row{"KKpsk2", &kKk, 2, "e es ss | e ee se psk"},
};

TEST(Pattern, is_what_noise_says_of_its_name) {
  ASSERT_EQ(kRows.size(), kPatterns.size());
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    const Row& row = kRows[i];
    EXPECT_EQ(kPatterns[i].name, row.name);
    EXPECT_EQ(written(kPatterns[i]), row.tokens) << row.name;
    EXPECT_EQ(kPatterns[i].has_psk(), row.place.has_value()) << row.name;
    EXPECT_EQ(kPatterns[i].knows_responder, !row.name.starts_with("XX")) << row.name;
    EXPECT_EQ(kPatterns[i].knows_initiator, row.name.starts_with("KK")) << row.name;
  }
  EXPECT_EQ(kIkPsk2.name, "IKpsk2");
}

TEST(Pattern, a_psk_comes_where_its_number_says) {
  for (const Row& row : kRows) {
    if (!row.place) continue;
    const Pattern made = with_psk(*row.of, row.name, static_cast<std::size_t>(*row.place));
    EXPECT_EQ(made.name, row.name);
    EXPECT_EQ(written(made), row.tokens) << row.name;
    EXPECT_EQ(made.messages, row.of->messages);
  }
}

}  // namespace
}  // namespace theca::link
