#pragma once
/// A PostgreSQL server of a test's own: its data in a folder that goes with it, no network, as the user
/// postgres when the test runs as root, which PostgreSQL refuses to.

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "clinic/folder_testing.hpp"

namespace theca::records {

class PostgresServer {
 public:
  PostgresServer() {
    if (::geteuid() == 0) {
      user_ = ::getpwnam("postgres");
      if (user_ == nullptr)
        throw std::runtime_error("there is no user postgres; install the package postgresql");
      if (::chown(folder_.path().c_str(), user_->pw_uid, user_->pw_gid) != 0)
        throw std::runtime_error("the folder is not the user's postgres");
    }
    const auto initdb = spawned({(bin() / "initdb").string(), "-D", data(), "-A", "trust", "-U", "theca",
                                 "--no-sync", "--locale=C", "--encoding=UTF8"});
    int status = 0;
    if (::waitpid(initdb, &status, 0) != initdb || status != 0) throw std::runtime_error("initdb: " + said());
    start();
  }
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  ~PostgresServer() {
    if (process_ <= 0 || owner_ != ::getpid()) return;
    ::kill(process_, SIGINT);
    ::waitpid(process_, nullptr, 0);
  }

  void start() {
    process_ = spawned({(bin() / "postgres").string(), "-D", data(), "-k", folder_.path().string(), "-c",
                        "listen_addresses=", "-c", "fsync=on", "-c", "shared_buffers=8MB", "-c",
                        "max_connections=20", "-c", "log_min_messages=fatal"});
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(120);
    while (std::chrono::steady_clock::now() < until) {
      const auto ready = spawned({(bin() / "pg_isready").string(), "-q", "-h", folder_.path().string()});
      int status = 0;
      ::waitpid(ready, &status, 0);
      if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
      if (::waitpid(process_, &status, WNOHANG) ==
          process_)  // the one that was killed still holds the memory
        process_ = spawned({(bin() / "postgres").string(), "-D", data(), "-k", folder_.path().string(), "-c",
                            "listen_addresses=", "-c", "fsync=on", "-c", "shared_buffers=8MB", "-c",
                            "max_connections=20", "-c", "log_min_messages=fatal"});
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    throw std::runtime_error("PostgreSQL does not start: " + said());
  }
  /// The server and each of its processes at once, as a power cut ends them.
  void kill_all() {
    std::vector<pid_t> all{process_};
    std::ifstream children{"/proc/" + std::to_string(process_) + "/task/" + std::to_string(process_) +
                           "/children"};
    for (pid_t child = 0; children >> child;) all.push_back(child);
    for (const pid_t one : all) ::kill(one, SIGKILL);
    ::waitpid(process_, nullptr, 0);
  }

  /// Of an empty database.
  std::string new_database() {
    const std::string name = "theca" + std::to_string(++databases_);
    const auto made =
        spawned({(bin() / "createdb").string(), "-h", folder_.path().string(), "-U", "theca", name});
    int status = 0;
    if (::waitpid(made, &status, 0) != made || status != 0) throw std::runtime_error("createdb: " + said());
    return "postgresql://theca@/" + name + "?host=" + folder_.path().string();
  }
  [[nodiscard]] std::filesystem::path folder() const { return folder_.path(); }

 private:
  static std::filesystem::path bin() {
    std::vector<std::filesystem::path> found;
    std::error_code none;
    for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", none))
      if (std::filesystem::exists(version.path() / "bin/postgres")) found.push_back(version.path() / "bin");
    if (found.empty())
      throw std::runtime_error("no /usr/lib/postgresql/*/bin; install the package postgresql");
    return *std::ranges::max_element(found);
  }
  [[nodiscard]] std::string data() const { return (folder_.path() / "data").string(); }
  [[nodiscard]] std::string said() const {
    std::ifstream in{folder_.path() / "said"};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

  pid_t spawned(std::vector<std::string> words) {
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const std::string log = (folder_.path() / "said").string();
    const pid_t child = ::fork();
    if (child != 0) return child;
    if (user_ != nullptr &&
        (::setgroups(0, nullptr) != 0 || ::setgid(user_->pw_gid) != 0 || ::setuid(user_->pw_uid) != 0))
      ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, SIGINT);  // does not outlive the test
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    if (::chdir("/") == 0) ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }

  TestFolder folder_;
  const passwd* user_ = nullptr;
  pid_t process_ = -1;
  pid_t owner_ = ::getpid();
  int databases_ = 0;
};

}  // namespace theca::records
