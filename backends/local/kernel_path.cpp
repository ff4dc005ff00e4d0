#include "backends/local/kernel_path.hpp"

#include <cerrno>
#include <string_view>
#include <utility>

#include <fcntl.h>

#include "backends/local/path_bounds.hpp"

namespace argosy {

void kernel_path::reach(const std::string& path) {
  std::string_view left{path};
  while (left.size() >= longest) {
    const auto cut = left.rfind('/', longest - 1);
    // One element of that length: the system refuses it in its own words.
    if (cut == std::string_view::npos || cut == 0) return;
    const std::string step{left.substr(0, cut)};
    descriptor next{::openat(base_ ? base_.get() : AT_FDCWD, step.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (!next) {
      // What is below a directory that is not there is not there: the empty path never is.
      if (errno == ENOENT) text_ = "";
      return;
    }
    base_ = std::move(next);
    left.remove_prefix(cut + 1);
  }
  through(left);
}

void kernel_path::through(std::string_view rest) {
  rest_ = "/proc/self/fd/" + std::to_string(base_.get());
  if (!rest.empty()) rest_.append("/").append(rest);
  text_ = rest_.c_str();
}

void kernel_path::confine(const std::string& path, const path_bounds& within, last_link last) {
  const auto slash = path.find_last_of('/');
  const bool whole = last == last_link::followed || path == within.root() || slash + 1 == path.size();
  if (whole)
    base_ = within.open(path, O_PATH);
  else
    base_ = within.open(slash == 0 ? "/" : path.substr(0, slash), O_PATH | O_DIRECTORY);
  // Nothing is called "", and nothing stands below a device.
  if (!base_)
    text_ = errno == ENOTDIR ? "/dev/null/." : "";
  else
    through(whole ? std::string_view{} : std::string_view{path}.substr(slash + 1));
}

} // namespace argosy
