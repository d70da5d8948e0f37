#pragma once
/// The interface of the patient's pages (docs/handheld.md). Whoever asks has the key of the pages; a cookie
/// is neither set nor read. A browser sends the cookies of a name to every port of it: whoever comes by
/// another of the front's names is sent on to its first, so that those of a clinic at "localhost" stay there.

#include <string>
#include <utility>

#include "handheld/handheld.hpp"
#include "http/front.hpp"

namespace theca::handheld {

class Site {
 public:
  Site(Handheld& handheld, http::Front& front, std::string key)
      : handheld_(handheld), front_(front), key_(std::move(key)) {}

  http::Response answer(const http::Request& request);

 private:
  [[nodiscard]] bool has_key(const http::Request& request) const;
  http::Response of_interface(const http::Request& request);

  Handheld& handheld_;
  http::Front& front_;
  std::string key_;
};

}  // namespace theca::handheld
