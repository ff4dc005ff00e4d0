#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "backends/local/descriptor.hpp"

namespace argosy {

class path_bounds;

/// What a system call makes of a symbolic link at the end of its path.
enum class last_link : std::uint8_t { followed, kept };

/// An absolute path for one system call, which takes no path of PATH_MAX (4096) bytes or more: a longer one
/// is reached through /proc/self/fd of a directory on the way. Trees may be that deep, made by those who walk
/// down. The path outlives it.
class kernel_path {
public:
  explicit kernel_path(const std::string& path) : text_(path.c_str()) {
    if (path.size() >= longest) reach(path);
  }
  /// With bounds (null: none) every path goes through /proc/self/fd of what was found inside them: the object
  /// itself where the call follows a last link, else its folder. Throws failure as path_bounds::open() does;
  /// for what is not there the call itself fails, with ENOENT or ENOTDIR.
  kernel_path(const std::string& path, const path_bounds* within, last_link last) : text_(path.c_str()) {
    if (within != nullptr)
      confine(path, *within, last);
    else if (path.size() >= longest)
      reach(path);
  }
  kernel_path(const kernel_path&) = delete;
  kernel_path& operator=(const kernel_path&) = delete;
  const char* c_str() const noexcept { return text_; }

private:
  static constexpr std::size_t longest = 4000; // leaves room for "/proc/self/fd/N/"
  void reach(const std::string& path);
  void confine(const std::string& path, const path_bounds& within, last_link last);
  void through(std::string_view rest);
  const char* text_;
  descriptor base_;
  std::string rest_;
};

} // namespace argosy
