#include "clinic/signer_client.hpp"

#include "clinic/local_line.hpp"

namespace theca {

std::expected<SigningAnswer, NoSigner> ask_signer(const std::filesystem::path& socket,
                                                  const SignerRequest& request, Duration patience) {
  const auto answer =
      ask_line(socket, text_of(request), kMostSigningBytes, std::chrono::milliseconds{patience.raw()});
  if (!answer) return std::unexpected(NoSigner{"the signer: " + answer.error().why, answer.error().asked});
  auto read = parse_signing_answer(*answer);
  if (!read) return std::unexpected(NoSigner{read.error(), /*asked=*/true});
  return *std::move(read);
}

}  // namespace theca
