#pragma once
/// A corpus fed to a target again, as it is and changed, without a fuzzer.

#include <filesystem>
#include <functional>
#include <random>

#include "verify/fuzz/fuzz.hpp"

namespace theca::fuzz {

using Target = std::function<void(Bytes)>;

/// The files of a target's corpus, by name.
std::vector<std::filesystem::path> corpus_of(const std::string& target);
Blob contents_of(const std::filesystem::path& file);

/// One of these, with a few changes; the same for the same state of `random`.
Blob changed_one(const std::vector<Blob>& corpus, std::mt19937_64& random);

/// What does not hold of this input; empty: nothing.
std::string broken_by(const Target& target, Bytes input);

/// Feeds the corpus and then `count` changed inputs, until something does not hold. Empty: everything holds.
std::string broken_by_corpus(const Target& target, const std::string& name, std::uint64_t seed, int count);

}  // namespace theca::fuzz
