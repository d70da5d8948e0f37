// A demo and a real clinic are never one another's.
#include "server/clinic_folder.hpp"

#include <gtest/gtest.h>

#include "clinic/folder_testing.hpp"
#include "server/demo_keys.hpp"

namespace theca::server {
namespace {

ClinicSettings settings_of(records::DatabaseKind kind) {
  ClinicSettings settings;
  settings.kind = kind;
  settings.institution = "Clinic of the hill";
  settings.site = {"clinic.example", "https://clinic.example"};
  return settings;
}

struct ClinicFolderTest : testing::Test {
  records::TestFolder folder;
  std::filesystem::path at = folder / "server";
  PrivateFolder files = *PrivateFolder::open(at);
};

TEST_F(ClinicFolderTest, what_was_made_is_read_again_and_not_made_twice) {
  const auto made = make_clinic(files, at, settings_of(records::DatabaseKind::kReal), "Adam Ray");
  ASSERT_TRUE(made) << made.error();
  const auto read = read_settings(files);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->institution, "Clinic of the hill");
  EXPECT_EQ(read->site.origin, "https://clinic.example");
  EXPECT_EQ(read->administrator.person, made->administrator.person);
  EXPECT_TRUE(records::Database::open(opening_of(*read, at)));
  EXPECT_FALSE(make_clinic(files, at, settings_of(records::DatabaseKind::kReal), "Adam Ray"));
}

TEST_F(ClinicFolderTest, INV_16_a_real_clinic_is_opened_by_no_demo) {
  ASSERT_TRUE(make_clinic(files, at, settings_of(records::DatabaseKind::kReal), "Adam Ray"));
  EXPECT_FALSE(read_demo_secrets(files));
  // Somebody writes "demo" into the settings: the database itself knows better.
  auto settings = *read_settings(files);
  settings.kind = records::DatabaseKind::kDemo;
  ASSERT_TRUE(keep_settings(files, settings));
  const auto opened = records::Database::open(opening_of(*read_settings(files), at));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().fault, records::RecordFault::kOtherKind);
  EXPECT_NE(opened.error().message.find("Clinic of the hill"), std::string::npos) << opened.error().message;
}

TEST_F(ClinicFolderTest, what_is_no_settings_is_refused_with_the_field) {
  EXPECT_NE(read_settings(files).error().find("theca server make"), std::string::npos);
  for (
      const auto& [text, says] : std::vector<std::pair<std::string, std::string>>{
          {"{", "clinic.json"},
          {"{}", "\"kind\""},
          {R"({"kind":"other","institution":"","database":"","site":"","origin":"","clinic":1,"administrator":1})",
           "\"other\""},
          {R"({"kind":"demo","institution":"","database":"","site":"","origin":"","clinic":"1","administrator":1})",
           "\"clinic\""}}) {
    ASSERT_TRUE(files.write("clinic.json", text));
    const auto read = read_settings(files);
    ASSERT_FALSE(read) << text;
    EXPECT_NE(read.error().find(says), std::string::npos) << read.error();
  }
}

/// The key behind a link goes once, and a session's key is its own person's.
TEST(DemoKeys, a_ticket_is_good_once_and_another_comes) {
  const PasskeySite site{"localhost", "http://localhost:8080"};
  std::vector<std::string> tickets;
  DemoSecret secret{records::PersonId{4}, {}};
  secret.secret.fill(7);
  DemoKeys keys{
      site, {secret}, [&](records::PersonId, const std::string& ticket) { tickets.push_back(ticket); }};
  keys.offer();
  ASSERT_EQ(tickets.size(), 1U);
  std::vector<Route> routes = keys.routes();
  const auto ask = [&](const Route& route, const nlohmann::json& body, std::int64_t person) {
    const Request request;
    Call call{request, {StaffRole::kPhysician, 1, person}, {}, {}, body, {}, {}, {}};
    return route.handle(call);
  };
  const nlohmann::json right{{"ticket", tickets.front()}, {"challenge", "AAAA"}};
  EXPECT_FALSE(ask(routes[0], {{"ticket", "AAAA"}, {"challenge", "AAAA"}}, 0));
  EXPECT_TRUE(ask(routes[0], right, 0));
  EXPECT_EQ(ask(routes[0], right, 0).error().status, 401);
  ASSERT_EQ(tickets.size(), 2U);
  EXPECT_TRUE(ask(routes[0], {{"ticket", tickets.back()}, {"challenge", "AAAA"}}, 0));
  EXPECT_TRUE(ask(routes[1], {{"challenge", "AAAA"}}, 4));
  EXPECT_EQ(ask(routes[1], {{"challenge", "AAAA"}}, 5).error().status, 403);
}

}  // namespace
}  // namespace theca::server
