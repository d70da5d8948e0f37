#include "cli/svg_picture.hpp"

#include <gtest/gtest.h>

namespace theca {
namespace {

TEST(SvgPicture, names_are_kept_apart_and_stay_where_there_is_room) {
  EXPECT_EQ(kept_apart({10, 40, 100}, 15), (std::vector<double>{10, 40, 100}));
  EXPECT_EQ(kept_apart({10, 10, 100}, 15), (std::vector<double>{2.5, 17.5, 100}));
  EXPECT_EQ(kept_apart({10, 20, 30}, 15), (std::vector<double>{5, 20, 35}));
}

TEST(SvgPicture, places_are_tenths_and_words_are_no_markup) {
  SvgPicture picture{100, 50, "a < b & c"};
  picture.line({-0.04, 1.26}, {2, 3}, {});
  EXPECT_NE(picture.svg().find("<title>a &lt; b &amp; c</title>"), std::string::npos);
  EXPECT_NE(picture.svg().find("M0.0 1.3L2.0 3.0"), std::string::npos) << picture.svg();
}

TEST(SvgPicture, an_axis_of_decades_has_one_height_for_each_and_stays_near_the_panel) {
  SvgPicture picture{400, 300, "decades"};
  const Panel panel{
      picture, {100, 0, 200, 300}, {"x", 0, 10, Steps::kEven, {0, 10}}, {"y", 0.01, 10, Steps::kDecades, {}}};
  EXPECT_NEAR(panel.at({5, 0.1}).x, 200, 1e-9);
  EXPECT_NEAR(panel.at({5, 0.1}).y, 200, 1e-9);
  EXPECT_NEAR(panel.at({5, 10}).y, 0, 1e-9);
  EXPECT_NEAR(panel.at({0, 0}).y, 600, 1e-9) << "nothing lies one panel below";
}

}  // namespace
}  // namespace theca
