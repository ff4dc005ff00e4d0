#include "backends/local/kernel_path.hpp"

#include <cerrno>
#include <string_view>
#include <utility>

#include <fcntl.h>

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
  rest_ = "/proc/self/fd/" + std::to_string(base_.get()) + "/" + std::string{left};
  text_ = rest_.c_str();
}

} // namespace argosy
