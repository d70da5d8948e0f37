// docs/alarms.md says of each alarm what the table says, in the table's order.
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "catalogue/alarm.hpp"
#include "verify/alarm_words.hpp"

namespace theca {
namespace {

TEST(AlarmPage, has_every_row_of_the_table_in_its_order) {
  std::ifstream page{THECA_SOURCE_DIR "/docs/alarms.md"};
  std::vector<std::string> told;
  for (std::string line; std::getline(page, line) && !line.starts_with("## ");) {
    if (line.starts_with("| ") && !line.starts_with("| alarm ")) told.push_back(line);
  }
  std::vector<std::string> wanted;
  for (const AlarmRow& row : kAlarms) {
    const std::string alarm_class = row.alarm_class == AlarmClass::kCritical ? "critical" : "non-critical";
    wanted.push_back("| " + std::string(row.name) + " | " + alarm_class + " | " + verify::ending(row.clears) + " |");
  }
  EXPECT_EQ(told, wanted);
}

}  // namespace
}  // namespace theca
