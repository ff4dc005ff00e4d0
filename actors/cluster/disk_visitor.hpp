#pragma once

#include <memory>
#include <string>

#include <caf/fwd.hpp>

#include "actors/cluster/gate.hpp"
#include "actors/services.hpp"
#include "backends/io_pool.hpp"
#include "backends/node/disk_session.hpp"

namespace argosy {

/// Lets `node` in, who asked by `visit`: one actor owns its session on this node's disk. The frames that come
/// go to a thread of `pool` one after the other; long work is shown to be alive each few seconds. It ends
/// with the stream; a stream that nobody uses it ends itself. `counted` is released when nothing of the
/// session is left. `pool` and `server` outlive that.
void spawn_disk_visitor(caf::actor_system& system, services& with, io_pool& pool, disk_server& server,
                        const gate::visit& visit, const std::string& node, std::shared_ptr<void> counted);

} // namespace argosy
