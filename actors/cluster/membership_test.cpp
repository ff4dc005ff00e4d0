#include "actors/cluster/membership.hpp"

#include <algorithm>

#include <memory>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace argosy {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

hello node(const std::string& name, std::uint64_t incarnation) {
  hello one;
  one.name = name;
  one.incarnation = incarnation;
  one.caf_node = "caf " + name;
  one.address = name + ":5580";
  return one;
}

/// Nodes that reach each other by the addresses of their hellos.
class membership_test : public ::testing::Test {
protected:
  membership a{node("a", 1), {}}, b{node("b", 2), {"a:5580"}}, c{node("c", 3), {"b:5580"}};
  membership::clock time = 1h;

  /// The call of one to another, through to the link of the actors. True when it came to that.
  bool call(membership& from, membership& to) {
    const auto introduction = from.introduction();
    const auto said = to.called_by(introduction, introduction.name, time);
    const auto address = to.introduction().address;
    if (!from.call_answered(address, said, time)) return false;
    return to.link(introduction.name, introduction.incarnation, time) &&
           from.link(said.from.name, said.from.incarnation, time);
  }
  node_view seen(const membership& from, const std::string& name) {
    const auto all = from.nodes(time);
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const node_view& one) { return one.name == name; });
    return found == all.end() ? node_view{} : *found;
  }
  node_state state(const membership& from, const std::string& name) { return seen(from, name).state; }
};

TEST_F(membership_test, what_is_to_be_joined_is_called_at_once) {
  EXPECT_THAT(a.due(time), IsEmpty());
  EXPECT_THAT(b.due(time), ElementsAre("a:5580"));
  EXPECT_THAT(b.due(time), IsEmpty()) << "it is being called";
}

TEST_F(membership_test, a_call_that_is_welcome_makes_both_members) {
  b.due(time);

  ASSERT_TRUE(call(b, a));

  EXPECT_EQ(state(a, "b"), node_state::up);
  EXPECT_EQ(state(b, "a"), node_state::up);
  EXPECT_THAT(b.due(time + 1h), IsEmpty());
}

TEST_F(membership_test, joining_one_member_means_knowing_all) {
  b.due(time);
  ASSERT_TRUE(call(b, a));
  c.due(time);
  ASSERT_TRUE(call(c, b));

  EXPECT_THAT(c.due(time), ElementsAre("a:5580"));
  ASSERT_TRUE(call(c, a));
  EXPECT_EQ(state(a, "c"), node_state::up);
}

TEST_F(membership_test, the_second_node_of_a_name_is_refused) {
  b.due(time);
  ASSERT_TRUE(call(b, a));
  membership other{node("b", 77), {"a:5580"}};
  other.due(time);

  const auto said = a.called_by(other.introduction(), "elsewhere", time);

  EXPECT_EQ(said.decision, reception::refused);
  EXPECT_THAT(said.reason, HasSubstr("the name \"b\" is taken"));
  EXPECT_FALSE(other.call_answered("a:5580", said, time));
  EXPECT_THAT(other.nodes(time).back().reason, HasSubstr("is taken"));
  EXPECT_EQ(other.nodes(time).back().state, node_state::refused);
  EXPECT_EQ(state(a, "b"), node_state::up);
}

TEST_F(membership_test, nobody_takes_the_name_of_who_is_called) {
  membership other{node("a", 77), {"a:5580"}};

  EXPECT_EQ(a.called_by(other.introduction(), "x", time).decision, reception::refused);
}

TEST_F(membership_test, who_was_refused_tries_again_in_case_the_name_is_free_by_then) {
  membership other{node("a", 77), {"a:5580"}};
  other.due(time);
  other.call_answered("a:5580", a.called_by(other.introduction(), "x", time), time);

  EXPECT_THAT(other.due(time + 4999ms), IsEmpty());
  EXPECT_THAT(other.due(time + 5s), ElementsAre("a:5580"));
}

TEST_F(membership_test, another_protocol_is_refused_in_words_that_name_both) {
  auto other = node("b", 2);
  other.protocol = 7;

  const auto said = a.called_by(other, "x", time);

  EXPECT_EQ(said.decision, reception::refused);
  EXPECT_EQ(said.reason,
            "\"b\" speaks protocol 7 of the cluster, \"a\" protocol 1: run the same version on both");
}

TEST_F(membership_test, two_nodes_with_one_id_of_caf_are_told_what_to_do) {
  auto other = node("b", 2);
  other.caf_node = "caf a";

  EXPECT_THAT(a.called_by(other, "x", time).reason, HasSubstr("/etc/fstab"));
}

TEST_F(membership_test, a_node_that_calls_itself_forgets_that_address) {
  membership alone{node("a", 1), {"other-name:5580"}};
  alone.due(time);
  const auto said = alone.called_by(alone.introduction(), "x", time);

  EXPECT_FALSE(alone.call_answered("other-name:5580", said, time));

  EXPECT_EQ(alone.nodes(time).size(), 1u);
}

TEST_F(membership_test, pauses_between_calls_grow_to_their_bound) {
  b.due(time);
  std::vector<membership::clock> pauses;
  for (int i = 0; i < 7; ++i) {
    b.call_failed("a:5580", "connection refused", time);
    const auto failed = time;
    while (b.due(time).empty()) time += 50ms;
    pauses.push_back(time - failed);
  }

  EXPECT_THAT(pauses, ElementsAre(250ms, 500ms, 1s, 2s, 4s, 5s, 5s));
  EXPECT_EQ(b.nodes(time).back().reason, "connection refused");
}

TEST_F(membership_test, of_two_calls_at_once_one_counts) {
  membership d{node("d", 4), {"b:5580"}};
  membership e{node("b", 2), {"d:5580"}};
  ASSERT_THAT(d.due(time), ElementsAre("b:5580"));
  ASSERT_THAT(e.due(time), ElementsAre("d:5580"));

  const auto to_e = e.called_by(d.introduction(), "d", time);
  const auto to_d = d.called_by(e.introduction(), "b", time);

  EXPECT_EQ(to_e.decision, reception::busy) << "the smaller name calls";
  EXPECT_EQ(to_d.decision, reception::welcome);
  EXPECT_FALSE(d.call_answered("b:5580", to_e, time));
  EXPECT_TRUE(e.call_answered("d:5580", to_d, time));
}

TEST_F(membership_test, who_is_silent_for_four_seconds_is_lost_and_called_again) {
  b.due(time);
  ASSERT_TRUE(call(b, a));
  time += 3s;
  b.heard("a", 1, {}, time);
  time += 3999ms;
  EXPECT_THAT(b.silent(time), IsEmpty());

  time += 1ms;

  EXPECT_THAT(b.silent(time), ElementsAre("a"));
  EXPECT_EQ(state(b, "a"), node_state::lost);
  EXPECT_THAT(b.due(time + 250ms), ElementsAre("a:5580"));
}

TEST_F(membership_test, a_welcome_without_a_link_is_given_up) {
  ASSERT_EQ(a.called_by(b.introduction(), "b", time).decision, reception::welcome);

  EXPECT_THAT(a.silent(time + 5s), ElementsAre("b"));
  EXPECT_EQ(state(a, "b"), node_state::joining);
}

TEST_F(membership_test, a_restarted_node_is_taken_in_once_its_old_connection_is_gone) {
  b.due(time);
  ASSERT_TRUE(call(b, a));
  membership again{node("b", 22), {"a:5580"}};
  again.due(time);
  EXPECT_FALSE(call(again, a));

  EXPECT_TRUE(a.lost("b", 2, "the connection is gone", time));

  EXPECT_TRUE(call(again, a));
  EXPECT_FALSE(a.lost("b", 2, "late", time)) << "of the process before";
  EXPECT_EQ(state(a, "b"), node_state::up);
}

TEST_F(membership_test, words_of_an_earlier_process_change_nothing) {
  b.due(time);
  ASSERT_TRUE(call(b, a));

  node_report report;
  report.jobs = 5;
  a.heard("b", 99, report, time);
  a.left("b", 99, time);

  EXPECT_EQ(seen(a, "b").report.jobs, 0u);
  EXPECT_EQ(state(a, "b"), node_state::up);
}

TEST_F(membership_test, who_leaves_is_forgotten_unless_it_was_to_be_joined) {
  b.due(time);
  ASSERT_TRUE(call(b, a));

  a.left("b", 2, time);
  b.left("a", 1, time);

  EXPECT_EQ(a.nodes(time).size(), 1u);
  EXPECT_EQ(state(b, "a"), node_state::lost);
}

TEST_F(membership_test, a_lost_node_is_forgotten_after_a_day) {
  b.due(time);
  ASSERT_TRUE(call(b, a));
  a.lost("b", 2, "gone", time);

  time += 24h + 1s;
  a.due(time);

  EXPECT_EQ(a.nodes(time).size(), 1u);
}

TEST_F(membership_test, numbers_are_unique_among_nodes_that_meet) {
  // Twelve nodes are enough for two with the same first choice; each joins by the first.
  std::vector<std::unique_ptr<membership>> all;
  std::set<unsigned> numbers;
  for (std::uint64_t i = 0; i < 40; ++i) {
    std::vector<std::string> join;
    if (i > 0) join.emplace_back("n0:5580");
    all.push_back(std::make_unique<membership>(node("n" + std::to_string(i), i + 1), join));
    for (std::size_t k = 0; k < i; ++k) {
      while (!call(*all[i], *all[k])) time += 1s;
    }
    numbers.insert(all[i]->number());
  }

  EXPECT_EQ(numbers.size(), all.size());
}

TEST_F(membership_test, an_address_for_all_interfaces_is_replaced_by_where_the_call_came_from) {
  auto other = node("b", 2);
  other.number = 50;
  other.address = "0.0.0.0:5581";

  ASSERT_EQ(a.called_by(other, "10.0.0.9", time).decision, reception::welcome);

  EXPECT_EQ(seen(a, "b").address, "10.0.0.9:5581");
}

} // namespace
} // namespace argosy
