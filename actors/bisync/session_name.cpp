#include "actors/bisync/session_name.hpp"

namespace argosy {

namespace {

/// A path without slashes at its ends, and without what file names or shells would stumble over.
std::string canonical(const std::string& path) {
  constexpr const char* slashes = "\\/";
  const auto first = path.find_first_not_of(slashes);
  if (first == std::string::npos) return {};
  auto name = path.substr(first, path.find_last_not_of(slashes) - first + 1);
  for (auto& c : name)
    if (std::string_view{" \t\n\f\r\\/:?*"}.find(c) != std::string_view::npos) c = '_';
  // The mark of a remote whose options were changed in the call ("name{AbC1_}:") says nothing about the
  // place.
  constexpr std::size_t mark = 7; // characters, with the braces
  const auto open = name.find('{');
  if (open != std::string::npos && open + mark <= name.size() && name[open + mark - 1] == '}')
    name.erase(open, mark);
  return name;
}

} // namespace

std::string bisync_path(const storage_info& info) {
  auto path = info.name == "local" ? info.root : info.name + ":" + info.root;
  if (path.empty() || path.back() != '/') path += '/';
  return path;
}

std::string session_name(const storage_info& path1, const storage_info& path2) {
  return canonical(bisync_path(path1)) + ".." + canonical(bisync_path(path2));
}

} // namespace argosy
