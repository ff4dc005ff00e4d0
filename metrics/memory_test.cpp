#include "metrics/memory.hpp"

#include <atomic>
#include <cstdlib>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#if defined(ARGOSY_JEMALLOC)
#include <jemalloc/jemalloc.h>
#endif

#include "metrics/process.hpp"

namespace argosy {
namespace {

constexpr std::size_t block_size = 64 * 1024;

// Written to, so that the pages exist; of a size that no allocator gives a mapping of its own.
std::vector<std::unique_ptr<char[]>> blocks(std::size_t count) {
  std::vector<std::unique_ptr<char[]>> all;
  for (std::size_t i = 0; i < count; ++i) {
    all.emplace_back(new char[block_size]);
    for (std::size_t at = 0; at < block_size; at += 4096)
      const_cast<volatile char*>(all.back().get())[at] = 1;
  }
  return all;
}

void expect_gos_invariants(const memory_figures& m) {
  EXPECT_EQ(m.heap_sys, m.heap_inuse + m.heap_idle);
  EXPECT_LE(m.heap_released, m.heap_idle);
  EXPECT_LE(m.heap_alloc, m.heap_inuse);
  EXPECT_EQ(m.mallocs - m.frees, m.heap_objects);
  EXPECT_LE(m.frees, m.mallocs);
  EXPECT_EQ(m.sys,
            m.heap_sys + m.stack_sys + m.mspan_sys + m.mcache_sys + m.buck_hash_sys + m.gc_sys + m.other_sys);
  EXPECT_EQ(m.alloc, m.heap_alloc);
  EXPECT_GE(m.total_alloc, m.alloc);
  EXPECT_LE(m.stack_inuse, m.stack_sys);
  EXPECT_LE(m.mspan_inuse, m.mspan_sys);
  EXPECT_LE(m.mcache_inuse, m.mcache_sys);
}

TEST(Memory, GosInvariantsHold) {
  const auto held = blocks(10);

  const auto m = read_memory();

  expect_gos_invariants(m);
  EXPECT_GT(m.heap_alloc, 10 * block_size);
  EXPECT_GT(m.sys, m.heap_alloc);
}

TEST(Memory, GosInvariantsHoldWhileOthersAllocate) {
  std::atomic<bool> over{false};
  std::vector<std::thread> busy;
  for (int t = 0; t < 2; ++t)
    busy.emplace_back([&over] {
      while (!over) blocks(4);
    });
  for (int i = 0; i < 50; ++i) expect_gos_invariants(read_memory());
  over = true;
  for (auto& t : busy) t.join();
}

TEST(Memory, AllocFollowsWhatIsHeld) {
  constexpr std::size_t count = 256;
  const auto before = read_memory();
  auto held = blocks(count);
  const auto during = read_memory();
  held.clear();
  const auto after = read_memory();

  // Meanwhile the allocator may empty caches of small blocks, which counted as allocated before.
  EXPECT_GE(during.alloc + (1 << 20), before.alloc + count * block_size);
  EXPECT_LT(after.alloc, during.alloc - count * block_size / 2);
  EXPECT_GE(during.total_alloc + (1 << 20), before.alloc + count * block_size);
  EXPECT_GE(after.total_alloc, during.total_alloc);
}

TEST(Memory, LiveBytesOfTheHeapAreGosAlloc) {
  const auto held = blocks(256);
  const auto m = read_memory();
  const auto h = read_heap();

  // Both readings allocate a little themselves.
  EXPECT_NEAR(static_cast<double>(h.live), static_cast<double>(m.heap_alloc), 1 << 20);
  EXPECT_GE(h.resident, h.live / 2);
  EXPECT_EQ(h.fragmentation, h.resident > h.live ? h.resident - h.live : 0);
}

TEST(Memory, StacksAreThoseOfTheThreads) {
  const auto m = read_memory();

  EXPECT_GT(m.stack_inuse, 0U);
  EXPECT_LE(m.stack_inuse, m.stack_sys);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

TEST(Memory, ReleaseGivesFreedPagesBack) {
  if (sanitized) GTEST_SKIP() << "the sanitizer keeps freed memory in quarantine";
  auto held = blocks(2048); // 128 MiB
  // Every 64th stays: 2 MiB spread over all of it.
  for (std::size_t i = 0; i < held.size(); ++i)
    if (i % 64 != 0) held[i].reset();
  const auto full = read_resident_bytes();

  const auto returned = release_memory();

  EXPECT_GT(returned, 0U);
  // The allocator may have begun before by itself, so what counts is where it ends.
  EXPECT_LT(read_resident_bytes(), full - 32 * 1024 * 1024);
}

TEST(Memory, ReleaseKeepsWhatIsHeld) {
  const auto held = blocks(64);
  const auto before = read_memory().alloc;

  release_memory();

  EXPECT_GE(read_memory().alloc + (1 << 20), before);
  for (const auto& b : held) EXPECT_EQ(b[0], 1);
}

#if defined(ARGOSY_JEMALLOC)

template <class T>
T setting(const char* name) {
  T value{};
  std::size_t size = sizeof value;
  EXPECT_EQ(mallctl(name, &value, &size, nullptr, 0), 0) << name;
  return value;
}

TEST(Memory, JemallocRunsWithOurSettings) {
  if (std::getenv("MALLOC_CONF") != nullptr)
    GTEST_SKIP() << "MALLOC_CONF overrides the program's own settings";

  EXPECT_TRUE(setting<bool>("opt.prof"));
  EXPECT_TRUE(setting<bool>("prof.active"));
  EXPECT_TRUE(setting<bool>("opt.prof_accum"));
  EXPECT_TRUE(setting<bool>("background_thread"));
  EXPECT_EQ(setting<std::size_t>("opt.lg_prof_sample"), 19U);
  EXPECT_EQ(setting<ssize_t>("opt.dirty_decay_ms"), 5000);
  EXPECT_EQ(setting<ssize_t>("opt.muzzy_decay_ms"), 0);
}

TEST(Memory, UnusedPagesAreKeptInProportion) {
  if (std::getenv("MALLOC_CONF") != nullptr)
    GTEST_SKIP() << "MALLOC_CONF overrides the program's own settings";
  const auto of_first_arena = [] { return setting<ssize_t>("arena.0.dirty_decay_ms"); };
  const auto of_next_arena = [] { return setting<ssize_t>("arenas.dirty_decay_ms"); };

  keep_unused_memory(50);
  EXPECT_EQ(of_first_arena(), 2500);
  EXPECT_EQ(of_next_arena(), 2500);

  keep_unused_memory(-1);
  EXPECT_EQ(of_first_arena(), -1);

  keep_unused_memory(100);
  EXPECT_EQ(of_first_arena(), 5000);
  EXPECT_EQ(of_next_arena(), 5000);
}

TEST(Memory, CallsAreCounted) {
  constexpr std::size_t count = 20000;
  constexpr std::size_t size = 100;
  // Blocks enter and leave the books when they enter and leave a thread's cache, so a few hundred may be
  // missing.
  constexpr std::size_t most = count * 9 / 10;
  std::vector<std::unique_ptr<char[]>> held(count);
  const auto before = read_memory();
  for (auto& block : held) block.reset(new char[size]);
  const auto during = read_memory();
  held.clear();
  const auto after = read_memory();

  EXPECT_GE(during.mallocs, before.mallocs + most);
  EXPECT_GE(during.heap_objects, before.heap_objects + most);
  EXPECT_GE(after.frees, before.frees + most);
  EXPECT_LE(after.heap_objects + most, during.heap_objects);
  EXPECT_GE(during.total_alloc, before.total_alloc + most * size);
  EXPECT_GE(after.total_alloc, during.total_alloc);
  EXPECT_GT(during.mspan_sys, 0U);
}

#endif

} // namespace
} // namespace argosy
