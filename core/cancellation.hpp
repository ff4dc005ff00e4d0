#pragma once

#include <atomic>
#include <memory>

namespace argosy {

/// Tells work in progress to stop. Copies share one flag; any thread may read or set it. There is no way
/// back.
class cancellation {
public:
  cancellation() : flag_(std::make_shared<std::atomic<bool>>(false)) {}
  void cancel() const noexcept { flag_->store(true, std::memory_order_release); }
  bool cancelled() const noexcept { return flag_->load(std::memory_order_acquire); }

private:
  std::shared_ptr<std::atomic<bool>> flag_;
};

} // namespace argosy
