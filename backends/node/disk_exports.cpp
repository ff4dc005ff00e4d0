#include "backends/node/disk_exports.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fcntl.h>

#include "core/failure.hpp"
#include "core/go_text.hpp"

namespace argosy {

namespace {

bool holds(const std::string& root, const std::string& path) {
  return root == "/" || path == root ||
         (path.size() > root.size() && path.compare(0, root.size(), root) == 0 && path[root.size()] == '/');
}

} // namespace

std::string clean_disk_path(const std::string& path) {
  const auto refuse = [&](const char* why) { fail(failure_kind::bad_parameter, go_quote(path) + why); };
  if (path.empty() || path.front() != '/') refuse(" is no absolute path");
  std::string clean;
  for (std::size_t at = 0; at < path.size();) {
    const auto end = std::min(path.find('/', at), path.size());
    const auto element = std::string_view{path}.substr(at, end - at);
    if (element == "..") refuse(" has an element \"..\"");
    if (!element.empty() && element != ".") clean.append("/").append(element);
    at = end + 1;
  }
  return clean.empty() ? "/" : clean;
}

disk_export parse_disk_export(const std::string& text) {
  disk_export made;
  auto path = text;
  const auto ends_with = [&](std::string_view end) {
    return path.size() > end.size() && path.compare(path.size() - end.size(), end.size(), end) == 0;
  };
  made.writable = ends_with(":rw");
  if (made.writable || ends_with(":ro")) path.resize(path.size() - 3);
  made.root = clean_disk_path(path);
  return made;
}

std::string to_text(const disk_export& one) { return one.root + (one.writable ? ":rw" : ":ro"); }

disk_exports::disk_exports(std::vector<disk_export> all) : all_(std::move(all)) {
  if (all_.empty()) return;
  if (!path_bounds::supported())
    fail(failure_kind::bad_parameter,
         "--cluster-export needs openat2(2) of Linux 5.6 to keep paths inside, which this system refuses");
  for (const auto& one : all_) {
    try {
      const path_bounds there{one.root, one.writable};
    } catch (const failure& why) {
      fail(failure_kind::bad_parameter, "--cluster-export " + go_quote(one.root) + ": " + why.what());
    }
  }
}

std::shared_ptr<const path_bounds> disk_exports::bounds_of(const std::string& path) const {
  const disk_export* found = nullptr;
  for (const auto& one : all_)
    if (holds(one.root, path) && (found == nullptr || one.root.size() > found->root.size())) found = &one;
  if (found != nullptr) return std::make_shared<const path_bounds>(found->root, found->writable);
  std::string there;
  for (const auto& one : all_) there += (there.empty() ? "" : ", ") + to_text(one);
  fail(failure_kind::permission_denied,
       go_quote(path) + " is not exported; " +
           (there.empty() ? "nothing is (--cluster-export)" : "what is: " + there));
}

} // namespace argosy
