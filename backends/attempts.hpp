#pragma once

#include <atomic>
#include <cstdint>

#include "backends/may_block.hpp"
#include "core/failure.hpp"
#include "core/time_text.hpp"

/// low_level_retries (rc-surface 3.6.10): what an error of the moment broke is tried again on the spot.
namespace argosy {

/// The attempts at one piece of work. The first is already under way.
class attempts {
public:
  /// `most` in all; `pause` before the second, doubled before each further one, up to 2 s.
  attempts(std::int64_t most, nanoseconds pause) : left_(most - 1), pause_(pause) {}

  /// Whether the work is to be tried again after `why`: only what is retryable, but no corruption. Waits
  /// before it says yes. Throws failure(cancelled).
  bool another(const may_block& on, const failure& why);

private:
  std::int64_t left_;
  nanoseconds pause_;
};

/// Tells a listener each byte of a piece of work once, however often it goes through: bytes that a repeated
/// attempt moves again are not news. Thread-safe, but for again().
class counted_once final : public progress_listener {
public:
  explicit counted_once(progress_listener* to) : to_(to) {}
  void bytes(std::uint64_t count) noexcept override {
    const auto position = position_ += count;
    auto told = told_.load();
    while (told < position) {
      if (!told_.compare_exchange_weak(told, position)) continue;
      if (to_ != nullptr) to_->bytes(position - told);
      return;
    }
  }
  void slowed() noexcept override {
    if (to_ != nullptr) to_->slowed();
  }
  /// The work begins anew.
  void again() noexcept { position_ = 0; }

private:
  progress_listener* const to_;
  std::atomic<std::uint64_t> position_{0}, told_{0};
};

} // namespace argosy
