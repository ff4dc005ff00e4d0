#pragma once

#include <caf/actor_addr.hpp>
#include <caf/actor_system.hpp>

#include "actors/actors.hpp"
#include "actors/services.hpp"

namespace argosy {

/// A connection of `pool`, which it knows weakly only: a pool that nobody needs any more takes its
/// connections with it.
connection_actor spawn_connection(caf::actor_system& system, services& with,
                                  std::shared_ptr<const storage> store, caf::actor_addr pool);

/// The connections of `store`, at most `limit` at once.
pool_actor spawn_pool(caf::actor_system& system, services& with, std::shared_ptr<const storage> store,
                      std::size_t limit);

} // namespace argosy
