#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backends/io_pool.hpp"
#include "backends/local/descriptor.hpp"
#include "core/header_text.hpp"

/// For tests: an HTTP server whose answers, and what is wrong with them, a test writes down.
namespace argosy::testing {

struct served_request {
  std::string method, target;
  std::map<std::string, std::string> fields; ///< names in lower case
  std::string body;
  std::size_t number = 0; ///< from 1, of all requests
  const std::string& field(const std::string& name) const {
    static const std::string none;
    const auto found = fields.find(name);
    return found == fields.end() ? none : found->second;
  }
};

/// What a server does about a request: sends bytes and then goes on, or does not.
struct reaction {
  std::string bytes;
  enum class ending { keep, close, reset, stall } then = ending::keep;
};

inline reaction reply(int status, const std::string& body = {}, const std::string& fields = {}) {
  return {"HTTP/1.1 " + std::to_string(status) + " " + std::string{reason_phrase(status)} +
          "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + fields + "\r\n" + body};
}

class scripted_server {
public:
  using script = std::function<reaction(const served_request&)>;

  /// `early` may answer before the body of a request is read; the connection ends with that.
  using early_script = std::function<std::optional<reaction>(const served_request&)>;

  explicit scripted_server(script answers, early_script early = {}) :
      answers_(std::move(answers)), early_(std::move(early)) {
    listener_ = descriptor{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_.get(), 128) != 0 ||
        ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error{"scripted_server: no socket"};
    port_ = ntohs(address.sin_port);
    threads_.post({}, [this](const may_block&) { accept_all(); });
  }
  ~scripted_server() { stopping_ = true; }
  scripted_server(const scripted_server&) = delete;
  scripted_server& operator=(const scripted_server&) = delete;

  std::uint16_t port() const { return port_; }
  std::string authority() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url(const std::string& path = "/") const { return "http://" + authority() + path; }
  std::size_t connections() const { return connections_; }
  /// All of them so far, in order.
  std::vector<served_request> requests() const {
    const std::lock_guard lock{mutex_};
    return requests_;
  }

private:
  // False: the server ends.
  bool wait_readable(int fd) const {
    while (!stopping_) {
      pollfd look{fd, POLLIN, 0};
      if (::poll(&look, 1, 20) > 0) return true;
    }
    return false;
  }

  void accept_all() {
    while (wait_readable(listener_.get())) {
      const auto fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      ++connections_;
      try {
        threads_.post({}, [this, fd](const may_block&) {
          const descriptor peer{fd};
          serve(peer.get());
        });
      } catch (const failure&) { // came while the server ends
        ::close(fd);
      }
    }
  }

  void serve(int fd) {
    std::string input;
    while (true) {
      served_request next;
      if (!read_head(fd, input, next)) return;
      auto what = early_ ? early_(next) : std::nullopt;
      const auto is_early = what.has_value();
      if (!is_early && !read_body(fd, input, next)) return;
      {
        const std::lock_guard lock{mutex_};
        next.number = requests_.size() + 1;
        requests_.push_back(next);
      }
      if (!is_early) what = answers_(next);
      if (!send_all(fd, what->bytes)) return;
      if (what->then == reaction::ending::keep && !is_early) continue;
      if (what->then == reaction::ending::reset) {
        const linger at_once{1, 0};
        ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
        return;
      }
      // Until the other side closes: closing first, with something unread, would be a reset.
      if (what->then == reaction::ending::stall || is_early)
        while (more(fd, input)) input.clear();
      return;
    }
  }

  static bool send_all(int fd, const std::string& bytes) {
    for (std::size_t sent = 0; sent < bytes.size();) {
      const auto n = ::send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) return false;
      sent += static_cast<std::size_t>(n);
    }
    return true;
  }

  bool more(int fd, std::string& input) const {
    char block[65536];
    if (!wait_readable(fd)) return false;
    const auto got = ::recv(fd, block, sizeof(block), 0);
    if (got <= 0) return false;
    input.append(block, static_cast<std::size_t>(got));
    return true;
  }

  bool line(int fd, std::string& input, std::string& out) const {
    std::size_t end;
    while ((end = input.find("\r\n")) == std::string::npos)
      if (!more(fd, input)) return false;
    out = input.substr(0, end);
    input.erase(0, end + 2);
    return true;
  }

  bool bytes(int fd, std::string& input, std::size_t size, std::string& out) const {
    while (input.size() < size)
      if (!more(fd, input)) return false;
    out.append(input, 0, size);
    input.erase(0, size);
    return true;
  }

  bool read_head(int fd, std::string& input, served_request& next) const {
    std::string text;
    if (!line(fd, input, text)) return false;
    next.method = text.substr(0, text.find(' '));
    next.target = text.substr(next.method.size() + 1, text.rfind(' ') - next.method.size() - 1);
    while (line(fd, input, text) && !text.empty())
      next.fields[lower_header(text.substr(0, text.find(':')))] =
          std::string{trim_header(std::string_view{text}.substr(text.find(':') + 1))};
    return true;
  }

  bool read_body(int fd, std::string& input, served_request& next) const {
    if (next.field("transfer-encoding") == "chunked") {
      std::string text;
      for (std::size_t size = 1; size > 0;) {
        if (!line(fd, input, text)) return false;
        size = std::stoul(text, nullptr, 16);
        if (!bytes(fd, input, size, next.body) || !line(fd, input, text)) return false;
      }
      return true;
    }
    const auto& length = next.field("content-length");
    return length.empty() || bytes(fd, input, std::stoul(length), next.body);
  }

  const script answers_;
  const early_script early_;
  descriptor listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> connections_{0};
  mutable std::mutex mutex_;
  std::vector<served_request> requests_;
  ledger book_;
  io_pool threads_{book_, {128, std::chrono::milliseconds{100}}};
};

} // namespace argosy::testing
