// The signer in its folder and at its socket.
#include "signer/serve.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "clinic/local_line.hpp"
#include "clinic/signer_client.hpp"
#include "signer/signer_testing.hpp"

namespace theca::signer::example {
namespace {

namespace fs = std::filesystem;

struct TemporaryFolder {
  fs::path path;
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "theca-signer-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code none;
    fs::remove_all(path, none);
  }
};

void set_mode(const fs::path& path, mode_t mode) { ASSERT_EQ(::chmod(path.c_str(), mode), 0); }

struct InAFolder : testing::Test {
  TemporaryFolder folder;
  fs::path own = folder.path / "signer";

  PrivateFolder open() {
    auto opened = PrivateFolder::open(own);
    if (!opened) throw std::runtime_error(opened.error());
    return *opened;
  }
};

TEST_F(InAFolder, its_files_are_its_owner_s_alone) {
  PrivateFolder files = open();
  ASSERT_TRUE(make(files, kSite, std::nullopt));
  struct stat there {};
  ASSERT_EQ(::stat(own.c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 0777U, 0700U);
  ASSERT_EQ(::stat((own / "signer.key").c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 0777U, 0600U);
  ASSERT_TRUE(Signer::open(files, library()));

  for (const mode_t open_to_others : {0640U, 0604U, 0620U, 0660U}) {
    set_mode(own / "signer.key", open_to_others);
    const auto refused = Signer::open(files, library());
    ASSERT_FALSE(refused) << open_to_others;
    EXPECT_NE(refused.error().find("is open to others"), std::string::npos) << refused.error();
  }
  set_mode(own / "signer.key", 0600);
  fs::rename(own / "signer.key", own / "real.key");
  fs::create_symlink(own / "real.key", own / "signer.key");
  EXPECT_FALSE(Signer::open(files, library()));
  fs::rename(own / "real.key", own / "signer.key");
  ASSERT_TRUE(Signer::open(files, library()));

  set_mode(own, 0750);
  const auto refused = PrivateFolder::open(own);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().find("mode 750"), std::string::npos) << refused.error();
  set_mode(own, 0700);
  std::ofstream{folder.path / "file"} << "x";
  EXPECT_FALSE(PrivateFolder::open(folder.path / "file"));
}

TEST_F(InAFolder, it_signs_on_after_a_start) {
  Desk desk;
  const link::Order order = desk.order(Desk::therapy(1));
  const SigningRequest request = Desk::request(link::written(order), std::nullopt, {&desk.doctor});
  {
    PrivateFolder files = open();
    for (const auto& [name, text] : desk.files.files) ASSERT_TRUE(files.write(name, text));
    ASSERT_TRUE(Signer::open(files, library())->sign(request, desk.now));
  }
  PrivateFolder files = open();
  auto signer = Signer::open(files, library());
  ASSERT_TRUE(signer);
  const auto again = signer->sign(request, desk.now);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().why, SigningRefusal::kAssertion);
}

TEST_F(InAFolder, it_is_one_process_s_at_a_time) {
  const PrivateFolder files = open();
  {
    const auto first = files.lock(kSigningLock, "signs already");
    ASSERT_TRUE(first);
    const auto second = files.lock(kSigningLock, "signs already");
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().find("another process signs already"), std::string::npos);
  }
  EXPECT_TRUE(files.lock(kSigningLock, "signs already"));
}

// ---- the socket -----------------------------------------------------------------------------------------

struct AtTheSocket : testing::Test {
  TemporaryFolder folder;
  fs::path socket = folder.path / "s";
  FileLock alone = PrivateFolder::open(folder.path / "own")->lock(kSigningLock, "signs already").value();
  Desk desk;
  std::mutex mutex;
  std::vector<std::string> told;
  std::optional<uid_t> client;
  std::optional<std::jthread> thread;

  void serve_on() {
    thread.emplace([this](const std::stop_token& stop) {
      LocalService service;
      service.socket = socket;
      service.client = client;
      service.patience = milliseconds(400);
      service.told = [this](const std::string& what) {
        const std::scoped_lock lock{mutex};
        told.push_back(what);
      };
      const auto served = serve(
          *desk.signer, alone, service, [this] { return desk.now; }, stop);
      EXPECT_TRUE(served) << served.error();
    });
    for (int i = 0; i < 500 && !connect_to(socket); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  static Deadline soon() { return std::chrono::steady_clock::now() + std::chrono::seconds{10}; }
  SigningAnswer answer_to(const LocalSocket& line) {
    const auto answer = read_line(line, kMostSigningBytes, soon());
    if (!answer) throw std::runtime_error(answer.error());
    auto parsed = parse_signing_answer(*answer);
    if (!parsed) throw std::runtime_error(parsed.error());
    return *parsed;
  }
};

TEST_F(AtTheSocket, signs_over_it_and_stops_when_told) {
  serve_on();
  struct stat there {};
  ASSERT_EQ(::stat(socket.c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 0077U, 0U);
  const link::Order order = desk.order(Desk::therapy(1));
  const auto answer = ask_signer(socket, Desk::request(link::written(order), std::nullopt, {&desk.doctor}));
  ASSERT_TRUE(answer) << answer.error().why;
  ASSERT_TRUE(*answer) << answer->error().message;
  EXPECT_EQ(signer_of((*answer)->signatures[0], desk.signer->clinic_key(), desk,
                      link::digest_of<Sodium>(link::written(order))),
            kDoctor);
  thread.reset();
  EXPECT_FALSE(fs::exists(socket));
  const auto nobody = ask_signer(socket, Desk::request(link::written(order), std::nullopt, {&desk.doctor}));
  ASSERT_FALSE(nobody);
  EXPECT_NE(nobody.error().why.find(socket.string()), std::string::npos) << nobody.error().why;
  EXPECT_FALSE(nobody.error().asked) << "nobody can have signed";
}

TEST_F(AtTheSocket, waits_for_nobody_and_reads_no_more_than_a_line) {
  serve_on();
  {
    const auto slow = connect_to(socket);
    ASSERT_TRUE(slow);
    ASSERT_EQ(::send(slow->fd(), "{", 1, MSG_NOSIGNAL), 1);
    const auto answer = answer_to(*slow);  // while it says nothing more
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().why, SigningRefusal::kRequest);
    EXPECT_NE(answer.error().message.find("in time"), std::string::npos);
  }
  {
    const auto endless = connect_to(socket);
    ASSERT_TRUE(endless);
    (void)write_line(*endless, std::string(2 * kMostSigningBytes, ' '), soon());
    const auto answer = answer_to(*endless);
    ASSERT_FALSE(answer);
    EXPECT_NE(answer.error().message.find("16384"), std::string::npos) << answer.error().message;
  }
  { const auto gone = connect_to(socket); }
  const link::Order order = desk.order(Desk::therapy(1));
  const auto answer = ask_signer(socket, Desk::request(link::written(order), std::nullopt, {&desk.doctor}));
  EXPECT_TRUE(answer && *answer);
}

TEST_F(AtTheSocket, a_stale_socket_is_in_nobody_s_way_and_a_file_is) {
  {
    std::ofstream{socket} << "mine";
    LocalService service;
    service.socket = socket;
    const std::stop_source stop;
    EXPECT_FALSE(serve(
        *desk.signer, alone, service, [this] { return desk.now; }, stop.get_token()));
    EXPECT_EQ(fs::file_size(socket), 4U);
    fs::remove(socket);
  }
  { const auto left = listen_at(socket, false); }
  ASSERT_TRUE(fs::exists(socket));
  serve_on();
  EXPECT_TRUE(connect_to(socket));
}

/// What user 65534 gets at the socket, which everybody may reach: 0 nothing, 1 an answer.
int as_nobody(const fs::path& socket) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setuid(65'534) != 0) ::_exit(2);
    const auto line = connect_to(socket);
    if (!line) ::_exit(3);
    const Deadline until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    (void)write_line(*line, "{}", until);
    ::_exit(read_line(*line, kMostSigningBytes, until) ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(AtTheSocket, RT_30_other_users_of_the_machine_get_no_answer) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  set_mode(folder.path, 0711);
  client = 12'345;
  serve_on();
  EXPECT_EQ(as_nobody(socket), 0);
  thread.reset();
  const std::scoped_lock lock{mutex};
  EXPECT_NE(std::ranges::find(told, "user 65534 may not ask and got no answer"), told.end());
}

TEST_F(AtTheSocket, the_user_that_is_named_may_ask) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  set_mode(folder.path, 0711);
  client = 65'534;
  serve_on();
  EXPECT_EQ(as_nobody(socket), 1);
}

}  // namespace
}  // namespace theca::signer::example
