#include "backends/curl/wire.hpp"

#include <utility>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backends/curl/transfer.hpp"
#include "core/failure.hpp"

namespace argosy::curl {

namespace {

// Connections kept open for the next request: more than one only after transfers that ran side by side.
constexpr long kept_connections = 4;

void start_library() {
  struct library {
    library() { curl_global_init(CURL_GLOBAL_DEFAULT); }
  };
  static const library once;
}

} // namespace

wire::wire(std::string remote) : remote_(std::move(remote)) {
  start_library();
  multi_.reset(curl_multi_init());
  tls_sessions_.reset(curl_share_init());
  if (!multi_ || !tls_sessions_) fail(failure_kind::retryable, "no memory for a connection");
  curl_share_setopt(tls_sessions_.get(), CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, kept_connections);
}

wire::~wire() = default;

bool wire::closed_by_peer() const noexcept {
  if (running_ != 0) return false;
  for (const auto& [fd, entry] : sockets_) {
    pollfd look{fd, POLLIN | POLLRDHUP, 0};
    if (::poll(&look, 1, 0) > 0) return true;
  }
  return false;
}

void wire::stop_reading() noexcept {
  for (const auto& [fd, entry] : sockets_) ::shutdown(fd, SHUT_RD);
}

easy_handle wire::take() {
  if (idle_.empty()) {
    easy_handle made{curl_easy_init()};
    if (!made) fail(failure_kind::retryable, "no memory for a transfer");
    curl_easy_setopt(made.get(), CURLOPT_SHARE, tls_sessions_.get());
    return made;
  }
  auto next = std::move(idle_.back());
  idle_.pop_back();
  return next;
}

void wire::give_back(easy_handle easy) {
  curl_easy_setopt(easy.get(), CURLOPT_COOKIEFILE, nullptr); // a list that the next line would leak
  curl_easy_reset(easy.get());                               // keeps what it shares
  idle_.push_back(std::move(easy));
}

void wire::add(transfer& one) {
  if (curl_multi_add_handle(multi_.get(), one.easy()) != CURLM_OK)
    fail(failure_kind::retryable, "cannot start a transfer");
  ++running_;
}

void wire::remove(transfer& one) noexcept {
  curl_multi_remove_handle(multi_.get(), one.easy());
  --running_;
}

void wire::step(const may_block& on) {
  on.check();
  on_ = &on;
  int running = 0;
  const auto result = curl_multi_perform(multi_.get(), &running);
  on_ = nullptr;
  if (result != CURLM_OK) fail(failure_kind::retryable, curl_multi_strerror(result));
  int left = 0;
  while (const auto* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    char* who = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &who);
    reinterpret_cast<transfer*>(who)->ended_with(message->data.result);
  }
}

void wire::wait(std::chrono::milliseconds patience) {
  curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(patience.count()), nullptr);
}

curl_socket_t wire::open(const curl_sockaddr& address, int traffic_class) {
  const auto fd = ::socket(address.family, address.socktype | SOCK_CLOEXEC, address.protocol);
  if (fd < 0) return CURL_SOCKET_BAD;
  if (traffic_class != 0 && address.family == AF_INET)
    ::setsockopt(fd, IPPROTO_IP, IP_TOS, &traffic_class, sizeof(traffic_class));
  if (traffic_class != 0 && address.family == AF_INET6)
    ::setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &traffic_class, sizeof(traffic_class));
  try {
    auto entry = on_->book().enter(resource::descriptor, "socket", 0, remote_);
    entry.state("connecting");
    entry.socket(fd);
    sockets_[fd] = std::move(entry);
  } catch (...) {
    ::close(fd);
    return CURL_SOCKET_BAD;
  }
  return fd;
}

int wire::on_close(void* self, curl_socket_t fd) {
  static_cast<wire*>(self)->sockets_.erase(fd);
  return ::close(fd);
}

curl_socket_t wire::find(int local_port) const noexcept {
  if (sockets_.size() == 1) return sockets_.begin()->first;
  for (const auto& [fd, entry] : sockets_) {
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) continue;
    // The port stands at the same place in the addresses of both families.
    const auto port = ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
    if (address.ss_family != AF_UNIX && port == local_port) return fd;
  }
  return CURL_SOCKET_BAD;
}

void wire::mark(curl_socket_t fd, const char* state, std::string_view place) {
  const auto found = sockets_.find(fd);
  if (found == sockets_.end()) return;
  found->second.state(state);
  if (place.empty()) return;
  const auto blank = place.find(' ');
  const bool has_method = blank != std::string_view::npos && blank < place.find(':');
  found->second.request(has_method ? place.substr(0, blank) : std::string_view{},
                        has_method ? place.substr(blank + 1) : place);
}

} // namespace argosy::curl
