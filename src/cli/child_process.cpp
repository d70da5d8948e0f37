#include "cli/child_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>
#include <utility>

namespace theca {
namespace {

constexpr int kNoProgram = 127;

int code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status); }

}  // namespace

std::expected<ChildProcess, std::string> ChildProcess::start(const std::vector<std::string>& words,
                                                             const std::filesystem::path& log) {
  ChildProcess child;
  child.log_ = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (child.log_ < 0) return std::unexpected(log.string() + ": " + std::strerror(errno));
  std::array<int, 2> out{};
  if (::pipe2(out.data(), O_CLOEXEC) != 0)
    return std::unexpected(std::string{"no pipe: "} + std::strerror(errno));
  child.from_ = out[0];
  std::vector<char*> arguments;  // before the fork: the child may allocate nothing
  std::string program = "theca";
  arguments.push_back(program.data());
  std::vector<std::string> copies = words;
  for (std::string& word : copies) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t parent = ::getpid();
  child.pid_ = ::fork();
  if (child.pid_ == 0) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(kNoProgram);  // it died before that was said
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(out[1], STDOUT_FILENO);
    ::dup2(out[1], STDERR_FILENO);
    ::execv("/proc/self/exe", arguments.data());
    ::_exit(kNoProgram);
  }
  const int wrong = errno;
  ::close(out[1]);
  if (child.pid_ < 0) return std::unexpected(std::string{"no process: "} + std::strerror(wrong));
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      from_(std::exchange(other.from_, -1)),
      log_(std::exchange(other.log_, -1)),
      read_(std::move(other.read_)),
      status_(other.status_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(from_, other.from_);
  std::swap(log_, other.log_);
  std::swap(read_, other.read_);
  std::swap(status_, other.status_);
  return *this;
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0 && !ended()) stop(std::chrono::milliseconds{0});
  release();
}

void ChildProcess::release() {
  for (int* fd : {&from_, &log_}) {
    if (*fd >= 0) ::close(*fd);
    *fd = -1;
  }
}

std::optional<std::string> ChildProcess::line(std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    if (const std::size_t end = read_.find('\n'); end != std::string::npos) {
      std::string line = read_.substr(0, end);
      read_.erase(0, end + 1);
      return line;
    }
    if (from_ < 0) return std::nullopt;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    pollfd ready{from_, POLLIN, 0};
    if (::poll(&ready, 1, left > 0 ? static_cast<int>(left) : 0) <= 0) return std::nullopt;
    std::array<char, 4'096> some{};
    const ssize_t count = ::read(from_, some.data(), some.size());
    if (count <= 0) {
      ::close(from_);
      from_ = -1;
      if (read_.empty()) return std::nullopt;
      return std::exchange(read_, {});
    }
    read_.append(some.data(), static_cast<std::size_t>(count));
    [[maybe_unused]] const ssize_t logged = ::write(log_, some.data(), static_cast<std::size_t>(count));
  }
}

std::optional<int> ChildProcess::ended() {
  if (status_ || pid_ <= 0) return status_;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == pid_) status_ = code_of(status);
  return status_;
}

int ChildProcess::stop(std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  constexpr std::chrono::milliseconds kLook{10};
  if (!ended()) ::kill(pid_, SIGTERM);
  while (!ended() && std::chrono::steady_clock::now() < until) {
    while (line(std::chrono::milliseconds{0})) {  // a full pipe would hold it up
    }
    std::this_thread::sleep_for(kLook);
  }
  if (!ended()) {
    ::kill(pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    status_ = code_of(status);
  }
  while (line(std::chrono::milliseconds{0})) {  // the last words, for the log
  }
  return *status_;
}

std::expected<std::pair<int, std::string>, std::string> run_child(const std::vector<std::string>& words,
                                                                  const std::filesystem::path& log) {
  auto child = ChildProcess::start(words, log);
  if (!child) return std::unexpected(child.error());
  std::string said;
  constexpr std::chrono::milliseconds kLook{100};
  for (;;) {
    const bool over = child->ended().has_value();
    bool more = false;
    while (const auto line = child->line(over ? std::chrono::milliseconds{0} : kLook)) {
      said += *line + "\n";
      more = true;
    }
    if (over && !more) return std::pair{*child->ended(), said};
  }
}

}  // namespace theca
