#include "clinic/kept_journal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include "clinic/line_json.hpp"
#include "files/strict_json.hpp"
#include "pump/sha256.hpp"

namespace theca {
namespace {

constexpr std::size_t kWord = sizeof(Word);
constexpr std::size_t kMostText = 256U << 10U;
using Page = std::array<Word, kPageWords>;

Page page_in(const JournalPageSaid& said) {
  Page page;
  page.fill(kErased);
  for (std::size_t i = 0; i < std::min(said.words.size() / kWord, page.size()); ++i) {
    page.at(i) = 0;
    for (std::size_t b = 0; b < kWord; ++b) page.at(i) |= Word{said.words[i * kWord + b]} << (8 * b);
  }
  return page;
}

Digest digest_of(const Page& page) {
  Sha256 sum;
  for (const Word word : page) {
    std::array<std::uint8_t, kWord> bytes{};
    for (std::size_t b = 0; b < kWord; ++b) bytes.at(b) = static_cast<std::uint8_t>(word >> (8 * b));
    sum.add(bytes);
  }
  return sum.finish();
}

std::optional<JournalPage> head_of(const Page& page) {
  std::array<Word, kPageHeadWords> words{};
  std::copy_n(page.begin(), words.size(), words.begin());
  return page_of(words);
}

/// Words are written once: none that stood is another now.
bool has_grown_from(const Page& then, const Page& now) {
  for (std::size_t i = 0; i < then.size(); ++i)
    if (then.at(i) != kErased && then.at(i) != now.at(i)) return false;
  return true;
}

void take_entries(const Page& page, std::uint32_t number, KeptJournal& out) {
  for (std::uint32_t place = 0; place < kEntriesPerPage; ++place) {
    std::array<Word, kEntryWords> words{};
    for (std::uint32_t i = 0; i < kEntryWords; ++i)
      words.at(i) = page.at(kPageHeadWords + place * kEntryWords + i);
    const auto entry = entry_of(words);
    if (!entry) continue;
    if (!out.entries.empty() && entry->sequence <= out.entries.back().sequence) {
      out.wrong.push_back(fmt::format("Page {} tells entry {} behind entry {}.", number, entry->sequence,
                                      out.entries.back().sequence));
      return;
    }
    out.entries.push_back(*entry);
  }
}

}  // namespace

KeptJournal kept_journal(std::span<const JournalPageSaid> pages) {
  KeptJournal out;
  std::map<std::uint32_t, Page> known;
  std::set<std::uint32_t> headless;
  for (const JournalPageSaid& said : pages) {
    const Page page = page_in(said);
    const auto head = head_of(page);
    if (!head || head->number != said.number) {
      headless.insert(said.number);
      continue;
    }
    const auto [at, is_new] = known.emplace(said.number, page);
    if (is_new) continue;
    if (!has_grown_from(at->second, page)) {
      out.wrong.push_back(
          fmt::format("Page {} says something else than when it was read before.", said.number));
      continue;
    }
    at->second = page;
  }
  const Page* before = nullptr;
  std::uint32_t number_before = 0;
  for (const auto& [number, page] : known) {
    const JournalPage head = *head_of(page);
    if (before == nullptr) {
      out.whole = number == 0;
    } else if (head.before != digest_of(*before)) {
      out.whole = false;
      if (number == number_before + 1)
        out.wrong.push_back(fmt::format("Page {} was not written behind page {}.", number, number_before));
    }
    take_entries(page, number, out);
    before = &page;
    number_before = out.next_page = number;
  }
  // The implant passes over a page that it could not begin, in a power cut for one: then the next was written
  // behind the one before it. The newest may have been left so.
  for (const std::uint32_t number : headless) {
    const auto next = known.upper_bound(number);
    if (next == known.end() || known.contains(number)) continue;
    if (next == known.begin() || head_of(next->second)->before != digest_of(std::prev(next)->second))
      out.wrong.push_back(fmt::format("Page {} has no head of its own, and was not passed over.", number));
  }
  out.whole = out.whole && out.wrong.empty();
  return out;
}

std::string pages_text(std::span<const JournalPageSaid> pages) {
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const JournalPageSaid& page : pages)
    all.push_back({{"number", page.number}, {"words", to_base64url(page.words)}});
  return all.dump();
}

std::expected<std::vector<JournalPageSaid>, std::string> parse_pages(std::string_view text) {
  const auto json = parse_strictly(text, {.most_bytes = kMostText, .most_depth = 3});
  if (!json) return std::unexpected("the journal's pages " + json.error());
  if (!json->is_array()) return std::unexpected("the journal's pages are no list");
  std::vector<JournalPageSaid> pages;
  for (const nlohmann::json& one : *json) {
    JournalPageSaid page;
    if (!has_names(one, {"number", "words"}) || !read_number(one["number"], page.number) ||
        !one["words"].is_string())
      return std::unexpected("a page of the journal has other fields than number, words");
    const auto words = from_base64url(one["words"].get<std::string>());
    if (!words || words->size() > kMostPageBytes || words->size() % kWord != 0)
      return std::unexpected("the words of a page are no base64url of whole words, at most a page of them");
    page.words.assign(words->begin(), words->end());
    pages.push_back(std::move(page));
  }
  return pages;
}

}  // namespace theca
