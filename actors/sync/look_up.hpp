#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "backends/storage.hpp"
#include "core/filter.hpp"

/// Listings of directories that nobody lists: what is in them is known by name and looked up (no_traverse,
/// files_from; rc-surface 3.6.3).
namespace argosy {

struct known_names {
  std::vector<std::string> files, directories; ///< names in the directory, sorted
};

/// What the list of files (files_from) names in a directory; a directory is there when a file below it is
/// named.
known_names listed_below(const std::set<std::string, std::less<>>& listed, const std::string& directory);

/// Looks up `count` of the names, from `first` on, and adds the files among them to `into`. What is not there
/// is left out. Throws failure.
void look_up(const may_block& on, session& at, const std::string& directory,
             const std::vector<std::string>& names, std::size_t first, std::size_t count, listing& into);

/// The listing without the files whose metadata, or anything else, the rules exclude.
listing passing(const may_block& on, session& at, const std::string& directory, const filter& rules,
                listing&& entries);

} // namespace argosy
