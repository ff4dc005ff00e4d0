#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "http/debug/pages.hpp"
#include "http/exchange.hpp"
#include "http/rc/command.hpp"
#include "http/serve/served_remotes.hpp"
#include "http/static_files.hpp"
#include "http/waiting_calls.hpp"

namespace argosy {

struct dispatch_config {
  bool no_auth = false;        ///< --rc-no-auth
  bool seed_rights = false;    ///< --rc-auth-compat=seed
  bool enable_metrics = false; ///< --rc-enable-metrics: GET /metrics
  std::string files;           ///< --rc-files: a folder to serve; empty: none
  bool serve = false;          ///< --rc-serve: GET of remotes
  served_remotes::looks listings;
  std::chrono::nanoseconds write_timeout = std::chrono::hours(1); ///< of the server: no reply takes longer
};

/// Turns requests into calls (rc-surface 2.1, 2.2): finds the command, checks the right, makes the job,
/// answers. Handlers that only compute a value are answered on the HTTP thread, all others by job actors; the
/// HTTP thread never waits.
class rc_dispatcher final : public http_handler {
public:
  /// Everything given outlives the dispatcher.
  rc_dispatcher(const rc::daemon& d, dispatch_config config);
  void handle(http_request request, http_answer answer) noexcept override;
  void client_gone(std::uint64_t connection) noexcept override;
  /// Answers with the page of metrics.
  void metrics(const http_answer& answer);
  /// Ends profiles that are being taken, for the end of the daemon.
  void stop() { debug_.stop(); }

private:
  void route(http_request request, const http_answer& answer) noexcept;
  void post(http_request request, const http_answer& answer);
  void get(http_request request, const http_answer& answer);
  void describe(const http_answer& answer);
  bool may_debug(const http_request& request) const;
  void run_value(const rc::command& row, const std::string& path, json input, job_request call, bool accepted,
                 const http_answer& answer);
  void run_job(const rc::command& row, const std::string& path, json input, job_request call, bool accepted,
               std::uint64_t connection, const http_answer& answer);

  void record(job_status ended);
  void pass_records_on();

  const rc::daemon& daemon_;
  const dispatch_config config_;
  std::optional<static_files> files_;
  // Whoever answers a call holds it, also when the dispatcher is gone.
  const std::shared_ptr<waiting_calls> waiting_ = std::make_shared<waiting_calls>();
  std::optional<served_remotes> remotes_;
  debug_pages debug_;
  // Calls that ended on HTTP threads and are not in the job table yet. Waking an actor for each would double
  // their cost; whatever can look at the table passes them on first, so nobody sees the difference.
  std::mutex records_mutex_;
  std::vector<job_status> records_;
  // GET /openapi.json, made when it is first asked for.
  struct description {
    std::once_flag made;
    std::shared_ptr<const std::string> text;
  };
  const std::shared_ptr<description> description_ = std::make_shared<description>();
};

/// What answers on --metrics-addr: GET /metrics and nothing else (rc-surface 2.13).
class metrics_handler final : public http_handler {
public:
  /// `pages` outlives it.
  explicit metrics_handler(rc_dispatcher& pages) : pages_(pages) {}
  void handle(http_request request, http_answer answer) noexcept override;
  void client_gone(std::uint64_t) noexcept override {}

private:
  rc_dispatcher& pages_;
};

} // namespace argosy
