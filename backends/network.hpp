#pragma once

#include "backends/pacer.hpp"
#include "core/log.hpp"
#include "core/options.hpp"
#include "metrics/http_status.hpp"

namespace argosy {

/// What everything that talks to servers shares in this process. Made before the storages, outlives them.
/// Thread-safe.
class network {
public:
  network(logger& log, http_status_counter& answers, wait_clock& clock) :
      log_(log), answers_(answers), clock_(clock) {}
  network(const network&) = delete;
  network& operator=(const network&) = delete;

  /// What options say of all servers together: tpslimit and tpslimit_burst.
  void follow(const main_options& options) { transactions_.set(options.tpslimit, options.tpslimit_burst); }
  /// Waits until one more request may be sent.
  void admit(const may_block& on) { transactions_.pass(on, clock_); }
  http_status_counter& answers() { return answers_; }
  logger& log() { return log_; }
  wait_clock& clock() { return clock_; }

private:
  logger& log_;
  http_status_counter& answers_;
  wait_clock& clock_;
  transaction_limiter transactions_;
};

} // namespace argosy
