// The interface as it is written down, docs/openapi.json, of which the pages' client is made
// (web/build_client.mjs). THECA_REWRITE_INTERFACE=1 writes it anew.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "clinic/folder_testing.hpp"
#include "server/demo_keys.hpp"
#include "server/desk.hpp"
#include "server/router.hpp"

namespace theca::server {
namespace {

TEST(Interface, is_written_down_as_it_is) {
  const records::TestFolder folder;
  records::Opening opening;
  opening.address = (folder / "clinic.db").string();
  opening.keys = folder / "keys";
  opening.heads = folder / "heads";
  const auto database = records::Database::open(opening);
  ASSERT_TRUE(database);
  const Library library;
  const BodyData body;
  const Variability adults;
  Sessions sessions;
  MemoryReplies replies;
  const PasskeySite site{"clinic.example", "https://clinic.example"};
  Desk desk{{**database, library, body, adults, sessions, site, folder / "s", folder / "g",
             [] { return std::int64_t{0}; }}};
  DemoKeys keys{site, {}, [](records::PersonId, const std::string&) {}};
  std::vector<Route> routes = desk.routes();
  for (Route& route : keys.routes()) routes.push_back(std::move(route));
  const auto router = Router::make(
      std::move(routes), {.sessions = sessions, .replies = replies, .now = BootClock::now, .fault = {}});
  ASSERT_TRUE(router) << router.error();
  auto description = openapi(router->routes());
  description["info"]["version"] = "as it stands here";  // not anew with each version of the program
  const std::string text = description.dump(1) + "\n";
  const std::string file = THECA_SOURCE_DIR "/docs/openapi.json";
  if (std::getenv("THECA_REWRITE_INTERFACE") != nullptr) std::ofstream{file} << text;
  std::ostringstream kept;
  kept << std::ifstream{file}.rdbuf();
  EXPECT_EQ(kept.str(), text)
      << "THECA_REWRITE_INTERFACE=1 server_test --gtest_filter='Interface*', then node "
         "web/build_client.mjs";
}

}  // namespace
}  // namespace theca::server
