#pragma once
/// Scenarios written down in a test: a whole one that plays, and ways to change it.

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "plan/library.hpp"
#include "world/patient_twin.hpp"
#include "world/scenario.hpp"

namespace theca::example {

inline const Library& library() {
  static const Library loaded = [] {
    auto read = load_library(THECA_SOURCE_DIR "/data");
    if (!read) throw std::runtime_error(to_string(read.error().front()));
    return std::move(*read);
  }();
  return loaded;
}

/// Anatomy and substances, as they are in data/.
inline const BodyData& body() {
  static const BodyData kBody = load_body_data(THECA_SOURCE_DIR "/data", library().sources).value();
  return kBody;
}

/// Morphine 20 mg/mL at 6 mg/day on a dry catheter of 80 cm: the front needs 30 h.
inline const std::string kWalkingExample = R"(title = "walking example"
starts = "2026-03-02 08:00"
lasts = "3 days"
sample_every = "1 h"

[pump]
model = "roller-40"

[catheter]
length = "80 cm"

[fluids]
first = { morphine = "20 mg/mL" }

[refill]
fluid = "first"
volume = "40 mL"

[prescription]
mode = "simple continuous"
dose = "6 mg/day"
)";

/// `text` with one part replaced by another; the part must be there.
inline std::string with(std::string text, std::string_view part, std::string_view by) {
  const std::size_t at = text.find(part);
  if (at == std::string::npos) throw std::runtime_error("no such part: " + std::string(part));
  return text.replace(at, part.size(), by);
}

/// A file of its own for each text, removed at the end.
class ScenarioFile {
 public:
  explicit ScenarioFile(const std::string& text) {
    static std::atomic<int> count = 0;
    path_ = std::filesystem::temp_directory_path() /
            ("theca_scenario_" + std::to_string(::getpid()) + "_" + std::to_string(++count) + ".toml");
    std::ofstream{path_} << text;
  }
  ~ScenarioFile() { std::filesystem::remove(path_); }
  ScenarioFile(const ScenarioFile&) = delete;
  ScenarioFile& operator=(const ScenarioFile&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::expected<Scenario, std::vector<DataError>> load_text(const std::string& text) {
  const ScenarioFile file{text};
  return load_scenario(file.path(), library());
}

}  // namespace theca::example
