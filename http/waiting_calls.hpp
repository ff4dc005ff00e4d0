#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <unordered_map>
#include <utility>

#include "actors/actors.hpp"

namespace argosy {

/// The calls that clients wait for, by connection, so that a call ends when its client goes away.
/// Thread-safe.
class waiting_calls {
public:
  /// `call` is unique among those of the connection.
  void enter(std::uint64_t connection, job_id call, job_actor who);
  /// The call has ended: once each, possibly before it was entered.
  void leave(std::uint64_t connection, job_id call);
  /// Tells the calls of a connection to stop.
  void stop(std::uint64_t connection);
  /// Tells all calls to stop.
  void stop();

private:
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, std::unordered_map<job_id, job_actor>> by_connection_;
  std::set<std::pair<std::uint64_t, job_id>> ended_early_; // before they were entered
};

} // namespace argosy
