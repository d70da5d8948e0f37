// docs/validation.md says what the patient shows today. THECA_REWRITE_VALIDATION=1 writes it anew; a number
// that was changed then needs a dated line in the page's history with every row before and after.
#include "cli/validation_page.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

#include "cli/study_text.hpp"

namespace theca {
namespace {

std::string read(const std::string& path) {
  std::ifstream in{path};
  return {std::istreambuf_iterator<char>{in}, {}};
}

TEST(Validation, the_page_says_what_the_patient_shows_today) {
  std::vector<DataError> errors;
  const Sources sources = load_sources(THECA_DATA_DIR, errors);
  const BodyData body = load_body_data(THECA_DATA_DIR, sources).value();
  const Variability variability = load_variability(THECA_DATA_DIR, sources).value();
  const auto studies = load_studies(THECA_DATA_DIR, body.anatomy, body.substances, sources).value();
  const StudyAnswers answers = run_studies(studies, body, variability,
                                           {.patients = kValidationPatients,
                                            .seed = 1,
                                            .threads = std::max(1U, std::thread::hardware_concurrency())});
  const auto rows = validation_rows(studies, answers);
  const std::string tables =
      validation_tables(rows, sensitivity_of(studies, body, rows), kValidationPatients, 1);

  const std::string path = std::string{THECA_SOURCE_DIR} + "/docs/validation.md";
  const std::string begin = "<!-- made: begin -->\n", end = "<!-- made: end -->\n";
  const std::string page = read(path);
  const std::size_t from = page.find(begin), to = page.find(end);
  ASSERT_NE(from, std::string::npos);
  ASSERT_NE(to, std::string::npos);
  const std::string picture = std::string{THECA_SOURCE_DIR} + "/docs/validation.svg";
  if (std::getenv("THECA_REWRITE_VALIDATION") != nullptr) {
    std::ofstream{path} << page.substr(0, from + begin.size()) << '\n' << tables << '\n' << page.substr(to);
    std::ofstream{picture} << validation_svg(rows);
    GTEST_SKIP() << "written anew";
  }
  EXPECT_EQ(page.substr(from + begin.size(), to - from - begin.size()), '\n' + tables + '\n');
  EXPECT_EQ(read(picture), validation_svg(rows));
}

}  // namespace
}  // namespace theca
