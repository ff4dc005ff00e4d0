#pragma once

#include <memory>
#include <string>

#include "backends/node/node_client.hpp"
#include "backends/storage.hpp"

/// Content on its way from and to another node.
namespace argosy {

/// Asks for blocks before they are read: two at first, so that a small object costs one round trip, and
/// more as the reading goes on.
std::unique_ptr<object_source> open_on_node(const may_block& on, std::shared_ptr<node_client> with,
                                            const std::string& path, std::int64_t offset,
                                            std::int64_t length);

/// Waits for no answer before commit() as long as the node keeps up: what goes wrong there is thrown by the
/// next call.
std::unique_ptr<object_sink> create_on_node(const may_block& on, std::shared_ptr<node_client> with,
                                            const put_request& request);

std::unique_ptr<chunked_object> create_chunked_on_node(const may_block& on, std::shared_ptr<node_client> with,
                                                       const put_request& request, std::int64_t chunk_size);

} // namespace argosy
