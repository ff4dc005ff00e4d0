#pragma once

#include <functional>
#include <memory>
#include <string>

#include "backends/webdav/dav_client.hpp"

namespace argosy::webdav {

/// Objects up to this size go out of memory in one request that can be repeated: bytes.
constexpr std::int64_t in_memory = 1 << 20;

struct upload_order {
  put_request put;
  std::string target;    ///< place of the final name
  std::string temporary; ///< place of the name until it is whole; the target itself for in_place
  /// Makes the folder, which was there some time ago; empty: it is there. Only of objects in memory.
  std::function<void(const may_block&)> make_parents;
};

/// An object that is written to a temporary name and renamed when it is whole and checked; what is not
/// committed is removed. Small ones go out of memory in one request, which can be repeated; with Nextcloud
/// large ones go in chunks, several at once; all others as one stream. The client outlives it.
std::unique_ptr<object_sink> begin_upload(const may_block& on, dav_client& client, upload_order order);

/// Moves or copies (`method`) a file inside the server to the place `target`, over a file that is there, but
/// not over a directory: throws is_a_directory.
outcome relocate(const may_block& on, dav_client& by, const char* method, const std::string& from_url,
                 const item& source, const std::string& target, std::optional<nanoseconds> modified);

/// PROPPATCH of a time. The checksums that the server has go with it, as it would forget them. False: it did
/// not take it.
bool set_time(const may_block& on, dav_client& by, const std::string& place, nanoseconds modified,
              const std::map<hash_type, std::string>& hashes = {});

} // namespace argosy::webdav
