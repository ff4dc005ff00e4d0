#include "backends/wrapping.hpp"

namespace argosy {

std::string join_remote(std::string target, std::string_view path) {
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  if (path.empty()) return target;
  if (target.back() != '/' && target.back() != ':') target += '/';
  return target.append(path);
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
