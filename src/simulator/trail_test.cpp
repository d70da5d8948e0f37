// The trail of a virtual pump: what is written is read, and what cannot be is told with its line.
#include "simulator/trail.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace theca {
namespace {

std::expected<TrailRead, std::string> read(const std::string& text) {
  const auto path = std::filesystem::temp_directory_path() / ("theca_trail_" + std::to_string(::getpid()));
  std::ofstream{path, std::ios::binary} << text;
  auto trail = Trail::read(path);
  std::filesystem::remove(path);
  return trail;
}

TEST(Trail, a_line_that_was_cut_short_is_left_out) {
  const auto trail = read("{\"at_ms\":5,\"kind\":\"moved\",\"steps\":7,\"nl\":70}\n{\"at_ms\":9}\n{\"at_");
  ASSERT_TRUE(trail);
  EXPECT_EQ(trail->now, Instant{9});
  ASSERT_EQ(trail->acts.size(), 1U);
  EXPECT_EQ(trail->acts[0].steps, 7);
}

TEST(Trail, a_number_beyond_its_range_is_an_error_with_its_line) {
  for (const char* number : {"5e47", "9223372036854775808", "1.5", "true"}) {
    const auto trail = read("{\"at_ms\":1}\n{\"at_ms\":" + std::string{number} + "}\n");
    ASSERT_FALSE(trail) << number;
    EXPECT_NE(trail.error().find(":2: "), std::string::npos) << trail.error();
  }
  const auto filled = [](const std::string& parts) {
    return read(R"({"at_ms":0,"kind":"filled","steps":0,"nl":5,"fluid":{"number":1,"parts":[)" + parts +
                "]}}\n");
  };
  EXPECT_TRUE(filled("[1,2,20000000]"));
  EXPECT_FALSE(filled("[1,200,20000000]")) << "no such class of drug";
  EXPECT_FALSE(filled("[70000,2,20000000]"));
}

}  // namespace
}  // namespace theca
