#pragma once
/// Another `theca` command in a process of its own, whose words are read by this one and kept in a log.

#include <sys/types.h>

#include <chrono>
#include <expected>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace theca {

class ChildProcess {
 public:
  /// `words` are what follows `theca`. Both of its streams are appended to `log`. It is not of this
  /// terminal's foreground group, so that Ctrl-C comes to the parent alone, and it gets a SIGTERM when the
  /// parent dies.
  static std::expected<ChildProcess, std::string> start(const std::vector<std::string>& words,
                                                        const std::filesystem::path& log);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ChildProcess(const ChildProcess&) = delete;
  /// Killed when it still runs.
  ~ChildProcess();

  /// The next line that it says within `patience`; nothing: it said none, or it has ended.
  std::optional<std::string> line(std::chrono::milliseconds patience);
  /// Has it ended? Its exit code, or the signal with a minus.
  std::optional<int> ended();
  /// SIGTERM, and SIGKILL after `patience`. Its exit code, or the signal with a minus.
  int stop(std::chrono::milliseconds patience);
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  ChildProcess() = default;
  void release();

  pid_t pid_ = -1;
  int from_ = -1, log_ = -1;
  std::string read_;  // not yet given as lines
  std::optional<int> status_;
};

/// Runs one to its end: exit code and all that it said.
std::expected<std::pair<int, std::string>, std::string> run_child(const std::vector<std::string>& words,
                                                                  const std::filesystem::path& log);

}  // namespace theca
