#pragma once

#include <cstdint>
#include <memory>

#include "backends/storage.hpp"

namespace argosy {

/// Begins an object whose size may be unknown (-1), in the way that suits the storage best (rc-surface 3.7
/// step 4): what is not longer than `cutoff` bytes is stored with its size; longer ones are streamed where
/// the storage takes objects of unknown size (PutStream), else they go to a temporary file first. The session
/// outlives the sink.
std::unique_ptr<object_sink> create_of_any_size(const may_block& on, session& to, const put_request& request,
                                                std::int64_t cutoff);

} // namespace argosy
