#pragma once

#include <memory>
#include <string>

#include "backends/storage.hpp"

/// What is written to this storage block by block. Paths are absolute, on disk.
namespace argosy {

/// A file, written from its beginning to its end.
std::unique_ptr<object_sink> make_file_sink(const may_block& on, const put_request& request, std::string path,
                                            bool in_place, bool set_modified);

/// A symbolic link; what is written is its target.
std::unique_ptr<object_sink> make_link_sink(const put_request& request, std::string path);

/// A file of known size, written in chunks of `chunk_size` bytes.
std::unique_ptr<chunked_object> make_chunked_file(const may_block& on, const put_request& request,
                                                  std::string path, std::int64_t chunk_size,
                                                  bool set_modified);

} // namespace argosy
