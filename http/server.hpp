#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/log.hpp"
#include "http/exchange.hpp"
#include "metrics/ledger.hpp"

namespace argosy {

/// The flags of rc-surface 2.14 that the server itself needs; parsed once, in app/.
struct http_config {
  std::string address = "localhost:5572"; ///< host:port or :port; port 0 takes a free one
  std::size_t threads = 0;                ///< HTTP threads; 0: one less than the cores, at least one
  std::size_t max_header_bytes = 4096;    ///< plus 4096 of slack: beyond it 431 (Go's rule)
  std::size_t max_body_bytes = std::size_t{1} << 30; ///< beyond it 413
  std::chrono::milliseconds header_read_timeout{10'000};
  std::chrono::milliseconds idle_timeout{60'000};
  std::chrono::milliseconds read_timeout{3'600'000};
  std::chrono::milliseconds write_timeout{3'600'000};
  std::chrono::milliseconds drain{10'000}; ///< for open calls at stop
  std::string user, password;              ///< basic authentication
  std::string htpasswd_file;               ///< beats user and password
  std::string realm;                       ///< rc-surface 2.9
  std::string salt = "dlPL2MqE";
  std::string allow_origin;
  std::vector<std::pair<std::string, std::string>> response_headers;
  std::string base_url;
  std::string server_name; ///< the Server header, e.g. rclone/v1.76.0
  bool uses_auth() const { return !user.empty() || !htpasswd_file.empty(); }
};

/// The HTTP front end: RESTinio on threads of its own. A slow or broken client never holds up another.
class http_server {
public:
  /// Binds and listens; throws failure naming the address and the reason. `handler`, `book` and `log` outlive
  /// the server.
  http_server(http_config config, http_handler& handler, ledger& book, logger& log);
  /// stop() if that was not called.
  ~http_server();
  std::uint16_t port() const;
  std::string url() const;
  /// Accepts nothing more, waits up to the drain time for open calls, closes what is left. Idempotent.
  void stop();
  /// Open client connections.
  std::size_t connections() const;

private:
  struct implementation;
  std::unique_ptr<implementation> implementation_;
};

} // namespace argosy
