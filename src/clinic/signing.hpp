#pragma once
/// What is said to the signer and what it says: one line of JSON each way. docs/signer.md

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "clinic/bedside.hpp"
#include "clinic/pairing.hpp"
#include "clinic/passkey.hpp"
#include "link/order.hpp"
#include "link/order_talk.hpp"

namespace theca {

using CertificateBytes = std::array<std::uint8_t, link::kCertificateBytes>;

/// "Sign this order": the challenge of each assertion is the order's digest.
struct SigningRequest {
  link::OrderBytes order{};
  std::optional<link::OrderBytes> parent;    // what runs; nothing: the first order of an implant
  std::uint16_t model = 0;                   // code of the pump in the library
  std::vector<PasskeyAssertion> assertions;  // one or two
};
/// "Somebody has confirmed this syringe": the challenge is the check's digest. Nothing is signed for it; a
/// fill needs it.
struct CheckRequest {
  CheckBytes check{};
  PasskeyAssertion assertion;
};
/// "Let this be told to the implant": the challenge is the statement's digest.
struct FillRequest {
  StatementBytes statement{};
  std::uint16_t model = 0;
  PasskeyAssertion assertion;
};
/// "Let this implant be made ours": the challenge is the statement's digest.
struct PairRequest {
  PairingBytes statement{};
  PasskeyAssertion assertion;
};
using SignerRequest = std::variant<SigningRequest, CheckRequest, FillRequest, PairRequest>;

inline constexpr std::size_t kMostSigners = 2;
inline constexpr std::size_t kMostSigningBytes = 16'384;  // a line, either way

enum class SigningRefusal : std::uint8_t {
  kRequest = 0,
  kAssertion,
  kOnePerson,
  kRole,
  kOrder,
  kParent,
  kNumber,
  kTime,
  kPump,
  kRule,
  kLimit,
  kSecondClinician,
  kBooks,
  kSyringe,
  kFill,
  kPairing,
};
struct SigningRefusalRow {
  SigningRefusal refusal;
  const char* name;
  const char* text;
};
inline constexpr std::array<SigningRefusalRow, 16> kSigningRefusals{{
    {SigningRefusal::kRequest, "request", "The request is none."},
    {SigningRefusal::kAssertion, "assertion", "An assertion does not hold, or is of nobody who is enrolled."},
    {SigningRefusal::kOnePerson, "one-person", "Two assertions are of one person or of one authenticator."},
    {SigningRefusal::kRole, "role", "Somebody asserts who may not sign orders."},
    {SigningRefusal::kOrder, "order", "The bytes are not the one form of an order."},
    {SigningRefusal::kParent, "parent", "The parent is not the order's, or is missing, or is one too many."},
    {SigningRefusal::kNumber, "number", "The number does not follow, or another order has it."},
    {SigningRefusal::kTime, "time", "The order is too old, or from the future."},
    {SigningRefusal::kPump, "pump", "The library has no such pump, or the implant is another."},
    {SigningRefusal::kRule, "rule", "The pump cannot run the prescription."},
    {SigningRefusal::kLimit, "limit", "A dose is beyond a hard limit of the drug library."},
    {SigningRefusal::kSecondClinician, "second-clinician",
     "Another clinician has to assert the order as well."},
    {SigningRefusal::kBooks, "books", "The signer cannot read or keep its own files."},
    {SigningRefusal::kSyringe, "syringe", "The check of a syringe is none, or its drug is over its date."},
    {SigningRefusal::kFill, "fill", "The statement of a fill is none, or nobody has confirmed its syringe."},
    {SigningRefusal::kPairing, "pairing",
     "The statement of a pairing is none, or no gateway is known for it."},
}};
constexpr const SigningRefusalRow& row_of(SigningRefusal refusal) {
  return kSigningRefusals[static_cast<std::size_t>(refusal)];
}
static_assert([] {
  for (std::size_t i = 0; i < kSigningRefusals.size(); ++i)
    if (static_cast<std::size_t>(kSigningRefusals[i].refusal) != i) return false;
  return true;
}());

struct SigningRefused {
  SigningRefusal why = SigningRefusal::kRequest;
  std::string message;  // a sentence, with value and limit
};
struct SignedAnswer {
  std::vector<link::SignedBy> signatures;  // of an order: one for each assertion, in their order
  /// About the key of the gateway that the signer was told of: for sessions with this implant.
  std::optional<CertificateBytes> pass;
  std::optional<SealedPair> pairing;  // of an implant that is to be the clinic's
};
using SigningAnswer = std::expected<SignedAnswer, SigningRefused>;

// Without the end of the line. Errors are sentences.
std::string text_of(const SignerRequest& request);
std::expected<SignerRequest, std::string> parse_signing_request(std::string_view line);
std::string text_of(const SigningAnswer& answer);
std::expected<SigningAnswer, std::string> parse_signing_answer(std::string_view line);

}  // namespace theca
