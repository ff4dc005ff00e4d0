#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/log.hpp"
#include "http/exchange.hpp"
#include "http/listener.hpp"
#include "http/tls.hpp"
#include "metrics/ledger.hpp"

namespace argosy {

/// The flags of rc-surface 2.14 that the server itself needs; parsed once, in app/.
struct http_config {
  std::vector<std::string> addresses{"localhost:5572"}; ///< see listener
  std::vector<inherited_socket> inherited;              ///< used instead of the addresses when there are some
  tls_settings tls;
  std::size_t threads = 0;             ///< HTTP threads; 0: one less than the cores, at least one
  std::size_t max_header_bytes = 4096; ///< plus 4096 of slack: beyond it 431 (Go's rule)
  std::size_t max_body_bytes = std::size_t{1} << 30; ///< beyond it 413
  std::chrono::milliseconds header_read_timeout{10'000};
  std::chrono::milliseconds idle_timeout{60'000};
  std::chrono::milliseconds read_timeout{3'600'000};
  std::chrono::milliseconds write_timeout{3'600'000};
  std::chrono::milliseconds drain{10'000}; ///< for open calls at stop
  std::string user, password;              ///< basic authentication
  std::string htpasswd_file;               ///< beats user and password
  std::string user_from_header;            ///< trusts that header when there is none of the above
  std::string realm;                       ///< rc-surface 2.9
  std::string allow_origin;
  std::vector<std::pair<std::string, std::string>> response_headers;
  std::string base_url;
  std::string server_name;  ///< the Server header, e.g. rclone/v1.76.0; empty: neither it nor Accept-Ranges
  const char* name = "rc";  ///< of the server, in the ledger
  bool all_methods = false; ///< the handler answers every method, also OPTIONS
};

/// The HTTP front end: RESTinio on threads of its own. A slow or broken client never holds up another.
class http_server {
public:
  /// Binds and listens; throws failure naming what is wrong and the reason, in rclone's words. `handler`,
  /// `book` and `log` outlive the server.
  http_server(http_config config, http_handler& handler, ledger& book, logger& log);
  /// stop() if that was not called.
  ~http_server();
  /// Of the first address that has one.
  std::uint16_t port() const;
  /// Of each address, in the order of the addresses.
  std::vector<std::string> urls() const;
  /// Accepts nothing more, waits up to the drain time for open calls, closes what is left. Idempotent.
  void stop();
  /// Open client connections.
  std::size_t connections() const;

private:
  struct implementation;
  std::unique_ptr<implementation> implementation_;
};

} // namespace argosy
