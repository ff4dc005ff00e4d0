#pragma once

#include <functional>
#include <string>

#include "backends/listing.hpp"
#include "backends/may_block.hpp"

namespace argosy {

/// What a session is as well that lists a directory with all that is below it in a few requests, where a
/// request for each directory would be many (rclone's ListR).
class lists_trees {
public:
  /// Entries of one directory; several calls may be for the same.
  using tree_sink = std::function<void(const std::string& directory, listing&& entries)>;
  virtual ~lists_trees() = default;
  /// In any order, a directory as an entry of the one that it is in, once. Throws as session::list does.
  virtual void list_tree(const may_block& on, const std::string& directory, const tree_sink& page) = 0;
};

} // namespace argosy
