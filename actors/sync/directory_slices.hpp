#pragma once

#include <memory>

#include "actors/sync/entry_sorter.hpp"
#include "actors/sync/merge.hpp"

namespace argosy {

/// Entries that are merged at once, and of one side that are in memory while it is listed: some 3 MiB.
constexpr std::size_t most_slice_entries = 50'000;

/// For one side of a directory: sorts by the keys that merge_listings() matches by, with `most` entries in
/// memory.
std::unique_ptr<entry_sorter> make_sorter(services& with, const merge_rules& rules, bool source,
                                          std::size_t most);

/// Both sides of a directory with more entries than memory is to hold (list_cutoff), in slices that can be
/// merged one after the other: cut between different keys, so that what belongs together is in one slice.
class directory_slices {
public:
  /// Of two sorters to which everything was added; `most` entries are in a slice, unless more have the same
  /// key. Throws failure(other).
  directory_slices(const may_block& on, std::unique_ptr<entry_sorter> source,
                   std::unique_ptr<entry_sorter> destination, std::size_t most);
  /// Fills the two listings with what comes next. Throws failure(other).
  void next(const may_block& on, listing& source, listing& destination);
  /// Nothing is left.
  bool done() const noexcept { return source_->empty() && destination_->empty(); }

private:
  const std::unique_ptr<entry_sorter> source_, destination_;
  const std::size_t most_;
};

} // namespace argosy
