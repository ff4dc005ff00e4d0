#include "metrics/watch/look.hpp"

#include <gtest/gtest.h>

namespace argosy {
namespace {

frame named(const char* function, const char* file, int line) {
  frame f;
  f.function = function;
  f.file = file;
  f.line = line;
  return f;
}

TEST(Look, CountsWhatTheLedgerAndTheKernelKnow) {
  ledger book;
  const auto first = book.enter(resource::actor, "job");
  const auto second = book.enter(resource::actor, "job");
  const auto lent = book.enter(resource::connection, "sftp", 0, "backup");
  watch_sample sample;

  look_at_process(sample, book);

  EXPECT_EQ((sample.values[{"actor", "job"}]), 2);
  EXPECT_EQ((sample.values[{"connection", "backup"}]), 1);
  EXPECT_GE((sample.values[{"thread", "all"}]), 1);
  EXPECT_GT((sample.values[{"memory", "live"}]), 0);
  EXPECT_EQ((sample.values.count({"descriptor", "socket"})), 1U);
  for (const auto* resource : {"actor", "connection", "descriptor", "thread", "child", "memory", "timer"})
    EXPECT_EQ(sample.looked_at.count(resource), 1U) << resource;
  EXPECT_EQ(sample.looked_at.count("heap_site"), 0U) << "not yet";
}

TEST(Look, SiteIsTheInnermostFunctionOfOurs) {
  const symbol_map names{
      {1, {named("operator new", "", 0)}},
      {2, {named("std::vector<char>::reserve", "vector", 3), named("argosy::f", "actors/x.cpp", 7)}},
      {3, {named("argosy::g", "actors/y.cpp", 9)}}};

  EXPECT_EQ(site_of({1, 2, 3}, names), "argosy::f actors/x.cpp:7");
  EXPECT_EQ(site_of({1}, names), "operator new");
  EXPECT_EQ(site_of({}, names), "unknown");
}

TEST(Look, HeapIsCountedByThePlaceThatAllocated) {
  profile heap;
  heap.types = {{"inuse_objects", "count"}, {"inuse_space", "bytes"}};
  heap.shown = 1;
  heap.samples = {{{1, 2}, {1, 100}, {}}, {{2}, {2, 50}, {}}, {{3}, {1, 7}, {}}};
  const symbol_map names{{1, {named("operator new", "", 0)}},
                         {2, {named("argosy::f", "actors/x.cpp", 7)}},
                         {3, {named("argosy::g", "actors/y.cpp", 9)}}};
  watch_sample sample;

  look_at_heap(sample, heap, names);

  EXPECT_EQ((sample.values[{"heap_site", "argosy::f actors/x.cpp:7"}]), 150);
  EXPECT_EQ((sample.values[{"heap_site", "argosy::g actors/y.cpp:9"}]), 7);
  EXPECT_EQ(sample.looked_at.count("heap_site"), 1U);
}

TEST(Look, LimitsAreThoseOfTheSystem) {
  const auto limits = read_limits();

  ASSERT_EQ(limits.count("descriptor"), 1U);
  EXPECT_LE(limits.at("descriptor").used, limits.at("descriptor").most);
  for (const auto& [resource, l] : limits) EXPECT_GT(l.most, 0) << resource;
}

} // namespace
} // namespace argosy
