#pragma once

#include <memory>
#include <string>

#include "backends/attempts.hpp"
#include "backends/storage.hpp"

namespace argosy {

/// Opens an object that goes on from where it stopped when reading it fails with something retryable: it is
/// opened again at that place, as often as `left` allows, which also counts the opening. `left` and the
/// session outlive the source.
std::unique_ptr<object_source> open_steadily(const may_block& on, session& s, const std::string& path,
                                             attempts& left, std::int64_t offset = 0,
                                             std::int64_t length = -1);

} // namespace argosy
