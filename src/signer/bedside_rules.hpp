#pragma once
/// May this syringe be confirmed, this fill be told to an implant, this implant be paired? The signer's own
/// judgement, of bytes that it decodes by itself.

#include <cstdint>
#include <expected>

#include "clinic/refilling.hpp"
#include "clinic/signing.hpp"
#include "plan/library.hpp"
#include "signer/books.hpp"

namespace theca::signer {

/// A statement is asserted as soon as it is written.
inline constexpr std::int64_t kOldestStatementS = 10 * 60;
/// The second person comes within a syringe's time (clinic/refilling.hpp).
inline constexpr std::int64_t kOldestSyringeS = kSyringeLasts.raw() / 1'000;
/// A refill that was broken off is told to the pump at the next visit, with the check that it had.
inline constexpr std::int64_t kOldestCheckS = 14 * 24 * 3'600;

std::expected<SyringeCheck, SigningRefused> judge_check(const CheckBytes& bytes, std::int64_t now_utc_s);

/// `book` is that of the statement's implant.
std::expected<FillStatement, SigningRefused> judge_fill(const FillRequest& request, const ImplantBook& book,
                                                        const Library& library, std::int64_t now_utc_s);

std::expected<PairingStatement, SigningRefused> judge_pairing(const PairingBytes& bytes,
                                                              const Library& library, std::int64_t now_utc_s);

/// The implant that the bytes speak of, where they are a statement.
std::expected<FillStatement, SigningRefused> decode_statement(const StatementBytes& bytes);

}  // namespace theca::signer
