#pragma once
/// A process of its own for a test: what it says goes into a file, and it does not outlive the test.

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace theca::verify {

inline std::string text_in(const std::filesystem::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// An empty folder that goes with its owner.
class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "theca-test-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() {
    std::error_code none;
    if (!path_.empty()) std::filesystem::remove_all(path_, none);
  }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

class Spawned {
 public:
  /// `words`: the program, looked for as a shell does, and what it is told.
  Spawned(std::vector<std::string> words, const std::filesystem::path& says) {
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, says.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
    if (posix_spawnp(&process_, arguments[0], &files, nullptr, arguments.data(), environ) != 0) process_ = -1;
    posix_spawn_file_actions_destroy(&files);
  }
  Spawned(const Spawned&) = delete;
  Spawned& operator=(const Spawned&) = delete;
  ~Spawned() {
    if (process_ > 0 && !ended_) {
      ::kill(process_, SIGKILL);
      ::waitpid(process_, nullptr, 0);
    }
  }

  [[nodiscard]] bool started() const { return process_ > 0; }
  void interrupt() const {
    if (process_ > 0 && !ended_) ::kill(process_, SIGINT);
  }
  /// How it ended; nothing when it has not within this time, or not by itself.
  std::optional<int> ended_within(std::chrono::seconds time) {
    const auto until = std::chrono::steady_clock::now() + time;
    while (process_ > 0 && !ended_) {
      if (::waitpid(process_, &status_, WNOHANG) == process_) ended_ = true;
      if (ended_ || std::chrono::steady_clock::now() > until) break;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return ended_ && WIFEXITED(status_) ? std::optional<int>{WEXITSTATUS(status_)} : std::nullopt;
  }

 private:
  pid_t process_ = -1;
  int status_ = 0;
  bool ended_ = false;
};

}  // namespace theca::verify
