#pragma once

#include <caf/actor_system.hpp>

#include "actors/actors.hpp"
#include "actors/links/remote_maker.hpp"
#include "actors/services.hpp"

namespace argosy {

/// The cache of remotes, empty.
remotes_actor spawn_remotes(caf::actor_system& system, services& with, const remote_maker& maker);

} // namespace argosy
