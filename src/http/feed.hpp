#pragma once
/// Which open pages hear of what: a topic is a word such as "patient/12"; who may subscribe to it is decided
/// before.

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "http/serve.hpp"

namespace theca::http {

/// May be called from any thread. A line that is gone is forgotten at the next word to it.
class Feed {
 public:
  static constexpr std::size_t kMostTopicsPerLine = 64;
  /// False: the line has as many topics as it may.
  bool subscribe(const std::string& topic, const std::shared_ptr<Line>& line);
  void unsubscribe(const std::shared_ptr<Line>& line);
  /// To how many lines it went.
  std::size_t publish(const std::string& topic, const std::string& text);

 private:
  std::mutex mutex_;
  std::map<std::string, std::vector<std::weak_ptr<Line>>> lines_;
};

}  // namespace theca::http
