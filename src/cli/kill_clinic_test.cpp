// kill -9 of a clinic's processes at random while a clinician and a patient work: whatever they were told
// stands, nothing is done twice, and records and pump agree. Each of them keeps a list of his own.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <sstream>
#include <thread>

#include "cli/paired_clinic_testing.hpp"
#include "clinic/audit.hpp"
#include "clinic/kept_drafts.hpp"
#include "clinic/patients.hpp"
#include "clinic/postgres_testing.hpp"
#include "clinic/pump_record.hpp"
#include "clinic/readings.hpp"
#include "clinic/sends.hpp"
#include "clinic/staff.hpp"
#include "files/private_folder.hpp"
#include "handheld/books.hpp"
#include "http/http_testing.hpp"
#include "server/clinic_folder.hpp"

namespace theca {
namespace {

using namespace std::chrono_literals;
using example::Process;
using example::ran;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

enum class Keeps : std::uint8_t { kSqlite, kPostgres };

int kills() { return std::getenv("THECA_LONG") != nullptr ? 200 : 20; }
std::uint32_t seed() {
  const char* text = std::getenv("THECA_SEED");
  return text != nullptr ? static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10))
                         : static_cast<std::uint32_t>(std::random_device{}());
}

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&at), size) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) != 0)
    throw std::runtime_error("no free port");
  ::close(fd);
  return ntohs(at.sin_port);
}

template <class T>
T must(records::Recorded<T> done) {
  if (!done) throw std::runtime_error(done.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*done);
}

/// What one of them was told, line by line, where none of the clinic's processes writes.
class OwnList {
 public:
  explicit OwnList(std::filesystem::path file) : file_(std::move(file)) {}
  void add(const json& line) const { std::ofstream{file_, std::ios::app} << line.dump() << std::endl; }
  [[nodiscard]] std::vector<json> read() const {
    std::vector<json> all;
    std::ifstream in{file_};
    for (std::string line; std::getline(in, line);) all.push_back(json::parse(line));
    return all;
  }

 private:
  std::filesystem::path file_;
};

/// Somebody at a page, who asks again until there is an answer.
class Asker {
 public:
  Asker(std::uint16_t port, std::string host, std::string origin, OwnList list)
      : port_(port), host_(std::move(host)), origin_(std::move(origin)), list_(std::move(list)) {}
  virtual ~Asker() = default;

 protected:
  struct Heard {
    int status = 0;  // 0: nobody answered
    json body;
    std::string cookie;
  };
  Heard once(const std::string& method, const std::string& path, const json& body, const std::string& key) {
    std::string text =
        fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\n", method, path, host_, origin_);
    text += credentials();
    if (!key.empty()) text += "Idempotency-Key: " + key + "\r\n";
    const std::string said = body.is_null() ? "" : body.dump();
    if (!body.is_null()) text += "Content-Type: application/json\r\n";
    if (method != "GET") text += fmt::format("Content-Length: {}\r\n", said.size());
    http::Client client{port_};
    if (!client.connected()) return {};
    const http::Reply reply = client.ask(text + "\r\n" + said);
    if (reply.status == 0 ||
        reply.body.size() != std::strtoul(reply.header("content-length").c_str(), nullptr, 10))
      return {};
    Heard heard{reply.status, reply.body.empty() ? json{} : json::parse(reply.body), {}};
    const std::string cookie = reply.header("set-cookie");
    if (!cookie.empty()) heard.cookie = cookie.substr(0, cookie.find(';'));
    return heard;
  }
  /// Until there is an answer that is one: nobody's answer, a server in trouble and one that is at it are
  /// asked once more.
  Heard ask(const std::string& method, const std::string& path, const json& body = nullptr,
            const std::string& key = "") {
    const auto over = Clock::now() + 90s;
    while (Clock::now() < over) {
      Heard heard = once(method, path, body, key);
      const bool at_it = heard.status == 409 && heard.body.dump().find("being") != std::string::npos;
      const bool nobody = heard.status == 401;
      if (nobody) signs_in();
      if (heard.status != 0 && heard.status < 500 && !at_it && !nobody) return heard;
      last_ = fmt::format("{} {}: {} {}", method, path, heard.status, heard.body.dump());
      std::this_thread::sleep_for(20ms);
    }
    list_.add({{"stuck", last_}});
    throw std::runtime_error("stuck at " + last_);
  }
  virtual std::string credentials() const = 0;
  virtual void signs_in() {}
  std::string new_key() { return fmt::format("{}-{}-of-the-campaign", ::getpid(), ++count_); }
  const OwnList& list() const { return list_; }

 private:
  std::uint16_t port_;
  std::string host_, origin_, last_;
  OwnList list_;
  int count_ = 0;
};

class Clinician : public Asker {
 public:
  Clinician(std::uint16_t port, const PasskeySite& site, SoftwareKey& key, SoftwareKey& second,
            std::int64_t pump, OwnList list)
      : Asker(port, site.id, site.origin, std::move(list)),
        site_(site),
        key_(key),
        second_(second),
        pump_(pump) {}

  /// One change of the dose, from the reading to what became of it.
  void change() {
    const Heard reading = ask("POST", fmt::format("/api/pumps/{}/readings", pump_), nullptr, new_key());
    if (reading.status != 201) return said("reading", reading);
    list().add({{"reading", reading.body["reading"]}});
    dose_ = dose_ == "6 mg/day" ? "5.7 mg/day" : "6 mg/day";
    const std::string drafts =
        fmt::format("/api/readings/{}/drafts", reading.body["reading"].get<std::int64_t>());
    const Heard draft = ask("POST", drafts, {{"dose", dose_}}, new_key());
    if (draft.status != 201) return said("draft", draft);
    list().add({{"draft", draft.body["draft"]}});
    const std::string sends = fmt::format("/api/drafts/{}/sends", draft.body["draft"].get<std::int64_t>());
    const auto challenge = from_base64url(draft.body["challenge"].get<std::string>());
    const json body{
        {"daily_dose", dose_},
        {"assertions",
         {text_of(key_.assertion(site_, *challenge)), text_of(second_.assertion(site_, *challenge))}}};
    const std::string wish = new_key();
    Heard sent = ask("POST", sends, body, wish);
    if (sent.status != 201) return said("send", sent);
    const json send = sent.body["send"];
    while (sent.body["state"] == "unknown") {
      list().add({{"send", send}, {"state", "unknown"}});
      const Heard settled =
          ask("POST", fmt::format("/api/sends/{}/settlements", send.get<std::int64_t>()), nullptr, new_key());
      if (settled.status == 201) sent = settled;
      std::this_thread::sleep_for(20ms);
    }
    list().add({{"send", send},
                {"state", sent.body["state"]},
                {"number", draft.body["number"]},
                {"path", sends},
                {"body", body},
                {"key", wish}});
    std::this_thread::sleep_for(300ms);  // the patient wants the pump as well
  }
  /// Every send once more under its own key: it is told as before, and nothing is done.
  void repeat_all() {
    for (const json& one : list().read()) {
      if (!one.contains("key")) continue;
      const Heard again = ask("POST", one["path"], one["body"], one["key"]);
      const bool same =
          again.status == 201 && again.body["send"] == one["send"] && again.body["state"] == one["state"];
      list().add({{"again", one["send"]}, {"same", same}, {"heard", again.body}});
    }
  }

 private:
  std::string credentials() const override { return cookie_.empty() ? "" : "Cookie: " + cookie_ + "\r\n"; }
  void signs_in() override {
    cookie_.clear();
    const Heard asked = once("GET", "/api/session/challenge", nullptr, "");
    if (asked.status != 200) return;
    const auto challenge = asked.body["challenge"].get<std::string>();
    const Heard in = once("PUT", "/api/session",
                          {{"challenge", challenge},
                           {"credential", text_of(key_.assertion(site_, *from_base64url(challenge)))}},
                          "");
    if (in.status == 200) cookie_ = in.cookie;
  }
  void said(const char* what, const Heard& heard) { list().add({{"no", what}, {"why", heard.body}}); }

  PasskeySite site_;
  SoftwareKey &key_, &second_;
  std::int64_t pump_;
  std::string cookie_, dose_ = "6 mg/day";
};

class Patient : public Asker {
 public:
  Patient(std::uint16_t port, std::string key, OwnList list)
      : Asker(port, fmt::format("127.0.0.1:{}", port), fmt::format("http://127.0.0.1:{}", port),
              std::move(list)),
        key_(std::move(key)) {}

  /// One press of the button, until it is known what became of it; then a line in the diary.
  void press() {
    const std::string intent = new_key();
    const Heard taken = ask("POST", "/api/doses", {{"intent", intent}});
    if (taken.status != 202) return list().add({{"no", "dose"}, {"why", taken.body}});
    for (;;) {
      const Heard now = ask("GET", "/api/pump");
      const json& asked = now.body["ask"];
      if (asked.is_null() || asked["intent"] != intent) {
        // The process was killed before it kept the wish: it is told once more, as its page does.
        (void)ask("POST", "/api/doses", {{"intent", intent}});
      } else if (asked["state"] != "asking" && asked["state"] != "not known yet") {
        list().add({{"dose", intent},
                    {"state", asked["state"]},
                    {"request", asked["request"]},
                    {"refusal", asked["refusal"]}});
        break;
      }
      std::this_thread::sleep_for(50ms);
    }
    const Heard kept = ask("POST", "/api/diary", {{"intent", intent}, {"pain", 3}});
    if (kept.status == 201) list().add({{"diary", kept.body["id"]}});
  }

 private:
  std::string credentials() const override { return "Authorization: Bearer " + key_ + "\r\n"; }
  std::string key_;
};

struct KilledClinic : example::PairedClinic, testing::WithParamInterface<Keeps> {
  const std::string clinic = (folder / "clinic").string(), hand = (folder / "handheld").string();
  const std::filesystem::path stop_at = folder / "stop", again_at = folder / "again";
  SoftwareKey second{PasskeyAlgorithm::kEdDsa, signer::example::filled(4)};
  const std::uint16_t port = free_port(), hand_port = free_port();
  std::unique_ptr<records::PostgresServer> postgres;
  std::optional<Process> serving, handheld;
  server::ClinicSettings settings;
  records::Actor ada;
  records::PumpId pump_id;
  std::string page_key;
  const OwnList clinicians{folder / "clinician.list"}, patients{folder / "patient.list"};

  void SetUp() override {
    // A small dose that may be had again soon, so that there is one to be given twice.
    std::ifstream in{kScenario};
    std::stringstream text;
    text << in.rdbuf();
    std::string eager = text.str();
    const std::size_t from = eager.find("dose = \"0.5 mg over 5 min\""), to = eager.find("[patient]\n");
    eager.replace(from, to - from,
                  "dose = \"0.01 mg over 4 s\"\nlockout = \"4 s\"\nallotted = \"32 per 24 h\"\n\n");
    scenario = (folder / "eager.toml").string();
    std::ofstream{scenario} << eager;
    ASSERT_NO_FATAL_FAILURE(PairedClinic::SetUp());
    const SendOutcome first = sent(first_order());
    ASSERT_EQ(first.delivery, link::Delivery::kConfirmed) << first.message;
    Process enrolling{{"signer", "enrol", signs, "--serial", "13", "--name", "Ben Castell"}};
    const auto asked = from_base64url(enrolling.line().substr(10));
    enrolling.say(text_of(second.registration(site, *asked), second.id()));
    ASSERT_EQ(enrolling.end().first, kExitOk);
    ASSERT_NO_FATAL_FAILURE(make_handheld());
    ASSERT_NO_FATAL_FAILURE(make_clinic());
    for (const char* part : {"clinic-pages", "hand-pages"}) {
      std::filesystem::create_directories(folder / part);
      std::ofstream{folder / part / "index.html"} << "<!doctype html><title>Theca</title>";
    }
    start_server();
    start_handheld();
  }
  void make_handheld() {
    const auto key = ran({"handheld", "make", hand});
    ASSERT_EQ(key.first, kExitOk) << key.second;
    const auto certificate = ran(
        {"signer", "handheld", signs, "--implant", air::to_hex(implant), "--key", key.second.substr(0, 64)});
    ASSERT_EQ(certificate.first, kExitOk) << certificate.second;
    Process pairing{{"handheld", "pair", hand, "--keys", keys, "--to", pump_at, "--near"}};
    pairing.say(certificate.second.substr(0, certificate.second.find('\n')));
    const auto paired = pairing.end();
    ASSERT_EQ(paired.first, kExitOk) << paired.second;
    auto files = PrivateFolder::open(hand);
    ASSERT_TRUE(files);
    page_key = handheld::page_key(*files).value();
  }
  void make_clinic() {
    std::vector<std::string> words{"server",          "make",     clinic,   "--clinic", "Clinic of the tests",
                                   "--administrator", "Adam Ray", "--site", site.id,    "--origin",
                                   site.origin};
    if (GetParam() == Keeps::kPostgres) {
      postgres = std::make_unique<records::PostgresServer>();
      words.insert(words.end(), {"--database", postgres->new_database()});
    }
    const auto made = ran(words);
    ASSERT_EQ(made.first, kExitOk) << made.second;
    const auto files = PrivateFolder::open(clinic);
    settings = server::read_settings(*files).value();
    const auto database = must(records::Database::open(server::opening_of(settings, clinic)));
    const records::Actor admin = settings.administrator;
    int count = 0;
    const auto request = [&] { return records::RequestId{"the-making-of-it-" + std::to_string(++count)}; };
    ada = admin;
    ada.person =
        must(records::add_person(*database, admin, request(), records::StaffRole::kPhysician, "Ada Okafor"));
    const auto passkey = check_registration(doctor.registration(site, signer::example::filled(9)), site,
                                            signer::example::filled(9));
    must(records::add_passkey(*database, admin, request(),
                              {.credential = to_base64url(doctor.id()),
                               .owner = ada,
                               .role = {},
                               .public_key = key_text(passkey->algorithm, passkey->key),
                               .counter = 0}));
    using namespace std::chrono_literals;
    const auto patient =
        must(records::add_patient(*database, ada, request(), {"Zoe Quist", 1956y / 3 / 9, "MRN-1", {}, ""}));
    must(records::join_care_team(*database, ada, request(), patient, ada.person));
    records::PumpDetails details;
    details.implant = implant;
    details.model = "roller-40";
    details.serial = "SN-4711-0815";
    details.implanted_ms = utc_s() * 1'000;
    pump_id = must(records::add_pump(*database, ada, request(), patient, details));
    must(database->close());
  }

  // ---- the processes that are killed -----------------------------------------------------------------
  void start_server() {
    serving.emplace(std::vector<std::string>{"server", "serve", clinic, "--listen",
                                             fmt::format("127.0.0.1:{}", port), "--pages",
                                             (folder / "clinic-pages").string(), "--signer",
                                             signer_at.string(), "--gateway", gateway_at.string()});
    expect_line(*serving, "Ctrl-C");
  }
  void start_handheld() {
    handheld.emplace(std::vector<std::string>{"handheld", "serve", hand, "--listen",
                                              fmt::format("127.0.0.1:{}", hand_port), "--pages",
                                              (folder / "hand-pages").string()});
    expect_line(*handheld, "Ctrl-C");
  }
  void start_signer() {
    signing.emplace(std::vector<std::string>{"signer", "serve", signs, "--socket", signer_at.string()});
    expect_line(*signing, "Signs for");
  }
  static void expect_line(Process& process, const char* words) {
    const std::string line = process.line();
    ASSERT_NE(line.find(words), std::string::npos) << line << process.end().second;
  }
  struct Part {
    std::string name;
    std::optional<Process>* process;
    std::function<void()> start;
  };
  std::vector<Part> parts() {
    return {{"server", &serving, [this] { start_server(); }},
            {"signer", &signing, [this] { start_signer(); }},
            {"gateway", &reaching, [this] { start_gateway(); }},
            {"handheld", &handheld, [this] { start_handheld(); }},
            {"pump", &pump, [this] { start_pump(); }}};
  }
  void wait(std::chrono::milliseconds time) {
    const auto over = Clock::now() + time;
    do {
      for (const Part& part : parts()) (*part.process)->drain();
      std::this_thread::sleep_for(5ms);
    } while (Clock::now() < over);
  }

  // ---- the two at work ----------------------------------------------------------------------------------
  /// In a process of its own, so that this one has one thread when it starts others.
  pid_t at_work(const std::function<void()>& once, const std::function<void()>& afterwards = {}) const {
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child != 0) return child;
    int code = 0;
    try {
      while (!std::filesystem::exists(stop_at)) once();
      while (afterwards && !std::filesystem::exists(again_at)) std::this_thread::sleep_for(20ms);
      if (afterwards) afterwards();
    } catch (const std::exception& error) {
      fmt::print(stderr, "{}\n", error.what());
      code = 1;
    }
    std::_Exit(code);
  }
  int ended(pid_t child) {
    int status = 0;
    while (::waitpid(child, &status, WNOHANG) == 0) wait(20ms);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  Clinician clinician() { return {port, site, doctor, second, pump_id.value, clinicians}; }
  Patient patient() { return {hand_port, page_key, patients}; }

  [[nodiscard]] records::Opening opening() const { return server::opening_of(settings, clinic); }

  // ---- what was told, held against what stands ------------------------------------------------------
  struct Told {
    std::vector<json> clinician, patient;
    [[nodiscard]] std::multiset<std::uint32_t> confirmed() const {
      std::multiset<std::uint32_t> numbers{1};  // the first order's
      for (const json& line : clinician)
        if (line.contains("number") && line["state"] == "confirmed")
          numbers.insert(line["number"].get<std::uint32_t>());
      return numbers;
    }
    [[nodiscard]] int granted() const {
      return static_cast<int>(std::ranges::count_if(
          patient, [](const json& line) { return line.value("state", "") == "granted"; }));
    }
  };
  struct Stands {
    std::uint32_t runs = 0;     // number of the order
    std::vector<json> journal;  // of the pump, as far back as it reaches
    std::set<std::int64_t> diary;
    [[nodiscard]] bool whole() const {
      const auto first =
          std::ranges::find_if(journal, [](const json& one) { return one.contains("sequence"); });
      return first != journal.end() && (*first)["sequence"] == 0;
    }
  };
  /// Sentences; none: all of it stands, once each.
  std::vector<std::string> wrong_in(const Told& told, const Stands& stands) const {
    std::vector<std::string> wrong;
    const auto missing = [&](const json& line) {
      wrong.push_back("this is not in the records: " + line.dump());
    };
    const auto database = must(records::Database::open(opening()));
    std::map<std::int64_t, std::string> sends;
    for (const json& line : told.clinician) {
      if (line.contains("stuck")) wrong.push_back(line.dump());
      if (line.contains("again") && !line["same"].get<bool>())
        wrong.push_back("asked once more it was told otherwise: " + line.dump());
      if (line.contains("reading") &&
          !records::reading(*database, ada, records::ReadingId{line["reading"].get<std::int64_t>()}))
        missing(line);
      if (line.contains("draft") &&
          !records::draft(*database, ada, records::DraftId{line["draft"].get<std::int64_t>()}))
        missing(line);
      if (line.contains("send")) sends[line["send"].get<std::int64_t>()] = line["state"].get<std::string>();
    }
    for (const auto& [id, last] : sends) {
      const auto kept = records::send(*database, ada, records::SendId{id});
      if (!kept || records::word_of(kept->state) != last) missing({{"send", id}, {"state", last}});
    }
    must(database->close());

    const auto confirmed = told.confirmed();
    if (stands.runs != *confirmed.rbegin())
      wrong.push_back(fmt::format("the pump runs order {}, and {} was the last one that was confirmed",
                                  stands.runs, *confirmed.rbegin()));
    for (const std::uint32_t number : confirmed)
      if (confirmed.count(number) > 1) wrong.push_back(fmt::format("order {} was told twice", number));
    std::multiset<std::uint32_t> ran;
    int given = 0;
    for (const json& one : stands.journal) {
      const std::string event = one.value("event", "");
      if (event == "prescription taken") ran.insert(one["prescription"].get<std::uint32_t>());
      if (event == "bolus granted") ++given;
    }
    for (const std::uint32_t number : ran) {
      if (ran.count(number) > 1) wrong.push_back(fmt::format("order {} ran twice", number));
      if (!confirmed.contains(number))
        wrong.push_back(fmt::format("the pump took order {}, and nobody was told so", number));
    }
    for (auto number = confirmed.lower_bound(ran.empty() ? 0 : *ran.begin()); number != confirmed.end();
         ++number)
      if (!ran.contains(*number))
        wrong.push_back(fmt::format("order {} was confirmed, and never ran", *number));
    if (given > told.granted() || (stands.whole() && given < told.granted()))
      wrong.push_back(
          fmt::format("the pump gave {} doses, and the patient was told of {}", given, told.granted()));
    for (const json& line : told.patient) {
      if (line.contains("stuck") || line.value("state", "") == "not known") wrong.push_back(line.dump());
      if (line.contains("diary") && !stands.diary.contains(line["diary"].get<std::int64_t>())) missing(line);
    }
    return wrong;
  }

  std::set<std::int64_t> diary() const {
    std::set<std::int64_t> ids;
    const auto files = PrivateFolder::open(hand);
    for (const handheld::DiaryEntry& one : handheld::read_diary(*files).value()) ids.insert(one.id);
    return ids;
  }
  std::vector<json> journal() {
    reaching->signal(SIGTERM);
    (void)reaching->end();
    handheld->signal(SIGTERM);
    (void)handheld->end();
    const std::string out = (folder / "journal.jsonl").string();
    const auto read = ran({"gateway", "journal", own, "--implant", air::to_hex(implant), "--out", out});
    EXPECT_EQ(read.first, kExitOk) << read.second;
    std::vector<json> entries;
    std::ifstream in{out};
    for (std::string line; std::getline(in, line);) entries.push_back(json::parse(line));
    return entries;
  }
};

TEST_P(KilledClinic, INV_7_INV_16_whatever_was_told_stands_and_nothing_is_done_twice) {
  const std::uint32_t from = seed();
  SCOPED_TRACE(fmt::format("THECA_SEED={}", from));
  std::mt19937 random{from};
  Clinician who = clinician();
  Patient patient_of_it = patient();
  const pid_t at_clinic = at_work([&] { who.change(); }, [&] { who.repeat_all(); });
  const pid_t at_home = at_work([&] { patient_of_it.press(); });
  std::map<std::string, int> killed;
  for (int k = 0; k < kills(); ++k) {
    wait(std::chrono::milliseconds{std::uniform_int_distribution{30, 1'200}(random)});
    auto all = parts();
    // A pump that has lost its power gives nothing for an hour: doses are given in the first part. Each of
    // the others comes as often as the next one.
    const bool late = k >= kills() * 3 / 5;
    std::rotate(all.begin(), all.begin() + k % 4, all.begin() + 4);
    if (late) std::ranges::shuffle(all, random);
    if (k == kills() * 3 / 5) std::swap(all.front(), *std::ranges::find(all, "pump", &Part::name));
    if (!late) all.pop_back();
    // One, or two at once.
    all.resize(std::uniform_int_distribution{0, 3}(random) == 0 ? 2 : 1);
    for (const Part& part : all) {
      (*part.process)->signal(SIGKILL);
      (void)(*part.process)->end();
      part.process->reset();
      ++killed[part.name];
    }
    const bool database_too = postgres && std::uniform_int_distribution{0, 4}(random) == 0;
    if (database_too) postgres->kill_all();
    std::this_thread::sleep_for(std::chrono::milliseconds{std::uniform_int_distribution{0, 200}(random)});
    if (database_too) {
      postgres->start();
      ++killed["postgres"];
    }
    for (const Part& part : all) ASSERT_NO_FATAL_FAILURE(part.start());
  }
  std::ofstream{stop_at}.close();
  EXPECT_EQ(ended(at_home), 0);
  // What stood in memory alone is gone; every send is asked for once more.
  serving->signal(SIGKILL);
  (void)serving->end();
  start_server();
  std::ofstream{again_at}.close();
  EXPECT_EQ(ended(at_clinic), 0);
  const Running after = read();
  serving->signal(SIGTERM);
  EXPECT_EQ(serving->end().first, kExitOk);

  const auto check = records::verify_audit(opening().address, opening().heads);
  ASSERT_TRUE(check) << check.error().message;
  EXPECT_TRUE(check->wrong.empty()) << check->wrong.front().message;
  EXPECT_EQ(check->not_vouched, 0) << "a server that ends writes a head";

  Told told{clinicians.read(), patients.read()};
  const Stands stands{after.order->number, journal(), diary()};
  const auto wrong = wrong_in(told, stands);
  EXPECT_TRUE(wrong.empty()) << wrong.front();
  const int doses = told.granted();
  EXPECT_GT(told.confirmed().size(), 3U) << "nearly nothing was changed";
  EXPECT_GT(doses, 0);
  if (HasFailure() || std::getenv("THECA_SHOW") != nullptr) {
    for (const std::vector<json>* lines :
         {&std::as_const(told).clinician, &std::as_const(told).patient, &stands.journal})
      for (const json& one : *lines) fmt::print("{}\n", one.dump());
  }
  fmt::print("seed {}: {} orders and {} doses", from, told.confirmed().size(), doses);
  for (const auto& [name, count] : killed) fmt::print(", {} {}", name, count);
  fmt::print("{}\n", stands.whole() ? "" : "; the journal does not reach back to the beginning");

  // Whatever is told and does not stand is seen.
  const auto seen = [&](std::vector<json> Told::*of, const json& line, const char* what) {
    Told twin = told;
    (twin.*of).push_back(line);
    EXPECT_FALSE(wrong_in(twin, stands).empty()) << what;
  };
  seen(&Told::clinician, {{"reading", 4'711}}, "a reading that was lost");
  seen(&Told::clinician, {{"draft", 4'711}}, "a draft that was lost");
  seen(&Told::clinician, {{"send", 4'711}, {"state", "confirmed"}}, "a send that was lost");
  const auto send = std::ranges::find_if(told.clinician, [](const json& line) {
    return line.contains("number") && line["state"] == "confirmed";
  });
  json other = *send;
  other["state"] = "failed";
  seen(&Told::clinician, other, "an order that ran and was told as failed");
  seen(&Told::clinician, *send, "an order that was told twice");
  seen(&Told::clinician, {{"again", 1}, {"same", false}}, "a send that was done once more");
  seen(&Told::patient, {{"diary", 4'711}}, "a line of the diary that was lost");
  if (stands.whole()) seen(&Told::patient, {{"state", "granted"}}, "a dose that was never given");
  Stands twin = stands;
  twin.runs = 1;
  EXPECT_FALSE(wrong_in(told, twin).empty()) << "another order runs";
  twin = stands;
  const auto dose = std::ranges::find_if(
      twin.journal, [](const json& one) { return one.value("event", "") == "bolus granted"; });
  twin.journal.push_back(*dose);
  EXPECT_FALSE(wrong_in(told, twin).empty()) << "a dose was given twice";
  twin = stands;
  twin.journal.push_back({{"event", "prescription taken"}, {"prescription", 4'711}});
  EXPECT_FALSE(wrong_in(told, twin).empty()) << "an order ran of which nobody was told";
}

INSTANTIATE_TEST_SUITE_P(, KilledClinic, testing::Values(Keeps::kSqlite, Keeps::kPostgres),
                         [](const auto& one) {
                           return one.param == Keeps::kSqlite ? "SQLite" : "PostgreSQL";
                         });

}  // namespace
}  // namespace theca
