#include "metrics/profile/heap_profile.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/failure.hpp"
#include "metrics/activity.hpp"

namespace argosy {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

std::string text_with(const std::string& stack, const std::string& figures) {
  return "heap_v2/524288\n  t*: 9: 9 [9: 9]\n  t0: 9: 9 [9: 9]\n@ " + stack + "\n  t*: " + figures +
         "\n  t3: 1: 1 [1: 1]\n\nMAPPED_LIBRARIES:\n00400000-00500000 r-xp 00000000 00:00 0 /bin/x\n";
}

TEST(HeapProfile, HasGosFourFigures) {
  const auto p = parse_heap_profile(text_with("0x10 0x20", "1: 67108864 [2: 134217728]"));

  EXPECT_STREQ(p.types[0].name, "alloc_objects");
  EXPECT_STREQ(p.types[3].name, "inuse_space");
  EXPECT_EQ(p.shown, 3U);
  EXPECT_EQ(p.period, 524288);
  ASSERT_THAT(p.samples, SizeIs(1));
  EXPECT_EQ(p.samples[0].stack, (call_stack{0x10, 0x20}));
  EXPECT_THAT(p.samples[0].values, ElementsAre(2, 134217728, 1, 67108864))
      << "blocks this large are all seen";
  ASSERT_THAT(p.samples[0].labels, SizeIs(1));
  EXPECT_EQ(p.samples[0].labels[0].number, 67108864);
}

TEST(HeapProfile, SmallBlocksStandForThoseNotSeen) {
  const auto p = parse_heap_profile(text_with("0x10", "1: 524288 [1: 524288]"));

  // A block of one period is seen with a chance of 1 - 1/e.
  EXPECT_NEAR(static_cast<double>(p.samples[0].values[3]), 524288 / (1 - std::exp(-1.0)), 1);
}

TEST(HeapProfile, TotalsAreNeverLessThanWhatIsInUse) {
  const auto p = parse_heap_profile(text_with("0x10", "1: 67108864 [0: 0]"));

  EXPECT_THAT(p.samples[0].values, ElementsAre(1, 67108864, 1, 67108864));
}

TEST(HeapProfile, OuterNameIsTheActor) {
  char name[32];
  std::snprintf(name, sizeof name, "0x%zx",
                static_cast<std::size_t>(name_frame(name_kind::actor, "transfer")));

  const auto p = parse_heap_profile(text_with(std::string{"0x10 "} + name, "1: 67108864 [1: 67108864]"));

  EXPECT_EQ(p.samples[0].stack, call_stack{0x10});
  EXPECT_STREQ(p.samples[0].labels[0].key, "actor");
  EXPECT_EQ(p.samples[0].labels[0].text, "transfer");
}

TEST(HeapProfile, OtherFormsAreRefusedByTheirLine) {
  const auto error = [](const std::string& text) {
    try {
      parse_heap_profile(text);
    } catch (const failure& f) {
      return std::string{f.what()};
    }
    return std::string{"taken"};
  };

  EXPECT_THAT(error(""), HasSubstr("cannot read \"\""));
  EXPECT_THAT(error("heap_v3/1\n"), HasSubstr("cannot read \"heap_v3/1\""));
  EXPECT_THAT(error(text_with("10", "1: 2 [3: 4]")), HasSubstr("cannot read"));
  EXPECT_THAT(error(text_with("0x10", "1: 2")), HasSubstr("cannot read"));
}

__attribute__((noinline)) std::unique_ptr<char[]> allocate(std::size_t size) {
  auto block = std::make_unique<char[]>(size);
  block[0] = 1;
  return block;
}

// What is in use by `label`, bytes.
std::int64_t in_use(const profile& p, const std::string& actor) {
  std::int64_t sum = 0;
  for (const auto& s : p.samples)
    if (std::any_of(s.labels.begin(), s.labels.end(),
                    [&](const profile_label& l) { return l.key == std::string{"actor"} && l.text == actor; }))
      sum += s.values[3];
  return sum;
}

TEST(HeapProfile, TellsWhichActorHoldsMemory) {
  if (!can_profile_heap()) GTEST_SKIP() << "this build's allocator has no profile";
  name_actors_in_heap_profile();
  constexpr std::size_t size = 32U << 20;
  std::unique_ptr<char[]> held;
  {
    const activity_scope here{{"hoarder", 7}};
    held = allocate(size);
  }

  const auto with = read_heap_profile();
  held.reset();
  const auto without = read_heap_profile();

  EXPECT_NEAR(static_cast<double>(in_use(with, "hoarder")), size, size / 10.0);
  EXPECT_EQ(in_use(without, "hoarder"), 0);
}

TEST(HeapProfile, StacksBeginOutsideOfTheAllocator) {
  if (!can_profile_heap()) GTEST_SKIP() << "this build's allocator has no profile";
  name_actors_in_heap_profile();
  const auto held = allocate(64U << 20);
  const auto begin = reinterpret_cast<std::uintptr_t>(&allocate);

  const auto p = read_heap_profile();

  EXPECT_TRUE(std::any_of(p.samples.begin(), p.samples.end(), [&](const profile_sample& s) {
    return s.values[3] >= static_cast<std::int64_t>(64U << 20) && s.stack.at(0) > begin &&
           s.stack.at(0) < begin + 512;
  }));
}

TEST(HeapProfile, IsAnErrorWhereThereIsNone) {
  if (can_profile_heap()) GTEST_SKIP() << "this build's allocator has one";

  EXPECT_THROW(read_heap_profile(), failure);
}

} // namespace
} // namespace argosy
