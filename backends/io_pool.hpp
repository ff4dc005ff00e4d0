#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "backends/may_block.hpp"
#include "metrics/ledger.hpp"

namespace argosy {

/// The threads on which everything that blocks runs: they grow with the work up to a bound and retire when idle. How much may run at once for one remote is the business of its
/// connection pool, not of this class. Tasks come from any thread, in order; they own what they use.
class io_pool {
public:
  using task = std::function<void(const may_block&)>;
  struct limits {
    std::size_t threads = 64;                   ///< bound
    std::chrono::milliseconds idle{30'000};     ///< a thread without work this long retires
  };
  io_pool(ledger& book, limits bounds);
  /// Refuses new work, waits for what runs. The owner has cancelled long work before.
  ~io_pool();

  /// What a task needs to know beside its work.
  struct scope {
    cancellation stop;
    byte_throttle* throttle = nullptr;       ///< outlives the task
    progress_listener* listener = nullptr;   ///< outlives the task
  };
  /// Runs `work` on one of the threads. A task must not throw: what escapes ends the process. Any thread, never blocks.
  void post(scope context, task work);
  std::size_t threads() const;
  std::size_t waiting() const;

private:
  // see io_pool.cpp
  struct item { scope context; task work; };
  void run(std::size_t slot);
  ledger& book_;
  const limits limits_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<item> queue_;
  std::size_t idle_ = 0;
  std::size_t live_ = 0;
  bool stopping_ = false;
  std::condition_variable gone_;
};

} // namespace argosy
