#pragma once

#include "backends/table.hpp"

namespace argosy {

/// Buckets of objects in the memory of this process, for tests and for staging. As in rclone all remotes of
/// this type show the same buckets, whatever their name; what is shared belongs to the storage_type that is
/// returned and to the storages made by it.
storage_type memory_type();

} // namespace argosy
