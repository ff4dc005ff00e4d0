#pragma once

#include <string>
#include <string_view>

#include "backends/storage.hpp"

/// What storages that stand in front of other storages share.
namespace argosy {

/// A path with `.` and `..` resolved, which never leads out, and without slashes around it.
std::string path_within(std::string_view path);

/// The fs text of path_within(path) below the remote `target`, which is not empty.
std::string join_remote(std::string target, std::string_view path);

/// Without slashes at both ends, and without a last element `.`, which means the folder itself.
std::string trimmed_root(std::string_view path);

/// What a wrapper can do of `own`, given what the wrapped storage can: the abilities that both have. Those
/// that say something of the wrapper itself (Command, IsLocal, Overlay, UnWrap, WrapFs, SetWrapper) stay as
/// in `own`.
storage_features masked_features(const storage_features& own, const storage_features& wrapped);

} // namespace argosy
