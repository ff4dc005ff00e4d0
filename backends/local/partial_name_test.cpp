#include "backends/local/partial_name.hpp"

#include <gtest/gtest.h>

namespace argosy {
namespace {

TEST(PartialName, IsNameMarkAndSuffix) {
  EXPECT_EQ(partial_name("file.txt", 0x12ab34cd, ".partial"), "file.txt.12ab34cd.partial");
  EXPECT_EQ(partial_name("x", 7, ".tmp"), "x.00000007.tmp");
}

TEST(PartialName, ALongNameDoesNotGrow) {
  EXPECT_EQ(partial_name(std::string(100, 'a'), 0, ".partial").size(), 117U);
  EXPECT_EQ(partial_name(std::string(101, 'a'), 0, ".partial").size(), 101U);
  EXPECT_EQ(partial_name(std::string(255, 'a'), 0, ".partial").size(), 255U);
}

TEST(PartialName, CutsBetweenCharacters) {
  std::string name;
  while (name.size() < 150) name += "\xc3\xa9";

  const auto partial = partial_name("a" + name, 0, ".partial");

  const auto kept = partial.substr(0, partial.size() - 17);
  EXPECT_EQ(kept.size() % 2, 1U);
  EXPECT_LE(partial.size(), 151U);
}

TEST(PartialName, TheMarkTellsVersionsAndAttemptsApart) {
  const auto mark = partial_mark("a/b", 1, 2);

  EXPECT_EQ(mark, partial_mark("a/b", 1, 2));
  EXPECT_NE(mark, partial_mark("a/c", 1, 2));
  EXPECT_NE(mark, partial_mark("a/b", 2, 2));
  EXPECT_NE(mark, partial_mark("a/b", 1, 3));
  EXPECT_NE(mark, partial_mark("a/b", 1, 2, 1));
}

} // namespace
} // namespace argosy
