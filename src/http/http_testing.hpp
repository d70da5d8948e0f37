#pragma once
/// A client that may be as rude as a test wants: bytes over a socket, with or without TLS, frames of a
/// WebSocket made by hand, certificates made on the spot. Shares no code with the server.

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "http/serve.hpp"

namespace theca::http {

using namespace std::chrono_literals;

struct KeyAndCertificate {
  std::string key_pem, certificate_pem;
};

/// For "localhost" and 127.0.0.1; signed by itself, or by `authority`.
inline KeyAndCertificate make_certificate(std::chrono::hours lasts = 24h,
                                          const KeyAndCertificate* authority = nullptr) {
  const auto text_of = [](BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    std::string text(data, static_cast<std::size_t>(size));
    BIO_free(bio);
    return text;
  };
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  static long serial = 1;
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -48 * 3600L);
  X509_gmtime_adj(X509_getm_notAfter(certificate),
                  std::chrono::duration_cast<std::chrono::seconds>(lasts).count());
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  const std::string common = authority != nullptr ? "client" : "localhost";
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(common.c_str()),
                             -1, -1, 0);
  EVP_PKEY* signer = key;
  X509_NAME* issuer = name;
  X509* above = nullptr;
  if (authority != nullptr) {
    BIO* bio = BIO_new_mem_buf(authority->key_pem.data(), -1);
    signer = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
    BIO_free(bio);
    bio = BIO_new_mem_buf(authority->certificate_pem.data(), -1);
    above = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
    BIO_free(bio);
    issuer = X509_get_subject_name(above);
  } else {
    X509_EXTENSION* names =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    X509_add_ext(certificate, names, -1);
    X509_EXTENSION_free(names);
    X509_EXTENSION* constraints = X509V3_EXT_conf_nid(nullptr, nullptr, NID_basic_constraints, "CA:TRUE");
    X509_add_ext(certificate, constraints, -1);
    X509_EXTENSION_free(constraints);
  }
  X509_set_issuer_name(certificate, issuer);
  X509_sign(certificate, signer, EVP_sha256());
  BIO* key_bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(key_bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  BIO* certificate_bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(certificate_bio, certificate);
  KeyAndCertificate out{text_of(key_bio), text_of(certificate_bio)};
  if (signer != key) EVP_PKEY_free(signer);
  X509_free(above);
  X509_free(certificate);
  EVP_PKEY_free(key);
  return out;
}

struct Reply {
  int status = 0;                                   // 0: none came
  std::multimap<std::string, std::string> headers;  // names in lower case
  std::string body;
  [[nodiscard]] std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string{} : found->second;
  }
};

struct ClientTls {
  int newest = TLS1_3_VERSION;
  std::string protocols{};  // of ALPN, each with its length before it
  const KeyAndCertificate* certificate = nullptr;
};

/// OpenSSL writes to a socket that was closed, and the signal for that is this thread's alone to bear: the
/// server's threads keep theirs, so that a test sees it.
class WithoutPipeSignal {
 public:
  WithoutPipeSignal() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~WithoutPipeSignal() {
    const timespec at_once{};
    while (sigtimedwait(&pipe_, nullptr, &at_once) > 0) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  WithoutPipeSignal(const WithoutPipeSignal&) = delete;
  WithoutPipeSignal& operator=(const WithoutPipeSignal&) = delete;

 private:
  sigset_t pipe_{}, before_{};
};

class Client {
 public:
  explicit Client(std::uint16_t port, std::optional<ClientTls> tls = std::nullopt) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const int yes = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    if (connected_ && tls) secure(*tls);
  }
  ~Client() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
    if (fd_ >= 0) ::close(fd_);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] SSL* ssl() const { return ssl_; }

  bool send(const std::string& bytes) {
    const WithoutPipeSignal quiet;
    std::size_t sent = 0;
    while (sent < bytes.size()) {
      const ssize_t n = ssl_ != nullptr
                            ? SSL_write(ssl_, bytes.data() + sent, static_cast<int>(bytes.size() - sent))
                            : ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) return false;
      sent += static_cast<std::size_t>(n);
    }
    return true;
  }
  /// One response; `body` false after HEAD.
  Reply read(bool body = true) {
    while (!waiting_.contains("\r\n\r\n")) {
      if (!more()) return {};
    }
    Reply reply;
    const std::size_t end = waiting_.find("\r\n\r\n");
    std::string head = waiting_.substr(0, end + 2);
    waiting_.erase(0, end + 4);
    reply.status = std::atoi(head.substr(head.find(' ') + 1, 3).c_str());
    head.erase(0, head.find("\r\n") + 2);
    while (!head.empty()) {
      std::string name = head.substr(0, head.find(':'));
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      const std::size_t line = head.find("\r\n");
      reply.headers.emplace(name, head.substr(name.size() + 2, line - name.size() - 2));
      head.erase(0, line + 2);
    }
    const std::string length = reply.header("content-length");
    const std::size_t size = body && !length.empty() ? std::stoul(length) : 0;
    while (waiting_.size() < size) {
      if (!more()) break;
    }
    reply.body = waiting_.substr(0, size);
    waiting_.erase(0, std::min(size, waiting_.size()));
    return reply;
  }
  Reply ask(const std::string& request) {
    send(request);
    return read(!request.starts_with("HEAD"));
  }
  /// The peer says no more, within ten seconds.
  bool ends() {
    while (more()) {
    }
    return over_;
  }
  /// Exactly so many bytes, or fewer at the end of the stream.
  std::string take(std::size_t size) {
    while (waiting_.size() < size) {
      if (!more()) break;
    }
    std::string out = waiting_.substr(0, size);
    waiting_.erase(0, out.size());
    return out;
  }
  int fd() const { return fd_; }

 private:
  void secure(const ClientTls& tls) {
    context_ = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(context_, tls.newest);
    if (tls.certificate != nullptr) {
      BIO* bio = BIO_new_mem_buf(tls.certificate->certificate_pem.data(), -1);
      X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
      BIO_free(bio);
      bio = BIO_new_mem_buf(tls.certificate->key_pem.data(), -1);
      EVP_PKEY* key = PEM_read_bio_PrivateKey(bio, nullptr, nullptr, nullptr);
      BIO_free(bio);
      SSL_CTX_use_certificate(context_, certificate);
      SSL_CTX_use_PrivateKey(context_, key);
      X509_free(certificate);
      EVP_PKEY_free(key);
    }
    if (!tls.protocols.empty())
      SSL_CTX_set_alpn_protos(context_, reinterpret_cast<const unsigned char*>(tls.protocols.data()),
                              static_cast<unsigned>(tls.protocols.size()));
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, fd_);
    const WithoutPipeSignal quiet;
    connected_ = SSL_connect(ssl_) == 1;
  }
  bool more() {
    const WithoutPipeSignal quiet;
    std::array<char, 16384> bytes{};
    const ssize_t n = ssl_ != nullptr ? SSL_read(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                                      : ::recv(fd_, bytes.data(), bytes.size(), 0);
    if (n > 0) {
      waiting_.append(bytes.data(), static_cast<std::size_t>(n));
      return true;
    }
    over_ = n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
    return false;
  }

  int fd_ = -1;
  bool connected_ = false, over_ = false;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  std::string waiting_;
};

/// A server that runs, and ends with the test.
class Running {
 public:
  explicit Running(Application application, Limits limits = {}, std::optional<Tls> tls = std::nullopt)
      : tls_(tls.has_value()) {
    auto server = Server::listen({{{"127.0.0.1", 0}}, std::move(tls), limits});
    if (!server) throw std::runtime_error(server.error());
    server_ = *std::move(server);
    server_->serve(std::move(application));
  }
  [[nodiscard]] std::uint16_t port() const { return server_->ports().front(); }
  Server& server() { return *server_; }
  [[nodiscard]] std::optional<ClientTls> tls() const {
    return tls_ ? std::optional{ClientTls{}} : std::nullopt;
  }
  Reply ask(const std::string& request) {
    Client client{port(), tls()};
    return client.ask(request);
  }

 private:
  bool tls_;
  std::unique_ptr<Server> server_;
};

inline std::string get(const std::string& path, const std::string& headers = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
}
inline std::string post(const std::string& path, const std::string& body, const std::string& headers = "") {
  return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + headers + "\r\n" + body;
}

inline Application echo() {
  Application application;
  application.answer = [](const Request& request) {
    return Response{200, "text/plain", request.target.path + "|" + request.body, {}};
  };
  return application;
}

struct Frame {
  int opcode = -1;  // -1: the stream ended
  std::string payload;
  [[nodiscard]] int close_code() const {
    return payload.size() < 2
               ? 0
               : static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
  }
};
enum : int { kTextFrame = 1, kBinaryFrame = 2, kCloseFrame = 8, kPingFrame = 9, kPongFrame = 10 };

inline std::string upgrade(const std::string& path, const std::string& headers = "") {
  return get(path,
             "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
                 headers);
}
/// Of that key: RFC 6455 section 1.3.
inline constexpr const char* kSampleAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

inline std::string frame(int opcode, const std::string& payload) {
  const std::string mask = "\x11\x22\x33\x44";
  std::string out{static_cast<char>(0x80 | opcode)};
  if (payload.size() < 126) {
    out += static_cast<char>(0x80 | payload.size());
  } else if (payload.size() < 65'536) {
    out += static_cast<char>(0x80 | 126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size() & 0xFF);
  } else {
    out += static_cast<char>(0x80 | 127);
    for (int shift = 56; shift >= 0; shift -= 8)
      out += static_cast<char>(static_cast<std::uint64_t>(payload.size()) >> shift & 0xFF);
  }
  out += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ mask[i % 4]);
  return out;
}

inline Frame read_frame(Client& client) {
  const std::string head = client.take(2);
  if (head.size() < 2) return {};
  std::size_t size = static_cast<unsigned char>(head[1]) & 0x7FU;
  const std::size_t more = size == 126 ? 2 : size == 127 ? 8 : 0;
  if (more != 0) {
    size = 0;
    for (const char c : client.take(more)) size = size << 8 | static_cast<unsigned char>(c);
  }
  return {static_cast<unsigned char>(head[0]) & 0x0F, client.take(size)};
}

}  // namespace theca::http
