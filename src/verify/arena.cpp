#include "verify/arena.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "link/sodium_issue.hpp"
#include "plan/ceilings.hpp"
#include "plan/order.hpp"
#include "world/run_described.hpp"

extern char** environ;

namespace theca::verify {
namespace {

std::int64_t utc_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}
link::Key random_key() {
  link::Key key{};
  link::Sodium::random(key);
  return key;
}
void pause(Duration time) { std::this_thread::sleep_for(std::chrono::milliseconds(time.raw())); }

[[noreturn]] void fail(const std::string& why) { throw std::runtime_error(why); }

}  // namespace

Listener::Listener(const air::Address& address) {
  auto reached = air::connect_to(address.radio);
  if (!reached) fail(reached.error());
  socket_ = std::move(*reached);
}

Frames Listener::hear(Duration time) {
  Frames heard;
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(time.raw());
  for (;;) {
    while (auto frame = stream_.next()) {
      all_.push_back(*frame);
      heard.push_back(std::move(*frame));
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0 || !socket_.open()) return heard;
    pollfd polled{socket_.fd(), POLLIN, 0};
    if (::poll(&polled, 1, static_cast<int>(left.count())) > 0) stream_.add(socket_.receive());
  }
}

Arena::Arena(const RedTeam& team, bool weak, std::string_view without)
    : clinic_seed(random_key()), team_(team), weak_(weak), without_(without) {
  std::string name = (std::filesystem::temp_directory_path() / "theca-arena-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) fail("no folder for the arena");
  folder_ = name;
  address_ = *air::parse_address((folder_ / "implant").string());
  auto library = load_library(team.data);
  if (!library) fail("the library cannot be read");
  library_ = std::move(*library);
  for (link::Key& secret : secrets_) secret = random_key();
  for (link::Key& seed : signers_) seed = random_key();
}

Arena::~Arena() {
  stop(SIGKILL);
  std::error_code none;
  std::filesystem::remove_all(folder_, none);
}

pid_t Arena::spawn(std::vector<std::string> words, const std::filesystem::path& prints) const {
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::vector<std::string> settings;
  for (char** one = environ; *one != nullptr; ++one) settings.emplace_back(*one);
  settings.push_back("THECA_WITHOUT=" + without_);
  settings.push_back("THECA_DATA_DIR=" + team_.data.string());
  std::vector<char*> environment;
  for (std::string& one : settings) environment.push_back(one.data());
  environment.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, prints.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                     0600);
  ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t process = -1;
  const int error =
      ::posix_spawn(&process, words[0].c_str(), &actions, nullptr, arguments.data(), environment.data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) fail("cannot start " + words[0]);
  return process;
}

pid_t Arena::spawn_program(const std::vector<std::string>& words, const std::filesystem::path& prints) const {
  std::vector<std::string> all{program()};
  all.insert(all.end(), words.begin(), words.end());
  return spawn(std::move(all), prints);
}

nlohmann::json Arena::programmer(const std::vector<std::string>& words, const std::string& to) {
  std::vector<std::string> all{program(), "link"};
  all.insert(all.end(), words.begin(), words.end());
  for (const std::string& word : {std::string{"--to"}, to, std::string{"--keys"}, (folder_ / "keys").string(),
                                  std::string{"--near"}, std::string{"--json"}})
    all.push_back(word);
  const std::filesystem::path prints = folder_ / "programmer";
  std::filesystem::remove(prints);
  int status = 0;
  ::waitpid(spawn(std::move(all), prints), &status, 0);
  std::ifstream in{prints};
  return nlohmann::json::parse(std::string{std::istreambuf_iterator<char>{in}, {}}, nullptr, false);
}

void Arena::start(const std::string& scenario) {
  const std::filesystem::path file = team_.scenarios / (scenario + ".toml");
  auto loaded = load_scenario(file, library_);
  if (!loaded) fail(file.string() + ": cannot be read");
  scenario_ = std::move(*loaded);
  process_ = spawn({program(), "pump", "--listen", listens_at(), "--state", (folder_ / "memory").string(),
                    "--patient", file.string(), "--json", "--for", "300"},
                   folder_ / "log");
  constexpr int kTries = 200;
  for (int i = 0; i < kTries; ++i) {
    pause(milliseconds(50));
    if (!air::connect_to(address_.radio)) continue;
    const auto read = air::read_card(folder_ / "memory.card");
    if (!read) continue;
    card_ = *read;
    return;
  }
  fail("the implant did not come up: " + this->log());
}

void Arena::stop(int signal) {
  if (process_ < 0) return;
  ::kill(process_, signal);
  int status = 0;
  ::waitpid(process_, &status, 0);
  process_ = -1;
}

void Arena::kill() { stop(SIGKILL); }

std::string Arena::log() const {
  std::ifstream in{folder_ / "log"};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::int64_t Arena::counted(const std::string& what) {
  stop(SIGTERM);
  std::ifstream in{folder_ / "log"};
  std::int64_t count = -1;
  for (std::string line; std::getline(in, line);) {
    const auto json = nlohmann::json::parse(line, nullptr, false);
    if (json.is_object() && json.contains("link")) count = json["link"].value(what, std::int64_t{-1});
  }
  if (count < 0) fail("the implant told no counts of its link");
  return count;
}

std::array<std::uint8_t, link::kCertificateBytes> Arena::certificate(Role role, std::uint32_t capabilities,
                                                                     const link::Key& subject,
                                                                     std::uint32_t serial) const {
  constexpr std::int64_t kDay = 86'400;
  link::RoleCertificate draft;
  draft.role = role;
  draft.capabilities = capabilities;
  draft.implant = card_.implant;
  draft.epoch = epoch;
  draft.not_before = static_cast<std::uint32_t>(utc_s() - certificate_age_s);
  draft.not_after = static_cast<std::uint32_t>(utc_s() - certificate_age_s + kDay);
  draft.serial = serial;
  return link::written(link::issue(clinic_seed, draft, subject));
}

link::CallerKeys Arena::keys_of(Role role) {
  const link::Key& secret = secrets_[static_cast<std::size_t>(role)];
  return {
      secret,
      certificate(role, link::kMaySpeak, link::Sodium::public_of(secret), static_cast<std::uint32_t>(role)),
      card_.public_key, role == Role::kPatient ? patient_secret_ : clinic_secret_};
}

air::SocketLine Arena::near() const {
  auto line = air::SocketLine::reach(address_, true);
  if (!line) fail(line.error());
  return std::move(*line);
}

Field Arena::field() const {
  Field field{near(), {}};
  const auto number = field.line.number(seconds(5));
  if (!number) fail("no number from the coil");
  field.number = *number;
  return field;
}

std::unique_ptr<Session> Arena::with(const link::CallerKeys& keys) {
  auto session = std::make_unique<Session>(near(), keys);
  if (!session->talk.open()) return nullptr;
  return session;
}

std::unique_ptr<Session> Arena::as(Role role) { return with(keys_of(role)); }

void Arena::pair() {
  link::CallerKeys keys;
  keys.secret = random_key();
  keys.implant = card_.public_key;
  keys.pairing = card_.secret;
  {
    auto session = with(keys);
    if (!session) fail("no session with the card");
    said_at_pairing_ = link::signed_pair(clinic_seed, card_.implant, random_key(), session->talk.number());
    const auto reply = session->talk.ask(said_at_pairing_);
    if (!reply || !*reply) fail("not paired");
    clinic_secret_ =
        link::paired_secret<link::Sodium>(said_at_pairing_.share, (*reply)->share, link::SecretFor::kClinic);
  }
  auto session = as(Role::kPhysician);
  if (!session) fail("no session with the new secret");
  const link::PairPatient own{random_key()};
  const auto reply = session->talk.ask(own);
  if (!reply || !*reply) fail("the patient's programmer is not paired");
  patient_secret_ = link::paired_secret<link::Sodium>(own.share, (*reply)->share, link::SecretFor::kPatient);
}

link::StatusReply Arena::status() {
  auto session = as(Role::kPhysician);
  if (!session) fail("the physician got no session");
  const auto status = session->talk.ask(link::ReadStatus{});
  if (!status || !*status) fail("the physician got no status");
  return **status;
}

link::Outcome Arena::offer(Session& session, const link::OrderBytes& order, std::size_t signers) {
  const link::Hash digest = link::digest_of<link::Sodium>(order);
  std::vector<link::SignedBy> by;
  for (std::size_t i = 0; i < signers; ++i) {
    const link::Key key = link::Sodium::signing_public_of(signers_[i]);
    by.push_back({certificate(Role::kPhysician, link::kMaySign, key, static_cast<std::uint32_t>(20 + i)), key,
                  link::sign_order(signers_[i], digest)});
  }
  const auto outcome = link::offer(session.talk, order, digest, by);
  if (!outcome) fail("the offer was not answered");
  return *outcome;
}

link::Outcome Arena::commit(Session& session, const link::OrderBytes& bytes, Volume filled) {
  const auto order = link::read<link::Order>(bytes);
  const auto status = session.talk.ask(link::ReadStatus{});
  if (!order || !status || !*status) fail("no status before a commit");
  link::Commit commit;
  commit.sequence = (*status)->sequence;
  commit.intent = ++intent_;
  commit.number = order->number;
  commit.digest = link::digest_of<link::Sodium>(bytes);
  commit.filled = filled;
  if (order->kind == link::OrderKind::kImplant) commit.utc_ms = utc_s() * 1'000;
  const auto outcome = session.talk.change(commit);
  if (!outcome) fail("the commit was not answered");
  return *outcome;
}

link::OrderBytes Arena::order(Session& session, double times_the_dose, std::size_t signers,
                              link::Outcome& outcome) {
  const auto status = session.talk.ask(link::ReadStatus{});
  if (!status || !*status) fail("no status before an order");
  const bool first = (*status)->state == DeviceState::kShelf;
  theca::Order wanted = scenario_->first.order;
  wanted.number = (*status)->newest + 1;
  wanted.dose = DoseRate{static_cast<std::int64_t>(static_cast<double>(wanted.dose.raw()) * times_the_dose)};
  for (OrderedDay& day : wanted.days) {
    for (OrderedStep& step : day.steps)
      step.dose = DoseRate{static_cast<std::int64_t>(static_cast<double>(step.dose.raw()) * times_the_dose)};
  }
  const PathContents path = first ? PathContents{path_contents(*scenario_), scenario_->path.total()}
                                  : PathContents{wanted.formulation, Volume{}};
  const auto composed = compose(wanted, scenario_->model, path);
  if (!composed) fail("the order cannot be composed: " + composed.error()[0].message);
  link::Order order;
  order.kind = first ? link::OrderKind::kImplant : link::OrderKind::kPrescribe;
  order.implant = card_.implant;
  order.number = wanted.number;
  order.parent = (*status)->order;
  order.issued_utc_s = utc_s();
  order.path = scenario_->path;
  // Wide: what is tried here is not the ceilings.
  order.ceilings = {millilitres(1), millilitres(4), millilitres(100)};
  order.low_alarm = scenario_->low_alarm;
  order.largest_rise_ppm = 200'000;
  order.emergency_hold_s = 4 * 3'600;
  if (first) order.path_contents = path.at_tip;
  order.prescription = encode(composed->prescription);
  const link::OrderBytes bytes = link::written(order);
  outcome = offer(session, bytes, signers);
  if (outcome.answer == LinkAnswer::kDone)
    outcome = commit(session, bytes, first ? scenario_->first_volume : Volume{});
  return bytes;
}

void Arena::implant() {
  pair();
  auto session = as(Role::kPhysician);
  if (!session) fail("the physician got no session");
  link::Outcome outcome;
  order(*session, 1, 1, outcome);
  if (outcome.answer != LinkAnswer::kDone)
    fail(std::string{"not implanted: "} + row_of(outcome.answer).text + " " + row_of(outcome.refusal).text);
}

}  // namespace theca::verify
