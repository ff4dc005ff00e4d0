#include "metrics/activity.hpp"

#include <atomic>

namespace argosy {

namespace {

// One pointer: a signal handler sees the old or the new one, never half of each.
thread_local const activity* current = nullptr;

} // namespace

const activity* current_activity() noexcept { return current; }

activity_scope::activity_scope(const activity& what) noexcept : what_(what), before_(current) {
  // A signal handler of this thread must not find the pointer before what it points to.
  std::atomic_signal_fence(std::memory_order_release);
  current = &what_;
}

activity_scope::~activity_scope() { current = before_; }

} // namespace argosy
