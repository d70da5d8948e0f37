// One target as a program of libFuzzer.
#include <cstdio>
#include <cstdlib>

#include "verify/fuzz/fuzz.hpp"
#include "verify/fuzz/targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    theca::fuzz::THECA_FUZZED({data, size});
  } catch (const theca::fuzz::Broken& broken) {
    std::fprintf(stderr, "does not hold: %s\n", broken.what());
    std::abort();
  }
  return 0;
}
