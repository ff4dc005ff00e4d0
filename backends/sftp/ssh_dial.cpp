#include "backends/sftp/ssh_dial.hpp"

#include <algorithm>
#include <string>

#include <curl/curl.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backends/curl/handles.hpp"
#include "backends/local/system_failure.hpp"
#include "backends/sftp/byte_channel.hpp"
#include "core/go_text.hpp"

namespace argosy {

namespace {

/// libssh passes descriptors on in 16 bits.
constexpr int most_descriptor = 0xfffe;

// curl connects, with all addresses of a name and through proxies; it is not used for more.

/// While one transfer is under way.
class running_transfer {
public:
  running_transfer(CURLM* multi, CURL* easy) : multi_(multi), easy_(easy) {
    curl_multi_add_handle(multi_, easy_);
  }
  ~running_transfer() { curl_multi_remove_handle(multi_, easy_); }
  running_transfer(const running_transfer&) = delete;
  running_transfer& operator=(const running_transfer&) = delete;

private:
  CURLM* multi_;
  CURL* easy_;
};

std::string address_of(const sftp_options& options) {
  const bool plain = std::all_of(options.host.begin(), options.host.end(), [](char c) {
    return static_cast<unsigned char>(c) > ' ' &&
           std::string_view{"/@?#\\\"'<>[]"}.find(c) == std::string_view::npos;
  });
  if (!plain)
    fail(failure_kind::other, "sftp: host " + go_quote(options.host) + " cannot be the name of a host");
  const bool colons = options.host.find(':') != std::string::npos;
  return (colons ? "[" + options.host + "]" : options.host) + ":" + std::to_string(options.port);
}

void use_socks_proxy(CURL* easy, const std::string& text) {
  const auto at = text.rfind('@');
  const auto login = at == std::string::npos ? std::string{} : text.substr(0, at);
  curl_easy_setopt(easy, CURLOPT_PROXYTYPE, static_cast<long>(CURLPROXY_SOCKS5_HOSTNAME));
  curl_easy_setopt(easy, CURLOPT_PROXY, text.substr(at == std::string::npos ? 0 : at + 1).c_str());
  if (login.empty()) return;
  const auto colon = login.find(':');
  curl_easy_setopt(easy, CURLOPT_PROXYUSERNAME, login.substr(0, colon).c_str());
  if (colon != std::string::npos)
    curl_easy_setopt(easy, CURLOPT_PROXYPASSWORD, login.substr(colon + 1).c_str());
}

void set_up(CURL* easy, const sftp_options& options, const std::string& address, char* error) {
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy, CURLOPT_URL, ("http://" + address).c_str());
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  if (const auto limit = std::chrono::ceil<std::chrono::milliseconds>(options.connect_limit).count();
      limit > 0)
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limit));
  if (!options.bind_address.empty())
    curl_easy_setopt(easy, CURLOPT_INTERFACE, ("host!" + options.bind_address).c_str());
  // The empty text: none, whatever the environment says.
  curl_easy_setopt(easy, CURLOPT_PROXY, options.http_proxy.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, options.http_proxy.empty() ? 0L : 1L);
  if (!options.socks_proxy.empty()) use_socks_proxy(easy, options.socks_proxy);
}

[[noreturn]] void not_connected(CURL* easy, CURLcode code, const sftp_options& options,
                                const std::string& address, const std::string& detail) {
  long number = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
  const auto proxied = !options.http_proxy.empty() || !options.socks_proxy.empty();
  std::string why;
  switch (code) {
  case CURLE_COULDNT_RESOLVE_HOST:
    throw connection_lost{"dial tcp: lookup " + options.host + ": no such host"};
  case CURLE_OPERATION_TIMEDOUT: why = "i/o timeout"; break;
  case CURLE_COULDNT_CONNECT:
    why = number != 0 && !proxied ? "connect: " + system_text(static_cast<int>(number)) : detail;
    break;
  default: why = detail.empty() ? curl_easy_strerror(code) : detail;
  }
  throw connection_lost{"dial tcp " + address + ": " + why};
}

CURLcode result_of(CURLM* multi) {
  int left = 0;
  while (const auto* message = curl_multi_info_read(multi, &left))
    if (message->msg == CURLMSG_DONE) return message->data.result;
  return CURLE_COULDNT_CONNECT;
}

} // namespace

int ssh_dial(const may_block& on, const sftp_options& options) {
  const auto address = address_of(options);
  // Declared in this order: the connection belongs to the multi handle.
  const curl::multi_handle multi{curl_multi_init()};
  const curl::easy_handle easy{curl_easy_init()};
  if (!multi || !easy) fail(failure_kind::retryable, "sftp: curl cannot be set up");
  char error[CURL_ERROR_SIZE] = "";
  set_up(easy.get(), options, address, error);
  const running_transfer transfer{multi.get(), easy.get()};
  for (int running = 1; running != 0;) {
    on.check();
    if (curl_multi_perform(multi.get(), &running) != CURLM_OK) break;
    if (running != 0)
      curl_multi_poll(multi.get(), nullptr, 0, static_cast<int>(cancel_interval.count()), nullptr);
  }
  if (const auto code = result_of(multi.get()); code != CURLE_OK)
    not_connected(easy.get(), code, options, address, error);
  curl_socket_t socket = CURL_SOCKET_BAD;
  curl_easy_getinfo(easy.get(), CURLINFO_ACTIVESOCKET, &socket);
  // curl closes its own when this returns.
  const int own = socket == CURL_SOCKET_BAD ? -1 : ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
  if (own > most_descriptor) {
    ::close(own);
    throw connection_lost{"dial tcp " + address + ": too many open files"};
  }
  if (own < 0) throw connection_lost{"dial tcp " + address + ": the connection was lost at once"};
  if (const int traffic_class = options.traffic_class; traffic_class != 0) {
    // One of them is of the other family, and fails.
    ::setsockopt(own, IPPROTO_IP, IP_TOS, &traffic_class, sizeof traffic_class);
    ::setsockopt(own, IPPROTO_IPV6, IPV6_TCLASS, &traffic_class, sizeof traffic_class);
  }
  return own;
}

} // namespace argosy
