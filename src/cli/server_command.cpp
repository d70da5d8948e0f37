#include "cli/server_command.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <expected>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "cli/data_dir.hpp"
#include "cli/exit_code.hpp"
#include "cli/listening.hpp"
#include "cli/local_process.hpp"
#include "clinic/staff.hpp"
#include "files/base64url.hpp"
#include "http/page_files.hpp"
#include "server/clinic_folder.hpp"
#include "server/demo_keys.hpp"
#include "server/desk.hpp"
#include "server/site.hpp"

namespace theca {
namespace {

struct Options {
  std::string folder;
  std::string clinic, administrator, role = "physician", name, database;
  PasskeySite site;
  std::uint32_t serial = 0;
  std::string listen = "127.0.0.1:8080", pages, signer, gateway, certificate, key;
};

using Done = std::expected<void, std::string>;

Done make(const Options& options) {
  auto files = PrivateFolder::open(options.folder);
  if (!files) return std::unexpected(files.error());
  server::ClinicSettings settings;
  settings.institution = options.clinic;
  settings.database = options.database;
  settings.site = options.site;
  const auto made = server::make_clinic(*files, options.folder, std::move(settings), options.administrator);
  if (!made) return std::unexpected(made.error());
  fmt::print("The records of {} stand in {}. Nobody can sign in yet: theca server person {}\n",
             options.clinic, options.folder, options.folder);
  return {};
}

struct Opened {
  PrivateFolder files;
  server::ClinicSettings settings;
};
/// A folder that is not there is not made.
std::expected<Opened, std::string> there(const Options& options) {
  std::error_code unseen;
  if (!std::filesystem::is_directory(options.folder, unseen))
    return std::unexpected(
        fmt::format("{}: there is no such folder; theca server make {}", options.folder, options.folder));
  auto files = PrivateFolder::open(options.folder);
  if (!files) return std::unexpected(files.error());
  auto settings = server::read_settings(*files);
  if (!settings) return std::unexpected(settings.error());
  return Opened{std::move(*files), std::move(*settings)};
}
std::expected<std::unique_ptr<records::Database>, std::string> opened(const Options& options,
                                                                      const Opened& at) {
  auto database = records::Database::open(server::opening_of(at.settings, options.folder));
  if (!database) return std::unexpected(database.error().message);
  return std::move(*database);
}
/// One wish at this machine, under a name that nothing else has.
records::RequestId wish() { return {fmt::format("at-the-machine-{}", records::new_id())}; }

Done person(const Options& options) {
  const auto at = there(options);
  if (!at) return std::unexpected(at.error());
  std::optional<records::StaffRole> role;
  for (const auto one : {records::StaffRole::kPhysician, records::StaffRole::kNurse,
                         records::StaffRole::kPharmacist, records::StaffRole::kAdministrator})
    if (options.role == records::word_of(one)) role = one;
  if (!role)
    return std::unexpected(fmt::format(
        "--role: there is no role \"{}\"; physician, nurse, pharmacist, administrator", options.role));
  const auto database = opened(options, *at);
  if (!database) return std::unexpected(database.error());
  const auto added = records::add_person(**database, at->settings.administrator, wish(), *role, options.name);
  if (!added) return std::unexpected(added.error().message);
  fmt::print("{}\n", records::serial_of(*added));
  return {};
}

Done passkey(const Options& options) {
  const auto at = there(options);
  if (!at) return std::unexpected(at.error());
  std::string line;
  std::getline(std::cin, line);
  const std::size_t space = line.find(' ');
  const std::string credential = line.substr(0, space);
  const std::string key = space == std::string::npos ? std::string{} : line.substr(space + 1);
  if (credential.empty() || !from_base64url(credential) || !parse_key_text(key))
    return std::unexpected("standard input: no passkey came, as theca signer passkeys prints one");
  const auto database = opened(options, *at);
  if (!database) return std::unexpected(database.error());
  const auto staff = records::staff(**database, at->settings.administrator);
  if (!staff) return std::unexpected(staff.error().message);
  for (const records::Staff& one : *staff) {
    if (records::serial_of(one.id) != options.serial) continue;
    const records::Passkey passkey{credential, {at->settings.administrator.clinic, one.id}, one.role, key, 0};
    const auto added = records::add_passkey(**database, at->settings.administrator, wish(), passkey);
    if (!added) return std::unexpected(added.error().message);
    fmt::print("{} signs in with it.\n", one.name);
    return {};
  }
  return std::unexpected(fmt::format("--serial: nobody of this clinic has the serial {}", options.serial));
}

std::expected<std::string, std::string> text_in(const std::string& path) {
  constexpr std::size_t kMost = 256 * 1024;
  std::ifstream in{path, std::ios::binary};
  std::ostringstream text;
  text << in.rdbuf();
  if (!in || text.view().size() > kMost)
    return std::unexpected(path + ": cannot be read, or is larger than 256 KiB");
  return std::move(text).str();
}

void say(const std::string& line) {
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

Done serve(const Options& options) {
  const auto at = there(options);
  if (!at) return std::unexpected(at.error());
  const auto alone = at->files.lock(server::kServingLock, "serves this clinic already");
  if (!alone) return std::unexpected(alone.error());
  const bool demo = at->settings.kind == records::DatabaseKind::kDemo;
  const auto listen = listen_at(options.listen);
  if (!listen) return std::unexpected(listen.error());
  if (demo && !is_loopback(listen->address))
    return std::unexpected(
        fmt::format("--listen: a demo is reached from this machine alone; read \"{}\"", options.listen));
  const auto library = load_library_or_tell();
  if (!library) return std::unexpected("without the drug library nothing is drafted");
  const auto body = load_body_or_tell(*library);
  const auto adults = load_variability_or_tell(*library);
  if (!body || !adults) return std::unexpected("without the model of the patient nothing is tried");
  auto pages = http::read_pages(options.pages);
  if (!pages) return std::unexpected(pages.error());
  http::Settings settings{.listen = {*listen}, .tls = {}, .limits = {}};
  if (!options.certificate.empty()) {
    auto certificate = text_in(options.certificate), key = text_in(options.key);
    if (!certificate) return std::unexpected(certificate.error());
    if (!key) return std::unexpected(key.error());
    settings.tls = http::Tls{std::move(*certificate), std::move(*key), {}};
  }
  std::vector<server::DemoSecret> secrets;
  if (demo) {
    auto kept = server::read_demo_secrets(at->files);
    if (!kept) return std::unexpected(kept.error());
    secrets = std::move(*kept);
  }
  auto database = opened(options, *at);
  if (!database) return std::unexpected(database.error());
  std::map<records::PersonId, std::string> names;
  const auto staff = records::staff(**database, at->settings.administrator);
  if (!staff) return std::unexpected(staff.error().message);
  for (const records::Staff& one : *staff)
    names[one.id] = fmt::format("{}, {}", one.name, records::word_of(one.role));

  return until_stopped([&](const std::stop_token& stop) -> Done {
    server::Sessions sessions;
    server::MemoryReplies replies;
    const auto utc_ms = [] {
      const auto now = std::chrono::system_clock::now().time_since_epoch();
      return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    };
    server::Desk desk{
        {**database, *library, *body, *adults, sessions, at->settings.site, options.signer, options.gateway, utc_ms}};
    server::DemoKeys keys{
        at->settings.site, secrets, [&](records::PersonId person, const std::string& ticket) {
          say(fmt::format("{}: {}/#ticket={}", names[person], at->settings.site.origin, ticket));
        }};
    std::vector<server::Route> routes = desk.routes();
    if (demo)
      for (server::Route& route : keys.routes()) routes.push_back(std::move(route));
    auto router = server::Router::make(
        std::move(routes),
        {.sessions = sessions,
         .replies = replies,
         .now = http::BootClock::now,
         .fault = [](const std::string& route, const std::string& why) {
           say(fmt::format("A bug: the answer of {} is not as its row says: {}", route, why));
         }});
    if (!router) throw std::runtime_error(router.error());
    auto engine = http::Server::listen(std::move(settings));
    if (!engine) return std::unexpected(engine.error());
    http::Front front{http::OwnOrigins{{at->settings.site.origin}}, std::move(*pages)};
    server::Site site{{front, std::move(*router), {}, sessions}};
    (*engine)->serve({.answer = [&](const http::Request& request) { return site.answer(request); },
                      .open = [&](const http::Request& request) { return site.open(request); },
                      .fault =
                          [](const std::string& reference, const std::string& type) {
                            say(fmt::format("A bug: {}, told as {}", type, reference));
                          }});
    say(fmt::format("{} at {}. Ctrl-C stops it.", at->settings.institution, at->settings.site.origin));
    if (demo) keys.offer();
    constexpr std::chrono::milliseconds kLook{50}, kPatience{5'000};
    while (!stop.stop_requested()) std::this_thread::sleep_for(kLook);
    const std::size_t left = (*engine)->stop(kPatience);
    if (left > 0) {
      say(fmt::format("{} requests did not end in time.", left));
      std::_Exit(kExitBug);  // their threads cannot be stopped; what was acknowledged stands
    }
    engine->reset();
    if (const auto closed = (*database)->close(); !closed) return std::unexpected(closed.error().message);
    return {};
  });
}

using Command = Done (*)(const Options&);

}  // namespace

void add_server_command(CLI::App& app, int& exit_code) {
  CLI::App* group = app.add_subcommand(
      "server",
      "A clinic's records and pages, for browsers (docs/server.md). It signs nothing and reaches no implant: "
      "for that\nit asks the signer and the gateway. Exit code 0: done, or stopped; 2: refused, with the "
      "reason.");
  group->require_subcommand(1);
  auto options = std::make_shared<Options>();
  const auto add = [&](const char* name, const char* what, Command command) {
    CLI::App* sub = group->add_subcommand(name, what);
    sub->add_option("FOLDER", options->folder, "the server's own folder (0700)")->required();
    sub->callback([options, command, name, &exit_code] {
      const Done done = command(*options);
      if (!done) fmt::print(stderr, "theca server {}: {}\n", name, done.error());
      exit_code = done ? kExitOk : kExitUsage;
    });
    return sub;
  };

  CLI::App* making = add("make", "Make the records of a clinic, with its first administrator.", make);
  making->add_option("--clinic", options->clinic, "the institution's name")->required();
  making->add_option("--administrator", options->administrator, "the administrator's name")->required();
  making->add_option("--site", options->site.id, "the name that passkeys are made for: clinic.example")
      ->required();
  making->add_option("--origin", options->site.origin, "where the pages are: https://clinic.example")
      ->required();
  making
      ->add_option("--database", options->database,
                   "\"postgresql://...\"; default: an SQLite file in the folder")
      ->type_name("ADDRESS");

  CLI::App* adding = add("person", "Add somebody who works there; prints the serial.", person);
  adding->add_option("--name", options->name, "the person's name")->required();
  adding->add_option("--role", options->role, "physician, nurse, pharmacist or administrator")
      ->capture_default_str();

  CLI::App* enrolling = add("passkey",
                            "Let a person sign in with a passkey that the signer has enrolled, from standard "
                            "input:\ntheca signer passkeys keys/signer --serial N | theca server passkey "
                            "FOLDER --serial N",
                            passkey);
  enrolling->add_option("--serial", options->serial, "whose it is")->required();

  CLI::App* serving = add("serve", "Serve the pages until stopped.", serve);
  serving->add_option("--listen", options->listen, "HOST:PORT")->capture_default_str();
  serving->add_option("--pages", options->pages, "the folder of the built pages")->required();
  serving->add_option("--signer", options->signer, "the signer's socket file")->required();
  serving->add_option("--gateway", options->gateway, "the gateway's socket file")->required();
  CLI::Option* certificate =
      serving->add_option("--certificate", options->certificate,
                          "PEM, the server's own first: HTTPS; without, plain HTTP on a loopback address");
  CLI::Option* key = serving->add_option("--key", options->key, "PEM, of that certificate");
  certificate->needs(key);
  key->needs(certificate);
  group->footer(
      "Example: theca server make clinic --clinic \"Clinic of the hill\" --administrator \"Adam Ray\" "
      "--site clinic.example --origin https://clinic.example");
}

}  // namespace theca
