#include "cli/signer_command.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <expected>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "air/private_file.hpp"
#include "cli/data_dir.hpp"
#include "cli/exit_code.hpp"
#include "cli/link_keys.hpp"
#include "cli/local_process.hpp"
#include "clinic/passkey_json.hpp"
#include "files/private_folder.hpp"
#include "link/sodium.hpp"
#include "signer/people.hpp"
#include "signer/serve.hpp"
#include "signer/signer.hpp"

namespace theca {
namespace {

struct Options {
  std::string folder;
  PasskeySite site;
  std::uint32_t serial = 0, epoch = 0;
  std::string name, role = "physician";
  std::string socket, client, key, clinic, implant;
  bool json = false;
};

/// Held while the list of people is changed: two changes at once would lose one of them.
constexpr const char* kPeopleLock = "people.lock";

using Done = std::expected<void, std::string>;

std::string counted(const std::vector<Passkey>& passkeys) {
  return fmt::format("{} {}", passkeys.size(), passkeys.size() == 1 ? "passkey" : "passkeys");
}

Done make(const Options& options) {
  std::optional<link::Key> seed;
  if (!options.clinic.empty()) {
    const auto there = LinkKeys::clinic_seed_in(options.clinic);
    if (!there) return std::unexpected(there.error());
    seed = *there;
  }
  std::error_code unseen;
  const bool fresh = !std::filesystem::exists(options.folder, unseen);
  auto files = PrivateFolder::open(options.folder);
  if (!files) return std::unexpected(files.error());
  if (const auto made = signer::make(*files, options.site, seed); !made) {
    if (fresh)
      std::filesystem::remove(options.folder, unseen);  // while it is empty: a refusal leaves nothing
    return made;
  }
  fmt::print("A signer stands in {}. Nobody is enrolled yet: theca signer enrol {}\n", options.folder,
             options.folder);
  return {};
}

struct Opened {
  PrivateFolder files;
  signer::People people;
};
/// A signer that is there; a folder that is not there is not made.
std::expected<Opened, std::string> there(const Options& options) {
  std::error_code unseen;  // then it is no folder for us either
  if (!std::filesystem::is_directory(options.folder, unseen))
    return std::unexpected(
        fmt::format("{}: there is no such folder; theca signer make {}", options.folder, options.folder));
  auto files = PrivateFolder::open(options.folder);
  if (!files) return std::unexpected(files.error());
  auto people = signer::read_people(*files);
  if (!people) return std::unexpected(people.error());
  return Opened{std::move(*files), std::move(*people)};
}

/// For a change of the list: the signer that is there, and nobody else at it.
std::expected<std::pair<Opened, FileLock>, std::string> alone_at(const Options& options) {
  auto opened = there(options);
  if (!opened) return std::unexpected(opened.error());
  auto alone = opened->files.lock(kPeopleLock, "changes the list of people");
  if (!alone) return std::unexpected(alone.error());
  return std::pair{std::move(*opened), std::move(*alone)};
}

Done enrol(const Options& options) {
  auto opened = alone_at(options);
  if (!opened) return std::unexpected(opened.error());
  std::optional<Role> role;
  for (const RoleRow& row : kRoles)
    if (options.role == row.name) role = row.role;
  if (!role) return std::unexpected(fmt::format("--role: there is no role \"{}\"", options.role));
  link::Key challenge{};
  link::Sodium::random(challenge);
  fmt::print("challenge {}\n", to_base64url(challenge));
  std::fflush(stdout);
  fmt::print(stderr, "Make the passkey with this challenge and give what the page shows, in one line:\n");
  std::string line;
  if (!std::getline(std::cin, line)) return std::unexpected("nothing came on standard input");
  const auto registration = parse_registration(line);
  if (!registration) return std::unexpected(registration.error());
  const auto person =
      signer::enrol(opened->first.files, options.serial, options.name, *role, *registration, challenge);
  if (!person) return std::unexpected(person.error());
  fmt::print("{}, {}, serial {}: {}.\n", person->name, row_of(person->role).name, person->serial,
             counted(person->passkeys));
  return {};
}

Done raise(const Options& options) {
  auto opened = alone_at(options);
  if (!opened) return std::unexpected(opened.error());
  if (const auto raised = signer::raise_epoch(opened->first.files, options.epoch); !raised) return raised;
  fmt::print("Certificates carry epoch {} from now on.\n", options.epoch);
  return {};
}

Done show(const Options& options) {
  const auto opened = there(options);
  if (!opened) return std::unexpected(opened.error());
  const auto keys = signer::Keys::read(opened->files);
  if (!keys) return std::unexpected(keys.error());
  const std::string key = air::to_hex(keys->clinic_key());
  if (options.json) {
    auto list = nlohmann::ordered_json::array();
    for (const signer::Enrolled& one : opened->people.list)
      list.push_back({{"serial", one.serial},
                      {"name", one.name},
                      {"role", row_of(one.role).name},
                      {"passkeys", one.passkeys.size()}});
    fmt::print("{}\n", nlohmann::ordered_json{{"clinic_key", key},
                                              {"site", opened->people.site.id},
                                              {"origin", opened->people.site.origin},
                                              {"epoch", opened->people.epoch},
                                              {"people", list}}
                           .dump(2));
    return {};
  }
  fmt::print("Clinic {}, epoch {}. Passkeys of {} on {}.\n", key, opened->people.epoch,
             opened->people.site.id, opened->people.site.origin);
  for (const signer::Enrolled& one : opened->people.list)
    fmt::print("  {:>6}  {}, {}: {}\n", one.serial, one.name, row_of(one.role).name, counted(one.passkeys));
  if (opened->people.list.empty()) fmt::print("Nobody is enrolled.\n");
  return {};
}

Done passkeys(const Options& options) {
  const auto opened = there(options);
  if (!opened) return std::unexpected(opened.error());
  for (const signer::Enrolled& one : opened->people.list) {
    if (one.serial != options.serial) continue;
    for (const Passkey& passkey : one.passkeys)
      fmt::print("{} {}\n", to_base64url(passkey.id), key_text(passkey.algorithm, passkey.key));
    return {};
  }
  return std::unexpected(fmt::format("--serial: nobody is enrolled as {}", options.serial));
}

link::Key key_of(const std::string& hex, bool& fine) {
  link::Key key{};
  fine = air::from_hex(hex, key);
  return key;
}

std::int64_t utc_s() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

Done gateway(const Options& options) {
  auto opened = alone_at(options);
  if (!opened) return std::unexpected(opened.error());
  bool fine = false;
  const link::Key key = key_of(options.key, fine);
  if (!fine) return std::unexpected("KEY: a key has 64 hexadecimal digits; theca gateway make tells it");
  if (const auto named = signer::name_gateway(opened->first.files, key); !named) return named;
  fmt::print("Passes are about the gateway {} from now on.\n", options.key);
  return {};
}

Done pass(const Options& options) {
  const auto opened = there(options);
  if (!opened) return std::unexpected(opened.error());
  const auto keys = signer::Keys::read(opened->files);
  if (!keys) return std::unexpected(keys.error());
  const auto named = signer::named_gateway(opened->files);
  if (!named) return std::unexpected(named.error());
  if (!*named) return std::unexpected("no gateway is named: theca signer gateway FOLDER KEY");
  fmt::print("{}\n", to_base64url(keys->read_pass(**named, opened->people.epoch, utc_s())));
  return {};
}

/// The clinic's word, for a year, that whoever has this key speaks with this implant as its patient.
Done handheld(const Options& options) {
  const auto opened = there(options);
  if (!opened) return std::unexpected(opened.error());
  const auto keys = signer::Keys::read(opened->files);
  if (!keys) return std::unexpected(keys.error());
  bool fine = false;
  const link::Key key = key_of(options.key, fine);
  if (!fine) return std::unexpected("--key: a key has 64 hexadecimal digits; theca handheld make tells it");
  link::ShortId implant{};
  if (!air::from_hex(options.implant, implant))
    return std::unexpected(
        fmt::format("--implant: read \"{}\"; an id has 16 hexadecimal digits", options.implant));
  fmt::print("{}\n", to_base64url(keys->patients(key, implant, opened->people.epoch, utc_s())));
  return {};
}

Done serve(const Options& options) {
  auto opened = there(options);
  if (!opened) return std::unexpected(opened.error());
  const auto alone = opened->files.lock(signer::kSigningLock, "signs already");
  if (!alone) return std::unexpected(alone.error());
  const auto library = load_library_or_tell();
  if (!library) return std::unexpected("without the drug library nothing is signed");
  auto signs = signer::Signer::open(opened->files, *library);
  if (!signs) return std::unexpected(signs.error());

  const auto service = local_service(
      options.socket, options.client,
      fmt::format("Signs for clinic {}, {} enrolled, at {}. Ctrl-C stops it.",
                  air::to_hex(signs->clinic_key()), opened->people.list.size(), options.socket));
  if (!service) return std::unexpected(service.error());
  return until_stopped(
      [&](const std::stop_token& stop) { return signer::serve(*signs, *alone, *service, utc_s, stop); });
}

using Command = Done (*)(const Options&);

}  // namespace

void add_signer_command(CLI::App& app, int& exit_code) {
  CLI::App* group = app.add_subcommand(
      "signer",
      "The process that alone signs orders for a clinic: with a folder of its own, its own list of who may "
      "sign,\nand a socket with one verb (docs/signer.md). Exit code 0: done, or stopped; 2: refused, with "
      "the reason.");
  group->require_subcommand(1);
  auto options = std::make_shared<Options>();
  const auto add = [&](const char* name, const char* what, Command command) {
    CLI::App* sub = group->add_subcommand(name, what);
    sub->add_option("FOLDER", options->folder, "the signer's own folder (0700)")->required();
    sub->callback([options, command, name, &exit_code] {
      const Done done = command(*options);
      if (!done) fmt::print(stderr, "theca signer {}: {}\n", name, done.error());
      exit_code = done ? kExitOk : kExitUsage;
    });
    return sub;
  };

  CLI::App* making = add("make", "Make a signer, with a clinic's key of its own.", make);
  making->add_option("--site", options->site.id, "the name that passkeys are made for: clinic.example")
      ->required();
  making->add_option("--origin", options->site.origin, "where the pages are: https://clinic.example")
      ->required();

  making
      ->add_option(
          "--clinic", options->clinic,
          "take over the clinic's key of this folder of `theca link`, which keeps a copy that has to go")
      ->type_name("FOLDER");

  CLI::App* naming = add("gateway", "Name the gateway that hands over what is signed.", gateway);
  naming->add_option("KEY", options->key, "its public key: 64 hexadecimal digits")->required();
  add("pass", "Print a day's pass for that gateway, to read the clinic's implants: for theca gateway pass.",
      pass);

  CLI::App* handing =
      add("handheld", "Print a year's certificate for a patient's programmer: for theca handheld pair.",
          handheld);
  handing->add_option("--implant", options->implant, "the implant's id: 16 hexadecimal digits")->required();
  handing->add_option("--key", options->key, "the programmer's public key: 64 hexadecimal digits")
      ->required();

  CLI::App* enrolling =
      add("enrol",
          "Enrol a person's passkey: prints a challenge, takes what a page made of it from standard input.",
          enrol);
  enrolling->add_option("--serial", options->serial, "the person's number, in certificates and journals")
      ->required();
  enrolling->add_option("--name", options->name, "the person's name")->required();
  enrolling->add_option("--role", options->role, "only a physician's assertion signs an order")
      ->capture_default_str();

  CLI::App* raising = add("epoch", "Raise the epoch of certificates; it never goes down.", raise);
  raising->add_option("EPOCH", options->epoch)->required();

  CLI::App* showing = add("show", "Who is enrolled, and the public key of the clinic.", show);
  showing->add_flag("--json", options->json);

  CLI::App* listing =
      add("passkeys", "Print a person's passkeys, a line each, public halves: for theca server passkey.",
          passkeys);
  listing->add_option("--serial", options->serial, "the person's number")->required();

  CLI::App* serving = add("serve", "Answer at a socket file until stopped.", serve);
  serving->add_option("--socket", options->socket, "the socket file")->required()->type_name("PATH");
  serving->add_option("--client", options->client, "a user who may ask besides the signer's own")
      ->type_name("USER");
  group->footer(
      "Example: theca signer make keys/signer --site clinic.example --origin https://clinic.example");
}

}  // namespace theca
