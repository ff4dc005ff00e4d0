#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>
#include <vector>

#include "actors/messages.hpp"

namespace argosy {

/// Records of jobs that ended, for as long as the API promises (rc-surface 2.15): asynchronous ones their
/// whole time; synchronous ones, which told their caller everything already, within a bound of bytes too, the
/// oldest going first. Plain values, no actor.
class job_history {
public:
  /// `bytes` bounds the records of synchronous calls, strings included.
  explicit job_history(std::uint64_t bytes) : bound_(bytes) {}
  void add(job_status status, bool asynchronous);
  const job_status* find(job_id id) const;
  std::vector<job_id> ids() const;
  /// Drops what ended at `moment` or before.
  void expire(nanoseconds moment);
  std::size_t size() const noexcept { return asynchronous_.size() + synchronous_.size(); }
  bool empty() const noexcept { return size() == 0; }
  std::uint64_t bytes() const noexcept { return bytes_; }

private:
  static std::uint64_t weight(const job_status& status);
  const std::uint64_t bound_;
  std::uint64_t bytes_ = 0;
  std::unordered_map<job_id, job_status> asynchronous_;
  std::deque<job_status> synchronous_; // in the order they ended
};

} // namespace argosy
