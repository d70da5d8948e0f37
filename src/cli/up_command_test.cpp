// `theca up` as a new user starts it, with records in a PostgreSQL of its own.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "clinic/audit.hpp"
#include "clinic/database.hpp"
#include "clinic/folder_testing.hpp"
#include "clinic/postgres_testing.hpp"
#include "files/private_folder.hpp"
#include "server/clinic_folder.hpp"
#include "verify/spawned.hpp"

namespace theca {
namespace {

using namespace std::chrono_literals;

/// Two ports, one behind the other, that are free now, below those that the system gives out by itself. Each
/// process begins at another place: the tests beside this one look for ports as well.
int free_ports() {
  constexpr int kFirst = 20'080, kPairs = 6'000;
  for (int tries = 0; tries < 100; ++tries) {
    const int port = kFirst + 2 * ((::getpid() + 97 * tries) % kPairs);
    bool fine = true;
    for (const int one : {port, port + 1}) {
      const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      sockaddr_in at{};
      at.sin_family = AF_INET;
      at.sin_port = htons(static_cast<std::uint16_t>(one));
      at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      fine = fine && ::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
      ::close(fd);
    }
    if (fine) return port;
  }
  throw std::runtime_error("no free ports");
}

struct UpCommand : testing::Test {
  records::PostgresServer postgres;
  records::TestFolder folder;
  const std::string demo = (folder / "demo").string();
  const int port = free_ports();

  void SetUp() override {
    for (const char* part : {"clinic", "handheld"}) {
      std::filesystem::create_directories(folder / "pages" / part);
      std::ofstream{folder / "pages" / part / "index.html"} << "<!doctype html><title>Theca</title>";
    }
  }
  struct Ended {
    int exit_code = 0;
    std::string said;
  };
  /// Until it says `words`, then Ctrl-C; or until it ends by itself.
  Ended up(const std::vector<std::string>& more, const std::string& words) {
    std::vector<std::string> all{
        (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "theca").string(),
        "up",
        "--folder",
        demo,
        "--port",
        std::to_string(port),
        "--pages",
        (folder / "pages").string()};
    all.insert(all.end(), more.begin(), more.end());
    const std::filesystem::path says = folder / "said";
    verify::Spawned process{all, says};
    const auto over = std::chrono::steady_clock::now() + 120s;
    while (std::chrono::steady_clock::now() < over && verify::text_in(says).find(words) == std::string::npos)
      if (process.ended_within(0s)) break;
    process.interrupt();
    const auto code = process.ended_within(60s);
    return {code.value_or(-1), verify::text_in(says)};
  }
};

TEST_F(UpCommand, INV_16_a_demo_keeps_its_records_in_postgresql_and_goes_on_with_them) {
  const std::string address = postgres.new_database();
  const Ended first = up({"--db", address}, "Sign in with a link");
  EXPECT_EQ(first.exit_code, 0) << first.said;
  EXPECT_NE(first.said.find("Ada Okafor"), std::string::npos) << first.said;
  EXPECT_FALSE(std::filesystem::exists(folder / "demo/server/clinic.db"));
  const auto files = PrivateFolder::open(demo + "/server");
  ASSERT_TRUE(files);
  const auto settings = server::read_settings(*files);
  ASSERT_TRUE(settings) << settings.error();
  EXPECT_EQ(settings->database, address);
  const records::Opening opening = server::opening_of(*settings, demo + "/server");
  EXPECT_EQ(opening.kind, records::DatabaseKind::kDemo);
  const auto check = records::verify_audit(address, opening.heads);
  ASSERT_TRUE(check) << check.error().message;
  EXPECT_TRUE(check->wrong.empty()) << check->wrong.front().message;
  EXPECT_GT(check->rows, 0);

  const Ended again = up({}, "Sign in with a link");
  EXPECT_EQ(again.exit_code, 0) << again.said;
  EXPECT_EQ(again.said.find("Making the demo"), std::string::npos) << again.said;
  const Ended elsewhere = up({"--db", postgres.new_database()}, "Sign in with a link");
  EXPECT_EQ(elsewhere.exit_code, 2) << elsewhere.said;
  EXPECT_NE(elsewhere.said.find("--db"), std::string::npos) << elsewhere.said;
}

/// A real clinic's database is no place for a demo.
TEST_F(UpCommand, INV_12_a_database_that_holds_a_real_clinic_is_refused) {
  const std::string address = postgres.new_database();
  records::Opening opening;
  opening.address = address;
  opening.keys = folder / "keys";
  opening.heads = folder / "heads";
  opening.kind = records::DatabaseKind::kReal;
  opening.institution = "North Hospital";
  {
    const auto database = records::Database::open(opening);
    ASSERT_TRUE(database) << database.error().message;
    ASSERT_TRUE((*database)->close());
  }
  const Ended refused = up({"--db", address}, "Sign in with a link");
  EXPECT_EQ(refused.exit_code, 2) << refused.said;
  EXPECT_NE(refused.said.find("North Hospital"), std::string::npos) << refused.said;
  const Ended nowhere = up({"--db", "postgresql://nobody@/none?host=/nowhere"}, "Sign in with a link");
  EXPECT_EQ(nowhere.exit_code, 2) << nowhere.said;
}

}  // namespace
}  // namespace theca
