#include "cli/verify_command.hpp"

#include <gtest/gtest.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "cli/exit_code.hpp"
#include "clinic/database.hpp"
#include "clinic/folder_testing.hpp"
#include "clinic/staff.hpp"

namespace theca {
namespace {

int verified(const std::string& database, const std::string& heads) {
  CLI::App app;
  int exit_code = -1;
  add_verify_command(app, exit_code);
  app.parse("verify " + database + " --heads " + heads);
  return exit_code;
}

TEST(VerifyCommand, tells_a_whole_trail_from_a_changed_one_and_from_none) {
  const records::TestFolder folder;
  records::Opening opening;
  opening.address = (folder / "clinic.db").string();
  opening.keys = folder / "keys";
  opening.heads = folder / "heads";
  {
    const auto database = records::Database::open(opening);
    ASSERT_TRUE(database.has_value()) << database.error().message;
    ASSERT_TRUE(records::found_clinic(**database, "North", "Ada").has_value());
  }
  EXPECT_EQ(verified(opening.address, opening.heads.string()), kExitOk);
  EXPECT_EQ(verified(opening.address, (folder / "nothing").string()), kExitUsage);
  EXPECT_EQ(verified((folder / "nothing").string(), opening.heads.string()), kExitUsage);
  EXPECT_FALSE(std::filesystem::exists(folder / "nothing")) << "it wrote something";

  std::ofstream{folder / "junk"} << std::string(8'192, 'x');
  testing::internal::CaptureStderr();
  EXPECT_EQ(verified((folder / "junk").string(), opening.heads.string()), kExitUsage);
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("file is not a database"), std::string::npos) << said;
  EXPECT_EQ(said.find("::"), std::string::npos) << said;

  soci::session sql{*soci::factory_sqlite3(), "dbname=" + opening.address};
  sql << "DROP TRIGGER audit_no_update";
  sql << "UPDATE audit SET person = person + 1";
  EXPECT_EQ(verified(opening.address, opening.heads.string()), kExitRefused);
}

}  // namespace
}  // namespace theca
