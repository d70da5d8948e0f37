#include "air/address.hpp"

#include "verify/fuzz/fuzz.hpp"
#include "verify/fuzz/targets.hpp"

namespace theca::fuzz {

void address(Bytes data) {
  const std::string text = text_of(data);
  const auto read = air::parse_address(text);
  if (!read)
    return hold(read.error().find("HOST:PORT") != std::string::npos, "a refusal says what is wanted");
  const auto& [radio, coil] = *read;
  hold(radio.path.empty() == coil.path.empty(), "both by files, or both by TCP");
  if (!radio.path.empty()) {
    constexpr std::size_t kMostName = 107;  // of a socket in Linux, with its end
    hold(radio.path.size() <= kMostName && radio.path != coil.path && radio.path.starts_with(text),
         "two files that a socket can have");
    return;
  }
  hold(!radio.host.empty() && radio.host == coil.host && radio.port > 0 && coil.port == radio.port + 1,
       "the coil is at the port after the radio's");
  const auto again = air::parse_address(air::to_text(radio));
  hold(again && again->radio.host == radio.host && again->radio.port == radio.port, "as it is told it reads");
}

}  // namespace theca::fuzz
