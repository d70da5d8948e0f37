#include "cli/local_process.hpp"

#include <fmt/format.h>
#include <pthread.h>
#include <pwd.h>
#include <sys/resource.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <thread>

namespace theca {
namespace {

std::expected<uid_t, std::string> user_named(const std::string& name) {
  uid_t user = 0;
  const auto [end, wrong] = std::from_chars(name.data(), name.data() + name.size(), user);
  if (wrong == std::errc{} && end == name.data() + name.size()) return user;
  if (const passwd* row = ::getpwnam(name.c_str())) return row->pw_uid;
  return std::unexpected(fmt::format("--client: this machine has no user \"{}\"", name));
}

void say(const std::string& what) {
  fmt::print("{}\n", what);
  std::fflush(stdout);
}

}  // namespace

std::expected<LocalService, std::string> local_service(const std::string& socket, const std::string& client,
                                                       const std::string& listening) {
  LocalService service;
  service.socket = socket;
  if (!client.empty()) {
    const auto user = user_named(client);
    if (!user) return std::unexpected(user.error());
    service.client = *user;
  }
  service.listening = [listening] { say(listening); };
  service.told = say;
  return service;
}

std::expected<void, std::string> until_stopped(
    const std::function<std::expected<void, std::string>(const std::stop_token&)>& serve) {
  constexpr rlimit kNoDump{0, 0};  // keys are in this memory (INV-12)
  ::setrlimit(RLIMIT_CORE, &kNoDump);
  sigset_t ends, before;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &ends, &before);
  std::stop_source stop;
  std::jthread watcher{[&ends, &stop](const std::stop_token& over) {
    constexpr timespec kLook{0, 100'000'000};
    while (!over.stop_requested())
      if (::sigtimedwait(&ends, nullptr, &kLook) > 0) stop.request_stop();
  }};
  auto served = serve(stop.get_token());
  watcher.request_stop();
  watcher.join();
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return served;
}

}  // namespace theca
