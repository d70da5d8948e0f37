#include "cli/up_command.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <expected>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "air/private_file.hpp"
#include "cli/child_process.hpp"
#include "cli/demo_clinic.hpp"
#include "cli/exit_code.hpp"
#include "cli/local_process.hpp"
#include "files/private_folder.hpp"
#include "files/strict_json.hpp"
#include "http/page_files.hpp"
#include "server/clinic_folder.hpp"

namespace theca {
namespace {

using namespace std::chrono_literals;
using Done = std::expected<void, std::string>;
using Clock = std::chrono::steady_clock;

struct Options {
  std::string folder = "out/clinic", pages, database;
  int port = 0;
};

std::string pages_of(const Options& options, const char* part) {
  return (std::filesystem::path{options.pages} / part).string();
}

constexpr int kUsualPort = 8'080;
constexpr const char* kDemoFile = "demo.json";  // a demo that is whole
constexpr const char* kMakingFile = "making";   // one that is being made, or was left in the middle
constexpr const char* kUpLock = "up.lock";
constexpr auto kStarting = 120s;  // one process, on a slow machine
constexpr auto kStopping = 10s;
constexpr auto kPassRenewed = std::chrono::hours{12};  // of the 24 that it holds
constexpr int kMostDeaths = 5;                         // of one process within kDeathsWithin
constexpr auto kDeathsWithin = 1min;

/// What stays from one start to the next.
struct DemoState {
  int port = kUsualPort;
  std::vector<link::ShortId> implants;
  [[nodiscard]] std::string origin() const { return fmt::format("http://localhost:{}", port); }
  [[nodiscard]] int handheld_port() const { return port + 1; }
};

std::expected<std::optional<DemoState>, std::string> read_state(const PrivateFolder& files) {
  const auto text = files.read(kDemoFile);
  if (!text) return std::unexpected(text.error());
  if (!*text) return std::nullopt;
  const auto wrong = [](const std::string& why) {
    return std::unexpected(fmt::format("{}: {}", kDemoFile, why));
  };
  const auto json = parse_strictly(**text, {.most_bytes = 64 * 1024, .most_depth = 3});
  if (!json) return wrong(json.error());
  DemoState state;
  if (!json->contains("port") || !(*json)["port"].is_number_integer() || !json->contains("implants") ||
      !(*json)["implants"].is_array())
    return wrong("it is not as it was written");
  state.port = (*json)["port"];
  for (const nlohmann::json& one : (*json)["implants"]) {
    link::ShortId id{};
    if (!one.is_string() || !air::from_hex(one.get<std::string>(), id)) return wrong("an implant has no id");
    state.implants.push_back(id);
  }
  if (state.implants.size() != demo_pumps().size()) return wrong("it is of another version of the demo");
  return state;
}
Done keep_state(PrivateFolder& files, const DemoState& state) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const link::ShortId& id : state.implants) list.push_back(air::to_hex(id));
  return files.write(kDemoFile,
                     nlohmann::ordered_json{{"port", state.port}, {"implants", list}}.dump(2) + "\n");
}

/// Can this port be listened at now?
Done free_port(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(static_cast<std::uint16_t>(port));
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool fine = ::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
  ::close(fd);
  if (fine) return {};
  return std::unexpected(fmt::format(
      "port {}: something else listens there; end it, or give --folder and --port of another demo", port));
}

/// A folder for socket files, whose names may not be long.
class SocketFolder {
 public:
  SocketFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "theca-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path_ = name;
  }
  SocketFolder(const SocketFolder&) = delete;
  SocketFolder& operator=(const SocketFolder&) = delete;
  ~SocketFolder() {
    std::error_code unseen;
    if (!path_.empty()) std::filesystem::remove_all(path_, unseen);
  }
  [[nodiscard]] bool there() const { return !path_.empty(); }
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// A process that has to run, and how to start it again.
struct Part {
  std::string name;
  std::vector<std::string> words;
  std::string ready;  // in the line that says that it serves
  std::optional<ChildProcess> child{};
  std::vector<Clock::time_point> deaths{};
};

class Demo {
 public:
  Demo(const Options& options, PrivateFolder& files, DemoState state)
      : places_{std::filesystem::absolute(options.folder)},
        database_(options.database),
        files_(files),
        state_(std::move(state)) {
    const std::vector<const DemoPump*> pumps = demo_pumps();
    for (std::size_t i = 0; i < pumps.size(); ++i) {
      pumps_at_.push_back((sockets_ / fmt::format("p{}", i + 1)).string());
      parts_.push_back({fmt::format("pump-{}", i + 1),
                        {"pump", "--listen", pumps_at_[i], "--state", places_.pump(i).string(), "--patient",
                         scenario_file(*pumps[i]).string(), "--json"},
                        "\"implant\""});
    }
    parts_.push_back({fmt::format("pump-{}", pumps.size() + 1),
                      {"pump", "--listen", coil_at(), "--state", places_.pump_in_its_pack().string(),
                       "--patient", scenario_file(demo_pump_in_its_pack()).string(), "--json"},
                      "\"implant\""});
    parts_.push_back({"signer",
                      {"signer", "serve", places_.signer().string(), "--socket", signer_at().string()},
                      "Signs for"});
    parts_.push_back({"gateway",
                      {"gateway", "serve", places_.gateway().string(), "--socket", gateway_at().string()},
                      "Gateway"});
    parts_.push_back({"server",
                      {"server", "serve", places_.server().string(), "--listen",
                       fmt::format("127.0.0.1:{}", state_.port), "--pages", pages_of(options, "clinic"),
                       "--signer", signer_at().string(), "--gateway", gateway_at().string()},
                      " at http"});
    parts_.push_back(
        {"handheld",
         {"handheld", "serve", places_.handheld().string(), "--listen",
          fmt::format("127.0.0.1:{}", state_.handheld_port()), "--pages", pages_of(options, "handheld")},
         " at http"});
  }

  /// Until `stop`, or until a part cannot be kept running.
  Done run(const std::stop_token& stop, bool fresh) {
    if (!sockets_.there()) return std::unexpected("no folder for sockets could be made");
    std::error_code unseen;
    std::filesystem::create_directories(places_.folder / "log", unseen);
    const Done done = serve(stop, fresh);
    for (auto part = parts_.rbegin(); part != parts_.rend(); ++part)
      if (part->child) part->child->stop(kStopping);
    return done;
  }

 private:
  [[nodiscard]] std::filesystem::path signer_at() const { return sockets_ / "signer"; }
  [[nodiscard]] std::filesystem::path gateway_at() const { return sockets_ / "gateway"; }
  [[nodiscard]] std::string coil_at() const { return (sockets_ / "coil").string(); }
  [[nodiscard]] std::size_t first_server() const { return pumps_at_.size() + 1; }
  /// Server and handheld, which a browser reaches; they come last.
  [[nodiscard]] std::size_t first_page() const { return parts_.size() - 2; }

  Done serve(const std::stop_token& stop, bool fresh) {
    for (std::size_t i = 0; i < first_server(); ++i)
      if (const Done done = start(parts_[i], stop); !done) return done;
    if (stop.stop_requested()) return {};
    if (fresh) {
      say("Making the demo's clinic: pumps paired, keys, people, patients.");
      auto made = make_demo_clinic(places_, state_.origin(), database_, pumps_at_);
      if (!made) return std::unexpected(made.error());
      state_.implants = *made;
    }
    if (const Done done = renew_read_pass(places_); !done) return done;
    if (const Done done = tell_pumps_places(places_, state_.implants, pumps_at_, coil_at()); !done) return done;
    if (const Done done = make_demo_handheld(places_, state_.implants.front(), pumps_at_.front()); !done)
      return done;
    for (std::size_t i = first_server(); i < first_page(); ++i)
      if (const Done done = start(parts_[i], stop); !done) return done;
    if (stop.stop_requested()) return {};  // what is being made is begun anew at the next start
    if (fresh) {
      say("The first orders: signed, handed over, read back.");
      if (const Done done = order_first_therapies(places_, state_.implants, signer_at(), gateway_at()); !done)
        return done;
      if (const Done done = keep_state(files_, state_); !done) return done;
      std::error_code unseen;
      std::filesystem::remove(places_.folder / kMakingFile, unseen);
    }
    for (std::size_t i = first_page(); i < parts_.size(); ++i)
      if (const Done done = start(parts_[i], stop); !done) return done;
    if (stop.stop_requested()) return {};
    greet();
    auto renewed = Clock::now();
    while (!stop.stop_requested()) {
      for (Part& part : parts_) {
        while (const auto line = part.child->line(0ms)) relay(part, *line);
        if (const Done done = keep_running(part, stop); !done) return done;
      }
      if (Clock::now() - renewed > kPassRenewed) {
        if (const Done done = renew_read_pass(places_); !done) say(done.error());
        renewed = Clock::now();
      }
      std::this_thread::sleep_for(50ms);
    }
    say("Stopping.");
    return {};
  }

  /// Until it serves, or until `stop`, which whoever asked looks at.
  Done start(Part& part, const std::stop_token& stop) {
    auto child = ChildProcess::start(part.words, places_.log(part.name));
    if (!child) return std::unexpected(child.error());
    part.child.emplace(std::move(*child));
    const auto until = Clock::now() + kStarting;
    std::string last;
    while (Clock::now() < until) {
      if (stop.stop_requested()) return {};
      if (const auto line = part.child->line(100ms)) {
        last = *line;
        if (line->find(part.ready) != std::string::npos) return {};
      } else if (part.child->ended()) {
        break;
      }
    }
    return std::unexpected(fmt::format("the {} does not start: {} (all that it said: {})", part.name, last,
                                       places_.log(part.name).string()));
  }

  /// One that died is started again: a pump reboots, the others go on with what is on the disk.
  Done keep_running(Part& part, const std::stop_token& stop) {
    const auto ended = part.child->ended();
    if (!ended) return {};
    std::erase_if(part.deaths, [](Clock::time_point at) { return Clock::now() - at > kDeathsWithin; });
    part.deaths.push_back(Clock::now());
    if (part.deaths.size() >= kMostDeaths)
      return std::unexpected(fmt::format("the {} ends again and again; what it said stands in {}", part.name,
                                         places_.log(part.name).string()));
    say(fmt::format("The {} has ended ({}); it is started again.", part.name, *ended));
    return start(part, stop);
  }

  static void say(const std::string& line) {
    fmt::print("{}\n", line);
    std::fflush(stdout);
  }
  static void relay(const Part& part, const std::string& line) {
    if (part.name == "server" || part.name == "handheld") say("  " + line);
  }
  void greet() const {
    say("");
    say(fmt::format("  Clinic    {}", state_.origin()));
    say(fmt::format("  Handheld  http://localhost:{}  the patient's own programmer", state_.handheld_port()));
    say("  A demo: made-up patients, virtual pumps, software security keys. Research software, not a medical "
        "device.");
    say(fmt::format("  All of it stands in {}; Ctrl-C stops it. The card of a pump in its pack: {}",
                    places_.folder.string(), places_.card_of_it().filename().string()));
    say("  Sign in with a link; each is good for one sign-in, and then another one comes. The patient's "
        "stays "
        "good.");
    say("");
  }

  ClinicPlaces places_;
  std::string database_;  // of a demo that is made; one that is there knows its own
  PrivateFolder& files_;
  DemoState state_;
  SocketFolder sockets_;
  std::vector<std::string> pumps_at_;
  std::vector<Part> parts_;
};

/// The records of a demo stay where they were made.
Done same_database(const ClinicPlaces& places, const std::string& asked) {
  if (asked.empty()) return {};
  const auto files = PrivateFolder::open(places.server());
  if (!files) return std::unexpected(files.error());
  const auto settings = server::read_settings(*files);
  if (!settings) return std::unexpected(settings.error());
  if (settings->database == asked) return {};
  return std::unexpected(
      fmt::format("--db: the records of this demo stand in {}; leave --db out, or give another --folder",
                  settings->database.empty() ? std::string{"an SQLite file of its folder"}
                                             : std::string{"another database"}));
}

/// A clinic that is somebody's own is no demo, whatever else stands in the folder.
Done no_real_clinic(const ClinicPlaces& places) {
  std::error_code unseen;
  if (!std::filesystem::is_directory(places.server(), unseen)) return {};
  const auto files = PrivateFolder::open(places.server());
  if (!files) return std::unexpected(files.error());
  if (const auto settings = server::read_settings(*files);
      settings && settings->kind != records::DatabaseKind::kDemo)
    return std::unexpected(
        fmt::format("{}: the records of {} stand here; a demo does not open them, give it another --folder",
                    places.folder.string(), settings->institution));
  return {};
}

Done up(const Options& options) {
  // Before anything is made: pages that are not there would be found at the very end.
  for (const char* part : {"clinic", "handheld"})
    if (const auto pages = http::read_pages(pages_of(options, part)); !pages)
      return std::unexpected(pages.error());
  std::error_code unseen;  // what could not be made is told with the folder itself
  std::filesystem::create_directories(std::filesystem::absolute(options.folder).parent_path(), unseen);
  auto files = PrivateFolder::open(options.folder);
  if (!files) return std::unexpected(files.error());
  const auto alone = files->lock(kUpLock, "runs this demo already");
  if (!alone) return std::unexpected(alone.error());
  const ClinicPlaces places{options.folder};
  if (const Done done = no_real_clinic(places); !done) return done;
  const auto kept = read_state(*files);
  if (!kept) return std::unexpected(kept.error());
  const bool fresh = !kept->has_value();
  DemoState state = kept->value_or(DemoState{});
  if (fresh && options.port != 0) state.port = options.port;
  if (!fresh && options.port != 0 && options.port != state.port)
    return std::unexpected(
        fmt::format("--port {}: the passkeys of this demo were made for {}; leave --port out, "
                    "or give another --folder",
                    options.port, state.origin()));
  if (!fresh)
    if (const Done done = same_database(places, options.database); !done) return done;
  for (const int port : {state.port, state.handheld_port()})
    if (const Done done = free_port(port); !done) return done;
  if (fresh) {
    // Left in the middle by a start before: it was ours, and nobody has used it.
    const auto making = files->read(kMakingFile);
    if (!making) return std::unexpected(making.error());
    if (making->has_value()) {
      for (const auto& part :
           {places.link(), places.signer(), places.gateway(), places.server(), places.handheld()})
        std::filesystem::remove_all(part);
      for (std::size_t i = 0; i < demo_pumps().size(); ++i)
        for (const char* ending : {"", ".card", ".trail"})
          std::filesystem::remove(places.pump(i).string() + ending);
    }
    for (const auto& part :
         {places.link(), places.signer(), places.gateway(), places.server(), places.handheld()})
      if (std::filesystem::exists(part))
        return std::unexpected(part.string() +
                               ": there is something here that no demo has left; give another "
                               "--folder");
    if (const Done done = files->write(kMakingFile, "A demo is being made here.\n"); !done) return done;
  }
  Demo demo{options, *files, std::move(state)};
  return until_stopped([&](const std::stop_token& stop) { return demo.run(stop, fresh); });
}

}  // namespace

void add_up_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("up",
                                         "The whole system on this machine, as a demo: clinic, signer, "
                                         "gateway, a patient's handheld and virtual pumps, each a process "
                                         "of\nits own (docs/up.md). The first start makes it, later ones go "
                                         "on with it. Exit code 0: stopped; 2: "
                                         "it\ncould not start, with the reason.");
  auto options = std::make_shared<Options>();
  command->add_option("--folder", options->folder, "where all of it stands")->capture_default_str();
  command
      ->add_option("--port", options->port,
                   "of the clinic's pages, and the next one for the handheld's; at the first "
                   "start (default: 8080)")
      ->check(CLI::Range(1'024, 65'534));
  command
      ->add_option("--db", options->database,
                   "where the records stand, at the first start: \"postgresql://...\", an empty database "
                   "(default: an\nSQLite file in the folder)")
      ->type_name("ADDRESS");
  command
      ->add_option("--pages", options->pages,
                   "the folder of the built pages, with clinic/ and handheld/ in it; ./theca up builds them")
      ->required()
      ->type_name("FOLDER");
  command->callback([options, &exit_code] {
    const Done done = up(*options);
    if (!done) fmt::print(stderr, "theca up: {}\n", done.error());
    exit_code = done ? kExitOk : kExitUsage;
  });
}

}  // namespace theca
