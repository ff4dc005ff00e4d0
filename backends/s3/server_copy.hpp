#pragma once

#include "backends/s3/object_head.hpp"
#include "backends/s3/s3_client.hpp"

namespace argosy::s3 {

/// A copy inside the server.
struct copy_order {
  place from, to;
  std::int64_t size = -1;            ///< of the source, in bytes
  const object_head* head = nullptr; ///< metadata of the copy; null: that of the source
  std::string storage_class;         ///< empty: as options say
};

/// In one request, or from copy_cutoff bytes on in parts.
void copy_on_server(const may_block& on, s3_client& by, const copy_order& what);

} // namespace argosy::s3
