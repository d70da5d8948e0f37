#include "http/serve.hpp"

#include <cxxabi.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <sodium.h>

#include <algorithm>
#include <atomic>
#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <condition_variable>
#include <ctime>
#include <deque>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

#include "http/problem.hpp"
#include "http/security_headers.hpp"
#include "http/target.hpp"

namespace theca::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace ssl = asio::ssl;
namespace websocket = beast::websocket;
using asio::awaitable;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

auto into(error_code& ec) { return asio::redirect_error(asio::use_awaitable, ec); }

constexpr std::size_t kReadBuffer = 64 * 1024;  // what is read ahead of the request that is answered
constexpr milliseconds kFarewell{1'000};        // for a peer to take the last response and close as well
constexpr std::size_t kFarewellBytes = 1024 * 1024;
constexpr milliseconds kAcceptPause{100};  // after the machine had no more descriptors
constexpr milliseconds kNudge{50};

/// A socket with or without TLS, for one set of the library's templates instead of two.
class Transport {
 public:
  using executor_type = tcp::socket::executor_type;

  Transport(tcp::socket socket, ssl::context* tls) : socket_(std::move(socket)) {
    if (tls != nullptr) tls_.emplace(socket_, *tls);
  }
  executor_type get_executor() { return socket_.get_executor(); }
  tcp::socket& socket() { return socket_; }
  auto& tls() { return tls_; }

  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    if (tls_) return tls_->async_read_some(buffers, std::forward<Token>(token));
    return socket_.async_read_some(buffers, std::forward<Token>(token));
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    if (tls_) return tls_->async_write_some(buffers, std::forward<Token>(token));
    return socket_.async_write_some(buffers, std::forward<Token>(token));
  }

 private:
  tcp::socket socket_;
  std::optional<ssl::stream<tcp::socket&>> tls_;
};

// How the library's WebSocket ends a stream of ours.
void close_now(Transport& transport) {
  error_code ignored;
  transport.socket().close(ignored);
}
[[maybe_unused]] void beast_close_socket(Transport& transport) { close_now(transport); }
[[maybe_unused]] void teardown(beast::role_type, Transport& transport, error_code& ec) {
  close_now(transport);
  ec = {};
}
template <class Handler>
void async_teardown(beast::role_type, Transport& transport, Handler&& handler) {
  error_code ignored;
  transport.socket().shutdown(tcp::socket::shutdown_send, ignored);
  asio::post(transport.get_executor(),
             [handler = std::forward<Handler>(handler)]() mutable { std::move(handler)(error_code{}); });
}

class Connection;
class Seat;

}  // namespace

struct Server::Engine {
  explicit Engine(Settings the_settings)
      : settings(std::move(the_settings)), workers(std::max<std::size_t>(1, settings.limits.workers)) {}

  // What a connection leaves behind when the sockets' own memory goes stands before it.
  Settings settings;
  Application application;
  std::optional<ssl::context> tls;
  std::optional<std::chrono::sys_seconds> certificate_ends;
  std::vector<std::uint16_t> ports;
  std::atomic<bool> stopping = false, cut = false;
  std::atomic<std::size_t> requests_with_workers = 0;  // on one or waiting for one
  std::atomic<std::size_t> handlers = 0;  // every call into the application that has not returned

  std::mutex mutex;  // of the four below
  std::condition_variable one_left;
  std::uint64_t last_number = 0;
  std::map<std::uint64_t, std::weak_ptr<Connection>> open;  // by number; empty while it is made
  std::map<std::string, std::size_t> by_address;

  asio::io_context io{1};
  std::vector<std::shared_ptr<tcp::acceptor>> acceptors;
  asio::thread_pool workers;
  std::thread thread;

  [[nodiscard]] const Limits& limits() const { return settings.limits; }
  std::expected<void, std::string> prepare();
  awaitable<void> accept(std::shared_ptr<tcp::acceptor> acceptor);
  std::optional<Seat> take_seat(std::string address);
  void admit(tcp::socket socket);
  void left(std::uint64_t number, const std::string& address);
  std::vector<std::shared_ptr<Connection>> all();
  bool wait_for_none(milliseconds patience);
  awaitable<void> on_worker(std::function<void()> job);
  Response guarded(const std::function<Response()>& handler);
};

namespace {

using Engine = Server::Engine;

Response refusal(int status, std::string happened, std::string to_do) {
  return to_response(problem(status, std::move(happened), std::move(to_do)));
}

std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 40> text{};
  // Names of days and months in the C locale, which this program never leaves.
  return {text.data(), std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc)};
}

bool is_token(std::string_view name) {
  static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || kMarks.contains(c);
  });
}
bool is_header_value(std::string_view value) {
  return std::ranges::all_of(value, [](char c) { return (c >= ' ' && c != '\x7f') || c == '\t'; });
}
bool can_be_sent(const Response& response) {
  static constexpr std::array<beast::string_view, 3> kOfTheEngine{"Content-Length", "Transfer-Encoding",
                                                                  "Connection"};
  return response.status >= 200 && response.status <= 599 && is_header_value(response.content_type) &&
         std::ranges::all_of(response.headers, [](const Header& header) {
           return is_token(header.name) && is_header_value(header.value) &&
                  std::ranges::none_of(kOfTheEngine,
                                       [&](auto name) { return beast::iequals(name, header.name); });
         });
}

template <class Fields>
void add_fixed_headers(Fields& fields, bool over_tls) {
  fields.set(http::field::date, http_date());
  fields.set("Content-Security-Policy", std::string{kContentPolicy} + std::string{kReportDirective});
  for (const FixedHeader& header : kSecurityHeaders) fields.set(header.name, header.value);
  if (over_tls) fields.set(kTransportSecurity.name, kTransportSecurity.value);
  if (fields.find(http::field::cache_control) == fields.end())
    fields.set(kCacheDefault.name, kCacheDefault.value);
}

std::optional<Method> method_of(http::verb verb) {
  switch (verb) {
    case http::verb::get:
      return Method::kGet;
    case http::verb::head:
      return Method::kHead;
    case http::verb::post:
      return Method::kPost;
    case http::verb::put:
      return Method::kPut;
    case http::verb::patch:
      return Method::kPatch;
    case http::verb::delete_:
      return Method::kDelete;
    case http::verb::options:
      return Method::kOptions;
    default:
      return std::nullopt;
  }
}

/// What a header that could not be read is answered with; nothing: there is nobody to answer.
std::optional<Response> refusal_of(error_code ec) {
  const std::string again = "Send the request again as HTTP/1.1 has it.";
  if (ec == http::error::header_limit || ec == http::error::buffer_overflow)
    return refusal(431, "The header is larger than this server takes.", "Send fewer and shorter headers.");
  if (ec == http::error::body_limit)
    return refusal(413, "The body is larger than this server takes.", "Send less at a time.");
  if (ec == http::error::bad_version)
    return refusal(505, "The version of HTTP is not 1.0 or 1.1.", "Speak HTTP/1.1.");
  if (ec == http::error::end_of_stream || ec == http::error::partial_message) return std::nullopt;
  if (ec.category() == make_error_code(http::error::bad_method).category())
    return refusal(400, "The request is malformed: " + ec.message() + ".", again);
  return std::nullopt;
}

bool has_header(const Request& request, std::string_view name) {
  return std::ranges::find(request.headers, name, &Header::name) != request.headers.end();
}

/// The request without its body, or what it is refused with before a byte of that is read. What a sender adds
/// behind the body never becomes a header.
template <class Message>
std::expected<Request, Response> read_head(const Message& message, bool has_body, const Peer& peer) {
  Request request;
  request.peer = peer;
  const auto method = method_of(message.method());
  if (!method)
    return std::unexpected(refusal(501, "The method is not one that this server knows.",
                                   "Use GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS."));
  request.method = *method;

  for (const auto& field : message) {
    std::string name{field.name_string()};
    std::ranges::transform(name, name.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    const bool once = std::ranges::find(kSingleHeaders, name) != kSingleHeaders.end();
    if (once && has_header(request, name))
      return std::unexpected(refusal(400, "The header " + name + " stands twice.", "Send it once."));
    request.headers.push_back({std::move(name), std::string{field.value()}});
  }
  const std::string_view coding = request.header("transfer-encoding");
  if (has_header(request, "transfer-encoding") && !beast::iequals(beast::string_view{coding}, "chunked"))
    return std::unexpected(refusal(501, "The transfer coding is not 'chunked'.", "Send the body plain."));
  if (message.version() == 10 && has_header(request, "transfer-encoding"))
    return std::unexpected(refusal(400, "HTTP/1.0 has no transfer coding.", "Speak HTTP/1.1."));
  if (message.version() == 11 && request.header("host").empty())
    return std::unexpected(refusal(400, "The header Host is missing.", "Send it."));
  if (is_safe(*method) && has_body)
    return std::unexpected(refusal(400, "The method takes no body.", "Send the request without one."));
  const std::string_view expected = request.header("expect");
  if (!expected.empty() && !beast::iequals(beast::string_view{expected}, "100-continue"))
    return std::unexpected(refusal(417, "The expectation is not '100-continue'.", "Leave Expect out."));

  const std::string_view raw{message.target().data(), message.target().size()};
  auto target = parse_target(raw);
  if (!target)
    return std::unexpected(refusal(raw.size() > kLongestTarget ? 414 : 400,
                                   "The request's address is not taken: " + target.error() + ".",
                                   "Ask for a plain address below '/'."));
  if (target->path == "*" && *method != Method::kOptions)
    return std::unexpected(refusal(400, "Only OPTIONS is asked of '*'.", "Ask for an address below '/'."));
  request.target = *std::move(target);
  return request;
}

/// A connection's place among the others: given back when all else of it is gone.
class Seat {
 public:
  Seat(Engine& engine, std::uint64_t number, std::string address)
      : engine_(&engine), number_(number), address_(std::move(address)) {}
  Seat(Seat&& other) noexcept
      : engine_(std::exchange(other.engine_, nullptr)),
        number_(other.number_),
        address_(std::move(other.address_)) {}
  Seat& operator=(Seat&&) = delete;
  ~Seat() {
    if (engine_ != nullptr) engine_->left(number_, address_);
  }
  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] std::uint64_t number() const { return number_; }

 private:
  Engine* engine_;
  std::uint64_t number_;
  std::string address_;
};

class WebSocketLine;

/// One TCP connection from its first byte to its last. All of it runs on one strand.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Engine& engine, tcp::socket socket, Seat seat)
      : seat_(std::move(seat)),
        engine_(engine),
        transport_(std::move(socket), engine.tls ? &*engine.tls : nullptr),
        timer_(transport_.get_executor()) {
    peer_.address = seat_.address();
    peer_.tls = engine.tls.has_value();
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  awaitable<void> serve();
  /// Ends what waits for the peer's next word; what runs goes on to its end.
  void ask_to_stop();
  void cut() {
    asio::post(transport_.get_executor(), [self = shared_from_this()] { close_now(self->transport_); });
  }
  Transport& transport() { return transport_; }
  Engine& engine() { return engine_; }

 private:
  awaitable<bool> secure();
  awaitable<bool> exchange();
  awaitable<bool> send(Response response, bool with_body, bool keep);
  awaitable<bool> refuse(Response response);
  awaitable<void> converse(http::request<http::string_body> upgrade, Ears ears);
  awaitable<Response> answer(const Request& request);
  awaitable<void> say_farewell();

  /// Until no_limit() or the next limit(), what waits for the peer is cancelled when `time` is over.
  void limit(milliseconds time) {
    timed_out_ = false;
    timer_.expires_after(time);
    watch(++limit_);
  }
  void no_limit() {
    ++limit_;
    timer_.cancel();
  }
  void watch(unsigned limit) {
    timer_.async_wait([self = shared_from_this(), limit](error_code ec) {
      if (ec || limit != self->limit_) return;
      self->timed_out_ = true;
      error_code ignored;
      self->transport_.socket().cancel(ignored);
      // Of an operation in several steps none may have been under way just now.
      self->timer_.expires_after(kNudge);
      self->watch(limit);
    });
  }

  const Seat seat_;  // first, so that it goes last
  Engine& engine_;
  Transport transport_;
  asio::steady_timer timer_;
  Peer peer_;
  beast::flat_buffer buffer_{kReadBuffer};
  unsigned limit_ = 0;
  unsigned version_ = 11;
  std::size_t requests_ = 0;
  bool timed_out_ = false;
  bool between_requests_ = false;
  bool unread_ = false;  // the peer may still be sending what nobody reads
  std::weak_ptr<WebSocketLine> line_;
};

/// The server's end of a WebSocket. Its state lives on the connection's strand but for the bytes that wait.
class WebSocketLine : public std::enable_shared_from_this<WebSocketLine> {
 public:
  explicit WebSocketLine(std::shared_ptr<Connection> connection)
      : connection_(std::move(connection)),
        stream_(connection_->transport()),
        recheck_(connection_->transport().get_executor()) {}

  bool send(std::string text) {
    if (over_) return false;
    const std::size_t size = text.size();
    if (unsent_.fetch_add(size) + size > connection_->engine().limits().unsent_bytes) {
      over_ = true;
      connection_->cut();
      return false;
    }
    asio::post(executor(), [self = shared_from_this(), text = std::move(text)]() mutable {
      self->queue_.push_back(std::move(text));
      if (std::exchange(self->writing_, true)) return;
      asio::co_spawn(self->executor(), write_all(self), asio::detached);
    });
    return true;
  }

  void close_with(websocket::close_code code) {
    over_ = true;
    asio::post(executor(), [self = shared_from_this(), code] {
      self->closing_ = code;
      if (!self->writing_) self->start_close();
    });
  }
  websocket::stream<Transport&>& stream() { return stream_; }
  void end() {
    over_ = true;
    recheck_.cancel();
  }
  [[nodiscard]] bool over() const { return over_; }
  asio::steady_timer& recheck() { return recheck_; }

 private:
  asio::any_io_executor executor() { return connection_->transport().get_executor(); }
  void start_close() {
    if (std::exchange(close_started_, true)) return;
    asio::co_spawn(executor(), close_stream(shared_from_this()), asio::detached);
  }
  static awaitable<void> write_all(std::shared_ptr<WebSocketLine> self) {
    while (!self->queue_.empty()) {
      error_code ec;
      self->stream_.text(true);
      co_await self->stream_.async_write(asio::buffer(self->queue_.front()), into(ec));
      self->unsent_ -= self->queue_.front().size();
      self->queue_.pop_front();
      if (ec) self->queue_.clear();
    }
    self->writing_ = false;
    if (self->closing_) self->start_close();
  }
  static awaitable<void> close_stream(std::shared_ptr<WebSocketLine> self) {
    error_code ignored;
    co_await self->stream_.async_close(*self->closing_, into(ignored));
  }

  std::shared_ptr<Connection> connection_;
  websocket::stream<Transport&> stream_;
  asio::steady_timer recheck_;
  std::deque<std::string> queue_;
  std::atomic<std::size_t> unsent_ = 0;
  std::atomic<bool> over_ = false;
  bool writing_ = false, close_started_ = false;
  std::optional<websocket::close_code> closing_;
};

/// What the application holds of it; holds nothing open.
class Handle final : public Line {
 public:
  explicit Handle(std::weak_ptr<WebSocketLine> line) : line_(std::move(line)) {}
  bool send(std::string text) override {
    const auto line = line_.lock();
    return line && line->send(std::move(text));
  }
  void close() override {
    if (const auto line = line_.lock()) line->close_with(websocket::close_code::normal);
  }

 private:
  std::weak_ptr<WebSocketLine> line_;
};

void Connection::ask_to_stop() {
  asio::post(transport_.get_executor(), [self = shared_from_this()] {
    error_code ignored;
    if (self->between_requests_) self->transport_.socket().cancel(ignored);
    if (const auto line = self->line_.lock()) line->close_with(websocket::close_code::going_away);
  });
}

awaitable<void> Connection::serve() {
  const auto self = shared_from_this();
  const bool ready = co_await secure();
  bool more = ready;
  while (more) more = co_await exchange();
  if (ready) co_await say_farewell();
  no_limit();
  close_now(transport_);
}

awaitable<bool> Connection::secure() {
  if (!transport_.tls()) co_return true;
  error_code ec;
  limit(engine_.limits().handshake);
  co_await transport_.tls()->async_handshake(ssl::stream_base::server, into(ec));
  if (ec || timed_out_) co_return false;
  if (X509* certificate = SSL_get_peer_certificate(transport_.tls()->native_handle())) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    const bool verified = SSL_get_verify_result(transport_.tls()->native_handle()) == X509_V_OK;
    if (verified && X509_digest(certificate, EVP_sha256(), digest.data(), &size) == 1) {
      peer_.certificate.resize(size * 2 + 1);
      sodium_bin2hex(peer_.certificate.data(), peer_.certificate.size(), digest.data(), size);
      peer_.certificate.pop_back();
    }
    X509_free(certificate);
  }
  co_return true;
}

/// One request and its response. False: the connection is to be closed.
awaitable<bool> Connection::exchange() {
  const Limits& limits = engine_.limits();
  error_code ec;
  if (buffer_.size() == 0) {
    if (engine_.stopping) co_return false;
    between_requests_ = true;
    limit(limits.idle);
    const auto room = buffer_.prepare(4096);
    const std::size_t came = co_await transport_.async_read_some(room, into(ec));
    between_requests_ = false;
    if (ec) co_return false;
    buffer_.commit(came);
  }

  http::request_parser<http::string_body> parser;
  parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes));
  parser.body_limit(limits.body_bytes);
  version_ = 11;
  limit(limits.header);
  co_await http::async_read_header(transport_, buffer_, parser, into(ec));
  if (timed_out_)
    co_return co_await refuse(refusal(408, "The header did not come in time.", "Send it in one piece."));
  if (ec) {
    auto response = refusal_of(ec);
    if (!response) co_return false;
    co_return co_await refuse(*std::move(response));
  }

  version_ = parser.get().version();
  const bool has_body = parser.chunked() || parser.content_length().value_or(0) > 0;
  auto head = read_head(parser.get(), has_body, peer_);
  if (!head) co_return co_await refuse(std::move(head.error()));
  Request request = *std::move(head);

  if (!request.header("expect").empty() && has_body) {
    static constexpr std::string_view kGoOn = "HTTP/1.1 100 Continue\r\n\r\n";
    limit(limits.write);
    co_await asio::async_write(transport_, asio::buffer(kGoOn), into(ec));
    if (ec || timed_out_) co_return false;
  }
  limit(limits.body);
  co_await http::async_read(transport_, buffer_, parser, into(ec));
  if (timed_out_)
    co_return co_await refuse(refusal(408, "The body did not come in time.", "Send less at a time."));
  if (ec) {
    auto response = refusal_of(ec);
    if (!response) co_return false;
    co_return co_await refuse(*std::move(response));
  }
  no_limit();

  if (websocket::is_upgrade(parser.get())) {
    std::optional<Ears> ears;
    if (!engine_.application.open) {
      co_return co_await refuse(refusal(404, "There is no WebSocket here.", "Ask for it elsewhere."));
    }
    if (buffer_.size() != 0) {
      co_return co_await refuse(refusal(400, "Something came behind a request to open a WebSocket.",
                                        "Wait for the answer before sending more."));
    }
    Response no;
    const auto open = [&] {
      return engine_.guarded([&] {
        auto opened = engine_.application.open(request);
        if (!opened) return std::move(opened.error());
        ears = *std::move(opened);
        return Response{};
      });
    };
    co_await engine_.on_worker([&] { no = open(); });
    if (!ears) co_return co_await refuse(std::move(no));
    co_await converse(parser.release(), *std::move(ears));
    co_return false;
  }

  request.body = std::move(parser.get().body());
  Response response = co_await answer(request);
  const bool wanted = parser.keep_alive();
  const bool keep = wanted && !engine_.stopping && ++requests_ < limits.requests_per_connection;
  unread_ = wanted && !keep;  // it may have sent the next request already
  co_return co_await send(std::move(response), request.method != Method::kHead, keep);
}

awaitable<Response> Connection::answer(const Request& request) {
  const Limits& limits = engine_.limits();
  if (engine_.requests_with_workers.fetch_add(1) >= limits.workers + limits.waiting) {
    --engine_.requests_with_workers;
    Response busy =
        refusal(503, "The server has more requests than it can answer.", "Try again in a second.");
    busy.headers.push_back({"Retry-After", "1"});
    co_return busy;
  }
  Response response;
  co_await engine_.on_worker([&] {
    response = engine_.cut ? refusal(503, "The server is stopping.", "Try again when it is back.")
                           : engine_.guarded([&] { return engine_.application.answer(request); });
    --engine_.requests_with_workers;
  });
  co_return response;
}

/// Answers what was not read to its end, and closes.
awaitable<bool> Connection::refuse(Response response) {
  unread_ = true;
  co_await send(std::move(response), true, false);
  co_return false;
}

awaitable<bool> Connection::send(Response response, bool with_body, bool keep) {
  http::response<http::string_body> message;
  message.version(version_);
  message.result(static_cast<unsigned>(response.status));
  for (const Header& header : response.headers) message.insert(header.name, header.value);
  if (!response.content_type.empty()) message.set(http::field::content_type, response.content_type);
  add_fixed_headers(message, peer_.tls);
  message.keep_alive(keep);
  if (response.status != 204 && response.status != 304) {
    message.content_length(response.body.size());
    if (with_body) message.body() = std::move(response.body);
  }

  error_code ec;
  limit(engine_.limits().write);
  http::response_serializer<http::string_body> serializer{message};
  if (with_body) {
    co_await http::async_write(transport_, serializer, into(ec));
  } else {
    co_await http::async_write_header(transport_, serializer, into(ec));
  }
  const bool sent = !ec && !timed_out_;
  no_limit();
  co_return sent&& keep;
}

/// A socket that is closed while something waits in it unread takes the last response back with it.
awaitable<void> Connection::say_farewell() {
  error_code ec;
  limit(kFarewell);
  if (!transport_.socket().is_open()) co_return;
  if (transport_.tls() && !unread_) co_await transport_.tls()->async_shutdown(into(ec));
  if (!unread_) co_return;
  transport_.socket().shutdown(tcp::socket::shutdown_send, ec);
  std::array<char, 4096> waste{};
  std::size_t wasted = 0;
  while (!ec && !timed_out_ && wasted < kFarewellBytes)
    wasted += co_await transport_.socket().async_read_some(asio::buffer(waste), into(ec));
}

/// Asks now and then whether a WebSocket may stay; the next question waits for the last answer.
awaitable<void> ask_again(std::shared_ptr<WebSocketLine> line, std::shared_ptr<Connection> connection,
                          std::function<bool()> may_stay) {
  Engine& engine = connection->engine();
  while (!line->over()) {
    error_code ec;
    line->recheck().expires_after(engine.limits().recheck);
    co_await line->recheck().async_wait(into(ec));
    if (ec || line->over()) co_return;
    bool may = false;
    co_await engine.on_worker([&] {
      engine.guarded([&] {
        may = may_stay();
        return Response{};
      });
    });
    if (!may) line->close_with(websocket::close_code::policy_error);
  }
}

awaitable<void> Connection::converse(http::request<http::string_body> upgrade, Ears ears) {
  const Limits& limits = engine_.limits();
  auto line = std::make_shared<WebSocketLine>(shared_from_this());
  auto& stream = line->stream();
  stream.read_message_max(limits.message_bytes);
  stream.set_option(websocket::stream_base::timeout{limits.handshake, limits.silence, true});
  stream.set_option(
      websocket::stream_base::decorator([over_tls = peer_.tls](websocket::response_type& response) {
        response.set(http::field::server, "");  // else the library puts its own name and version there
        add_fixed_headers(response, over_tls);
      }));
  error_code ec;
  co_await stream.async_accept(upgrade, into(ec));
  if (ec) co_return;
  line_ = line;
  if (engine_.stopping) line->close_with(websocket::close_code::going_away);

  bool good = true;
  const auto call = [&](const std::function<void()>& ear) -> awaitable<void> {
    co_await engine_.on_worker([&] {
      const Response response = engine_.guarded([&] {
        if (ear) ear();
        return Response{};
      });
      if (response.status != 200) good = false;
    });
  };
  co_await call([&] {
    if (ears.opened) ears.opened(std::make_shared<Handle>(line));
  });
  if (ears.may_stay)
    asio::co_spawn(transport_.get_executor(), ask_again(line, shared_from_this(), ears.may_stay),
                   asio::detached);

  auto why = websocket::close_code::normal;
  while (true) {
    beast::flat_buffer message;
    co_await stream.async_read(message, into(ec));
    if (ec) break;
    if (!stream.got_text()) why = websocket::close_code::unknown_data;
    if (!good) why = websocket::close_code::internal_error;
    if (why != websocket::close_code::normal) {
      line->close_with(why);
      continue;  // until the peer has closed as well, or its time is over
    }
    bool may = true;
    co_await call([&] {
      may = !ears.may_stay || ears.may_stay();
      if (may && ears.heard) ears.heard({static_cast<const char*>(message.cdata().data()), message.size()});
    });
    if (!may) why = websocket::close_code::policy_error;
    if (!good) why = websocket::close_code::internal_error;
    if (why != websocket::close_code::normal) line->close_with(why);
  }
  line->end();
  co_await call([&] {
    if (ears.closed) ears.closed();
  });
}

}  // namespace

// Runs `job` on a worker and comes back to the strand of whoever waits for it.
awaitable<void> Server::Engine::on_worker(std::function<void()> job) {
  co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(
      [this](auto done, std::function<void()> work) {
        const auto executor = asio::get_associated_executor(done);
        ++handlers;
        asio::post(workers, [this, executor, done = std::move(done), work = std::move(work)]() mutable {
          work();
          --handlers;
          asio::post(executor, std::move(done));
        });
      },
      asio::use_awaitable, std::move(job));
}

Response Server::Engine::guarded(const std::function<Response()>& handler) {
  const auto fail = [this](const std::string& type) {
    std::array<unsigned char, 4> random{};
    randombytes_buf(random.data(), random.size());
    std::array<char, 9> reference{};
    sodium_bin2hex(reference.data(), reference.size(), random.data(), random.size());
    try {
      if (application.fault) application.fault(reference.data(), type);
    } catch (...) {  // whoever is told of a fault has one: the response goes out all the same
    }
    return refusal(500, "Something in the server went wrong; it may or may not have been done.",
                   std::string{"Look at the record before doing it again. Reference for whoever runs this "
                               "server: "} +
                       reference.data() + ".");
  };
  try {
    Response response = handler();
    if (!can_be_sent(response)) return fail("a response that cannot be sent");
    return response;
  } catch (const std::exception& error) {
    int status = 0;
    char* name = abi::__cxa_demangle(typeid(error).name(), nullptr, nullptr, &status);
    const std::string type = name != nullptr ? name : "exception";
    std::free(name);
    return fail(type);
  } catch (...) {
    return fail("something that is no exception");
  }
}

namespace {

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "no reason given";
}

std::optional<std::chrono::sys_seconds> end_of(SSL_CTX* context) {
  const X509* certificate = SSL_CTX_get0_certificate(context);
  std::tm time{};
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time) != 1)
    return std::nullopt;
  return std::chrono::sys_seconds{std::chrono::seconds{timegm(&time)}};
}

/// HTTP/1.1 is what this server speaks: a client that offers protocols without it is told so.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
                    unsigned size, void*) {
  static constexpr std::array<unsigned char, 9> kOurs{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  const int result = SSL_select_next_proto(&chosen, out_size, kOurs.data(), kOurs.size(), offered, size);
  *out = chosen;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

std::expected<ssl::context, std::string> secure_context(const Tls& tls) {
  ssl::context context{ssl::context::tls_server};
  SSL_CTX* native = context.native_handle();
  error_code ec;
  if (SSL_CTX_set_min_proto_version(native, TLS1_3_VERSION) != 1)
    return std::unexpected("TLS 1.3 is not to be had: " + openssl_reason());
  SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);
  context.use_certificate_chain(asio::buffer(tls.certificate_pem), ec);
  if (ec) return std::unexpected("the server's certificate cannot be read: " + ec.message());
  context.use_private_key(asio::buffer(tls.key_pem), ssl::context::pem, ec);
  if (ec) return std::unexpected("the server's private key cannot be read: " + ec.message());
  if (SSL_CTX_check_private_key(native) != 1)
    return std::unexpected("the private key is not that of the server's certificate: " + openssl_reason());
  if (!tls.client_authority_pem.empty()) {
    context.add_certificate_authority(asio::buffer(tls.client_authority_pem), ec);
    if (ec) return std::unexpected("the authority of the clients cannot be read: " + ec.message());
    SSL_CTX_set_verify(native, SSL_VERIFY_PEER, nullptr);
    static constexpr std::string_view kContext =
        "theca";  // without one no session of a client is taken up again
    SSL_CTX_set_session_id_context(native, reinterpret_cast<const unsigned char*>(kContext.data()),
                                   static_cast<unsigned>(kContext.size()));
  }
  return context;
}

}  // namespace

std::expected<void, std::string> Server::Engine::prepare() {
  if (sodium_init() < 0) return std::unexpected("the cryptographic library does not start");
  if (settings.listen.empty()) return std::unexpected("no address to listen at was given");
  if (settings.tls) {
    auto context = secure_context(*settings.tls);
    if (!context) return std::unexpected(context.error());
    tls = *std::move(context);
    certificate_ends = end_of(tls->native_handle());
    if (!certificate_ends || *certificate_ends <= std::chrono::system_clock::now())
      return std::unexpected("the server's certificate has ended; give it one that holds");
  }
  for (const Listen& listen : settings.listen) {
    error_code ec;
    const auto address = asio::ip::make_address(listen.address, ec);
    if (ec)
      return std::unexpected("'" + listen.address +
                             "' is no address; write one in digits, such as 127.0.0.1 or ::1");
    if (!tls && !address.is_loopback())
      return std::unexpected("'" + listen.address +
                             "' is reached from other machines, and without a certificate everything would "
                             "cross the network readable; give a certificate, or listen at 127.0.0.1");
    const tcp::endpoint endpoint{address, listen.port};
    auto acceptor = std::make_shared<tcp::acceptor>(asio::make_strand(io));
    const auto refused = [&](const char* what) {
      return std::unexpected("port " + std::to_string(listen.port) + " of " + listen.address + " cannot be " +
                             what + ": " + ec.message());
    };
    acceptor->open(endpoint.protocol(), ec);
    if (ec) return refused("opened");
    acceptor->set_option(asio::socket_base::reuse_address(true), ec);
    acceptor->bind(endpoint, ec);
    if (ec) return refused("taken");
    acceptor->listen(asio::socket_base::max_listen_connections, ec);
    if (ec) return refused("listened at");
    ports.push_back(acceptor->local_endpoint().port());
    acceptors.push_back(std::move(acceptor));
  }
  return {};
}

awaitable<void> Server::Engine::accept(std::shared_ptr<tcp::acceptor> acceptor) {
  while (acceptor->is_open()) {
    error_code ec;
    const asio::any_io_executor strand = asio::make_strand(io);
    tcp::socket socket = co_await acceptor->async_accept(strand, into(ec));
    if (stopping) co_return;
    if (!ec) {
      admit(std::move(socket));
      continue;
    }
    asio::steady_timer pause{acceptor->get_executor(), kAcceptPause};
    co_await pause.async_wait(into(ec));
  }
}

void Server::Engine::admit(tcp::socket socket) {
  error_code ec;
  const auto endpoint = socket.remote_endpoint(ec);
  if (ec) return;  // gone again
  socket.set_option(tcp::no_delay(true), ec);
  if (auto seat = take_seat(endpoint.address().to_string())) {
    const std::uint64_t number = seat->number();
    auto connection = std::make_shared<Connection>(*this, std::move(socket), *std::move(seat));
    {
      const std::lock_guard lock{mutex};
      open[number] = connection;
    }
    const auto executor = connection->transport().get_executor();
    // Whatever a connection dies of, the others live.
    asio::co_spawn(
        executor, [connection]() -> awaitable<void> { return connection->serve(); },
        [](std::exception_ptr) {});
    return;
  }
  if (tls) return;  // a handshake is just what whoever floods wants; the socket closes
  http::response<http::empty_body> full{http::status::service_unavailable, 11};
  full.set(http::field::retry_after, "5");
  full.content_length(0);
  full.keep_alive(false);
  add_fixed_headers(full, false);
  std::ostringstream text;
  text << full;
  socket.non_blocking(true, ec);
  socket.write_some(asio::buffer(text.str()), ec);
  socket.shutdown(tcp::socket::shutdown_send, ec);
}

std::optional<Seat> Server::Engine::take_seat(std::string address) {
  const std::lock_guard lock{mutex};
  const auto of_this = by_address.find(address);
  if (open.size() >= settings.limits.connections) return std::nullopt;
  if (of_this != by_address.end() && of_this->second >= settings.limits.connections_per_address)
    return std::nullopt;
  ++by_address[address];
  open[++last_number];
  return Seat{*this, last_number, std::move(address)};
}

void Server::Engine::left(std::uint64_t number, const std::string& address) {
  const std::lock_guard lock{mutex};
  open.erase(number);
  const auto of_this = by_address.find(address);
  if (of_this != by_address.end() && --of_this->second == 0) by_address.erase(of_this);
  one_left.notify_all();
}

std::vector<std::shared_ptr<Connection>> Server::Engine::all() {
  std::vector<std::shared_ptr<Connection>> out;
  const std::lock_guard lock{mutex};
  for (const auto& [number, weak] : open) {
    if (auto connection = weak.lock()) out.push_back(std::move(connection));
  }
  return out;
}

bool Server::Engine::wait_for_none(milliseconds patience) {
  std::unique_lock lock{mutex};
  return one_left.wait_for(lock, patience, [this] { return open.empty(); });
}

Server::Server(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}

std::expected<std::unique_ptr<Server>, std::string> Server::listen(Settings settings) {
  auto engine = std::make_unique<Engine>(std::move(settings));
  if (const auto ready = engine->prepare(); !ready) return std::unexpected(ready.error());
  return std::unique_ptr<Server>(new Server(std::move(engine)));
}

void Server::serve(Application application) {
  engine_->application = std::move(application);
  for (const auto& acceptor : engine_->acceptors)
    asio::co_spawn(acceptor->get_executor(), engine_->accept(acceptor), asio::detached);
  engine_->thread = std::thread([&io = engine_->io] {
    const auto work = asio::make_work_guard(io);
    io.run();
  });
}

const std::vector<std::uint16_t>& Server::ports() const { return engine_->ports; }
std::optional<std::chrono::sys_seconds> Server::certificate_ends() const { return engine_->certificate_ends; }
std::size_t Server::connections() const {
  const std::lock_guard lock{engine_->mutex};
  return engine_->open.size();
}

std::size_t Server::stop(milliseconds patience) {
  engine_->stopping = true;
  for (const auto& acceptor : engine_->acceptors) {
    asio::post(acceptor->get_executor(), [acceptor] {
      error_code ignored;
      acceptor->close(ignored);
    });
  }
  for (const auto& connection : engine_->all()) connection->ask_to_stop();
  if (!engine_->wait_for_none(patience)) {
    engine_->cut = true;
    for (const auto& connection : engine_->all()) connection->cut();
    engine_->wait_for_none(kFarewell);
  }
  return engine_->handlers;
}

Server::~Server() {
  stop(milliseconds{0});
  engine_->workers.join();
  // Now nothing but sockets is left, and they are closed: each connection comes to its end.
  while (!engine_->wait_for_none(kFarewell)) {
    for (const auto& connection : engine_->all()) connection->cut();
  }
  engine_->io.stop();
  if (engine_->thread.joinable()) engine_->thread.join();
}

}  // namespace theca::http
