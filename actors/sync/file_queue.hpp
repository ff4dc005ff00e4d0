#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <set>
#include <vector>

#include "actors/messages.hpp"
#include "actors/sync/merge.hpp"
#include "core/transfer_order.hpp"

namespace argosy {

/// Files of one directory, by their places in a listing of its plan.
struct file_chunk {
  std::shared_ptr<const directory_plan> plan;
  run_kind kind = run_kind::copy;
  std::vector<std::uint32_t> files; ///< of plan->destination for run_kind::remove, else of plan->source
  bool again = false;               ///< somebody was lost who had begun them
};

/// Files that wait to be handed out, in the order they came or in that of order_by. Keeps the plans it names,
/// and 4 bytes a file (ordered: about 100).
class file_queue {
public:
  explicit file_queue(const transfer_order& order = transfer_order{}) : ordered_(by_order{order}) {}

  void add(file_chunk chunk);
  bool empty() const noexcept { return files_ == 0; }
  std::size_t files() const noexcept { return files_; }
  /// Of all files together, as far as their sizes are known.
  std::uint64_t bytes() const noexcept { return bytes_; }
  /// The next files, all of one directory: at most `most` of at most `bytes` bytes together, but at least
  /// one; one of unknown size fills the rest. `back`: from the end of an ordered queue.
  file_chunk take(std::size_t most, std::uint64_t bytes, bool back = false);
  /// All that is left.
  std::vector<file_chunk> drain();

private:
  struct waiting {
    file_chunk chunk;
    std::size_t next = 0;
  };
  struct single {
    std::shared_ptr<const directory_plan> plan;
    run_kind kind;
    std::uint32_t file;
    std::string path;
    bool again;
  };
  struct by_order {
    transfer_order order;
    bool operator()(const single& a, const single& b) const;
  };
  file_chunk take_in_turn(std::size_t most, std::uint64_t bytes);
  file_chunk take_ordered(std::size_t most, std::uint64_t bytes, bool back);

  std::size_t files_ = 0;
  std::uint64_t bytes_ = 0;
  std::deque<waiting> in_turn_;
  std::multiset<single, by_order> ordered_;
};

/// One file of a chunk.
inline entry_view entry_of(const directory_plan& plan, run_kind kind, std::uint32_t file) {
  return (kind == run_kind::remove ? plan.destination : plan.source)[file];
}

/// Its bytes; unknown counts as none.
inline std::uint64_t bytes_of(const entry_view& entry) {
  return entry.size > 0 ? static_cast<std::uint64_t>(entry.size) : 0;
}

} // namespace argosy
