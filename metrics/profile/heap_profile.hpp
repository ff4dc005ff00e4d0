#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "metrics/profile/profile.hpp"

namespace argosy {

/// Makes the allocator name the actor at work in the stacks that it samples: without this the heap profile
/// has no label `actor`. Once, at the start of the process, before other threads. Does nothing where the
/// allocator does not profile.
void name_actors_in_heap_profile();

/// False in builds without jemalloc (those with sanitizers): then there is no heap profile.
bool can_profile_heap() noexcept;

/// Allocations by the stack that made them, of about one in 512 KiB, in Go's four figures: alloc_objects,
/// alloc_space, inuse_objects, inuse_space (the last is what is shown). Label `actor`: the kind of actor that
/// was at work; `bytes`: the mean size. 5 ms; allocates. Throws failure when the allocator does not tell.
profile read_heap_profile();

/// The same out of the text that jemalloc writes (heap_v2). Throws failure when it is of another form.
profile parse_heap_profile(std::string_view text);

} // namespace argosy
