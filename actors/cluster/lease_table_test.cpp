#include "actors/cluster/lease_table.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

namespace argosy {
namespace {

using namespace std::chrono_literals;
using runs = lease_table::runs;

struct lease_table_test : ::testing::Test {
  lease_table_test() {
    table.join(1, 0s);
    table.join(2, 0s);
  }
  lease_table table{6s};
};

TEST_F(lease_table_test, a_run_is_with_one_helper_until_it_is_done) {
  EXPECT_TRUE(table.grant(1, {10, 11}, 0s));

  EXPECT_FALSE(table.grant(2, {12, 11}, 0s)) << "somebody has 11";
  EXPECT_FALSE(table.holds(2, 12)) << "all or nothing";
  EXPECT_FALSE(table.end(2, 10)) << "it is not his";
  EXPECT_TRUE(table.end(1, 10));
  EXPECT_FALSE(table.end(1, 10)) << "told twice";
  EXPECT_EQ(table.leases(), 1u);
}

TEST_F(lease_table_test, who_is_not_known_gets_nothing) { EXPECT_FALSE(table.grant(3, {10}, 0s)); }

TEST_F(lease_table_test, who_reports_keeps_his_leases_and_who_does_not_loses_them) {
  table.grant(1, {10}, 0s);
  table.grant(2, {20}, 0s);

  table.heard(1, {}, 5s);

  EXPECT_TRUE(table.late(5s).empty());
  EXPECT_EQ(table.late(6s), (std::vector<lease_table::helper_id>{2}));
  EXPECT_EQ(table.leave(2), (runs{20}));
  EXPECT_TRUE(table.late(10s).empty());
}

TEST_F(lease_table_test, who_has_nothing_need_not_report) {
  EXPECT_TRUE(table.late(1h).empty());

  table.grant(1, {10}, 1h);

  EXPECT_TRUE(table.late(1h).empty()) << "the term begins with the lease";
}

TEST_F(lease_table_test, a_report_with_an_old_fence_is_refused) {
  table.grant(1, {10}, 0s);
  table.leave(1);

  table.join(1, 7s);
  table.grant(2, {11}, 7s); // the same files, another number

  EXPECT_FALSE(table.end(1, 10));
  EXPECT_FALSE(table.end(1, 11));
  EXPECT_TRUE(table.end(2, 11));
}

TEST_F(lease_table_test, work_that_is_not_begun_can_be_found) {
  table.grant(1, {10, 11, 12}, 0s);
  table.grant(2, {20, 21}, 0s);
  EXPECT_EQ(table.richest(), 1u);

  table.heard(1, {10, 11}, 1s);

  EXPECT_EQ(table.not_begun(1), 1u);
  EXPECT_EQ(table.richest(), 2u);
  table.heard(1, {12}, 1s);
  table.heard(2, {20, 21, 99}, 1s);
  EXPECT_EQ(table.richest(), 0u);
}

/// What a table has to be, written the slow way.
struct model {
  std::map<std::uint64_t, std::uint64_t> holder; // of a run
  std::map<std::uint64_t, std::chrono::nanoseconds> deadline;
  std::size_t held(std::uint64_t helper) const {
    return static_cast<std::size_t>(
        std::count_if(holder.begin(), holder.end(), [&](const auto& one) { return one.second == helper; }));
  }
};

TEST(lease_table_property, whatever_happens_each_run_is_done_by_who_holds_it_and_once) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    std::mt19937 random{seed};
    const auto below = [&](std::uint64_t n) { return random() % n; };
    lease_table table{6s};
    model truth;
    std::set<std::uint64_t> done, open; // runs, by what became of them
    std::uint64_t next_run = 1;
    std::chrono::nanoseconds now{0};
    for (int step = 0; step < 400; ++step) {
      const auto helper = 1 + below(4);
      switch (below(7)) {
      case 0:
        table.join(helper, now);
        truth.deadline[helper] = now + 6s;
        break;
      case 1: {
        runs given;
        for (auto n = 1 + below(5); n > 0; --n) given.push_back(next_run++);
        const auto known = truth.deadline.count(helper) != 0;
        ASSERT_EQ(table.grant(helper, given, now), known);
        if (!known) break;
        if (truth.held(helper) == 0) truth.deadline[helper] = now + 6s;
        for (const auto run : given) {
          truth.holder[run] = helper;
          open.insert(run);
        }
        break;
      }
      case 2:
        table.heard(helper, {}, now);
        if (truth.deadline.count(helper) != 0) truth.deadline[helper] = now + 6s;
        break;
      case 3: // anybody reports any run, as after a pause
      case 4: {
        const auto run = 1 + below(next_run);
        const auto held = truth.holder.find(run);
        const auto his = held != truth.holder.end() && held->second == helper;
        ASSERT_EQ(table.end(helper, run), his);
        if (!his) break;
        truth.holder.erase(run);
        ASSERT_TRUE(done.insert(run).second) << "run " << run << " is done twice, seed " << seed;
        open.erase(run);
        break;
      }
      case 5: now += std::chrono::milliseconds(below(4000)); break;
      default: {
        std::vector<std::uint64_t> late;
        for (const auto& [one, deadline] : truth.deadline)
          if (truth.held(one) > 0 && deadline <= now) late.push_back(one);
        ASSERT_EQ(table.late(now), late);
        for (const auto one : late) {
          for (const auto run : table.leave(one)) {
            ASSERT_EQ(truth.holder.erase(run), 1u);
            open.erase(run);
          }
          ASSERT_EQ(truth.held(one), 0u) << "a run is lost, seed " << seed;
          truth.deadline.erase(one);
        }
      }
      }
      ASSERT_EQ(table.leases(), open.size());
    }
  }
}

} // namespace
} // namespace argosy
