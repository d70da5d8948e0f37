#include "verify/fuzz/fuzz.hpp"
#include "verify/fuzz/targets.hpp"
#include "world/journal_file.hpp"

namespace theca::fuzz {

void journal(Bytes data) {
  const std::string text = text_of(data);
  const auto found = check_journal(text);
  const auto lines = static_cast<std::uint64_t>(std::ranges::count(text, '\n')) + 1;
  if (!found) return hold(!found.error().empty(), "what cannot be read is told where");
  hold(found->pages > 0 && found->digest.size() == 64, "a journal has a page, and that a digest");
  hold(std::uint64_t{found->pages} + found->entries + found->spoilt <= lines, "a line is one thing");
  hold(found->not_vouched <= found->entries && found->wrong.size() <= 3 * lines, "each counted once");
  if (!found->wrong.empty()) return;
  // What is whole stays whole with a line end, and a page before it cannot be taken away unseen.
  const auto again = check_journal(text + (text.ends_with('\n') ? "" : "\n"));
  hold(again && again->digest == found->digest && again->wrong.empty(),
       "the last line's end does not matter");
}

}  // namespace theca::fuzz
