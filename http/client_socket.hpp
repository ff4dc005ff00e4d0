#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <asio/buffer.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/generic/stream_protocol.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>

#include "http/exchange.hpp"
#include "http/request_reader.hpp"
#include "http/tls.hpp"
#include "metrics/ledger.hpp"

namespace argosy {

class client_channel;

/// What every client has to keep to.
struct client_rules {
  std::size_t max_head; ///< bytes of request line and headers
  std::size_t max_body; ///< bytes
  std::chrono::milliseconds header_read_timeout;
  std::chrono::milliseconds idle_timeout;
  std::chrono::milliseconds read_timeout;
  std::chrono::milliseconds write_timeout;
  const char* server; ///< its name in the ledger
  /// Asked when a long body is announced: a whole reply that refuses the request, or nothing. May be empty.
  std::function<std::string(const http_request&)> refuse_early;
};

/// One event loop with the connections that live on it. One thread runs it; everything here but the
/// constructor, `io`, and connections() belongs to that thread. Holders of unanswered requests keep it alive.
class client_loop : public std::enable_shared_from_this<client_loop> {
public:
  using clock = std::chrono::steady_clock;
  client_loop(const client_rules& rules, http_handler& handler, ledger& book);
  ~client_loop();
  client_loop(const client_loop&) = delete;
  client_loop& operator=(const client_loop&) = delete;

  /// Runs until finish() has been called and everything has ended.
  void run() { io_.run(); }
  asio::io_context& io() noexcept { return io_; }
  std::size_t connections() const noexcept { return live_.load(std::memory_order_relaxed); }

  /// Closes what is idle now, the rest when its reply is written; `on_empty` is called, once, when nothing is
  /// left.
  void drain(std::function<void()> on_empty);
  /// Closes everything, whatever it does, and lets run() return.
  void finish();

private:
  friend class client_channel;
  void sweep();
  void check_empty();

  const client_rules rules_;
  http_handler& handler_;
  ledger& book_;
  std::atomic<std::size_t> live_{0};
  std::vector<client_channel*> channels_; // each knows its place
  bool draining_ = false;
  bool finished_ = false;
  std::function<void()> on_empty_;
  std::vector<char> buffer_; // for what is read, by one connection at a time
  // After everything that handlers refer to which are destroyed together with it.
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  clock::duration sweep_period_;
  asio::steady_timer sweep_timer_;
  ledger::entry timer_entry_, buffer_entry_;
};

/// One client connection: stands between the socket, of TCP or a unix socket, encrypted or not, and RESTinio.
/// It reads requests itself, so that it can refuse with a reply what RESTinio would answer by closing, lets
/// one request at a time through, notices a client that goes away meanwhile, keeps the time-outs, and is the
/// connection's entry in the ledger. RESTinio reads a stand-in, the shortest request there is, for each
/// request that is complete, and writes the reply.
class client_channel : public std::enable_shared_from_this<client_channel> {
public:
  using executor_type = asio::io_context::executor_type;
  using socket_type = asio::basic_stream_socket<asio::generic::stream_protocol, executor_type>;
  using completion = std::function<void(const asio::error_code&, std::size_t)>;

  /// `tls` is empty for a connection in the clear.
  client_channel(client_loop& loop, socket_type socket, std::unique_ptr<tls_session> tls,
                 std::uint64_t number);
  ~client_channel();
  client_channel(const client_channel&) = delete;
  client_channel& operator=(const client_channel&) = delete;

  std::uint64_t number() const noexcept { return number_; }

  /// The channel whose request is complete, while RESTinio calls the request handler.
  static client_channel* current() noexcept;
  /// The name in the certificate that the client showed; empty: none.
  std::string client_name() const { return tls_ ? tls_->common_name() : std::string{}; }
  /// That request. Once a request.
  request_reader::result take();
  /// The whole reply is with the system, or cannot be delivered any more. On the loop's thread.
  void reply_written();
  /// Closes the connection because its reply cannot be completed. Any thread.
  void break_off();

  /// What RESTinio does with its socket.
  socket_type& socket() noexcept { return socket_; }
  executor_type get_executor() { return socket_.get_executor(); }
  void read(asio::mutable_buffer buffer, completion done);
  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    if (!tls_) return socket_.async_write_some(buffers, std::forward<Handler>(handler));
    // The completion may be called again by a copy only: the handler is kept where copies find it.
    auto kept = std::make_shared<std::decay_t<Handler>>(std::forward<Handler>(handler));
    const auto* const end = asio::buffer_sequence_end(buffers);
    const auto* first = asio::buffer_sequence_begin(buffers);
    while (first != end && asio::const_buffer{*first}.size() == 0) ++first;
    encrypt(first == end ? asio::const_buffer{} : asio::const_buffer{*first},
            [kept](const asio::error_code& ec, std::size_t size) { (*kept)(ec, size); });
  }
  void writing() noexcept;
  void cancel() noexcept;
  void shutdown(asio::socket_base::shutdown_type what, asio::error_code& ec) noexcept;
  void close() noexcept;

private:
  friend class client_loop;
  enum class phase { idle, head, body, handling, writing, refusing, lingering, closed };

  void enter_phase(phase next, client_loop::clock::duration limit);
  void enter_phase(phase next, client_loop::clock::time_point deadline) noexcept;
  void enter_phase(phase next) noexcept; // without a limit of its own
  static const char* state_of(phase which) noexcept;
  struct received {
    asio::error_code error;    // would_block: nothing yet
    std::size_t size = 0;      // 0 without an error: the client sends no more
    bool in_the_clear = false; // where TLS was expected
  };
  void start_reading();
  void wait_for(asio::socket_base::wait_type what);
  void on_readable(const asio::error_code& ec);
  received receive(char* data, std::size_t size);
  void encrypt(asio::const_buffer bytes, completion done);
  void send_at_once(std::string_view text) noexcept;
  void on_end();
  void consume(std::string_view bytes);
  void feed_held();
  void go_on_reading();
  void finish_read(const asio::error_code& ec, std::size_t size);
  void resume();
  void report_gone() noexcept;
  void refuse();
  void refuse_with(std::string reply);
  void linger();
  void expire();
  void drop();

  client_loop& loop_;
  socket_type socket_;
  std::unique_ptr<tls_session> tls_; // on that socket
  const std::uint64_t number_;
  std::size_t place_ = 0; // in the loop's list
  ledger::entry connection_;
  ledger::entry descriptor_;
  phase phase_ = phase::idle;
  bool waiting_ = false;  // for bytes of the client
  bool for_room_ = false; // to read on, TLS first has to write
  bool busy_ = false;     // a request is complete and its reply is not written
  bool ended_ = false;    // the client sends no more
  bool reported_gone_ = false;
  client_loop::clock::time_point deadline_ = client_loop::clock::time_point::max();
  client_loop::clock::time_point request_started_;
  request_reader reader_;
  asio::mutable_buffer buffer_; // RESTinio's, valid while `pending_` is set
  completion pending_;
  std::string held_;    // read, but not yet looked at
  std::string refusal_; // the reply that refuses
};

/// The socket type of RESTinio's traits.
class client_socket {
public:
  using executor_type = client_channel::executor_type;
  using lowest_layer_type = client_channel::socket_type;
  /// Enough, in bytes, for what RESTinio reads.
  static constexpr std::size_t buffer_size = 32;

  explicit client_socket(std::shared_ptr<client_channel> channel) : channel_(std::move(channel)) {}
  client_socket(client_socket&&) = default;
  client_socket& operator=(client_socket&&) = delete;
  ~client_socket() {
    if (channel_) channel_->close();
  }

  executor_type get_executor() { return channel_->get_executor(); }
  lowest_layer_type& lowest_layer() { return channel_->socket(); }
  bool is_open() const { return channel_->socket().is_open(); }
  void cancel(asio::error_code& ec) {
    ec.clear();
    channel_->cancel();
  }
  void shutdown(asio::socket_base::shutdown_type what, asio::error_code& ec) { channel_->shutdown(what, ec); }
  void close() { channel_->close(); }

  template <class Handler>
  void async_read_some(asio::mutable_buffer buffer, Handler&& handler) {
    channel_->read(buffer, std::forward<Handler>(handler));
  }

  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    channel_->writing();
    channel_->async_write_some(buffers, std::forward<Handler>(handler));
  }

private:
  std::shared_ptr<client_channel> channel_;
};

} // namespace argosy
