#pragma once

#include <string>

#include "backends/storage.hpp"

namespace argosy {

/// The place of a remote as bisync writes it: "/folder/", "name:folder/".
std::string bisync_path(const storage_info& info);

/// What the working files of a pair of remotes are named after; rclone's own rule, so that both find them.
std::string session_name(const storage_info& path1, const storage_info& path2);

} // namespace argosy
