#include "metrics/intern.hpp"

#include <set>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace argosy {
namespace {

TEST(Intern, EqualStringsAreKeptOnce) {
  intern_table table{10};

  const auto* first = table.keep("remote");
  const auto* again = table.keep(std::string{"remote"});
  const auto* other = table.keep(std::string_view{"\0x", 2});

  EXPECT_EQ(first, again);
  EXPECT_NE(first, other);
  EXPECT_EQ(first->bytes, "remote");
  EXPECT_STREQ(first->bytes.data(), "remote") << "a zero follows";
  EXPECT_EQ(other->bytes, (std::string_view{"\0x", 2}));
  EXPECT_EQ(table.size(), 2U);
}

TEST(Intern, EmptyStringIsOneToo) {
  intern_table table{10};

  EXPECT_EQ(table.keep("")->bytes, "");
}

TEST(Intern, FullTableKnowsWhatItHasAndTakesNoMore) {
  intern_table table{2};
  const auto* a = table.keep("a");
  table.keep("b");

  EXPECT_EQ(table.keep("c"), nullptr);
  EXPECT_EQ(table.keep("a"), a);
  EXPECT_EQ(table.size(), 2U);
}

TEST(Intern, ThreadsThatKeepTheSameStringsGetTheSameCopies) {
  constexpr int threads = 4;
  constexpr int strings = 2000;
  // With room for what several threads are about to keep at once.
  intern_table table{threads * strings};
  std::vector<std::vector<const intern_table::item*>> found(threads);
  std::vector<std::thread> crowd;
  for (int t = 0; t < threads; ++t)
    crowd.emplace_back([&table, &mine = found[static_cast<std::size_t>(t)]] {
      for (int i = 0; i < strings; ++i) mine.push_back(table.keep(std::to_string(i)));
    });
  for (auto& t : crowd) t.join();

  EXPECT_EQ(table.size(), std::size_t{strings});
  for (const auto& mine : found) EXPECT_EQ(mine, found.front());
  EXPECT_EQ(std::set<const intern_table::item*>(found[0].begin(), found[0].end()).size(),
            std::size_t{strings});
}

} // namespace
} // namespace argosy
