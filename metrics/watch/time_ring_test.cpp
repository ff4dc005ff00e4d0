#include "metrics/watch/time_ring.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace argosy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

struct cell {
  int value = 0;
  bool empty() const { return value == 0; }
};

std::vector<std::pair<seconds_t, int>> content(const time_ring<cell>& ring, seconds_t from = 0,
                                               seconds_t to = 1'000'000) {
  std::vector<std::pair<seconds_t, int>> all;
  ring.each(from, to, [&](seconds_t moment, const cell& c) { all.emplace_back(moment, c.value); });
  return all;
}

TEST(TimeRing, MomentsOfOneCellAreOne) {
  time_ring<cell> ring{15, 4};

  ring.at(100)->value = 1;
  ring.at(104)->value += 1;
  ring.at(105)->value = 7;

  EXPECT_THAT(content(ring), ElementsAre(Pair(90, 2), Pair(105, 7)));
}

TEST(TimeRing, KeepsTheYoungestCells) {
  time_ring<cell> ring{10, 3};
  for (int i = 1; i <= 5; ++i) ring.at(i * 10)->value = i;

  EXPECT_THAT(content(ring), ElementsAre(Pair(30, 3), Pair(40, 4), Pair(50, 5)));
  EXPECT_EQ(ring.at(20), nullptr);
  EXPECT_EQ(ring.find(20), nullptr);
  EXPECT_EQ(ring.find(45)->value, 4);
}

TEST(TimeRing, WhatWasNotSeenIsEmpty) {
  time_ring<cell> ring{10, 3};
  ring.at(10)->value = 1;
  ring.at(20)->value = 2;

  ring.at(40)->value = 4;
  EXPECT_THAT(content(ring), ElementsAre(Pair(20, 2), Pair(40, 4)));

  ring.at(1000)->value = 5;
  EXPECT_THAT(content(ring), ElementsAre(Pair(1000, 5)));
}

TEST(TimeRing, GivesWhatBeginsBetweenTwoMoments) {
  time_ring<cell> ring{10, 5};
  for (int i = 1; i <= 5; ++i) ring.at(i * 10)->value = i;

  EXPECT_THAT(content(ring, 15, 40), ElementsAre(Pair(20, 2), Pair(30, 3)));
}

TEST(TimeRing, IsEmptyBeforeItIsUsed) {
  const time_ring<cell> ring{10, 5};

  EXPECT_THAT(content(ring), IsEmpty());
  EXPECT_EQ(ring.find(10), nullptr);
}

} // namespace
} // namespace argosy
