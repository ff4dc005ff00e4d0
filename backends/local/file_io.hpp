#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <sys/stat.h>

#include "core/time_text.hpp"

/// Reading and writing open files, as all parts of this storage do it. Everything throws failure, which names
/// `path`.
namespace argosy {

/// Block of a copy. 64 KiB to 4 MiB were measured (README.md): this one and what it reads back stay in the
/// second-level cache together. Files up to this size are copied by one read and one write.
inline constexpr std::size_t local_block_size = 256 << 10;

void write_all(int fd, const char* data, std::size_t size, std::int64_t offset, const std::string& path);

/// One pread(2): fewer bytes than asked for are the end of a file, or a signal came between.
std::size_t read_some(int fd, char* data, std::size_t size, std::int64_t offset, const std::string& path);

/// Reads until `size` bytes or the end.
std::size_t read_up_to(int fd, char* data, std::size_t size, std::int64_t offset, const std::string& path);

/// A source must not change while it is read (rc-surface 3.8): no_retry when it is not of this size (-1: any)
/// and time (0: any) now.
void check_unchanged(std::int64_t size, nanoseconds modified, const struct stat& now);

/// The folder that holds an absolute path.
std::string folder_of(const std::string& path);

} // namespace argosy
