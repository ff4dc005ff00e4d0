#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "http/exchange.hpp"
#include "http/rc/command.hpp"
#include "http/waiting_calls.hpp"

namespace argosy {

/// What tells how the daemon does: profiles and leaks below /debug/, which are not for a server where
/// everybody may call (rc-surface 2.12), and its health.
class debug_pages {
public:
  /// `d` outlives it. Requests that take `longest` or longer are refused.
  debug_pages(const rc::daemon& d, std::chrono::nanoseconds longest) : daemon_(d), longest_(longest) {}
  /// Whether serve() is for that request. A POST to debug/leaks is a command of the remote control.
  static bool takes(const http_request& request);
  void serve(const http_request& request, const http_answer& answer);
  /// Whether health() is for that path.
  static bool is_health(const std::string& path) { return path == "healthz" || path == "readyz"; }
  /// 200 when the daemon is alive (healthz) or takes work (readyz), else 503, with what core/health says.
  void health(const http_request& request, const http_answer& answer);
  /// The client of that connection is gone: what was made for it ends.
  void client_gone(std::uint64_t connection) noexcept { waiting_->stop(connection); }
  /// Ends whatever takes its time.
  void stop() { waiting_->stop(); }

private:
  void profiles(const http_request& request, const http_answer& answer);
  void leaks(const http_request& request, const http_answer& answer);
  /// Begins a job that nobody records; it ends when the client goes away. `begin` makes it of what to call at
  /// its end.
  void run(std::uint64_t connection, const std::function<job_actor(std::function<void()> ended)>& begin);
  void run(const http_request& request, const http_answer& answer,
           std::function<void(job_context&, const http_answer&)> work);

  const rc::daemon& daemon_;
  const std::chrono::nanoseconds longest_;
  // Whoever answers a call holds it, also when this is gone.
  const std::shared_ptr<waiting_calls> waiting_ = std::make_shared<waiting_calls>();
  std::atomic<std::uint64_t> last_call_{0};
};

} // namespace argosy
