#include "backends/may_block.hpp"

#include "core/failure.hpp"

namespace argosy {

void may_block::check() const {
  if (stop_.cancelled()) fail(failure_kind::cancelled, "context canceled");
}

void may_block::account(std::uint64_t count) const {
  if (throttle_ != nullptr) throttle_->pass(count, stop_);
  account_free(count);
}

void may_block::account_free(std::uint64_t count) const {
  check();
  if (listener_ != nullptr) listener_->bytes(count);
}

} // namespace argosy
