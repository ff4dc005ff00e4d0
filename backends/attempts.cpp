#include "backends/attempts.hpp"

#include <algorithm>

#include "backends/pacer.hpp"

namespace argosy {

bool attempts::another(const may_block& on, const failure& why) {
  constexpr nanoseconds longest_pause = 2'000'000'000;
  if (why.kind() != failure_kind::retryable || dynamic_cast<const corruption*>(&why) != nullptr) return false;
  if (left_ <= 0) return false;
  --left_;
  steady_wait_clock{}.wait(on, wait_clock::duration{pause_});
  pause_ = std::min(2 * pause_, longest_pause);
  return true;
}

} // namespace argosy
