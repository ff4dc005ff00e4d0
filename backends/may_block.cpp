#include "backends/may_block.hpp"

#include <algorithm>

#include "core/failure.hpp"

namespace argosy {

void may_block::check() const {
  if (stop_.cancelled()) fail(failure_kind::cancelled, "context canceled");
}

void may_block::account(std::uint64_t count) const {
  if (throttle_ == nullptr || !throttle_->limits()) return account_free(count);
  // Under a limit a block takes its time: in small pieces the figures move evenly.
  constexpr std::uint64_t piece = 32 * 1024;
  for (std::uint64_t done = 0; done < count; done += piece) {
    const auto next = std::min(piece, count - done);
    throttle_->pass(next, stop_);
    account_free(next);
  }
}

void may_block::account_free(std::uint64_t count) const {
  check();
  if (listener_ == nullptr) return;
  listener_->bytes(count);
  // The listener may be what ends the work: a limit that was reached.
  check();
}

} // namespace argosy
