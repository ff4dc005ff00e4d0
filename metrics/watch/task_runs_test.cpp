#include "metrics/watch/task_runs.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace argosy {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class TaskRuns : public testing::Test {
protected:
  void run(const char* task, seconds_t begin, seconds_t end) {
    clock = begin * second;
    const auto under_way = tasks.begin(task, 7);
    clock = end * second;
  }
  static constexpr nanoseconds second = 1'000'000'000;
  nanoseconds clock = 0;
  task_runs tasks{[this] { return clock; }};
};

TEST_F(TaskRuns, TellWhenEachTaskRan) {
  run("sweep", 100, 103);
  run("sweep", 200, 201);
  run("look", 150, 150);

  const auto all = tasks.histories();

  ASSERT_THAT(all, SizeIs(2));
  EXPECT_EQ(all[0].task, "look");
  EXPECT_EQ(all[1].task, "sweep");
  ASSERT_THAT(all[1].runs, SizeIs(2));
  EXPECT_EQ(all[1].runs[0].begin, 100);
  EXPECT_EQ(all[1].runs[0].end, 103);
}

TEST_F(TaskRuns, PublishStartsEndsAndDuration) {
  run("sweep", 100, 103);
  clock = 200 * second;
  const auto under_way = tasks.begin("sweep");

  const auto shown = tasks.all();

  ASSERT_THAT(shown, SizeIs(1));
  EXPECT_EQ(shown[0].started, 2U);
  EXPECT_EQ(shown[0].ended, 1U);
  EXPECT_DOUBLE_EQ(shown[0].last_begin, 200);
  EXPECT_DOUBLE_EQ(shown[0].last_end, 103);
  EXPECT_DOUBLE_EQ(shown[0].seconds, 3);
}

TEST_F(TaskRuns, ThatFollowCloselyAreKeptOnceInAWhile) {
  for (seconds_t t = 0; t < 60; ++t) run("busy", 1000 + t, 1000 + t);

  const auto kept = tasks.histories().at(0).runs;

  EXPECT_THAT(kept, SizeIs(4));
  EXPECT_EQ(tasks.all().at(0).ended, 60U);
}

TEST_F(TaskRuns, AreBounded) {
  for (std::size_t i = 0; i < task_runs::most_runs + 50; ++i)
    run("often", static_cast<seconds_t>(1000 + 100 * i), static_cast<seconds_t>(1001 + 100 * i));
  EXPECT_THAT(tasks.histories().at(0).runs, SizeIs(task_runs::most_runs));

  for (std::size_t i = 0; i < task_runs::most_tasks + 50; ++i)
    run(("task " + std::to_string(i)).c_str(), 9'000'000, 9'000'001);
  EXPECT_THAT(tasks.histories(), SizeIs(task_runs::most_tasks));
}

TEST_F(TaskRuns, ThoseOfAnEarlierProcessCountAsHistoryOnly) {
  tasks.restore({{"sweep", {{10, 11}, {50, 51}}}});
  run("sweep", 100, 103);

  const auto kept = tasks.histories().at(0).runs;
  ASSERT_THAT(kept, SizeIs(3));
  EXPECT_EQ(kept[0].begin, 10);
  EXPECT_EQ(kept[2].begin, 100);
  EXPECT_EQ(tasks.all().at(0).started, 1U);
}

TEST_F(TaskRuns, SayWhenOneEnds) {
  std::vector<std::string> told;
  tasks.at_end(
      [&](const std::string& task, std::uint64_t job) { told.push_back(task + std::to_string(job)); });
  {
    auto first = tasks.begin("sweep", 3);
    auto moved = std::move(first);
    EXPECT_THAT(told, IsEmpty());
  }
  EXPECT_THAT(told, ElementsAre("sweep3"));
}

} // namespace
} // namespace argosy
