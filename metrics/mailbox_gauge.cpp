#include "metrics/mailbox_gauge.hpp"

namespace argosy {

bool mailbox_gauge::arrived() noexcept {
  arrived_.fetch_add(1, std::memory_order_relaxed);
  auto expected = none;
  return mark_.load(std::memory_order_relaxed) == none &&
         mark_.compare_exchange_strong(expected, being_marked, std::memory_order_acquire);
}

void mailbox_gauge::mark(std::int64_t time, const intern_table::item* sender) noexcept {
  since_.store(time, std::memory_order_relaxed);
  sender_.store(sender, std::memory_order_relaxed);
  // Perhaps others came meanwhile: then the last of them is marked, and was not there any earlier.
  mark_.store(arrived_.load(std::memory_order_relaxed), std::memory_order_release);
}

bool mailbox_gauge::ends_mark() const noexcept {
  const auto marked = mark_.load(std::memory_order_acquire);
  return marked != none && marked != being_marked && handled_.load(std::memory_order_relaxed) + 1 >= marked;
}

mailbox_gauge::mark_end mailbox_gauge::handled(std::int64_t time) noexcept {
  const bool ends = ends_mark();
  const auto count = handled_.fetch_add(1, std::memory_order_relaxed) + 1;
  if (!ends) return {};
  const mark_end end{since_.load(std::memory_order_relaxed), sender_.load(std::memory_order_relaxed)};
  if (arrived_.load(std::memory_order_relaxed) > count) {
    mark_.store(being_marked, std::memory_order_relaxed);
    mark(time);
  } else {
    since_.store(0, std::memory_order_relaxed);
    mark_.store(none, std::memory_order_release);
  }
  return end;
}

std::uint64_t mailbox_gauge::depth() const noexcept {
  // In this order, so that it never seems negative.
  const auto handled = handled_.load(std::memory_order_acquire);
  const auto arrived = arrived_.load(std::memory_order_acquire);
  return arrived > handled ? arrived - handled : 0;
}

std::int64_t mailbox_gauge::waiting_since() const noexcept {
  return depth() == 0 ? 0 : since_.load(std::memory_order_relaxed);
}

} // namespace argosy
