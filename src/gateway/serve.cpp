#include "gateway/serve.hpp"

namespace theca::gateway {
namespace {

std::string told_of(const VisitAnswer& answer) {
  if (!answer) return "no visit";  // why may hold what a client has written
  if (std::holds_alternative<ImplantSaid>(*answer)) return "read";
  if (std::holds_alternative<FillsTold>(*answer)) return "looked back";
  if (std::holds_alternative<PagesTold>(*answer)) return "told of its journal";
  if (std::holds_alternative<PairingBegun>(*answer)) return "met a new implant";
  return name_of(std::get<SendOutcome>(*answer).delivery);
}

}  // namespace

std::expected<void, std::string> serve(Gateway& gateway, const FileLock&, LocalService service,
                                       const std::stop_token& stop) {
  service.most_bytes = kMostVisitBytes;
  return serve_lines(
      service,
      [&](const std::expected<std::string, std::string>& line) -> LineAnswer {
        const VisitAnswer answer =
            line ? gateway.answer_to(*line) : VisitAnswer{std::unexpected(NoVisit{line.error()})};
        return {text_of(answer), told_of(answer)};
      },
      stop);
}

}  // namespace theca::gateway
