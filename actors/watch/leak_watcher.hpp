#pragma once

#include <functional>
#include <string>

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>

#include "actors/local_messages.hpp"
#include "actors/messages.hpp"
#include "actors/services.hpp"

namespace argosy {

/// Feeds the leak watch of the ledger's instruments: looks each 13 s, at the heap each 887 s, keeps what it
/// has seen in a file each 607 s, and shows verdicts on the metrics page. All of it on an I/O thread.
using leak_watcher_actor = caf::typed_actor<
    // The next look. To itself.
    caf::reacts_to<caf::tick_atom>, caf::reacts_to<resume_atom, continuation>>;

struct leak_watcher_settings {
  std::string state_file; ///< empty: what was seen ends with the process
  /// Work done since the start, in any unit: leaks that follow it are those of requests.
  std::function<double()> work;
  /// Answers questions about symbols, see symbols::asker.
  std::function<std::string(const may_block& on, const std::string& questions)> names;
};

leak_watcher_actor spawn_leak_watcher(caf::actor_system& system, services& with,
                                      leak_watcher_settings settings);

/// Writes the file at once: when the process ends. Does nothing without a name.
void save_leak_watch(const may_block& on, services& with, const std::string& state_file);

} // namespace argosy
