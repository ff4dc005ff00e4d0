#include "metrics/profile/legacy_text.hpp"

#include <gtest/gtest.h>

namespace argosy {
namespace {

frame line_of(const std::string& function, const std::string& file, int line, std::uint64_t offset = 0) {
  frame f;
  f.function = function;
  f.file = file;
  f.line = line;
  f.offset = offset;
  return f;
}

const symbol_map names{{0x11, {line_of("spawn", "actors/job.cpp", 34, 0x1c)}},
                       {0x13, {line_of("spawn", "actors/job.cpp", 34, 0x1e)}},
                       {0x21, {line_of("a_function_with_a_long_name", "b.cpp", 2), line_of("main", "", 0)}}};

TEST(LegacyText, CountsAreAsGoWritesThem) {
  profile p;
  p.types = {{"goroutine", "count"}};
  p.samples = {{{0x21}, {1}, {{"state", "idle"}}},
               {{0x11}, {1}, {{"job", "7"}, {"state", "a \"b\""}}},
               {{0x13}, {2}, {{"job", "7"}, {"state", "a \"b\""}}}};

  EXPECT_EQ(count_text("goroutine", p, names), "goroutine profile: total 4\n"
                                               "3 @ 0x11\n"
                                               "# labels: {\"job\":\"7\", \"state\":\"a \\\"b\\\"\"}\n"
                                               "#\t0x10\tspawn+0x1c\tactors/job.cpp:34\n"
                                               "\n"
                                               "1 @ 0x21\n"
                                               "# labels: {\"state\":\"idle\"}\n"
                                               "#\t0x20\ta_function_with_a_long_name+0x0\tb.cpp:2\n"
                                               "#\t0x20\tmain+0x0\t\t\t?:0\n"
                                               "\n");
}

TEST(LegacyText, HeapIsAsGoWritesIt) {
  profile p;
  p.types = {{"", ""}, {"", ""}, {"", ""}, {"", ""}};
  p.period = 524288;
  p.samples = {{{0x11}, {4, 400, 1, 100}, {}}};
  memory_figures m;
  m.alloc = 12;

  const auto text = heap_text(p, names, m);

  EXPECT_EQ(text.substr(0, text.find("\n# ") + 1), "heap profile: 1: 100 [4: 400] @ heap/1048576\n"
                                                   "1: 100 [4: 400] @ 0x11\n"
                                                   "#\t0x10\tspawn+0x1c\tactors/job.cpp:34\n"
                                                   "\n\n");
  EXPECT_NE(text.find("\n# runtime.MemStats\n# Alloc = 12\n"), std::string::npos);
  EXPECT_NE(text.find("\n# Stack = 0 / 0\n"), std::string::npos);
}

TEST(LegacyText, TotalsOfAHeapDifferFromWhatIsInUse) {
  profile p;
  p.period = 1;
  p.samples = {{{0x11}, {1, 100, 1, 100}, {}}};

  EXPECT_EQ(heap_text(p, names, {}).substr(0, 44), "heap profile: 1: 100 [1: 101] @ heap/2\n1: 10")
      << "else pprof takes it for a profile of one kind";
}

TEST(LegacyText, WaitsAreAsGoWritesThem) {
  profile p;
  p.samples = {{{0x11}, {2, 5000}, {}}};

  EXPECT_EQ(wait_text("contention", p, names), "--- contention:\n"
                                               "cycles/second=1000000000\n"
                                               "5000 2 @ 0x11\n"
                                               "#\t0x10\tspawn+0x1c\tactors/job.cpp:34\n"
                                               "\n");
  EXPECT_EQ(wait_text("mutex", {}, names), "--- mutex:\ncycles/second=1000000000\nsampling period=1\n");
}

} // namespace
} // namespace argosy
