#pragma once

#include <string>

#include "backends/local/descriptor.hpp"

namespace argosy {

/// An absolute path for one system call, which takes no path of PATH_MAX (4096) bytes or more: a longer one
/// is reached through /proc/self/fd of a directory on the way. Trees may be that deep, made by those who walk
/// down. The path outlives it.
class kernel_path {
public:
  explicit kernel_path(const std::string& path) : text_(path.c_str()) {
    if (path.size() >= longest) reach(path);
  }
  const char* c_str() const noexcept { return text_; }

private:
  static constexpr std::size_t longest = 4000; // leaves room for "/proc/self/fd/N/"
  void reach(const std::string& path);
  const char* text_;
  descriptor base_;
  std::string rest_;
};

} // namespace argosy
