#pragma once

#include <string>

#include "actors/census.hpp"
#include "actors/reports/spill_store.hpp"
#include "actors/settings.hpp"
#include "actors/transfers/pace_memory.hpp"
#include "actors/transfers/remote_limits.hpp"
#include "backends/io_pool.hpp"
#include "backends/network.hpp"
#include "backends/rate_limiter.hpp"
#include "core/log.hpp"
#include "metrics/registry.hpp"

namespace argosy {

/// What actors use besides each other: made in app/ (or by a test) before the actor system, destroyed after
/// it. Everything here is thread-safe.
struct services {
  ledger& book;
  metrics_registry& metrics;
  io_pool& io;
  logger& log;
  settings& options;
  rate_limiter& upload; ///< the process-wide limits; rclone has one each way
  rate_limiter& download;
  network& net;
  spill_store& spill;     ///< of what does not fit into memory
  std::string execute_id; ///< random UUID of this process (rc-surface 2.15)
  census actors{book, metrics.life()};
  pace_memory paces{};    ///< what autotuning has found
  remote_limits limits{}; ///< of single remotes, over all jobs
};

} // namespace argosy
