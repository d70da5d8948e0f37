// What the gateway is asked and answers: each line has one reading, and nothing else is one.
#include "clinic/visiting.hpp"

#include <gtest/gtest.h>
// before rapidcheck
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace theca {
namespace {

template <std::size_t N>
std::array<std::uint8_t, N> any_bytes() {
  std::array<std::uint8_t, N> bytes{};
  for (std::uint8_t& byte : bytes) byte = *rc::gen::arbitrary<std::uint8_t>();
  return bytes;
}
template <class Array>
Array any() {
  return any_bytes<std::tuple_size_v<Array>>();
}

VisitRequest any_request() {
  const auto bedside = [] {
    const auto volume = [] { return Volume{*rc::gen::inRange<std::int64_t>(0, kMaxReservoir.raw() + 1)}; };
    link::Bedside made;
    made.filled = volume();
    made.left_in = volume();
    made.aspirated_told = *rc::gen::arbitrary<bool>();
    if (made.aspirated_told) made.aspirated = volume();
    return made;
  };
  switch (*rc::gen::inRange(0, 7)) {
    case 6:
      return LowerImplant{any<link::ShortId>()};
    case 3:
      return FillImplant{any<link::ShortId>(),
                         any<CertificateBytes>(),
                         *rc::gen::arbitrary<std::uint32_t>(),
                         *rc::gen::inRange<std::uint32_t>(1, UINT32_MAX),
                         *rc::gen::arbitrary<std::uint32_t>(),
                         bedside()};
    case 4:
      return SettleFill{any<link::ShortId>(), *rc::gen::arbitrary<std::uint32_t>(),
                        *rc::gen::inRange<std::uint32_t>(1, UINT32_MAX)};
    case 5:
      return LookBack{any<link::ShortId>()};
    case 0:
      return ReadImplant{any<link::ShortId>()};
    case 1:
      return SettleSend{any<link::ShortId>(), any<link::Hash>(), *rc::gen::arbitrary<std::uint32_t>(),
                        *rc::gen::inRange<std::uint32_t>(1, UINT32_MAX)};
    default:
      break;
  }
  SendOrder send;
  send.order = any<link::OrderBytes>();
  for (int i = *rc::gen::inRange(1, 3); i > 0; --i)
    send.signatures.push_back({any<CertificateBytes>(), any<link::Key>(), any<link::Signature>()});
  send.pass = any<CertificateBytes>();
  send.sequence = *rc::gen::arbitrary<std::uint32_t>();
  send.intent = *rc::gen::inRange<std::uint32_t>(1, UINT32_MAX);
  send.bedside = bedside();
  return send;
}

RC_GTEST_PROP(Visiting, INV_12_a_request_is_read_as_it_was_written, ()) {
  const std::string line = text_of(any_request());
  RC_ASSERT(line.size() < kMostVisitBytes);
  const auto read = parse_visit_request(line);
  RC_ASSERT(read.has_value());
  RC_ASSERT(text_of(*read) == line);
}

RC_GTEST_PROP(Visiting, INV_12_a_request_with_a_name_more_less_or_other_is_none, ()) {
  auto json = nlohmann::json::parse(text_of(any_request()));
  const std::string name =
      std::next(json.begin(), *rc::gen::inRange<int>(0, static_cast<int>(json.size()))).key();
  switch (*rc::gen::inRange(0, 4)) {
    case 0:
      json.erase(name);
      break;
    case 1:
      json["more"] = 1;
      break;
    case 2:
      json[name] = nullptr;
      if (name == "aspirated_nl") json[name] = "none";  // nothing of it may be told
      break;
    default:
      json[name] = -1;
      break;
  }
  RC_ASSERT(!parse_visit_request(json.dump()));
}

TEST(Visiting, a_request_for_no_change_or_too_much_fluid_is_none) {
  SendOrder send;
  send.signatures.emplace_back();
  send.intent = 1;
  EXPECT_TRUE(parse_visit_request(text_of(VisitRequest{send})));
  send.intent = 0;
  EXPECT_FALSE(parse_visit_request(text_of(VisitRequest{send})));
  send.intent = 1;
  send.bedside.filled = kMaxReservoir + nanolitres(1);
  EXPECT_FALSE(parse_visit_request(text_of(VisitRequest{send})));
  send.bedside.filled = Volume{};
  send.signatures.resize(kMostSigners + 1);
  EXPECT_FALSE(parse_visit_request(text_of(VisitRequest{send})));
  send.signatures.clear();
  EXPECT_FALSE(parse_visit_request(text_of(VisitRequest{send})));
}

RC_GTEST_PROP(Visiting, INV_7_an_answer_is_read_as_it_was_written, ()) {
  VisitAnswer answer = std::unexpected(NoVisit{*rc::gen::container<std::string>(rc::gen::inRange('a', 'z'))});
  const auto order = [] {
    return *rc::gen::arbitrary<bool>() ? std::optional{any<link::OrderBytes>()} : std::nullopt;
  };
  switch (*rc::gen::inRange(0, 5)) {
    case 2: {
      FillsTold told;
      const auto volume = [] { return Volume{*rc::gen::inRange<std::int64_t>(0, kMaxReservoir.raw() + 1)}; };
      if (*rc::gen::arbitrary<bool>())
        told.last =
            FillsTold::Last{volume(), Duration{*rc::gen::inRange<std::int64_t>(0, days(4'000).raw())}};
      if (*rc::gen::arbitrary<bool>()) told.sensed = volume();
      answer = told;
      break;
    }
    case 0: {
      ImplantSaid said;
      said.status = any<decltype(said.status)>();
      said.order = order();
      answer = said;
      break;
    }
    case 1:
      answer =
          SendOutcome{static_cast<link::Delivery>(*rc::gen::inRange(0, 3)), "As the implant says.", order()};
      break;
    case 3: {
      PagesTold told{*rc::gen::arbitrary<std::uint32_t>(), *rc::gen::arbitrary<std::uint32_t>(), {}};
      told.pages.resize(*rc::gen::inRange<std::size_t>(0, PagesTold::kMost + 1));
      for (JournalPageSaid& page : told.pages) {
        page.number = *rc::gen::arbitrary<std::uint32_t>();
        page.words.assign(*rc::gen::inRange<std::size_t>(0, kPageWords + 1) * sizeof(Word), 0xA5);
      }
      RC_ASSERT(text_of(VisitAnswer{told}).size() <= kMostVisitBytes);
      answer = told;
      break;
    }
    default:
      break;
  }
  const std::string line = text_of(answer);
  const auto read = parse_visit_answer(line);
  RC_ASSERT(read.has_value());
  RC_ASSERT(text_of(*read) == line);
}

TEST(Visiting, INV_7_an_answer_that_is_none_is_no_outcome) {
  for (const char* line :
       {"", "{}", "[]", R"({"delivery":"done","message":"","runs":null})",
        R"({"delivery":"confirmed","message":""})", R"({"delivery":"confirmed","message":"","runs":"AA"})",
        R"({"status":"AA","order":null})", R"({"no_visit":1})"})
    EXPECT_FALSE(parse_visit_answer(line)) << line;
}

}  // namespace
}  // namespace theca
