// What the patient's programmer keeps, and what it makes of files that are not as it wrote them.
#include "handheld/books.hpp"

#include <gtest/gtest.h>

#include <map>

namespace theca::handheld {
namespace {

class FilesInMemory final : public Files {
 public:
  std::map<std::string, std::string> texts;
  std::expected<std::optional<std::string>, std::string> read(const std::string& name) const override {
    const auto found = texts.find(name);
    if (found == texts.end()) return std::nullopt;
    return found->second;
  }
  std::expected<void, std::string> write(const std::string& name, const std::string& text) override {
    texts[name] = text;
    return {};
  }
};

air::CertificateBytes certificate_of(Role role, std::uint32_t capabilities, const link::ShortId& implant) {
  link::RoleCertificate certificate;
  certificate.role = role;
  certificate.capabilities = capabilities;
  certificate.implant = implant;
  return link::written(certificate);
}

TEST(HandheldBooks, a_pairing_is_a_patients_with_this_pump) {
  FilesInMemory files;
  Pairing pairing;
  pairing.implant.id = {1, 2, 3};
  pairing.implant.secrets = {link::Key{7}};
  pairing.implant.reach = {"out/pump", true};
  for (const auto& wrong : {certificate_of(Role::kPhysician, link::kMaySpeak, pairing.implant.id),
                            certificate_of(Role::kPatient, link::kMaySign, pairing.implant.id),
                            certificate_of(Role::kPatient, link::kMaySpeak, {9}),
                            certificate_of(Role::kPatient, link::kMaySpeak, {}), air::CertificateBytes{}}) {
    pairing.certificate = wrong;
    EXPECT_FALSE(keep_pairing(files, pairing));
  }
  EXPECT_TRUE(files.texts.empty()) << "a refusal leaves nothing";
  pairing.certificate = certificate_of(Role::kPatient, link::kMaySpeak, pairing.implant.id);
  ASSERT_TRUE(keep_pairing(files, pairing));
  const auto read = read_pairing(files);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->certificate, pairing.certificate);
  EXPECT_EQ(read->implant.secrets, pairing.implant.secrets);
  EXPECT_EQ(read->implant.reach.to, "out/pump");
}

TEST(HandheldBooks, a_card_says_which_field_is_wrong) {
  EmergencyCard zoes;
  zoes.patient = "Zoe Quist";
  zoes.drugs = {{DrugCode{7}, "baclofen"}};
  zoes.demo = true;
  const std::string good = card_text(zoes);
  const auto card = parse_card(good);
  ASSERT_TRUE(card) << card.error();
  EXPECT_EQ(card->patient, "Zoe Quist");
  EXPECT_EQ(card->name_of(DrugCode{7}), "baclofen");
  EXPECT_EQ(card->name_of(DrugCode{8}), "drug 8");
  EXPECT_TRUE(card->demo);
  const auto says = [&](const std::string& from, const std::string& to, const char* what) {
    std::string text = good;
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    const auto read = parse_card(text);
    ASSERT_FALSE(read) << text;
    EXPECT_NE(read.error().find(what), std::string::npos) << read.error();
  };
  says("\"phone\"", "\"telephone\"", "phone: missing");
  says("\"Zoe Quist\"", "7", "patient:");
  says("\"Zoe Quist\"", "\"" + std::string(121, 'x') + "\"", "120 bytes");
  says("7,", "0,", "drugs:");
  says("7,", "65536,", "drugs:");
  says("true", "1", "demo:");
  says("\"demo\"", "\"dose\"", "a field that no card has");
  EXPECT_FALSE(parse_card("[]"));
  EXPECT_FALSE(parse_card(""));
}

TEST(HandheldBooks, INV_7_a_wish_on_its_way_is_not_known_after_a_start_anew) {
  FilesInMemory files;
  EXPECT_FALSE(read_ask(files)->has_value());
  struct Row {
    AskState kept;
    std::uint32_t request;
    AskState read;
  };
  for (const Row& row :
       {Row{AskState::kAsking, 0, AskState::kNotGiven}, Row{AskState::kAsking, 4, AskState::kUnknown},
        Row{AskState::kUnknown, 4, AskState::kUnknown}, Row{AskState::kGranted, 4, AskState::kGranted},
        Row{AskState::kRefused, 4, AskState::kRefused}, Row{AskState::kNotGiven, 4, AskState::kNotGiven},
        Row{AskState::kLost, 4, AskState::kLost}}) {
    ASSERT_TRUE(keep_ask(files, {.intent = "intent",
                                 .state = row.kept,
                                 .request = row.request,
                                 .at_utc_ms = 5,
                                 .refusal = Refusal::kLockout,
                                 .next_utc_ms = 6}));
    const auto ask = read_ask(files);
    ASSERT_TRUE(ask && *ask);
    EXPECT_EQ((*ask)->state, row.read);
    EXPECT_EQ((*ask)->request, row.request);
    EXPECT_EQ((*ask)->refusal, Refusal::kLockout);
  }
  // Whether a dose is on its way is nothing to be guessed.
  for (const char* broken : {"", "{", "[]", "{\"theca\":1}"}) {
    files.texts["ask.json"] = broken;
    EXPECT_FALSE(read_ask(files)) << broken;
  }
}

TEST(HandheldBooks, an_answer_of_another_version_is_no_answer) {
  FilesInMemory files;
  Seen seen;
  seen.own.boluses_left = 3;
  seen.at_utc_ms = 77;
  ASSERT_TRUE(keep_seen(files, seen));
  const auto read = read_seen(files);
  ASSERT_TRUE(read && *read);
  EXPECT_EQ((*read)->own.boluses_left, 3);
  EXPECT_EQ((*read)->at_utc_ms, 77);
  files.texts["seen.json"] = R"({"theca": "", "own": "AAAA", "therapy": "AAAA", "at_utc_ms": 1})";
  EXPECT_FALSE(read_seen(files)->has_value());
}

TEST(HandheldBooks, a_diary_is_read_as_it_was_written_and_a_broken_one_is_told) {
  FilesInMemory files;
  const std::vector<DiaryEntry> diary{{1, "a", 5, 2, std::uint8_t{10}, {"sick"}, "note"},
                                      {2, "b", 6, 0, {}, {}, "only"}};
  ASSERT_TRUE(keep_diary(files, diary));
  const auto read = read_diary(files);
  ASSERT_TRUE(read) << read.error();
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ((*read)[0].pain, std::uint8_t{10});
  EXPECT_FALSE((*read)[1].pain);
  EXPECT_EQ((*read)[1].note, "only");
  files.texts["diary.json"] = R"([{"id":1}])";
  EXPECT_FALSE(read_diary(files));
}

TEST(HandheldBooks, the_key_of_the_pages_stays) {
  FilesInMemory files;
  const auto key = page_key(files);
  ASSERT_TRUE(key);
  EXPECT_GE(key->size(), 43U);
  EXPECT_EQ(page_key(files), key);
  files.texts["page.key"] = "short\n";
  EXPECT_FALSE(page_key(files));
}

}  // namespace
}  // namespace theca::handheld
