#include "backends/wrapping.hpp"

#include <vector>

namespace argosy {

std::string path_within(std::string_view path) {
  std::vector<std::string_view> elements;
  while (!path.empty()) {
    const auto slash = path.find('/');
    const auto element = path.substr(0, slash);
    if (element == "..") {
      if (!elements.empty()) elements.pop_back();
    } else if (!element.empty() && element != ".") {
      elements.push_back(element);
    }
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  std::string clean;
  for (const auto element : elements) clean.append(clean.empty() ? "" : "/").append(element);
  return clean;
}

std::string join_remote(std::string target, std::string_view path) {
  const auto within = path_within(path);
  if (within.empty()) return target;
  if (target.back() != '/' && target.back() != ':') target += '/';
  return target += within;
}

std::string trimmed_root(std::string_view path) {
  if (path == "." || (path.size() > 1 && path.substr(path.size() - 2) == "/.")) path.remove_suffix(1);
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  return std::string{path};
}

storage_features masked_features(const storage_features& own, const storage_features& wrapped) {
  auto both = own;
#define ARGOSY_MASK_FEATURE(name) both.name = own.name && wrapped.name;
  ARGOSY_FEATURES(ARGOSY_MASK_FEATURE)
#undef ARGOSY_MASK_FEATURE
  both.Command = own.Command;
  both.IsLocal = own.IsLocal;
  both.Overlay = own.Overlay;
  both.UnWrap = own.UnWrap;
  both.WrapFs = own.WrapFs;
  both.SetWrapper = own.SetWrapper;
  return both;
}

} // namespace argosy
