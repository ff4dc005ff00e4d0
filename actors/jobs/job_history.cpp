#include "actors/jobs/job_history.hpp"

#include <algorithm>

namespace argosy {

std::uint64_t job_history::weight(const job_status& status) {
  // Texts of up to 15 bytes live inside their string.
  const auto heap = [](const std::string& s) { return s.capacity() > 15 ? s.capacity() : 0; };
  return sizeof(job_status) + heap(status.group) + heap(status.output) + heap(status.error.text);
}

void job_history::add(job_status status, bool asynchronous) {
  if (asynchronous) {
    asynchronous_.emplace(status.id, std::move(status));
    return;
  }
  bytes_ += weight(status);
  synchronous_.push_back(std::move(status));
  while (bytes_ > bound_ && !synchronous_.empty()) {
    bytes_ -= weight(synchronous_.front());
    synchronous_.pop_front();
  }
}

const job_status* job_history::find(job_id id) const {
  if (const auto found = asynchronous_.find(id); found != asynchronous_.end()) return &found->second;
  const auto found =
      std::find_if(synchronous_.begin(), synchronous_.end(), [&](const job_status& s) { return s.id == id; });
  return found == synchronous_.end() ? nullptr : &*found;
}

std::vector<job_id> job_history::ids() const {
  std::vector<job_id> ids;
  ids.reserve(size());
  for (const auto& [id, status] : asynchronous_) ids.push_back(id);
  for (const auto& status : synchronous_) ids.push_back(status.id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

void job_history::expire(nanoseconds moment) {
  for (auto i = asynchronous_.begin(); i != asynchronous_.end();)
    i = i->second.ended <= moment ? asynchronous_.erase(i) : std::next(i);
  while (!synchronous_.empty() && synchronous_.front().ended <= moment) {
    bytes_ -= weight(synchronous_.front());
    synchronous_.pop_front();
  }
}

} // namespace argosy
