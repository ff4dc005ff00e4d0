#include "http/serve/serving_account.hpp"

#include <algorithm>
#include <utility>

namespace argosy {

namespace {

std::shared_ptr<transfer_progress> progress_of(const std::string& name, std::int64_t size,
                                               const std::string& fs, transfer_probe& totals) {
  const auto run = std::make_shared<file_run>();
  run->kind = run_kind::copy;
  run->files.push_back({name, size, 0});
  return std::make_shared<transfer_progress>(run, fs, std::string{}, totals);
}

} // namespace

serving_account::serving_account(stats_sink stats, const std::string& name, std::int64_t size,
                                 const std::string& fs) :
    stats_(std::move(stats)),
    progress_(progress_of(name, size, fs, stats_.totals())) {
  record_.name = name;
  record_.size = size;
  record_.source_fs = fs;
  record_.started = now();
  stats_delta queued;
  queued.queued_transfers = 1;
  queued.queued_bytes = std::max<std::int64_t>(size, 0);
  stats_.add(queued);
  stats_.started(progress_);
  progress_->begin(0);
}

void serving_account::finish(const std::string& error) {
  if (std::exchange(finished_, true)) return;
  progress_->end(error.empty());
  stats_delta delta;
  delta.queued_transfers = -1;
  delta.queued_bytes = -std::max<std::int64_t>(record_.size, 0);
  delta.bytes = static_cast<std::int64_t>(progress_->total_bytes());
  delta.transfers = static_cast<std::int64_t>(progress_->transferred());
  record_.bytes = delta.bytes;
  record_.error = error;
  record_.completed = now();
  delta.completed.push_back(std::move(record_));
  stats_.finished(progress_, std::move(delta));
}

} // namespace argosy
