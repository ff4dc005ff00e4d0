#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/walk.hpp"

/// What the calls operations/* do with one storage, as far as it needs no statistics and no actor.
namespace argosy {

/// operations/size.
struct tree_size {
  std::int64_t count = 0;    ///< files
  std::int64_t bytes = 0;    ///< of those whose size is known
  std::int64_t sizeless = 0; ///< files of unknown size
};

/// The files of one directory's entries, added up.
void add_sizes(tree_size& sum, const listing& entries);

/// operations/rmdirs: which directories below `request.directory`, and that one unless `leave_root`, hold no
/// file at any depth and pass the rules as `path/`; the deepest first. Files that the rules hide keep their
/// directories (rclone does so up to v1.60; later it tries to remove those, and fails). Directories that
/// cannot be listed count as empty: their removal shows whether they are.
std::vector<std::string> empty_directories(const may_block& on, session& s, const walk_request& request,
                                           bool leave_root, const walk_visitor& visit);

/// Hex of several hashes of one object; those that the storage does not know are left out. Where hashing
/// means reading (SlowHash) the object is read once for all of them.
std::map<hash_type, std::string> hashes_of(const may_block& on, session& s, const std::string& path,
                                           hash_set types);

/// Hex of one hash of what is read from an object, whatever the storage knows of it. The bytes are accounted
/// on `on`.
std::string hash_by_reading(const may_block& on, session& s, const std::string& path, hash_type type);

/// Whether two objects hold the same bytes, by reading both until they differ. The bytes of each are
/// accounted on the scope beside it.
bool same_bytes(const may_block& on_a, session& a, const std::string& path_in_a, const may_block& on_b,
                session& b, const std::string& path_in_b);

/// Whether two objects have the same hash; nothing when one of them has none.
std::optional<bool> same_hash(const may_block& on, session& a, const std::string& path_in_a, session& b,
                              const std::string& path_in_b, hash_type type);

/// Gives the whole of an object to `use`, block by block. The bytes are accounted on `on`.
void read_object(const may_block& on, session& s, const std::string& path,
                 const std::function<void(std::string_view block)>& use);

/// Hexadecimal digits as base64 with '-' and '_', padded (RFC 4648 section 5), as hashsum shows hashes with
/// `base64`.
std::string base64_of_hex(std::string_view hex);

/// Stores a whole object out of memory and checks what was stored. The bytes are accounted on `on`.
void store_object(const may_block& on, session& s, const put_request& request, std::string_view content);

/// True when both are the same configured remote and the paths below their roots are the same place.
bool same_place(const storage_info& a, const std::string& path_in_a, const storage_info& b,
                const std::string& path_in_b);

/// What is known of a file. Throws failure(object_not_found), or failure(is_a_directory) for a directory.
object_info require_object(const may_block& on, session& s, const std::string& path);

} // namespace argosy
