#include "actors/stats/progress.hpp"

namespace argosy {

std::string path_of(const file_run& run, std::uint32_t index) {
  const auto& name = run.files[index].name;
  return run.directory.empty() ? name : run.directory + "/" + name;
}

void transfer_progress::begin(std::uint32_t index) noexcept {
  file_bytes_.store(0, std::memory_order_relaxed);
  started_.store(now(), std::memory_order_relaxed);
  begun_.fetch_add(1, std::memory_order_relaxed);
  if (const auto size = run_->files[index].size; size > 0)
    begun_bytes_.fetch_add(static_cast<std::uint64_t>(size), std::memory_order_relaxed);
  index_.store(index, std::memory_order_release);
}

void transfer_progress::bytes(std::uint64_t count) noexcept {
  file_bytes_.fetch_add(count, std::memory_order_relaxed);
  bytes_.fetch_add(count, std::memory_order_relaxed);
  totals_.bytes.Increment(static_cast<double>(count));
}

void transfer_progress::end(bool transferred) noexcept {
  index_.store(none, std::memory_order_release);
  if (transferred) {
    transferred_.fetch_add(1, std::memory_order_relaxed);
    totals_.transfers.Increment();
  }
}

bool transfer_progress::checking() const noexcept {
  return run_->kind == run_kind::check || run_->kind == run_kind::check_hash ||
         run_->kind == run_kind::remove || run_->kind == run_kind::remove_source;
}

bool transfer_progress::current(running_transfer& out) const {
  const auto index = index_.load(std::memory_order_acquire);
  if (index == none || index >= run_->files.size()) return false;
  out.name = path_of(*run_, index);
  out.size = run_->files[index].size;
  out.bytes = static_cast<std::int64_t>(file_bytes_.load(std::memory_order_relaxed));
  out.opened = true;
  out.started = started_.load(std::memory_order_relaxed);
  out.source_fs = source_fs_;
  out.destination_fs = destination_fs_;
  return true;
}

} // namespace argosy
