#include "cli/demo_clinic.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <nlohmann/json.hpp>

#include "air/card.hpp"
#include "air/private_file.hpp"
#include "cli/child_process.hpp"
#include "cli/data_dir.hpp"
#include "cli/exit_code.hpp"
#include "cli/link_keys.hpp"
#include "clinic/first_order.hpp"
#include "clinic/gateway_client.hpp"
#include "clinic/passkey.hpp"
#include "clinic/patients.hpp"
#include "clinic/pump_record.hpp"
#include "clinic/signer_client.hpp"
#include "clinic/software_key.hpp"
#include "clinic/staff.hpp"
#include "gateway/books.hpp"
#include "handheld/books.hpp"
#include "link/sodium.hpp"
#include "server/clinic_folder.hpp"
#include "signer/keys.hpp"
#include "signer/people.hpp"
#include "signer/signer.hpp"

namespace theca {
namespace {

using Done = std::expected<void, std::string>;
using records::RequestId;

constexpr DemoPump kMorphinePump{"morphine_with_patient_boluses.toml", "THECA-DEMO-2041"};
constexpr DemoPump kBaclofenPump{"baclofen_flex.toml", "THECA-DEMO-3307"};
constexpr DemoPump kNewPump{"baclofen_first_therapy.toml", "THECA-DEMO-5118", /*on_the_shelf=*/true};
constexpr DemoPump kPackedPump{"morphine_with_patient_boluses.toml", "THECA-DEMO-6630"};
struct DemoPatient {
  const char *name, *birth_date, *record_number;
  const DemoPump* pump;             // none: a candidate, or a pump without a radio
  const char* constant_flow_model;  // none: no such pump
};
/// Nobody; the names are made up.
constexpr std::array<DemoPatient, 5> kPatients{{
    {"Zoe Quist", "1956-03-09", "DEMO-1", &kMorphinePump, nullptr},
    {"Tom Ivers", "1988-11-30", "DEMO-2", &kBaclofenPump, nullptr},
    {"Lena Marsh", "1949-07-21", "DEMO-3", nullptr, "constant-flow"},
    {"Omar Reyes", "1971-01-14", "DEMO-4", nullptr, nullptr},
    {"Ines Hall", "1994-05-02", "DEMO-5", &kNewPump, nullptr},
}};

struct DemoPerson {
  const char* name;
  records::StaffRole role;
};
constexpr std::array<DemoPerson, 3> kPeople{{{"Ada Okafor", records::StaffRole::kPhysician},
                                             {"Ben Castell", records::StaffRole::kPhysician},
                                             {"Mia Sato", records::StaffRole::kNurse}}};
constexpr DemoPerson kAdministrator{"Adam Ray", records::StaffRole::kAdministrator};
constexpr const char* kInstitution = "Theca demo clinic";
constexpr const char* kReason = "As the demo's scenario has it.";

std::int64_t utc_s() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}
RequestId wish() { return {fmt::format("making-the-demo-{}", records::new_id())}; }
std::unexpected<std::string> no(const records::RecordError& error) { return std::unexpected(error.message); }

Role role_of(records::StaffRole role) {
  return role == records::StaffRole::kPhysician ? Role::kPhysician : Role::kNurse;
}

std::chrono::year_month_day date_of(const std::string& text) {
  return std::chrono::year{std::stoi(text.substr(0, 4))} /
         std::chrono::month{static_cast<unsigned>(std::stoi(text.substr(5, 2)))} /
         std::chrono::day{static_cast<unsigned>(std::stoi(text.substr(8, 2)))};
}

/// A software security key for somebody who is in the records, and at the signer for whoever signs or fills
/// there.
Done give_key(PrivateFolder& signer, records::Database& database, const server::ClinicSettings& settings,
              records::PersonId person, const DemoPerson& who, std::vector<server::DemoSecret>& secrets) {
  server::DemoSecret secret{person, {}};
  link::Sodium::random(secret.secret);
  SoftwareKey key{PasskeyAlgorithm::kEs256, secret.secret, /*counts=*/false};
  link::Key challenge{};
  link::Sodium::random(challenge);
  const PasskeyRegistration registration = key.registration(settings.site, challenge);
  const auto passkey = check_registration(registration, settings.site, challenge);
  if (!passkey) return std::unexpected(passkey.error().message);
  if (who.role != records::StaffRole::kAdministrator) {
    const auto enrolled = signer::enrol(signer, records::serial_of(person), who.name, role_of(who.role),
                                        registration, challenge);
    if (!enrolled) return std::unexpected(enrolled.error());
  }
  const records::Actor owner{settings.administrator.clinic, person};
  const auto kept = records::add_passkey(
      database, settings.administrator, wish(),
      {to_base64url(passkey->id), owner, who.role, key_text(passkey->algorithm, passkey->key), 0});
  if (!kept) return no(kept.error());
  secrets.push_back(secret);
  return {};
}

/// `people`: whoever treats patients.
Done enrol_people(PrivateFolder& signer, PrivateFolder& server, records::Database& database,
                  const server::ClinicSettings& settings, std::vector<records::Actor>& people) {
  std::vector<server::DemoSecret> secrets;
  for (const DemoPerson& one : kPeople) {
    const auto added = records::add_person(database, settings.administrator, wish(), one.role, one.name);
    if (!added) return no(added.error());
    if (const Done given = give_key(signer, database, settings, *added, one, secrets); !given) return given;
    people.push_back({settings.administrator.clinic, *added});
  }
  const Done given =
      give_key(signer, database, settings, settings.administrator.person, kAdministrator, secrets);
  return given ? server::keep_demo_secrets(server, secrets) : given;
}

Done add_patients(records::Database& database, const std::vector<records::Actor>& people,
                  const std::vector<link::ShortId>& implants, const Library& library) {
  const records::Actor& physician = people.front();
  std::size_t next = 0;
  for (const DemoPatient& one : kPatients) {
    records::PatientDetails details;
    details.name = one.name;
    details.birth_date = date_of(one.birth_date);
    details.record_number = one.record_number;
    const auto patient = records::add_patient(database, physician, wish(), details);
    if (!patient) return no(patient.error());
    for (const records::Actor& person : people) {
      const auto joined = records::join_care_team(database, physician, wish(), *patient, person.person);
      if (!joined) return no(joined.error());
    }
    records::PumpDetails pump;
    pump.implanted_ms = utc_s() * 1'000;
    if (one.pump != nullptr) {
      const auto scenario = load_scenario(scenario_file(*one.pump).string(), library);
      if (!scenario) return std::unexpected(to_string(scenario.error().front()));
      pump.implant = implants[next++];
      pump.model = scenario->pump_name;
      pump.serial = one.pump->serial;
      pump.tubing = scenario->path.tubing;
    } else if (one.constant_flow_model != nullptr) {
      link::Sodium::random(pump.implant);  // it has no radio, and so no id
      pump.model = one.constant_flow_model;
      pump.serial = "THECA-DEMO-0612";
    } else {
      continue;
    }
    if (const auto added = records::add_pump(database, physician, wish(), *patient, pump); !added)
      return no(added.error());
  }
  return {};
}

std::expected<std::vector<link::ShortId>, std::string> pair_pumps(const ClinicPlaces& places,
                                                                  const std::vector<std::string>& pumps_at) {
  std::vector<link::ShortId> implants;
  for (std::size_t i = 0; i < pumps_at.size(); ++i) {
    const auto paired = run_child({"link", "pair", "--json", "--near", "--to", pumps_at[i], "--keys",
                                   places.link().string(), "--card", places.pump(i).string() + ".card"},
                                  places.log("pair"));
    if (!paired) return std::unexpected(paired.error());
    if (paired->first != kExitOk) return std::unexpected("theca link pair: " + paired->second);
    const auto answer = nlohmann::json::parse(paired->second, nullptr, /*allow_exceptions=*/false);
    link::ShortId implant{};
    if (!answer.is_object() || !air::from_hex(answer.value("implant", std::string{}), implant))
      return std::unexpected("theca link pair: its answer cannot be understood: " + paired->second);
    implants.push_back(implant);
  }
  return implants;
}

}  // namespace

std::vector<const DemoPump*> demo_pumps() {
  std::vector<const DemoPump*> pumps;
  for (const DemoPatient& one : kPatients)
    if (one.pump != nullptr) pumps.push_back(one.pump);
  return pumps;
}

const DemoPump& demo_pump_in_its_pack() { return kPackedPump; }

std::filesystem::path scenario_file(const DemoPump& pump) {
  return std::filesystem::path{data_dir()}.parent_path() / "scenarios" / pump.scenario;
}

std::expected<std::vector<link::ShortId>, std::string> make_demo_clinic(
    const ClinicPlaces& places, const std::string& origin, const std::string& address,
    const std::vector<std::string>& pumps_at) {
  const auto library = load_library_or_tell();
  if (!library) return std::unexpected("without the drug library there is no clinic");
  const auto implants = pair_pumps(places, pumps_at);
  if (!implants) return std::unexpected(implants.error());

  const PasskeySite site{"localhost", origin};
  auto signer_files = PrivateFolder::open(places.signer());
  if (!signer_files) return std::unexpected(signer_files.error());
  const auto seed = LinkKeys::clinic_seed_in(places.link());
  if (!seed) return std::unexpected(seed.error());
  if (const auto made = signer::make(*signer_files, site, *seed); !made) return std::unexpected(made.error());
  std::filesystem::remove(places.link() / "clinic.key");  // the signer's alone from here on

  auto server_files = PrivateFolder::open(places.server());
  if (!server_files) return std::unexpected(server_files.error());
  server::ClinicSettings settings;
  settings.kind = records::DatabaseKind::kDemo;
  settings.institution = kInstitution;
  settings.database = address;
  settings.site = site;
  auto clinic = server::make_clinic(*server_files, places.server(), std::move(settings), kAdministrator.name);
  if (!clinic) return std::unexpected(clinic.error());
  auto database = records::Database::open(server::opening_of(*clinic, places.server()));
  if (!database) return no(database.error());
  std::vector<records::Actor> people;
  if (const auto done = enrol_people(*signer_files, *server_files, **database, *clinic, people); !done)
    return std::unexpected(done.error());
  if (const auto done = add_patients(**database, people, *implants, *library); !done)
    return std::unexpected(done.error());
  if (const auto closed = (*database)->close(); !closed) return no(closed.error());

  auto gateway_files = PrivateFolder::open(places.gateway());
  if (!gateway_files) return std::unexpected(gateway_files.error());
  const auto key = gateway::make(*gateway_files);
  if (!key) return std::unexpected(key.error());
  if (const auto named = signer::name_gateway(*signer_files, *key); !named)
    return std::unexpected(named.error());
  return *implants;
}

Done renew_read_pass(const ClinicPlaces& places) {
  auto signer_files = PrivateFolder::open(places.signer());
  if (!signer_files) return std::unexpected(signer_files.error());
  auto gateway_files = PrivateFolder::open(places.gateway());
  if (!gateway_files) return std::unexpected(gateway_files.error());
  const auto keys = signer::Keys::read(*signer_files);
  if (!keys) return std::unexpected(keys.error());
  const auto people = signer::read_people(*signer_files);
  if (!people) return std::unexpected(people.error());
  const auto named = signer::named_gateway(*signer_files);
  if (!named) return std::unexpected(named.error());
  if (!*named) return std::unexpected("the signer knows no gateway");
  return gateway::keep_pass(*gateway_files, keys->read_pass(**named, people->epoch, utc_s()));
}

Done tell_pumps_places(const ClinicPlaces& places, const std::vector<link::ShortId>& implants,
                       const std::vector<std::string>& pumps_at, const std::string& coil_at) {
  auto files = PrivateFolder::open(places.gateway());
  if (!files) return std::unexpected(files.error());
  for (std::size_t i = 0; i < pumps_at.size(); ++i) {
    // What the gateway has learnt of the secrets since the pairing stands in its own book.
    auto known = gateway::read_implant(*files, implants[i]);
    if (!known) {
      const auto pairing = LinkKeys::pairing_in(places.link(), air::to_hex(implants[i]));
      if (!pairing) return std::unexpected(pairing.error());
      known = gateway::KnownImplant{pairing->implant, pairing->public_key, pairing->clinic.known, {}};
    }
    known->reach = {pumps_at[i], /*near=*/true};
    if (const auto kept = gateway::keep_implant(*files, *known); !kept) return kept;
  }
  if (const auto kept = gateway::keep_coil(*files, {coil_at, /*near=*/true}); !kept) return kept;
  // Perhaps it was paired since.
  const auto card = air::read_card(places.card_of_it());
  if (!card) return std::unexpected(card.error());
  if (auto known = gateway::read_implant(*files, card->implant)) {
    known->reach = {coil_at, /*near=*/true};
    return gateway::keep_implant(*files, *known);
  }
  return {};
}

Done make_demo_handheld(const ClinicPlaces& places, const link::ShortId& implant,
                        const std::string& pump_at) {
  auto files = PrivateFolder::open(places.handheld());
  if (!files) return std::unexpected(files.error());
  if (auto pairing = handheld::read_pairing(*files)) {
    pairing->implant.reach = {pump_at, /*near=*/true};
    return air::keep_implant(*files, handheld::kWhose, pairing->implant);
  }
  const auto library = load_library_or_tell();
  if (!library) return std::unexpected("without the drug library no emergency card names a drug");
  const auto key = air::make_key(*files, handheld::kWhose);
  if (!key) return std::unexpected(key.error());
  auto signer_files = PrivateFolder::open(places.signer());
  if (!signer_files) return std::unexpected(signer_files.error());
  const auto keys = signer::Keys::read(*signer_files);
  if (!keys) return std::unexpected(keys.error());
  const auto people = signer::read_people(*signer_files);
  if (!people) return std::unexpected(people.error());
  const auto paired = LinkKeys::pairing_in(places.link(), air::to_hex(implant));
  if (!paired) return std::unexpected(paired.error());

  const DemoPatient& patient = kPatients.front();
  const auto scenario = load_scenario(scenario_file(*patient.pump).string(), *library);
  if (!scenario) return std::unexpected(to_string(scenario.error().front()));
  handheld::EmergencyCard card;
  card.patient = patient.name;
  card.birth_date = patient.birth_date;
  card.clinic = kInstitution;
  card.phone = "+44 20 7946 0958";            // of the numbers that stand in no real directory (Ofcom)
  card.emergency_phone = "+44 20 7946 0999";  // so that a try calls nobody
  card.pump = scenario->pump_name;
  card.serial = patient.pump->serial;
  card.written = fmt::format("{:%F}", fmt::gmtime(static_cast<std::time_t>(utc_s())));
  for (const DrugEntry& drug : library->drugs) card.drugs.push_back({drug.code, drug.name});
  card.demo = true;
  if (const Done kept = handheld::keep_card(*files, card); !kept) return kept;
  // The pairing last: with it the programmer is whole.
  return handheld::keep_pairing(*files,
                                {.implant = {.id = implant,
                                             .public_key = paired->public_key,
                                             .secrets = paired->patient.known,
                                             .reach = {pump_at, /*near=*/true}},
                                 .certificate = keys->patients(*key, implant, people->epoch, utc_s())});
}

Done order_first_therapies(const ClinicPlaces& places, const std::vector<link::ShortId>& implants,
                           const std::filesystem::path& signer_socket,
                           const std::filesystem::path& gateway_socket) {
  const auto library = load_library_or_tell();
  if (!library) return std::unexpected("without the drug library nothing is ordered");
  const auto files = PrivateFolder::open(places.server());
  if (!files) return std::unexpected(files.error());
  const auto settings = server::read_settings(*files);
  if (!settings) return std::unexpected(settings.error());
  const auto secrets = server::read_demo_secrets(*files);
  if (!secrets) return std::unexpected(secrets.error());
  const server::DemoSecret& physician = secrets->front();
  SoftwareKey key{PasskeyAlgorithm::kEs256, physician.secret, /*counts=*/false};

  const std::vector<const DemoPump*> pumps = demo_pumps();
  for (std::size_t i = 0; i < pumps.size(); ++i) {
    if (pumps[i]->on_the_shelf) continue;
    const link::ShortId& implant = implants[i];
    const auto read = ask_gateway(gateway_socket, ReadImplant{implant});
    if (!read) return std::unexpected(read.error());
    if (!*read) return std::unexpected(read->error().why);
    const auto running = running_of(std::get<ImplantSaid>(**read));
    if (!running) return std::unexpected("what the pump says cannot be understood");
    if (running->order) continue;
    const auto scenario = load_scenario(scenario_file(*pumps[i]).string(), *library);
    if (!scenario) return std::unexpected(to_string(scenario.error().front()));
    const auto draft = first_order(*scenario, *running, implant, records::serial_of(physician.person),
                                   utc_s(), kReason, *library);
    if (!draft) return std::unexpected(draft.error());
    SigningRequest request;
    request.order = link::written(draft->order);
    request.model = running->status.model;
    request.assertions.push_back(key.assertion(settings->site, link::digest_of<link::Sodium>(request.order)));
    const auto answer = ask_signer(signer_socket, request);
    if (!answer) return std::unexpected(answer.error().why);
    if (!*answer) return std::unexpected(answer->error().message);
    SendOrder send;
    send.order = request.order;
    send.signatures = (*answer)->signatures;
    send.pass = (*answer)->pass.value();
    send.sequence = running->status.sequence;
    send.intent = 1;
    send.bedside.filled = draft->filled;
    const auto sent = ask_gateway(gateway_socket, send);
    if (!sent) return std::unexpected(sent.error());
    if (!*sent) return std::unexpected(sent->error().why);
    const SendOutcome& outcome = std::get<SendOutcome>(**sent);
    if (outcome.delivery != link::Delivery::kConfirmed) return std::unexpected(outcome.message);
  }
  return {};
}

}  // namespace theca
