#include "cli/handheld_command.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <expected>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "air/address.hpp"
#include "air/private_file.hpp"
#include "cli/exit_code.hpp"
#include "cli/link_keys.hpp"
#include "cli/listening.hpp"
#include "cli/local_process.hpp"
#include "files/base64url.hpp"
#include "files/private_folder.hpp"
#include "gateway/books.hpp"
#include "handheld/handheld.hpp"
#include "handheld/site.hpp"
#include "http/page_files.hpp"
#include "http/serve.hpp"

namespace theca {
namespace {

struct Options {
  std::string folder;
  std::string keys, gateway, implant, to;
  bool near = false;
  std::string listen = "127.0.0.1:8081", origin, pages;
};

using Done = std::expected<void, std::string>;

Done make(const Options& options) {
  auto files = PrivateFolder::open(options.folder);
  if (!files) return std::unexpected(files.error());
  const auto key = air::make_key(*files, handheld::kWhose);
  if (!key) return std::unexpected(key.error());
  fmt::print("{}\n", air::to_hex(*key));
  return {};
}

/// A folder that is not there is not made.
std::expected<PrivateFolder, std::string> there(const Options& options) {
  std::error_code unseen;
  if (!std::filesystem::is_directory(options.folder, unseen))
    return std::unexpected(
        fmt::format("{}: there is no such folder; theca handheld make {}", options.folder, options.folder));
  auto files = PrivateFolder::open(options.folder);
  if (!files) return std::unexpected(files.error());
  auto key = air::read_key(*files, handheld::kWhose);
  if (!key) return std::unexpected(key.error());
  link::Sodium::wipe(*key);
  return files;
}

std::expected<air::KnownImplant, std::string> paired_by_link(const Options& options) {
  const auto kept = LinkKeys::pairing_in(options.keys, options.implant);
  if (!kept) return std::unexpected(kept.error());
  if (kept->patient.known.empty())
    return std::unexpected("the implant has no secret with a patient's programmer: theca link pair-patient");
  return air::KnownImplant{
      .id = kept->implant, .public_key = kept->public_key, .secrets = kept->patient.known, .reach = {}};
}

std::expected<air::KnownImplant, std::string> paired_by_gateway(const Options& options) {
  link::ShortId id{};
  if (!air::from_hex(options.implant, id))
    return std::unexpected(
        fmt::format("--implant: read \"{}\"; an id has 16 hexadecimal digits", options.implant));
  std::error_code unseen;
  if (!std::filesystem::is_directory(options.gateway, unseen))
    return std::unexpected(options.gateway + ": there is no such folder");
  auto files = PrivateFolder::open(options.gateway);
  if (!files) return std::unexpected(files.error());
  auto implant = gateway::read_implant(*files, id);
  if (!implant) return std::unexpected(implant.error());
  const auto secret = gateway::read_patients_secret(*files, id);
  if (!secret) return std::unexpected(secret.error());
  implant->secrets = {*secret};
  return implant;
}

Done pair(const Options& options) {
  auto files = there(options);
  if (!files) return std::unexpected(files.error());
  if (const auto address = air::parse_address(options.to); !address)
    return std::unexpected("--to " + address.error());
  std::string line;
  handheld::Pairing pairing;
  if (!std::getline(std::cin, line) || !from_base64url(line, pairing.certificate))
    return std::unexpected("standard input: no certificate came, as theca signer handheld prints one");
  auto implant = options.gateway.empty() ? paired_by_link(options) : paired_by_gateway(options);
  if (!implant) return std::unexpected(implant.error());
  pairing.implant = std::move(*implant);
  pairing.implant.reach = {options.to, options.near};
  if (const auto done = handheld::keep_pairing(*files, pairing); !done) return done;
  fmt::print("{}\n", air::to_hex(pairing.implant.id));
  return {};
}

Done card(const Options& options) {
  auto files = there(options);
  if (!files) return std::unexpected(files.error());
  const std::string text{std::istreambuf_iterator<char>(std::cin), {}};
  const auto card = handheld::parse_card(text);
  if (!card) return std::unexpected("standard input: " + card.error());
  return handheld::keep_card(*files, *card);
}

void say(const std::string& line) {
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

Done serve(const Options& options) {
  auto files = there(options);
  if (!files) return std::unexpected(files.error());
  const auto alone = files->lock(handheld::kServingLock, "serves this programmer already");
  if (!alone) return std::unexpected(alone.error());
  const auto listen = listen_at(options.listen);
  if (!listen) return std::unexpected(listen.error());
  if (!is_loopback(listen->address))
    return std::unexpected(fmt::format(
        "--listen: a patient's pages are reached from the machine in the patient's hand alone; read \"{}\"",
        options.listen));
  const auto utc_ms = [] {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  };
  auto opened = handheld::Handheld::open(*files, {.utc_ms = utc_ms});
  if (!opened) return std::unexpected(opened.error());
  auto pages = http::read_pages(options.pages);
  if (!pages) return std::unexpected(pages.error());
  const auto key = handheld::page_key(*files);
  if (!key) return std::unexpected(key.error());
  auto engine = http::Server::listen({.listen = {*listen}, .tls = {}, .limits = {}});
  if (!engine) return std::unexpected(engine.error());
  const std::uint16_t port = (*engine)->ports().front();
  http::OwnOrigins own{{options.origin}};
  if (options.origin.empty())
    own.origins = {fmt::format("http://{}:{}", listen->address, port),
                   fmt::format("http://localhost:{}", port)};
  const std::string origin = own.origins.front();
  handheld::Handheld& handheld = **opened;

  return until_stopped([&](const std::stop_token& stop) -> Done {
    http::Front front{own, std::move(*pages)};
    handheld::Site site{handheld, front, *key};
    const std::jthread worker{[&](const std::stop_token& ending) { handheld.work(ending); }};
    (*engine)->serve({.answer = [&](const http::Request& request) { return site.answer(request); },
                      .open = {},
                      .fault =
                          [](const std::string& reference, const std::string& type) {
                            say(fmt::format("A bug: {}, told as {}", type, reference));
                          }});
    say(fmt::format("A patient's programmer at {}. Ctrl-C stops it.", origin));
    const std::string& patient = handheld.card().patient;
    say(fmt::format("{}, patient: {}/#key={}", patient.empty() ? "No name" : patient, origin, *key));
    constexpr std::chrono::milliseconds kLook{50}, kPatience{5'000};
    while (!stop.stop_requested()) std::this_thread::sleep_for(kLook);
    const std::size_t left = (*engine)->stop(kPatience);
    if (left > 0) std::_Exit(kExitBug);  // their threads cannot be stopped; what was acknowledged stands
    engine->reset();
    return {};
  });
}

using Command = Done (*)(const Options&);

}  // namespace

void add_handheld_command(CLI::App& app, int& exit_code) {
  CLI::App* group = app.add_subcommand(
      "handheld",
      "The patient's programmer: asks for the dose that is allowed, says what the pump says, keeps the diary "
      "(docs/handheld.md).\nIt changes no therapy. Exit code 0: done, or stopped; 2: refused, with the "
      "reason.");
  group->require_subcommand(1);
  auto options = std::make_shared<Options>();
  const auto add = [&](const char* name, const char* what, Command command) {
    CLI::App* sub = group->add_subcommand(name, what);
    sub->add_option("FOLDER", options->folder, "the programmer's own folder (0700)")->required();
    sub->callback([options, command, name, &exit_code] {
      const Done done = command(*options);
      if (!done) fmt::print(stderr, "theca handheld {}: {}\n", name, done.error());
      exit_code = done ? kExitOk : kExitUsage;
    });
    return sub;
  };
  add("make", "Make its key; prints the public one, for theca signer handheld.", make);

  CLI::App* pairing =
      add("pair",
          "The pump that it speaks with, and the clinic's certificate, from standard input:\n"
          "theca signer handheld keys/signer --implant ID --key KEY | theca handheld pair FOLDER "
          "...",
          pair);
  auto* from = pairing->add_option_group("from", "where the pump was paired");
  from->add_option("--keys", options->keys, "the folder of theca link")->type_name("FOLDER");
  from->add_option("--gateway", options->gateway,
                   "the gateway's own, for a pump that was paired at the pages")
      ->type_name("FOLDER");
  from->require_option(1);
  pairing->add_option("--implant", options->implant, "its id, where the folder knows several");
  pairing->add_option("--to", options->to, "where the pump is: HOST:PORT, or FOLDER/NAME")->required();
  pairing->add_flag("--near", options->near, "held to the skin over the pump");

  add("card", "What the clinic writes on the emergency card: JSON from standard input (docs/handheld.md).",
      card);

  CLI::App* serving = add("serve", "Serve the patient's pages until stopped.", serve);
  serving->add_option("--listen", options->listen, "HOST:PORT, on this machine alone")->capture_default_str();
  serving->add_option("--origin", options->origin,
                      "by what the browser reaches it (default: http://127.0.0.1:PORT, so that no cookie "
                      "of\nlocalhost comes)");
  serving->add_option("--pages", options->pages, "the folder of the built pages")->required();
  group->footer("Example: theca handheld serve patient --pages build/pages/handheld");
}

}  // namespace theca
