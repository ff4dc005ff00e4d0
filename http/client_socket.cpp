#include "http/client_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <asio/error.hpp>
#include <asio/post.hpp>
#include <asio/write.hpp>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace argosy {

namespace {

using namespace std::chrono_literals;

// What a client may send ahead while its request is worked on; more stays in the system's buffers.
constexpr std::size_t read_ahead = 16 << 10;
// What is read at once.
constexpr std::size_t read_size = 64 << 10;
// A body beyond it, in bytes, is not read before the client is known to be welcome.
constexpr std::uint64_t long_body = 64 << 10;
// How long a refused client has to take the reply before the connection is cut: closing at once would make
// the system drop the reply when bytes of the client are still unread. Go's time.
constexpr auto linger_time = 500ms;
// Go's TCP keep-alive, in seconds: finds clients that vanished without a word.
constexpr int keep_alive_interval = 15;
constexpr int keep_alive_probes = 9;

// What an HTTP client hears that did not notice that this is TLS.
constexpr std::string_view sent_in_the_clear =
    "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";

// What RESTinio gets to read for each request.
constexpr std::string_view stand_in = "GET / HTTP/1.1\r\n\r\n";
static_assert(stand_in.size() <= client_socket::buffer_size);

thread_local client_channel* current_channel = nullptr;

} // namespace

client_loop::client_loop(const client_rules& rules, http_handler& handler, ledger& book) :
    rules_(rules), handler_(handler), book_(book), buffer_(read_size), work_(io_.get_executor()),
    sweep_timer_(io_), timer_entry_(book.enter(resource::timer, "http time-outs", 0, rules.server)),
    buffer_entry_(book.enter(resource::buffer, "http requests", 0, rules.server)) {
  const auto shortest = std::min({rules.header_read_timeout, rules.idle_timeout, rules.read_timeout,
                                  rules.write_timeout, std::chrono::milliseconds{4s}});
  sweep_period_ = std::max(shortest / 4, 5ms);
  sweep();
}

client_loop::~client_loop() = default;

void client_loop::sweep() {
  // One timer a loop instead of several a request.
  sweep_timer_.expires_after(sweep_period_);
  sweep_timer_.async_wait([this](const asio::error_code& ec) {
    if (ec) return;
    const auto present = clock::now();
    std::vector<std::shared_ptr<client_channel>> late;
    for (auto* channel : channels_)
      if (channel->deadline_ <= present) late.push_back(channel->shared_from_this());
    for (const auto& channel : late) channel->expire();
    if (!finished_) sweep();
  });
}

void client_loop::check_empty() {
  if (!draining_ || !channels_.empty() || !on_empty_) return;
  const auto call = std::exchange(on_empty_, nullptr);
  call();
}

void client_loop::drain(std::function<void()> on_empty) {
  draining_ = true;
  on_empty_ = std::move(on_empty);
  std::vector<std::shared_ptr<client_channel>> idle;
  for (auto* channel : channels_)
    if (!channel->busy_) idle.push_back(channel->shared_from_this());
  for (const auto& channel : idle) channel->drop();
  check_empty();
}

void client_loop::finish() {
  draining_ = true;
  finished_ = true;
  std::vector<std::shared_ptr<client_channel>> all;
  for (auto* channel : channels_) all.push_back(channel->shared_from_this());
  for (const auto& channel : all) channel->drop();
  sweep_timer_.cancel();
  timer_entry_ = {};
  buffer_entry_ = {};
  work_.reset();
}

client_channel::client_channel(client_loop& loop, socket_type socket, std::unique_ptr<tls_session> tls,
                               std::uint64_t number) :
    loop_(loop),
    socket_(std::move(socket)), tls_(std::move(tls)), number_(number),
    connection_(loop.book_.enter(resource::connection, "http client", 0, loop.rules_.server)),
    descriptor_(loop.book_.enter(resource::descriptor, "http client", 0, loop.rules_.server)),
    reader_(loop.rules_.max_head, loop.rules_.max_body) {
  const auto set = [this](int level, int option, int value) {
    // Of a unix socket, and of a client that is gone already, nothing can be set: the first read notices.
    ::setsockopt(socket_.native_handle(), level, option, &value, sizeof value);
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, keep_alive_interval);
  set(IPPROTO_TCP, TCP_KEEPINTVL, keep_alive_interval);
  set(IPPROTO_TCP, TCP_KEEPCNT, keep_alive_probes);
  descriptor_.socket(socket_.native_handle());
  place_ = loop_.channels_.size();
  loop_.channels_.push_back(this);
  loop_.live_.store(loop_.channels_.size(), std::memory_order_relaxed);
  // The first request's headers are due from now on; later ones first have the idle time.
  enter_phase(phase::idle, loop_.rules_.header_read_timeout);
  request_started_ = client_loop::clock::now();
}

client_channel::~client_channel() { close(); }

client_channel* client_channel::current() noexcept { return current_channel; }

request_reader::result client_channel::take() {
  auto taken = reader_.take();
  taken.request.connection = number_;
  connection_.request(taken.request.method, "/" + taken.request.path);
  return taken;
}

void client_channel::enter_phase(phase next, client_loop::clock::duration limit) {
  enter_phase(next, client_loop::clock::now() + limit);
}

void client_channel::enter_phase(phase next, client_loop::clock::time_point deadline) noexcept {
  phase_ = next;
  deadline_ = deadline;
  const auto* state = state_of(next);
  if (deadline == client_loop::clock::time_point::max())
    connection_.state(state);
  else
    connection_.waits(state, deadline - client_loop::clock::now());
}

void client_channel::enter_phase(phase next) noexcept {
  enter_phase(next, client_loop::clock::time_point::max());
}

const char* client_channel::state_of(phase which) noexcept {
  switch (which) {
  case phase::idle: return "idle";
  case phase::head:
  case phase::body: return "reading";
  case phase::handling: return "handling";
  case phase::writing:
  case phase::refusing:
  case phase::lingering:
  case phase::closed: break;
  }
  return "writing";
}

void client_channel::read(asio::mutable_buffer buffer, completion done) {
  buffer_ = buffer;
  pending_ = std::move(done);
  // Later, never from within this call: RESTinio is not finished with the request before.
  if (phase_ == phase::closed)
    asio::post(socket_.get_executor(),
               [self = shared_from_this()] { self->finish_read(asio::error::operation_aborted, 0); });
  else if (!busy_ && (!held_.empty() || ended_))
    asio::post(socket_.get_executor(), [self = shared_from_this()] { self->resume(); });
  else
    start_reading();
}

// Waits for bytes instead of reading: the loop's buffer serves all its connections.
void client_channel::start_reading() {
  if (waiting_ || ended_ || phase_ == phase::closed) return;
  if (busy_ && held_.size() >= read_ahead) return; // goes on when the reply is written
  // TLS may hold bytes that the socket has delivered already.
  if (tls_ && !for_room_ && tls_->pending()) {
    waiting_ = true;
    return asio::post(socket_.get_executor(), [self = shared_from_this()] { self->on_readable({}); });
  }
  wait_for(for_room_ ? asio::socket_base::wait_write : asio::socket_base::wait_read);
}

void client_channel::wait_for(asio::socket_base::wait_type what) {
  waiting_ = true;
  socket_.async_wait(what,
                     [self = shared_from_this()](const asio::error_code& ec) { self->on_readable(ec); });
}

void client_channel::on_readable(const asio::error_code& ec) {
  waiting_ = false;
  if (phase_ == phase::closed || phase_ == phase::refusing || !pending_) return;
  if (ec) return finish_read(ec, 0);
  auto& buffer = loop_.buffer_;
  const auto got = receive(buffer.data(), buffer.size());
  if (got.error == asio::error::would_block) return start_reading();
  if (got.error) return finish_read(got.error, 0);
  if (got.in_the_clear) {
    tls_.reset();
    return refuse_with(std::string{sent_in_the_clear});
  }
  if (got.size == 0) return on_end();
  if (phase_ == phase::lingering) return start_reading();
  const std::string_view bytes{buffer.data(), got.size};
  if (!busy_ && held_.empty()) return consume(bytes);
  held_.append(bytes);
  if (busy_) return start_reading();
  feed_held();
}

client_channel::received client_channel::receive(char* data, std::size_t size) {
  if (!tls_) {
    const auto got = ::recv(socket_.native_handle(), data, size, MSG_DONTWAIT);
    if (got >= 0) return {{}, static_cast<std::size_t>(got)};
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {asio::error::would_block};
    return {{errno, asio::error::get_system_category()}};
  }
  const auto got = tls_->read(data, size);
  for_room_ = got.what == tls_session::state::want_write;
  switch (got.what) {
  case tls_session::state::done: return {{}, got.size};
  case tls_session::state::ended: return {};
  case tls_session::state::want_read:
  case tls_session::state::want_write: return {asio::error::would_block};
  case tls_session::state::not_tls: return {{}, 0, true};
  case tls_session::state::broken: break;
  }
  return {asio::error::connection_aborted};
}

void client_channel::encrypt(asio::const_buffer bytes, completion done) {
  const auto end = [&](const asio::error_code& ec, std::size_t size) {
    asio::post(socket_.get_executor(), [done = std::move(done), ec, size] { done(ec, size); });
  };
  if (phase_ == phase::closed) return end(asio::error::operation_aborted, 0);
  if (bytes.size() == 0) return end({}, 0);
  const auto put = tls_->write(static_cast<const char*>(bytes.data()), bytes.size());
  if (put.what == tls_session::state::done) return end({}, put.size);
  const bool for_bytes = put.what == tls_session::state::want_read;
  if (!for_bytes && put.what != tls_session::state::want_write)
    return end(asio::error::connection_aborted, 0);
  socket_.async_wait(
      for_bytes ? asio::socket_base::wait_read : asio::socket_base::wait_write,
      [self = shared_from_this(), bytes, done = std::move(done)](const asio::error_code& ec) mutable {
        if (ec) return done(ec, 0);
        self->encrypt(bytes, std::move(done));
      });
}

// For a short text when nothing else is on its way, so that it fits into the system's buffer. A client that
// is gone is noticed by reading.
void client_channel::send_at_once(std::string_view text) noexcept {
  if (tls_)
    static_cast<void>(tls_->write(text.data(), text.size()));
  else
    static_cast<void>(::send(socket_.native_handle(), text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
}

void client_channel::on_end() {
  ended_ = true;
  if (phase_ == phase::lingering) return finish_read(asio::error::connection_aborted, 0);
  if (busy_) return report_gone(); // a client that only ended its sending still gets the reply
  if (reader_.untouched() && held_.empty()) return finish_read(asio::error::eof, 0);
  reader_.cut_off();
  refuse();
}

void client_channel::feed_held() { consume(std::exchange(held_, {})); }

void client_channel::consume(std::string_view bytes) {
  if (reader_.untouched()) {
    if (phase_ == phase::idle) {
      request_started_ = client_loop::clock::now();
      enter_phase(phase::head, request_started_ + loop_.rules_.header_read_timeout);
    }
    const auto method = look_at_method(bytes);
    if (method.what == method_start::kind::incomplete) {
      held_ = bytes;
      return go_on_reading();
    }
    if (method.what == method_start::kind::foreign) {
      // Under a name that the parser knows; it is answered like every other method that is not served.
      reader_.foreign_method(bytes.substr(0, method.length));
      constexpr std::string_view known = "PUT";
      reader_.feed(known.data(), known.size());
      bytes.remove_prefix(method.length);
    }
  }
  const auto used = reader_.feed(bytes.data(), bytes.size());
  switch (reader_.state()) {
  case request_reader::progress::refused: return refuse();
  case request_reader::progress::complete: {
    held_ = bytes.substr(used);
    busy_ = true;
    enter_phase(phase::handling);
    std::memcpy(buffer_.data(), stand_in.data(), stand_in.size());
    return finish_read({}, stand_in.size());
  }
  case request_reader::progress::body:
    if (phase_ == phase::head) {
      enter_phase(phase::body, request_started_ + loop_.rules_.read_timeout);
      if (loop_.rules_.refuse_early && reader_.announced() > long_body) {
        auto refusal = loop_.rules_.refuse_early(reader_.so_far());
        if (!refusal.empty()) return refuse_with(std::move(refusal));
      }
    }
    if (reader_.wants_continue()) {
      send_at_once("HTTP/1.1 100 Continue\r\n\r\n");
    }
    return go_on_reading();
  case request_reader::progress::head: return go_on_reading();
  }
}

void client_channel::go_on_reading() {
  connection_.touch();
  if (ended_) return on_end();
  start_reading();
}

void client_channel::finish_read(const asio::error_code& ec, std::size_t size) {
  if (!pending_) return;
  const auto self = shared_from_this();
  const auto done = std::exchange(pending_, nullptr);
  current_channel = this;
  done(ec, size);
  current_channel = nullptr;
}

void client_channel::reply_written() {
  if (phase_ == phase::closed) return;
  busy_ = false;
  enter_phase(phase::idle, loop_.rules_.idle_timeout);
  if (loop_.draining_) ended_ = true;
  if (pending_) asio::post(socket_.get_executor(), [self = shared_from_this()] { self->resume(); });
}

// Goes on with the next request after a reply.
void client_channel::resume() {
  if (busy_ || !pending_ || phase_ == phase::closed) return;
  if (loop_.draining_) return finish_read(asio::error::connection_aborted, 0);
  if (!held_.empty()) return feed_held();
  if (ended_) return on_end();
  start_reading();
}

void client_channel::report_gone() noexcept {
  if (!std::exchange(reported_gone_, true)) loop_.handler_.client_gone(number_);
}

void client_channel::break_off() {
  asio::post(socket_.get_executor(), [self = shared_from_this()] { self->drop(); });
}

void client_channel::writing() noexcept {
  if (phase_ == phase::writing || phase_ == phase::closed) return;
  enter_phase(phase::writing, loop_.rules_.write_timeout);
}

void client_channel::refuse() {
  const std::string why{reader_.refusal()};
  refuse_with("HTTP/1.1 " + why + "\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n" +
              why);
}

void client_channel::refuse_with(std::string reply) {
  refusal_ = std::move(reply);
  enter_phase(phase::refusing, loop_.rules_.write_timeout);
  asio::async_write(*this, asio::buffer(refusal_),
                    [self = shared_from_this()](const asio::error_code& ec, std::size_t) {
                      if (self->phase_ == phase::closed) return;
                      if (ec) return self->finish_read(ec, 0);
                      self->linger();
                    });
}

void client_channel::linger() {
  asio::error_code ignored;
  shutdown(asio::socket_base::shutdown_send, ignored);
  enter_phase(phase::lingering, linger_time);
  if (ended_) return finish_read(asio::error::connection_aborted, 0);
  start_reading();
}

void client_channel::expire() {
  deadline_ = client_loop::clock::time_point::max();
  drop();
}

// Ends the connection. RESTinio does it when it learns from a read; when it reads nothing, it is done here.
void client_channel::drop() {
  if (phase_ == phase::closed) return;
  if (pending_) finish_read(asio::error::connection_aborted, 0);
  if (phase_ != phase::closed) close();
}

void client_channel::cancel() noexcept {
  // RESTinio wants no further request.
  if (!pending_) return;
  auto done = std::exchange(pending_, nullptr);
  asio::post(socket_.get_executor(), [done = std::move(done)] { done(asio::error::operation_aborted, 0); });
  asio::error_code ignored;
  socket_.cancel(ignored);
}

void client_channel::shutdown(asio::socket_base::shutdown_type what, asio::error_code& ec) noexcept {
  if (tls_ && what != asio::socket_base::shutdown_receive) tls_->finish();
  socket_.shutdown(what, ec);
}

void client_channel::close() noexcept {
  if (phase_ == phase::closed) return;
  if (tls_ && phase_ != phase::lingering) tls_->finish();
  phase_ = phase::closed;
  deadline_ = client_loop::clock::time_point::max();
  asio::error_code ignored;
  socket_.close(ignored);
  if (busy_) report_gone();
  connection_ = {};
  descriptor_ = {};
  auto& others = loop_.channels_;
  others[place_] = others.back();
  others[place_]->place_ = place_;
  others.pop_back();
  loop_.live_.store(others.size(), std::memory_order_relaxed);
  if (pending_) {
    auto done = std::exchange(pending_, nullptr);
    asio::post(socket_.get_executor(), [done = std::move(done)] { done(asio::error::operation_aborted, 0); });
  }
  loop_.check_empty();
}

} // namespace argosy
