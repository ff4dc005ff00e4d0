#pragma once

#include <cstddef>
#include <vector>

/// The test "what never came back": tells growth that stays from everything that only looks like it.
namespace argosy {

/// One of the pieces that a window is cut into, in order of time.
struct bucket {
  double floor = 0; ///< the least value in it
  double load = 0;  ///< the work per second when that was measured
  double work = 0;  ///< the mean work per second
};
/// More would have too few samples each, fewer could not tell a staircase from a step.
inline constexpr std::size_t most_buckets = 48;

enum class growth_reason {
  leaks,           ///< it rises all the time, and never comes back
  too_little_data, ///< the window is not filled yet
  comes_back,      ///< no rise, or none that stays
  too_small,       ///< against its level, its noise, or at all
  few_steps,       ///< it rose now and then, not all the time
  saturating,      ///< the rise has slowed down: a cache that fills
  usual_range,     ///< it was as high before, and came back from there
  bounded,         ///< it fills a table that has a limit
  unconfirmed,     ///< seen once: the next look decides
};
/// "leaks", "few steps".
const char* growth_reason_name(growth_reason r);

struct growth {
  growth_reason why = growth_reason::too_little_data;
  double grown = 0; ///< for good
  double span = 1;  ///< the part of the window in which it grew so much
  double level = 0; ///< at its end, the least that it still has
  double noise = 0; ///< standard deviation of the floors, robust against steps
  int rises = 0;    ///< buckets in which it rose for good
  /// Correlation of growth and work, 0 where either is constant.
  double follows_load = 0;
};

/// Judges the buckets of one window. `least` is a growth in it below which nothing is of interest. What the
/// load of the moment explains does not count. O(n), 5 us for 48 buckets.
growth judge_growth(const std::vector<bucket>& buckets, double least);

/// From this correlation on a leak belongs to requests, below to something that runs in the background.
inline constexpr double follows_load_from = 0.3;

} // namespace argosy
