#pragma once

#include "backends/table.hpp"

namespace argosy {

/// Another name for a place in another remote. It has no storage of its own: making it makes the target, with
/// the target's name and root, as rclone does.
storage_type alias_type();

} // namespace argosy
