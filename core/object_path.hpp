#pragma once

#include <string>
#include <string_view>

namespace argosy {

/// Paths in a remote have slashes between their elements and none at the ends; "" is the root.

/// The directory that `path` is in: "a/b" of "a/b/c", the root of "c".
inline std::string parent_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return std::string{path.substr(0, slash == std::string_view::npos ? 0 : slash)};
}

/// The last element: "c" of "a/b/c". It ends where `path` ends, and lives as long.
inline std::string_view leaf_of(std::string_view path) noexcept {
  return path.substr(path.rfind('/') + 1); // npos + 1 is 0
}

} // namespace argosy
