/// What was acknowledged is there after kill -9, of the writer and of the database's server.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <random>
#include <thread>
#include <vector>

#include "clinic/records_testing.hpp"

namespace theca::records {
namespace {

using Durability = RecordsTest;
THECA_ON_BOTH_ENGINES(Durability);

constexpr std::uint32_t kSeed = 16;
int kills() { return std::getenv("THECA_LONG") != nullptr ? 200 : 12; }

using Acknowledge = std::function<void(std::int64_t)>;
/// Writes until it is killed.
using Writer = std::function<void(const Acknowledge&)>;

/// The ids that a writer acknowledged before it was killed, at a random time after its first one.
std::vector<std::int64_t> acknowledged_until_killed(const Writer& writer, std::mt19937& random,
                                                    const std::function<void(pid_t)>& kill) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    try {
      writer([&](std::int64_t id) {
        if (::write(ends[1], &id, sizeof id) != sizeof id) ::_exit(1);
      });
    } catch (const std::exception&) {  // its server was killed
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  std::vector<std::int64_t> ids;
  std::int64_t id = 0;
  if (::read(ends[0], &id, sizeof id) == sizeof id) ids.push_back(id);
  std::this_thread::sleep_for(std::chrono::milliseconds(std::uniform_int_distribution{0, 90}(random)));
  kill(child);
  while (::read(ends[0], &id, sizeof id) == sizeof id) ids.push_back(id);
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return ids;
}

void kill_writer(pid_t child) { ::kill(child, SIGKILL); }

std::size_t lost(Database& database, const Actor& actor, const std::vector<std::int64_t>& ids) {
  std::size_t count = 0;
  for (const std::int64_t id : ids) count += send(database, actor, SendId{id}).has_value() ? 0U : 1U;
  return count;
}

struct Scene {
  Actor actor;
  PumpId pump;
};
Scene new_scene(const Records& records) {
  const auto database = records.open();
  Scene scene;
  scene.actor = must(found_clinic(*database, "North", "Ada"));
  const PatientId id = must(add_patient(*database, scene.actor, new_request(), some_patient()));
  scene.pump = must(add_pump(*database, scene.actor, new_request(), id, some_pump()));
  return scene;
}

/// Sends, one after another, each acknowledged when the call has returned.
Writer writer_of(const Records& records, const Scene& scene, int round) {
  return [&records, scene, round](const Acknowledge& acknowledge) {
    const auto database = records.open();
    for (int i = 0;; ++i) {
      const RequestId request{"kill-" + std::to_string(1'000'000 + round) + "-" +
                              std::to_string(1'000'000 + i)};
      acknowledge(
          must(begin_send(*database, scene.actor, request, {scene.pump, std::nullopt, "stop", {}})).value);
    }
  };
}

TEST_P(Durability, INV_16_no_acknowledged_write_is_lost_when_its_writer_is_killed) {
  const Scene scene = new_scene(records);
  std::mt19937 random{kSeed};
  std::vector<std::int64_t> all;
  for (int round = 0; round < kills(); ++round) {
    const auto ids = acknowledged_until_killed(writer_of(records, scene, round), random, kill_writer);
    all.insert(all.end(), ids.begin(), ids.end());
    const auto database = records.open();
    ASSERT_EQ(lost(*database, scene.actor, ids), 0U) << "of " << ids.size() << " in round " << round;
  }
  EXPECT_GT(all.size(), static_cast<std::size_t>(kills()));
  EXPECT_EQ(lost(*records.open(), scene.actor, all), 0U);
  const AuditCheck check = records.verified();
  EXPECT_TRUE(check.wrong.empty()) << check.wrong.front().message;
}

TEST_P(Durability, INV_16_a_writer_that_acknowledges_before_the_commit_is_seen) {
  new_scene(records);
  std::mt19937 random{kSeed};
  // The broken twin: fifty rows to a commit, each acknowledged at once.
  const auto early = [&](const Acknowledge& acknowledge) {
    soci::session sql;
    records.raw(sql);
    for (;;) {
      sql.begin();
      for (int i = 0; i < 50; ++i) {
        const std::int64_t id = new_id(), at_ms = kNoon;
        const std::string request = std::to_string(id);
        sql << "INSERT INTO requests (clinic, request, action, content, answer, at_ms) "
               "VALUES (1, :request, 'twin', '', :answer, :at_ms)",
            soci::use(request), soci::use(id), soci::use(at_ms);
        acknowledge(id);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      sql.commit();
    }
  };
  const auto ids = acknowledged_until_killed(early, random, kill_writer);
  const auto database = records.open();
  std::size_t missing = 0;
  for (const std::int64_t id : ids) {
    std::int64_t rows = 0;
    database->session() << "SELECT COUNT(*) FROM requests WHERE answer = :answer", soci::into(rows),
        soci::use(id);
    missing += rows == 0 ? 1U : 0U;
  }
  EXPECT_GT(missing, 0U) << "of " << ids.size();
}

TEST(DurabilityOfAServer, INV_16_no_acknowledged_write_is_lost_when_postgresql_is_killed) {
  PostgresServer& server = postgres_server();
  const Records records{Engine::kPostgres};
  const Scene scene = new_scene(records);
  std::mt19937 random{kSeed};
  const auto connected_before = records.open();
  for (int round = 0; round < kills() / 3; ++round) {
    const auto ids = acknowledged_until_killed(writer_of(records, scene, round), random,
                                               [&](pid_t) { server.kill_all(); });
    server.start();
    const auto database = records.open();
    EXPECT_FALSE(ids.empty());
    ASSERT_EQ(lost(*database, scene.actor, ids), 0U) << "of " << ids.size() << " in round " << round;
    EXPECT_TRUE(is_refused(find_passkey(*connected_before, "AQID"), RecordFault::kMissing))
        << "a connection does not come back by itself";
    server.kill_all();
    server.start();
    EXPECT_TRUE(staff(*connected_before, scene.actor).has_value())
        << "a connection does not come back by itself";
  }
  const AuditCheck check = records.verified();
  EXPECT_TRUE(check.wrong.empty()) << check.wrong.front().message;
}

}  // namespace
}  // namespace theca::records
