#pragma once

#include <memory>

#include "metrics/profile/profile.hpp"

namespace argosy {

/// False in builds with sanitizers, which hold signals back until it suits them.
bool can_profile_cpu() noexcept;

/// Samples what the processors do: each thread that runs is interrupted after every 10 ms of processor time.
/// Costs about 0.1 % while it is at work and nothing before and after. One at a time in a process.
class cpu_profiler {
public:
  /// Begins. Throws failure when one is at work already, in Go's words.
  cpu_profiler();
  /// Ends.
  ~cpu_profiler();
  cpu_profiler(const cpu_profiler&) = delete;
  cpu_profiler& operator=(const cpu_profiler&) = delete;

  /// Takes new threads in and collects samples. To be called every 100 ms or so: threads that began since the
  /// last call are not seen, and there is room for the samples of a second of 40 busy processors.
  void look();
  /// Ends and gives the samples: `samples/count` and `cpu/nanoseconds`, with the labels `actor`, `job` and
  /// `thread`.
  profile finish();

private:
  struct session;
  std::unique_ptr<session> session_;
};

} // namespace argosy
