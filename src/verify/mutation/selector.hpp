#pragma once
/// Which mutant is active. Included before everything else in a mutation build; nothing else knows it.
///
/// THECA_MUTANT         its number; none: the program as it was written
/// THECA_MUTANT_SECONDS of processor time, after which the process is ended: a mutant may loop for ever
/// THECA_MUTANT_REACH   a file: at exit the numbers of all sites that were come by, one a line

#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>

namespace theca_mutation {

inline constexpr int kMost = 1 << 14;
inline constexpr rlim_t kMostMemory = rlim_t{4} << 30;

inline int active = -1;
inline bool reached[kMost];

struct Run {
  Run() {
    if (const char* text = std::getenv("THECA_MUTANT")) active = std::atoi(text);
    if (const char* text = std::getenv("THECA_MUTANT_SECONDS")) {
      const auto seconds = static_cast<rlim_t>(std::atoi(text));
      const rlimit time{seconds, seconds + 1}, memory{kMostMemory, kMostMemory}, core{0, 0};
      setrlimit(RLIMIT_CPU, &time);
      setrlimit(RLIMIT_AS, &memory);
      setrlimit(RLIMIT_CORE, &core);
    }
  }
  Run(const Run&) = delete;
  ~Run() {
    const char* path = std::getenv("THECA_MUTANT_REACH");
    std::FILE* file = path == nullptr ? nullptr : std::fopen(path, "w");
    if (file == nullptr) return;
    for (int n = 0; n < kMost; ++n) {
      if (reached[n]) std::fprintf(file, "%d\n", n);
    }
    std::fclose(file);
  }
};
inline Run run;

}  // namespace theca_mutation

/// The first mutant of a site. What is computed while compiling is never mutated. (The builtin, as CMake tries the
/// compiler in an older language, without `if consteval`.)
constexpr bool theca_mutant(int n) {
  if (__builtin_is_constant_evaluated()) return false;
  theca_mutation::reached[n] = true;
  return theca_mutation::active == n;
}
/// The others of the same site.
constexpr bool theca_mutant_too(int n) {
  return !__builtin_is_constant_evaluated() && theca_mutation::active == n;
}
