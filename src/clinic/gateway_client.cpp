#include "clinic/gateway_client.hpp"

#include "clinic/local_line.hpp"

namespace theca {

std::expected<VisitAnswer, std::string> ask_gateway(const std::filesystem::path& socket,
                                                    const VisitRequest& request, Duration patience) {
  const auto answer =
      ask_line(socket, text_of(request), kMostVisitBytes, std::chrono::milliseconds{patience.raw()});
  if (!answer) return std::unexpected("the gateway: " + answer.error().why);
  return parse_visit_answer(*answer);
}

}  // namespace theca
