// The drill: a clinic whose server is lost goes on from its backup, and sees what the backup did not know.
// And a restore that is refused, or killed at any moment, leaves nothing.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <random>

#include "cli/desk_testing.hpp"
#include "clinic/adjusting.hpp"
#include "clinic/audit.hpp"
#include "clinic/postgres_testing.hpp"
#include "clinic/readings.hpp"
#include "files/private_folder.hpp"
#include "quantity/text.hpp"
#include "server/clinic_folder.hpp"

namespace theca {
namespace {

using namespace example;

/// A desk whose records are those of a clinic's folder, as its server makes it.
struct LostServer : DeskTest {
  const std::filesystem::path kept = folder / "kept";  // on another machine
  const std::string file = (kept / "monday.theca").string();
  const std::string again = (folder / "again").string(), kept_keys = (kept / "keys").string();

  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(DeskTest::SetUp());
    server::ClinicSettings settings;
    settings.kind = records::DatabaseKind::kDemo;
    settings.institution = "demo";
    settings.site = site;
    for (const records::Staff& one : must(records::staff(*database, ada)))
      if (one.role == records::StaffRole::kAdministrator) settings.administrator = {ada.clinic, one.id};
    auto files = PrivateFolder::open(folder.path());
    ASSERT_TRUE(files) << files.error();
    ASSERT_TRUE(server::keep_settings(*files, settings));
    std::filesystem::create_directory(kept);
    std::filesystem::copy(folder / "keys", kept / "keys");
    std::filesystem::permissions(kept / "keys", std::filesystem::perms::owner_all);
    sign_in(doctor);
  }
  void order(const std::string& dose) {
    const Got draft = drafted({{"dose", dose}});
    ASSERT_EQ(draft.status, 201) << draft.body;
    const Got done = send(draft, dose);
    ASSERT_EQ(done.status, 201) << done.body;
    ASSERT_EQ(done.body["state"].get<std::string>(), "confirmed") << done.body;
  }
  void sign_and_slip() {
    const Running runs = read();
    const auto made =
        adjust({.change = {.basal =
                               AdjustedBasal{
                                   BasalMode::kSimpleContinuous, parse_dose_rate("4.9 mg/day").value(), {}},
                           .schedule = {},
                           .patient = {}},
                .implant = implant,
                .model = pump_model(*signer::example::library().find_pump(runs.status.model)).value(),
                .reason = "As the test has it.",
                .author = 10,
                .issued_utc_s = utc_s(),
                .signed_up_to = 0},
               runs, signer::example::library());
    ASSERT_TRUE(made) << made.error().front().message;
    static_cast<void>(signed_by_doctor(link::written(made->order), runs));
  }
  void back_up() {
    const auto made = ran({"backup", folder.path().string(), file});
    ASSERT_EQ(made.first, kExitOk) << made.second;
  }
  /// The machine burns; what was kept elsewhere stays.
  void lose_the_server() {
    std::filesystem::copy_file(folder / "heads", kept / "newest-heads");
    router.reset();
    desk.reset();
    ASSERT_TRUE(database->close());
    std::filesystem::copy_file(folder / "heads", kept / "newest-heads",
                               std::filesystem::copy_options::overwrite_existing);
    database.reset();
    for (const char* name : {"clinic.db", "clinic.db-wal", "clinic.db-shm", "heads", "clinic.json"})
      std::filesystem::remove(folder / name);
    std::filesystem::remove_all(folder / "keys");
  }
  void serve_again() {
    const auto files = PrivateFolder::open(again);
    ASSERT_TRUE(files) << files.error();
    const auto settings = server::read_settings(*files);
    ASSERT_TRUE(settings) << settings.error();
    EXPECT_EQ(settings->site.origin, site.origin);
    database = must(records::Database::open(server::opening_of(*settings, again)));
    ASSERT_NO_FATAL_FAILURE(restart());
    sign_in(doctor);
  }
  void drill(const std::string& restored_to) {
    order("5.4 mg/day");
    back_up();
    order("5 mg/day");  // which the backup does not know
    sign_and_slip();    // nor what was signed and never reached the pump
    const std::uint32_t sequence = read().status.sequence;
    lose_the_server();

    EXPECT_EQ(read().status.sequence, sequence) << "the pump needs no server";
    const auto tried = ran({"restore", file, "--drill", "--keys", kept_keys});
    EXPECT_EQ(tried.first, kExitOk) << tried.second;
    EXPECT_FALSE(std::filesystem::exists(again));
    std::vector<std::string> words{"restore", file, again + "/", "--keys", kept_keys};
    if (!restored_to.empty()) words.insert(words.end(), {"--db", restored_to});
    const auto restored = ran(words);
    ASSERT_EQ(restored.first, kExitOk) << restored.second;
    EXPECT_NE(restored.second.find("Read each"), std::string::npos) << restored.second;
    const auto whole = ran({"verify", again});
    EXPECT_EQ(whole.first, kExitOk) << whole.second;
    // Whoever kept the newest heads is told that rows are gone.
    const std::string database_at = restored_to.empty() ? again + "/clinic.db" : restored_to;
    const auto newest = ran({"verify", database_at, "--heads", (kept / "newest-heads").string()});
    EXPECT_EQ(newest.first, kExitRefused) << newest.second;

    ASSERT_NO_FATAL_FAILURE(serve_again());
    const Got reading = read_pump();
    ASSERT_EQ(reading.status, 201) << reading.body;
    EXPECT_EQ(reading.body["record"]["is"].get<std::string>(), "differs");
    bool dose = false;
    for (const json& row : reading.body["record"]["rows"])
      dose = dose || (row["before"].get<std::string>() == "5.4 mg/day" &&
                      row["now"].get<std::string>() == "5 mg/day");
    EXPECT_TRUE(dose) << reading.body["record"];
    // The signer gives its number no second time: that is told, and the one behind it is signed.
    const Got taken = drafted({{"dose", "4.8 mg/day"}});
    EXPECT_EQ(send(taken, "4.8 mg/day").status, 409);
    ASSERT_NO_FATAL_FAILURE(order("4.8 mg/day"));
    EXPECT_EQ(read_pump().body["record"]["is"].get<std::string>(), "same");
    EXPECT_EQ(read().status.sequence, sequence + 1);
    ASSERT_TRUE(database->close());
    EXPECT_EQ(ran({"verify", again}).first, kExitOk);
  }
};

TEST_F(LostServer, RT_44_INV_16_a_clinic_goes_on_from_its_backup_and_sees_what_it_lost) { drill(""); }

TEST_F(LostServer, RT_44_INV_16_and_from_sqlite_into_postgresql) {
  records::PostgresServer postgres;
  drill(postgres.new_database());
  database.reset();  // before its server goes
}

TEST_F(LostServer, what_is_refused_is_said_and_leaves_nothing) {
  back_up();
  const std::string here = folder.path().string();
  const std::string none = (folder / "none").string();
  std::ofstream{folder / "junk"} << std::string(8'192, 'x');
  std::filesystem::create_directory(folder / "full");
  std::ofstream{folder / "full" / "thesis.txt"} << "mine";
  std::filesystem::create_directory(folder / "other-keys");
  for (const char* name : {"full", "other-keys"})
    std::filesystem::permissions(folder / name, std::filesystem::perms::owner_all);
  const auto in = [&](const char* name) { return (folder / name).string(); };
  struct Case {
    std::vector<std::string> words;
    std::string says;
  };
  for (const Case& one : std::vector<Case>{
           {{"backup", none, in("x.theca")}, "there is no such folder"},
           {{"backup", in("full"), in("x.theca")}, "clinic.json"},
           {{"backup", here, file}, "never written over"},
           {{"backup", here, in("no/where.theca")}, "No such file"},
           {{"restore", none, again, "--keys", kept_keys}, "No such file"},
           {{"restore", here, again, "--keys", kept_keys}, "directory"},
           {{"restore", in("junk"), again, "--keys", kept_keys}, "cut"},
           {{"restore", in("clinic.json"), again, "--keys", kept_keys}, "line 1"},
           {{"restore", file, again, "--keys", none}, "not in its backup"},
           {{"restore", file, again, "--keys", in("other-keys")}, "put it back"},
           {{"restore", file, in("full"), "--keys", kept_keys}, "something here"},
           {{"restore", file, again, "--keys", kept_keys, "--drill"}, "leave FOLDER out"},
           {{"restore", file, "--keys", kept_keys}, "--drill"},
           {{"restore", file, again, "--keys", kept_keys, "--db", "postgresql://nobody@/none?host=" + here},
            "nothing was restored"},
           {{"verify", in("full")}, "clinic.json"},
           {{"verify", in("clinic.db")}, "--heads"},
       }) {
    const auto [exit_code, said] = ran(one.words);
    EXPECT_EQ(exit_code, kExitUsage) << fmt::format("{}", fmt::join(one.words, " ")) << ": " << said;
    EXPECT_NE(said.find(one.says), std::string::npos) << said;
  }
  for (const char* name : {"none", "x.theca", "x.theca.part", "no", "again", "again.restoring"})
    EXPECT_FALSE(std::filesystem::exists(folder / name)) << name;
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder / "full"}, {}), 1);
}

TEST_F(LostServer, INV_16_a_restore_or_backup_that_is_killed_at_any_moment_leaves_all_or_nothing) {
  for (int i = 0; i < 150; ++i) {  // so that it takes a while
    const auto id = records::RequestId{fmt::format("request-of-many-{:06}", i)};
    must(records::keep_reading(*database, ada, id, pump_id, now_ms(), std::vector<std::uint8_t>(20'000, 7)));
  }
  const auto begun = std::chrono::steady_clock::now();
  back_up();
  ASSERT_EQ(ran({"restore", file, (folder / "first").string(), "--keys", kept_keys}).first, kExitOk);
  // As long as one of them takes here, and a little more.
  const auto longest =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun).count();
  const char* const asked = std::getenv("THECA_SEED");
  const auto seed = asked != nullptr ? static_cast<std::uint32_t>(std::atoi(asked)) : 7U;
  const int rounds = std::getenv("THECA_LONG") != nullptr ? 200 : 20;
  std::mt19937 random{seed};
  int whole = 0;
  for (int round = 0; round < rounds; ++round) {
    const std::filesystem::path to = folder / fmt::format("to-{}", round),
                                copy = folder / fmt::format("b-{}", round);
    const bool restores = round % 2 == 0;
    Process killed{restores ? std::vector<std::string>{"restore", file, to.string(), "--keys", kept_keys}
                            : std::vector<std::string>{"backup", folder.path().string(), copy.string()}};
    std::this_thread::sleep_for(
        std::chrono::milliseconds(std::uniform_int_distribution<std::int64_t>{1, longest}(random)));
    killed.signal(SIGKILL);
    killed.end();
    if (std::filesystem::exists(restores ? to : copy)) {
      ++whole;
      const auto told = restores ? ran({"verify", to.string()})
                                 : ran({"restore", copy.string(), "--drill", "--keys", kept_keys});
      EXPECT_EQ(told.first, kExitOk) << "round " << round << ", seed " << seed << ": " << told.second;
    }
  }
  EXPECT_GT(whole, 0) << "none was quick enough, seed " << seed;
  EXPECT_LT(whole, rounds) << "none was killed in time, seed " << seed;
  // What a broken one left is in nobody's way but its own.
  const auto fine = ran({"restore", file, again, "--keys", kept_keys});
  EXPECT_EQ(fine.first, kExitOk) << fine.second;
  EXPECT_EQ(ran({"verify", folder.path().string()}).first, kExitOk);
}

}  // namespace
}  // namespace theca
