#pragma once

#include "backends/storage.hpp"

namespace argosy {

/// How two remotes lie to each other (rc-surface 3.6.1, 3.9): the same configured remote, and one root within
/// the other. Paths are case-folded where the remote does not tell cases apart.
enum class overlap { none, same, source_within, destination_within };
overlap overlap_of(const storage_info& source, const storage_info& destination);

/// The same configured remote: server-side copies and moves are possible.
bool same_remote(const storage_info& a, const storage_info& b);

} // namespace argosy
