// Every message, from its one description: what is written is read as the same, what is accepted is the form
// of exactly one message, and everything else is refused.
#include "link/message.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>

#include "link/sodium.hpp"
#include "link/wire_testing.hpp"

namespace theca::link {
namespace {

using namespace example;

RC_GTEST_PROP(Messages, each_request_has_one_form_and_every_form_is_one_request, (std::uint64_t seed)) {
  for_each_request([&]<class M>() { hold_form<M>(seed++); });
}

RC_GTEST_PROP(Messages, so_has_each_reply_payload_certificate_and_order, (std::uint64_t seed)) {
  for_each_reply_and_payload([&]<class M>(const char*) { hold_form<M>(seed++); });
}

// ---- bounds
// ------------------------------------------------------------------------------------------------

// Every walker takes a field's bound from its one description: so each stands here once more, in numbers and
// by hand. What has no bound has every value of its bytes.
using Bounds = std::vector<std::pair<std::string, std::int64_t>>;
constexpr std::int64_t kLastMs = 253'402'300'799'999, kTenthLitre = 100'000'000, kLitre31 = 31'000'000'000;
const Bounds kBedside{{"filled_nl", kTenthLitre},
                      {"left_in_nl", kTenthLitre},
                      {"aspirated_told", 1},
                      {"aspirated_nl", kTenthLitre}};

const std::map<std::string, Bounds> kAsked{
    {"read order", {{"which", 1}, {"index", 7}}},
    {"read journal", {{"part", 21}}},
    {"offer", {{"signers", 2}}},
    {"offer signature", {{"index", 1}}},
    {"offer block", {{"index", 7}}},
    {"commit", {{"utc_ms", kLastMs}, kBedside[0], kBedside[1], kBedside[2], kBedside[3]}},
    {"refill", kBedside},
    {"set clock", {{"utc_ms", kLastMs}}},
    {"transfer", {{"version", 1}}},
    {"claim", {{"version", 1}, {"key", 2}, {"key", 2}}},
    {"offer firmware", {{"version", 0xFF'FFFF}, {"size", 258'048}, {"key", 2}, {"key", 2}}},
    {"firmware block", {{"index", 2'015}}},
};
const std::map<std::string, Bounds> kTold{
    {"read status", {{"state", 6}, {"mode", 10}, {"in_field", 1}, {"naive", 1}}},
    {"read own", {{"state", 6}, {"mode", 10}, {"last_refusal", 35}, {"own_pause", 1}}},
    {"read order", {{"which", 1}, {"index", 7}}},
    {"read page", {{"state", 6}, {"mode", 10}}},
    {"read firmware", {{"runs", 2}, {"stage", 6}}},
    {"read own therapy",
     {{"drugs", 6},
      {"class", 4},
      {"ng_per_ml", 1'000'000'000},
      {"class", 4},
      {"ng_per_ml", 1'000'000'000},
      {"class", 4},
      {"ng_per_ml", 1'000'000'000},
      {"class", 4},
      {"ng_per_ml", 1'000'000'000},
      {"class", 4},
      {"ng_per_ml", 1'000'000'000},
      {"class", 4},
      {"ng_per_ml", 1'000'000'000},
      {"may_pause", 1}}},
    {"outcome", {{"answer", 28}, {"refusal", 35}, {"rule", 33}}},
    {"role certificate", {{"version", 1}, {"role", 5}, {"capabilities", 3}}},
    {"firmware header", {{"version", 0xFF'FFFF}, {"size", 258'048}}},
    {"order",
     {{"version", 1},
      {"kind", 3},
      {"tubing_nl", kTenthLitre},
      {"catheter_nl", kTenthLitre},
      {"hour_nl", kLitre31},
      {"day_nl", kLitre31},
      {"thirty_days_nl", kLitre31},
      {"low_alarm_nl", kTenthLitre},
      {"largest_rise_ppm", 1'000'000},
      {"emergency_hold_s", 259'200},
      {"patient_may_pause", 1},
      {"path_drugs", 6},
      {"path_class", 4},
      {"path_ng_per_ml", 1'000'000'000},
      {"path_class", 4},
      {"path_ng_per_ml", 1'000'000'000},
      {"path_class", 4},
      {"path_ng_per_ml", 1'000'000'000},
      {"path_class", 4},
      {"path_ng_per_ml", 1'000'000'000},
      {"path_class", 4},
      {"path_ng_per_ml", 1'000'000'000},
      {"path_class", 4},
      {"path_ng_per_ml", 1'000'000'000}}},
};

/// The bounds of a message, and that its fields are as long together as it is on the wire.
template <class M>
void hold_bounds(const std::string& name, const std::map<std::string, Bounds>& by_hand) {
  SCOPED_TRACE(name);
  Bounds bounds;
  std::size_t size = 0;
  for (const FieldRow& row : fields_of<M>()) {
    size += row.size;
    if (row.most) bounds.emplace_back(row.name, *row.most);
  }
  const auto found = by_hand.find(name);
  EXPECT_EQ(bounds, found == by_hand.end() ? Bounds{} : found->second);
  EXPECT_EQ(size, kWireBytes<M>);
  EXPECT_EQ(measured<M>(), kWireBytes<M>) << "measured while running";
}

TEST(Messages, INV_4_every_bound_is_the_one_that_was_written_by_hand) {
  std::vector<Opcode> asked;
  for_each_request([&]<class M>() {
    asked.push_back(M::kOpcode);
    hold_bounds<M>(kOpcodes[*place_of(M::kOpcode)].name, kAsked);
  });
  std::vector<Opcode> all;
  for (const OpcodeRow& row : kOpcodes) all.push_back(row.opcode);
  EXPECT_EQ(asked, all) << "each operation has its message";
  for_each_reply_and_payload([&]<class M>(const char* name) { hold_bounds<M>(name, kTold); });
}

/// An order travels in blocks: together they are the order, and behind its end zeros.
RC_GTEST_PROP(Messages, INV_6_the_blocks_of_an_order_are_the_order, (std::uint64_t seed)) {
  FieldMaker maker{seed};
  OrderBytes order{};
  for (std::uint8_t& byte : order) byte = static_cast<std::uint8_t>(1 + maker.below(255));
  std::vector<std::uint8_t> joined;
  for (std::size_t i = 0; i < kOrderBlocks; ++i) {
    const Block block = block_of(order, i);
    joined.insert(joined.end(), block.begin(), block.end());
  }
  std::vector<std::uint8_t> right{order.begin(), order.end()};
  right.resize(kOrderBlocks * kBlockBytes);
  RC_ASSERT(joined == right);
}

/// What names an order, a header or an heir is SHA-256 of what it says, made with the bare function.
TEST(Messages, what_names_something_is_the_sha_256_of_it) {
  const auto sha256 = [](std::string_view purpose, Bytes of) {
    const std::array<Bytes, 2> parts{
        Bytes{reinterpret_cast<const std::uint8_t*>(purpose.data()), purpose.size()}, of};
    return Sodium::sha256(parts);
  };
  FieldMaker maker{5};
  const auto order = written(made<Order>(maker));
  EXPECT_EQ(digest_of<Sodium>(order), sha256("", order));
  EXPECT_EQ(signed_of<Sodium>(digest_of<Sodium>(order)), sha256("theca order 1", sha256("", order)));
  const auto header = made<FirmwareHeader>(maker);
  EXPECT_EQ(digest_of<Sodium>(header), sha256("theca firmware 1", written(header)));
  const Key clinic{1, 2, 3};
  EXPECT_EQ(heir_of<Sodium>(clinic), sha256("", clinic));
  const EpochStatement statement{7, 8, {9}, {10}};
  EXPECT_EQ(signed_of<Sodium>(statement), sha256("theca epoch 1", written(statement)));
  const TransferToken token{kTransferVersion, {1}, {2}, 3};
  EXPECT_EQ(signed_of<Sodium>(token), sha256("theca transfer 1", written(token)));
  const ShortId implant{4, 5};
  std::vector<std::uint8_t> secret{static_cast<std::uint8_t>(SecretFor::kPatient)};
  secret.insert(secret.end(), implant.begin(), implant.end());
  secret.insert(secret.end(), clinic.begin(), clinic.end());
  const NearFieldNonce number{6, 7};
  secret.insert(secret.end(), number.begin(), number.end());
  EXPECT_EQ(signed_of<Sodium>(SecretFor::kPatient, implant, clinic, number),
            sha256("theca secret 2", secret));
}

// What the properties are worth: this form has two spellings of one message, and they say so.
struct Loose {
  std::uint8_t value = 0;
  template <class Io, class M>
  static constexpr void fields(Io& io, M& m) {
    io.number("value", "", m.value);
    if constexpr (Io::kReads) m.value &= 0x7F;
  }
};
TEST(Messages, the_properties_find_a_form_that_has_two_spellings) {
  int found = 0;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    try {
      hold_form<Loose>(seed);
    } catch (const rc::detail::CaseResult&) {
      ++found;
    }
  }
  EXPECT_GT(found, 10);
}

TEST(Messages, what_contradicts_itself_is_refused) {
  const auto refuses = [](auto message) { return !read<decltype(message)>(written(message)).has_value(); };
  FieldMaker maker{1};
  {
    const auto good = made<RoleCertificate>(maker);
    EXPECT_FALSE(refuses(good));
    auto bad = good;
    bad.version = 0;
    EXPECT_TRUE(refuses(bad));
    bad = good;
    bad.capabilities = 0;
    EXPECT_TRUE(refuses(bad));
    bad = good;
    bad.not_before = 2;
    bad.not_after = 1;
    EXPECT_TRUE(refuses(bad));
    bad.not_after = 2;
    EXPECT_FALSE(refuses(bad)) << "it holds at one moment";
  }
  {
    EXPECT_TRUE(refuses(Offer{{}, 0}));
    EXPECT_FALSE(refuses(Offer{{}, 2}));
    EXPECT_TRUE(refuses(RequestBolus{0}));
    EXPECT_FALSE(refuses(RequestBolus{1}));
    for (const bool counter : {false, true}) {
      for (const bool size : {false, true}) {
        FirmwareHeader header;
        header.counter = counter ? 1 : 0;
        header.size = size ? 1 : 0;
        EXPECT_EQ(refuses(header), !counter || !size);
        EXPECT_EQ(refuses(OfferFirmware{{header, {}}}), !counter || !size);
      }
    }
  }
  int changes = 0;
  for_each_request([&]<class M>() {
    if constexpr (std::is_base_of_v<Change, M>) {
      auto change = made<M>(maker);
      EXPECT_FALSE(refuses(change));
      change.intent = 0;
      EXPECT_TRUE(refuses(change)) << kOpcodes[*place_of(M::kOpcode)].name;
      ++changes;
      if constexpr (std::is_base_of_v<Bedside, M>) {
        change.intent = 1;
        change.aspirated_told = false;
        change.aspirated = Volume{1};
        EXPECT_TRUE(refuses(change)) << "told what was not told";
        change.aspirated_told = true;
        EXPECT_FALSE(refuses(change));
      }
    }
  });
  EXPECT_EQ(changes, 10);
}

TEST(Messages, an_order_that_contradicts_itself_is_refused) {
  const auto refuses = [](const Order& order) { return !read<Order>(written(order)).has_value(); };
  Order good;
  good.number = 1;
  ASSERT_FALSE(refuses(good));
  const auto with = [&](auto&& change) {
    Order order = good;
    change(order);
    return order;
  };
  EXPECT_TRUE(refuses(with([](Order& o) { o.version = 0; })));
  EXPECT_TRUE(refuses(with([](Order& o) { o.number = 0; })));
  EXPECT_TRUE(refuses(with([](Order& o) { o.issued_utc_s = -1; })));
  EXPECT_FALSE(refuses(with([](Order& o) { o.issued_utc_s = 0; })));
  EXPECT_FALSE(refuses(with([](Order& o) { o.emergency_hold_s = 900; })));
  EXPECT_TRUE(refuses(with([](Order& o) { o.emergency_hold_s = 899; }))) << "no hold at all, nearly";
  EXPECT_TRUE(refuses(with([](Order& o) { o.emergency_hold_s = 0; })));
  const auto a_path = [](Order& o) {
    o.path_contents.number = 3;
    o.path_contents.count = 1;
    o.path_contents.components[0] = {DrugCode{1}, DrugClass::kOpioid, Concentration{1'000}};
  };
  for (const OrderKind kind :
       {OrderKind::kImplant, OrderKind::kPrescribe, OrderKind::kRefill, OrderKind::kRevise}) {
    good.kind = kind;
    const bool tells = kind == OrderKind::kImplant || kind == OrderKind::kRevise;
    EXPECT_FALSE(refuses(good)) << "without a path";
    EXPECT_EQ(refuses(with(a_path)), !tells);
  }
  good.kind = OrderKind::kRevise;
  a_path(good);
  ASSERT_FALSE(refuses(good));
  EXPECT_TRUE(refuses(with([](Order& o) { o.path_contents.number = 0; }))) << "a fluid without a number";
  EXPECT_TRUE(refuses(with([](Order& o) { o.path_contents.count = 0; }))) << "a number without a fluid";
  for (std::size_t i = 1; i < kMaxComponents; ++i) {
    EXPECT_TRUE(refuses(with([&](Order& o) { o.path_contents.components[i].drug = DrugCode{2}; })))
        << "a slot that is not used holds something";
  }
}

/// What is signed covers every byte of a certificate but the signature, and the key.
TEST(Messages, what_is_signed_covers_every_byte_of_a_certificate) {
  FieldMaker maker{3};
  const auto certificate = made<RoleCertificate>(maker);
  Key subject{};
  const auto bytes = written(certificate);
  std::set<Hash> hashes{signed_of<Sodium>(certificate, subject)};
  std::size_t covered = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto changed = bytes;
    changed[i] ^= 1;
    RoleCertificate other;
    WireReader reader{changed};  // whether it is in its range or not
    RoleCertificate::fields(reader, other);
    if (reader.ok() && hashes.insert(signed_of<Sodium>(other, subject)).second) ++covered;
  }
  // The three high bytes of the capabilities are 0 in every certificate that can be read.
  EXPECT_EQ(covered, kCertificateBytes - sizeof(Signature) - 3);
  subject[31] = 1;
  EXPECT_TRUE(hashes.insert(signed_of<Sodium>(certificate, subject)).second);
}

TEST(Messages, the_purposes_of_a_signature_are_never_the_same) {
  const Hash zeros{};
  EXPECT_NE(signed_of<Sodium>(zeros), signed_of<Sodium>(EpochStatement{}));
  EXPECT_NE(signed_of<Sodium>(EpochStatement{1, 0}), signed_of<Sodium>(EpochStatement{1U << 24, 0}));
  EXPECT_NE(signed_of<Sodium>(EpochStatement{1, 0}), signed_of<Sodium>(EpochStatement{1, 1}));
  EXPECT_NE(digest_of<Sodium>(FirmwareHeader{}), signed_of<Sodium>(EpochStatement{}));
  EXPECT_NE(digest_of<Sodium>(FirmwareHeader{}), signed_of<Sodium>(zeros));
  EXPECT_NE(signed_of<Sodium>(TransferToken{}), digest_of<Sodium>(FirmwareHeader{}));
  EXPECT_NE(signed_of<Sodium>(zeros), zeros);
}

TEST(Frames, what_is_cut_lengthened_or_of_no_type_is_none) {
  std::array<std::uint8_t, 300> body{};
  for (std::size_t size : {std::size_t{0}, std::size_t{1}, kMostBody}) {
    const Frame frame{FrameType::kToImplant, Bytes{body}.first(size)};
    EXPECT_EQ(frame.type(), FrameType::kToImplant);
    ASSERT_TRUE(frame_of(frame.bytes()));
    EXPECT_EQ(frame_of(frame.bytes())->body.size(), size);
    EXPECT_EQ(frame_of(frame.bytes())->type, FrameType::kToImplant);
    EXPECT_FALSE(frame_of(frame.bytes().first(frame.bytes().size() - 1)));
    std::vector<std::uint8_t> longer{frame.bytes().begin(), frame.bytes().end()};
    longer.push_back(0);
    EXPECT_FALSE(frame_of(longer));
  }
  EXPECT_EQ((Frame{FrameType::kFirst, Bytes{body}}.body().size()), kMostBody) << "no frame is longer";
  EXPECT_TRUE(Frame{}.body().empty());
  std::vector<std::uint8_t> too_long(kMostFrame + 1, 1);
  too_long[0] = static_cast<std::uint8_t>(kMostFrame);
  EXPECT_FALSE(frame_of(too_long)) << "its length is right, and it is too long";
  EXPECT_FALSE(frame_of({}));
  EXPECT_FALSE(frame_of(std::array<std::uint8_t, 1>{0}));
  const std::set<int> types{0x01, 0x02, 0x03, 0x04, 0x10, 0x11, 0x12};
  for (int type = 0; type < 256; ++type) {
    const std::array<std::uint8_t, 2> bytes{1, static_cast<std::uint8_t>(type)};
    EXPECT_EQ(frame_of(bytes).has_value(), types.contains(type)) << type;
  }
}

RC_GTEST_PROP(Frames, every_frame_that_is_taken_is_written_as_it_was,
              (const std::vector<std::uint8_t>& some)) {
  std::vector<std::uint8_t> bytes = some;
  if (!bytes.empty() && *rc::gen::arbitrary<bool>()) bytes[0] = static_cast<std::uint8_t>(bytes.size() - 1);
  if (bytes.size() > 1 && *rc::gen::arbitrary<bool>()) bytes[1] = *rc::gen::inRange<std::uint8_t>(0, 0x14);
  const auto view = frame_of(bytes);
  RC_PRE(view.has_value() || !bytes.empty());
  if (!view) return;
  const Frame again{view->type, view->body};
  RC_ASSERT((std::vector<std::uint8_t>{again.bytes().begin(), again.bytes().end()}) == bytes);
}

TEST(Messages, a_records_plain_text_begins_with_code_and_tag) {
  const Plain plain = asking(0x1234, RequestBolus{7});
  const auto view = message_of(plain.bytes());
  ASSERT_TRUE(view);
  EXPECT_EQ(view->code, 0x23);
  EXPECT_EQ(view->tag, 0x1234);
  EXPECT_EQ(view->body.size(), 4U);
  EXPECT_EQ(read<RequestBolus>(view->body)->request, 7U);
  EXPECT_EQ(Plain{}.bytes().size(), 0U);
  EXPECT_EQ(message_of(replying<ReadStatus>(1, StatusReply{}).bytes())->code, 0x82);
  EXPECT_EQ(message_of(replying<ReadOwn>(1, OwnReply{}).bytes())->code, 0x83);
  EXPECT_EQ(message_of(telling(1, Outcome{}).bytes())->code, 0xFF);
  EXPECT_FALSE(message_of(plain.bytes().first(2)));
  EXPECT_TRUE(message_of(plain.bytes().first(3))) << "a message without fields";
}

}  // namespace
}  // namespace theca::link
