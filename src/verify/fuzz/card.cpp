#include "air/card.hpp"

#include "air/private_file.hpp"
#include "link/sodium.hpp"
#include "verify/fuzz/memory_file.hpp"
#include "verify/fuzz/targets.hpp"

namespace theca::fuzz {

void card(Bytes data) {
  const MemoryFile file{data};
  const auto read = air::read_card(file.path());
  if (!read) return hold(!read.error().empty(), "a refusal says why");
  hold(read->implant == link::short_id<link::Sodium>(read->public_key), "the name is that of the key");
  link::Key again{};
  hold(air::from_hex(air::to_hex(read->secret), again) && again == read->secret, "hex is one form");
}

}  // namespace theca::fuzz
