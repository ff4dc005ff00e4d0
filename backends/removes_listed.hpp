#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backends/storage.hpp"

namespace argosy {

/// What a session is as well that removes what listings have shown in fewer requests than remove(), which has
/// to look whether it is there.
class removes_listed {
public:
  virtual ~removes_listed() = default;
  virtual void remove_listed(const may_block& on, const std::string& path) = 0;
  /// For each path the failure, if there is one. Nothing: the storage removes these one by one only.
  virtual std::optional<std::vector<std::optional<failure>>>
  remove_together(const may_block& on, const std::vector<std::string>& paths) = 0;
};

/// One object that a listing has shown.
inline void remove_listed(const may_block& on, session& at, const std::string& path) {
  if (auto* quick = dynamic_cast<removes_listed*>(&at))
    quick->remove_listed(on, path);
  else
    at.remove(on, path);
}

} // namespace argosy
