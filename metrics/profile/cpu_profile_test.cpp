#include "metrics/profile/cpu_profile.hpp"

#include <algorithm>
#include <chrono>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include "core/failure.hpp"
#include "metrics/activity.hpp"

namespace argosy {
namespace {

using testing::HasSubstr;

std::string refusal() {
  try {
    const cpu_profiler p;
  } catch (const failure& f) {
    return f.what();
  }
  return "none";
}

bool has(const profile_sample& s, const std::string& key, const std::string& text) {
  return std::any_of(s.labels.begin(), s.labels.end(),
                     [&](const profile_label& l) { return l.key == key && l.text == text; });
}

volatile unsigned sink = 0;

__attribute__((noinline)) void work() {
  for (unsigned i = 0; i < 1'000'000; ++i) sink = sink + i;
}

class CpuProfile : public testing::Test {
protected:
  void SetUp() override {
    if (!can_profile_cpu()) GTEST_SKIP() << "not in a build with sanitizers";
  }
  // Works until there are samples of this thread, at most 30 s.
  static profile working() {
    cpu_profiler profiler;
    const auto cpu = [] {
      timespec t{};
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
      return t.tv_sec * 1'000'000'000 + t.tv_nsec;
    };
    const auto begun = cpu();
    for (int round = 0; cpu() - begun < 200'000'000; ++round) {
      work();
      if (round % 10 == 0) profiler.look();
    }
    return profiler.finish();
  }
};

TEST_F(CpuProfile, SamplesWhatRuns) {
  const auto p = working();

  EXPECT_STREQ(p.types[1].name, "cpu");
  EXPECT_EQ(p.period, 10'000'000);
  std::int64_t samples = 0;
  std::int64_t of_work = 0;
  const auto begin = reinterpret_cast<std::uintptr_t>(&work);
  for (const auto& s : p.samples) {
    EXPECT_EQ(s.values[1], s.values[0] * p.period);
    samples += s.values[0];
    if (s.stack.at(0) > begin && s.stack.at(0) < begin + 256) of_work += s.values[0];
  }
  EXPECT_GT(samples, 5) << "20 in 0.2 s of processor time";
  EXPECT_GT(of_work * 2, samples);
}

TEST_F(CpuProfile, LabelsTellActorJobAndThread) {
  ::pthread_setname_np(::pthread_self(), "worker");
  const activity_scope here{{"hasher", 7}};

  const auto p = working();

  EXPECT_TRUE(std::any_of(p.samples.begin(), p.samples.end(), [](const profile_sample& s) {
    return has(s, "actor", "hasher") && has(s, "job", "7") && has(s, "thread", "worker");
  }));
}

TEST_F(CpuProfile, IsTakenOneAtATime) {
  {
    cpu_profiler first;
    EXPECT_EQ(refusal(), "cpu profiling already in use");
    first.look();
    first.finish();
    EXPECT_EQ(refusal(), "none") << "finish() ends it";
  }
  EXPECT_EQ(refusal(), "none");
}

TEST(CpuProfileWithSanitizers, IsRefused) {
  if (can_profile_cpu()) GTEST_SKIP() << "there are none";

  EXPECT_THAT(refusal(), HasSubstr("sanitizers"));
}

} // namespace
} // namespace argosy
