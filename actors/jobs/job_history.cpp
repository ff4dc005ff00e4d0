#include "actors/jobs/job_history.hpp"

#include <algorithm>

#include "actors/reports/job_report.hpp"

namespace argosy {

namespace {

std::uint64_t weight(const job_record& record) {
  // Texts of up to 15 bytes live inside their string.
  const auto heap = [](const std::string& s) { return s.capacity() > 15 ? s.capacity() : 0; };
  const auto& status = record.status;
  return sizeof(job_record) + heap(status.group) + heap(status.output) + heap(status.error.text) +
         (record.report ? record.report->memory() : 0);
}

} // namespace

void job_history::drop_oldest() {
  bytes_ -= synchronous_.front().bytes;
  synchronous_.pop_front();
}

void job_history::add(job_record record, bool asynchronous) {
  if (asynchronous) {
    const auto id = record.status.id;
    asynchronous_.emplace(id, std::move(record));
    return;
  }
  const auto bytes = weight(record);
  bytes_ += bytes;
  synchronous_.push_back({std::move(record), bytes});
  while (bytes_ > bound_ && !synchronous_.empty()) drop_oldest();
}

const job_record* job_history::find(job_id id) const {
  if (const auto found = asynchronous_.find(id); found != asynchronous_.end()) return &found->second;
  const auto found = std::find_if(synchronous_.begin(), synchronous_.end(),
                                  [&](const weighed& one) { return one.record.status.id == id; });
  return found == synchronous_.end() ? nullptr : &found->record;
}

std::vector<job_id> job_history::ids() const {
  std::vector<job_id> ids;
  ids.reserve(size());
  for (const auto& [id, record] : asynchronous_) ids.push_back(id);
  for (const auto& one : synchronous_) ids.push_back(one.record.status.id);
  std::sort(ids.begin(), ids.end());
  return ids;
}

void job_history::expire(nanoseconds moment) {
  for (auto i = asynchronous_.begin(); i != asynchronous_.end();)
    i = i->second.status.ended <= moment ? asynchronous_.erase(i) : std::next(i);
  while (!synchronous_.empty() && synchronous_.front().record.status.ended <= moment) drop_oldest();
}

} // namespace argosy
