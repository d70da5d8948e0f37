#include "clinic/software_key.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "link/sodium.hpp"

namespace theca {
namespace {

template <auto kFree>
struct Freed {
  template <class T>
  void operator()(T* one) const {
    kFree(one);
  }
};
template <class T, auto kFree>
using Owned = std::unique_ptr<T, Freed<kFree>>;
using PrivateKey = Owned<EVP_PKEY, EVP_PKEY_free>;

constexpr std::size_t kPoint = 65;  // 4, x, y
constexpr const char* kCurve = "P-256";

/// With keys of the right form OpenSSL fails for want of memory alone.
void must(bool done) {
  if (!done) throw std::runtime_error("OpenSSL: cannot work with a software security key");
}

struct Pair {
  PrivateKey secret;
  ByteString key;
};

/// The secret is the scalar, brought below the order of the curve and above zero by its first byte.
Pair es256(link::Key secret) {
  secret[0] = static_cast<std::uint8_t>((secret[0] & 0x7F) | 0x40);
  const Owned<EC_GROUP, EC_GROUP_free> curve{EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1)};
  const Owned<BIGNUM, BN_clear_free> scalar{BN_bin2bn(secret.data(), secret.size(), nullptr)};
  const Owned<EC_POINT, EC_POINT_free> point{EC_POINT_new(curve.get())};
  must(EC_POINT_mul(curve.get(), point.get(), scalar.get(), nullptr, nullptr, nullptr) == 1);
  std::array<std::uint8_t, kPoint> bytes{};
  must(EC_POINT_point2oct(curve.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, bytes.data(), bytes.size(),
                          nullptr) == bytes.size());

  const Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> build{OSSL_PARAM_BLD_new()};
  must(OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, kCurve, 0) == 1);
  must(OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, bytes.data(), bytes.size()) ==
       1);
  must(OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar.get()) == 1);
  const Owned<OSSL_PARAM, OSSL_PARAM_free> parameters{OSSL_PARAM_BLD_to_param(build.get())};
  const Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context{EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr)};
  EVP_PKEY* made = nullptr;
  must(EVP_PKEY_fromdata_init(context.get()) == 1 &&
       EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_KEYPAIR, parameters.get()) == 1);
  return {PrivateKey{made}, ByteString(bytes.begin() + 1, bytes.end())};
}

Pair eddsa(const link::Key& secret) {
  PrivateKey made{EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, secret.data(), secret.size())};
  ByteString key(key_bytes(PasskeyAlgorithm::kEdDsa));
  std::size_t size = key.size();
  must(made && EVP_PKEY_get_raw_public_key(made.get(), key.data(), &size) == 1);
  return {std::move(made), std::move(key)};
}

Pair pair_of(PasskeyAlgorithm algorithm, const link::Key& secret) {
  return algorithm == PasskeyAlgorithm::kEs256 ? es256(secret) : eddsa(secret);
}

/// A map in CTAP2's canonical CBOR (RFC 9053 §7): the order of its names is its own.
ByteString cose(PasskeyAlgorithm algorithm, const ByteString& key) {
  constexpr std::uint8_t kBytes32[] = {0x58, 0x20};
  ByteString out;
  const auto add = [&](std::initializer_list<std::uint8_t> bytes) { out.insert(out.end(), bytes); };
  const auto coordinate = [&](std::uint8_t name, std::size_t at) {
    add({name, kBytes32[0], kBytes32[1]});
    out.insert(out.end(), key.begin() + static_cast<std::ptrdiff_t>(at),
               key.begin() + static_cast<std::ptrdiff_t>(at + 32));
  };
  if (algorithm == PasskeyAlgorithm::kEs256) {
    add({0xA5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01});  // kty EC2, alg -7, curve P-256
    coordinate(0x21, 0);
    coordinate(0x22, 32);
  } else {
    add({0xA4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06});  // kty OKP, alg -8, curve Ed25519
    coordinate(0x21, 0);
  }
  return out;
}

link::Hash hash_of(link::Bytes bytes) {
  const std::array<link::Bytes, 1> parts{bytes};
  return link::Sodium::sha256(parts);
}
link::Bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

ByteString authenticator_data(const SoftwareKey::Said& said) {
  const link::Hash site = hash_of(bytes_of(said.site));
  ByteString data(site.begin(), site.end());
  data.push_back(said.flags);
  for (int shift = 24; shift >= 0; shift -= 8)
    data.push_back(static_cast<std::uint8_t>(said.counter >> shift));
  return data;
}

}  // namespace

SoftwareKey::SoftwareKey(PasskeyAlgorithm algorithm, const link::Key& secret, bool counts)
    : algorithm_(algorithm), secret_(secret), counts_(counts) {
  const link::Hash id = hash_of(pair_of(algorithm, secret).key);
  id_.assign(id.begin(), id.end());
}

SoftwareKey::Said SoftwareKey::said(const char* type, const PasskeySite& site, link::Bytes challenge) const {
  const nlohmann::ordered_json client{{"type", type},
                                      {"challenge", to_base64url(challenge)},
                                      {"origin", site.origin},
                                      {"crossOrigin", false}};
  return {client.dump(), site.id, kUserPresent | kUserVerified, counter_};
}

PasskeyRegistration SoftwareKey::registration(const Said& said) const {
  ByteString data = authenticator_data(said);
  constexpr std::size_t kModel = 16;  // which is not told with attestation "none"
  data.insert(data.end(), kModel, 0);
  data.push_back(static_cast<std::uint8_t>(id_.size() >> 8));
  data.push_back(static_cast<std::uint8_t>(id_.size()));
  data.insert(data.end(), id_.begin(), id_.end());
  const ByteString key = cose(algorithm_, pair_of(algorithm_, secret_).key);
  data.insert(data.end(), key.begin(), key.end());
  const nlohmann::json attestation{
      {"fmt", "none"}, {"attStmt", nlohmann::json::object()}, {"authData", nlohmann::json::binary(data)}};
  return {said.client_data, nlohmann::json::to_cbor(attestation)};
}

PasskeyAssertion SoftwareKey::assertion(const Said& said) const {
  PasskeyAssertion made{id_, authenticator_data(said), said.client_data, {}};
  ByteString signed_bytes = made.authenticator_data;
  const link::Hash client = hash_of(bytes_of(said.client_data));
  signed_bytes.insert(signed_bytes.end(), client.begin(), client.end());

  const Pair pair = pair_of(algorithm_, secret_);
  const Owned<EVP_MD_CTX, EVP_MD_CTX_free> context{EVP_MD_CTX_new()};
  const EVP_MD* const hash = algorithm_ == PasskeyAlgorithm::kEs256 ? EVP_sha256() : nullptr;
  must(EVP_DigestSignInit(context.get(), nullptr, hash, nullptr, pair.secret.get()) == 1);
  made.signature.resize(kMostPasskeySignature);
  std::size_t size = made.signature.size();
  must(EVP_DigestSign(context.get(), made.signature.data(), &size, signed_bytes.data(),
                      signed_bytes.size()) == 1);
  made.signature.resize(size);
  return made;
}

PasskeyRegistration SoftwareKey::registration(const PasskeySite& site, link::Bytes challenge) {
  count();
  Said what = said("webauthn.create", site, challenge);
  what.flags |= kAttestedCredential;
  return registration(what);
}

PasskeyAssertion SoftwareKey::assertion(const PasskeySite& site, link::Bytes challenge) {
  count();
  return assertion(said("webauthn.get", site, challenge));
}

}  // namespace theca
