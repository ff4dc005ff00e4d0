#include "backends/local/path_bounds.hpp"

#include <cerrno>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backends/local/system_failure.hpp"

namespace argosy {

namespace {

/// The kernel gives up when names are changed while it looks at them (EAGAIN): somebody has to win.
constexpr int most_attempts = 1000;
/// Below PATH_MAX; longer paths are walked in steps.
constexpr std::size_t longest_step = 4000;

int open_beneath(int root, const char* path, int flags) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    const auto fd = ::syscall(SYS_openat2, root, path, &how, sizeof how);
    if (fd >= 0) return static_cast<int>(fd);
    if (errno != EAGAIN && errno != EINTR) break;
  }
  return -1;
}

} // namespace

path_bounds::path_bounds(std::string root, bool writable) :
    root_(std::move(root)), writable_(writable),
    fd_(::open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
  if (!fd_) fail_system("open", root_, errno, failure_kind::directory_not_found);
}

void path_bounds::require_writable() const {
  if (!writable_) fail(failure_kind::permission_denied, root_ + ": read-only file system");
}

descriptor path_bounds::open(const std::string& path, int flags) const {
  std::string_view left{path};
  const auto outside = [&]() { fail(failure_kind::permission_denied, path + ": leads out of " + root_); };
  if (left.substr(0, root_.size()) != root_) outside();
  left.remove_prefix(root_.size());
  if (root_ != "/" && !left.empty() && left.front() != '/') outside();
  while (!left.empty() && left.front() == '/') left.remove_prefix(1);

  descriptor base;
  int from = fd_.get();
  const auto step = [&](std::string_view part, int how) {
    descriptor next{open_beneath(from, part.empty() ? "." : std::string{part}.c_str(), how)};
    if (!next && errno == EXDEV) outside();
    if (!next && errno != ENOENT && errno != ENOTDIR) fail_system("open", path, errno);
    return next;
  };
  while (left.size() > longest_step) {
    const auto cut = left.rfind('/', longest_step);
    if (cut == std::string_view::npos) break; // one element of that length: the system refuses it
    base = step(left.substr(0, cut), O_PATH | O_DIRECTORY);
    if (!base) return {};
    from = base.get();
    left.remove_prefix(cut + 1);
  }
  return step(left, flags);
}

bool path_bounds::supported() {
  const descriptor tried{open_beneath(AT_FDCWD, ".", O_PATH | O_DIRECTORY)};
  return static_cast<bool>(tried);
}

} // namespace argosy
