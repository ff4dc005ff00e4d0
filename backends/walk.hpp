#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "backends/storage.hpp"
#include "core/filter.hpp"

namespace argosy {

/// What to go through.
struct walk_request {
  std::string directory;         ///< where to begin, relative to the root of the storage
  std::int64_t max_depth = -1;   ///< 1: the entries of `directory` only; not positive: no bound
  const filter* rules = nullptr; ///< null: everything
};

/// Told what a walk finds, on the thread of the walk. Each may be empty.
struct walk_visitor {
  /// The entries of one directory that pass the rules, sorted by name.
  std::function<void(const std::string& directory, listing&& entries)> entries;
  /// A directory could not be listed, or not wholly. The walk goes on.
  std::function<void(const std::string& directory, const failure& why)> failed;
  /// So many entries were listed, before the rules.
  std::function<void(std::size_t count)> listed;
};

/// Goes through a directory and those below it with one session, a directory before what is in it, in byte
/// order. Gives back the failure of the last directory that could not be listed, if there was one: rclone
/// ends most calls with it. Throws only when cancelled, and what the visitor throws.
[[nodiscard]] std::optional<failure> walk(const may_block& on, session& s, const walk_request& request,
                                          const walk_visitor& visit);

/// What rules leave of the entries of one directory.
struct chosen_entries {
  listing entries;
  bool marked = false; ///< a marker file hides the directory with all that is in it
};

/// Lets the rules choose among `entries`, which s.list() gave for `directory`. Asks for the metadata of files
/// when the rules look at it. Throws what that throws.
chosen_entries choose(const may_block& on, session& s, const filter& rules, const std::string& directory,
                      const listing& entries);

/// `name` below `directory`, which may be the root "".
std::string path_below(std::string_view directory, std::string_view name);

} // namespace argosy
