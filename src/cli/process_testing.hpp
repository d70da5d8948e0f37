#pragma once
/// Commands of the program in processes of their own, spoken to by their standard streams.

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "cli/backup_command.hpp"
#include "cli/exit_code.hpp"
#include "cli/gateway_command.hpp"
#include "cli/handheld_command.hpp"
#include "cli/link_command.hpp"
#include "cli/pump_command.hpp"
#include "cli/server_command.hpp"
#include "cli/signer_command.hpp"
#include "cli/verify_command.hpp"

namespace theca::example {

/// `theca ...` in a process of its own, which ends with the test.
class Process {
 public:
  explicit Process(const std::vector<std::string>& words) {
    std::array<int, 2> in{}, out{};
    if (::pipe(in.data()) != 0 || ::pipe(out.data()) != 0) throw std::runtime_error("no pipe");
    constexpr int kRoomy = 1 << 20;  // of what it says, before it would wait for somebody who reads
    (void)::fcntl(out[1], F_SETPIPE_SZ, kRoomy);
    std::fflush(nullptr);  // else the child says what is still to be written here
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(in[0], STDIN_FILENO);
      ::dup2(out[1], STDOUT_FILENO);
      ::dup2(out[1], STDERR_FILENO);
      for (const int fd : {in[0], in[1], out[0], out[1]}) ::close(fd);
      std::_Exit(command(words));
    }
    ::close(in[0]);
    ::close(out[1]);
    to_ = in[1];
    from_ = ::fdopen(out[0], "r");
  }
  Process(const Process&) = delete;
  ~Process() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    std::fclose(from_);
    if (to_ >= 0) ::close(to_);
  }
  std::string line() {
    std::string text;
    for (int c = std::fgetc(from_); c != EOF && c != '\n'; c = std::fgetc(from_))
      text += static_cast<char>(c);
    return text;
  }
  void say(const std::string& text) {
    const std::string all = text + "\n";
    ASSERT_EQ(::write(to_, all.data(), all.size()), static_cast<ssize_t>(all.size()));
  }
  /// What it has said so far is thrown away, so that it can go on.
  void drain() const {
    pollfd ready{::fileno(from_), POLLIN, 0};
    std::array<char, 4'096> bytes{};
    while (::poll(&ready, 1, 0) == 1 && (ready.revents & POLLIN) != 0 &&
           ::read(::fileno(from_), bytes.data(), bytes.size()) > 0) {
    }
  }
  void signal(int number) const { ::kill(pid_, number); }
  /// It is told nothing more: its exit code, and what it still said.
  std::pair<int, std::string> end() {
    ::close(std::exchange(to_, -1));
    std::string rest;
    for (int c = std::fgetc(from_); c != EOF; c = std::fgetc(from_)) rest += static_cast<char>(c);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), rest};
  }

 private:
  static int command(const std::vector<std::string>& words) {
    CLI::App app;
    int exit_code = -1;
    add_pump_command(app, exit_code);
    add_link_command(app, exit_code);
    add_signer_command(app, exit_code);
    add_gateway_command(app, exit_code);
    add_server_command(app, exit_code);
    add_handheld_command(app, exit_code);
    add_backup_commands(app, exit_code);
    add_verify_command(app, exit_code);
    std::vector<std::string> reversed{words.rbegin(), words.rend()};
    try {
      app.parse(std::move(reversed));
    } catch (const CLI::ParseError&) {
      exit_code = kExitUsage;
    }
    std::fflush(nullptr);
    return exit_code;
  }

  pid_t pid_ = -1;
  int to_ = -1;
  std::FILE* from_ = nullptr;
};

}  // namespace theca::example
