#include "actors/sync/file_queue.hpp"

namespace argosy {

bool file_queue::by_order::operator()(const single& a, const single& b) const {
  const auto x = entry_of(*a.plan, a.kind, a.file), y = entry_of(*b.plan, b.kind, b.file);
  return order.before({a.path, x.size, x.modified}, {b.path, y.size, y.modified});
}

namespace {

std::uint64_t bytes_together(const file_chunk& chunk) {
  std::uint64_t sum = 0;
  for (const auto file : chunk.files) sum += bytes_of(entry_of(*chunk.plan, chunk.kind, file));
  return sum;
}

} // namespace

void file_queue::add(file_chunk chunk) {
  if (chunk.files.empty()) return;
  files_ += chunk.files.size();
  bytes_ += bytes_together(chunk);
  if (!ordered_.key_comp().order.active()) {
    in_turn_.push_back({std::move(chunk)});
    return;
  }
  for (const auto file : chunk.files)
    ordered_.insert({chunk.plan, chunk.kind, file,
                     chunk.plan->path_of(entry_of(*chunk.plan, chunk.kind, file).name), chunk.again});
}

namespace {

// Of the bytes of one run. What may be of any size takes all.
std::uint64_t share_of(const entry_view& entry, std::uint64_t all) {
  return entry.size < 0 ? all : bytes_of(entry);
}

} // namespace

file_chunk file_queue::take(std::size_t most, std::uint64_t bytes, bool back) {
  auto chunk = in_turn_.empty() ? take_ordered(most, bytes, back) : take_in_turn(most, bytes);
  files_ -= chunk.files.size();
  bytes_ -= bytes_together(chunk);
  return chunk;
}

file_chunk file_queue::take_in_turn(std::size_t most, std::uint64_t bytes) {
  auto& [chunk, next] = in_turn_.front();
  file_chunk taken{chunk.plan, chunk.kind, {}, chunk.again};
  taken.files.reserve(std::min(most, chunk.files.size() - next));
  std::uint64_t sum = 0;
  for (; next < chunk.files.size() && taken.files.size() < most; ++next) {
    sum += share_of(entry_of(*chunk.plan, chunk.kind, chunk.files[next]), bytes);
    if (!taken.files.empty() && sum > bytes) break;
    taken.files.push_back(chunk.files[next]);
  }
  if (next == chunk.files.size()) in_turn_.pop_front();
  return taken;
}

file_chunk file_queue::take_ordered(std::size_t most, std::uint64_t bytes, bool back) {
  file_chunk taken;
  std::uint64_t sum = 0;
  while (!ordered_.empty() && taken.files.size() < most) {
    const auto at = back ? std::prev(ordered_.end()) : ordered_.begin();
    sum += share_of(entry_of(*at->plan, at->kind, at->file), bytes);
    const auto another =
        at->plan != taken.plan || at->kind != taken.kind || at->again != taken.again || sum > bytes;
    if (!taken.files.empty() && another) break;
    taken.plan = at->plan;
    taken.kind = at->kind;
    taken.again = at->again;
    taken.files.push_back(at->file);
    ordered_.erase(at);
  }
  return taken;
}

std::vector<file_chunk> file_queue::drain() {
  std::vector<file_chunk> left;
  while (!empty()) left.push_back(take(SIZE_MAX, UINT64_MAX));
  return left;
}

} // namespace argosy
