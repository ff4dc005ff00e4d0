#pragma once

#include <functional>
#include <memory>

#include "app/command_line.hpp"
#include "app/line_logger.hpp"
#include "http/dispatch.hpp"

namespace argosy {

/// Everything but the HTTP server, made in the right order and ended in the reverse: I/O threads, metrics,
/// actor system, standing actors, dispatcher.
class engine {
public:
  /// `quit` is what core/quit calls, from an HTTP thread or an actor. `run`, `storages` and `log` outlive the
  /// engine.
  engine(const settings_of_run& run, dispatch_config serving, const storage_table& storages, line_logger& log,
         std::function<void(int)> quit);
  /// Cancels what runs, waits for it, ends all actors.
  ~engine();
  http_handler& handler();
  /// Of the server for metrics alone.
  http_handler& metrics();
  ledger& book();
  /// Reads the configuration once, so that a daemon does not start with one that it cannot use; one that only
  /// lacks its password is fine. Throws failure.
  void check_configuration();
  /// Stops all jobs and waits up to `patience` for them; false when some are left.
  bool drain(std::chrono::milliseconds patience);

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace argosy
