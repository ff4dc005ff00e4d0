#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backends/local/path_bounds.hpp"

namespace argosy {

/// A folder of this node that other nodes may use.
struct disk_export {
  std::string root; ///< absolute and clean
  bool writable = false;
};

/// DIR, DIR:ro (the same) or DIR:rw. Throws failure(bad_parameter) unless DIR is absolute and without `..`.
disk_export parse_disk_export(const std::string& text);
/// The other way round.
std::string to_text(const disk_export& one);

/// What a node offers; nothing else of it is within reach. Immutable.
class disk_exports {
public:
  disk_exports() = default;
  /// Throws failure(bad_parameter) for a folder that is not there, and where the system cannot keep paths
  /// inside one.
  explicit disk_exports(std::vector<disk_export> all);

  const std::vector<disk_export>& all() const noexcept { return all_; }
  /// The bounds of an absolute path: those of the innermost folder that it is in. Throws
  /// failure(permission_denied) that lists what there is, and failure(directory_not_found) when the folder is
  /// gone.
  std::shared_ptr<const path_bounds> bounds_of(const std::string& path) const;

private:
  std::vector<disk_export> all_;
};

/// The path without doubled slashes and `.`, and without a slash at its end. Throws failure(bad_parameter)
/// when it is not absolute or has an element `..`.
std::string clean_disk_path(const std::string& path);

} // namespace argosy
