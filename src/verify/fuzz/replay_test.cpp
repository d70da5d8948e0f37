// Every file of every corpus, and inputs changed from them, against what the targets hold.
#include "verify/fuzz/replay.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

#include "verify/fuzz/targets.hpp"

namespace theca::fuzz {
namespace {

struct Row {
  const char* name;
  void (*target)(Bytes);
};
const std::vector<Row> kTargets{
#define THECA_FUZZ_TARGET(name) {#name, name},
#include "verify/fuzz_targets.inc"
#undef THECA_FUZZ_TARGET
};
void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

/// Changed inputs beside the corpus; THECA_LONG tries fifty times as many. Some targets take a millisecond.
int changed_inputs(const std::string& name) {
  const bool slow = name == "visit" || name == "gate" || name == "scenario" || name == "handshake";
  const int usual = slow ? 400 : 4'000;
  return std::getenv("THECA_LONG") != nullptr ? 50 * usual : usual;
}
std::uint64_t seed() {
  constexpr std::uint64_t kUsual = 20'260'801;
  const char* const given = std::getenv("THECA_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 0) : kUsual;
}

class Corpus : public testing::TestWithParam<Row> {};

TEST_P(Corpus, holds_as_it_is_and_changed) {
  EXPECT_EQ(broken_by_corpus(GetParam().target, GetParam().name, seed(), changed_inputs(GetParam().name)),
            "");
}
INSTANTIATE_TEST_SUITE_P(Fuzz, Corpus, testing::ValuesIn(kTargets),
                         [](const auto& row) { return std::string{row.param.name}; });

TEST(Fuzz, nothing_at_all_is_an_input_too) {
  for (const Row& row : kTargets) EXPECT_EQ(broken_by(row.target, {}), "") << row.name;
}

}  // namespace
}  // namespace theca::fuzz
