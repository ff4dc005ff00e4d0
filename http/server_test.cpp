#include "http/server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/failure.hpp"

namespace {

using namespace argosy;
using namespace std::chrono_literals;

// How long anything may take before a test gives up.
constexpr auto patience = 20s;

struct recording_log : logger {
  bool enabled(log_level) const noexcept override { return true; }
  void write(log_level, std::string_view) noexcept override {}
};

class fake_handler : public http_handler {
public:
  using call = std::function<void(http_request, http_answer)>;

  void on(call what) { call_ = std::move(what); }

  void handle(http_request request, http_answer answer) noexcept override {
    if (call_) return call_(std::move(request), std::move(answer));
    answer(http_reply::text(200, "application/json", request.method + " " + request.path + "\n"));
  }

  void client_gone(std::uint64_t connection) noexcept override {
    const std::lock_guard<std::mutex> lock{mutex_};
    gone_.push_back(connection);
    changed_.notify_all();
  }

  // Keeps calls open until the test answers them.
  void hold() {
    on([this](http_request request, http_answer answer) {
      const std::lock_guard<std::mutex> lock{mutex_};
      held_.emplace_back(std::move(request), std::move(answer));
      changed_.notify_all();
    });
  }

  std::pair<http_request, http_answer> next_held() {
    std::unique_lock<std::mutex> lock{mutex_};
    if (!changed_.wait_for(lock, patience, [this] { return !held_.empty(); })) {
      ADD_FAILURE() << "no request came";
      return {{}, [](http_reply) {}};
    }
    auto first = std::move(held_.front());
    held_.pop_front();
    return first;
  }

  bool wait_for_gone(std::uint64_t connection) {
    std::unique_lock<std::mutex> lock{mutex_};
    return changed_.wait_for(
        lock, patience, [&] { return std::find(gone_.begin(), gone_.end(), connection) != gone_.end(); });
  }
  std::size_t gone() {
    const std::lock_guard<std::mutex> lock{mutex_};
    return gone_.size();
  }

private:
  call call_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::uint64_t> gone_;
  std::deque<std::pair<http_request, http_answer>> held_;
};

struct reply {
  std::string head; // without the empty line
  std::string body;
  bool has(const std::string& line) const {
    return ("\r\n" + head + "\r\n").find("\r\n" + line + "\r\n") != std::string::npos;
  }
  bool names(const std::string& header) const {
    return head.find("\r\n" + header + ":") != std::string::npos;
  }
  std::string status() const { return head.substr(0, head.find("\r\n")); }
};

// A client that sends and reads bytes.
class raw_client {
public:
  explicit raw_client(std::uint16_t port, int receive_buffer = 0) :
      fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer != 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0)
      throw std::runtime_error{"cannot connect"};
  }
  raw_client(raw_client&& other) noexcept :
      fd_(std::exchange(other.fd_, -1)), rest_(std::move(other.rest_)) {}
  raw_client(const raw_client&) = delete;
  ~raw_client() {
    if (fd_ >= 0) ::close(fd_);
  }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n < 0) throw std::runtime_error{"cannot send"};
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  void end_sending() { ::shutdown(fd_, SHUT_WR); }
  void reset() {
    const linger hard{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    ::close(std::exchange(fd_, -1));
  }

  // Everything until the server closes. A server that does not close fails the test.
  std::string read_all() {
    while (more()) {}
    return std::exchange(rest_, {});
  }
  bool closed() {
    rest_.clear();
    return read_all().empty() && ended_;
  }

  // One reply by its Content-Length; nothing when the connection ends before.
  std::optional<reply> read_reply(bool has_body = true) {
    std::size_t end;
    while ((end = rest_.find("\r\n\r\n")) == std::string::npos)
      if (!more()) return std::nullopt;
    reply r{rest_.substr(0, end), {}};
    rest_.erase(0, end + 4);
    const auto at = r.head.find("\r\nContent-Length: ");
    if (at == std::string::npos || !has_body) return r;
    const auto length = std::stoul(r.head.substr(at + 18));
    while (rest_.size() < length)
      if (!more()) return std::nullopt;
    r.body = rest_.substr(0, length);
    rest_.erase(0, length);
    return r;
  }

  reply ask(const std::string& bytes, bool has_body = true) {
    send(bytes);
    auto r = read_reply(has_body);
    if (!r) {
      ADD_FAILURE() << "no reply to " << bytes.substr(0, 80);
      return {};
    }
    return *r;
  }

private:
  bool more() {
    char buffer[65536];
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(std::chrono::milliseconds{patience}.count())) <= 0) {
      ADD_FAILURE() << "the server neither answers nor closes";
      return false;
    }
    const auto n = ::recv(fd_, buffer, sizeof buffer, 0);
    if (n > 0) rest_.append(buffer, static_cast<std::size_t>(n));
    if (n <= 0) ended_ = true;
    return n > 0;
  }

  int fd_;
  bool ended_ = false;
  std::string rest_;
};

std::string get(const std::string& path, const std::string& headers = {}) {
  return "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n";
}

std::string post(const std::string& path, const std::string& body = {}, const std::string& headers = {}) {
  return "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         headers + "\r\n" + body;
}

template <class Condition>
bool eventually(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

class http_server_test : public testing::Test {
protected:
  http_server_test() {
    config_.addresses = {"127.0.0.1:0"};
    config_.threads = 2;
    config_.server_name = "rclone/v1.76.0";
    config_.drain = patience;
  }
  ~http_server_test() override {
    server_.reset();
    EXPECT_EQ(book_.live(), 0u);
  }

  http_server& start() {
    server_ = std::make_unique<http_server>(config_, handler_, book_, log_);
    return *server_;
  }
  raw_client connect() { return raw_client{server_->port()}; }
  reply ask(const std::string& bytes, bool has_body = true) { return connect().ask(bytes, has_body); }

  ledger book_;
  recording_log log_;
  fake_handler handler_;
  http_config config_;
  std::unique_ptr<http_server> server_;
};

TEST_F(http_server_test, hands_over_what_was_asked) {
  std::optional<http_request> seen;
  handler_.on([&](http_request request, http_answer answer) {
    seen = std::move(request);
    answer(http_reply::text(200, "application/json", "{}\n"));
  });
  start();
  ask("POST //rc/no%6Fp?a=%20 HTTP/1.1\r\nHost: x\r\nX-Name: v\r\nContent-Length: 4\r\n\r\nbody");
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->method, "POST");
  EXPECT_EQ(seen->path, "rc/noop");
  EXPECT_EQ(seen->query, "a=%20");
  EXPECT_EQ(seen->header("x-name"), "v");
  EXPECT_EQ(seen->body, "body");
  EXPECT_FALSE(seen->authenticated);
  EXPECT_NE(seen->connection, 0u);
}

TEST_F(http_server_test, replies_with_the_headers_that_go_sends) {
  handler_.on([](http_request, http_answer answer) {
    auto r = http_reply::text(200, "application/json", "{}\n");
    r.headers.emplace_back("X-Rclone-Jobid", "7");
    answer(std::move(r));
  });
  start();
  const auto r = ask(post("/rc/noop"));
  EXPECT_EQ(r.status(), "HTTP/1.1 200 OK");
  for (const auto* line : {"Accept-Ranges: bytes", "Server: rclone/v1.76.0", "Content-Type: application/json",
                           "Content-Length: 3", "X-Rclone-Jobid: 7"})
    EXPECT_TRUE(r.has(line)) << line;
  EXPECT_TRUE(r.names("Date"));
  EXPECT_FALSE(r.names("Connection"));
  EXPECT_EQ(std::count(r.head.begin(), r.head.end(), '\n'), 6);
  EXPECT_EQ(r.body, "{}\n");
}

TEST_F(http_server_test, lets_the_handler_override_its_headers) {
  config_.response_headers = {{"X-Frame", "deny"}};
  handler_.on([](http_request, http_answer answer) {
    auto r = http_reply::text(200, "", "");
    r.headers = {{"Accept-ranges", "none"}, {"x-frame", "allow"}};
    answer(std::move(r));
  });
  start();
  const auto r = ask(get("/"));
  EXPECT_TRUE(r.has("Accept-ranges: none"));
  EXPECT_FALSE(r.names("Accept-Ranges"));
  EXPECT_TRUE(r.has("x-frame: allow"));
  EXPECT_FALSE(r.names("X-Frame"));
  EXPECT_TRUE(r.names("Server"));
}

TEST_F(http_server_test, answers_options_itself) {
  handler_.on([](http_request, http_answer) { ADD_FAILURE() << "OPTIONS came through"; });
  config_.user = "u";
  start();
  for (const auto* path : {"/rc/noop", "/nothing/here", "*", "/"}) {
    const auto r = ask("OPTIONS " + std::string{path} + " HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(r.status(), "HTTP/1.1 200 OK");
    EXPECT_TRUE(r.has("Content-Length: 0"));
    EXPECT_FALSE(r.names("Content-Type"));
    EXPECT_TRUE(r.has("Accept-Ranges: bytes"));
  }
}

TEST_F(http_server_test, refuses_other_methods) {
  handler_.on([](http_request, http_answer) { ADD_FAILURE() << "another method came through"; });
  start();
  auto client = connect();
  for (const auto* method :
       {"PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "FOO", "post", "X", "VERSION-CONTROL"}) {
    const auto r =
        client.ask(std::string{method} + " /rc/noop?a=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
    EXPECT_EQ(r.status(), "HTTP/1.1 405 Method Not Allowed") << method;
    EXPECT_EQ(r.body, "Method Not Allowed\n");
    EXPECT_TRUE(r.has("Content-Type: text/plain; charset=utf-8"));
    EXPECT_TRUE(r.has("X-Content-Type-Options: nosniff"));
    EXPECT_FALSE(r.names("Allow"));
    EXPECT_FALSE(r.names("Connection"));
  }
}

TEST_F(http_server_test, sends_a_foreign_method_byte_by_byte_to_the_same_end) {
  start();
  auto client = connect();
  for (const char c : std::string{"FOO / HTTP/1.1\r\nHost: x\r\n\r\n"}) client.send({&c, 1});
  EXPECT_EQ(client.read_reply()->status(), "HTTP/1.1 405 Method Not Allowed");
}

TEST_F(http_server_test, asks_who_is_there) {
  config_.user = "user";
  config_.password = "pa:ss";
  config_.realm = "a realm";
  config_.allow_origin = "http://gui";
  bool authenticated = false;
  handler_.on([&](http_request request, http_answer answer) {
    authenticated = request.authenticated;
    answer(http_reply::text(200, "", "in"));
  });
  start();
  for (const auto& headers : {std::string{}, std::string{"Authorization: Basic dXNlcjpwYQ==\r\n"}}) {
    const auto r = ask(get("/", headers));
    EXPECT_EQ(r.status(), "HTTP/1.1 401 Unauthorized");
    EXPECT_EQ(r.body, "401 Unauthorized\n");
    EXPECT_TRUE(r.has("WWW-Authenticate: Basic realm=\"a realm\""));
    EXPECT_TRUE(r.has("Content-Type: text/plain"));
    EXPECT_FALSE(r.names("Server"));
    EXPECT_FALSE(r.names("Accept-Ranges"));
    EXPECT_TRUE(r.has("Access-Control-Allow-Origin: http://gui"));
  }
  EXPECT_EQ(ask("FOO / HTTP/1.1\r\nHost: x\r\n\r\n").status(), "HTTP/1.1 401 Unauthorized");
  EXPECT_EQ(ask(get("/", "Authorization: Basic dXNlcjpwYTpzcw==\r\n")).body, "in");
  EXPECT_TRUE(authenticated);
}

TEST_F(http_server_test, reads_no_long_body_of_strangers) {
  config_.user = "user";
  config_.password = "pa:ss";
  std::size_t size = 0;
  handler_.on([&](http_request request, http_answer answer) {
    size = request.body.size();
    answer(http_reply{});
  });
  start();
  const std::string announced = "Expect: 100-continue\r\nContent-Length: 1000000\r\n\r\n";
  auto stranger = connect();
  const auto r = stranger.ask("POST / HTTP/1.1\r\nHost: x\r\n" + announced);
  EXPECT_EQ(r.status(), "HTTP/1.1 401 Unauthorized");
  EXPECT_EQ(r.body, "401 Unauthorized\n");
  EXPECT_TRUE(r.has("WWW-Authenticate: Basic realm=\"\""));
  EXPECT_TRUE(r.has("Connection: close"));
  EXPECT_TRUE(stranger.closed());
  auto user = connect();
  user.send("POST / HTTP/1.1\r\nHost: x\r\nAuthorization: Basic dXNlcjpwYTpzcw==\r\n" + announced);
  EXPECT_EQ(user.read_reply()->head, "HTTP/1.1 100 Continue");
  EXPECT_EQ(user.ask(std::string(1'000'000, 'x')).status(), "HTTP/1.1 200 OK");
  EXPECT_EQ(size, 1'000'000u);
}

TEST_F(http_server_test, has_an_empty_realm_by_default) {
  config_.user = "user";
  start();
  EXPECT_TRUE(ask(get("/")).has("WWW-Authenticate: Basic realm=\"\""));
}

TEST_F(http_server_test, checks_passwords_of_a_file_beside_its_threads) {
  const auto path = testing::TempDir() + "argosy-server-htpasswd-" + std::to_string(::getpid());
  std::FILE* const file = std::fopen(path.c_str(), "w");
  std::fputs("bcrypt:$2y$10$K/b3mVXUA6X857TOTYIL9.Lbaeg9oBjMQwUX5NefpVUCcYP0Z5KY2\n", file);
  std::fclose(file);
  config_.htpasswd_file = path;
  start();
  EXPECT_EQ(ask(get("/x", "Authorization: Basic YmNyeXB0OmJjcnlwdA==\r\n")).body, "GET x\n");
  EXPECT_EQ(ask(get("/x", "Authorization: Basic YmNyeXB0OndyMG5n\r\n")).status(),
            "HTTP/1.1 401 Unauthorized");
  server_->stop();
  ::unlink(path.c_str());
}

TEST_F(http_server_test, serves_below_its_base) {
  config_.base_url = "/api/";
  start();
  EXPECT_EQ(server_->urls().front(), "http://127.0.0.1:" + std::to_string(server_->port()) + "/api/");
  EXPECT_EQ(ask(post("/api/rc/noop?a=1")).body, "POST rc/noop\n");
  EXPECT_EQ(ask(post("/api/")).body, "POST \n");
  EXPECT_EQ(ask(post("/api")).body, "POST \n");
  for (const auto* outside : {"/rc/noop", "/apirc/noop", "/", "/ap"}) {
    const auto r = ask(post(outside));
    EXPECT_EQ(r.status(), "HTTP/1.1 404 Not Found") << outside;
    EXPECT_EQ(r.body, "404 page not found\n");
    EXPECT_FALSE(r.names("Server"));
  }
  EXPECT_EQ(ask("OPTIONS / HTTP/1.1\r\nHost: x\r\n\r\n").status(), "HTTP/1.1 200 OK");
  EXPECT_EQ(ask("OPTIONS /x HTTP/1.1\r\nHost: x\r\n\r\n").status(), "HTTP/1.1 404 Not Found");
}

TEST_F(http_server_test, adds_the_headers_that_were_configured) {
  config_.allow_origin = "http://gui.example:8080";
  config_.response_headers = {{"X-One", "1"}, {"Server", "mine"}};
  start();
  const auto r = ask(post("/x"));
  for (const auto* line :
       {"Access-Control-Allow-Origin: http://gui.example:8080", "Access-Control-Max-Age: 86400", "X-One: 1",
        "Access-Control-Allow-Headers: Authorization, Content-Type, Depth, Destination, If, Lock-Token, "
        "Overwrite, "
        "Prefer, TimeOut, Translate",
        "Access-Control-Allow-Methods: COPY, DELETE, GET, HEAD, LOCK, MKCOL, MOVE, OPTIONS, POST, PROPFIND, "
        "PROPPATCH, "
        "PUT, TRACE, UNLOCK",
        "Server: rclone/v1.76.0"})
    EXPECT_TRUE(r.has(line)) << line;
  EXPECT_FALSE(r.has("Server: mine"));
}

TEST_F(http_server_test, says_nothing_of_origins_unless_told) {
  start();
  EXPECT_EQ(ask(post("/x")).head.find("Access-Control"), std::string::npos);
}

TEST_F(http_server_test, answers_head_with_headers_only) {
  start();
  auto client = connect();
  for (int i = 0; i < 2; ++i) {
    const auto r = client.ask("HEAD /file HTTP/1.1\r\nHost: x\r\n\r\n", false);
    EXPECT_TRUE(r.has("Content-Length: 10"));
    EXPECT_EQ(r.status(), "HTTP/1.1 200 OK");
  }
}

TEST_F(http_server_test, sends_the_length_that_the_handler_gives_for_head) {
  handler_.on([](http_request, http_answer answer) {
    http_reply r;
    r.headers.emplace_back("Content-Length", "10737418240");
    answer(std::move(r));
  });
  start();
  const auto r = ask("HEAD /file HTTP/1.1\r\nHost: x\r\n\r\n", false);
  EXPECT_TRUE(r.has("Content-Length: 10737418240"));
  EXPECT_EQ(r.head.find("Content-Length"), r.head.rfind("Content-Length"));
}

TEST_F(http_server_test, sends_no_length_where_there_can_be_no_body) {
  handler_.on([](http_request, http_answer answer) { answer(http_reply::text(304, "", "never sent")); });
  start();
  auto client = connect();
  for (int i = 0; i < 2; ++i) {
    const auto r = client.ask(get("/"));
    EXPECT_EQ(r.status(), "HTTP/1.1 304 Not Modified");
    EXPECT_FALSE(r.names("Content-Length"));
  }
}

TEST_F(http_server_test, sends_many_blocks_as_one_body) {
  std::string expected;
  std::vector<std::shared_ptr<const std::string>> blocks;
  for (int i = 0; i < 200; ++i) {
    blocks.push_back(std::make_shared<const std::string>(static_cast<std::size_t>(i * 37 % 5000),
                                                         static_cast<char>('a' + i % 26)));
    expected += *blocks.back();
  }
  handler_.on([&](http_request, http_answer answer) {
    http_reply r;
    r.body = blocks;
    answer(std::move(r));
  });
  start();
  EXPECT_EQ(ask(get("/")).body, expected);
}

TEST_F(http_server_test, speaks_http_1_0) {
  start();
  auto client = connect();
  client.send("POST /x HTTP/1.0\r\n\r\n");
  const auto all = client.read_all();
  EXPECT_EQ(all.rfind("HTTP/1.0 200 OK\r\n", 0), 0u);
  EXPECT_EQ(all.find("Connection:"), std::string::npos);
  auto keeps = connect();
  for (int i = 0; i < 2; ++i)
    EXPECT_TRUE(keeps.ask("POST /x HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n")
                    .has("Connection: keep-alive"));
}

TEST_F(http_server_test, closes_when_asked) {
  start();
  auto client = connect();
  EXPECT_TRUE(client.ask(post("/x", "", "Connection: close\r\n")).has("Connection: close"));
  EXPECT_TRUE(client.closed());
}

TEST_F(http_server_test, answers_pipelined_requests_one_after_the_other) {
  handler_.hold();
  start();
  auto client = connect();
  std::string many;
  for (int i = 0; i < 40; ++i)
    many += post("/" + std::to_string(i), std::string(static_cast<std::size_t>(i), 'b'));
  client.send(many);
  for (int i = 0; i < 40; ++i) {
    auto [request, answer] = handler_.next_held();
    EXPECT_EQ(request.path, std::to_string(i));
    EXPECT_EQ(request.body.size(), static_cast<std::size_t>(i));
    answer(http_reply::text(200, "", request.path));
    EXPECT_EQ(client.read_reply()->body, std::to_string(i));
  }
}

TEST_F(http_server_test, answers_pipelined_requests_at_once_when_the_handler_does) {
  start();
  auto client = connect();
  std::string many;
  for (int i = 0; i < 1000; ++i) many += get("/" + std::to_string(i));
  std::thread sender{[&] { client.send(many); }};
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(client.read_reply()->body, "GET " + std::to_string(i) + "\n");
  sender.join();
}

TEST_F(http_server_test, reads_chunked_and_large_bodies) {
  std::size_t size = 0;
  handler_.on([&](http_request request, http_answer answer) {
    size = request.body.size();
    answer(http_reply::text(200, "", "ok"));
  });
  start();
  EXPECT_EQ(ask("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                "chunked\r\n\r\n5\r\nabcde\r\n3\r\nfgh\r\n0\r\n\r\n")
                .body,
            "ok");
  EXPECT_EQ(size, 8u);
  EXPECT_EQ(ask(post("/", std::string(5'000'000, 'x'))).body, "ok");
  EXPECT_EQ(size, 5'000'000u);
}

TEST_F(http_server_test, says_continue_to_whom_waits_for_it) {
  start();
  auto client = connect();
  const auto go_on =
      client.ask("POST /x HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", false);
  EXPECT_EQ(go_on.head, "HTTP/1.1 100 Continue");
  EXPECT_EQ(client.ask("{}").body, "POST x\n");
}

TEST_F(http_server_test, refuses_with_a_reply_and_closes) {
  config_.max_body_bytes = 100;
  handler_.on([](http_request, http_answer) { ADD_FAILURE() << "a refused request came through"; });
  start();
  const std::vector<std::pair<std::string, std::string>> cases{
      {get("/", "X: " + std::string(9000, 'a') + "\r\n"), "431 Request Header Fields Too Large"},
      {"GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(300'000, 'a'), "431 Request Header Fields Too Large"},
      {post("/", std::string(101, 'b')), "413 Request Entity Too Large"},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" + std::string(101, 'b'),
       "413 Request Entity Too Large"},
      {"garbage\r\n\r\n", "400 Bad Request"},
      {"\x16\x03\x01\x02\r\n", "400 Bad Request"},
      {"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", "400 Bad Request"},
      {"GET / HTTP/1.1\r\n\r\n", "400 Bad Request: missing required Host header"},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505 HTTP Version Not Supported: unsupported protocol version"},
  };
  for (const auto& [bytes, why] : cases) {
    auto client = connect();
    try {
      client.send(bytes);
    } catch (const std::runtime_error&) {
      // Refused before all of it was sent.
    }
    client.end_sending();
    EXPECT_EQ(client.read_all(),
              "HTTP/1.1 " + why + "\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n" +
                  why);
  }
}

TEST_F(http_server_test, closes_on_a_refused_client_that_stays) {
  start();
  auto client = connect();
  client.send("garbage\r\n\r\n");
  EXPECT_NE(client.read_all().find("400 Bad Request"), std::string::npos);
  EXPECT_TRUE(eventually([&] { return server_->connections() == 0; }));
}

TEST_F(http_server_test, accepts_headers_up_to_the_limit) {
  start();
  EXPECT_EQ(ask(get("/x", "X: " + std::string(8000, 'a') + "\r\n")).body, "GET x\n");
  config_.max_header_bytes = 200'000;
  start();
  EXPECT_EQ(ask(get("/x", "X: " + std::string(190'000, 'a') + "\r\n")).body, "GET x\n");
}

TEST_F(http_server_test, answers_from_any_thread) {
  handler_.hold();
  start();
  std::vector<raw_client> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(connect());
    clients.back().send(post("/x"));
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < 20; ++i)
    threads.emplace_back(
        [this] { handler_.next_held().second(http_reply::text(200, "", std::string(100'000, 'y'))); });
  for (auto& client : clients) EXPECT_EQ(client.read_reply()->body.size(), 100'000u);
  for (auto& thread : threads) thread.join();
}

TEST_F(http_server_test, answers_what_was_never_answered) {
  handler_.on([](http_request, http_answer) {});
  start();
  const auto r = ask(post("/x"));
  EXPECT_EQ(r.status(), "HTTP/1.1 500 Internal Server Error");
  EXPECT_EQ(r.body, "Internal Server Error\n");
}

TEST_F(http_server_test, takes_the_first_of_two_answers) {
  handler_.on([](http_request, http_answer answer) {
    answer(http_reply::text(200, "", "one"));
    answer(http_reply::text(200, "", "two"));
  });
  start();
  auto client = connect();
  EXPECT_EQ(client.ask(get("/")).body, "one");
  EXPECT_EQ(client.ask(get("/")).body, "one");
}

TEST_F(http_server_test, tells_that_a_client_is_gone_while_its_call_is_open) {
  handler_.hold();
  start();
  auto polite = connect();
  polite.send(post("/x"));
  const auto first = handler_.next_held();
  { auto closes = std::move(polite); }
  EXPECT_TRUE(handler_.wait_for_gone(first.first.connection));
  auto rude = connect();
  rude.send(post("/x"));
  const auto second = handler_.next_held();
  EXPECT_NE(first.first.connection, second.first.connection);
  rude.reset();
  EXPECT_TRUE(handler_.wait_for_gone(second.first.connection));
  first.second(http_reply::text(200, "", "late"));
  second.second(http_reply::text(200, "", "late"));
  EXPECT_TRUE(eventually([&] { return server_->connections() == 0; }));
  EXPECT_EQ(handler_.gone(), 2u);
}

TEST_F(http_server_test, says_nothing_of_clients_that_leave_between_calls) {
  start();
  { ask(post("/x")); }
  EXPECT_TRUE(eventually([&] { return server_->connections() == 0; }));
  EXPECT_EQ(handler_.gone(), 0u);
}

TEST_F(http_server_test, still_answers_a_client_that_has_ended_its_sending) {
  handler_.hold();
  start();
  auto client = connect();
  client.send(post("/x"));
  client.end_sending();
  const auto held = handler_.next_held();
  EXPECT_TRUE(handler_.wait_for_gone(held.first.connection));
  held.second(http_reply::text(200, "", std::string(3'000'000, 'z')));
  EXPECT_EQ(client.read_reply()->body.size(), 3'000'000u);
  EXPECT_TRUE(client.closed());
}

TEST_F(http_server_test, serves_others_while_clients_are_slow) {
  config_.threads = 1;
  handler_.on([](http_request request, http_answer answer) {
    http_reply r;
    if (request.path == "big")
      for (int i = 0; i < 32; ++i) r.body.push_back(std::make_shared<const std::string>(1 << 20, 'x'));
    answer(std::move(r));
  });
  start();
  auto dribbles = connect();
  dribbles.send("POST /x HTT");
  auto half_a_body = connect();
  half_a_body.send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345");
  raw_client reads_nothing{server_->port(), 4096};
  reads_nothing.send(get("/big"));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(ask(get("/small")).status(), "HTTP/1.1 200 OK");
  dribbles.send("P/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(dribbles.read_reply()->status(), "HTTP/1.1 200 OK");
  EXPECT_EQ(half_a_body.ask("67890").status(), "HTTP/1.1 200 OK");
  EXPECT_EQ(reads_nothing.read_reply()->body.size(), std::size_t{32} << 20);
}

TEST_F(http_server_test, holds_two_thousand_idle_connections) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const auto before = limit;
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, 8192);
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < 4200) GTEST_SKIP() << "too few descriptors allowed";
  start();
  std::vector<raw_client> clients;
  for (int i = 0; i < 2000; ++i) clients.push_back(connect());
  for (auto& client : clients) client.send(get("/x"));
  for (auto& client : clients) EXPECT_EQ(client.read_reply()->body, "GET x\n");
  EXPECT_EQ(server_->connections(), 2000u);
  EXPECT_EQ(book_.live(resource::connection), 2000u);
  EXPECT_EQ(clients[1234].ask(get("/y")).body, "GET y\n");
  clients.clear();
  EXPECT_TRUE(eventually([&] { return server_->connections() == 0; }));
  server_.reset();
  ::setrlimit(RLIMIT_NOFILE, &before);
}

TEST_F(http_server_test, accepts_again_after_running_out_of_descriptors) {
  start();
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  // The clients take up what is allowed, so that the server cannot accept all of them.
  auto limit = before;
  limit.rlim_cur = 100;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  std::vector<raw_client> clients;
  try {
    for (;;) clients.push_back(connect());
  } catch (const std::runtime_error&) {
    // No descriptor is left.
  }
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_GT(clients.size(), 10u);
  for (auto& client : clients) EXPECT_EQ(client.ask(get("/x")).body, "GET x\n");
}

TEST_F(http_server_test, cuts_off_who_sends_no_headers) {
  config_.header_read_timeout = 50ms;
  start();
  auto silent = connect();
  auto halfway = connect();
  halfway.send("GET / HTTP/1.1\r\nHost");
  EXPECT_TRUE(silent.closed());
  EXPECT_TRUE(halfway.closed());
}

TEST_F(http_server_test, cuts_off_who_is_idle) {
  config_.idle_timeout = 50ms;
  start();
  auto client = connect();
  EXPECT_EQ(client.ask(get("/x")).body, "GET x\n");
  EXPECT_TRUE(client.closed());
}

TEST_F(http_server_test, cuts_off_who_never_finishes_a_body) {
  config_.read_timeout = 50ms;
  start();
  auto client = connect();
  client.send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345");
  EXPECT_TRUE(client.closed());
}

TEST_F(http_server_test, cuts_off_who_does_not_read) {
  config_.write_timeout = 50ms;
  handler_.on([](http_request, http_answer answer) {
    http_reply r;
    for (int i = 0; i < 32; ++i) r.body.push_back(std::make_shared<const std::string>(1 << 20, 'x'));
    answer(std::move(r));
  });
  start();
  raw_client client{server_->port(), 4096};
  client.send(get("/big"));
  EXPECT_TRUE(
      eventually([&] { return book_.entered(resource::connection) == 1 && server_->connections() == 0; }));
  EXPECT_LT(client.read_all().size(), std::size_t{32} << 20);
}

TEST_F(http_server_test, never_cuts_off_a_call_that_is_worked_on) {
  config_.header_read_timeout = config_.idle_timeout = config_.read_timeout = config_.write_timeout = 40ms;
  handler_.hold();
  start();
  auto client = connect();
  client.send(post("/x"));
  const auto held = handler_.next_held();
  // A connection that came later has been cut off, and so the time-outs have run meanwhile.
  EXPECT_TRUE(connect().closed());
  EXPECT_TRUE(connect().closed());
  held.second(http_reply::text(200, "", "done"));
  EXPECT_EQ(client.read_reply()->body, "done");
}

TEST_F(http_server_test, keeps_book_of_its_connections) {
  config_.threads = 1;
  handler_.hold();
  start();
  const auto clients = [this] {
    std::vector<ledger::record> found;
    for (auto& record : book_.records())
      if (record.what == resource::connection) found.push_back(record);
    return found;
  };
  auto client = connect();
  client.send("POST /core/stats?x=1 HTTP/1.1\r\nHost: x\r\n");
  EXPECT_TRUE(
      eventually([&] { return clients().size() == 1 && clients().front().state == std::string{"reading"}; }));
  client.send("\r\n");
  const auto held = handler_.next_held();
  const auto record = clients().front();
  EXPECT_EQ(record.kind, std::string{"http client"});
  EXPECT_EQ(record.label, "rc");
  EXPECT_EQ(record.state, std::string{"handling"});
  EXPECT_EQ(record.detail, "POST /core/stats");
  EXPECT_EQ(book_.live(resource::descriptor), 2u); // the client and the listener
  held.second(http_reply{});
  client.read_reply();
  EXPECT_TRUE(eventually([&] { return clients().front().state == std::string{"idle"}; }));
}

TEST_F(http_server_test, lets_open_calls_finish_when_it_stops) {
  handler_.hold();
  start();
  auto idle = connect();
  idle.send(post("/x"));
  handler_.next_held().second(http_reply{});
  EXPECT_TRUE(idle.read_reply());
  auto busy = connect();
  busy.send(post("/x"));
  const auto held = handler_.next_held();
  std::thread stopper{[this] { server_->stop(); }};
  EXPECT_TRUE(idle.closed());
  held.second(http_reply::text(200, "", "finished"));
  EXPECT_EQ(busy.read_reply()->body, "finished");
  EXPECT_TRUE(busy.closed());
  stopper.join();
  EXPECT_THROW(connect(), std::runtime_error);
  EXPECT_EQ(handler_.gone(), 0u);
}

TEST_F(http_server_test, cuts_off_open_calls_when_the_drain_time_is_over) {
  config_.drain = 20ms;
  handler_.hold();
  start();
  auto client = connect();
  client.send(post("/x"));
  const auto held = handler_.next_held();
  server_->stop();
  server_->stop();
  EXPECT_EQ(handler_.gone(), 1u);
  EXPECT_TRUE(client.closed());
}

TEST_F(http_server_test, does_not_mind_answers_after_its_end) {
  config_.drain = 1ms;
  handler_.hold();
  start();
  auto answered = connect();
  answered.send(post("/x"));
  auto first = handler_.next_held();
  auto dropped = connect();
  dropped.send(post("/x"));
  auto second = handler_.next_held();
  server_.reset();
  EXPECT_EQ(book_.live(), 0u);
  first.second(http_reply::text(200, "", "too late"));
  first.second = nullptr;
  second.second = nullptr;
}

// A thread that is not the server's, and a count of what should be gone in the end. Joined when it goes.
class other_thread {
public:
  std::atomic<int> alive{0};
  other_thread() : thread_([this] { run(); }) {}
  ~other_thread() {
    post(nullptr);
    thread_.join();
  }
  void post(std::function<void()> task) {
    std::lock_guard<std::mutex> guard{mutex_};
    tasks_.push_back(std::move(task));
    wake_.notify_one();
  }

private:
  void run() {
    for (;;) {
      std::unique_lock<std::mutex> lock{mutex_};
      wake_.wait(lock, [this] { return !tasks_.empty(); });
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      lock.unlock();
      if (!task) return;
      task();
    }
  }
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> tasks_;
  std::thread thread_;
};

// Gives the numbers from 1 to `last`, one a block, then ends or breaks. Its blocks come from another thread,
// which counts streams and blocks under way.
class counting : public http_stream {
public:
  counting(int last, bool breaks, other_thread& other) : last_(last), breaks_(breaks), other_(other) {
    ++other_.alive;
  }
  ~counting() override { --other_.alive; }
  void next(taker give) noexcept override {
    auto block =
        given_ == last_ && breaks_
            ? nullptr
            : std::make_shared<const std::string>(given_ == last_ ? "" : std::to_string(given_ + 1) + ",");
    ++given_;
    ++other_.alive;
    other_.post([give = std::move(give), block = std::move(block), &other = other_]() mutable {
      give(std::move(block)); // the stream may end here
      give = nullptr;
      --other.alive;
    });
  }

private:
  const int last_;
  const bool breaks_;
  other_thread& other_;
  int given_ = 0;
};

TEST_F(http_server_test, streams_what_is_made_while_it_is_sent) {
  other_thread other;
  bool measured = false;
  handler_.on([&](http_request, http_answer answer) {
    http_reply r;
    r.body.push_back(std::make_shared<const std::string>("0,"));
    r.stream = std::make_shared<counting>(3, false, other);
    if (measured) r.headers.emplace_back("Content-Length", "8");
    answer(std::move(r));
  });
  start();
  auto client = connect();
  client.send(get("/", "Connection: close\r\n"));
  const auto chunked = client.read_all();
  EXPECT_NE(chunked.find("\r\nTransfer-Encoding: chunked\r\n"), std::string::npos);
  EXPECT_EQ(chunked.substr(chunked.find("\r\n\r\n")),
            "\r\n\r\n2\r\n0,\r\n2\r\n1,\r\n2\r\n2,\r\n2\r\n3,\r\n0\r\n\r\n");
  auto old = connect();
  old.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const auto until_end = old.read_all();
  EXPECT_EQ(until_end.substr(until_end.find("\r\n\r\n")), "\r\n\r\n0,1,2,3,");
  measured = true;
  auto keeps = connect();
  for (int i = 0; i < 2; ++i) EXPECT_EQ(keeps.ask(get("/")).body, "0,1,2,3,");
  EXPECT_EQ(keeps.ask("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", false).status(), "HTTP/1.1 200 OK");
  EXPECT_TRUE(eventually([&] { return other.alive == 0; }));
}

TEST_F(http_server_test, closes_when_a_stream_breaks) {
  other_thread other;
  handler_.on([&](http_request, http_answer answer) {
    http_reply r;
    r.stream = std::make_shared<counting>(2, true, other);
    answer(std::move(r));
  });
  start();
  auto client = connect();
  client.send(get("/"));
  const auto all = client.read_all();
  EXPECT_EQ(all.substr(all.find("\r\n\r\n")), "\r\n\r\n2\r\n1,\r\n2\r\n2,\r\n");
  EXPECT_TRUE(eventually([&] { return other.alive == 0; }));
}

TEST_F(http_server_test, ends_a_stream_when_its_client_is_gone) {
  other_thread other;
  handler_.on([&](http_request, http_answer answer) {
    http_reply r;
    r.stream = std::make_shared<counting>(std::numeric_limits<int>::max(), false, other);
    answer(std::move(r));
  });
  start();
  auto client = connect();
  client.send(get("/"));
  EXPECT_TRUE(client.read_reply());
  client.reset();
  EXPECT_TRUE(eventually([&] { return other.alive == 0; }));
  EXPECT_TRUE(eventually([&] { return server_->connections() == 0; }));
}

TEST_F(http_server_test, takes_a_free_port_and_says_where_it_is) {
  config_.addresses = {"localhost:0"};
  start();
  EXPECT_NE(server_->port(), 0);
  EXPECT_EQ(server_->urls().front(), "http://127.0.0.1:" + std::to_string(server_->port()) + "/");
  config_.addresses = {":0"};
  start();
  EXPECT_EQ(ask(get("/x")).body, "GET x\n");
}

TEST_F(http_server_test, says_which_address_it_cannot_have) {
  const auto error = [this](const std::string& address) -> std::string {
    config_.addresses = {address};
    try {
      http_server{config_, handler_, book_, log_};
    } catch (const failure& f) {
      return f.what();
    }
    return "nothing was thrown";
  };
  start();
  const auto taken = "127.0.0.1:" + std::to_string(server_->port());
  EXPECT_EQ(error(taken), "listen tcp " + taken + ": bind: address already in use");
  EXPECT_EQ(error("localhost"), "listen tcp: address localhost: missing port in address");
  EXPECT_EQ(error("::1:80"), "listen tcp: address ::1:80: too many colons in address");
  EXPECT_EQ(error("127.0.0.1:port"), "listen tcp: lookup tcp/port: unknown port");
  EXPECT_EQ(error("127.0.0.1:70000"), "listen tcp: address 70000: invalid port");
  EXPECT_NE(error("no.such.host.invalid:1").find("no.such.host.invalid"), std::string::npos);
}

} // namespace
