#pragma once

#include <cstdint>

namespace argosy {

/// What a thread works on: how profiles and traces know the actor behind a sample.
struct activity {
  const char* actor = nullptr; ///< kind of the actor that runs, or that gave this thread its task; a literal
  std::uint64_t job = 0;       ///< its owner; 0: none
  std::uint64_t entry = 0;     ///< of the actor in the ledger; 0: none
};

/// That of this thread; null when nobody said. May be called in a signal handler and in the allocator.
const activity* current_activity() noexcept;

/// Says what this thread works on, until the end of the scope. Costs a nanosecond.
class activity_scope {
public:
  explicit activity_scope(const activity& what) noexcept;
  ~activity_scope();
  activity_scope(const activity_scope&) = delete;
  activity_scope& operator=(const activity_scope&) = delete;

private:
  const activity what_;
  const activity* const before_;
};

} // namespace argosy
