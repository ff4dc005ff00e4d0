#pragma once

#include <map>
#include <string>
#include <vector>

#include "metrics/ledger.hpp"
#include "metrics/profile/profile.hpp"

/// Profiles of what lives, out of the ledger: the counterparts of Go's goroutine and threadcreate profiles.
namespace argosy {

/// The actors among the records. The stack of each is its kind, the function that runs it, and where it was
/// spawned. Labels `state`, and with `each` also `job` and `idle` (seconds), which tell one actor from
/// another.
profile actor_profile(const std::vector<ledger::record>& records, bool each);

/// The same in the form of a Go program that ends by a panic, actor by actor: who it is, what it waits for
/// and for how long, who made it.
std::string actor_dump(const std::vector<ledger::record>& records, const symbol_map& names,
                       nanoseconds present);

/// Threads by name, all those of the process: `named` is what read_threads() gives. Those in the ledger have
/// the stack that made them.
profile thread_profile(const std::vector<ledger::record>& records, const std::map<int, std::string>& named);

} // namespace argosy
