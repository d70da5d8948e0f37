// The floors of the house, held against every #include under src/: a room may include the rooms it may
// know and whatever those may know; nothing else, never sideways.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Room {
  std::string_view name;
  int floor;
  std::vector<std::string_view> may_know;
  bool in_implant;
};

constexpr int kTopFloor = 11;  // knows everything

const std::vector<Room> kHouse = {
    {"quantity", 1, {}, true},
    {"drug", 2, {"quantity"}, true},
    {"source", 2, {"quantity"}, false},
    {"files", 1, {}, false},
    {"http", 1, {}, false},
    {"therapy", 3, {"drug"}, true},
    {"catalogue", 4, {"therapy"}, true},
    {"plan", 4, {"therapy", "source"}, false},
    {"body", 4, {"drug", "source"}, false},
    {"pump", 5, {"catalogue"}, true},
    {"link", 5, {"catalogue"}, true},
    {"implant", 6, {"pump", "link"}, true},
    {"air", 6, {"link", "files"}, false},
    {"world", 7, {"implant", "body", "plan"}, false},
    {"firmware", 7, {"implant"}, true},
    {"cohort", 8, {"world"}, false},
    {"simulator", 8, {"world", "air"}, false},
    {"clinic", 9, {"cohort", "link", "files"}, false},
    {"server", 10, {"clinic", "http"}, false},
    {"gateway", 10, {"clinic", "air"}, false},
    {"signer", 10, {"clinic"}, false},
    {"handheld", 10, {"air", "http"}, false},
    {"cli", kTopFloor, {}, false},
    {"verify", kTopFloor, {}, false},
    {"bench", kTopFloor, {}, false},
};

// Parts of implant rooms that stay on the host: parsing with messages, the model of a flash memory. No file
// of an implant room may include them.
constexpr std::string_view kFlashModel = "pump/flash_model";  // the memory of the pump's own tests
constexpr std::string_view kSodium = "link/sodium";           // and the library of its tests
constexpr std::string_view kSodiumImplant = "implant/sodium";
constexpr std::array<std::string_view, 4> kHostParts = {"quantity/text", kFlashModel, kSodium,
                                                        kSodiumImplant};

const Room* find_room(std::string_view name) {
  const auto room = std::ranges::find(kHouse, name, &Room::name);
  return room == kHouse.end() ? nullptr : &*room;
}

std::string_view room_part(std::string_view path) { return path.substr(0, path.find('/')); }

bool knows(const Room& from, std::string_view to) {
  return from.floor == kTopFloor || std::ranges::any_of(from.may_know, [&](std::string_view name) {
           const Room* below = find_room(name);
           return name == to || (below != nullptr && knows(*below, to));
         });
}

/// The rule that a line of `file` (its path below src/) breaks, if any.
std::optional<std::string> broken_rule(const std::string& file, const std::string& line) {
  static const std::regex include(R"re(^\s*#\s*include\s*(["<])([^">]+)[">])re");
  std::smatch match;
  if (!std::regex_search(line, match, include)) return std::nullopt;
  const std::string target = match[2];
  const Room* from = find_room(room_part(file));
  const Room* to = target.contains('/') ? find_room(room_part(target)) : nullptr;

  if (from == nullptr) return "'" + std::string(room_part(file)) + "' has no floor in the plan of the house";
  if (to == nullptr) {
    if (match[1] == "<") return std::nullopt;  // a library
    return "\"" + target + "\" names no room; write \"room/file.hpp\", or <...> for a library";
  }
  for (const std::string_view part : kHostParts) {
    const bool of_tests = file.ends_with("_test.cpp") || file.ends_with("_testing.hpp");
    const bool of_host =
        std::ranges::any_of(kHostParts, [&](std::string_view own) { return file.starts_with(own); });
    const bool may = file.starts_with(part) || (part != kHostParts[0] && (of_tests || of_host));
    if (target.starts_with(part) && from->in_implant && !may)
      return std::string(from->name) + " runs in the implant and may not include " + std::string(part);
  }
  if (from == to || knows(*from, to->name)) return std::nullopt;
  return std::string(from->name) + " (floor " + std::to_string(from->floor) + ") may not know " +
         std::string(to->name) + " (floor " + std::to_string(to->floor) + ")";
}

/// "file:line: rule" for each line of a source that breaks one.
std::vector<std::string> broken_rules(const std::string& file, std::istream& source) {
  std::vector<std::string> broken;
  std::string line;
  for (int number = 1; std::getline(source, line); ++number) {
    if (const auto rule = broken_rule(file, line)) {
      broken.push_back("src/" + file + ":" + std::to_string(number) + ": " + *rule);
    }
  }
  return broken;
}

TEST(Layering, every_include_under_src_obeys_the_floors) {
  namespace fs = std::filesystem;
  const fs::path src = fs::path(THECA_SOURCE_DIR) / "src";
  const std::set<std::string> code = {".hpp", ".cpp", ".h", ".c"};
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(src)) {
    if (!entry.is_regular_file() || !code.contains(entry.path().extension().string())) continue;
    ++files;
    const std::string file = entry.path().lexically_relative(src).generic_string();
    std::ifstream source(entry.path());
    ASSERT_TRUE(source.is_open()) << file;
    for (const std::string& broken : broken_rules(file, source)) ADD_FAILURE() << broken;
  }
  EXPECT_GT(files, 0);
}

TEST(Layering, a_room_knows_only_lower_floors) {
  for (const Room& room : kHouse) {
    for (const std::string_view name : room.may_know) {
      const Room* below = find_room(name);
      ASSERT_NE(below, nullptr) << room.name << " may know " << name << ", which has no floor";
      EXPECT_LT(below->floor, room.floor) << room.name << " -> " << name;
      EXPECT_TRUE(!room.in_implant || below->in_implant) << room.name << " -> " << name;
    }
  }
}

struct Line {
  std::string file;
  std::string text;
};

TEST(Layering, refuses_what_the_plan_forbids) {
  const std::vector<Line> forbidden = {
      {"pump/engine.hpp", "#include \"plan/bridge.hpp\""},
      {"pump/engine_test.cpp", "#include \"plan/bridge.hpp\""},
      {"pump/engine.cpp", "  #  include <plan/bridge.hpp>"},
      {"pump/engine.cpp", "#include \"link/frame.hpp\""},
      {"plan/refill.hpp", "#include \"catalogue/alarms.hpp\""},
      {"plan/refill.hpp", "#include \"pump/engine.hpp\""},
      {"drug/formulation.hpp", "#include \"therapy/prescription.hpp\""},
      {"drug/formulation.cpp", "#include \"quantity/text.hpp\""},
      {"drug/formulation_test.cpp", "#include \"quantity/text.hpp\""},
      {"quantity/volume.cpp", "#include \"quantity/text.hpp\""},
      {"quantity/text.cpp", "#include \"drug/drug.hpp\""},
      {"firmware/main.cpp", "#include \"quantity/text.hpp\""},
      {"implant/implant.hpp", "#include \"link/sodium.hpp\""},
      {"link/session.hpp", "#include \"link/sodium.hpp\""},
      {"implant/implant.hpp", "#include \"implant/sodium_implant.hpp\""},
      {"implant/sodium_implant.hpp", "#include \"quantity/text.hpp\""},
      {"handheld/main.cpp", "#include \"clinic/visit.hpp\""},
      {"world/clock.cpp", "#include \"cli/arguments.hpp\""},
      {"pump/engine.cpp", "#include \"dose_gate.hpp\""},
      {"pump/engine.cpp", "#include \"../plan/bridge.hpp\""},
      {"attic/box.cpp", "#include <vector>"},
  };
  for (const auto& [file, text] : forbidden) EXPECT_TRUE(broken_rule(file, text)) << file << ": " << text;
}

TEST(Layering, lets_through_what_the_plan_allows) {
  const std::vector<Line> allowed = {
      {"quantity/volume.cpp", "#include \"quantity/volume.hpp\""},
      {"quantity/text.cpp", "#include \"quantity/volume.hpp\""},
      {"implant/sodium_implant.hpp", "#include \"link/sodium.hpp\""},
      {"quantity/text_test.cpp", "#include \"quantity/text.hpp\""},
      {"pump/engine.hpp", "#include \"quantity/volume.hpp\"  // floor 5 to floor 1"},
      {"pump/engine.hpp", "#include <array>"},
      {"pump/engine_test.cpp", "#include <rapidcheck/gtest.h>"},
      {"pump/engine.hpp", "// #include \"plan/bridge.hpp\""},
      {"plan/library.cpp", "#include \"quantity/text.hpp\""},
      {"world/scenario.cpp", "#include \"pump/engine.hpp\""},
      {"clinic/visit.cpp", "#include \"plan/refill.hpp\""},
      {"verify/red_team_test.cpp", "#include \"pump/dose_gate.hpp\""},
      {"bench/engine.cpp", "#include \"world/scenario.hpp\""},
      {"cli/main.cpp", "#include \"plan/refill.hpp\""},
  };
  for (const auto& [file, text] : allowed) {
    EXPECT_EQ(broken_rule(file, text), std::nullopt) << file << ": " << text;
  }
}

TEST(Layering, names_file_line_and_rule) {
  std::istringstream source("#include <array>\n\n#include \"plan/bridge.hpp\"\n");
  EXPECT_EQ(broken_rules("pump/engine.hpp", source),
            std::vector<std::string>{"src/pump/engine.hpp:3: pump (floor 5) may not know plan (floor 4)"});
}

}  // namespace
