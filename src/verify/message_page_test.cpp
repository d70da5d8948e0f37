/// docs/messages.md is what the tables and the messages' own descriptions say: opcodes, fields, places,
/// sizes, ranges, roles, states, answers, refusals, modes, alarms,
/// events, and who may do what.
///
/// THECA_REWRITE_MESSAGES=1 writes the page anew.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "catalogue/event.hpp"
#include "implant/authorisation.hpp"
#include "link/wire_testing.hpp"

namespace theca::verify {
namespace {

using link::example::FieldRow;

constexpr const char* kPage = THECA_SOURCE_DIR "/docs/messages.md";

std::string hex(unsigned value) {
  std::ostringstream out;
  out << "0x" << (value < 16 ? "0" : "") << std::hex << value;
  return out.str();
}

std::string size_of(const std::vector<FieldRow>& rows) {
  return std::to_string(rows.empty() ? 0 : rows.back().at + rows.back().size);
}

std::string fields_of(const std::vector<FieldRow>& rows) {
  if (rows.empty()) return "No fields.\n";
  std::ostringstream out;
  out << "| at | size | type | field | range | meaning |\n|---|---|---|---|---|---|\n";
  for (const FieldRow& row : rows) {
    out << "| " << row.at << " | " << row.size << " | " << row.type << " | `" << row.name << "` | "
        << (row.most ? "0 to " + std::to_string(*row.most) : "any") << " | " << row.meaning << " |\n";
  }
  return out.str();
}

const char* kind_of(OpcodeKind kind) {
  switch (kind) {
    case OpcodeKind::kRead:
      return "reads";
    case OpcodeKind::kPrepare:
      return "prepares";
    case OpcodeKind::kChange:
      return "changes";
  }
  return "";
}

std::string cell_of(const Permit& permit) {
  std::string out;
  std::size_t held = 0;
  for (std::size_t s = 0; s < kDeviceStateCount; ++s) {
    if (!permit.states.has(static_cast<DeviceState>(s))) continue;
    out += (out.empty() ? "" : ", ") + std::string{kDeviceStateNames[s]};
    ++held;
  }
  if (held == 0) return "–";
  if (permit.states.bits == authorisation::kOwned.bits) out = "always";
  if (permit.condition == Condition::kIfPrescribed) out += "; if prescribed";
  if (permit.condition == Condition::kOwnPause) out += "; the own pause";
  return out;
}

void tables(std::ostringstream& out) {
  out << "\n## Roles\n\n| code | role | |\n|---|---|---|\n";
  for (const RoleRow& row : kRoles)
    out << "| " << static_cast<int>(row.role) << " | " << row.name << " | " << row.text << " |\n";
  out << "\n## States\n\n| code | state |\n|---|---|\n";
  for (std::size_t s = 0; s < kDeviceStateCount; ++s)
    out << "| " << s << " | " << kDeviceStateNames[s] << " |\n";
  out << "\n## Who may do what, when\n\n"
         "A cell names the states in which it may be done; *always*: in each but unpaired. What has no row "
         "is "
         "refused.\n\n|";
  out << " operation |";
  for (const RoleRow& row : kRoles) out << " " << row.name << " |";
  out << "\n|---|";
  for (std::size_t r = 0; r < kRoleCount; ++r) out << "---|";
  out << "\n";
  for (std::size_t i = 0; i < kOpcodeCount; ++i) {
    out << "| " << kOpcodes[i].name << " |";
    for (const Permit& cell : authorisation::kTable[i].by_role) out << " " << cell_of(cell) << " |";
    out << "\n";
  }
  out << "\n## Answers\n\n| code | answer | |\n|---|---|---|\n";
  for (const LinkAnswerRow& row : kLinkAnswers)
    out << "| " << static_cast<int>(row.answer) << " | " << row.name << " | " << row.text << " |\n";
  out << "\n## Refusals of the pump\n\n| code | refusal | |\n|---|---|---|\n";
  for (const RefusalRow& row : kRefusals)
    out << "| " << static_cast<int>(row.refusal) << " | " << row.name << " | " << row.text << " |\n";
  out << "\n## Modes\n\n| code | mode |\n|---|---|\n";
  for (const ModeRow& row : kModes) out << "| " << static_cast<int>(row.mode) << " | " << row.name << " |\n";
  out << "\n## Alarms\n\nBit n of `alarms` is 1 << n; what each means stands in [alarms.md](alarms.md).\n\n"
         "| bit | alarm |\n|---|---|\n";
  for (const AlarmRow& row : kAlarms)
    out << "| " << static_cast<int>(row.alarm) << " | " << row.name << " |\n";
  out << "\n## Events of the journal\n\n| code | event | detail | first value | second value |\n"
         "|---|---|---|---|---|\n";
  for (const EventRow& row : kEvents)
    out << "| " << static_cast<int>(row.code) << " | " << row.name << " | " << row.detail << " | "
        << row.value << " | " << row.value2 << " |\n";
}

void messages(std::ostringstream& out) {
  out << "\n## Operations\n\n| opcode | operation | | request | reply | |\n|---|---|---|---|---|---|\n";
  link::for_each_request([&]<class M>() {
    const OpcodeRow& row = kOpcodes[*place_of(M::kOpcode)];
    out << "| " << hex(static_cast<unsigned>(row.opcode)) << " | " << row.name << " | " << kind_of(row.kind)
        << " | " << size_of(link::example::fields_of<M>()) << " | ";
    if constexpr (requires { typename M::Reply; }) {
      out << size_of(link::example::fields_of<typename M::Reply>());
    } else {
      out << "outcome";
    }
    out << " | " << row.text << " |\n";
  });
  out << "\n## Fields of each operation\n";
  link::for_each_request([&]<class M>() {
    const OpcodeRow& row = kOpcodes[*place_of(M::kOpcode)];
    out << "\n### " << row.name << "\n\n" << fields_of(link::example::fields_of<M>());
    if constexpr (requires { typename M::Reply; })
      out << "\nReply:\n\n" << fields_of(link::example::fields_of<typename M::Reply>());
  });
  out << "\n## What else has a form\n";
  const auto other = [&](const char* name, const std::vector<FieldRow>& rows) {
    out << "\n### " << name << "\n\n" << size_of(rows) << " bytes.\n\n" << fields_of(rows);
  };
  other("outcome", link::example::fields_of<link::Outcome>());
  other("payload of the first message", link::example::fields_of<link::FirstPayload>());
  other("payload of the second message", link::example::fields_of<link::SecondPayload>());
  other("role certificate", link::example::fields_of<link::RoleCertificate>());
  other("order", link::example::fields_of<link::Order>());
  other("firmware header", link::example::fields_of<link::FirmwareHeader>());
}

std::string page() {
  std::ostringstream out;
  out << "# The messages of the link\n\n"
         "Written by the test `MessagePage` (`src/verify/message_page_test.cpp`, `THECA_REWRITE_MESSAGES=1`) "
         "from the one description\nthat writer and reader walk as well. What a session is, and how it "
         "opens, "
         "stands in [protocol.md](protocol.md).\n\n"
         "A frame is `length u8 | type u8 | body`, at most "
      << link::kMostFrame
      << " bytes, the length being that of what follows it. A record's plain\ntext from the "
      << "programmer is `opcode u8 | tag u16 | body`, at most " << link::kMostPlain
      << " bytes. The implant answers with `0x80 + opcode | tag |\nreply`, or with `0xff | tag | outcome`. "
         "Integers are little endian; every message has one length; a value outside its range,\nor a message "
         "that contradicts itself, is refused as malformed.\n";
  tables(out);
  messages(out);
  return out.str();
}

TEST(MessagePage, says_what_the_descriptions_say) {
  const std::string right = page();
  if (std::getenv("THECA_REWRITE_MESSAGES") != nullptr) std::ofstream{kPage} << right;
  std::ifstream in{kPage};
  const std::string stands{std::istreambuf_iterator<char>{in}, {}};
  EXPECT_EQ(stands, right) << "run verify_test with THECA_REWRITE_MESSAGES=1 and read what it changed";
}

TEST(MessagePage, every_field_has_a_name_and_a_meaning) {
  const auto whole = [](const std::vector<FieldRow>& rows) {
    for (const FieldRow& row : rows) {
      EXPECT_FALSE(row.name.empty());
      EXPECT_FALSE(row.meaning.empty()) << row.name;
    }
  };
  link::for_each_request([&]<class M>() { whole(link::example::fields_of<M>()); });
  link::example::for_each_reply_and_payload(
      [&]<class M>(const char*) { whole(link::example::fields_of<M>()); });
}

}  // namespace
}  // namespace theca::verify
