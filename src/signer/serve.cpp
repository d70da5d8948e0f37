#include "signer/serve.hpp"

#include <fmt/format.h>

namespace theca::signer {

std::expected<void, std::string> serve(Signer& signer, const FileLock&, LocalService service,
                                       const std::function<std::int64_t()>& utc_s,
                                       const std::stop_token& stop) {
  service.most_bytes = kMostSigningBytes;
  return serve_lines(
      service,
      [&](const std::expected<std::string, std::string>& line) -> LineAnswer {
        const SigningAnswer answer =
            line ? signer.answer_to(*line, utc_s())
                 : SigningAnswer{std::unexpected(SigningRefused{SigningRefusal::kRequest, line.error()})};
        return {text_of(answer), answer ? fmt::format("signed by {}", answer->signatures.size())
                                        : fmt::format("refused: {}", row_of(answer.error().why).name)};
      },
      stop);
}

}  // namespace theca::signer
