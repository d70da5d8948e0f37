// Digits as people read them.
#include "cli/digits.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace theca {
namespace {

TEST(Digits, three_of_them_and_never_a_power_of_ten) {
  EXPECT_EQ(plain_digits(1.5e3), "1500");
  EXPECT_EQ(plain_digits(123'456), "123000");
  EXPECT_EQ(plain_digits(99.96), "100");
  EXPECT_EQ(plain_digits(12.34), "12.3");
  EXPECT_EQ(plain_digits(2), "2");
  EXPECT_EQ(plain_digits(0.1), "0.1");
  EXPECT_EQ(plain_digits(5.92e-5), "0.0000592");
  EXPECT_EQ(plain_digits(-0.0123), "-0.0123");
  EXPECT_EQ(plain_digits(8.17e-19), "0");
  EXPECT_EQ(plain_digits(0), "0");
  EXPECT_EQ(plain_digits(std::nan("")), "none");
  EXPECT_EQ(plain_digits(157'871.4, 5), "157870");
}

}  // namespace
}  // namespace theca
