// docs/faults.md says of each fault what the table says, in the table's order.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "catalogue/fault.hpp"
#include "verify/alarm_words.hpp"

namespace theca {
namespace {

std::string word(Answer answer) {
  switch (answer) {
    case Answer::kPowerOff:
      return "power off";
    case Answer::kHold:
      return "hold";
    case Answer::kSafeState:
      return "safe state";
    case Answer::kNoBolus:
      return "no bolus";
    case Answer::kGoOn:
      return "go on";
  }
  return "";
}

/// A safe state ends with a new prescription, however its alarm ends.
std::string line_of(const FaultRow& row) {
  const AlarmClears clears = row_of(row.alarm).clears;
  std::string line = "| " + std::string(row.name) + " | " + row_of(row.alarm).name + " |";
  for (const Answer answer : row.answers) line += " " + word(answer) + " |";
  std::string ends = verify::ending(clears), who = verify::who_ends(clears);
  const bool safe = std::ranges::count(row.answers, Answer::kSafeState) > 0;
  if (safe && clears != AlarmClears::kOnNewPrescription) {
    ends += "; the safe state with a new prescription";
    who += "; physician";
  }
  return line + " " + ends + " | " + who + " |";
}

TEST(FaultPage, has_every_row_of_the_table_in_its_order) {
  std::ifstream page{THECA_SOURCE_DIR "/docs/faults.md"};
  std::vector<std::string> told;
  for (std::string line; std::getline(page, line) && !line.starts_with("## ");) {
    if (line.starts_with("| ") && !line.starts_with("| fault ")) told.push_back(line);
  }
  std::vector<std::string> wanted;
  for (const FaultRow& row : kFaults) wanted.push_back(line_of(row));
  EXPECT_EQ(told, wanted);
}

}  // namespace
}  // namespace theca
