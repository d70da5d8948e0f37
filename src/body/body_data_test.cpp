// The files of data/body and data/substances, and what is said when one is wrong.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "body/body_testing.hpp"

namespace theca {
namespace {

namespace fs = std::filesystem;
using example::adult;
using example::sources;

/// A copy of data/ in which one part of one file is another; gone with the object.
class Broken {
 public:
  Broken(const std::string& file, const std::string& part, const std::string& by) {
    root_ = fs::temp_directory_path() /
            ("theca-body-" + std::to_string(::getpid()) + "-" + std::to_string(count_++));
    fs::copy(THECA_DATA_DIR, root_, fs::copy_options::recursive);
    std::ifstream in{root_ / file};
    std::string text{std::istreambuf_iterator<char>{in}, {}};
    const std::size_t at = text.find(part);
    EXPECT_NE(at, std::string::npos) << part;
    text.replace(at, part.size(), by);
    std::ofstream{root_ / file} << text;
  }
  ~Broken() { fs::remove_all(root_); }
  [[nodiscard]] const fs::path& root() const { return root_; }

 private:
  fs::path root_;
  static inline int count_ = 0;
};

std::string first_error_of_anatomy(const std::string& part, const std::string& by) {
  const Broken broken{"body/adult.toml", part, by};
  const auto loaded = load_anatomy(broken.root(), sources());
  return loaded ? "none" : to_string(loaded.error().front());
}
std::string first_error_of_morphine(const std::string& part, const std::string& by) {
  const Broken broken{"substances/morphine.toml", part, by};
  const auto loaded = load_substances(broken.root(), sources());
  return loaded ? "none" : to_string(loaded.error().front());
}

TEST(BodyData, the_levels_lie_in_their_order) {
  const Anatomy& a = adult();
  EXPECT_DOUBLE_EQ(*a.vertebra("T10"), 28);
  EXPECT_DOUBLE_EQ(*a.vertebra(" t10 "), 28);
  EXPECT_GT(*a.vertebra("T9"), *a.vertebra("T10"));
  EXPECT_LT(*a.vertebra("T9"), *a.vertebra("T6"));
  double before = 100;
  for (const char* name : {"C1", "C5", "C8", "T1", "T5", "T12", "L1", "L3", "L5", "S1", "S5"}) {
    const auto z = a.cord_segment(name);
    ASSERT_TRUE(z) << name;
    EXPECT_LT(*z, before) << name;
    before = *z;
  }
  for (const char* name : {"L1", "L5", "S3"})
    EXPECT_GT(*a.cord_segment(name), 20) << name << " hangs from the conus, not beside its vertebra";
  for (const char* name : {"", "T", "T0", "T13", "L6", "X1", "T10a", "C9"}) {
    EXPECT_FALSE(a.vertebra(name)) << name;
    EXPECT_FALSE(is_level_name(name, Column::kCord)) << name;
  }
  EXPECT_TRUE(a.cord_segment("C8"));
  EXPECT_FALSE(a.vertebra("C8")) << "there is no such vertebra";
  EXPECT_NEAR(*a.vertebra("T1"), (*a.vertebra("C7") + *a.vertebra("T2")) / 2, 1e-12);
}

TEST(BodyData, the_volume_is_the_patients_and_the_shape_the_drawings) {
  const Physiology p = centre_of(adult());
  EXPECT_NEAR(integral(p.csf_area, 0, p.length), adult().spinal_csf_volume.value, 1e-9);
  EXPECT_NEAR(at(p.csf_area, 36) / at(p.csf_area, 10), 1.1 / 1.9, 1e-9);
  EXPECT_NEAR(at(p.dispersion, 0) / 60, adult().dispersion_caudal.value, 1e-12);
  EXPECT_NEAR(at(p.dispersion, p.length) / 60, adult().dispersion_rostral.value, 1e-12);
}

TEST(BodyData, every_number_lies_in_its_range_and_names_its_sources) {
  const auto look = [](const std::string& of, std::string_view key, const Number& number) {
    EXPECT_LE(number.low, number.value) << of << ' ' << key;
    EXPECT_LE(number.value, number.high) << of << ' ' << key;
    EXPECT_FALSE(number.sources.empty()) << of << ' ' << key;
  };
  for_each_number(adult(), [&](std::string_view key, const Number& n) { look("anatomy", key, n); });
  for (const Substance& s : example::substances())
    for_each_number(s, [&](std::string_view key, const Number& n) { look(s.name, key, n); });
}

TEST(BodyData, a_wrong_number_is_told_with_file_line_and_what_is_allowed) {
  EXPECT_EQ(first_error_of_anatomy("value = 60.0", "value = nan").substr(0, 26),
            "body/adult.toml:8: length.");
  EXPECT_NE(first_error_of_anatomy("value = 60.0", "value = nan").find("allowed: a finite number"),
            std::string::npos);
  EXPECT_NE(first_error_of_anatomy("value = 60.0", "value = 70.0")
                .find("70 is outside of its own range, 50 to 68 cm"),
            std::string::npos);
  EXPECT_NE(first_error_of_anatomy("unit = \"cm\"", "unit = \"mm\"").find("\"mm\": allowed: \"cm\""),
            std::string::npos);
  EXPECT_NE(first_error_of_anatomy("low = 50.0", "low = -1.0").find("-1: allowed: zero or more"),
            std::string::npos);
  EXPECT_NE(first_error_of_anatomy("z = 3.0", "z = 0.0").find("allowed: above the one before"),
            std::string::npos);
  EXPECT_NE(first_error_of_anatomy("area = 1.9", "area = 0.0").find("0: allowed: above 0, up to 10 cm2"),
            std::string::npos);
  EXPECT_NE(first_error_of_anatomy("name = \"T10\"", "name = \"T13\"").find("\"T13\": allowed: C1 to C8"),
            std::string::npos);
  EXPECT_NE(first_error_of_anatomy("[length]", "[lenght]").find("length: missing"), std::string::npos);
  EXPECT_NE(
      first_error_of_morphine("name = \"morphine\"", "name = \"heroin\"").find("allowed: the file's name"),
      std::string::npos);
  EXPECT_NE(first_error_of_morphine("[plasma_q2]", "[plasma_q9]")
                .find("the second compartment: needs plasma_q2 as well"),
            std::string::npos);
  EXPECT_NE(first_error_of_morphine("sources = [\"STANPUMPR\"]", "sources = [\"NOBODY\"]")
                .find("an id of sources.toml"),
            std::string::npos);
}

TEST(BodyData, a_number_outside_of_its_range_is_taken_where_that_is_allowed_and_marked) {
  const Broken broken{"body/adult.toml", "value = 60.0", "value = 70.0"};
  const auto loaded = load_anatomy(broken.root(), sources(), Outside::kAllowed);
  ASSERT_TRUE(loaded);
  EXPECT_TRUE(loaded->length.outside);
  EXPECT_FALSE(loaded->production.outside);
  for (const char* wrong : {"value = -60.0", "value = nan", "value = 0.0"}) {
    const Broken worse{"body/adult.toml", "value = 60.0", wrong};
    EXPECT_FALSE(load_anatomy(worse.root(), sources(), Outside::kAllowed)) << wrong << " is no length at all";
  }
}

TEST(BodyData, an_effect_without_what_it_needs_is_told) {
  const auto said = [](const std::string& part, const std::string& by, const char* words) {
    const std::string error = first_error_of_morphine(part, by);
    EXPECT_NE(error.find(words), std::string::npos) << error;
  };
  said("[relief_hill]", "[relief_gill]", "relief: needs relief_hill as well");
  said("[oral_ka]", "[oral_kb]", "by mouth: needs oral_ka as well");
  said("acts_on = \"opioid receptor\"", "acts_on = \"opium\"",
       "\"opium\": allowed: nothing, opioid receptor");
  said("relieves = \"pain\"", "relieves = \"joy\"", "\"joy\": allowed: pain, spasticity");
  said("relieves = \"pain\"", "", "relief_ec50: needs relieves and acts_on");
  said("site = \"", "site = \"m", "allowed: fluid, cord, cistern, brain, plasma");
}

TEST(BodyData, a_segment_reaches_half_of_the_way_to_its_neighbours) {
  const Anatomy& a = adult();
  for (const char* name : {"C1", "C8", "T1", "T12", "L1", "S5"}) {
    const auto span = a.cord_span(name);
    ASSERT_TRUE(span) << name;
    EXPECT_LT(span->low, *a.cord_segment(name)) << name;
    EXPECT_GT(span->high, *a.cord_segment(name)) << name;
  }
  EXPECT_DOUBLE_EQ(a.cord_span("T11")->low, a.cord_span("T12")->high);
  EXPECT_FALSE(a.cord_span("T13"));
}

TEST(BodyData, what_would_be_divided_by_zero_or_lie_nowhere_does_not_load) {
  const auto zero = [](const std::string& error) {
    return error.find("0: allowed: above zero") != std::string::npos;
  };
  EXPECT_TRUE(zero(first_error_of_anatomy("value = 35.0\nlow = 25.0", "value = 0.0\nlow = 0.0")));
  EXPECT_TRUE(zero(first_error_of_anatomy("value = 1.5\nlow = 1.0", "value = 0.0\nlow = 0.0")));
  EXPECT_TRUE(zero(first_error_of_morphine("value = 1.3\nlow = 1.0", "value = 0.0\nlow = 0.0")));
  const Number& loss = example::substance("morphine").dural_loss;
  EXPECT_EQ(first_error_of_morphine(fmt::format("value = {}\nlow = {}", loss.value, loss.low),
                                    "value = 0.0\nlow = 0.0"),
            "none");
  EXPECT_NE(first_error_of_anatomy("z = 0.0\narea = 0.4", "z = 1.0\narea = 0.4").find("the first at z = 0"),
            std::string::npos);
  EXPECT_NE(first_error_of_anatomy("name = \"T10\"\nz = 28.0", "name = \"T10\"\nz = -28.0")
                .find("0 to the canal's length, 60 cm"),
            std::string::npos);
  EXPECT_NE(
      first_error_of_anatomy("[[vertebra]]\nname = \"C1\"\nz = 59.5\n", "").find("reaches from C1 to L5"),
      std::string::npos);
  EXPECT_NE(first_error_of_anatomy("[shape]", "[shapes]").find("shape: missing"), std::string::npos);
}

// ---- where a source falls ---------------------------------------------------------------------------------

TEST(Source, a_point_keeps_its_place_and_its_amount) {
  const Neuraxis axis = make_neuraxis(centre_of(adult()), example::kinetics("morphine"));
  for (const double z : {0.0, 0.1, 13.37, 28.0, 59.9, 80.0, -4.0}) {
    const auto share = source_at(axis, z);
    double sum = 0, middle = 0;
    for (std::size_t i = 0; i < axis.cells(); ++i) {
      sum += share[i];
      middle += share[i] * axis.middle(i);
      EXPECT_GE(share[i], 0);
    }
    EXPECT_NEAR(sum, 1, 1e-12) << z;
    EXPECT_NEAR(middle, std::clamp(z, 0.25, 59.75), 1e-9) << z;
    EXPECT_EQ(share.back(), 0) << "the cistern is no place for a tip";
  }
}

TEST(Source, a_volume_lies_inside_the_canal_and_holds_one_concentration) {
  const Neuraxis axis = make_neuraxis(centre_of(adult()), example::kinetics("morphine"));
  for (const double z : {0.0, 14.0, 59.9}) {
    for (const double volume : {0.1, 2.0, 22.0, 500.0}) {
      const auto share = source_in_volume(axis, z, volume);
      double sum = 0, strongest = 0;
      for (std::size_t i = 0; i < axis.cells(); ++i) {
        sum += share[i];
        strongest = std::max(strongest, share[i] / axis.volume[i]);
      }
      EXPECT_NEAR(sum, 1, 1e-12);
      EXPECT_LE(strongest, 1 / std::min(volume, 90.0) * (1 + 1e-9)) << z << " cm, " << volume << " mL";
    }
  }
}

}  // namespace
}  // namespace theca
