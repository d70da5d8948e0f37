#pragma once
/// A process that answers lines at a socket file: one client at a time, one line, one answer.

#include <sys/types.h>

#include <cstddef>
#include <expected>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "quantity/quantity.hpp"

namespace theca {

struct LocalService {
  std::filesystem::path socket;
  std::optional<uid_t> client;              // may ask besides the service's own user
  std::size_t most_bytes = 0;               // of a line, either way
  Duration patience = seconds(2);           // for a client to say all, and to take the answer
  std::function<void()> listening = [] {};  // from now on a client may come
  std::function<void(const std::string&)> told = [](const std::string&) {
  };  // a sentence for each client: no secret
};

/// An answer without the end of its line, and what is told of it.
struct LineAnswer {
  std::string line;
  std::string told;
};
/// A line without its end, or why none came.
using AnswerLine = std::function<LineAnswer(const std::expected<std::string, std::string>&)>;

/// Until it is stopped; the socket file is gone then. The error: why it cannot listen.
std::expected<void, std::string> serve_lines(const LocalService& service, const AnswerLine& answer,
                                             const std::stop_token& stop);

}  // namespace theca
