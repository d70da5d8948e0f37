#include "cli/gateway_command.hpp"

#include <fmt/format.h>

#include <expected>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>

#include "air/address.hpp"
#include "air/private_file.hpp"
#include "cli/exit_code.hpp"
#include "cli/link_keys.hpp"
#include "cli/local_process.hpp"
#include "files/base64url.hpp"
#include "files/private_folder.hpp"
#include "files/whole_file.hpp"
#include "gateway/serve.hpp"

namespace theca {
namespace {

struct Options {
  std::string folder;
  std::string keys, implant, to;
  bool near = false;
  std::string socket, client;
  std::string out = "journal.jsonl";
};

using Done = std::expected<void, std::string>;

Done make(const Options& options) {
  auto files = PrivateFolder::open(options.folder);
  if (!files) return std::unexpected(files.error());
  const auto key = gateway::make(*files);
  if (!key) return std::unexpected(key.error());
  fmt::print("{}\n", air::to_hex(*key));
  return {};
}

/// A folder that is not there is not made.
std::expected<PrivateFolder, std::string> there(const Options& options) {
  std::error_code unseen;
  if (!std::filesystem::is_directory(options.folder, unseen))
    return std::unexpected(
        fmt::format("{}: there is no such folder; theca gateway make {}", options.folder, options.folder));
  auto files = PrivateFolder::open(options.folder);
  if (!files) return std::unexpected(files.error());
  if (const auto key = gateway::read_key(*files); !key) return std::unexpected(key.error());
  return files;
}

Done pass(const Options& options) {
  auto files = there(options);
  if (!files) return std::unexpected(files.error());
  std::string line;
  CertificateBytes pass{};
  if (!std::getline(std::cin, line) || !from_base64url(line, pass))
    return std::unexpected("standard input: no pass came, as theca signer pass prints one");
  return gateway::keep_pass(*files, pass);
}

Done reach(const Options& options) {
  auto files = there(options);
  if (!files) return std::unexpected(files.error());
  if (const auto address = air::parse_address(options.to); !address)
    return std::unexpected("--to " + address.error());
  const auto pairing = LinkKeys::pairing_in(options.keys, options.implant);
  if (!pairing) return std::unexpected(pairing.error());
  const auto kept = gateway::keep_implant(*files, {.id = pairing->implant,
                                                   .public_key = pairing->public_key,
                                                   .secrets = pairing->clinic.known,
                                                   .reach = {options.to, options.near}});
  if (!kept) return kept;
  fmt::print("{}\n", air::to_hex(pairing->implant));
  return {};
}

Done coil(const Options& options) {
  auto files = there(options);
  if (!files) return std::unexpected(files.error());
  if (const auto address = air::parse_address(options.to); !address)
    return std::unexpected("--to " + address.error());
  return gateway::keep_coil(*files, {options.to, options.near});
}

Done serve(const Options& options) {
  auto files = there(options);
  if (!files) return std::unexpected(files.error());
  const auto alone = files->lock(gateway::kReachingLock, "reaches the implants of this folder already");
  if (!alone) return std::unexpected(alone.error());
  auto gateway = gateway::Gateway::open(*files);
  if (!gateway) return std::unexpected(gateway.error());
  const auto service = local_service(
      options.socket, options.client,
      fmt::format("Gateway {} at {}. Ctrl-C stops it.", air::to_hex(gateway->key()), options.socket));
  if (!service) return std::unexpected(service.error());
  return until_stopped(
      [&](const std::stop_token& stop) { return gateway::serve(*gateway, *alone, *service, stop); });
}

Done journal(const Options& options) {
  auto files = there(options);
  if (!files) return std::unexpected(files.error());
  const auto alone = files->lock(gateway::kReachingLock, "reaches the implants of this folder already");
  if (!alone) return std::unexpected(alone.error());
  link::ShortId implant{};
  if (!air::from_hex(options.implant, implant))
    return std::unexpected(
        fmt::format("--implant: read \"{}\"; an id has 16 hexadecimal digits", options.implant));
  auto gateway = gateway::Gateway::open(*files);
  if (!gateway) return std::unexpected(gateway.error());
  const auto read = gateway->journal(implant);
  if (!read) return std::unexpected(read.error().why);
  if (!read->check.wrong.empty())
    return std::unexpected("the journal is not whole and in order, and was not written: " +
                           read->check.wrong.front());
  if (const auto written = replace_whole(options.out, read->jsonl, 0600); !written) return written;
  fmt::print("{} entries from number {} on, whole and in order: {}\n", read->check.entries,
             read->check.first_sequence, options.out);
  return {};
}

using Command = Done (*)(const Options&);

}  // namespace

void add_gateway_command(CLI::App& app, int& exit_code) {
  CLI::App* group =
      app.add_subcommand("gateway",
                         "The process that speaks with the clinic's implants: reads them, and hands over "
                         "what the signer has signed\n"
                         "(docs/gateway.md). Exit code 0: done, or stopped; 2: refused, with the reason.");
  group->require_subcommand(1);
  auto options = std::make_shared<Options>();
  const auto add = [&](const char* name, const char* what, Command command) {
    CLI::App* sub = group->add_subcommand(name, what);
    sub->add_option("FOLDER", options->folder, "the gateway's own folder (0700)")->required();
    sub->callback([options, command, name, &exit_code] {
      const Done done = command(*options);
      if (!done) fmt::print(stderr, "theca gateway {}: {}\n", name, done.error());
      exit_code = done ? kExitOk : kExitUsage;
    });
    return sub;
  };

  add("make", "Make the key that it speaks with; prints the public one, for theca signer gateway.", make);
  add("pass",
      "Take a pass to read from standard input: theca signer pass keys/signer | theca gateway pass FOLDER",
      pass);

  CLI::App* reaching = add("reach", "Reach an implant that `theca link` has paired: prints its id.", reach);
  reaching->add_option("--keys", options->keys, "the folder of `theca link` with the pairing")
      ->required()
      ->type_name("FOLDER");
  reaching->add_option("--implant", options->implant, "its id, where the folder knows several")
      ->type_name("ID");
  reaching->add_option("--to", options->to, "where it is: HOST:PORT or FOLDER/NAME")
      ->required()
      ->type_name("ADDR");
  reaching->add_flag("--near", options->near, "its coil is on the patient's skin: nothing opens without");

  CLI::App* lying = add("coil", "Say where a pump lies that is to be paired at the clinic's pages.", coil);
  lying->add_option("--to", options->to, "where the coil is: HOST:PORT or FOLDER/NAME")
      ->required()
      ->type_name("ADDR");
  lying->add_flag("--near", options->near, "the coil lies on it: nothing opens without");

  CLI::App* logging = add("journal", "Read a pump's own journal over the link, check it, write it.", journal);
  logging->add_option("--implant", options->implant, "its id")->required()->type_name("ID");
  logging->add_option("--out", options->out, "where to: the owner's alone")
      ->type_name("FILE")
      ->capture_default_str();

  CLI::App* serving = add("serve", "Answer at a socket file until stopped.", serve);
  serving->add_option("--socket", options->socket, "the socket file")->required()->type_name("PATH");
  serving->add_option("--client", options->client, "a user who may ask besides the gateway's own")
      ->type_name("USER");
  group->footer("Example: theca gateway serve keys/gateway --socket run/gateway");
}

}  // namespace theca
