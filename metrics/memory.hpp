#pragma once

#include <cstdint>

namespace argosy {

/// Go's runtime.MemStats as core/memstats shows it, from the allocator's own books. Bytes, except the three
/// counts (mallocs, frees, heap_objects). Go's invariants hold: heap_sys = heap_inuse + heap_idle,
/// heap_released <= heap_idle, heap_alloc <= heap_inuse, mallocs - frees = heap_objects, sys = sum of the
/// *_sys fields.
struct memory_figures {
  std::uint64_t alloc = 0, total_alloc = 0, sys = 0, mallocs = 0, frees = 0;
  std::uint64_t heap_alloc = 0, heap_sys = 0, heap_idle = 0, heap_inuse = 0, heap_released = 0,
                heap_objects = 0;
  std::uint64_t stack_inuse = 0, stack_sys = 0, mspan_inuse = 0, mspan_sys = 0, mcache_inuse = 0,
                mcache_sys = 0;
  std::uint64_t buck_hash_sys = 0, gc_sys = 0, other_sys = 0;
};

/// Reads the allocator: jemalloc, or without it glibc or the sanitizer, which do not count calls (mallocs and
/// frees stay 0, total_alloc is the highest alloc seen). About 0.5 ms; any thread.
memory_figures read_memory();

/// Gives unused pages back to the system (jemalloc: purge of all arenas; glibc: malloc_trim). Returns by how
/// many bytes the resident size fell, 0 when it rose meanwhile. Takes tens of milliseconds: never on a
/// scheduler or HTTP thread.
std::uint64_t release_memory();

/// How long the allocator keeps pages that are not in use: 100 percent is the time it began with (5 s),
/// others are in proportion, negative keeps them until release_memory(). Without jemalloc nothing happens.
/// May give pages back at once, which takes tens of milliseconds: never on a scheduler or HTTP thread.
void keep_unused_memory(std::int64_t percent);

/// Live bytes, resident, retained and fragmentation (resident minus live) as the allocator sees them. 20 us.
struct heap_figures {
  std::uint64_t live = 0, resident = 0, retained = 0, fragmentation = 0;
};
heap_figures read_heap();

} // namespace argosy
