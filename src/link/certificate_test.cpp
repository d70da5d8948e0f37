// Whose certificate an implant takes: each of its questions alone, at its bound, and all of them together
// against the same decision written down a second time.
#include "link/certificate.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <random>

#include "link/link_testing.hpp"
#include "link/sodium_issue.hpp"
#include "link/wire_testing.hpp"

namespace theca::link {
namespace {

using enum CertificateFault;
using example::key_of;

const Key kClinic = key_of(7), kOtherClinic = key_of(8), kSubject = key_of(9), kOtherSubject = key_of(10);
constexpr ShortId kThisImplant{1, 2, 3, 4, 5, 6, 7, 8};
constexpr std::uint32_t kFrom = 1'782'000'000, kUntil = kFrom + 86'400;

RoleCertificate draft() {
  RoleCertificate certificate;
  certificate.role = Role::kPhysician;
  certificate.capabilities = kMaySpeak;
  certificate.implant = kThisImplant;
  certificate.epoch = 5;
  certificate.not_before = kFrom;
  certificate.not_after = kUntil;
  certificate.serial = 100;
  return certificate;
}
CertificateNow now() { return {Sodium::signing_public_of(kClinic), kThisImplant, 5, kFrom}; }
CertificateFault asked(const RoleCertificate& certificate, const CertificateNow& of = now()) {
  return check<Sodium>(issue(kClinic, certificate, kSubject), kSubject, kMaySpeak, of);
}

TEST(Certificates, INV_10_are_held_against_clinic_key_epoch_time_and_implant) {
  EXPECT_EQ(asked(draft()), kNone);
  const auto with = [](auto&& change) {
    RoleCertificate certificate = draft();
    change(certificate);
    return asked(certificate);
  };
  EXPECT_EQ(with([](RoleCertificate& c) { c.epoch = 4; }), kEpoch);
  EXPECT_EQ(with([](RoleCertificate& c) { c.epoch = 6; }), kNone) << "its clinic is ahead";
  EXPECT_EQ(with([](RoleCertificate& c) { c.capabilities = kMaySign; }), kCapability);
  EXPECT_EQ(with([](RoleCertificate& c) { c.capabilities = kMaySign | kMaySpeak; }), kNone);
  EXPECT_EQ(with([](RoleCertificate& c) { c.implant[7] ^= 1; }), kImplant);
  EXPECT_EQ(with([](RoleCertificate& c) { c.implant = {}; }), kNone) << "any of this clinic's";
  CertificateNow later = now();
  later.earliest_utc_s = kUntil;
  EXPECT_EQ(asked(draft(), later), kNone) << "its last second";
  ++later.earliest_utc_s;
  EXPECT_EQ(asked(draft(), later), kOver);
  const RoleCertificate foreign = issue(kOtherClinic, draft(), kSubject);
  EXPECT_EQ(check<Sodium>(foreign, kSubject, kMaySpeak, now()), kIssuer);
  RoleCertificate named = foreign;
  named.issuer = issue(kClinic, draft(), kSubject).issuer;
  EXPECT_EQ(check<Sodium>(named, kSubject, kMaySpeak, now()), kSignature) << "in this clinic's name";
  EXPECT_EQ(check<Sodium>(issue(kClinic, draft(), kSubject), kOtherSubject, kMaySpeak, now()), kSignature)
      << "for another key";
}

/// Both at once, or one of them: what is needed is all of it.
TEST(Certificates, INV_10_a_capability_that_is_not_there_is_not_lent_by_another) {
  for (std::uint32_t has = 1; has <= kCapabilities; ++has) {
    RoleCertificate certificate = draft();
    certificate.capabilities = has;
    for (std::uint32_t needs = 0; needs <= kCapabilities; ++needs) {
      const bool all = ((needs & kMaySpeak) == 0 || (has & kMaySpeak) != 0) &&
                       ((needs & kMaySign) == 0 || (has & kMaySign) != 0);
      EXPECT_EQ(check<Sodium>(issue(kClinic, certificate, kSubject), kSubject, needs, now()),
                all ? kNone : kCapability)
          << has << " for " << needs;
    }
  }
}

/// The decision a second time, from what is wrong with it.
RC_GTEST_PROP(Certificates, INV_10_the_first_of_everything_that_is_wrong_is_told, (std::uint64_t seed)) {
  std::mt19937_64 random{seed};
  const auto wrong = [&] { return random() % 4 == 0; };
  const bool issuer = wrong(), capability = wrong(), epoch = wrong(), over = wrong(), implant = wrong(),
             signature = wrong();
  RoleCertificate certificate = draft();
  CertificateNow of = now();
  if (capability) certificate.capabilities = kMaySign;
  of.epoch =
      epoch ? 6 + static_cast<std::uint32_t>(random() % 100) : static_cast<std::uint32_t>(random() % 6);
  of.earliest_utc_s = over ? kUntil + 1 + static_cast<std::int64_t>(random() >> 3)
                           : kUntil - static_cast<std::int64_t>(random() % (std::uint64_t{1} << 40));
  if (implant) of.implant[random() % of.implant.size()] ^= static_cast<std::uint8_t>(1 + random() % 255);
  certificate = issue(kClinic, certificate, kSubject);
  if (issuer) of.clinic = Sodium::signing_public_of(kOtherClinic);
  if (signature) certificate.signature[random() % 64] ^= static_cast<std::uint8_t>(1U << random() % 8);
  const CertificateFault by_hand = issuer       ? kIssuer
                                   : capability ? kCapability
                                   : epoch      ? kEpoch
                                   : over       ? kOver
                                   : implant    ? kImplant
                                   : signature  ? kSignature
                                                : kNone;
  RC_ASSERT(check<Sodium>(certificate, kSubject, kMaySpeak, of) == by_hand);
}

/// No bit of it can be turned: it says something else then, and nobody has signed that.
TEST(Certificates, INV_10_a_turned_bit_anywhere_is_found) {
  const auto bytes = written(issue(kClinic, draft(), kSubject));
  ASSERT_EQ(check<Sodium>(*read<RoleCertificate>(bytes), kSubject, kMaySpeak, now()), kNone);
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    auto turned = bytes;
    turned[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    const auto certificate = read<RoleCertificate>(turned);
    EXPECT_TRUE(!certificate || check<Sodium>(*certificate, kSubject, kMaySpeak, now()) != kNone) << bit;
  }
}

/// Made elsewhere: SHA-256 of the key, the first eight bytes of it.
TEST(Certificates, a_short_name_is_the_beginning_of_a_sha_256) {
  const std::array<std::uint8_t, 3> abc{'a', 'b', 'c'};
  EXPECT_EQ(short_id<Sodium>(abc), (ShortId{0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea}));
}

// ---- by two of three
// ---------------------------------------------------------------------------------------

TEST(TwoOfThree, RT_24_only_two_different_keys_that_are_there_and_this_message) {
  constexpr Hash kMessage{1, 2, 3};
  Vendor vendor;
  for (std::uint8_t i = 0; i < kVendorKeys; ++i)
    vendor.keys[i] = Sodium::signing_public_of(key_of(static_cast<std::uint8_t>(40 + i)));
  const auto by = [&](std::uint8_t key) {
    return VendorSignature{key, Sodium::sign(key_of(static_cast<std::uint8_t>(40 + key)), kMessage)};
  };
  const auto taken = [&](const VendorSignature& a, const VendorSignature& b, const Vendor& whose) {
    return two_have_signed<Sodium>(whose, kMessage, {a, b});
  };
  for (std::uint8_t a = 0; a < kVendorKeys; ++a) {
    for (std::uint8_t b = 0; b < kVendorKeys; ++b) {
      EXPECT_EQ(taken(by(a), by(b), vendor), a != b);
      if (a == b) continue;
      VendorSignature torn = by(b);
      torn.signature[63] ^= 1;
      EXPECT_FALSE(taken(by(a), torn, vendor));
      EXPECT_FALSE(taken(torn, by(a), vendor));
      Vendor same = vendor;  // one key in two places is one key
      same.keys[b] = same.keys[a];
      EXPECT_FALSE(taken(by(a), {b, by(a).signature}, same));
      for (const std::uint8_t missing : {a, b}) {
        Vendor fewer = vendor;
        fewer.keys[missing] = {};
        EXPECT_FALSE(taken(by(a), by(b), fewer));
      }
      EXPECT_FALSE(two_have_signed<Sodium>(vendor, Hash{}, {by(a), by(b)}));
    }
  }
}

/// A curve that says yes to everything, as the key of zeros does of some signatures: none there is no key.
struct Credulous : Sodium {
  static bool verify(const Key&, const Hash&, const Signature&) { return true; }
};
TEST(TwoOfThree, RT_24_a_place_without_a_key_signs_nothing_whatever_the_curve_says) {
  Vendor vendor;
  vendor.keys = {key_of(1), key_of(2), Key{}};
  const std::array<VendorSignature, 2> good{VendorSignature{0, {}}, VendorSignature{1, {}}};
  EXPECT_TRUE(two_have_signed<Credulous>(vendor, Hash{}, good));
  for (std::uint8_t other = 0; other < 2; ++other) {
    EXPECT_FALSE((two_have_signed<Credulous>(vendor, Hash{}, {VendorSignature{other, {}}, {2, {}}})));
    EXPECT_FALSE((two_have_signed<Credulous>(vendor, Hash{}, {VendorSignature{2, {}}, {other, {}}})));
  }
}

TEST(Firmware, its_blocks_hold_all_of_its_bytes_and_no_more) {
  FirmwareHeader header;
  for (std::uint32_t size = 1; size <= kMostFirmwareBytes; size += size < 600 ? 1 : 97) {
    header.size = size;
    const std::uint32_t blocks = header.blocks();
    ASSERT_GE(blocks * kFirmwareBlockBytes, size);
    ASSERT_LT((blocks - 1) * kFirmwareBlockBytes, size);
  }
  header.size = kMostFirmwareBytes;
  EXPECT_EQ(header.blocks(), kMostFirmwareBlocks);
}

/// Whether what stands in a slot is what was offered hangs on it.
TEST(Firmware, RT_24_a_header_is_the_same_when_all_of_it_is) {
  const FirmwareHeader header{7, 1, 2, 300, Hash{4}};
  EXPECT_EQ(header, (FirmwareHeader{7, 1, 2, 300, Hash{4}}));
  EXPECT_NE(header, (FirmwareHeader{8, 1, 2, 300, Hash{4}}));
  EXPECT_NE(header, (FirmwareHeader{7, 2, 2, 300, Hash{4}}));
  EXPECT_NE(header, (FirmwareHeader{7, 1, 3, 300, Hash{4}}));
  EXPECT_NE(header, (FirmwareHeader{7, 1, 2, 301, Hash{4}}));
  EXPECT_NE(header, (FirmwareHeader{7, 1, 2, 300, Hash{5}}));
}

// ---- promises to another clinic
// ----------------------------------------------------------------------------

/// Every byte of a token, and the card, make another proof; and nobody proves with an empty one.
TEST(Transfers, INV_10_the_proof_of_a_card_is_for_one_token_and_one_card) {
  TransferToken token{kTransferVersion, kThisImplant, Hash{9}, 1};
  const auto proof = card_proof<Sodium>(key_of(3), token);
  EXPECT_EQ(proof, card_proof<Sodium>(key_of(3), token));
  EXPECT_NE(proof, card_proof<Sodium>(key_of(4), token));
  EXPECT_NE(proof, (std::array<std::uint8_t, kCardProofBytes>{}));
  const Hash message = signed_of<Sodium>(token);
  const std::array<Bytes, 1> parts{Bytes{message}};
  const Key whole = Sodium::hmac(key_of(3), parts);
  EXPECT_TRUE(std::equal(proof.begin(), proof.end(), whole.begin()));
  ++token.number;
  EXPECT_NE(proof, card_proof<Sodium>(key_of(3), token));
  const auto refuses = [](const TransferToken& of) { return !read<TransferToken>(written(of)).has_value(); };
  EXPECT_FALSE(refuses(token));
  token.number = 0;
  EXPECT_TRUE(refuses(token));
  token = {0, kThisImplant, Hash{9}, 1};
  EXPECT_TRUE(refuses(token));
}

// ---- numbers that only go up
// -------------------------------------------------------------------------------

RC_GTEST_PROP(Numbers, INV_8_what_follows_is_above_and_leaves_room, (std::uint32_t last)) {
  RC_ASSERT(!follows(last, last));
  RC_ASSERT((last == 0 || !follows(last - 1, last)));
  const auto above = [&](std::uint64_t by) {
    const std::uint64_t number = last + by;
    return number <= UINT32_MAX && follows(static_cast<std::uint32_t>(number), last);
  };
  RC_ASSERT(above(1) == (last < UINT32_MAX));
  RC_ASSERT(above(kLongestLeap) == (last <= UINT32_MAX - kLongestLeap));
  RC_ASSERT(!above(kLongestLeap + 1));
  RC_ASSERT(!follows(*rc::gen::inRange<std::uint32_t>(0, last == 0 ? 1 : last), last));
}

}  // namespace
}  // namespace theca::link
