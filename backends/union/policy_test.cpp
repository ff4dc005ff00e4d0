#include "backends/union/policy.hpp"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/failure.hpp"

namespace argosy {
namespace {

using ::testing::ElementsAre;
using known = std::map<std::size_t, std::int64_t>;

struct space {
  known free, used, objects;
  std::int64_t min_free = 0;
};

std::vector<std::size_t> picked(policy_choice choice, const std::vector<policy_candidate>& from,
                                const space& s = {}) {
  const auto look_up = [](const known& values) {
    return [values](std::size_t upstream) -> std::optional<std::int64_t> {
      const auto found = values.find(upstream);
      return found == values.end() ? std::nullopt : std::optional{found->second};
    };
  };
  policy_figures figures{look_up(s.free), look_up(s.used), look_up(s.objects),
                         [](std::size_t bound) { return bound - 1; }, s.min_free};
  std::vector<std::size_t> out;
  for (const auto& c : choose(choice, from, figures)) out.push_back(c.upstream);
  return out;
}

const std::vector<policy_candidate> three{{4, 10}, {5, 30}, {7, 20}};

TEST(UnionPolicy, NamesAreThoseOfRcloneInAnyCase) {
  const struct {
    const char* name;
    policy_choice choice;
    bool existing_path;
  } rows[] = {
      {"all", policy_choice::all, false},
      {"epall", policy_choice::all, true},
      {"epff", policy_choice::first, true},
      {"ff", policy_choice::first, false},
      {"eprand", policy_choice::random, true},
      {"rand", policy_choice::random, false},
      {"eplfs", policy_choice::least_free, true},
      {"lfs", policy_choice::least_free, false},
      {"epmfs", policy_choice::most_free, true},
      {"MFS", policy_choice::most_free, false},
      {"eplus", policy_choice::least_used, true},
      {"lus", policy_choice::least_used, false},
      {"eplno", policy_choice::fewest_objects, true},
      {"lno", policy_choice::fewest_objects, false},
      {"newest", policy_choice::newest, true},
  };
  for (const auto& row : rows) {
    const auto policy = parse_union_policy(row.name);
    EXPECT_EQ(policy.choice, row.choice) << row.name;
    EXPECT_EQ(policy.existing_path, row.existing_path) << row.name;
  }
  try {
    parse_union_policy("potato");
    ADD_FAILURE();
  } catch (const failure& f) {
    EXPECT_STREQ(f.what(), "didn't find policy called \"potato\"");
  }
}

TEST(UnionPolicy, WithoutFiguresTakesAllTheFirstOrOneByChance) {
  EXPECT_THAT(picked(policy_choice::all, three), ElementsAre(4, 5, 7));
  EXPECT_THAT(picked(policy_choice::first, three), ElementsAre(4));
  EXPECT_THAT(picked(policy_choice::random, three), ElementsAre(7));
}

TEST(UnionPolicy, TakesTheNewest) {
  EXPECT_THAT(picked(policy_choice::newest, three), ElementsAre(5));
  EXPECT_THAT(picked(policy_choice::newest, {{1, 0}, {2, 0}}), ElementsAre(1));
}

TEST(UnionPolicy, ComparesSpace) {
  const space s{{{4, 100}, {5, 50}, {7, 200}}, {{4, 9}, {5, 8}, {7, 7}}, {{4, 2}, {5, 1}, {7, 1}}, 0};
  EXPECT_THAT(picked(policy_choice::most_free, three, s), ElementsAre(7));
  EXPECT_THAT(picked(policy_choice::least_free, three, s), ElementsAre(5));
  EXPECT_THAT(picked(policy_choice::least_used, three, s), ElementsAre(7));
  EXPECT_THAT(picked(policy_choice::fewest_objects, three, s), ElementsAre(5));
}

TEST(UnionPolicy, UnknownFreeSpaceIsInfiniteAndUnknownUseNothing) {
  const space s{{{4, 100}}, {{4, 9}}, {{4, 2}}, 0};
  EXPECT_THAT(picked(policy_choice::most_free, three, s), ElementsAre(5));
  EXPECT_THAT(picked(policy_choice::least_free, three, s), ElementsAre(4));
  EXPECT_THAT(picked(policy_choice::least_used, three, s), ElementsAre(5));
  EXPECT_THAT(picked(policy_choice::fewest_objects, three, s), ElementsAre(5));
}

TEST(UnionPolicy, LeastFreeLeavesOutWhatIsNearlyFull) {
  const space s{{{4, 100}, {5, 50}, {7, 200}}, {}, {}, 50};
  EXPECT_THAT(picked(policy_choice::least_free, three, s), ElementsAre(4));
  try {
    picked(policy_choice::least_free, three, {{{4, 10}, {5, 5}, {7, 50}}, {}, {}, 50});
    ADD_FAILURE();
  } catch (const failure& f) {
    EXPECT_STREQ(f.what(), "no upstreams found with more than min_free_space space spare");
  }
}

} // namespace
} // namespace argosy
