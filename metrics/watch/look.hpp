#pragma once

#include <map>
#include <string>

#include "metrics/ledger.hpp"
#include "metrics/profile/profile.hpp"
#include "metrics/watch/leak_watch.hpp"

/// What a leak_watch is shown of this process.
namespace argosy {

/// Adds what is alive by the ledger (actors, timers, ... by kind; connections by remote), descriptors by
/// type, threads, children and live memory. 0.2 ms and 1 us for each descriptor; not on a scheduler thread.
void look_at_process(watch_sample& into, const ledger& book);

/// Adds memory in use by the place in the code that allocated it: the largest few. `heap` is a profile of
/// read_heap_profile().
void look_at_heap(watch_sample& into, const profile& heap, const symbol_map& names);

/// What there is, and may be, of memory (the control group), descriptors and threads. Those without a limit
/// are left out. 0.2 ms.
std::map<std::string, watch_limit> read_limits();

/// Where the function of ours stands that a stack comes from: "argosy::f actors/x.cpp:7". Of a stack without
/// one, its innermost function.
std::string site_of(const call_stack& stack, const symbol_map& names);

} // namespace argosy
