#include "cli/journal_command.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/exit_code.hpp"
#include "world/journal_file.hpp"

namespace theca {
namespace {

struct Options {
  std::string file;
  bool json = false;
};

nlohmann::ordered_json json_of(const JournalCheck& check) {
  return {{"whole", check.wrong.empty()},           {"entries", check.entries},
          {"first_sequence", check.first_sequence}, {"pages", check.pages},
          {"spoilt_places", check.spoilt},          {"newest_page_entries", check.not_vouched},
          {"newest_page_sha256", check.digest},     {"wrong", check.wrong}};
}

void tell(const JournalCheck& check) {
  for (const std::string& wrong : check.wrong) fmt::print("{}\n", wrong);
  fmt::print("{}: {} {} from number {} on {} {}.\n", check.wrong.empty() ? "Whole and in order" : "NOT whole",
             check.entries, check.entries == 1 ? "entry" : "entries", check.first_sequence, check.pages,
             check.pages == 1 ? "page" : "pages");
  if (check.spoilt > 0)
    fmt::print(
        "{} {} spoilt by a power cut while an entry was written; what it meant was written again behind.\n",
        check.spoilt, check.spoilt == 1 ? "place was" : "places were");
  fmt::print(
      "Each page vouches for the one before it. No page vouches yet for the newest, with its {} entries: "
      "hold its\n"
      "digest against the one the pump tells.\n  sha256 {}\n",
      check.not_vouched, check.digest);
}

int verify(const Options& options) {
  std::ifstream in{options.file, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  const auto check = check_journal(text);
  if (!check) {
    fmt::print(stderr, "{}: {}\n", options.file, check.error());
    return kExitUsage;
  }
  if (options.json) {
    fmt::print("{}\n", json_of(*check).dump(2));
  } else {
    tell(*check);
  }
  return check->wrong.empty() ? kExitOk : kExitRefused;
}

}  // namespace

void add_journal_command(CLI::App& app, int& exit_code) {
  CLI::App* journal = app.add_subcommand("journal", "Read the pump's own journal");
  journal->require_subcommand(1);
  auto options = std::make_shared<Options>();
  CLI::App* command = journal->add_subcommand(
      "verify",
      "Is a journal whole? Every entry in its order, every page the one that the next was written behind.\n"
      "Exit code 0: whole; 1: changed, cut or out of order, with the lines; 2: not a journal.");
  command->add_option("FILE", options->file, "journal.jsonl, as `theca run` writes it")
      ->required()
      ->check(CLI::ExistingFile)
      ->type_name("FILE");
  command->add_flag("--json", options->json, "print what was found as JSON");
  command->footer("Example: theca journal verify out/morphine_with_patient_boluses/journal.jsonl");
  command->callback([options, &exit_code] { exit_code = verify(*options); });
}

}  // namespace theca
