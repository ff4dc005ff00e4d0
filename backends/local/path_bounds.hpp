#pragma once

#include <string>

#include "backends/local/descriptor.hpp"

namespace argosy {

/// A folder that nothing leads out of: neither `..` nor a symbolic link, whoever changes what is in it
/// meanwhile, since the kernel looks at each step of each path (openat2(2) with RESOLVE_BENEATH). A link that
/// is absolute leads out, also when it points back in. Immutable.
class path_bounds {
public:
  /// `root` is absolute and clean; where it leads is up to whoever chose it. Throws failure
  /// (directory_not_found, or what the system says).
  path_bounds(std::string root, bool writable);

  const std::string& root() const noexcept { return root_; }
  /// False: nothing in it may be changed.
  bool writable() const noexcept { return writable_; }
  /// Throws failure(permission_denied) unless it is writable.
  void require_writable() const;
  /// Opens what an absolute path names. Empty, with errno ENOENT or ENOTDIR: it is not there. Throws
  /// failure(permission_denied) when the path leads out, and for all else that is in the way.
  descriptor open(const std::string& path, int flags) const;

  /// Whether this system can do it.
  static bool supported();

private:
  std::string root_;
  bool writable_;
  descriptor fd_;
};

} // namespace argosy
