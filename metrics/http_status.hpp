#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace prometheus {
class Registry;
}

namespace argosy {

/// rclone_http_status_code{host,method,code}: answers to our own requests; code 0 is a request without an
/// answer. Absent from the page until the first. Hosts come from the configuration and from calls, never from
/// an answer (a redirection); methods from code. Thread-safe.
class http_status_counter {
public:
  /// Anybody who may call can name hosts: beyond so many combinations the host is "other".
  static constexpr std::size_t most = 1000;

  explicit http_status_counter(prometheus::Registry& registry);
  ~http_status_counter();
  void count(const std::string& host, const std::string& method, int code);

private:
  struct counters;
  std::unique_ptr<counters> counters_;
};

} // namespace argosy
