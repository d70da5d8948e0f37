#pragma once
/// The clinic's interface against a signer, a gateway and a virtual pump in processes of their own, and an
/// SQLite database.

#include <nlohmann/json.hpp>

#include "cli/paired_clinic_testing.hpp"
#include "clinic/patients.hpp"
#include "clinic/pump_record.hpp"
#include "clinic/sends.hpp"
#include "clinic/staff.hpp"
#include "server/desk.hpp"
#include "server/router.hpp"

namespace theca::example {

using nlohmann::json;
using namespace server;

template <class T>
T must(records::Recorded<T> done) {
  if (!done) throw std::runtime_error(done.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*done);
}

struct DeskTest : PairedClinic {
  std::unique_ptr<records::Database> database;
  records::Actor ada, mia;  // physician, nurse
  records::PatientId patient;
  records::PumpId pump_id;
  Sessions sessions;
  MemoryReplies replies;
  std::optional<Desk> desk;
  std::optional<Router> router;
  Router* elsewhere = nullptr;  // of another server, which is asked instead
  std::int64_t ahead_ms = 0;
  std::vector<std::string> faults;
  SoftwareKey nurse{PasskeyAlgorithm::kEdDsa, signer::example::filled(5)};
  std::string cookie;
  int count = 0;

  records::RequestId request() { return {"request-of-the-test-" + std::to_string(++count)}; }

  virtual std::string records_at() { return (folder / "clinic.db").string(); }
  records::Opening opening() {
    records::Opening at;
    at.address = records_at();
    at.keys = folder / "keys";
    at.heads = folder / "heads";
    at.kind = records::DatabaseKind::kDemo;
    return at;
  }

  virtual bool pump_is_recorded() { return true; }
  /// What the pump runs when a test begins.
  virtual void begin_therapy() { ASSERT_EQ(sent(first_order()).delivery, link::Delivery::kConfirmed); }
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(PairedClinic::SetUp());
    ASSERT_NO_FATAL_FAILURE(begin_therapy());
    database = must(records::Database::open(opening()));
    const records::Actor admin = must(records::found_clinic(*database, "Clinic of the tests", "Adam Ray"));
    ada = mia = admin;
    ada.person =
        must(records::add_person(*database, admin, request(), records::StaffRole::kPhysician, "Ada Okafor"));
    mia.person =
        must(records::add_person(*database, admin, request(), records::StaffRole::kNurse, "Mia Sato"));
    enrol(admin, ada, doctor);
    enrol(admin, mia, nurse);
    using namespace std::chrono_literals;
    patient =
        must(records::add_patient(*database, ada, request(), {"Zoe Quist", 1956y / 3 / 9, "MRN-1", {}, ""}));
    must(records::join_care_team(*database, ada, request(), patient, ada.person));
    records::PumpDetails details;
    details.implant = implant;
    details.model = "theca-40";
    details.serial = "SN-4711-0815";
    details.implanted_ms = now_ms();
    if (pump_is_recorded()) pump_id = must(records::add_pump(*database, ada, request(), patient, details));
    ASSERT_NO_FATAL_FAILURE(restart());
  }
  /// What stood in memory alone is gone.
  void restart() { serve(*database, sessions, replies, desk, router); }
  void serve(records::Database& records_of_it, Sessions& its_sessions, MemoryReplies& its_replies,
             std::optional<Desk>& its_desk, std::optional<Router>& its_router) {
    its_desk.emplace(DeskParts{records_of_it, signer::example::library(), body(), adults(), its_sessions,
                               site, signer_at, gateway_at, [this] { return now_ms() + ahead_ms; }});
    auto made =
        Router::make(its_desk->routes(), {.sessions = its_sessions,
                                          .replies = its_replies,
                                          .now = BootClock::now,
                                          .fault = [this](const std::string& route, const std::string& why) {
                                            faults.push_back(route + ": " + why);
                                          }});
    ASSERT_TRUE(made) << made.error();
    its_router.emplace(std::move(*made));
  }
  void TearDown() override { EXPECT_TRUE(faults.empty()) << faults.front(); }
  static const BodyData& body() {
    static const BodyData kBody = load_body_data(THECA_DATA_DIR, signer::example::library().sources).value();
    return kBody;
  }
  static const Variability& adults() {
    static const Variability kAdults =
        load_variability(THECA_DATA_DIR, signer::example::library().sources).value();
    return kAdults;
  }
  static std::int64_t now_ms() { return utc_s() * 1'000; }

  void enrol(const records::Actor& admin, const records::Actor& owner, SoftwareKey& key) {
    const auto passkey = check_registration(key.registration(site, signer::example::filled(9)), site,
                                            signer::example::filled(9));
    ASSERT_TRUE(passkey);
    must(records::add_passkey(*database, admin, request(),
                              {.credential = to_base64url(key.id()),
                               .owner = owner,
                               .role = {},
                               .public_key = key_text(passkey->algorithm, passkey->key),
                               .counter = 0}));
  }

  struct Got {
    int status = 0;
    json body;
    std::string cookie;
  };
  Got ask(Method method, const std::string& path, const json& body = nullptr, const std::string& key = "") {
    return asked_of(elsewhere != nullptr ? *elsewhere : *router, cookie, method, path, body,
                    key.empty() ? request().text : key);
  }
  /// From any thread.
  static Got asked_of(Router& router, const std::string& cookie, Method method, const std::string& path,
                      const json& body, const std::string& key) {
    Request asked;
    asked.method = method;
    asked.target.path = path;
    asked.peer.address = "127.0.0.1";
    if (!cookie.empty()) asked.headers.push_back({"cookie", std::string{kSessionCookie} + "=" + cookie});
    if (method == Method::kPost) asked.headers.push_back({"idempotency-key", key});
    if (!body.is_null()) {
      asked.headers.push_back({"content-type", "application/json"});
      asked.body = body.dump();
    }
    const http::Response response = router.answer(asked);
    Got got{response.status, response.body.empty() ? json{} : json::parse(response.body), {}};
    for (const Header& header : response.headers) {
      if (header.name != "Set-Cookie") continue;
      const std::size_t at = header.value.find('=') + 1;
      got.cookie = header.value.substr(at, header.value.find(';') - at);
    }
    return got;
  }
  void sign_in(SoftwareKey& key) {
    cookie.clear();
    const Got asked = ask(Method::kGet, "/api/session/challenge");
    ASSERT_EQ(asked.status, 200) << asked.body;
    const auto challenge = asked.body["challenge"].get<std::string>();
    const Got in = ask(
        Method::kPut, "/api/session",
        {{"challenge", challenge}, {"credential", text_of(key.assertion(site, *from_base64url(challenge)))}});
    ASSERT_EQ(in.status, 200) << in.body;
    cookie = in.cookie;
  }
  std::string at(const char* what, const json& id, const char* then) {
    return "/api/" + std::string{what} + "/" + std::to_string(id.get<std::int64_t>()) + "/" + then;
  }
  Got read_pump() { return ask(Method::kPost, at("pumps", pump_id.value, "readings")); }
  Got drafted(const json& change) {
    const Got reading = read_pump();
    EXPECT_EQ(reading.status, 201) << reading.body;
    return ask(Method::kPost, at("readings", reading.body["reading"], "drafts"), change);
  }
  json sending(const Got& draft, const std::string& dose) {
    const auto challenge = from_base64url(draft.body["challenge"].get<std::string>());
    return {{"daily_dose", dose}, {"assertions", {text_of(doctor.assertion(site, *challenge))}}};
  }
  Got send(const Got& draft, const std::string& dose, const std::string& key = "") {
    return ask(Method::kPost, at("drafts", draft.body["draft"], "sends"), sending(draft, dose), key);
  }
  records::SendState last_state() { return must(records::sends_of(*database, ada, pump_id)).front().state; }
};

}  // namespace theca::example
