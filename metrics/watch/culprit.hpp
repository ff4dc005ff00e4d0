#pragma once

#include <string>
#include <utility>
#include <vector>

#include "metrics/watch/time_ring.hpp"

/// Which of the tasks that run in the background raises a floor.
namespace argosy {

/// One run of a task.
struct task_run {
  seconds_t begin = 0, end = 0;
};
struct task_history {
  std::string task; ///< "sweep of remotes", "sync/copy"
  std::vector<task_run> runs;
};

/// How a task and the steps of a curve fit together.
struct suspect {
  std::string task;
  std::size_t runs = 0;  ///< of those that the curve covers
  double step = 0;       ///< mean growth across a run, above that at other times
  double confidence = 0; ///< z: how many standard deviations above chance
  double explained = 0;  ///< share of all growth that falls to its runs
};

struct culprit_finding {
  std::vector<suspect> suspects; ///< best first, those above chance
  /// Named when one stands out; otherwise empty, and `suspects` run at the same times or not at all.
  std::string task;
};

/// `floors` are (moment, floor) in order of time, `width` seconds apart. Compares the floor before and after
/// each run with that at all other times, so that tasks that run all the time are not accused of everything.
culprit_finding find_culprit(const std::vector<std::pair<seconds_t, double>>& floors, seconds_t width,
                             const std::vector<task_history>& tasks);

} // namespace argosy
