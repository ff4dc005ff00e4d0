#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <thread>
#include <vector>

#include "backends/may_block.hpp"
#include "metrics/activity.hpp"
#include "metrics/ledger.hpp"

namespace argosy {

/// The threads on which everything that blocks runs: they grow with the work up to a bound and retire when
/// idle. How much may run at once for one remote is the business of its connection pool, not of this class.
/// Tasks come from any thread and start in order; they own what they use.
class io_pool {
public:
  using task = std::function<void(const may_block&)>;
  struct limits {
    std::size_t threads = 64;               ///< bound, at least 1
    std::chrono::milliseconds idle{30'000}; ///< a thread without work this long retires
  };
  io_pool(ledger& book, limits bounds);
  /// Refuses new work, finishes what was posted, joins every thread. The owner has cancelled long work
  /// before. Not to be called from a task.
  ~io_pool();
  io_pool(const io_pool&) = delete;
  io_pool& operator=(const io_pool&) = delete;

  /// What a task needs to know beside its work.
  struct scope {
    cancellation stop;
    byte_throttle* throttle = nullptr;     ///< outlives the task
    progress_listener* listener = nullptr; ///< outlives the task
  };
  /// Runs `work` on one of the threads. A task must not throw: what escapes ends the process. Any thread,
  /// never blocks. Throws failure(cancelled) once the pool is being destroyed.
  void post(scope context, task work);
  /// The same with the scope of a task that is under way: another pair of hands for its work.
  void post_beside(const may_block& on, task work) {
    post({on.stop(), on.throttle(), on.listener()}, std::move(work));
  }
  /// Waits until no task is queued or under way. Tasks that come meanwhile are waited for too.
  void wait_until_idle();
  /// Threads alive.
  std::size_t threads() const;
  /// Tasks that no thread has taken yet.
  std::size_t waiting() const;

private:
  struct item {
    scope context;
    task work;
    activity for_whom;                               ///< whoever posted it: profiles count its work there
    std::int64_t posted = 0;                         ///< trace_recorder::clock(); 0: nobody wants to know
    const intern_table::item* posted_from = nullptr; ///< the same
  };
  // One thread. Idle ones are woken last in, first out, so that those not needed retire.
  struct worker {
    std::thread thread;
    std::condition_variable wake;
    bool woken = false;
  };
  using place = std::list<worker>::iterator;

  void run(place self);
  // Waits for work. False: this thread is to end. The lock is held before and after.
  bool wait_for_work(place self, std::unique_lock<std::mutex>& lock);
  void retire(place self, std::unique_lock<std::mutex>& lock);
  void execute(item& next, std::uint64_t number);

  ledger& book_;
  const limits limits_;
  mutable std::mutex mutex_;
  std::deque<item> queue_;
  std::list<worker> workers_;
  std::vector<worker*> idle_; // a stack
  std::list<worker> retired_; // has left its loop; joined by the next that retires, or at the end
  std::condition_variable all_gone_;
  std::condition_variable all_idle_;
  std::uint64_t next_task_ = 1;
  bool stopping_ = false;
};

} // namespace argosy
