#include "cli/progress_bar.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

namespace theca {
namespace {
constexpr auto kFirstShownAfter = std::chrono::milliseconds(700);
constexpr auto kBetweenShows = std::chrono::milliseconds(100);
constexpr int kWidth = 40;
}  // namespace

ProgressBar::ProgressBar(bool wanted) : wanted_(wanted && isatty(STDERR_FILENO) != 0) {}

ProgressBar::~ProgressBar() {
  if (drawn_) fmt::print(stderr, "\r\033[K");
}

void ProgressBar::show(double done) {
  if (!wanted_ || done <= 0) return;
  const auto now = Clock::now();
  if (now - start_ < kFirstShownAfter || now - last_ < kBetweenShows) return;
  last_ = now;
  drawn_ = true;
  const double spent = std::chrono::duration<double>(now - start_).count();
  const int filled = static_cast<int>(std::min(1.0, done) * kWidth);
  fmt::print(stderr, "\r[{}{}] {:3.0f} %  {:.0f} s left \033[K",
             std::string(static_cast<std::size_t>(filled), '#'),
             std::string(static_cast<std::size_t>(kWidth - filled), '.'), done * 100, spent / done - spent);
  std::fflush(stderr);
}

}  // namespace theca
