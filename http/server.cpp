#include "http/server.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include <asio/posix/stream_descriptor.hpp>
#include <pthread.h>
#include <re2/re2.h>
#include <restinio/http_server.hpp>
#include <restinio/null_timer_manager.hpp>
#include <restinio/settings.hpp>
#include <sys/socket.h>

#include "core/failure.hpp"
#include "core/header_text.hpp"
#include "http/auth.hpp"
#include "http/client_socket.hpp"

namespace argosy {

// RESTinio looks for these two in the socket's own namespace.
template <class Connection, class Start, class Failed>
void prepare_connection_and_start_read(client_socket&, Connection&, Start start, Failed) {
  start();
}
inline restinio::tls_socket_t* make_tls_socket_pointer_for_state_listener(client_socket&) noexcept {
  return nullptr;
}

namespace {

// Go reads that much beyond the limit of the headers before it refuses.
constexpr std::size_t head_slack = 4096;
// Bytes of a body that are copied behind the headers: cheaper than a buffer of their own.
constexpr std::size_t small_body = 512;

// Connections that are taken before other clients get their turn.
constexpr int clients_at_once = 16;

constexpr std::string_view unauthorized = "401 Unauthorized\n";

// The lines that the server adds to replies.
struct house_style {
  using field = std::pair<std::string, std::string>;
  std::vector<field> outer; // CORS and --rc-response-header: on everything inside the base URL
  std::vector<field> fixed; // on everything that passed authentication
  std::string outer_lines, all_lines;
  std::string challenge; // WWW-Authenticate

  explicit house_style(const http_config& config) {
    if (!config.allow_origin.empty()) {
      outer.emplace_back("Access-Control-Allow-Origin", config.allow_origin);
      outer.emplace_back(
          "Access-Control-Allow-Headers",
          "Authorization, Content-Type, Depth, Destination, If, Lock-Token, Overwrite, Prefer, "
          "TimeOut, Translate");
      outer.emplace_back(
          "Access-Control-Allow-Methods",
          "COPY, DELETE, GET, HEAD, LOCK, MKCOL, MOVE, OPTIONS, POST, PROPFIND, PROPPATCH, PUT, "
          "TRACE, UNLOCK");
      outer.emplace_back("Access-Control-Max-Age", "86400");
    }
    if (!config.server_name.empty()) {
      fixed.emplace_back("Accept-Ranges", "bytes");
      fixed.emplace_back("Server", config.server_name);
    }
    for (const auto& line : config.response_headers)
      if (!same_header(line.first, "Accept-Ranges") && !same_header(line.first, "Server"))
        outer.push_back(line);
    for (const auto& [name, value] : outer) append_header(outer_lines, name, value);
    all_lines = outer_lines;
    for (const auto& [name, value] : fixed) append_header(all_lines, name, value);
    challenge = "Basic realm=\"" + config.realm + "\"";
  }
};

// The 401 of a request whose body is not worth reading.
std::string unread_401(const house_style& style) {
  std::string reply = "HTTP/1.1 401 Unauthorized\r\n" + style.outer_lines + "Content-Type: text/plain\r\n";
  append_header(reply, "WWW-Authenticate", style.challenge);
  append_header(reply, "Content-Length", std::to_string(unauthorized.size()));
  reply += "Connection: close\r\n\r\n";
  return reply += unauthorized;
}

enum class dressing { bare, outer, full };

bool names_any(const std::vector<house_style::field>& lines, const http_reply& reply) {
  return std::any_of(reply.headers.begin(), reply.headers.end(), [&](const auto& own) {
    return std::any_of(lines.begin(), lines.end(),
                       [&](const auto& line) { return same_header(line.first, own.first); });
  });
}

void append_number(std::string& out, std::uint64_t number, int base = 10) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, base).ptr;
  out.append(digits.data(), end);
}

// A request that waits for its reply. Held by whoever may answer, also after the server is gone.
class open_call : public std::enable_shared_from_this<open_call> {
public:
  open_call(std::shared_ptr<client_loop> loop, std::shared_ptr<const house_style> style,
            std::shared_ptr<client_channel> channel, restinio::request_t& request,
            const request_reader::result& read) :
      loop_(std::move(loop)),
      style_(std::move(style)), channel_(std::move(channel)),
      connection_(std::move(restinio::impl::access_req_connection(request))), id_(request.request_id()),
      head_(read.request.method == "HEAD"), keep_alive_(read.keep_alive), http_1_0_(read.http_1_0) {}

  ~open_call() {
    try {
      answer(http_reply::plain_error(500, reason_phrase(500)));
    } catch (const std::exception&) {
      // Without memory there is no reply; the connection ends with its time-out.
    }
  }

  void answer(http_reply reply, dressing style = dressing::full) {
    if (answered_.exchange(true)) return;
    send(std::move(reply), style);
  }

  const std::shared_ptr<client_loop>& loop() const noexcept { return loop_; }
  const client_channel& channel() const noexcept { return *channel_; }
  const house_style& style() const noexcept { return *style_; }

private:
  void send(http_reply reply, dressing style) {
    const bool bodiless = reply.status < 200 || reply.status == 204 || reply.status == 304;
    std::uint64_t length = 0;
    for (const auto& block : reply.body)
      if (block) length += block->size();

    std::string head;
    head.reserve(320 + style_->all_lines.size());
    head += http_1_0_ ? "HTTP/1.0 " : "HTTP/1.1 ";
    append_number(head, static_cast<std::uint64_t>(reply.status));
    head += ' ';
    const auto reason = reason_phrase(reply.status);
    if (reason.empty()) {
      head += "status code ";
      append_number(head, static_cast<std::uint64_t>(reply.status));
    } else {
      head += reason;
    }
    const auto status_size = head.size();
    head += "\r\n";
    append_style(head, reply, style);
    if (!reply.content_type.empty()) append_header(head, "Content-Type", reply.content_type);
    bool measured = false;
    for (const auto& [name, value] : reply.headers) {
      append_header(head, name, value);
      measured = measured || same_header(name, "Content-Length");
    }
    head += "Date: ";
    head += http_date();
    head += "\r\n";
    chunked_ = reply.stream && !measured && !http_1_0_ && !bodiless;
    if (reply.stream && !measured && http_1_0_)
      keep_alive_ = false; // the end of the connection ends the body
    if (chunked_) {
      head += "Transfer-Encoding: chunked\r\n";
    } else if (!measured && !bodiless && !reply.stream) {
      head += "Content-Length: ";
      append_number(head, length);
      head += "\r\n";
    }
    if (!keep_alive_ && !http_1_0_) head += "Connection: close\r\n";
    if (keep_alive_ && http_1_0_) head += "Connection: keep-alive\r\n";
    head += "\r\n";

    const bool silent = head_ || bodiless;
    restinio::writable_items_container_t items;
    if (silent || reply.body.empty()) {
      items.emplace_back(std::move(head));
    } else if (length <= small_body && !chunked_) {
      for (const auto& block : reply.body)
        if (block) head += *block;
      items.emplace_back(std::move(head));
    } else {
      items.reserve(reply.body.size() + 3);
      if (chunked_ && length != 0) {
        append_number(head, length, 16);
        head += "\r\n";
      }
      items.emplace_back(std::move(head));
      for (auto& block : reply.body)
        if (block && !block->empty()) items.emplace_back(std::move(block));
      if (chunked_ && length != 0) items.emplace_back(std::string{"\r\n"});
    }
    restinio::write_group_t group{std::move(items)};
    group.status_line_size(status_size);
    if (silent || !reply.stream) return write_last(std::move(group));
    stream_ = std::move(reply.stream);
    write_part(std::move(group));
  }

  void append_style(std::string& head, const http_reply& reply, dressing style) const {
    if (style == dressing::bare) return;
    if (reply.headers.empty() || !(names_any(style_->fixed, reply) || names_any(style_->outer, reply))) {
      head += style == dressing::full ? style_->all_lines : style_->outer_lines;
      return;
    }
    const auto add = [&](const auto& lines) {
      for (const auto& line : lines)
        if (!names_any({line}, reply)) append_header(head, line.first, line.second);
    };
    add(style_->outer);
    if (style == dressing::full) add(style_->fixed);
  }

  void write_last(restinio::write_group_t group) {
    group.after_write_notificator([channel = channel_](const auto&) { channel->reply_written(); });
    // Moved out: the connection may end here, together with everything that refers to it.
    const auto connection = std::move(connection_);
    connection->write_response_parts(id_,
                                     {restinio::response_parts_attr_t::final_parts,
                                      keep_alive_ ? restinio::response_connection_attr_t::connection_keepalive
                                                  : restinio::response_connection_attr_t::connection_close},
                                     std::move(group));
  }

  void write_part(restinio::write_group_t group) {
    group.after_write_notificator([self = this->shared_from_this()](const auto& ec) {
      if (ec)
        self->stream_.reset();
      else
        self->stream_->next([promise = std::make_shared<block_promise>(self)](auto block) {
          promise->keep(std::move(block));
        });
    });
    connection_->write_response_parts(id_,
                                      {restinio::response_parts_attr_t::not_final_parts,
                                       restinio::response_connection_attr_t::connection_keepalive},
                                      std::move(group));
  }

  // A block that never comes ends the connection: the client notices.
  class block_promise {
  public:
    explicit block_promise(std::shared_ptr<open_call> call) : call_(std::move(call)) {}
    ~block_promise() { keep(nullptr); }
    block_promise(const block_promise&) = delete;
    block_promise& operator=(const block_promise&) = delete;
    void keep(std::shared_ptr<const std::string> block) {
      if (const auto call = std::exchange(call_, nullptr)) call->take_block(std::move(block));
    }

  private:
    std::shared_ptr<open_call> call_;
  };

  void take_block(std::shared_ptr<const std::string> block) {
    restinio::writable_items_container_t items;
    if (!block) {
      channel_->break_off();
    } else if (block->empty()) {
      stream_.reset();
      items.emplace_back(std::string{chunked_ ? "0\r\n\r\n" : ""});
      write_last(restinio::write_group_t{std::move(items)});
    } else {
      if (chunked_) {
        std::string size;
        append_number(size, block->size(), 16);
        items.emplace_back(size += "\r\n");
      }
      items.emplace_back(std::move(block));
      if (chunked_) items.emplace_back(std::string{"\r\n"});
      write_part(restinio::write_group_t{std::move(items)});
    }
  }

  // Destroyed last: connection and channel live on it.
  const std::shared_ptr<client_loop> loop_;
  const std::shared_ptr<const house_style> style_;
  const std::shared_ptr<client_channel> channel_;
  restinio::impl::connection_handle_t connection_;
  const restinio::request_id_t id_;
  std::shared_ptr<http_stream> stream_;
  std::atomic<bool> answered_{false};
  const bool head_;
  bool keep_alive_;
  const bool http_1_0_;
  bool chunked_ = false;
};

// What RESTinio calls when it has a request.
// How the server learns who asks (rc-surface 2.9).
enum class identity { none, password, header, certificate };

identity identity_of(const http_config& config) {
  if (!config.htpasswd_file.empty() || !config.user.empty()) return identity::password;
  if (!config.user_from_header.empty()) return identity::header;
  if (config.tls.wanted() && !config.tls.client_authority.empty()) return identity::certificate;
  return identity::none;
}

bool is_user_name(std::string_view text) {
  static const re2::RE2 pattern{R"([\p{L}\d@._-]+)"};
  return re2::RE2::FullMatch(re2::StringPiece{text.data(), text.size()}, pattern);
}

struct house_rules {
  std::shared_ptr<const house_style> style;
  http_handler* handler;
  identity how;
  authenticator* guard;    // of identity::password
  std::string user_header; // of identity::header
  std::string base;        // path that all calls begin with, without slashes at its ends
  bool all_methods;        // the handler answers every method
};

struct front_door {
  client_loop* loop; // not its owner: what waits in the loop would keep it alive through this
  std::shared_ptr<const house_rules> rules;

  restinio::request_handling_status_t operator()(const restinio::request_handle_t& request) const {
    auto channel = client_channel::current()->shared_from_this();
    auto read = channel->take();
    auto call = std::make_shared<open_call>(loop->shared_from_this(), rules->style, std::move(channel),
                                            *request, read);
    receive(std::move(call), std::move(read.request));
    return restinio::request_accepted();
  }

private:
  void receive(std::shared_ptr<open_call> call, http_request request) const {
    const bool options = request.method == "OPTIONS";
    const auto& base = rules->base;
    if (!base.empty() && !(options && request.path.empty())) {
      const bool inside = request.path.compare(0, base.size(), base) == 0 &&
                          (request.path.size() == base.size() || request.path[base.size()] == '/');
      if (!inside) return call->answer(http_reply::plain_error(404, "404 page not found"), dressing::bare);
      request.path.erase(0, request.path.find_first_not_of('/', base.size()));
    }
    switch (rules->how) {
    case identity::none: return serve(call, std::move(request));
    case identity::header: {
      const auto given = trim_header(request.header(rules->user_header));
      return trust(call, std::move(request), is_user_name(given));
    }
    case identity::certificate:
      return trust(call, std::move(request), !call->channel().client_name().empty());
    case identity::password: break;
    }
    if (options) return serve(call, std::move(request));
    const auto credentials = request.header("Authorization");
    switch (rules->guard->glance(credentials)) {
    case authenticator::verdict::granted: return admit(call, std::move(request), true);
    case authenticator::verdict::refused: return admit(call, std::move(request), false);
    case authenticator::verdict::unknown: break;
    }
    std::string copy{credentials};
    auto waiting = std::make_shared<http_request>(std::move(request));
    rules->guard->check(
        std::move(copy), [self = *this, call = std::move(call), waiting](bool granted) mutable {
          // Back to the thread of the connection, where handlers are called.
          auto& io = call->loop()->io();
          asio::post(io, [self = std::move(self), call = std::move(call), waiting = std::move(waiting),
                          granted] { self.admit(call, std::move(*waiting), granted); });
        });
  }

  // Who is named by somebody else: a proxy, or an authority.
  void trust(const std::shared_ptr<open_call>& call, http_request request, bool named) const {
    if (!named) return call->answer(http_reply::plain_error(401, reason_phrase(401)), dressing::outer);
    request.authenticated = true;
    serve(call, std::move(request));
  }

  void admit(const std::shared_ptr<open_call>& call, http_request request, bool granted) const {
    if (!granted) {
      auto reply = http_reply::text(401, "text/plain", std::string{unauthorized});
      reply.headers.emplace_back("WWW-Authenticate", rules->style->challenge);
      return call->answer(std::move(reply), dressing::outer);
    }
    request.authenticated = true;
    serve(call, std::move(request));
  }

  void serve(const std::shared_ptr<open_call>& call, http_request request) const {
    if (!rules->all_methods && request.method == "OPTIONS") return call->answer(http_reply{});
    if (!rules->all_methods && request.method != "POST" && request.method != "GET" &&
        request.method != "HEAD")
      return call->answer(http_reply::plain_error(405, reason_phrase(405)));
    rules->handler->handle(std::move(request), [call](http_reply reply) { call->answer(std::move(reply)); });
  }
};

// RESTinio's own time-outs are off: the channel keeps better ones, without a timer a request.
struct server_traits : restinio::traits_t<restinio::null_timer_manager_t, restinio::null_logger_t, front_door,
                                          asio::io_context::executor_type, client_socket> {};

using connection_settings = restinio::impl::connection_settings_t<server_traits>;
using connection_type = restinio::impl::connection_t<server_traits>;

// Of the stand-in only its end is of interest.
http_parser_settings end_finder() {
  http_parser_settings settings;
  http_parser_settings_init(&settings);
  settings.on_message_complete = [](http_parser* parser) {
    return restinio::impl::restinio_message_complete_cb<server_traits::http_methods_mapper_t>(parser);
  };
  return settings;
}

std::string without_slashes(std::string text) {
  text.erase(0, text.find_first_not_of('/'));
  while (!text.empty() && text.back() == '/') text.pop_back();
  return text;
}

std::size_t thread_count(std::size_t wanted) {
  if (wanted != 0) return wanted;
  const auto cores = std::thread::hardware_concurrency();
  return cores > 2 ? cores - 1 : 1;
}

} // namespace

struct http_server::implementation {
  implementation(http_config config, http_handler& handler, ledger& book, logger& log) :
      config_(std::move(config)), log_(log) {
    allow_heads_of(config_.max_header_bytes + 2 * head_slack);
    client_rules rules{config_.max_header_bytes + head_slack,
                       config_.max_body_bytes,
                       config_.header_read_timeout,
                       config_.idle_timeout,
                       config_.read_timeout,
                       config_.write_timeout,
                       config_.name,
                       {}};
    if (config_.tls.wanted()) tls_.emplace(config_.tls);
    const auto how = identity_of(config_);
    if (how == identity::password)
      guard_ = std::make_unique<authenticator>(
          authenticator::sources{config_.user, config_.password, config_.htpasswd_file}, book, log);
    const auto style = std::make_shared<const house_style>(config_);
    if (guard_)
      rules.refuse_early = [guard = guard_.get(), style](const http_request& request) {
        const bool welcome = request.method == "OPTIONS" || guard->glance(request.header("Authorization")) !=
                                                                authenticator::verdict::refused;
        return welcome ? std::string{} : unread_401(*style);
      };
    const auto house = std::make_shared<const house_rules>(
        house_rules{style, &handler, how, guard_.get(), config_.user_from_header,
                    without_slashes(config_.base_url), config_.all_methods});
    const auto threads = thread_count(config_.threads);
    for (std::size_t i = 0; i < threads; ++i) {
      loops_.push_back(std::make_shared<client_loop>(rules, handler, book));
      // Room for more requests than one keeps RESTinio reading while one is worked on: so a client's end is
      // noticed.
      auto settings = restinio::server_settings_t<server_traits>{}
                          .max_pipelined_requests(16)
                          .buffer_size(client_socket::buffer_size)
                          .request_handler(front_door{loops_.back().get(), house});
      settings_.push_back(std::make_shared<connection_settings>(
          settings, end_finder(), std::make_shared<restinio::null_timer_manager_t>()));
    }
    listen(book);
    for (auto& one : gates_) asio::post(loops_.front()->io(), [this, &one] { wait_for_client(one); });
    for (std::size_t i = 0; i < threads; ++i)
      threads_.push_back({book.enter(resource::thread, "http"), std::thread{[this, i] {
                            ::pthread_setname_np(::pthread_self(), "http");
                            loops_[i]->run();
                          }}});
  }

  // A socket that takes connections, on the first loop.
  struct gate {
    gate(asio::io_context& io, listener with, ledger::entry in_book) :
        socket(std::move(with)), entry(std::move(in_book)), ready(io, socket.get()), retry(io) {}
    ~gate() { ready.release(); } // the socket has an owner
    listener socket;
    ledger::entry entry;
    asio::posix::stream_descriptor ready;
    asio::steady_timer retry;
    bool open = true;
  };

  void listen(ledger& book) {
    auto& io = loops_.front()->io();
    const auto add = [&](listener made) {
      gates_.emplace_back(io, std::move(made),
                          book.enter(resource::descriptor, "http listener", 0, config_.name));
    };
    std::map<std::string, std::size_t> of_name;
    for (const auto& given : config_.inherited) add(listener{given, of_name[given.name]++, tls_.has_value()});
    if (!config_.inherited.empty()) return;
    for (const auto& address : config_.addresses) add(listener{address, tls_.has_value()});
  }

  void wait_for_client(gate& at) {
    at.ready.async_wait(asio::posix::stream_descriptor::wait_read, [this, &at](const asio::error_code& ec) {
      if (!ec && at.open) accept(at);
    });
  }

  // As many as wait, but not for ever: the loop has clients too.
  void accept(gate& at) {
    for (int i = 0; i < clients_at_once; ++i) {
      descriptor client{::accept4(at.socket.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
      if (client) {
        settle(std::move(client), at.socket.encrypted());
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        break;
      } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        return wait_before_accepting(at, errno);
      } // else that client is gone already
    }
    wait_for_client(at);
  }

  // Out of descriptors or memory: clients wait in the system's queue until there are some again.
  void wait_before_accepting(gate& at, int error) {
    if (log_.enabled(log_level::error))
      log_.write(log_level::error, "HTTP server cannot accept a connection on " + url_of(at) + ": " +
                                       std::generic_category().message(error));
    at.retry.expires_after(std::chrono::milliseconds{100});
    at.retry.async_wait([this, &at](const asio::error_code& stopped) {
      if (!stopped && at.open) accept(at);
    });
  }

  std::string url_of(const gate& at) const { return at.socket.url(without_slashes(config_.base_url)); }

  void settle(descriptor client, bool encrypted) {
    const auto target = next_++ % loops_.size();
    auto adopt = [this, target, encrypted, client = std::make_shared<descriptor>(std::move(client))] {
      try {
        if (stopping_) return;
        int family = AF_UNSPEC;
        socklen_t size = sizeof family;
        ::getsockopt(client->get(), SOL_SOCKET, SO_DOMAIN, &family, &size);
        client_channel::socket_type socket{loops_[target]->io().get_executor()};
        socket.assign(asio::generic::stream_protocol{family, 0}, client->get());
        const auto fd = client->release();
        const auto number = last_number_.fetch_add(1) + 1;
        auto channel = std::make_shared<client_channel>(*loops_[target], std::move(socket),
                                                        encrypted ? tls_->begin(fd) : nullptr, number);
        using no_limit = restinio::connection_count_limit_types<server_traits>::lifetime_monitor_t;
        // RESTinio only shows the address in a log, which we have not.
        std::make_shared<connection_type>(number, client_socket{std::move(channel)}, settings_[target],
                                          asio::ip::tcp::endpoint{}, no_limit{nullptr})
            ->init();
      } catch (const std::exception& e) {
        if (log_.enabled(log_level::error))
          log_.write(log_level::error, std::string{"HTTP server cannot serve a connection: "} + e.what());
      }
    };
    if (target == 0)
      adopt();
    else
      asio::post(loops_[target]->io(), std::move(adopt));
  }

  void stop() {
    const std::lock_guard<std::mutex> once{stop_mutex_};
    if (threads_.empty()) return;
    stopping_ = true;
    struct {
      std::mutex mutex;
      std::condition_variable changed;
      std::size_t busy = 0;
    } loops;
    loops.busy = loops_.size();
    asio::post(loops_.front()->io(), [this] {
      for (auto& one : gates_) {
        one.open = false;
        one.ready.cancel();
        one.retry.cancel();
      }
    });
    for (const auto& loop : loops_)
      asio::post(loop->io(), [&loops, &loop = *loop] {
        loop.drain([&loops] {
          const std::lock_guard<std::mutex> lock{loops.mutex};
          --loops.busy;
          loops.changed.notify_all();
        });
      });
    {
      std::unique_lock<std::mutex> lock{loops.mutex};
      loops.changed.wait_for(lock, config_.drain, [&] { return loops.busy == 0; });
    }
    // Before the loops: what it still has to say needs them.
    if (guard_) guard_->stop();
    for (const auto& loop : loops_) asio::post(loop->io(), [&loop = *loop] { loop.finish(); });
    for (auto& [entry, thread] : threads_) thread.join();
    threads_.clear();
    gates_.clear();
  }

  struct named_thread {
    ledger::entry entry;
    std::thread thread;
  };

  const http_config config_;
  logger& log_;
  std::unique_ptr<authenticator> guard_;
  std::vector<std::shared_ptr<client_loop>> loops_;
  std::vector<std::shared_ptr<connection_settings>> settings_; // one a loop
  std::optional<tls_context> tls_;
  std::deque<gate> gates_;
  std::size_t next_ = 0; // loop of the next connection
  std::atomic<std::uint64_t> last_number_{0};
  std::atomic<bool> stopping_{false};
  std::mutex stop_mutex_;
  std::vector<named_thread> threads_;
};

http_server::http_server(http_config config, http_handler& handler, ledger& book, logger& log) :
    implementation_(std::make_unique<implementation>(std::move(config), handler, book, log)) {}

http_server::~http_server() { stop(); }

std::uint16_t http_server::port() const {
  for (const auto& one : implementation_->gates_)
    if (one.socket.port() != 0) return one.socket.port();
  return 0;
}

std::vector<std::string> http_server::urls() const {
  std::vector<std::string> all;
  for (const auto& one : implementation_->gates_) all.push_back(implementation_->url_of(one));
  return all;
}

void http_server::stop() { implementation_->stop(); }

std::size_t http_server::connections() const {
  std::size_t sum = 0;
  for (const auto& loop : implementation_->loops_) sum += loop->connections();
  return sum;
}

} // namespace argosy
