#include "clinic/signer_client.hpp"

#include <chrono>

#include "clinic/local_line.hpp"

namespace theca {

std::expected<SigningAnswer, std::string> ask_signer(const std::filesystem::path& socket,
                                                     const SigningRequest& request, Duration patience) {
  const auto failed = [](const std::string& why) { return std::unexpected("the signer: " + why); };
  const Deadline until = std::chrono::steady_clock::now() + std::chrono::milliseconds{patience.raw()};
  const auto line = connect_to(socket);
  if (!line) return failed(line.error());
  if (const auto sent = write_line(*line, text_of(request), until); !sent) return failed(sent.error());
  const auto answer = read_line(*line, kMostSigningBytes, until);
  if (!answer) return failed(answer.error());
  return parse_signing_answer(*answer);
}

}  // namespace theca
