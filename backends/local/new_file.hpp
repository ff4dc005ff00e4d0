#pragma once

#include <cerrno>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backends/local/descriptor.hpp"
#include "backends/local/kernel_path.hpp"
#include "backends/local/system_failure.hpp"
#include "backends/storage.hpp"
#include "metrics/ledger.hpp"

namespace argosy {

/// A file that gets its name when it is whole (rc-surface 3.7): written under a partial name, or under its
/// own when it is to be in place. Removed with this object unless finish() was called.
class new_file {
public:
  /// `path` is the final one, absolute; its parents are made. Throws failure.
  /// `within` outlives it; null: no bounds.
  new_file(const may_block& on, const put_request& request, std::string path, bool in_place,
           const path_bounds* within);
  ~new_file();
  new_file(const new_file&) = delete;
  new_file& operator=(const new_file&) = delete;

  int fd() const noexcept { return fd_.get(); }
  const std::string& path() const noexcept { return path_; }
  /// Bytes that it has now.
  std::int64_t size() const;
  /// Gives it metadata, times and name.
  void finish(const put_request& request, bool set_modified);

private:
  const path_bounds* within_;
  std::string path_;    // final
  std::string written_; // path_ when in place
  ledger::entry entry_;
  ledger::entry partial_;
  descriptor fd_;
  bool owned_ = false; // the file at written_ is to be removed
};

/// True when the file of that status was left by a process that died: nothing was written to it for 10
/// minutes.
bool is_abandoned(const struct stat& st);

/// Opens a new file relative to `directory`. ENOENT: makes its folder first. A partial name that is taken
/// belongs to somebody who writes the same object now: then another mark is used, unless that one is long
/// abandoned. `name(attempt)` gives the leaf, `missing_folder(directory&)` whether to try again, `path()`
/// what failures name. `within`, if not null, are the bounds of an absolute path; where there are bounds no
/// link is written through. Throws failure.
template <class MakeName, class MakeFolder, class Path>
descriptor create_new(int directory, bool partial, const path_bounds* within, MakeName name,
                      MakeFolder missing_folder, Path path) {
  // Relative to an open directory, which is inside already.
  const auto* look_within = directory == AT_FDCWD ? within : nullptr;
  for (unsigned attempt = 0; attempt < 16;) {
    const std::string& leaf = name(attempt);
    const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | (partial ? O_EXCL : O_TRUNC) |
                      (partial || within != nullptr ? O_NOFOLLOW : 0);
    descriptor fd{::openat(directory, kernel_path{leaf, look_within, last_link::kept}.c_str(), flags, 0666)};
    if (fd) return fd;
    if (errno == ENOENT && missing_folder(directory)) continue;
    if (errno != EEXIST || !partial) break;
    struct stat st {};
    const kernel_path taken{leaf, look_within, last_link::kept};
    if (::fstatat(directory, taken.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno != ENOENT) fail_system("lstat", path(), errno);
    } else if (is_abandoned(st)) {
      ::unlinkat(directory, taken.c_str(), 0);
    } else {
      ++attempt;
    }
  }
  fail_system("open", path(), errno);
}

} // namespace argosy
