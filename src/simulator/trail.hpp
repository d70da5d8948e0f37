#pragma once
/// What has happened to the fluid in a virtual pump's patient, a line each, so that the world goes on where
/// it was when its process ended.

#include <expected>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "world/device.hpp"

namespace theca {

struct TrailRead {
  std::vector<DeviceAct> acts;
  Instant now;  // the last moment that was written down
};

class Trail {
 public:
  /// Reads what is there; a last line that was cut short is left out.
  static std::expected<TrailRead, std::string> read(const std::filesystem::path& path);

  /// Goes on behind what was read; a line that was cut short is taken out first.
  static std::expected<Trail, std::string> append_to(const std::filesystem::path& path);
  void add(const DeviceAct& act);
  /// Time has passed.
  void beat(Instant now);

 private:
  std::ofstream out_;
};

}  // namespace theca
