#pragma once

#include <functional>
#include <memory>

#include "backends/announced_hash.hpp"
#include "backends/s3/s3_client.hpp"

namespace argosy::s3 {

struct upload_order {
  put_request put;
  takes_announced_hash::lookup announced; ///< may be empty
};

/// An object that is written from its beginning to its end. Small ones go out of memory in one request, which
/// can be repeated; those up to upload_cutoff as one stream; all others in parts, several at once. The client
/// outlives it.
std::unique_ptr<object_sink> begin_upload(const may_block& on, s3_client& client, place at,
                                          upload_order what);

/// An object that is written in parts by several threads. `client_of` finds the client of a session.
std::unique_ptr<chunked_object> begin_parts(const may_block& on, s3_client& client, place at,
                                            upload_order what, std::function<s3_client&(session&)> client_of);

} // namespace argosy::s3
