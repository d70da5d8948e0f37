#include "world/journal_file.hpp"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "catalogue/event.hpp"
#include "world/json_number.hpp"

namespace theca {
namespace {

using Json = nlohmann::ordered_json;

std::string hex(const Digest& digest) {
  std::string text;
  for (const std::uint8_t byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

std::optional<Digest> digest_from(const std::string& text) {
  Digest digest{};
  if (text.size() != digest.size() * 2) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    unsigned value = 0;
    for (const char c : text.substr(2 * i, 2)) {
      const auto at = std::string_view{"0123456789abcdef"}.find(c);
      if (at == std::string_view::npos) return std::nullopt;
      value = value * 16 + static_cast<unsigned>(at);
    }
    digest[i] = static_cast<std::uint8_t>(value);
  }
  return digest;
}

Json json_of(const JournalPage& page) {
  return {{"page", page.number},
          {"first_sequence", page.first_sequence},
          {"page_before_sha256", hex(page.before)}};
}

Json json_of(const JournalEntry& entry, std::uint32_t place) {
  const EventRow& row = row_of(entry.event.code);
  Json json{{"sequence", entry.sequence},
            {"at_ms", entry.event.at.raw()},
            {"event", row.name},
            {"place", place},
            {"detail", entry.event.detail}};
  json[*row.value != '\0' ? row.value : "value"] = entry.event.value;
  json[*row.value2 != '\0' ? row.value2 : "value2"] = entry.event.value2;
  return json;
}

/// A page as it is put together again from its lines.
struct Page {
  JournalPage head;
  std::array<Word, kPageWords> words{};

  explicit Page(const JournalPage& page) : head(page) {
    words.fill(kErased);
    const auto of_head = words_of(page);
    std::copy(of_head.begin(), of_head.end(), words.begin());
  }
  template <class Words>
  void put(std::uint32_t place, const Words& entry) {
    std::copy(entry.begin(), entry.end(), words.begin() + kPageHeadWords + place * kEntryWords);
  }
  [[nodiscard]] Digest digest() const {
    Sha256 sum;
    for (const Word word : words) {
      std::array<std::uint8_t, 8> bytes{};
      for (std::size_t k = 0; k < bytes.size(); ++k) bytes[k] = static_cast<std::uint8_t>(word >> (8 * k));
      sum.add(bytes);
    }
    return sum.finish();
  }
};

std::optional<EventCode> code_named(const std::string& name) {
  for (const EventRow& row : kEvents) {
    if (name == row.name) return row.code;
  }
  return std::nullopt;
}

class Checker {
 public:
  std::expected<JournalCheck, std::string> check(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      ++line_;
      if (auto bad = take(text.substr(0, end)); !bad.empty())
        return std::unexpected(fmt::format("line {}: {}", line_, bad));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (!page_) return std::unexpected("no page in it: this is no journal");
    found_.digest = hex(page_->digest());
    found_.not_vouched = on_page_;
    return found_;
  }

 private:
  std::string take(std::string_view line) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object()) return "no JSON object";
    try {
      if (json.contains("page")) return page(json);
      if (!page_) return "an entry before the first page";
      const auto place = whole_number<std::uint32_t>(json.at("place"));
      if (place >= kEntriesPerPage)
        return fmt::format("place {} is beyond a page's {}", place, kEntriesPerPage);
      if (json.contains("spoilt")) return spoilt(json, place);
      return entry(json, place);
    } catch (const std::exception& problem) {
      return problem.what();
    }
  }

  std::string page(const Json& json) {
    const auto before = digest_from(json.at("page_before_sha256").get<std::string>());
    if (!before) return "page_before_sha256 is no digest of 64 hex digits";
    const JournalPage head{whole_number<std::uint32_t>(json.at("page")),
                           whole_number<std::uint32_t>(json.at("first_sequence")), *before};
    if (page_) {
      if (head.number <= page_->head.number)
        wrong(fmt::format("page {} comes after page {}", head.number, page_->head.number));
      if (head.before != page_->digest())
        wrong(fmt::format(
            "page {} does not follow the page {} above it: that page was changed, or a page is missing",
            head.number, page_->head.number));
      if (head.first_sequence != next_)
        wrong(fmt::format("page {} begins with entry {}, after entry {}", head.number, head.first_sequence,
                          next_ - 1));
    } else {
      found_.first_sequence = head.first_sequence;
    }
    next_ = head.first_sequence;
    page_.emplace(head);
    on_page_ = 0;
    ++found_.pages;
    return {};
  }

  std::string entry(const Json& json, std::uint32_t place) {
    const auto code = code_named(json.at("event").get<std::string>());
    if (!code) return fmt::format("no event is called {}", json.at("event").dump());
    const EventRow& row = row_of(*code);
    JournalEntry entry;
    entry.sequence = whole_number<std::uint32_t>(json.at("sequence"));
    entry.event = {Instant{whole_number<std::int64_t>(json.at("at_ms"))}, *code,
                   whole_number<std::uint8_t>(json.at("detail")),
                   whole_number<std::int64_t>(json.at(*row.value != '\0' ? row.value : "value")),
                   whole_number<std::int64_t>(json.at(*row.value2 != '\0' ? row.value2 : "value2"))};
    if (entry.sequence != next_)
      wrong(fmt::format("entry {} stands where entry {} belongs", entry.sequence, next_));
    next_ = entry.sequence + 1;
    page_->put(place, words_of(entry));
    ++found_.entries;
    ++on_page_;
    return {};
  }

  std::string spoilt(const Json& json, std::uint32_t place) {
    std::array<Word, kEntryWords> words{};
    const Json& list = json.at("spoilt");
    if (list.size() != words.size())
      return fmt::format("a spoilt place has {} words, not {}", words.size(), list.size());
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = whole_number<Word>(list.at(i));
    page_->put(place, words);
    ++found_.spoilt;
    return {};
  }

  void wrong(std::string what) { found_.wrong.push_back(fmt::format("line {}: {}", line_, what)); }

  JournalCheck found_;
  std::optional<Page> page_;
  std::uint32_t next_ = 0, on_page_ = 0;
  std::size_t line_ = 0;
};

}  // namespace

std::string journal_jsonl(const Journal& journal) {
  std::string text;
  if (!journal.any()) return text;
  for (std::uint32_t number = journal.oldest_page(); number <= journal.newest_page(); ++number) {
    const auto page = journal.head_of(number);
    if (!page) continue;
    text += json_of(*page).dump() + "\n";
    for (std::uint32_t place = 0; place < kEntriesPerPage; ++place) {
      const auto words = journal.words_at(number, place);
      if (const auto entry = entry_of(words)) {
        text += json_of(*entry, place).dump() + "\n";
      } else if (std::ranges::any_of(words, [](Word word) { return word != kErased; })) {
        text += Json{{"place", place}, {"spoilt", words}}.dump() + "\n";
      }
    }
  }
  return text;
}

std::expected<JournalCheck, std::string> check_journal(std::string_view jsonl) {
  return Checker{}.check(jsonl);
}

}  // namespace theca
