#pragma once
/// HTTP/1.1 and WebSockets over TLS 1.3, or in plain over loopback. Handlers run on workers, never on a
/// thread that serves sockets; every wait has an end and everything that grows has a limit.

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/http.hpp"

namespace theca::http {

struct Listen {
  std::string address;     // "127.0.0.1", "::1", "0.0.0.0"
  std::uint16_t port = 0;  // 0: a free one, told by Server::ports
};

struct Tls {
  std::string certificate_pem;  // the server's, then what leads to its authority
  std::string key_pem;
  std::string client_authority_pem;  // asks clients for a certificate of this authority; empty: asks nobody
};

/// The server's end of one WebSocket. May be called from any thread.
class Line {
 public:
  virtual ~Line() = default;
  /// False: it is closed, or was cut because its reader does not read (Limits::unsent_bytes).
  virtual bool send(std::string text) = 0;
  virtual void close() = 0;
};

/// Who listens to one WebSocket, called on workers: `opened` first, then `heard` for each message in its
/// order, `closed` once at the end. `may_stay` is asked beside them.
struct Ears {
  std::function<void(std::shared_ptr<Line>)> opened;
  std::function<void(std::string_view text)> heard;
  std::function<void()> closed;
  std::function<bool()> may_stay;  // false ends it: asked before every `heard` and every Limits::recheck
};

struct Application {
  std::function<Response(const Request&)> answer;
  /// May this request become a WebSocket? The refusal is sent as it is. Unset: never.
  std::function<std::expected<Ears, Response>(const Request&)> open;
  /// A handler threw. The reference stands in the response too; of the exception only its type is told, for
  /// its text may name a patient.
  std::function<void(const std::string& reference, const std::string& type)> fault;
};

struct Settings {
  std::vector<Listen> listen;
  std::optional<Tls> tls;  // none: plain HTTP, on a loopback address only
  Limits limits;
};

class Server {
 public:
  /// Takes the addresses and reads the certificate; whoever connects waits until serve(). The error is a
  /// sentence.
  static std::expected<std::unique_ptr<Server>, std::string> listen(Settings settings);
  /// Once.
  void serve(Application application);
  /// Waits for the handlers that still run.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// In the order of Settings::listen.
  [[nodiscard]] const std::vector<std::uint16_t>& ports() const;
  /// The last second of the server's certificate.
  [[nodiscard]] std::optional<std::chrono::sys_seconds> certificate_ends() const;
  [[nodiscard]] std::size_t connections() const;

  /// Takes no more, lets what runs finish for at most `patience`, then cuts; at most a second later it
  /// answers how many handlers have not come back. A thread cannot be stopped from outside: whoever must end
  /// now ends the process.
  std::size_t stop(std::chrono::milliseconds patience);

  struct Engine;

 private:
  explicit Server(std::unique_ptr<Engine> engine);
  std::unique_ptr<Engine> engine_;
};

}  // namespace theca::http
