#include "metrics/profile/actor_profile.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace argosy {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

constexpr nanoseconds second = 1'000'000'000;

ledger::record actor(std::uint64_t id, const char* kind, const char* state, call_stack stack,
                     nanoseconds active) {
  ledger::record r{};
  r.id = id;
  r.what = resource::actor;
  r.kind = kind;
  r.owner_job = 7;
  r.parent = 3;
  r.last_activity = active;
  r.state = state;
  r.has_body = true;
  r.stack = std::move(stack);
  return r;
}

frame line_of(const std::string& function, int line) {
  frame f;
  f.function = function;
  f.file = "a.cpp";
  f.line = line;
  f.offset = 0x1c;
  return f;
}

TEST(ActorProfile, StacksBeginWithTheKind) {
  const auto p = actor_profile({actor(1, "job", "idle", {10, 20}, 0)}, false);

  ASSERT_THAT(p.samples, SizeIs(1));
  EXPECT_THAT(p.samples[0].stack, ElementsAre(name_frame(name_kind::actor, "job"), 10, 20));
  EXPECT_STREQ(p.types[0].name, "goroutine");
}

TEST(ActorProfile, EqualOnesAreCountedTogether) {
  const auto p = actor_profile({actor(1, "job", "idle", {10}, 0), actor(2, "job", "idle", {10}, 5),
                                actor(3, "job", "running", {10}, 0)},
                               false);

  ASSERT_THAT(p.samples, SizeIs(2));
  EXPECT_EQ(p.samples[0].values[0], 2);
}

TEST(ActorProfile, EachHasItsJobAndItsIdleTime) {
  const auto p = actor_profile({actor(1, "job", "idle", {10}, now() - 90 * second)}, true);

  const auto& labels = p.samples.at(0).labels;
  ASSERT_THAT(labels, SizeIs(3));
  EXPECT_STREQ(labels[0].key, "idle");
  EXPECT_GE(labels[0].number, 90);
  EXPECT_STREQ(labels[0].unit, "seconds");
  EXPECT_EQ(labels[1].text, "7");
  EXPECT_EQ(labels[2].text, "idle");
}

TEST(ActorProfile, OtherResourcesAreNone) {
  auto r = actor(1, "job", "idle", {10}, 0);
  r.what = resource::connection;

  EXPECT_THAT(actor_profile({r}, false).samples, SizeIs(0));
}

TEST(ActorDump, IsAsAGoProgramEnds) {
  const symbol_map names{
      {11, {line_of("job", 5)}}, {21, {line_of("spawn_job", 6)}}, {31, {line_of("main", 7)}}};
  const auto present = 1000 * second;

  const auto text = actor_dump({actor(42, "job", "waiting for I/O", {11, 21, 31}, present - 150 * second),
                                actor(43, "job", "idle", {11, 21}, present)},
                               names, present);

  EXPECT_EQ(text, "goroutine 42 [waiting for I/O, 2 minutes]:\n"
                  "job(...)\n"
                  "\ta.cpp:5 +0x1c\n"
                  "created by spawn_job in goroutine 3\n"
                  "\ta.cpp:6 +0x1c\n"
                  "[originating from goroutine 3]:\n"
                  "main(...)\n"
                  "\ta.cpp:7 +0x1c\n"
                  "\n"
                  "goroutine 43 [idle]:\n"
                  "job(...)\n"
                  "\ta.cpp:5 +0x1c\n"
                  "created by spawn_job in goroutine 3\n"
                  "\ta.cpp:6 +0x1c\n"
                  "\n");
}

TEST(ThreadProfile, CountsEveryThreadOnce) {
  ledger::record io{};
  io.what = resource::thread;
  io.kind = "io";
  io.stack = {10};

  const auto p =
      thread_profile({io}, {{100, "io"}, {101, "caf.worker"}, {102, "caf.worker"}, {103, "argosy"}});

  std::int64_t total = 0;
  for (const auto& s : p.samples) total += s.values[0];
  EXPECT_EQ(total, 4);
  EXPECT_THAT(p.samples, SizeIs(3));
}

} // namespace
} // namespace argosy
