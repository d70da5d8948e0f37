// data/vectors/link.json, by which somebody else may hold a programmer of their own (docs/protocol.md),
// against the implant's own code. THECA_REWRITE_VECTORS=1 writes what it holds anew, from the inputs that
// stand in it.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "air/private_file.hpp"
#include "link/caller.hpp"
#include "link/link_testing.hpp"
#include "link/message.hpp"
#include "link/session.hpp"
#include "link/sodium_issue.hpp"
#include "pump/journal.hpp"
#include "verify/spawned.hpp"

namespace theca::verify {
namespace {

using air::to_hex;
using link::Bytes;
using link::Hash;
using link::Key;
using link::Side;
using link::Sodium;
using Json = nlohmann::ordered_json;

constexpr const char* kVectors = THECA_SOURCE_DIR "/data/vectors/link.json";
constexpr const char* kScript = THECA_SOURCE_DIR "/src/verify/second_programmer.mjs";
constexpr std::chrono::seconds kPatience{120};
constexpr std::uint16_t kTag = 3;  // of the messages that stand alone

/// libsodium, and what came of it on the way: a handshake tells none of that.
struct Overheard : Sodium {
  static inline std::vector<Key> hmacs, dhs;
  static Hash hmac(Bytes key, std::span<const Bytes> parts) {
    return hmacs.emplace_back(Sodium::hmac(key, parts));
  }
  static std::optional<Key> dh(const Key& secret, const Key& other) {
    const auto shared = Sodium::dh(secret, other);
    dhs.push_back(shared.value_or(Key{}));
    return shared;
  }
};

template <std::size_t N = link::kKeyBytes>
std::array<std::uint8_t, N> bytes_of(const Json& json) {
  std::array<std::uint8_t, N> out{};
  EXPECT_TRUE(air::from_hex(json.get<std::string>(), out)) << json;
  return out;
}
template <std::size_t N>
std::string hex(const std::array<Word, N>& words) {
  std::vector<std::uint8_t> bytes;
  for (const Word word : words) {
    for (unsigned b = 0; b < 8; ++b) bytes.push_back(static_cast<std::uint8_t>(word >> (8 * b)));
  }
  return to_hex(bytes);
}
Key next_key(const Key& key) {
  std::array<std::uint8_t, link::kKeyBytes + link::kTagBytes> sealed{};
  Sodium::seal(sealed, key, UINT64_MAX, {}, Key{});
  return link::example::key_of({sealed.begin(), sealed.begin() + link::kKeyBytes});
}

Prescription prescription_of(const Json& json) {
  Prescription p;
  p.number = json["number"];
  p.formulation.number = json["fluid"];
  p.formulation.count = 1;
  p.formulation.components[0] = {static_cast<DrugCode>(json["drug"]),
                                 static_cast<DrugClass>(json["drug_class"]),
                                 Concentration{json["ng_per_ml"]}};
  p.safe_state.action = static_cast<SafeAction>(json["safe_state"]);
  p.basal.mode = BasalMode::kSimpleContinuous;
  p.basal.rate = FlowRate{json["basal_nl_per_day"]};
  p.patient.dose = {Volume{json["bolus_nl"]}, FlowRate{json["bolus_nl_per_day"]}};
  p.patient.lockout_s = json["lockout_s"];
  p.patient.window_s = json["window_s"];
  p.patient.allotted = json["boluses"];
  return p;
}
link::Order order_of(const Json& json, const link::ShortId& implant, const PrescriptionBytes& prescription) {
  link::Order o;
  o.kind = static_cast<link::OrderKind>(json["kind"]);
  o.implant = implant;
  o.number = json["number"];
  o.author = json["author"];
  o.issued_utc_s = json["issued_utc_s"];
  o.path = {Volume{json["tubing_nl"]}, Volume{json["catheter_nl"]}};
  o.ceilings = {Volume{json["hour_nl"]}, Volume{json["day_nl"]}, Volume{json["thirty_days_nl"]}};
  o.low_alarm = Volume{json["low_alarm_nl"]};
  o.largest_rise_ppm = json["largest_rise_ppm"];
  o.emergency_hold_s = json["emergency_hold_s"];
  o.patient_may_pause = json["patient_may_pause"] != 0;
  o.prescription = prescription;
  return o;
}

/// Two sides that speak: what was said, and the frame that it went in.
struct Talk {
  link::Session<Overheard> programmer, implant;
  Json said(Instant now, Side from, Bytes plain) {
    const bool ours = from == Side::kInitiator;
    std::array<std::uint8_t, link::kMostBody> record{}, heard{};
    const auto size = (ours ? programmer : implant).seal(now, plain, record);
    EXPECT_TRUE(size);
    const Bytes whole = Bytes{record}.first(size.value_or(0));
    const auto length = (ours ? implant : programmer).open(now, whole, heard);
    EXPECT_TRUE(length && std::ranges::equal(Bytes{heard}.first(*length), plain));
    const link::Frame frame{ours ? link::FrameType::kToImplant : link::FrameType::kFromImplant, whole};
    return {{"plain", to_hex(plain)}, {"frame", to_hex(frame.bytes())}};
  }
};

Json opening_of(const Json& in, const Key& implant_public, const link::ShortId& id, Bytes certificate,
                Json& records) {
  Overheard::hmacs.clear();
  Overheard::dhs.clear();
  const auto number = bytes_of<16>(in["number"]);
  const Key secret = bytes_of(in["clinic_secret"]), psk = link::session_psk<Sodium>(secret, number),
            gate = link::gate_key<Sodium>(secret);
  const auto prologue = link::prologue_of(number);
  link::Handshake<Overheard> programmer{
      link::kIkPsk2,
      Side::kInitiator,
      prologue,
      {bytes_of(in["programmer_secret"]), bytes_of(in["programmer_ephemeral"]), implant_public, psk}};
  link::Handshake<Overheard> implant{
      link::kIkPsk2,
      Side::kResponder,
      prologue,
      {bytes_of(in["implant_secret"]), bytes_of(in["implant_ephemeral"]), std::nullopt, psk}};
  Json out{{"prologue", to_hex(prologue)},
           {"psk", to_hex(psk)},
           {"gate_key", to_hex(gate)},
           {"hash_begun", to_hex(programmer.hash())}};
  std::array<std::uint8_t, link::kMostBody> wire{}, payload{};
  const std::size_t first = programmer.write(certificate, wire).value_or(0);
  EXPECT_TRUE(implant.read(Bytes{wire}.first(first), payload));
  const auto tag = link::gate_tag<Sodium>(gate, Bytes{wire}.first(first), number);
  out["es"] = to_hex(Overheard::dhs.at(0));
  out["ss"] = to_hex(Overheard::dhs.at(1));
  out["first_message"] = to_hex(Bytes{wire}.first(first));
  out["gate_tag"] = to_hex(tag);
  std::ranges::copy(tag, wire.begin() + static_cast<std::ptrdiff_t>(first));
  const link::Frame call{link::FrameType::kFirst, Bytes{wire}.first(first + tag.size())};
  out["first_frame"] = to_hex(call.bytes());
  out["hash_after_first"] = to_hex(programmer.hash());
  const auto told = link::written(link::SecondPayload{id, in["boots"], in["certificate"]["epoch"]});
  const std::size_t second = implant.write(told, wire).value_or(0);
  EXPECT_TRUE(programmer.read(Bytes{wire}.first(second), payload));
  out["ee"] = to_hex(Overheard::dhs.at(4));  // the implant's es and ss lie between
  out["se"] = to_hex(Overheard::dhs.at(5));
  out["second_payload"] = to_hex(told);
  out["second_message"] = to_hex(Bytes{wire}.first(second));
  const link::Frame answer{link::FrameType::kSecond, Bytes{wire}.first(second)};
  out["second_frame"] = to_hex(answer.bytes());
  out["hash"] = to_hex(programmer.hash());
  (void)programmer.split();
  const Key there = Overheard::hmacs.at(Overheard::hmacs.size() - 2), back = Overheard::hmacs.back();
  out["key_to_implant"] = to_hex(there);
  out["key_from_implant"] = to_hex(back);
  // The programmer's own way from number to frame makes the same bytes.
  link::CallerKeys keys{bytes_of(in["programmer_secret"]), {}, implant_public, secret};
  std::ranges::copy(certificate, keys.certificate.begin());
  link::Caller<Sodium> caller{keys};
  EXPECT_EQ(to_hex(caller.call(number, bytes_of(in["programmer_ephemeral"])).bytes()),
            out["first_frame"].get<std::string>());
  EXPECT_TRUE(caller.opens(Instant{}, answer.bytes()));

  Talk talk{{programmer, Side::kInitiator, Instant{}}, {implant, Side::kResponder, Instant{}}};
  link::Outcome done, no;
  done.to = Opcode::kReady;
  no.to = Opcode::kReadOwn;
  no.answer = LinkAnswer::kNotThisRole;
  records["ready"] = talk.said(Instant{}, Side::kInitiator, link::asking(1, link::Ready{}).bytes());
  records["ready_told"] = talk.said(Instant{}, Side::kResponder, link::telling(1, done).bytes());
  records["next_key_to_implant"] = to_hex(next_key(there));
  records["next_key_from_implant"] = to_hex(next_key(back));
  // Until the keys are old enough for others the session is kept alive.
  constexpr Duration kBreath = seconds(50);
  Instant now;
  for (; now < Instant{} + link::kKeyAge; now = now + kBreath) {
    talk.said(now, Side::kInitiator, link::asking(9, link::Ready{}).bytes());
    talk.said(now, Side::kResponder, link::telling(9, done).bytes());
  }
  now = Instant{} + link::kKeyAge;
  records["asked"] = talk.said(now, Side::kInitiator, link::asking(2, link::ReadOwn{}).bytes());
  records["told"] = talk.said(now, Side::kResponder, link::telling(2, no).bytes());
  return out;
}

Json vectors_of(const Json& in) {
  const Key clinic = bytes_of(in["clinic_seed"]), signer = bytes_of(in["signer_seed"]);
  const Key implant_public = Sodium::public_of(bytes_of(in["implant_secret"])),
            programmer_public = Sodium::public_of(bytes_of(in["programmer_secret"])),
            clinic_public = Sodium::signing_public_of(clinic),
            heir_public = Sodium::signing_public_of(bytes_of(in["heir_seed"]));
  const link::ShortId id = link::short_id<Sodium>(implant_public);
  Json vendors = Json::array();
  for (const Json& seed : in["vendor_seeds"])
    vendors.push_back(to_hex(Sodium::signing_public_of(bytes_of(seed))));
  const auto vendor = [&](std::size_t key) { return bytes_of(in["vendor_seeds"][key]); };

  link::RoleCertificate draft;
  draft.role = static_cast<Role>(in["certificate"]["role"]);
  draft.capabilities = in["certificate"]["capabilities"];
  draft.implant = id;
  draft.epoch = in["certificate"]["epoch"];
  draft.not_before = in["certificate"]["not_before"];
  draft.not_after = in["certificate"]["not_after"];
  draft.serial = in["certificate"]["serial"];
  const link::RoleCertificate issued = link::issue(clinic, draft, programmer_public);
  const auto certificate = link::written(issued);

  Json records;
  const Json opening = opening_of(in, implant_public, id, certificate, records);

  const Prescription prescription = prescription_of(in["prescription"]);
  const PrescriptionBytes prescribed = encode(prescription);
  const link::OrderBytes order = link::written(order_of(in["order"], id, prescribed));
  const Hash digest = link::digest_of<Sodium>(order);

  const auto raised = [&](const link::NearFieldNonce& number) -> Json {
    const link::EpochStatement epoch{in["epoch"]["epoch"], in["epoch"]["issued_utc_s"], id, number};
    const link::RaiseEpoch message{epoch, link::sign_epoch(clinic, epoch)};
    return {{"signed", to_hex(link::signed_of<Sodium>(epoch))},
            {"asked", to_hex(link::asking(kTag, message).bytes())}};
  };
  const auto coils = bytes_of<16>(in["number"]);
  const Key callers = bytes_of(in["programmer_share"]), implants = bytes_of(in["implant_share"]);
  const auto secret = [&](link::SecretFor whom) {
    return to_hex(link::paired_secret<Sodium>(callers, implants, whom));
  };
  const link::TransferToken token{link::kTransferVersion, id, link::heir_of<Sodium>(heir_public),
                                  in["promise"]};
  const auto image = link::example::from_hex(in["image"].get<std::string>());
  link::FirmwareHeader header;
  header.device_class = in["firmware"]["device_class"];
  header.version = in["firmware"]["version"];
  header.counter = in["firmware"]["counter"];
  header.size = static_cast<std::uint32_t>(image.size());
  header.image = Sodium::sha256(std::array<Bytes, 1>{Bytes{image}});
  const Key page_before = bytes_of(in["page_before"]);
  const JournalPage page{in["page"]["number"], in["page"]["first_sequence"],
                         Sodium::sha256(std::array<Bytes, 1>{Bytes{page_before}})};
  const Json& e = in["entry"];
  const JournalEntry entry{
      e["sequence"],
      {Instant{e["at_ms"]}, static_cast<EventCode>(e["event"]), e["detail"], e["value"], e["value2"]}};
  return {
      {"about",
       "Everything that docs/protocol.md says how to make, from fixed inputs. These secrets are no secrets."},
      {"inputs", in},
      {"keys",
       {{"implant_public", to_hex(implant_public)},
        {"implant_id", to_hex(id)},
        {"programmer_public", to_hex(programmer_public)},
        {"clinic_public", to_hex(clinic_public)},
        {"issuer", to_hex(issued.issuer)},
        {"signer_public", to_hex(Sodium::signing_public_of(signer))},
        {"heir_public", to_hex(heir_public)},
        {"vendor_public", vendors}}},
      {"certificate",
       {{"signed", to_hex(link::signed_of<Sodium>(issued, programmer_public))},
        {"bytes", to_hex(certificate)}}},
      {"opening", opening},
      {"records", records},
      {"order",
       {{"prescription", to_hex(prescribed)},
        {"bytes", to_hex(order)},
        {"digest", to_hex(digest)},
        {"signed", to_hex(link::signed_of<Sodium>(digest))},
        {"signature", to_hex(link::sign_order(signer, digest))},
        {"last_block", to_hex(link::block_of(order, link::kOrderBlocks - 1))}}},
      {"epoch", {{"for_this_session", raised(coils)}, {"for_none", raised(link::NearFieldNonce{})}}},
      {"secrets",
       {{"signed", to_hex(link::signed_of<Sodium>(link::SecretFor::kClinic, id, callers, coils))},
        {"pair", to_hex(link::asking(kTag, link::signed_pair(clinic, id, callers, coils)).bytes())},
        {"renew", to_hex(link::asking(kTag, link::signed_renew(clinic, id, callers, coils)).bytes())},
        {"clinic", secret(link::SecretFor::kClinic)},
        {"patient", secret(link::SecretFor::kPatient)},
        {"heir", secret(link::SecretFor::kHeir)}}},
      {"transfer",
       {{"heir", to_hex(token.heir)},
        {"token", to_hex(link::written(token))},
        {"signed", to_hex(link::signed_of<Sodium>(token))},
        {"signature", to_hex(link::sign_transfer(clinic, token))}}},
      {"claim",
       {{"first", to_hex(link::sign_transfer(vendor(0), token))},
        {"other", to_hex(link::sign_transfer(vendor(2), token))},
        {"card_proof", to_hex(link::card_proof<Sodium>(bytes_of(in["card_secret"]), token))}}},
      {"firmware",
       {{"header", to_hex(link::written(header))},
        {"signed", to_hex(link::digest_of<Sodium>(header))},
        {"first", to_hex(link::sign_firmware(vendor(0), header))},
        {"other", to_hex(link::sign_firmware(vendor(1), header))}}},
      {"journal", {{"head", hex(words_of(page))}, {"entry", hex(words_of(entry))}}},
  };
}

TEST(LinkVectors, are_what_the_implants_own_code_makes) {
  const std::string stands = text_in(kVectors);
  const Json json = Json::parse(stands);
  const std::string right = vectors_of(json["inputs"]).dump(2) + "\n";
  if (std::getenv("THECA_REWRITE_VECTORS") != nullptr) std::ofstream{kVectors} << right;
  EXPECT_EQ(text_in(kVectors), right)
      << "run verify_test with THECA_REWRITE_VECTORS=1 and read what it changed";
}

TEST(LinkVectors, hold_what_an_implant_takes) {
  const Json json = Json::parse(text_in(kVectors));
  const auto certificate =
      link::read<link::RoleCertificate>(bytes_of<link::kCertificateBytes>(json["certificate"]["bytes"]));
  const auto order = link::read<link::Order>(bytes_of<link::kOrderBytes>(json["order"]["bytes"]));
  ASSERT_TRUE(certificate && order);
  const link::CertificateNow now{bytes_of(json["keys"]["clinic_public"]),
                                 bytes_of<8>(json["keys"]["implant_id"]), certificate->epoch,
                                 std::int64_t{certificate->not_after}};
  EXPECT_EQ(
      link::check<Sodium>(*certificate, bytes_of(json["keys"]["programmer_public"]), link::kMaySpeak, now),
      link::CertificateFault::kNone);
  const auto prescription = decode(order->prescription);
  ASSERT_TRUE(prescription);
  EXPECT_EQ(*prescription, prescription_of(json["inputs"]["prescription"]));
}

TEST(LinkVectors, are_what_the_second_programmer_makes) {
  const TestFolder folder;
  Spawned script{{"node", kScript, "vectors", kVectors}, folder / "says"};
  EXPECT_EQ(script.ended_within(kPatience), 0) << text_in(folder / "says");
}

/// Every value of the file, and how to reach it.
void leaves(const Json& json, const Json::json_pointer& at, std::vector<Json::json_pointer>& out) {
  if (!json.is_structured()) return out.push_back(at);
  for (const auto& [name, value] : json.items()) {
    leaves(value, json.is_array() ? at / static_cast<std::size_t>(std::stoul(name)) : at / name, out);
  }
}
/// The same with one bit, or one, more or less.
Json another(const Json& value) {
  if (value.is_number()) return value.get<std::int64_t>() ^ 1;
  auto text = value.get<std::string>();
  text.back() = text.back() == '0' ? '1' : '0';
  return text;
}

TEST(LinkVectorsBrokenTwin, one_wrong_value_anywhere_is_seen_by_both) {
  const Json whole = Json::parse(text_in(kVectors));
  std::vector<Json::json_pointer> places;
  leaves(whole, Json::json_pointer{}, places);
  ASSERT_GT(places.size(), 90U);
  const TestFolder folder;
  std::vector<std::string> words{"node", kScript, "vectors"};
  for (const auto& place : places) {
    Json wrong = whole;
    wrong[place] = another(wrong[place]);
    const bool seen = vectors_of(wrong["inputs"]) != wrong;
    EXPECT_TRUE(seen) << place;
    words.push_back((folder / (std::to_string(words.size()) + ".json")).string());
    std::ofstream{words.back()} << wrong;
  }
  Spawned script{words, folder / "says"};
  EXPECT_EQ(script.ended_within(kPatience), 1);
  const std::string says = text_in(folder / "says");
  std::size_t differ = 0;
  for (std::size_t at = says.find(": differs: "); at != std::string::npos;
       at = says.find(": differs: ", at + 1))
    ++differ;
  EXPECT_EQ(differ, places.size()) << says;
}

}  // namespace
}  // namespace theca::verify
