#include "verify/clinic_arena.hpp"

#include <sys/wait.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "air/private_file.hpp"
#include "clinic/adjusting.hpp"
#include "clinic/first_order.hpp"
#include "clinic/gateway_client.hpp"
#include "clinic/signer_client.hpp"
#include "files/private_folder.hpp"
#include "gateway/books.hpp"
#include "signer/keys.hpp"
#include "signer/people.hpp"

namespace theca::verify {
namespace {

constexpr std::uint32_t kDoctor = 10;

[[noreturn]] void fail(const std::string& why) { throw std::runtime_error(why); }
std::int64_t utc_s() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}
link::Key random_key() {
  link::Key key{};
  link::Sodium::random(key);
  return key;
}
template <class T>
T must(std::expected<T, std::string> done) {
  if (!done) fail(done.error());
  if constexpr (!std::is_void_v<T>) return std::move(*done);
}

}  // namespace

ClinicArena::ClinicArena(Arena& arena) : arena_(arena), doctor_(PasskeyAlgorithm::kEs256, random_key()) {
  const auto paired = arena_.programmer({"pair", "--card", arena_.card_file().string()}, arena_.listens_at());
  if (!paired.is_object() || !paired.contains("implant")) fail("the implant was not paired");
  run({"signer", "make", at("signer"), "--site", site_.id, "--origin", site_.origin, "--clinic", at("keys")});
  auto signer = must(PrivateFolder::open(at("signer")));
  const link::Key challenge = random_key();
  (void)must(signer::enrol(signer, kDoctor, "Ada Okafor", Role::kPhysician,
                           doctor_.registration(site_, challenge), challenge));
  auto gateway = must(PrivateFolder::open(at("gateway")));
  must(signer::name_gateway(signer, must(gateway::make(gateway))));
  const auto keys = must(signer::Keys::read(signer));
  must(gateway::keep_pass(gateway, keys.read_pass(*must(signer::named_gateway(signer)), 0, utc_s())));
  run({"gateway", "reach", at("gateway"), "--keys", at("keys"), "--to", arena_.listens_at(), "--near"});
  std::filesystem::remove(std::filesystem::path{at("keys")} / "clinic.key");  // the signer's alone
  serving_.push_back(serve({"signer", "serve", at("signer"), "--socket", at("s")}, at("s")));
  serving_.push_back(serve({"gateway", "serve", at("gateway"), "--socket", at("g")}, at("g")));
}

ClinicArena::~ClinicArena() {
  for (const pid_t process : serving_) {
    ::kill(process, SIGKILL);
    int status = 0;
    ::waitpid(process, &status, 0);
  }
}

void ClinicArena::run(const std::vector<std::string>& words) {
  const std::filesystem::path prints = at("said");
  std::filesystem::remove(prints);
  int status = 0;
  ::waitpid(arena_.spawn_program(words, prints), &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  std::ifstream in{prints};
  fail("theca " + words[0] + " " + words[1] + ": " + std::string{std::istreambuf_iterator<char>{in}, {}});
}

pid_t ClinicArena::serve(const std::vector<std::string>& words, const std::filesystem::path& socket) {
  const pid_t process = arena_.spawn_program(words, at("said"));
  constexpr int kTries = 400;
  for (int i = 0; i < kTries; ++i) {
    if (std::filesystem::is_socket(socket)) return process;
    std::this_thread::sleep_for(std::chrono::milliseconds(25));
  }
  ::kill(process, SIGKILL);
  fail("theca " + words[0] + " does not come up");
}

Running ClinicArena::read() const {
  link::ShortId implant = arena_.card().implant;
  const auto answer = must(ask_gateway(at("g"), ReadImplant{implant}));
  if (!answer) fail(answer.error().why);
  const auto running = running_of(std::get<ImplantSaid>(*answer));
  if (!running) fail("what the implant says cannot be understood");
  return *running;
}

SigningAnswer ClinicArena::sign(const SigningRequest& request) const {
  const auto answer = ask_signer(at("s"), request);
  if (!answer) fail(answer.error().why);
  return *answer;
}

VisitAnswer ClinicArena::hand_over(const SendOrder& order) const { return must(ask_gateway(at("g"), order)); }

link::OrderBytes ClinicArena::order(const Running& running, double times_the_dose) const {
  const char* const why = "as in the attack";
  if (!running.order)
    return link::written(must(first_order(arena_.scenario(), running, arena_.card().implant, kDoctor, utc_s(),
                                          why, arena_.library()))
                             .order);
  const auto dose = static_cast<double>(arena_.scenario().first.order.dose.raw()) * times_the_dose;
  const auto made = adjust({.change = {.basal = AdjustedBasal{BasalMode::kSimpleContinuous,
                                                              DoseRate{static_cast<std::int64_t>(dose)},
                                                              {}},
                                       .schedule = {},
                                       .patient = {}},
                            .implant = arena_.card().implant,
                            .model = arena_.scenario().model,
                            .reason = why,
                            .author = kDoctor,
                            .issued_utc_s = utc_s(),
                            .signed_up_to = 0},
                           running, arena_.library());
  if (!made) fail(made.error().front().message);
  return link::written(made->order);
}

PasskeyAssertion ClinicArena::asserts(link::Bytes challenge) { return doctor_.assertion(site_, challenge); }

SigningRequest ClinicArena::asked(const Running& running, const link::OrderBytes& order,
                                  PasskeyAssertion assertion) {
  SigningRequest request;
  request.order = order;
  if (running.order) request.parent = link::written(*running.order);
  request.model = running.status.model;
  request.assertions.push_back(std::move(assertion));
  return request;
}

SendOrder ClinicArena::sending(const Running& running, const link::OrderBytes& order,
                               const SignedAnswer& answer, std::uint32_t intent) {
  SendOrder send;
  send.order = order;
  send.signatures = answer.signatures;
  if (answer.pass) send.pass = *answer.pass;
  send.sequence = running.status.sequence;
  send.intent = intent;
  return send;
}

}  // namespace theca::verify
