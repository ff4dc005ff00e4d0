#pragma once

#include <memory>
#include <string>

#include "backends/storage.hpp"

/// What is written to this storage block by block. Paths are absolute, on disk; `within` outlives what is
/// made, null: no bounds.
namespace argosy {

class path_bounds;

/// The two halves of a commit, for those who cannot verify in between on the same thread. Files and chunked
/// files have them.
class in_two_steps {
public:
  virtual ~in_two_steps() = default;
  /// What was written. Once.
  virtual put_result examine(const may_block& on) = 0;
  /// Gives it time and name.
  virtual void give_name(const may_block& on) = 0;
};

/// A file, written from its beginning to its end.
std::unique_ptr<object_sink> make_file_sink(const may_block& on, const put_request& request, std::string path,
                                            bool in_place, bool set_modified, const path_bounds* within);

/// A symbolic link; what is written is its target.
std::unique_ptr<object_sink> make_link_sink(const put_request& request, std::string path,
                                            const path_bounds* within);

/// A file of known size, written in chunks of `chunk_size` bytes.
std::unique_ptr<chunked_object> make_chunked_file(const may_block& on, const put_request& request,
                                                  std::string path, std::int64_t chunk_size,
                                                  bool set_modified, const path_bounds* within);

} // namespace argosy
