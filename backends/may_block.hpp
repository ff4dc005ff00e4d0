#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "core/cancellation.hpp"
#include "metrics/ledger.hpp"

namespace argosy {

/// What a blocking call reports to, as it goes. Called on I/O threads; implementations are thread-safe.
class progress_listener {
public:
  virtual ~progress_listener() = default;
  /// Payload bytes went through.
  virtual void bytes(std::uint64_t count) noexcept = 0;
  /// The storage was busy or failed for the moment; it is asked again.
  virtual void slowed() noexcept {}
};

/// Bandwidth of the process, of a remote or of a job: a chain of token buckets behind one call. See
/// rate_limiter.hpp.
class byte_throttle {
public:
  virtual ~byte_throttle() = default;
  /// Waits until `count` bytes may pass. Returns early when `stop` is cancelled. Never waits without an end:
  /// it looks at `stop` at least every 100 ms, and a change of the limit takes effect in waits that are under
  /// way.
  virtual void pass(std::uint64_t count, const cancellation& stop) = 0;
  /// False while pass() would never wait.
  virtual bool limits() const noexcept = 0;
};

/// Proof that this thread may block, handed out by the I/O pool only, and what every blocking call needs
/// beside its arguments. A pooled actor cannot make one, so it cannot call a storage by mistake: that does
/// not compile.
class may_block {
public:
  may_block(const may_block&) = delete;
  may_block& operator=(const may_block&) = delete;

  /// Throws failure(cancelled, "context canceled") once the work was cancelled. Called at least once a MiB
  /// and once an entry page.
  void check() const;
  bool cancelled() const noexcept { return stop_.cancelled(); }
  const cancellation& stop() const noexcept { return stop_; }

  /// `count` payload bytes are about to pass: waits for bandwidth, tells the listener, then check().
  void account(std::uint64_t count) const;
  /// `count` payload bytes need not be moved (holes, shared blocks): tells the listener without waiting, then
  /// check().
  void account_free(std::uint64_t count) const;
  /// The same scope with another listener (one a file).
  may_block for_listener(progress_listener* listener) const {
    return {stop_, throttle_, listener, book_, task_};
  }
  progress_listener* listener() const noexcept { return listener_; }
  /// The same scope with another limit, which is to lead to throttle().
  may_block for_throttle(byte_throttle* throttle) const { return {stop_, throttle, listener_, book_, task_}; }
  byte_throttle* throttle() const noexcept { return throttle_; }
  /// For what must be done although the work was cancelled: nobody is told, nothing limits it.
  may_block for_cleaning() const { return {{}, nullptr, nullptr, book_, task_}; }

  /// Where descriptors and connections that are opened here are entered.
  ledger& book() const noexcept { return *book_; }
  /// Number of the pool's task that this call belongs to. What a session holds on to between calls of one
  /// task, such as an open directory, it must look up again in the next: another task may have moved it.
  std::uint64_t task() const noexcept { return task_; }

private:
  friend class io_pool;
  may_block(cancellation stop, byte_throttle* throttle, progress_listener* listener, ledger* book,
            std::uint64_t task) :
      stop_(std::move(stop)),
      throttle_(throttle), listener_(listener), book_(book), task_(task) {}
  cancellation stop_;
  byte_throttle* throttle_;
  progress_listener* listener_;
  ledger* book_;
  std::uint64_t task_;
};

} // namespace argosy
