// docs/protocol.md is enough: a programmer written from it alone (second_programmer.mjs) works with a real
// implant, a process of its own, and the implant's own words say that it did what it says.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "air/address.hpp"
#include "air/socket.hpp"
#include "verify/spawned.hpp"

namespace theca::verify {
namespace {

using Json = nlohmann::json;

constexpr const char* kScript = THECA_SOURCE_DIR "/src/verify/second_programmer.mjs";
constexpr const char* kScenario = THECA_SOURCE_DIR "/scenarios/morphine_with_patient_boluses.toml";
constexpr const char* kPumpLasts = "240";  // s; it is stopped before
constexpr std::chrono::seconds kPatience{180}, kToStart{60};

/// The program stands beside the tests.
std::filesystem::path program() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "theca";
}

std::vector<Json> lines_of(const std::string& text) {
  std::vector<Json> out;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    auto json = Json::parse(line, nullptr, false);
    if (json.is_object()) out.push_back(std::move(json));
  }
  return out;
}

/// An implant of its own, and somebody who visits it.
struct Visit {
  TestFolder folder;
  Spawned pump{{program().string(), "pump", "--listen", (folder / "implant").string(), "--state",
                (folder / "memory").string(), "--patient", kScenario, "--json", "--for", kPumpLasts},
               folder / "pump"};
  std::unique_ptr<Spawned> programmer;

  [[nodiscard]] bool up() const {
    const auto address = air::parse_address((folder / "implant").string());
    const auto until = std::chrono::steady_clock::now() + kToStart;
    while (std::chrono::steady_clock::now() < until) {
      if (std::filesystem::exists(folder / "memory.card") && air::connect_to(address->radio)) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
  }
  void visit(const std::string& script) {
    programmer = std::make_unique<Spawned>(
        std::vector<std::string>{"node", script, "live", "--to", (folder / "implant").string(), "--card",
                                 (folder / "memory.card").string()},
        folder / "programmer");
  }
  [[nodiscard]] std::string said() const { return text_in(folder / "programmer"); }
  [[nodiscard]] std::string pump_said() const { return text_in(folder / "pump"); }
};

TEST(SecondProgrammer, works_with_an_implant_and_the_implant_says_the_same) {
  Visit visit;
  ASSERT_TRUE(visit.up()) << program() << ": " << visit.pump_said();
  visit.visit(kScript);
  ASSERT_EQ(visit.programmer->ended_within(kPatience), 0) << visit.said();
  visit.pump.interrupt();
  EXPECT_EQ(visit.pump.ended_within(kToStart), 0);

  const std::vector<Json> deeds = lines_of(visit.said());
  std::vector<std::string> done;
  for (const Json& deed : deeds) done.push_back(deed["deed"]);
  EXPECT_EQ(done, (std::vector<std::string>{"paired", "read", "ordered", "stopped", "resumed", "revoked",
                                            "asked", "page", "journal"}));
  ASSERT_TRUE(!deeds.empty() && deeds.back().contains("changes")) << visit.said();
  std::vector<std::int64_t> meant;
  for (const Json& change : deeds.back()["changes"]) meant.push_back(change["intent"]);

  std::vector<std::int64_t> taken;
  std::vector<std::string> events;
  for (const Json& line : lines_of(visit.pump_said())) {
    if (!line.contains("event")) continue;
    events.push_back(line["event"]);
    if (line["event"] == "change taken") taken.push_back(line["value2"]);
  }
  EXPECT_EQ(taken, meant) << "each change once, and in this order";
  const auto times = [&](const char* event) { return std::ranges::count(events, event); };
  EXPECT_EQ(times("implanted"), 1);
  EXPECT_EQ(times("stopped"), 1);
  EXPECT_EQ(times("resumed"), 1);
  EXPECT_EQ(times("bolus granted"), 1);
  EXPECT_EQ(times("bolus refused"), 1);
  EXPECT_EQ(times("keys changed"), 9) << visit.pump_said();
}

/// The script with another text in the place of one of its own.
std::string twin_of(std::string script, const std::string& text, const std::string& instead) {
  const std::size_t at = script.find(text);
  EXPECT_NE(at, std::string::npos) << text;
  return at == std::string::npos ? script : script.replace(at, text.size(), instead);
}

TEST(SecondProgrammerBrokenTwin, who_leaves_the_page_in_one_place_gets_no_further) {
  const struct {
    const char *text, *instead, *lacks;
  } twins[] = {
      {"'theca link'), Buffer.of(1, 1)", "'theca link'), Buffer.of(2, 1)", "paired"},
      {"'theca session 1'", "'theca session 2'", "paired"},
      {"'theca wake gate 1'", "'theca wake gate 2'", "paired"},
      {"'theca pairing 1'", "'theca pairing 2'", "paired"},
      {"'theca role certificate 1'", "'theca role certificate 2'", "paired"},
      {"writeBigUInt64LE(BigInt(count), 4)", "writeBigUInt64LE(BigInt(count), 0)", "paired"},
      {"'theca secret 2'", "'theca secret 1'", "paired"},
      {"'theca order 1'", "'theca order 2'", "ordered"},
      {"await session.done('stop', { sequence, intent });\n  const late",
       "await session.done('stop', { sequence, intent: (intent ^ 1) >>> 0 });\n  const late", "stopped"},
      {"const rekeyed = (key) => seal(key, LAST", "const rekeyed = (key) => seal(key, 0n", "revoked"},
      {"'theca epoch 1'", "'theca epoch 2'", "revoked"},
      {"'theca transfer 1'", "'theca transfer 2'", "asked"},
      {"0x82f63b78", "0xedb88320", "journal"},
  };
  const std::string script = text_in(kScript);
  std::vector<std::unique_ptr<Visit>> visits;
  for (const auto& twin : twins) {
    auto visit = std::make_unique<Visit>();
    ASSERT_TRUE(visit->up()) << visit->pump_said();
    std::string changed = twin_of(script, twin.text, twin.instead);
    changed = twin_of(changed, "new URL('../../docs/', import.meta.url)",
                      "new URL('file://" THECA_SOURCE_DIR "/docs/')");
    changed = twin_of(changed, "TRIES = 5", "TRIES = 2");
    const auto file = visit->folder / "twin.mjs";
    std::ofstream{file} << changed;
    visit->visit(file.string());
    visits.push_back(std::move(visit));
  }
  for (std::size_t i = 0; i < visits.size(); ++i) {
    SCOPED_TRACE(twins[i].instead);
    EXPECT_EQ(visits[i]->programmer->ended_within(kPatience), 1) << visits[i]->said();
    EXPECT_EQ(visits[i]->said().find("\"deed\":\"" + std::string{twins[i].lacks} + "\""), std::string::npos)
        << visits[i]->said();
  }
}

}  // namespace
}  // namespace theca::verify
