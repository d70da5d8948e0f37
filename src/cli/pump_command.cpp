#include "cli/pump_command.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "air/private_file.hpp"
#include "cli/data_dir.hpp"
#include "cli/exit_code.hpp"
#include "quantity/text.hpp"
#include "simulator/virtual_pump.hpp"

namespace theca {
namespace {

struct Options {
  std::string listen = air::kUsualAddress;
  double speed = 1;
  std::string state = "out/pump.nvm";
  std::string patient;
  int fleet = 1;
  double seconds = 0;
  bool json = false;
  bool anew = false;
};

constexpr double kMostSpeed = 100'000;
constexpr int kMostPumps = 64;

volatile std::sig_atomic_t stop_asked = 0;

std::string usual_patient() {
  return (std::filesystem::path{data_dir()}.parent_path() / "scenarios" /
          "morphine_with_patient_boluses.toml")
      .string();
}

/// "0 Tue 14:05:09" would say too little: the whole date, for a pump runs for years.
std::string moment(std::int64_t local_ms) {
  const std::int64_t second = floor_modulo(floor_divide(local_ms, 1'000), 60);
  return fmt::format("{}:{:02}", local_datetime_text(floor_divide(local_ms, 60'000) * 60'000), second);
}

nlohmann::ordered_json json_of(const PumpNews& news) {
  nlohmann::ordered_json json{
      {"at_ms", news.at.raw()}, {"local", moment(news.local_ms)}, {"text", news.text}};
  if (news.event) {
    json["event"] = row_of(news.event->code).name;
    json["detail"] = news.event->detail;
    json["value"] = news.event->value;
    json["value2"] = news.event->value2;
  }
  return json;
}

std::string patient_text(const PatientNow& now) {
  std::string text =
      fmt::format("Patient, by the twin: {} at the pain {:.3g} mcg/mL", now.drug, now.fluid_at_pain);
  if (now.has_relief) text += fmt::format(", relief {:.0f} %", now.relief * 100);
  if (now.has_ventilation)
    text += fmt::format(", ventilation at a fixed CO2 tension {:.0f} %", now.ventilation * 100);
  return text + ".";
}

/// The address of the n-th pump of a fleet.
air::Address nth(const air::Address& first, int n) {
  air::Address address = first;
  if (n == 0) return address;
  for (air::Endpoint* end : {&address.radio, &address.coil}) {
    end->port = static_cast<std::uint16_t>(end->port + 2 * n);
    if (!end->path.empty()) {
      const std::size_t dot = end->path.rfind('.');
      end->path.insert(dot, fmt::format("-{}", n + 1));
    }
  }
  return address;
}
std::string nth(const std::string& file, int n) { return n == 0 ? file : fmt::format("{}-{}", file, n + 1); }

int refuse(const std::string& why) {
  fmt::print(stderr, "theca pump: {}\n", why);
  return kExitUsage;
}

class Console {
 public:
  Console(bool json, bool many) : json_(json), many_(many) {}
  void tell(int pump, const PumpNews& news) const {
    if (json_) {
      auto json = json_of(news);
      if (many_) json["pump"] = pump + 1;
      fmt::print("{}\n", json.dump());
    } else {
      fmt::print("{}{}  {}\n", many_ ? fmt::format("pump {}  ", pump + 1) : "", moment(news.local_ms),
                 news.text);
    }
    std::fflush(stdout);
  }
  void tell(int pump, Instant at, std::int64_t local_ms, const PatientNow& now) const {
    if (!json_) return tell(pump, PumpNews{at, local_ms, patient_text(now), {}});
    nlohmann::ordered_json json{
        {"at_ms", at.raw()},
        {"patient", {{"drug", now.drug}, {"fluid_at_pain_ug_per_ml", now.fluid_at_pain}}}};
    if (now.has_relief) json["patient"]["relief"] = now.relief;
    if (now.has_ventilation) json["patient"]["ventilation"] = now.ventilation;
    if (many_) json["pump"] = pump + 1;
    fmt::print("{}\n", json.dump());
    std::fflush(stdout);
  }

 private:
  bool json_, many_;
};

int run(const Options& options) {
  const auto address = air::parse_address(options.listen);
  if (!address) return refuse("--listen " + address.error());
  if (!address->radio.host.empty() && int{address->radio.port} + 2 * options.fleet > 65'535)
    return refuse(fmt::format("--listen {}: {} pumps need {} ports from there on", options.listen,
                              options.fleet, 2 * options.fleet));
  const auto library = load_library_or_tell();
  if (!library) return kExitUsage;
  const auto body = load_body_or_tell(*library);
  if (!body) return kExitUsage;
  const auto scenario = load_scenario(options.patient.empty() ? usual_patient() : options.patient, *library);
  if (!scenario) {
    for (const DataError& error : scenario.error()) fmt::print(stderr, "{}\n", to_string(error));
    return kExitUsage;
  }
  if (scenario->constant_flow) return refuse(scenario->file + ": a constant-flow pump has no radio");

  std::error_code none;
  const std::filesystem::path folder = std::filesystem::path{options.state}.parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, none);
  const Console console{options.json, options.fleet > 1};
  std::vector<std::unique_ptr<VirtualPump>> pumps;
  for (int i = 0; i < options.fleet; ++i) {
    VirtualPumpSetting setting;
    setting.address = nth(*address, i);
    setting.speed = options.speed;
    setting.state = nth(options.state, i);
    setting.card = nth(options.state, i) + ".card";
    if (options.anew) {
      std::filesystem::remove(setting.state, none);
      std::filesystem::remove(setting.card, none);
    }
    auto started = VirtualPump::start(setting, *scenario, *library, *body,
                                      [&console, i](const PumpNews& news) { console.tell(i, news); });
    if (!started) return refuse(started.error());
    const VirtualPump& pump = **started;
    if (options.json) {
      fmt::print("{}\n", nlohmann::ordered_json{{"implant", air::to_hex(pump.device().implant().id())},
                                                {"model", scenario->pump_name},
                                                {"radio", air::to_text(setting.address.radio)},
                                                {"coil", air::to_text(setting.address.coil)},
                                                {"state", setting.state.string()},
                                                {"card", setting.card.string()},
                                                {"fresh", pump.fresh()}}
                             .dump());
    } else {
      fmt::print("Implant {} ({}), {}: radio {}, coil {}.\n", air::to_hex(pump.device().implant().id()),
                 scenario->pump_name,
                 kDeviceStateNames.at(static_cast<std::size_t>(pump.device().implant().state())),
                 air::to_text(setting.address.radio), air::to_text(setting.address.coil));
      fmt::print("Its memory is {}; the card of its pack {}.\n", setting.state.string(),
                 setting.card.string());
    }
    pumps.push_back(std::move(*started));
  }
  if (!options.json)
    fmt::print(
        "Research software, not a medical device. Time runs at {:g}x while nobody is near; Ctrl-C stops "
        "it.\n",
        options.speed);
  std::fflush(stdout);

  stop_asked = 0;
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { stop_asked = 1; });
  const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(options.seconds);
  std::vector<std::int64_t> told_day(pumps.size(), -1);
  constexpr int kLongestWaitMs = 20;
  while (stop_asked == 0 && (options.seconds == 0 || std::chrono::steady_clock::now() < until)) {
    for (std::size_t i = 0; i < pumps.size(); ++i) {
      pumps[i]->step(pumps.size() == 1 ? kLongestWaitMs : 0);
      const std::int64_t day = pumps[i]->now().raw() / kMillisecondsPerDay;
      if (day == told_day[i] || pumps[i]->near()) continue;
      told_day[i] = day;
      if (const auto patient = pumps[i]->patient())
        console.tell(static_cast<int>(i), pumps[i]->now(), pumps[i]->local_ms(), *patient);
    }
    if (pumps.size() > 1) std::this_thread::sleep_for(std::chrono::milliseconds(kLongestWaitMs / 4));
  }
  for (const auto& pump : pumps) {
    const LinkCounts& counts = pump->device().implant().counts();
    if (options.json)
      fmt::print("{}\n", nlohmann::ordered_json{{"link",
                                                 {{"frames", counts.frames},
                                                  {"gate_looks", counts.gate_looks},
                                                  {"handshakes", counts.handshakes},
                                                  {"sessions", counts.sessions},
                                                  {"commands", counts.commands}}}}
                             .dump());
  }
  if (!options.json) fmt::print("Stopped. The pump's memory stands in {}.\n", options.state);
  return kExitOk;
}

}  // namespace

void add_pump_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "pump",
      "A virtual implant in its patient, behind a radio and a coil, for `theca link` and for attackers.\n"
      "Its memory is a file: killed and started again it has rebooted. Exit code 0: stopped; 2: usage.");
  auto options = std::make_shared<Options>();
  command
      ->add_option("--listen", options->listen,
                   "where: HOST:PORT (the coil at the next port) or FOLDER/NAME (socket files)")
      ->type_name("ADDR")
      ->capture_default_str();
  command->add_option("--speed", options->speed, "how fast time runs while nobody is near")
      ->type_name("N")
      ->check(CLI::Range(0.1, kMostSpeed))
      ->capture_default_str();
  command->add_option("--state", options->state, "the implant's lasting memory")
      ->type_name("FILE")
      ->capture_default_str();
  command
      ->add_option("--patient", options->patient,
                   "a scenario: the pump's model, the catheter and the patient; what is done in it is not")
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  command->add_option("--fleet", options->fleet, "so many pumps, each with its own address and memory")
      ->type_name("N")
      ->check(CLI::Range(1, kMostPumps))
      ->capture_default_str();
  command->add_option("--for", options->seconds, "stop by itself after so many seconds")
      ->type_name("SECONDS")
      ->check(CLI::Range(0.0, 1e6));
  command->add_flag("--new", options->anew, "a new implant: forget the memory that is there");
  command->add_flag("--json", options->json, "a line of JSON for everything that happens");
  command->footer(
      "Example: theca pump --speed 3600\n"
      "Then, elsewhere: theca link pair --near --card out/pump.nvm.card; theca link status --near");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace theca
