#pragma once

#include <string>
#include <string_view>

#include "core/failure.hpp"

namespace argosy {

/// What the operating system says about error `number`, in Go's words: "no such file or directory".
std::string system_text(int number);

/// Go's PathError: `open /p/y: is a directory`.
std::string path_error(std::string_view operation, std::string_view path, int number);

/// Throws path_error(...): permission_denied for EACCES and EPERM, is_a_directory for EISDIR, retryable for a
/// lack of descriptors or memory, `missing` for ENOENT, else other.
[[noreturn]] void fail_system(std::string_view operation, std::string_view path, int number,
                              failure_kind missing = failure_kind::other);

} // namespace argosy
