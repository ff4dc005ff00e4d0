#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/mime_type.hpp"
#include "core/time_text.hpp"

namespace argosy {

/// The option name_transform: what files and directories of a source are called at the destination.
/// Immutable, cheap to copy, thread-safe.
class name_transform {
public:
  /// Changes nothing.
  name_transform() = default;
  /// `steps` as rclone has them, one after the other: `[file,|dir,|all,]key[=value]`; without a tag they are
  /// for files. `types` say what an extension is, `present` what day it is. Throws failure(other), so that
  /// nothing is done by half; that is also how `index`, which no rclone has, and `command` end.
  name_transform(const std::vector<std::string>& steps, std::shared_ptr<const mime_types> types,
                 nanoseconds present);

  bool active() const noexcept { return !steps_.empty(); }
  /// The last element of a path. Throws failure(no_retry) where a step cannot be done, or would leave nothing
  /// or more than one element.
  std::string name(std::string_view name, bool directory) const;
  /// Every element of a path, each as what it is.
  std::string path(std::string_view path, bool directory) const;

private:
  enum class scope { files, directories, all };
  struct step {
    scope of;
    std::function<std::string(std::string_view)> change;
  };
  static step parse(std::string_view text, const std::shared_ptr<const mime_types>& types,
                    nanoseconds present);
  std::vector<step> steps_;
};

} // namespace argosy
