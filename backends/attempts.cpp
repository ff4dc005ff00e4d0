#include "backends/attempts.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace argosy {

bool attempts::another(const may_block& on, const failure& why) {
  constexpr nanoseconds longest_pause = 2'000'000'000;
  if (why.kind() != failure_kind::retryable || dynamic_cast<const corruption*>(&why) != nullptr) return false;
  if (left_ <= 0) return false;
  --left_;
  pause(on, pause_);
  pause_ = std::min(2 * pause_, longest_pause);
  return true;
}

void pause(const may_block& on, nanoseconds duration) {
  constexpr nanoseconds slice = 100'000'000;
  for (on.check(); duration > 0; on.check()) {
    std::this_thread::sleep_for(std::chrono::nanoseconds{std::min(duration, slice)});
    duration -= slice;
  }
}

} // namespace argosy
