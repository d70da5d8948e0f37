#include "clinic/signer_client.hpp"

#include "clinic/local_line.hpp"

namespace theca {

std::expected<SigningAnswer, std::string> ask_signer(const std::filesystem::path& socket,
                                                     const SigningRequest& request, Duration patience) {
  const auto answer =
      ask_line(socket, text_of(request), kMostSigningBytes, std::chrono::milliseconds{patience.raw()});
  if (!answer) return std::unexpected("the signer: " + answer.error());
  return parse_signing_answer(*answer);
}

}  // namespace theca
