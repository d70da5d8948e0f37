#include "verify/fuzz/replay.hpp"

#include <fstream>

#include "air/private_file.hpp"

namespace theca::fuzz {

namespace fs = std::filesystem;

std::vector<fs::path> corpus_of(const std::string& target) {
  std::vector<fs::path> files;
  const fs::path folder = fs::path{THECA_SOURCE_DIR} / "src/verify/fuzz/corpus" / target;
  for (const auto& entry : fs::directory_iterator{folder}) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

Blob contents_of(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

Blob changed_one(const std::vector<Blob>& corpus, std::mt19937_64& random) {
  const auto below = [&](std::size_t n) { return n == 0 ? 0 : static_cast<std::size_t>(random() % n); };
  Blob input = corpus[below(corpus.size())];
  const auto place = [&](std::size_t at) { return input.begin() + static_cast<std::ptrdiff_t>(at); };
  for (std::size_t changes = 1 + below(4); changes > 0; --changes) {
    const std::size_t at = below(input.size());
    switch (below(6)) {
      case 0:
        if (!input.empty()) input[at] ^= static_cast<std::uint8_t>(1U << below(8));
        break;
      case 1: {
        constexpr std::array<std::uint8_t, 6> kEdges{0, 1, 0x7F, 0x80, 0xFE, 0xFF};
        if (!input.empty()) input[at] = kEdges[below(kEdges.size())];
        break;
      }
      case 2:
        input.insert(place(at), static_cast<std::uint8_t>(random()));
        break;
      case 3:
        if (!input.empty()) input.erase(place(at), place(std::min(input.size(), at + 1 + below(4))));
        break;
      case 4:
        input.resize(at);
        break;
      default: {  // the end of another
        const Blob& other = corpus[below(corpus.size())];
        const std::size_t from = below(other.size());
        input.resize(at);
        input.insert(input.end(), other.begin() + static_cast<std::ptrdiff_t>(from), other.end());
        break;
      }
    }
  }
  return input;
}

std::string broken_by(const Target& target, Bytes input) {
  try {
    target(input);
  } catch (const std::exception& broken) {
    constexpr std::size_t kShown = 400;
    return std::string{broken.what()} +
           "; input (hex): " + air::to_hex(input.first(std::min(input.size(), kShown))) +
           (input.size() > kShown ? "..." : "");
  }
  return {};
}

std::string broken_by_corpus(const Target& target, const std::string& name, std::uint64_t seed, int count) {
  std::vector<Blob> corpus;
  for (const fs::path& file : corpus_of(name)) {
    corpus.push_back(contents_of(file));
    if (const auto broken = broken_by(target, corpus.back()); !broken.empty())
      return file.string() + ": " + broken;
  }
  if (corpus.empty()) return "no corpus";
  std::mt19937_64 random{seed};
  for (int i = 0; i < count; ++i) {
    if (const auto broken = broken_by(target, changed_one(corpus, random)); !broken.empty())
      return "changed input " + std::to_string(i) + ", THECA_SEED=" + std::to_string(seed) + ": " + broken;
  }
  return {};
}

}  // namespace theca::fuzz
