#include "metrics/watch/culprit.hpp"

#include <cmath>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace argosy {
namespace {

using testing::IsEmpty;

constexpr seconds_t minute = 60, hour = 3600, cell = 120;

/// Four tasks with those periods in minutes, of which the second leaks five things at each run.
struct scene {
  explicit scene(const std::vector<int>& periods, double noise = 0) {
    std::mt19937 random{1}; // NOLINT(bugprone-random-generator-seed): the same in each run
    std::normal_distribution<double> normal{0, 1};
    for (std::size_t i = 0; i < periods.size(); ++i) tasks.push_back({"task " + std::to_string(i), {}});
    double level = 100;
    for (seconds_t t = 0; t < 6 * hour; t += cell) {
      floors.emplace_back(t, level + noise * normal(random));
      for (std::size_t i = 0; i < periods.size(); ++i)
        for (seconds_t s = t; s < t + cell; s += minute)
          if (s % (periods[i] * minute) == 0) {
            tasks[i].runs.push_back({s, s + 5});
            if (i == 1) level += 5;
          }
    }
  }
  std::vector<std::pair<seconds_t, double>> floors;
  std::vector<task_history> tasks;
};

TEST(Culprit, IsTheTaskAtWhoseRunsTheCurveSteps) {
  const scene s{{47, 53, 59, 67}};

  EXPECT_EQ(find_culprit(s.floors, cell, s.tasks).task, "task 1");
}

TEST(Culprit, IsFoundInNoise) {
  const scene s{{47, 53, 59, 67}, 1};

  const auto found = find_culprit(s.floors, cell, s.tasks);

  EXPECT_EQ(found.task, "task 1");
  EXPECT_NEAR(found.suspects.at(0).step, 5, 1.5);
}

TEST(Culprit, IsNotNamedAmongTasksThatRunTogether) {
  const scene s{{60, 60, 60, 60}};

  const auto found = find_culprit(s.floors, cell, s.tasks);

  EXPECT_EQ(found.task, "");
  EXPECT_EQ(found.suspects.size(), 4U) << "but all are under suspicion";
}

TEST(Culprit, IsNotTheTaskThatAlwaysRuns) {
  const scene s{{2, 53}};

  EXPECT_EQ(find_culprit(s.floors, cell, s.tasks).task, "task 1");
}

TEST(Culprit, IsNobodyWhenTheCurveRisesAllTheTime) {
  scene s{{47, 53, 59, 67}};
  for (auto& [moment, floor] : s.floors) floor = 100 + static_cast<double>(moment) / 600;

  EXPECT_THAT(find_culprit(s.floors, cell, s.tasks).suspects, IsEmpty());
}

TEST(Culprit, IsNobodyWithoutARunOrACurve) {
  const scene s{{47, 53}};

  EXPECT_EQ(find_culprit({}, cell, s.tasks).task, "");
  EXPECT_EQ(find_culprit(s.floors, cell, {}).task, "");
}

} // namespace
} // namespace argosy
