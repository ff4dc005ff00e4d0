#pragma once

#include <set>
#include <string>
#include <vector>

#include "backends/storage.hpp"

/// Listings of directories that nobody lists: what is in them is known by name and looked up (no_traverse,
/// files_from; rc-surface 3.6.3).
namespace argosy {

/// Names in one directory.
struct known_names {
  std::vector<std::string> files, directories;
};

/// What the list of files (files_from) names in a directory; a directory is there when a file below it is
/// named. Sorted.
known_names listed_below(const std::set<std::string, std::less<>>& listed, const std::string& directory);

/// Looks the names up one by one and adds what is there to `into`. Throws failure.
void look_up(const may_block& on, session& at, const std::string& directory, const known_names& names,
             listing& into);

} // namespace argosy
