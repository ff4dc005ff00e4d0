#include "backends/curl/transfer.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <netdb.h>
#include <sys/socket.h>

#include "core/failure.hpp"

namespace argosy::curl {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// How often cancellation and time-outs are looked at while nothing happens on the sockets.
constexpr milliseconds look{100};
// Bytes that are received before somebody asks for them.
constexpr std::size_t most_early = 512 * 1024;

// As Go prints it.
std::string address_text(const curl_sockaddr& address) {
  char host[NI_MAXHOST], port[NI_MAXSERV];
  if (::getnameinfo(&address.addr, address.addrlen, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
    return {};
  const std::string text{host};
  return (text.find(':') == std::string::npos ? text : "[" + text + "]") + ":" + port;
}

std::string lower_first(std::string text) {
  if (!text.empty() && text.front() >= 'A' && text.front() <= 'Z')
    text.front() = static_cast<char>(text.front() | 0x20);
  return text;
}

} // namespace

transfer::transfer(std::shared_ptr<wire> over, const link_settings& settings, const std::string& host,
                   std::string place) :
    wire_(std::move(over)),
    settings_(settings), host_(host), place_(std::move(place)), easy_(wire_->take()) {
  apply(easy_.get(), settings_, host);
  set(CURLOPT_PRIVATE, this);
  set(CURLOPT_ERRORBUFFER, error_);
  set(CURLOPT_HEADERFUNCTION, &transfer::on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &transfer::on_receive);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_READFUNCTION, &transfer::on_send);
  set(CURLOPT_READDATA, this);
  set(CURLOPT_SEEKFUNCTION, &transfer::on_seek);
  set(CURLOPT_SEEKDATA, this);
  set(CURLOPT_PREREQFUNCTION, &transfer::on_ready);
  set(CURLOPT_PREREQDATA, this);
  set(CURLOPT_OPENSOCKETFUNCTION, &transfer::on_socket);
  set(CURLOPT_OPENSOCKETDATA, this);
  set(CURLOPT_CLOSESOCKETFUNCTION, &wire::on_close);
  set(CURLOPT_CLOSESOCKETDATA, wire_.get());
}

transfer::~transfer() {
  leave_wire();
  wire_->give_back(std::move(easy_));
}

void transfer::send_from(std::string_view memory) {
  memory_ = to_send_ = memory;
  last_ = true;
}

void transfer::watch_cancellation() {
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &transfer::on_progress);
  set(CURLOPT_XFERINFODATA, this);
}

void transfer::start() {
  wire_->add(*this);
  on_wire_ = true;
}

void transfer::leave_wire() noexcept {
  if (std::exchange(on_wire_, false)) wire_->remove(*this);
}

void transfer::ended_with(CURLcode result) {
  result_ = result;
  wire_->mark(socket_, "idle", {});
  leave_wire();
}

void transfer::run_until(const may_block& on, const std::function<bool()>& reached) {
  auto seen = activity_;
  auto since = steady_clock::now();
  while (!ended() && !reached()) {
    wire_->step(on);
    if (ended() || reached()) return;
    const auto now = steady_clock::now();
    if (activity_ != seen || !connected_) {
      seen = activity_;
      since = now;
    }
    const auto idle = settings_.idle_timeout;
    if ((idle.count() > 0 && now - since >= idle) || (last_moment_ && now >= *last_moment_)) {
      leave_wire();
      result_ = CURLE_OPERATION_TIMEDOUT;
      return;
    }
    wire_->wait(idle.count() > 0 ? std::min(look, idle) : look);
  }
}

void transfer::resume() {
  const auto code = curl_easy_pause(easy_.get(), (receive_paused_ ? CURLPAUSE_RECV : CURLPAUSE_RECV_CONT) |
                                                     (send_paused_ ? CURLPAUSE_SEND : CURLPAUSE_SEND_CONT));
  if (code == CURLE_OK || ended()) return;
  leave_wire();
  result_ = code;
}

std::size_t transfer::read(const may_block& on, char* data, std::size_t size) {
  on.check();
  if (const auto early = std::min(size, received_early_.size() - read_); early > 0) {
    std::memcpy(data, received_early_.data() + read_, early);
    read_ += early;
    if (read_ == received_early_.size()) {
      received_early_.clear();
      read_ = 0;
    }
    return early;
  }
  struct lent_target {
    transfer& of;
    ~lent_target() {
      of.target_ = nullptr;
      of.room_ = 0;
    }
  };
  const lent_target lent{*this};
  target_ = data;
  room_ = size;
  filled_ = 0;
  if (receive_paused_ && !ended()) {
    receive_paused_ = false;
    resume();
  }
  run_until(on, [this] { return filled_ > 0; });
  return filled_;
}

std::size_t transfer::receive(const char* data, std::size_t size) {
  ++activity_;
  if (discard_) {
    if (size > *discard_) return CURL_WRITEFUNC_ERROR;
    *discard_ -= size;
    received_ += size;
    return size;
  }
  const auto early = received_early_.size() - read_;
  if (early > 0 && early + size > most_early) {
    receive_paused_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  const auto straight = early == 0 ? std::min(size, room_ - std::min(room_, filled_)) : 0;
  if (straight > 0) std::memcpy(target_ + filled_, data, straight);
  filled_ += straight;
  received_early_.append(data + straight, size - straight);
  received_ += size;
  return size;
}

void transfer::discard(std::size_t most) {
  received_early_.clear();
  read_ = 0;
  discard_ = most;
  if (!std::exchange(receive_paused_, false) || ended()) return;
  resume();
}

bool transfer::write(const may_block& on, const char* data, std::size_t size) {
  on.check();
  struct lent_bytes {
    transfer& of;
    ~lent_bytes() { of.to_send_ = {}; }
  };
  const lent_bytes lent{*this};
  to_send_ = {data, size};
  if (send_paused_ && !ended()) {
    send_paused_ = false;
    resume();
  }
  run_until(on, [this] { return to_send_.empty(); });
  return to_send_.empty();
}

void transfer::end_writing() {
  last_ = true;
  if (!std::exchange(send_paused_, false) || ended()) return;
  resume();
}

std::size_t transfer::send(char* data, std::size_t room) {
  ++activity_;
  if (to_send_.empty() && !last_) {
    send_paused_ = true;
    return CURL_READFUNC_PAUSE;
  }
  const auto size = to_send_.copy(data, room); // at the end there may be no data at all
  to_send_.remove_prefix(size);
  return size;
}

std::string transfer::reason() const {
  const std::string detail{error_[0] == '\0' ? curl_easy_strerror(*result_) : error_};
  switch (*result_) {
  case CURLE_COULDNT_CONNECT: {
    long error = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &error);
    return "dial tcp " + address_ +
           ": connect: " + lower_first(std::strerror(error == 0 ? ECONNREFUSED : static_cast<int>(error)));
  }
  case CURLE_COULDNT_RESOLVE_HOST: return "dial tcp: lookup " + host_ + ": no such host";
  case CURLE_COULDNT_RESOLVE_PROXY: return "proxyconnect tcp: dial tcp: " + lower_first(detail);
  case CURLE_OPERATION_TIMEDOUT:
    return connected_ ? "i/o timeout"
                      : "dial tcp" + (address_.empty() ? "" : " " + address_) + ": i/o timeout";
  case CURLE_GOT_NOTHING: return "EOF";
  case CURLE_PARTIAL_FILE: return "unexpected EOF";
  case CURLE_PEER_FAILED_VERIFICATION: return "tls: failed to verify certificate: x509: " + detail;
  default: return lower_first(detail);
  }
}

bool transfer::transient() const {
  switch (*result_) {
  case CURLE_COULDNT_CONNECT:
  case CURLE_OPERATION_TIMEDOUT:
  case CURLE_GOT_NOTHING:
  case CURLE_PARTIAL_FILE:
  case CURLE_SEND_ERROR:
  case CURLE_RECV_ERROR:
  case CURLE_SEND_FAIL_REWIND:
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_HTTP2:
  case CURLE_HTTP2_STREAM:
  case CURLE_WEIRD_SERVER_REPLY:
  case CURLE_AGAIN: return true;
  default: return false;
  }
}

std::size_t transfer::on_header(char* data, std::size_t, std::size_t size, void* self) {
  auto& here = *static_cast<transfer*>(self);
  ++here.activity_;
  if (!here.on_line) return size;
  std::string_view line{data, size};
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  try {
    here.on_line(line);
  } catch (const std::exception& e) {
    std::snprintf(here.error_, sizeof(here.error_), "%s", e.what());
    return 0;
  }
  return size;
}

std::size_t transfer::on_receive(char* data, std::size_t, std::size_t size, void* self) {
  try {
    return static_cast<transfer*>(self)->receive(data, size);
  } catch (const std::bad_alloc&) {
    return CURL_WRITEFUNC_ERROR;
  }
}

std::size_t transfer::on_send(char* data, std::size_t, std::size_t room, void* self) {
  return static_cast<transfer*>(self)->send(data, room);
}

int transfer::on_seek(void* self, curl_off_t offset, int origin) {
  auto& here = *static_cast<transfer*>(self);
  if (!here.memory_ || origin != SEEK_SET || offset < 0) return CURL_SEEKFUNC_CANTSEEK;
  here.to_send_ = *here.memory_;
  here.to_send_.remove_prefix(std::min(static_cast<std::size_t>(offset), here.to_send_.size()));
  return CURL_SEEKFUNC_OK;
}

int transfer::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto* on = static_cast<transfer*>(self)->wire_->on_;
  return on != nullptr && on->cancelled() ? 1 : 0;
}

// curl 7.88 does not tell the socket before the end, but the local port.
int transfer::on_ready(void* self, char*, char*, int, int local_port) {
  auto& here = *static_cast<transfer*>(self);
  here.connected_ = true;
  ++here.activity_;
  try {
    here.socket_ = here.wire_->find(local_port);
    here.wire_->mark(here.socket_, "running", here.place_);
  } catch (const std::bad_alloc&) {
    return CURL_PREREQFUNC_ABORT;
  }
  return CURL_PREREQFUNC_OK;
}

curl_socket_t transfer::on_socket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& here = *static_cast<transfer*>(self);
  try {
    here.address_ = address->family == AF_UNIX ? here.settings_.unix_socket : address_text(*address);
  } catch (const std::bad_alloc&) {
    return CURL_SOCKET_BAD;
  }
  return here.wire_->open(*address, here.settings_.traffic_class);
}

} // namespace argosy::curl
