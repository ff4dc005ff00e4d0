#include "backends/curl/link_settings.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "core/failure.hpp"
#include "core/go_text.hpp"
#include "core/obscure.hpp"

namespace argosy::curl {

namespace {

constexpr long keep_alive_seconds = 30; // as Go's dialer
constexpr long receive_buffer = 256 * 1024;
constexpr long send_buffer = 256 * 1024;

std::string read_authorities(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream text;
  if (!in || !(text << in.rdbuf()))
    fail(failure_kind::other, "failed to read --ca-cert file " + go_quote(path) + ": " +
                                  (errno == 0 ? "it is empty" : std::strerror(errno)));
  auto pem = text.str();
  if (pem.find("-----BEGIN CERTIFICATE-----") == std::string::npos)
    fail(failure_kind::other, "failed to add certificates from --ca-cert file " + go_quote(path));
  return pem + "\n";
}

// Go does not send these through a proxy, whatever the environment says.
bool is_this_machine(const std::string& host) {
  return host == "localhost" || host.compare(0, 4, "127.") == 0 || host == "::1" || host == "[::1]";
}

template <class T>
void set(CURL* easy, CURLoption option, T value) {
  curl_easy_setopt(easy, option, value);
}

void apply_tls(CURL* easy, const link_settings& settings) {
  if (!settings.verify) {
    set(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    set(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (!settings.authorities.empty()) {
    curl_blob pem{};
    pem.data = const_cast<char*>(settings.authorities.data()); // curl only reads it
    pem.len = settings.authorities.size();
    pem.flags = CURL_BLOB_NOCOPY;
    set(easy, CURLOPT_CAINFO_BLOB, &pem);
    set(easy, CURLOPT_CAPATH, static_cast<const char*>(nullptr)); // they replace those of the system
  }
  if (settings.client_certificate.empty()) return;
  set(easy, CURLOPT_SSLCERT, settings.client_certificate.c_str());
  set(easy, CURLOPT_SSLKEY, settings.client_key.c_str());
  if (!settings.key_password.empty()) set(easy, CURLOPT_KEYPASSWD, settings.key_password.c_str());
}

} // namespace

link_settings link_settings_of(const may_block& on, const main_options& options) {
  on.check();
  const auto milliseconds = [](std::int64_t nanoseconds) {
    return std::chrono::milliseconds{nanoseconds / 1'000'000};
  };
  link_settings out;
  out.connect_timeout = milliseconds(options.contimeout);
  out.idle_timeout = milliseconds(options.timeout);
  out.bind_address = options.bind_addr;
  out.proxy = options.http_proxy;
  out.traffic_class = static_cast<int>(options.traffic_class);
  out.verify = !options.no_check_certificate;
  for (const auto& path : options.ca_cert) out.authorities += read_authorities(path);
  if (options.client_cert.empty() != options.client_key.empty())
    fail(failure_kind::other, "both --client-cert and --client-key must be set");
  out.client_certificate = options.client_cert;
  out.client_key = options.client_key;
  if (!options.client_pass.empty()) out.key_password = reveal(options.client_pass);
  out.reuse = !options.disable_http_keep_alives;
  return out;
}

void apply(CURL* easy, const link_settings& settings, const std::string& host) {
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_QUICK_EXIT, 1L); // a cancelled transfer does not wait for a look-up of a name
  set(easy, CURLOPT_BUFFERSIZE, receive_buffer);
  set(easy, CURLOPT_UPLOAD_BUFFERSIZE, send_buffer);
  set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  set(easy, CURLOPT_TCP_KEEPIDLE, keep_alive_seconds);
  set(easy, CURLOPT_TCP_KEEPINTVL, keep_alive_seconds);
  // curl's own default for 0 is 5 minutes: a day stands for "none".
  constexpr std::chrono::milliseconds none = std::chrono::hours{24};
  set(easy, CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>((settings.connect_timeout.count() > 0 ? settings.connect_timeout : none).count()));
  if (!settings.proxy.empty())
    set(easy, CURLOPT_PROXY, settings.proxy.c_str());
  else if (is_this_machine(host))
    set(easy, CURLOPT_PROXY, "");
  if (!settings.bind_address.empty()) set(easy, CURLOPT_INTERFACE, settings.bind_address.c_str());
  if (!settings.unix_socket.empty()) set(easy, CURLOPT_UNIX_SOCKET_PATH, settings.unix_socket.c_str());
  if (!settings.reuse) set(easy, CURLOPT_FORBID_REUSE, 1L);
  apply_tls(easy, settings);
}

} // namespace argosy::curl
