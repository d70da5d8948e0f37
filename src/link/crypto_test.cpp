// The six functions against the vectors of their RFCs.
#include <gtest/gtest.h>

#include "link/link_testing.hpp"

namespace theca::link {
namespace {

using example::from_hex;
using example::key_of;
using example::Vector;

Vector text(const char* of) { return {of, of + std::char_traits<char>::length(of)}; }
template <class Of>
Vector vector_of(const Of& of) {
  return {of.begin(), of.end()};
}

TEST(Crypto, sha256_of_rfc_6234) {
  const Vector abc = text("abc"), a = text("a"), bc = text("bc");
  const std::array<Bytes, 1> whole{abc};
  const std::array<Bytes, 2> parts{a, bc};
  const Vector wanted = from_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(vector_of(Sodium::sha256(whole)), wanted);
  EXPECT_EQ(vector_of(Sodium::sha256(parts)), wanted);
}

TEST(Crypto, hmac_of_rfc_4231) {
  const Vector data = text("what do ya want for nothing?"), key = text("Jefe");
  const std::array<Bytes, 1> parts{data};
  EXPECT_EQ(vector_of(Sodium::hmac(key, parts)),
            from_hex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
}

TEST(Crypto, x25519_of_rfc_7748) {
  // Section 5.2, first vector.
  const Key scalar = key_of(from_hex("a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4"));
  const Key point = key_of(from_hex("e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c"));
  EXPECT_EQ(vector_of(*Sodium::dh(scalar, point)),
            from_hex("c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"));
  EXPECT_FALSE(Sodium::dh(scalar, Key{})) << "small order";
}

/// Appendix A.5, whose nonce is of the form that Noise has.
TEST(Crypto, chacha20_poly1305_of_rfc_8439) {
  const Key key = key_of(from_hex("1c9240a5eb55d38af333888604f6b5f0473917c1402b80099dca5cbc207075c0"));
  const Vector associated = from_hex("f33388860000000000004e91");
  constexpr std::uint64_t kNonce = 0x0807060504030201;
  Vector sealed = from_hex(
      "64a0861575861af460f062c79be643bd5e805cfd345cf389f108670ac76c8cb24c6cfc18755d43eea09ee94e382d26b0bdb7b7"
      "3c321b01"
      "00d4f03b7f355894cf332f830e710b97ce98c8a84abd0b948114ad176e008d33bd60f982b1ff37c8559797a06ef4f0ef61c186"
      "324e2b35"
      "06383606907b6a7c02b0f9f6157b53c867e4b9166c767b804d46a59b5216cde7a4e99040c5a40433225ee282a1b0a06c523eaf"
      "4534d7f8"
      "3fa1155b0047718cbc546a0d072b04b3564eea1b422273f548271a0bb2316053fa76991955ebd63159434ecebb4e466dae5a10"
      "73a67276"
      "27097a1049e617d91d361094fa68f0ff77987130305beaba2eda04df997b714d6c6f2c29a6ad5cb4022b02709beead9d67890c"
      "bb223923"
      "36fea1851f38");
  Vector plain(sealed.size() - kTagBytes);
  ASSERT_TRUE(Sodium::open(plain, key, kNonce, associated, sealed));
  const Vector begins = text("Internet-Drafts are draft documents valid for a maximum of six months");
  EXPECT_TRUE(std::equal(begins.begin(), begins.end(), plain.begin()));
  Vector again(sealed.size());
  Sodium::seal(again, key, kNonce, associated, plain);
  EXPECT_EQ(again, sealed);

  EXPECT_FALSE(Sodium::open(plain, key, kNonce + 1, associated, sealed));
  EXPECT_EQ(plain, Vector(plain.size())) << "nothing of it is told";
  sealed[3] ^= 1;
  EXPECT_FALSE(Sodium::open(plain, key, kNonce, associated, sealed));
  EXPECT_FALSE(Sodium::open(Room{plain}.first(0), key, kNonce, associated, Bytes{sealed}.first(5)));
}

}  // namespace
}  // namespace theca::link
