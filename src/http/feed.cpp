#include "http/feed.hpp"

#include <algorithm>

namespace theca::http {

bool Feed::subscribe(const std::string& topic, const std::shared_ptr<Line>& line) {
  const auto is_line = [&](const std::weak_ptr<Line>& other) { return other.lock() == line; };
  const std::lock_guard lock{mutex_};
  std::size_t topics = 0;
  for (const auto& [name, lines] : lines_) {
    if (!std::ranges::any_of(lines, is_line)) continue;
    if (name == topic) return true;
    ++topics;
  }
  if (topics >= kMostTopicsPerLine) return false;
  lines_[topic].push_back(line);
  return true;
}

void Feed::unsubscribe(const std::shared_ptr<Line>& line) {
  const std::lock_guard lock{mutex_};
  for (auto& [name, lines] : lines_)
    std::erase_if(lines, [&](const auto& other) { return other.expired() || other.lock() == line; });
  std::erase_if(lines_, [](const auto& entry) { return entry.second.empty(); });
}

std::size_t Feed::publish(const std::string& topic, const std::string& text) {
  std::vector<std::shared_ptr<Line>> hearing;
  {
    const std::lock_guard lock{mutex_};
    const auto found = lines_.find(topic);
    if (found == lines_.end()) return 0;
    std::erase_if(found->second, [&](const auto& weak) {
      auto line = weak.lock();
      if (!line) return true;
      hearing.push_back(std::move(line));
      return false;
    });
    if (found->second.empty()) lines_.erase(found);
  }
  return static_cast<std::size_t>(
      std::ranges::count_if(hearing, [&](const auto& line) { return line->send(text); }));
}

}  // namespace theca::http
