#include "metrics/memory.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#if defined(ARGOSY_JEMALLOC)
#include <jemalloc/jemalloc.h>
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
// gcc brings these functions (allocator_interface.h of the sanitizers) without their header.
extern "C" {
std::size_t __sanitizer_get_current_allocated_bytes();
std::size_t __sanitizer_get_heap_size();
}
#else
#include <malloc.h>
#endif

#include "metrics/process.hpp"

#if defined(ARGOSY_JEMALLOC)
// jemalloc reads its settings from this symbol before main. The profiler cannot be switched on later, so it
// runs from the start: a sample every 512 KiB (2^19), with totals that never fall, as Go's profiles have. The
// background thread gives pages back even when the daemon is idle, after 5 s like Go's scavenger.
extern "C" {
const char* malloc_conf = "prof:true,prof_active:true,lg_prof_sample:19,prof_accum:true,"
                          "background_thread:true,dirty_decay_ms:5000,muzzy_decay_ms:0";
}
#endif

namespace argosy {

namespace {

// What one allocator tells; the rest is common arithmetic.
struct allocator_figures {
  std::uint64_t live = 0; // handed out and not given back
  std::uint64_t ever = 0; // handed out since the start; 0: not counted
  std::uint64_t mallocs = 0, frees = 0;
  std::uint64_t in_use = 0;   // pages with something live in them
  std::uint64_t idle = 0;     // address space without, released or not
  std::uint64_t released = 0; // part of idle that has no memory behind it
  std::uint64_t metadata = 0; // outside the heap's pages
  std::uint64_t internal = 0; // the allocator's own objects in the heap's pages
  std::uint64_t cached = 0;   // waiting in the caches of threads, in the heap's pages
};

std::uint64_t less(std::uint64_t a, std::uint64_t b) { return a > b ? a - b : 0; }

#if defined(ARGOSY_JEMALLOC)

// A figure of jemalloc by name; the name is resolved once. Figures that this jemalloc lacks are 0.
class statistic {
public:
  explicit statistic(const std::string& name) {
    if (mallctlnametomib(name.c_str(), mib_.data(), &length_) != 0) length_ = 0;
  }
  template <class T>
  std::uint64_t read() const {
    T value{};
    std::size_t size = sizeof value;
    if (length_ == 0 || mallctlbymib(mib_.data(), length_, &value, &size, nullptr, 0) != 0) return 0;
    return value;
  }
  std::uint64_t bytes() const { return read<std::size_t>(); }
  std::uint64_t number() const { return read<std::uint64_t>(); }

private:
  std::array<std::size_t, 8> mib_{};
  std::size_t length_ = mib_.size();
};

struct size_class {
  std::uint64_t size; // bytes
  statistic mallocs, frees;
};

const std::string all_arenas = "stats.arenas." + std::to_string(MALLCTL_ARENAS_ALL) + '.';

std::vector<size_class> size_classes() {
  std::vector<size_class> classes;
  const auto add = [&](const char* count, const char* size, const char* group) {
    const auto n = statistic{count}.read<unsigned>();
    for (std::uint64_t i = 0; i < n; ++i) {
      const auto place = all_arenas + group + '.' + std::to_string(i);
      classes.push_back({statistic{size + ('.' + std::to_string(i)) + ".size"}.bytes(),
                         statistic{place + ".nmalloc"}, statistic{place + ".ndalloc"}});
    }
  };
  add("arenas.nbins", "arenas.bin", "bins");
  add("arenas.nlextents", "arenas.lextent", "lextents");
  return classes;
}

struct statistics {
  statistic allocated{"stats.allocated"}, active{"stats.active"}, mapped{"stats.mapped"},
      resident{"stats.resident"}, retained{"stats.retained"}, page{"arenas.page"}, base{all_arenas + "base"},
      internal{all_arenas + "internal"}, cached{all_arenas + "tcache_bytes"}, muzzy{all_arenas + "pmuzzy"},
      dirty{all_arenas + "pdirty"};
  std::vector<size_class> classes = size_classes();
};

const statistics& jemalloc() {
  static const statistics all;
  return all;
}

// jemalloc answers from a copy of its figures that is renewed on demand. One reader at a time, so that no
// other renews it in the middle of a reading.
class fresh_figures {
public:
  fresh_figures() {
    std::uint64_t epoch = 1;
    std::size_t size = sizeof epoch;
    mallctl("epoch", &epoch, &size, &epoch, size);
  }

private:
  static inline std::mutex readers_;
  std::lock_guard<std::mutex> lock_{readers_};
};

allocator_figures read_allocator() {
  const auto& s = jemalloc();
  const fresh_figures fresh;
  allocator_figures a;
  a.live = s.allocated.bytes();
  for (const auto& c : s.classes) {
    const auto mallocs = c.mallocs.number();
    a.mallocs += mallocs;
    a.frees += c.frees.number();
    a.ever += mallocs * c.size;
  }
  a.in_use = s.active.bytes();
  a.metadata = s.base.bytes();
  a.internal = s.internal.bytes();
  a.cached = s.cached.bytes();
  const auto retained = s.retained.bytes();
  a.idle = less(s.mapped.bytes(), a.metadata + a.in_use) + retained;
  a.released = retained + s.muzzy.bytes() * s.page.bytes();
  return a;
}

std::uint64_t dirty_pages() {
  const fresh_figures fresh;
  return jemalloc().dirty.bytes();
}

void give_back() {
  static const auto purge = "arena." + std::to_string(MALLCTL_ARENAS_ALL) + ".purge";
  mallctl("thread.tcache.flush", nullptr, nullptr, nullptr, 0);
  const auto before = dirty_pages();
  // jemalloc skips an arena that its background thread is just purging, and that one stops early. Then once
  // more, until the background thread is done: at most 0.1 s.
  for (int i = 0; i < 100; ++i) {
    mallctl(purge.c_str(), nullptr, nullptr, nullptr, 0);
    if (dirty_pages() <= before / 2) return;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
}

void keep_dirty_pages(std::int64_t percent) {
  ssize_t begun_with = 0;
  std::size_t size = sizeof begun_with;
  mallctl("opt.dirty_decay_ms", &begun_with, &size, nullptr, 0);
  constexpr std::int64_t most = 1'000'000; // percent: beyond it nobody sees a difference
  auto milliseconds = static_cast<ssize_t>(percent < 0 ? -1 : begun_with * std::min(percent, most) / 100);
  mallctl("arenas.dirty_decay_ms", nullptr, nullptr, &milliseconds, sizeof milliseconds); // of those to come
  unsigned arenas = 0;
  size = sizeof arenas;
  mallctl("arenas.narenas", &arenas, &size, nullptr, 0);
  for (unsigned i = 0; i < arenas; ++i)
    mallctl(("arena." + std::to_string(i) + ".dirty_decay_ms").c_str(), nullptr, nullptr, &milliseconds,
            sizeof milliseconds);
}

#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

allocator_figures read_allocator() {
  allocator_figures a;
  a.live = __sanitizer_get_current_allocated_bytes();
  a.in_use = a.live;
  a.idle = less(__sanitizer_get_heap_size(), a.live);
  return a;
}

// Freed memory stays in quarantine, on purpose.
void give_back() {}
void keep_dirty_pages(std::int64_t) {}

#else

allocator_figures read_allocator() {
  const auto m = mallinfo2();
  allocator_figures a;
  a.live = m.uordblks + m.hblkhd;
  a.in_use = a.live;
  a.idle = m.fordblks;
  return a;
}

void give_back() { malloc_trim(0); }
void keep_dirty_pages(std::int64_t) {}

#endif

} // namespace

memory_figures read_memory() {
  auto a = read_allocator();
  if (a.ever == 0) {
    static std::atomic<std::uint64_t> highest{0};
    for (auto old = highest.load(); old < a.live && !highest.compare_exchange_weak(old, a.live);) {}
    a.ever = highest.load();
  }
  memory_figures m;
  m.alloc = m.heap_alloc = a.live;
  m.total_alloc = std::max(a.ever, a.live);
  m.mallocs = std::max(a.mallocs, a.frees);
  m.frees = a.frees;
  m.heap_objects = m.mallocs - m.frees;
  // jemalloc's own objects and the thread caches lie in the heap's pages but have fields of their own here;
  // counting them twice would make `sys` too large.
  m.mcache_inuse = m.mcache_sys = std::min(a.cached, less(a.in_use, a.live));
  m.gc_sys = std::min(a.internal, less(a.in_use, a.live + m.mcache_sys));
  m.heap_inuse = std::max(less(a.in_use, m.mcache_sys + m.gc_sys), a.live);
  m.heap_idle = a.idle;
  m.heap_released = std::min(a.released, a.idle);
  m.heap_sys = m.heap_inuse + m.heap_idle;
  m.mspan_inuse = m.mspan_sys = a.metadata;
  const auto stacks = read_stacks();
  m.stack_inuse = stacks.touched;
  m.stack_sys = stacks.reserved;
  m.sys = m.heap_sys + m.stack_sys + m.mspan_sys + m.mcache_sys + m.buck_hash_sys + m.gc_sys + m.other_sys;
  return m;
}

std::uint64_t release_memory() {
  const auto before = read_resident_bytes();
  give_back();
  return less(before, read_resident_bytes());
}

void keep_unused_memory(std::int64_t percent) { keep_dirty_pages(percent); }

heap_figures read_heap() {
  heap_figures h;
#if defined(ARGOSY_JEMALLOC)
  const auto& s = jemalloc();
  const fresh_figures fresh;
  h.live = s.allocated.bytes();
  h.resident = s.resident.bytes();
  h.retained = s.retained.bytes();
#else
  const auto a = read_allocator();
  h.live = a.live;
  h.resident = a.in_use + a.idle;
#endif
  h.fragmentation = less(h.resident, h.live);
  return h;
}

} // namespace argosy
