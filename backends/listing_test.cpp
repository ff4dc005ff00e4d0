#include "backends/listing.hpp"

#include <gtest/gtest.h>

#include "core/failure.hpp"

namespace argosy {
namespace {

TEST(Listing, KeepsWhatWasAdded) {
  listing l;
  l.add("name", entry_kind::file, 12, -5);
  l.add("", entry_kind::directory, -1, 7);

  ASSERT_EQ(l.size(), 2U);
  EXPECT_EQ(l[0].name, "name");
  EXPECT_EQ(l[0].kind, entry_kind::file);
  EXPECT_EQ(l[0].size, 12);
  EXPECT_EQ(l[0].modified, -5);
  EXPECT_EQ(l[1].name, "");
  EXPECT_EQ(l[1].kind, entry_kind::directory);
}

TEST(Listing, SortsBytewise) {
  listing l;
  for (const auto* name : {"b", "\xc3\xa9", "a", "B", "ab", "a b", "~"}) l.add(name, entry_kind::file, 0, 0);
  l.sort();

  std::vector<std::string> names;
  for (std::size_t i = 0; i < l.size(); ++i) names.emplace_back(l[i].name);
  EXPECT_EQ(names, (std::vector<std::string>{"B", "a", "a b", "ab", "b", "~", "\xc3\xa9"}));
}

TEST(Listing, SortsADirectoryBeforeAFileOfTheSameName) {
  listing l;
  l.add("x", entry_kind::file, 1, 0);
  l.add("x", entry_kind::directory, -1, 0);
  l.sort();

  EXPECT_EQ(l[0].kind, entry_kind::directory);
  EXPECT_EQ(l[1].kind, entry_kind::file);
}

TEST(Listing, OfTwoAlikeTheFirstStaysFirst) {
  listing l;
  for (int i = 0; i < 40; ++i) l.add(i % 2 == 0 ? "same" : "other", entry_kind::file, i, 0);
  l.sort();

  for (std::size_t i = 1; i < l.size(); ++i)
    if (l[i - 1].name == l[i].name) {
      EXPECT_LT(l[i - 1].size, l[i].size);
    }
}

TEST(Listing, ACopyIsIndependent) {
  listing a;
  a.add("one", entry_kind::file, 1, 0);
  const auto b = a;
  a.add("two", entry_kind::file, 2, 0);

  EXPECT_EQ(b.size(), 1U);
  EXPECT_EQ(b[0].name, "one");
}

TEST(Listing, CostsAtMost32BytesAndTheNameOfEachEntry) {
  listing l;
  l.reserve(10'000, 50'000);
  for (int i = 0; i < 10'000; ++i) l.add("12345", entry_kind::file, 0, 0);

  EXPECT_LE(l.bytes(), 10'000U * (32 + 5));
}

TEST(Listing, RefusesANameThatCannotBeKept) {
  listing l;

  EXPECT_THROW(l.add(std::string(70'000, 'x'), entry_kind::file, 0, 0), failure);
  EXPECT_TRUE(l.empty());
}

} // namespace
} // namespace argosy
