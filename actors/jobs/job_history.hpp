#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

#include "actors/messages.hpp"

namespace argosy {

class job_pace;
class job_report;

/// What is kept of a job that ended.
struct job_record {
  job_status status;
  std::shared_ptr<job_report> report;  ///< empty: none
  std::shared_ptr<job_pace> pace = {}; ///< empty: none
};

/// Records of jobs that ended, for as long as the API promises (rc-surface 2.15): asynchronous ones their
/// whole time; synchronous ones, which told their caller everything already, within a bound of bytes too, the
/// oldest going first. Plain values, no actor.
class job_history {
public:
  /// `bytes` bounds the records of synchronous calls, strings included.
  explicit job_history(std::uint64_t bytes) : bound_(bytes) {}
  void add(job_record record, bool asynchronous);
  const job_record* find(job_id id) const;
  std::vector<job_id> ids() const;
  /// Drops what ended at `moment` or before.
  void expire(nanoseconds moment);
  std::size_t size() const noexcept { return asynchronous_.size() + synchronous_.size(); }
  bool empty() const noexcept { return size() == 0; }
  std::uint64_t bytes() const noexcept { return bytes_; }

private:
  struct weighed {
    job_record record;
    std::uint64_t bytes;
  };
  void drop_oldest();
  const std::uint64_t bound_;
  std::uint64_t bytes_ = 0;
  std::unordered_map<job_id, job_record> asynchronous_;
  std::deque<weighed> synchronous_; // in the order they ended
};

} // namespace argosy
