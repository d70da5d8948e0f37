#include "cli/link_command.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "air/break_glass.hpp"
#include "air/change.hpp"
#include "air/private_file.hpp"
#include "cli/data_dir.hpp"
#include "cli/exit_code.hpp"
#include "cli/link_session.hpp"
#include "cli/link_text.hpp"
#include "clinic/draft.hpp"
#include "gateway/visit.hpp"
#include "link/sodium_issue.hpp"
#include "quantity/text.hpp"
#include "world/run_described.hpp"
#include "world/scenario.hpp"

namespace theca {
namespace {

using Json = nlohmann::ordered_json;

std::int64_t utc_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}
link::Key random_share() {
  link::Key share{};
  link::Sodium::random(share);
  return share;
}

int tell(const LinkOptions& options, const Told& told, const std::string& done) {
  const auto code = [&] {
    switch (told.delivery) {
      case link::Delivery::kConfirmed:
        return kExitOk;
      case link::Delivery::kFailed:
      case link::Delivery::kUncertain:
        return kExitRefused;
    }
    return kExitBug;
  }();
  constexpr std::array<const char*, 3> kNames{"confirmed", "failed", "not known yet"};
  const char* const name = kNames.at(static_cast<std::size_t>(told.delivery));
  if (options.json) {
    Json json = told.outcome ? json_of(*told.outcome) : Json::object();
    json["delivery"] = name;
    fmt::print("{}\n", json.dump(2));
    return code;
  }
  if (told.delivery == link::Delivery::kConfirmed) {
    fmt::print("{}\n", done);
    if (told.outcome && told.outcome->answer == LinkAnswer::kNotKept)
      fmt::print("But: {}\n", text_of(*told.outcome));
  } else if (told.outcome) {
    fmt::print("Not done: {}\n", text_of(*told.outcome));
    if (told.possible_in > Duration{})
      fmt::print("Possible again in {}.\n", to_text(told.possible_in, seconds(1)));
  } else if (told.delivery == link::Delivery::kFailed) {
    fmt::print("Not done, for certain: it never reached the implant. Try again.\n");
  } else {
    fmt::print(
        "Not known yet whether it was done. Do not repeat it: read the journal (theca link log --near).\n");
  }
  return code;
}

/// Sends a change; when its answer is lost, asks in a new session what became of it.
template <class M>
Told change(OpenLink& open, const LinkOptions& options, Role role, const M& message) {
  const auto again = [&]() -> Linked<SessionPtr> {
    auto anew = open_link(options, role);
    if (!anew) return std::unexpected(anew.error());
    return std::move(anew->session);
  };
  return change(open.session, again, options.reach, role, message);
}

LinkFailure input(std::string why) { return {std::move(why), LinkFailure::Kind::kInput}; }

/// A secret made with the implant. It is kept before it is used, beside the one that it replaces.
template <class M>
Linked<void> new_secret(OpenLink& open, const LinkOptions& options, const M& message, RenewedSecret& secret) {
  const auto reply = ask(open.session->talk, options.reach, message);
  if (!reply) return std::unexpected(reply.error());
  secret.renew(link::paired_secret<link::Sodium>(message.share, reply->share, M::kSecretFor));
  if (const auto kept = open.keys.keep(open.pairing); !kept) return std::unexpected(input(kept.error()));
  return {};
}

// ---- pair -----------------------------------------------------------------------------------------------

Linked<Pairing> pair_with(const LinkOptions& options, const std::string& card_file) {
  const auto card = air::read_card(card_file);
  if (!card) return std::unexpected(input(card.error()));
  const auto keys = LinkKeys::open(options.keys);
  if (!keys) return std::unexpected(input(keys.error()));
  Pairing pairing;
  pairing.implant = card->implant;
  pairing.public_key = card->public_key;
  {
    auto session = open_session(options.reach, keys->of_card(*card));
    if (!session) return std::unexpected(session.error());
    const link::Pair message = keys->pair(pairing.implant, (*session)->talk.number());
    const auto reply = ask((*session)->talk, options.reach, message);
    if (!reply) return std::unexpected(reply.error());
    pairing.clinic.renew(
        link::paired_secret<link::Sodium>(message.share, reply->share, link::SecretFor::kClinic));
    pairing.epoch = (*session)->talk.implant().epoch;
    if (const auto kept = keys->keep(pairing); !kept) return std::unexpected(input(kept.error()));
  }
  // The first session with the new secret makes the card worthless, and gives the patient a secret as well.
  LinkOptions same = options;
  same.implant = air::to_hex(pairing.implant);
  auto open = open_link(same, Role::kPhysician);
  if (!open) return std::unexpected(open.error());
  if (const auto made = new_secret(*open, options, link::PairPatient{random_share()}, open->pairing.patient);
      !made)
    return std::unexpected(made.error());
  return open->pairing;
}

int pair(const LinkOptions& options, const std::string& card_file) {
  const auto pairing = pair_with(options, card_file);
  if (!pairing) return tell_failure(options, "pair", pairing.error());
  const std::string id = air::to_hex(pairing->implant);
  if (options.json) {
    fmt::print("{}\n", Json{{"implant", id}, {"keys", options.keys}}.dump(2));
  } else {
    fmt::print("Paired with implant {}. The keys stand in {}; its card is worth nothing any more.\n", id,
               options.keys);
  }
  return kExitOk;
}

// ---- whom it listens to ---------------------------------------------------------------------------------

/// The patient's programmer was lost, or its answer was.
int pair_patient(const LinkOptions& options) {
  auto open = open_link(options, Role::kPhysician);
  if (!open) return tell_failure(options, "pair-patient", open.error());
  if (const auto made = new_secret(*open, options, link::PairPatient{random_share()}, open->pairing.patient);
      !made)
    return tell_failure(options, "pair-patient", made.error());
  const std::string id = air::to_hex(open->pairing.implant);
  if (options.json) {
    fmt::print("{}\n", Json{{"implant", id}, {"keys", options.keys}}.dump(2));
  } else {
    fmt::print(
        "The patient's programmer has a new secret. The one before it opens the implant until this one "
        "was used.\n");
  }
  return kExitOk;
}

/// A programmer was stolen: certificates from before are refused from now on, and the secret that it holds
/// opens nothing any more.
int revoke(const LinkOptions& options) {
  const auto fail = [&](const LinkFailure& failure) { return tell_failure(options, "revoke", failure); };
  auto keys = LinkKeys::open(options.keys);
  if (!keys) return fail(input(keys.error()));
  auto pairing = keys->pairing(options.implant);
  if (!pairing) return fail(input(pairing.error()));
  // First the clinic's own books: an implant takes certificates of an epoch that it has not heard of.
  ++pairing->epoch;
  if (const auto kept = keys->keep(*pairing); !kept) return fail(input(kept.error()));
  auto open = open_link(options, Role::kPhysician);
  if (!open) return fail(open.error());
  link::RaiseEpoch raise;
  raise.statement = {pairing->epoch, static_cast<std::uint32_t>(utc_ms() / 1'000), pairing->implant,
                     open->session->talk.number()};
  raise.signature = keys->sign_epoch(raise.statement);
  const auto raised = open->session->talk.change(raise);
  if (!raised) return fail(failure_of(raised.error(), options.reach));
  if (raised->answer != LinkAnswer::kDone) return fail({text_of(*raised)});
  if (const auto made = new_secret(
          *open, options, keys->renew(pairing->implant, open->session->talk.number()), open->pairing.clinic);
      !made)
    return fail(made.error());
  open->session.reset();
  if (const auto used = open_link(options, Role::kPhysician); !used) return fail(used.error());
  const std::string id = air::to_hex(pairing->implant);
  if (options.json) {
    fmt::print("{}\n", Json{{"implant", id}, {"epoch", pairing->epoch}}.dump(2));
  } else {
    fmt::print(
        "Implant {} refuses certificates from before epoch {}, and the clinic's programmers have a new "
        "secret for it. Every other implant of this clinic has to be told on its own.\n",
        id, pairing->epoch);
  }
  return kExitOk;
}

int clinic_key(const LinkOptions& options) {
  const auto keys = LinkKeys::open(options.keys);
  if (!keys) return tell_failure(options, "key", input(keys.error()));
  const std::string key = air::to_hex(keys->clinic_key());
  fmt::print("{}\n", options.json ? Json{{"clinic_key", key}}.dump(2) : key);
  return kExitOk;
}

struct TransferOptions {
  std::string heir, file = "out/transfer.card";
};
/// Promises the implant to another clinic. What that needs is a card, as one that lies in a pack.
int transfer(const LinkOptions& options, const TransferOptions& asked) {
  const auto fail = [&](const LinkFailure& failure) { return tell_failure(options, "transfer", failure); };
  link::Key heir{};
  if (!air::from_hex(asked.heir, heir))
    return fail(
        input(fmt::format("--heir: '{}' is no key of a clinic: 64 hexadecimal digits, as `theca link key` "
                          "prints them there",
                          asked.heir)));
  auto open = open_link(options, Role::kPhysician);
  if (!open) return fail(open.error());
  if (heir == open->keys.clinic_key())
    return fail(input(
        "--heir: that is this clinic's own key; the other clinic prints its own with `theca link key`"));
  const auto status = ask(open->session->talk, options.reach, link::ReadStatus{});
  if (!status) return fail(status.error());
  link::Transfer message;
  message.token = {link::kTransferVersion, open->pairing.implant, link::heir_of<link::Sodium>(heir),
                   status->transfers + 1};
  message.signature = open->keys.sign_transfer(message.token);
  link::Sodium::random(message.share);
  const auto reply = ask(open->session->talk, options.reach, message);
  if (!reply) return fail(reply.error());
  const air::Card card{
      open->pairing.implant, open->pairing.public_key,
      link::paired_secret<link::Sodium>(message.share, reply->share, link::SecretFor::kHeir)};
  if (const auto written = air::write_card(card, asked.file); !written) return fail(input(written.error()));
  const std::string id = air::to_hex(open->pairing.implant);
  if (options.json) {
    fmt::print("{}\n",
               Json{{"implant", id}, {"promise", message.token.number}, {"card", asked.file}}.dump(2));
  } else {
    fmt::print(
        "Implant {} is promised to the clinic {}. It pairs with the card {} within 30 days: theca link "
        "pair --near --card FILE. Until then all stays as it is, and `theca link refuse` takes the "
        "promise back.\n",
        id, air::to_hex(link::Bytes{message.token.heir}.first(8)), asked.file);
  }
  return kExitOk;
}

int refuse(const LinkOptions& options, Role role) {
  const auto fail = [&](const LinkFailure& failure) { return tell_failure(options, "refuse", failure); };
  auto open = open_link(options, role);
  if (!open) return fail(open.error());
  LinkTalk& talk = open->session->talk;
  link::PromisedTo promised;
  if (role == Role::kPatient) {
    const auto own = ask(talk, options.reach, link::ReadOwn{});
    if (!own) return fail(own.error());
    promised = own->promised;
  } else {
    const auto status = ask(talk, options.reach, link::ReadStatus{});
    if (!status) return fail(status.error());
    promised = status->promised;
  }
  if (promised.number == 0) return fail({"the implant is promised to nobody"});
  const auto said = talk.change(link::RefuseTransfer{promised.number});
  if (!said) return fail(failure_of(said.error(), options.reach));
  const bool done = said->answer == LinkAnswer::kDone;
  return tell(options, {done ? link::Delivery::kConfirmed : link::Delivery::kFailed, *said},
              "Confirmed: the promise to the other clinic is taken back.");
}

// ---- status ---------------------------------------------------------------------------------------------

int status(const LinkOptions& options, Role role) {
  auto open = open_link(options, role);
  if (!open) return tell_failure(options, "status", open.error());
  const std::string id = air::to_hex(open->pairing.implant);
  if (role == Role::kPatient) {
    const auto own = ask(open->session->talk, options.reach, link::ReadOwn{});
    if (!own) return tell_failure(options, "status", own.error());
    fmt::print("{}", options.json ? json_of(*own).dump(2) + "\n" : own_text(*own));
    return kExitOk;
  }
  const auto read = ask(open->session->talk, options.reach, link::ReadStatus{});
  if (!read) return tell_failure(options, "status", read.error());
  fmt::print("{}", options.json ? json_of(*read, id).dump(2) + "\n" : status_text(*read, id));
  return kExitOk;
}

// ---- prescribe ------------------------------------------------------------------------------------------

struct PrescribeOptions {
  std::string file;
  std::string dose;    // typed to confirm
  std::string reason;  // for what the library warns of
  bool second_signer = false;
  double largest_rise_percent = 20;
  bool patient_may_pause = false;
};

/// What the file asks for.
Wanted wanted(const Scenario& scenario, const Pairing& pairing, const PrescribeOptions& options) {
  constexpr double kPpmPerPercent = 10'000;
  return {.therapy = scenario.first.order,
          .implant = pairing.implant,
          .model = scenario.model,
          .ceilings = scenario.ceilings,
          .largest_rise_ppm = static_cast<std::uint32_t>(options.largest_rise_percent * kPpmPerPercent),
          .patient_may_pause = options.patient_may_pause,
          .reason = options.reason,
          .author = serial_of(Role::kPhysician),
          .issued_utc_s = utc_ms() / 1'000,
          .filled = scenario.first_volume,
          .path = scenario.path,
          .contents = PathContents{path_contents(scenario), scenario.path.total()},
          .low_alarm = scenario.low_alarm};
}
std::string sentence_of(const DraftError& error, const PrescribeOptions& options) {
  if (error.key.empty()) return fmt::format("{}: {}", options.file, error.message);
  if (error.key == "reason") return fmt::format("--reason: {}", error.message);
  return fmt::format("{}: prescription.{}: {}", options.file, error.key, error.message);
}

int prescribe(const LinkOptions& options, const PrescribeOptions& asked) {
  const auto fail = [&](const LinkFailure& failure) { return tell_failure(options, "prescribe", failure); };
  const auto library = load_library_or_tell();
  if (!library) return kExitUsage;
  const auto scenario = load_scenario(asked.file, *library);
  if (!scenario) {
    for (const DataError& error : scenario.error()) fmt::print(stderr, "{}\n", to_string(error));
    return fail(input(asked.file + ": cannot be read; nothing was sent"));
  }
  auto open = open_link(options, Role::kPhysician);
  if (!open) return fail(open.error());
  LinkTalk& talk = open->session->talk;
  const auto running = read_running(talk, options.reach);
  if (!running) return fail(running.error());
  const auto made = draft(wanted(*scenario, open->pairing, asked), *running, *library);
  if (!made) {
    for (const DraftError& error : made.error()) fmt::print(stderr, "{}\n", sentence_of(error, asked));
    return fail({"refused by a check; nothing was sent"});
  }
  const FlowRate minimum = scenario->model.minimum_rate;
  std::vector<OrderRow> before;
  if (running->order && running->prescription)
    before = rows_of(*running->order, *running->prescription, minimum, *library);
  if (!options.json) {
    fmt::print("Order of kind \"{}\" for implant {}:\n{}",
               link::kOrderKindNames.at(static_cast<std::size_t>(made->order.kind)),
               air::to_hex(open->pairing.implant),
               side_by_side(compare(before, rows_of(made->order, made->prescription, minimum, *library))));
    for (const std::string& note : made->notes) fmt::print("  note: {}\n", note);
  }
  const DoseRate daily = daily_dose(made->prescription, minimum);
  std::string typed = asked.dose;
  if (typed.empty() && !options.json && ::isatty(STDIN_FILENO) != 0) {
    fmt::print("Type the daily dose to sign and send it: ");
    std::fflush(stdout);
    std::getline(std::cin, typed);
  }
  if (typed.empty()) return fail({"not confirmed: give the daily dose with --dose; nothing was sent"});
  if (const auto wrong = not_confirmed(typed, made->prescription, minimum))
    return fail({*wrong + "; nothing was sent"});

  const link::OrderBytes bytes = link::written(made->order);
  const link::Hash digest = link::digest_of<link::Sodium>(bytes);
  std::vector<link::SignedBy> signatures;
  for (int i = 0; i < (asked.second_signer ? 2 : 1); ++i) {
    const auto signer = open->keys.signer(i == 1, open->pairing);
    if (!signer) return fail(input(signer.error()));
    signatures.push_back({signer->certificate, signer->key, link::sign_order(signer->seed, digest)});
  }
  const auto judged = offer_and_read_back(talk, options.reach, bytes, signatures);
  if (!judged) return fail(judged.error());
  if (judged->answer != LinkAnswer::kDone) {
    if (options.json) return tell(options, {link::Delivery::kFailed, *judged}, "");
    return fail({"the implant does not take it: " + text_of(*judged)});
  }
  if (!options.json)
    fmt::print("The implant has decoded the same {} bytes: SHA-256 {}…\n", bytes.size(),
               air::to_hex(link::Bytes{digest}.first(8)));
  link::Commit commit;
  commit.sequence = running->status.sequence;
  commit.intent = new_intent();
  commit.number = made->order.number;
  commit.digest = digest;
  commit.filled = made->filled;
  if (made->order.kind == link::OrderKind::kImplant) commit.utc_ms = utc_ms();
  return tell(options, change(*open, options, Role::kPhysician, commit),
              fmt::format("Confirmed: prescription {} is taken, {}.", commit.number,
                          to_text(daily, Rounding::significant(4))));
}

// ---- the small ones -------------------------------------------------------------------------------------

/// Stop, resume and what else is nothing but itself.
template <class M>
int plain_change(const LinkOptions& options, const std::string& command, Role role, const std::string& done) {
  auto open = open_link(options, role);
  if (!open) return tell_failure(options, command, open.error());
  M message;
  message.intent = new_intent();
  if (role == Role::kPatient) {
    const auto own = ask(open->session->talk, options.reach, link::ReadOwn{});
    if (!own) return tell_failure(options, command, own.error());
    message.sequence = own->sequence;
  } else {
    const auto status = ask(open->session->talk, options.reach, link::ReadStatus{});
    if (!status) return tell_failure(options, command, status.error());
    message.sequence = status->sequence;
  }
  return tell(options, change(*open, options, role, message), done);
}

int bolus(const LinkOptions& options) {
  auto open = open_link(options, Role::kPatient);
  if (!open) return tell_failure(options, "bolus", open.error());
  const auto own = ask(open->session->talk, options.reach, link::ReadOwn{});
  if (!own) return tell_failure(options, "bolus", own.error());
  auto told = change(*open, options, Role::kPatient, link::RequestBolus{own->last_request + 1});
  if (told.outcome && told.outcome->next_possible > own->now)
    told.possible_in = told.outcome->next_possible - own->now;
  return tell(options, told, "The dose is being given.");
}

// ---- break-glass ----------------------------------------------------------------------------------------

int emergency(const LinkOptions& options, bool lower) {
  const auto fail = [&](const LinkFailure& failure) { return tell_failure(options, "emergency", failure); };
  std::optional<link::PageReply> page;
  if (lower) {
    const auto told = lower_by_coil(options.reach);
    if (!told) return fail(told.error());
    if (!told->outcome)
      return fail({"no answer: look at the patient, and at the pump's state, before anything else"});
    if (told->outcome->answer != LinkAnswer::kDone)
      return tell(options, {link::Delivery::kFailed, *told->outcome}, "");
    page = told->page;
  } else {
    const auto told = look_by_coil(options.reach);
    if (!told) return fail(told.error());
    page = *told;
  }
  if (!page) return fail({"it was lowered, and then nothing answered: is the coil still over the implant?"});
  fmt::print("{}", options.json ? json_of(*page).dump(2) + "\n" : page_text(*page));
  return kExitOk;
}

struct RefillOptions {
  std::string filled, left_in, aspirated;
};
int refill(const LinkOptions& options, Role role, const RefillOptions& asked) {
  link::Refill message;
  const auto volume = [&](const char* name, const std::string& text,
                          Volume& out) -> std::optional<std::string> {
    if (text.empty()) return std::nullopt;
    const auto parsed = parse_volume(text);
    if (!parsed) return fmt::format("{}: {}", name, parsed.error().message);
    out = *parsed;
    return std::nullopt;
  };
  for (const auto& wrong :
       {volume("--filled", asked.filled, message.filled), volume("--left-in", asked.left_in, message.left_in),
        volume("--aspirated", asked.aspirated, message.aspirated)}) {
    if (wrong) return tell_failure(options, "refill", input(*wrong));
  }
  message.aspirated_told = !asked.aspirated.empty();
  auto open = open_link(options, role);
  if (!open) return tell_failure(options, "refill", open.error());
  const auto status = ask(open->session->talk, options.reach, link::ReadStatus{});
  if (!status) return tell_failure(options, "refill", status.error());
  message.sequence = status->sequence;
  message.intent = new_intent();
  message.fluid = status->in_reservoir;
  if (!options.json && message.aspirated_told)
    fmt::print("Aspirated {}; by its count there were {}.\n", to_text(message.aspirated),
               to_text(status->reservoir_nominal, Rounding::significant(4)));
  return tell(options, change(*open, options, role, message),
              fmt::format("Confirmed: the reservoir holds {}.", to_text(message.filled + message.left_in)));
}

int log(const LinkOptions& options, Role role, const std::string& file) {
  auto open = open_link(options, role);
  if (!open) return tell_failure(options, "log", open.error());
  const auto read = read_journal(open->session->talk, options.reach);
  if (!read) return tell_failure(options, "log", read.error());
  std::ofstream out{file, std::ios::binary};
  out << read->jsonl << std::flush;
  if (!out) return tell_failure(options, "log", input(file + ": cannot be written"));
  if (options.json) {
    fmt::print(
        "{}\n",
        Json{{"file", file}, {"entries", read->check.entries}, {"newest_page_sha256", read->check.digest}}
            .dump(2));
  } else {
    fmt::print("{} entries from number {} on, whole and in order: {}\n", read->check.entries,
               read->check.first_sequence, file);
  }
  return kExitOk;
}

// ---- the commands ---------------------------------------------------------------------------------------

/// One set of options for each command: they outlive its parsing.
struct Shared {
  LinkOptions link;
  std::string as;
  std::string card;
  PrescribeOptions prescribe;
  RefillOptions refill;
  TransferOptions transfer;
  std::string file = "out/journal.jsonl";
};

Role role_of(const std::string& name) {
  for (const RoleRow& row : kRoles) {
    if (name == row.name) return row.role;
  }
  return Role::kPhysician;
}

CLI::App* add(CLI::App& link, Shared& shared, const char* name, const char* about) {
  CLI::App* command = link.add_subcommand(name, about);
  link_options(*command, shared.link);
  return command;
}
void as_whom(CLI::App& command, Shared& shared, std::vector<std::string> roles) {
  shared.as = roles.front();
  command.add_option("--as", shared.as, "whose certificate speaks")
      ->type_name("ROLE")
      ->check(CLI::IsMember(std::move(roles)))
      ->capture_default_str();
}

}  // namespace

void add_link_command(CLI::App& app, int& exit_code) {
  CLI::App* link = app.add_subcommand(
      "link",
      "A programmer at the command line: speaks to an implant (`theca pump`) over its radio, with the coil "
      "on the\n"
      "skin. Exit code 0: done; 1: the implant or a check said no, or nobody answered; 2: usage.");
  link->require_subcommand(1);
  const auto shared = [] { return std::make_shared<Shared>(); };

  auto pairing = shared();
  CLI::App* pair_command = add(*link, *pairing, "pair", "The implant belongs to this clinic from now on");
  pair_command->add_option("--card", pairing->card, "the card of the implant's pack")
      ->type_name("FILE")
      ->required();
  pair_command->callback([pairing, &exit_code] { exit_code = pair(pairing->link, pairing->card); });

  auto renewing = shared();
  CLI::App* patient_command = add(*link, *renewing, "pair-patient",
                                  "The patient's programmer gets a new secret: the old one was lost");
  patient_command->callback([renewing, &exit_code] { exit_code = pair_patient(renewing->link); });

  auto revoking = shared();
  CLI::App* revoke_command =
      add(*link, *revoking, "revoke",
          "A programmer was stolen: certificates from before are refused, and the clinic's programmers get a "
          "new secret");
  revoke_command->callback([revoking, &exit_code] { exit_code = revoke(revoking->link); });

  auto own_key = shared();
  CLI::App* key_command = link->add_subcommand(
      "key", "Prints this clinic's public key, for a clinic that hands an implant over to it");
  key_command->add_option("--keys", own_key->link.keys, "the folder with the keys")
      ->type_name("FOLDER")
      ->capture_default_str();
  key_command->add_flag("--json", own_key->link.json, "print the answer as JSON");
  key_command->callback([own_key, &exit_code] { exit_code = clinic_key(own_key->link); });

  auto promising = shared();
  CLI::App* transfer_command =
      add(*link, *promising, "transfer",
          "Promises the implant to another clinic; until that has come all stays as it is");
  transfer_command
      ->add_option("--heir", promising->transfer.heir, "that clinic's key, as its `theca link key` says")
      ->type_name("KEY")
      ->required();
  transfer_command
      ->add_option("--out", promising->transfer.file, "the card with which that clinic pairs; it is secret")
      ->type_name("FILE")
      ->capture_default_str();
  transfer_command->callback(
      [promising, &exit_code] { exit_code = transfer(promising->link, promising->transfer); });

  auto refusing = shared();
  CLI::App* refuse_command = add(*link, *refusing, "refuse", "Takes the promise to another clinic back");
  as_whom(*refuse_command, *refusing, {"physician", "patient"});
  refuse_command->callback(
      [refusing, &exit_code] { exit_code = refuse(refusing->link, role_of(refusing->as)); });

  auto reading = shared();
  CLI::App* status_command = add(*link, *reading, "status", "What the implant is doing");
  as_whom(*status_command, *reading, {"physician", "nurse", "patient", "service"});
  status_command->callback(
      [reading, &exit_code] { exit_code = status(reading->link, role_of(reading->as)); });

  auto ordering = shared();
  CLI::App* prescribe_command = add(*link, *ordering, "prescribe",
                                    "A prescription: shown old against new, signed, sent, read back from "
                                    "what the implant decoded, committed");
  PrescribeOptions& p = ordering->prescribe;
  prescribe_command
      ->add_option("FILE", p.file, "a scenario: its pump, catheter, fluid, first fill and prescription")
      ->required()
      ->check(CLI::ExistingFile)
      ->type_name("FILE");
  prescribe_command->add_option("--dose", p.dose, "the daily dose, typed once more: \"6 mg/day\"")
      ->type_name("DOSE");
  prescribe_command->add_option("--reason", p.reason, "why it may be outside what the library calls usual")
      ->type_name("TEXT");
  prescribe_command->add_flag("--second-signer", p.second_signer, "a second physician signs as well");
  prescribe_command
      ->add_option("--largest-rise", p.largest_rise_percent,
                   "how far one signer may raise a daily dose at the next visit, %")
      ->type_name("PERCENT")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  prescribe_command->add_flag("--patient-may-pause", p.patient_may_pause,
                              "the patient may stop the pump and go on");
  prescribe_command->callback(
      [ordering, &exit_code] { exit_code = prescribe(ordering->link, ordering->prescribe); });

  auto asking = shared();
  CLI::App* bolus_command = add(*link, *asking, "bolus", "The patient's button: asks for a dose");
  bolus_command->callback([asking, &exit_code] { exit_code = bolus(asking->link); });

  auto cutting = shared();
  CLI::App* cut_command =
      add(*link, *cutting, "cut", "Ends the dose that is being given; the prescribed flow goes on");
  as_whom(*cut_command, *cutting, {"patient", "physician", "nurse"});
  cut_command->callback([cutting, &exit_code] {
    exit_code = plain_change<link::CutBolus>(cutting->link, "cut", role_of(cutting->as),
                                             "Confirmed: the dose has ended; the prescribed flow goes on.");
  });

  auto filling = shared();
  CLI::App* refill_command =
      add(*link, *filling, "refill", "More of the same fluid, under the same prescription");
  as_whom(*refill_command, *filling, {"nurse", "physician"});
  refill_command->add_option("--filled", filling->refill.filled, "into the reservoir: \"38 mL\"")
      ->type_name("VOLUME")
      ->required();
  refill_command->add_option("--left-in", filling->refill.left_in, "not aspirated before")
      ->type_name("VOLUME");
  refill_command
      ->add_option("--aspirated", filling->refill.aspirated, "aspirated before; held against the count")
      ->type_name("VOLUME");
  refill_command->callback(
      [filling, &exit_code] { exit_code = refill(filling->link, role_of(filling->as), filling->refill); });

  auto stopping = shared();
  CLI::App* stop_command = add(*link, *stopping, "stop", "Stops delivery");
  as_whom(*stop_command, *stopping, {"physician", "nurse", "patient"});
  stop_command->callback([stopping, &exit_code] {
    exit_code =
        plain_change<link::Stop>(stopping->link, "stop", role_of(stopping->as), "Confirmed: stopped.");
  });

  auto going_on = shared();
  CLI::App* resume_command = add(*link, *going_on, "resume", "Goes on with what was stopped");
  as_whom(*resume_command, *going_on, {"physician", "nurse", "patient"});
  resume_command->callback([going_on, &exit_code] {
    exit_code =
        plain_change<link::Resume>(going_on->link, "resume", role_of(going_on->as), "Confirmed: it goes on.");
  });

  auto seen = shared();
  CLI::App* acknowledge_command = add(*link, *seen, "acknowledge", "The alarms were seen");
  as_whom(*acknowledge_command, *seen, {"physician", "nurse"});
  acknowledge_command->callback([seen, &exit_code] {
    exit_code = plain_change<link::AcknowledgeAlarms>(seen->link, "acknowledge", role_of(seen->as),
                                                      "Confirmed: the alarms are acknowledged.");
  });

  auto logging = shared();
  CLI::App* log_command =
      add(*link, *logging, "log", "Reads the pump's own journal, checks it and writes it into a file");
  as_whom(*log_command, *logging, {"physician", "nurse"});
  log_command->add_option("--out", logging->file, "where to")->type_name("FILE")->capture_default_str();
  log_command->callback(
      [logging, &exit_code] { exit_code = log(logging->link, role_of(logging->as), logging->file); });

  auto breaking = shared();
  auto lower = std::make_shared<bool>(false);
  CLI::App* emergency_command = add(
      *link, *breaking, "emergency",
      "Without any key: what the pump is doing; --lower brings delivery down for the time that was signed.\n"
      "It comes back by itself; a pump that was stopped stays stopped");
  emergency_command->add_flag("--lower", *lower,
                              "to the safe state's rate, or less where less is prescribed");
  emergency_command->callback(
      [breaking, lower, &exit_code] { exit_code = emergency(breaking->link, *lower); });

  link->footer(
      "Example: theca pump &\n"
      "         theca link pair --near --card out/pump.nvm.card\n"
      "         theca link prescribe --near scenarios/morphine_with_patient_boluses.toml --dose \"6 "
      "mg/day\"\n"
      "         theca link status --near");
}

}  // namespace theca
