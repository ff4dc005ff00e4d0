#include "metrics/watch/leak_probe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "metrics/text_format.hpp"

namespace argosy {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr seconds_t start = 1'700'000'000, hour = 3600;

TEST(LeakProbe, ShowsWhatIsSuspectedAndThatItIsOver) {
  prometheus::Registry registry;
  leak_probe probe{registry};
  leak_watch watch{start};
  watch.limits({{"descriptor", {100, 1000}}});
  seconds_t at = start;
  const auto until = [&](seconds_t end, double per_hour) {
    for (; at < end; at += 15)
      watch.add({at,
                 1,
                 {{{"descriptor", "socket"}, 1 + per_hour * static_cast<double>(at - start) / hour}},
                 {"descriptor"}},
                {});
    probe.show(watch);
    return text_format(registry.Collect());
  };
  EXPECT_THAT(until(start + hour, 10), Not(HasSubstr("argosy_leak")));

  const auto leaking = until(start + 26 * hour, 10);
  EXPECT_THAT(leaking, HasSubstr("argosy_leak_suspected{kind=\"socket\",resource=\"descriptor\"} 1\n"));
  EXPECT_THAT(leaking, HasSubstr("argosy_leak_growth_per_hour{kind=\"socket\",resource=\"descriptor\"} "));
  EXPECT_THAT(leaking, HasSubstr("argosy_leak_hours_to_limit{resource=\"descriptor\"} "));

  const auto over = until(start + 30 * hour, 0);
  EXPECT_THAT(over, HasSubstr("argosy_leak_suspected{kind=\"socket\",resource=\"descriptor\"} 0\n"));
  EXPECT_THAT(over, HasSubstr("argosy_leak_growth_per_hour{kind=\"socket\",resource=\"descriptor\"} 0\n"));
  EXPECT_THAT(over, Not(HasSubstr("argosy_leak_hours_to_limit{")));
}

TEST(LeakProbe, ShowsWhenTasksRan) {
  prometheus::Registry registry;
  leak_probe probe{registry};
  nanoseconds clock = start * 1'000'000'000;
  task_runs tasks{[&] { return clock; }};
  {
    const auto run = tasks.begin("timetable");
    clock += 2'000'000'000;
  }

  probe.show(tasks);

  const auto page = text_format(registry.Collect());
  EXPECT_THAT(page,
              HasSubstr("argosy_job_last_start_timestamp_seconds{job_kind=\"timetable\"} 1700000000\n"));
  EXPECT_THAT(page, HasSubstr("argosy_job_last_end_timestamp_seconds{job_kind=\"timetable\"} 1700000002\n"));
}

} // namespace
} // namespace argosy
