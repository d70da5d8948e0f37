#include "signer/bedside_rules.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "quantity/text.hpp"
#include "signer/rules.hpp"

namespace theca::signer {
namespace {

using enum SigningRefusal;

std::unexpected<SigningRefused> refuse(SigningRefusal why, std::string message) {
  return std::unexpected(SigningRefused{why, std::move(message)});
}

std::expected<void, SigningRefused> of_now(const char* what, std::int64_t written_utc_s,
                                           std::int64_t oldest_s, std::int64_t now_utc_s) {
  const std::int64_t age = now_utc_s - written_utc_s;
  if (age <= oldest_s && age >= -kClocksDifferS) return {};
  return refuse(kTime, fmt::format("the {} was written {} s {}, and {} s before to {} s after now is taken",
                                   what, std::abs(age), age < 0 ? "ahead" : "ago", oldest_s, kClocksDifferS));
}

}  // namespace

std::expected<FillStatement, SigningRefused> decode_statement(const StatementBytes& bytes) {
  const auto statement = link::read<FillStatement>(bytes);
  if (!statement || link::written(*statement) != bytes)
    return refuse(
        kFill,
        "the bytes are no statement of a fill: a value lies outside its range, or fields contradict "
        "each other");
  return *statement;
}

std::expected<SyringeCheck, SigningRefused> judge_check(const CheckBytes& bytes, std::int64_t now_utc_s) {
  const auto check = link::read<SyringeCheck>(bytes);
  if (!check || link::written(*check) != bytes)
    return refuse(kSyringe, "the bytes are no check of a syringe: a value lies outside its range");
  if (const auto timely = of_now("check", check->written_utc_s, kOldestSyringeS, now_utc_s); !timely)
    return std::unexpected(timely.error());
  const std::chrono::sys_days last{day_of_number(check->expires)};
  const auto today =
      std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds{std::chrono::seconds{now_utc_s}});
  if (last < today)
    return refuse(kSyringe, fmt::format("lot {} is over its date: {}", lot_text(check->lot), check->expires));
  return *check;
}

std::expected<FillStatement, SigningRefused> judge_fill(const FillRequest& request, const ImplantBook& book,
                                                        const Library& library, std::int64_t now_utc_s) {
  const auto statement = decode_statement(request.statement);
  if (!statement) return std::unexpected(statement.error());
  if (const auto timely = of_now("statement", statement->written_utc_s, kOldestStatementS, now_utc_s);
      !timely)
    return std::unexpected(timely.error());
  const CheckedSyringe* check = book.find_check(statement->check);
  if (check == nullptr || now_utc_s - check->at_utc_s > kOldestCheckS)
    return refuse(kFill, "nobody has confirmed the syringe of this fill");

  const PumpEntry* pump = library.find_pump(request.model);
  if (pump == nullptr)
    return refuse(kPump, fmt::format("the library has no pump of model {}", request.model));
  if (book.model != 0 && book.model != request.model)
    return refuse(
        kPump, fmt::format("the implant is of model {}, and the request says {}", book.model, request.model));
  const auto model = pump_model(*pump);
  if (!model) return refuse(kPump, fmt::format("{}: {}", pump->name, model.error()));
  const Volume holds = statement->filled + statement->left_in;
  if (holds > model->capacity)
    return refuse(kFill, fmt::format("{} are said to be in the pump, and it holds {}", to_text(holds),
                                     to_text(model->capacity)));
  return *statement;
}

std::expected<PairingStatement, SigningRefused> judge_pairing(const PairingBytes& bytes,
                                                              const Library& library,
                                                              std::int64_t now_utc_s) {
  const auto statement = link::read<PairingStatement>(bytes);
  if (!statement || link::written(*statement) != bytes)
    return refuse(kPairing, "the bytes are no statement of a pairing: a value lies outside its range");
  if (const auto timely = of_now("statement", statement->written_utc_s, kOldestStatementS, now_utc_s);
      !timely)
    return std::unexpected(timely.error());
  if (library.find_pump(statement->model) == nullptr)
    return refuse(kPump, fmt::format("the library has no pump of model {}", statement->model));
  return *statement;
}

}  // namespace theca::signer
