#pragma once

#include <atomic>
#include <cstdint>

#include "metrics/intern.hpp"

namespace argosy {

/// How many messages wait in a mailbox, and for how long, without a time for each: one message at a time is
/// marked, and timed until it is handled. Any thread may look; the owner alone handles.
class mailbox_gauge {
public:
  /// A message has come. True for a caller that then has to call mark(): this one is to be timed.
  bool arrived() noexcept;
  /// `time` in nanoseconds of a clock that never goes back; `sender` is the stack it was sent from, or null.
  void mark(std::int64_t time, const intern_table::item* sender = nullptr) noexcept;

  struct mark_end {
    std::int64_t since = 0; ///< 0: nothing was timed
    const intern_table::item* sender = nullptr;
  };
  /// The next message is about to be handled; gives the times when it was the marked one. Others may wait
  /// behind it: these are timed from `time` on.
  mark_end handled(std::int64_t time) noexcept;
  /// Whether handled() would need the time.
  bool ends_mark() const noexcept;

  std::uint64_t depth() const noexcept;
  /// A message waits since then at least; 0: none does.
  std::int64_t waiting_since() const noexcept;

private:
  static constexpr std::uint64_t none = 0, being_marked = ~std::uint64_t{0};
  std::atomic<std::uint64_t> arrived_{0}, handled_{0};
  std::atomic<std::uint64_t> mark_{none}; // number of the marked message
  std::atomic<std::int64_t> since_{0};
  std::atomic<const intern_table::item*> sender_{nullptr};
};

} // namespace argosy
